from __future__ import annotations

import makers
import pytest
from stored import a_stored_email, listed, mailboxes_of, next_one, open_operations

from mail.keywords import FLAGGED, SEEN
from mail.operations import Applied
from mail.types import AccountId, MailboxId, MailboxKey, Role, ThreadId
from store import actions, events, mailboxes, outbox
from store.database import Database

Boxes = dict[Role, MailboxId]


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def boxes(db: Database, account_id: AccountId) -> Boxes:
    return mailboxes_of(db, account_id)


def test_archiving_leaves_the_inbox_at_once_and_asks_the_account(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    action = actions.move(db, [stored.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    assert action.title == "Archived 1 conversation"
    assert listed(db, boxes[Role.INBOX]) == []
    assert listed(db, boxes[Role.ARCHIVE]) == [stored.thread_id]
    assert open_operations(db) == [("move", boxes[Role.ARCHIVE])]


def test_only_what_lies_in_the_mailbox_shown_is_moved(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    received = a_stored_email(db, account_id, boxes[Role.INBOX])
    a_stored_email(db, account_id, boxes[Role.SENT], thread_id=received.thread_id, is_outgoing=True)
    actions.move(db, [received.thread_id], boxes[Role.INBOX], Role.TRASH)
    assert listed(db, boxes[Role.SENT]) == [received.thread_id]
    assert listed(db, boxes[Role.TRASH]) == [received.thread_id]


def test_archiving_through_a_view_leaves_sent_mail_and_the_trash_alone(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    received = a_stored_email(db, account_id, boxes[Role.INBOX])
    for role in (Role.SENT, Role.TRASH):
        a_stored_email(db, account_id, boxes[role], thread_id=received.thread_id)
    actions.move(db, [received.thread_id], boxes[Role.ALL], Role.ARCHIVE)
    assert open_operations(db) == [("move", boxes[Role.ARCHIVE])]


def test_trashing_through_a_view_takes_sent_mail_along(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    received = a_stored_email(db, account_id, boxes[Role.INBOX])
    a_stored_email(db, account_id, boxes[Role.SENT], thread_id=received.thread_id)
    actions.move(db, [received.thread_id], boxes[Role.FLAGGED], Role.TRASH)
    assert listed(db, boxes[Role.ALL]) == []


def test_trashing_through_a_view_leaves_junk_where_it_is(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    received = a_stored_email(db, account_id, boxes[Role.INBOX])
    a_stored_email(db, account_id, boxes[Role.JUNK], thread_id=received.thread_id)
    actions.move(db, [received.thread_id], boxes[Role.ALL], Role.TRASH)
    assert len(open_operations(db)) == 1
    assert listed(db, boxes[Role.JUNK]) == [received.thread_id]


def test_what_lies_in_the_archive_is_not_archived_again(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.ARCHIVE])
    assert actions.move(db, [stored.thread_id], boxes[Role.ALL], Role.ARCHIVE).state == "nothing"
    assert open_operations(db) == []


def test_a_conversation_with_a_star_gets_no_second_one(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    older = a_stored_email(db, account_id, boxes[Role.INBOX], keywords=[FLAGGED])
    a_stored_email(db, account_id, boxes[Role.INBOX], thread_id=older.thread_id)
    assert actions.set_keyword(db, [older.thread_id], FLAGGED, True).state == "nothing"


def test_a_conversation_known_by_an_old_id_is_found(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    with db.write() as connection:
        connection.execute("INSERT INTO thread_alias VALUES (9999, ?)", (stored.thread_id,))
    actions.move(db, [ThreadId(9999)], boxes[Role.INBOX], Role.TRASH)
    assert listed(db, boxes[Role.TRASH]) == [stored.thread_id]


def test_reading_marks_every_message_and_the_counters_follow(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    first = a_stored_email(db, account_id, boxes[Role.INBOX])
    a_stored_email(db, account_id, boxes[Role.INBOX], thread_id=first.thread_id)
    actions.set_keyword(db, [first.thread_id], SEEN, True)
    inbox = mailboxes.get(db, boxes[Role.INBOX])
    assert inbox is not None and inbox.unread_threads == 0
    assert open_operations(db) == [("set_keywords", {"add": [SEEN], "remove": []})] * 2


def test_starring_marks_the_newest_message_and_unstarring_every_one(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    first = a_stored_email(db, account_id, boxes[Role.INBOX])
    newest = a_stored_email(db, account_id, boxes[Role.INBOX], thread_id=first.thread_id)
    actions.set_keyword(db, [first.thread_id], FLAGGED, True)
    flagged = db.read().execute("SELECT id FROM email WHERE flagged").fetchall()
    assert flagged == [(newest.email_id,)]
    actions.set_keyword(db, [first.thread_id], FLAGGED, False)
    assert listed(db, boxes[Role.FLAGGED]) == []


def test_a_mark_changed_and_changed_back_asks_for_nothing(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX], keywords=[SEEN])
    actions.set_keyword(db, [stored.thread_id], SEEN, False)
    actions.set_keyword(db, [stored.thread_id], SEEN, True)
    assert open_operations(db) == []


def test_two_marks_of_one_message_are_asked_for_together(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.set_keyword(db, [stored.thread_id], SEEN, True)
    actions.set_keyword(db, [stored.thread_id], FLAGGED, True)
    assert open_operations(db) == [("set_keywords", {"add": [FLAGGED, SEEN], "remove": []})]


def test_opening_a_message_marks_it_read_without_a_trace_in_undo(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.mark_email(db, stored.email_id, SEEN, True)
    assert listed(db, boxes[Role.UNREAD]) == []
    assert actions.undo(db) is None


def test_what_was_moved_to_trash_is_recovered_to_where_it_was(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.ARCHIVE])
    actions.move(db, [stored.thread_id], boxes[Role.ARCHIVE], Role.TRASH)
    actions.recover(db, [stored.thread_id])
    assert listed(db, boxes[Role.ARCHIVE]) == [stored.thread_id]
    assert open_operations(db) == []


def test_what_came_to_the_trash_elsewhere_is_recovered_to_inbox_or_sent(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    received = a_stored_email(db, account_id, boxes[Role.TRASH])
    sent = a_stored_email(db, account_id, boxes[Role.TRASH], is_outgoing=True)
    actions.recover(db, [received.thread_id, sent.thread_id])
    assert listed(db, boxes[Role.INBOX]) == [received.thread_id]
    assert listed(db, boxes[Role.SENT]) == [sent.thread_id]


def test_what_its_mailbox_no_longer_is_is_recovered_to_the_inbox(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.ARCHIVE])
    actions.move(db, [stored.thread_id], boxes[Role.ARCHIVE], Role.TRASH)
    with db.write() as connection:
        connection.execute("UPDATE mailbox SET gone_at = 1 WHERE id = ?", (boxes[Role.ARCHIVE],))
    actions.recover(db, [stored.thread_id])
    assert listed(db, boxes[Role.INBOX]) == [stored.thread_id]


def test_what_went_from_junk_to_trash_is_recovered_to_the_inbox(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.JUNK])
    actions.move(db, [stored.thread_id], boxes[Role.JUNK], Role.TRASH)
    actions.recover(db, [stored.thread_id])
    assert listed(db, boxes[Role.INBOX]) == [stored.thread_id]
    assert listed(db, boxes[Role.JUNK]) == []


def test_deleting_for_good_waits_before_the_account_is_asked(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.TRASH])
    actions.destroy(db, [stored.thread_id], boxes[Role.TRASH], undo_window_s=10)
    assert listed(db, boxes[Role.TRASH]) == []
    due = outbox.next_time(db, account_id)
    assert due is not None
    assert next_one(db, account_id, due - 1) is None
    assert next_one(db, account_id, due) is not None


def test_a_missing_archive_is_there_at_once_and_made_by_the_account_first(
    db: Database, account_id: AccountId
) -> None:
    boxes = mailboxes_of(db, account_id, without=[Role.ARCHIVE])
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.move(db, [stored.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    (archive,) = mailboxes.with_role(db, Role.ARCHIVE, account_id)
    assert listed(db, archive) == [stored.thread_id]
    made = next_one(db, account_id, 2**40)
    assert made is not None and made.operation.name == "Archive"  # type: ignore[union-attr] # a CreateMailbox
    assert next_one(db, account_id, 2**40) is None
    outbox.settle(db, [(made.id, Applied(mailbox=MailboxKey(".Archive")))])
    moved = next_one(db, account_id, 2**40)
    assert moved is not None and moved.operation.target == ".Archive"  # type: ignore[union-attr] # a Move


def test_a_mailbox_yet_to_be_made_outlives_a_list_of_mailboxes_without_it(
    db: Database, account_id: AccountId
) -> None:
    boxes = mailboxes_of(db, account_id, without=[Role.TRASH])
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.move(db, [stored.thread_id], boxes[Role.INBOX], Role.TRASH)
    mailboxes_of(db, account_id, without=[Role.TRASH])
    assert len(mailboxes.with_role(db, Role.TRASH, account_id)) == 1


def test_a_mailbox_that_sync_told_of_before_the_answer_came_takes_the_place_of_ours(
    db: Database, account_id: AccountId
) -> None:
    boxes = mailboxes_of(db, account_id, without=[Role.ARCHIVE])
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.move(db, [stored.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    made = next_one(db, account_id, 2**40)
    assert made is not None
    mailboxes_of(db, account_id)
    outbox.settle(db, [(made.id, Applied(mailbox=makers.ARCHIVE.key))])
    (archive,) = mailboxes.with_role(db, Role.ARCHIVE, account_id)
    assert listed(db, archive) == [stored.thread_id]
    assert open_operations(db) == [("move", archive)]
    actions.undo(db)
    assert listed(db, boxes[Role.INBOX]) == [stored.thread_id]


def test_nothing_to_move_is_said_and_leaves_no_trace(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    before = events.newest(db)
    action = actions.move(db, [ThreadId(77)], boxes[Role.INBOX], Role.ARCHIVE)
    assert (action.title, action.state) == ("Nothing to change", "nothing")
    assert events.newest(db) == before


def test_conversations_of_two_accounts_go_each_to_its_own_archive(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    other = makers.an_account(db, "other@dealbox.example")
    other_boxes = mailboxes_of(db, other)
    one = a_stored_email(db, account_id, boxes[Role.INBOX])
    two = a_stored_email(db, other, other_boxes[Role.INBOX])
    actions.move(db, [one.thread_id, two.thread_id], None, Role.ARCHIVE)
    assert listed(db, boxes[Role.ARCHIVE]) == [one.thread_id]
    assert listed(db, other_boxes[Role.ARCHIVE]) == [two.thread_id]


def test_moving_to_a_mailbox_leaves_conversations_of_another_account_where_they_are(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    other = makers.an_account(db, "other@dealbox.example")
    other_boxes = mailboxes_of(db, other)
    one = a_stored_email(db, account_id, boxes[Role.INBOX])
    two = a_stored_email(db, other, other_boxes[Role.INBOX])
    action = actions.move_to(db, [one.thread_id, two.thread_id], None, boxes[Role.DRAFTS])
    assert action.title == "Moved 1 conversation to Drafts"
    assert listed(db, other_boxes[Role.INBOX]) == [two.thread_id]


def test_an_action_is_told_as_one_event_that_names_its_conversations(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    before = events.newest(db)
    actions.move(db, [stored.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    (event,) = events.since(db, before)
    assert event.thread_ids == (stored.thread_id,)
    assert {boxes[Role.INBOX], boxes[Role.ARCHIVE]} <= set(event.mailbox_ids)
