from __future__ import annotations

import crm_rows
import makers
import pytest
from stored import a_stored_email, listed, mailboxes_of, next_one, open_operations

from mail.keywords import SEEN
from mail.operations import Applied
from mail.types import AccountId, MailboxId, RemoteKey, Role
from store import actions, outbox, removal, undo
from store.database import Database
from store.links import links
from store.outbox import PendingOperation

Boxes = dict[Role, MailboxId]
LATER = 2**40


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def boxes(db: Database, account_id: AccountId) -> Boxes:
    return mailboxes_of(db, account_id)


def taken(db: Database, account_id: AccountId) -> PendingOperation:
    operation = next_one(db, account_id, LATER)
    assert operation is not None
    return operation


def test_an_operation_not_yet_asked_for_is_withdrawn(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.move(db, [stored.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    undone = actions.undo(db)
    assert undone is not None
    assert (undone.title, undone.state) == ("Undone: Archived 1 conversation", "undone")
    assert listed(db, boxes[Role.INBOX]) == [stored.thread_id]
    assert open_operations(db) == []


def test_an_operation_carried_out_is_reversed_by_a_new_one(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.move(db, [stored.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    outbox.settle(db, [(taken(db, account_id).id, Applied(makers.ARCHIVE.key, RemoteKey("new")))])
    actions.undo(db)
    reversing = taken(db, account_id).operation
    assert (reversing.mailbox, reversing.key, reversing.target) == (
        makers.ARCHIVE.key,
        "new",
        makers.INBOX.key,
    )  # type: ignore[union-attr] # a Move


def test_an_operation_under_way_is_reversed_once_it_is_done(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.move(db, [stored.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    running = taken(db, account_id)
    actions.undo(db)
    assert next_one(db, account_id, LATER) is None
    outbox.settle(db, [(running.id, Applied(makers.ARCHIVE.key, RemoteKey("new")))])
    assert listed(db, boxes[Role.INBOX]) == [stored.thread_id]
    assert taken(db, account_id).operation.key == "new"  # type: ignore[union-attr] # a Move


def test_an_operation_that_was_tried_is_not_withdrawn_because_it_may_have_been_carried_out(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.move(db, [stored.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    outbox.postpone(db, [taken(db, account_id).id], 5, "connection lost")
    actions.undo(db)
    assert open_operations(db) == [("move", boxes[Role.ARCHIVE]), ("move", boxes[Role.INBOX])]


def test_redo_does_again_what_was_undone_last(db: Database, account_id: AccountId, boxes: Boxes) -> None:
    one, two = (a_stored_email(db, account_id, boxes[Role.INBOX]) for _ in range(2))
    actions.move(db, [one.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    actions.move(db, [two.thread_id], boxes[Role.INBOX], Role.TRASH)
    actions.undo(db)
    actions.undo(db)
    assert actions.undo(db) is None
    redone = actions.redo(db)
    assert redone is not None and redone.title == "Done again: Archived 1 conversation"
    assert listed(db, boxes[Role.ARCHIVE]) == [one.thread_id]
    assert listed(db, boxes[Role.TRASH]) == []


def test_a_new_action_ends_what_could_be_redone(db: Database, account_id: AccountId, boxes: Boxes) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.move(db, [stored.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    actions.undo(db)
    actions.set_keyword(db, [stored.thread_id], SEEN, True)
    assert actions.redo(db) is None


def test_deleting_for_good_is_undone_while_it_waits(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.TRASH])
    actions.destroy(db, [stored.thread_id], boxes[Role.TRASH])
    actions.undo(db)
    assert listed(db, boxes[Role.TRASH]) == [stored.thread_id]
    assert open_operations(db) == []


def test_deleting_for_good_cannot_be_undone_once_it_was_carried_out(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    earlier = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.move(db, [earlier.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    outbox.settle(db, [(taken(db, account_id).id, Applied(makers.ARCHIVE.key, RemoteKey("moved")))])
    stored = a_stored_email(db, account_id, boxes[Role.TRASH])
    actions.destroy(db, [stored.thread_id], boxes[Role.TRASH])
    outbox.settle(db, [(taken(db, account_id).id, Applied())])
    told = actions.undo(db)
    assert told is not None
    assert (told.title, told.state) == ("Too late to undo: Deleted 1 conversation for good", "final")
    before = actions.undo(db)
    assert before is not None and before.title == "Undone: Archived 1 conversation"


def test_undo_says_how_much_of_a_deletion_it_could_not_take_back(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    one, two = (a_stored_email(db, account_id, boxes[Role.TRASH]) for _ in range(2))
    actions.destroy(db, [one.thread_id, two.thread_id], boxes[Role.TRASH])
    outbox.settle(db, [(taken(db, account_id).id, Applied())])
    told = actions.undo(db)
    assert told is not None
    assert told.title == "Undone in part, 1 of 2 messages are gone: Deleted 2 conversations for good"
    assert len(listed(db, boxes[Role.TRASH])) == 1


def test_only_so_many_actions_can_be_taken_back(
    db: Database, account_id: AccountId, boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo, "KEPT_ACTIONS", 2)
    for _ in range(4):
        stored = a_stored_email(db, account_id, boxes[Role.INBOX])
        actions.move(db, [stored.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    assert [actions.undo(db) is None for _ in range(3)] == [False, False, True]
    assert db.read().execute("SELECT count(DISTINCT action_id) FROM action_step").fetchone() == (2,)


def test_what_was_done_to_a_conversation_that_is_gone_does_not_stop_undo(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    kept, gone = (a_stored_email(db, account_id, boxes[Role.INBOX]) for _ in range(2))
    actions.move(db, [kept.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    links.link(db, gone.thread_id, crm_rows.a_deal(db, "Renewal"))
    links.unlink(db, gone.thread_id)
    with db.write() as connection:
        removal.remove_emails(connection, [gone.email_id])
        removal.remove_empty_threads(connection, [gone.thread_id])
    titles = [done.title for _ in range(3) if (done := actions.undo(db)) is not None]
    assert titles == [
        "Could not be undone, changed since: Unlinked from Renewal",
        "Could not be undone, changed since: Linked to Renewal",
        "Undone: Archived 1 conversation",
    ]
