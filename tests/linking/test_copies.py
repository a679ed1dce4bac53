"""Duplicates of conversations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import crm_rows
import makers
import pytest

from linking import copies
from linking.copies import CannotLink
from mail import query
from mail.keywords import FLAGGED, SEEN
from mail.types import AccountId, Email, EmailId, Role, ThreadId
from store import (
    actions,
    emails,
    fetching,
    ingest,
    invariants,
    mailboxes,
    outbox,
    searches,
    threads,
    tidying,
    undo,
)
from store.crm import item_states
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import links, waiting


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    store = makers.a_store(tmp_path)
    yield store
    assert invariants.check(store) == []
    store.close()


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def deals(db: Database) -> tuple[ItemRef, ItemRef]:
    return crm_rows.a_deal(db, "Renewal"), crm_rows.a_deal(db, "Extension")


QUESTION = makers.an_email(text="What does it cost?", message_id="question@acme.example")
ANSWER = makers.an_email(
    text="Twelve",
    message_id="answer@dealbox.example",
    in_reply_to=("question@acme.example",),
    from_=(makers.an_address("me@dealbox.example"),),
    attachments=(makers.an_attachment("2", "offer.pdf"),),
)


def a_thread(db: Database, account: AccountId, *more: tuple[str, Email, Any]) -> ThreadId:
    told = (("1", QUESTION, makers.INBOX), ("2", ANSWER, makers.SENT), *more)
    remotes = [
        (makers.a_remote(key, box, message=b"octets of " + key.encode()), one) for key, one, box in told
    ]
    arrivals = [ingest.Arrival(remote, one) for remote, one in remotes]
    ingest.apply(db, account, makers.a_batch([remote for remote, _ in remotes]), arrivals)
    row = (
        db.read().execute("SELECT thread_id FROM email WHERE message_id = 'question@acme.example'").fetchone()
    )
    return ThreadId(row[0])


def copy_of(db: Database) -> ThreadId:
    (row,) = db.read().execute("SELECT id FROM thread WHERE origin = 'duplicate'").fetchall()
    return ThreadId(row[0])


def asked(db: Database) -> list[Any]:
    return db.read().execute("SELECT kind, placement_id FROM operation WHERE state <> 'cancelled'").fetchall()


def test_a_copy_has_its_own_item_and_the_original_keeps_its(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    """L58, M12."""
    original = a_thread(db, account)
    links.link(db, original, deals[0])
    action = copies.duplicate(db, original, deals[1])
    assert action.title == "Copied 2 messages to Extension"
    copy = copy_of(db)
    of_original, of_copy = links.slot(db, original), links.slot(db, copy)
    assert of_original is not None
    assert of_copy is not None
    assert (of_original.item_id, of_copy.item_id) == (deals[0].id, deals[1].id)


def test_a_copy_has_the_messages_of_the_original(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    original = a_thread(db, account)
    copies.duplicate(db, original, deals[0])
    ours, theirs = emails.in_thread(db, original), emails.in_thread(db, copy_of(db))
    for one, other in zip(ours, theirs, strict=True):
        assert one.id != other.id
        assert (one.message_id, one.subject, one.from_, one.to) == (
            other.message_id,
            other.subject,
            other.from_,
            other.to,
        )
        assert one.attachments == other.attachments
        assert emails.body(db, one.id) == emails.body(db, other.id)
        assert emails.octets(db, one.id) == emails.octets(db, other.id)


def test_a_copy_is_listed_in_all_mail_and_in_copies_and_is_found_by_search(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    original = a_thread(db, account)
    copies.duplicate(db, original, deals[0])
    copy = copy_of(db)
    listed = db.read().execute(
        "SELECT m.role FROM mailbox_thread f JOIN mailbox m ON m.id = f.mailbox_id WHERE f.thread_id = ?",
        (copy,),
    )
    assert {row[0] for row in listed.fetchall()} == {Role.ALL.value, Role.COPIES.value}
    hits = searches.search(db, query.parse("cost"))
    assert {hit.row.thread_id for hit in hits} == {original, copy}


def test_a_copy_has_nothing_unread_and_is_private(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    original = a_thread(db, account)
    links.set_visibility(db, original, "shared")
    copies.duplicate(db, original, deals[0])
    row = threads.get(db, copy_of(db))
    assert row is not None
    assert (row.is_unread, row.visibility) == (False, "private")


def test_undo_takes_the_copy_away_and_redo_brings_it_back(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    original = a_thread(db, account)
    copies.duplicate(db, original, deals[0])
    copy = copy_of(db)
    undone = undo.undo(db)
    assert undone is not None
    assert undone.title == "Undone: Copied 2 messages to Renewal"
    assert emails.in_thread(db, copy) == ()
    assert links.slot(db, copy) is None
    assert len(emails.in_thread(db, original)) == 2
    assert invariants.check(db) == []
    undo.redo(db)
    assert len(emails.in_thread(db, copy)) == 2
    slot = links.slot(db, copy)
    assert slot is not None
    assert slot.item_id == deals[0].id
    assert asked(db) == []


def test_nothing_done_with_a_copy_asks_anything_of_the_account(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    original = a_thread(db, account)
    copies.duplicate(db, original, deals[0])
    copy = copy_of(db)
    (view,) = mailboxes.with_role(db, Role.COPIES, account)
    actions.set_keyword(db, [copy], SEEN, False)
    actions.set_keyword(db, [copy], FLAGGED, True)
    actions.move(db, [copy], view, Role.ARCHIVE)
    assert invariants.check(db) == []
    actions.move(db, [copy], None, Role.TRASH)
    actions.recover(db, [copy])
    actions.move(db, [copy], None, Role.TRASH)
    (trash,) = mailboxes.with_role(db, Role.TRASH, account)
    actions.destroy(db, [copy], trash)
    assert asked(db) == []
    assert outbox.next_group(db, account, makers.NOW + 10**9) == ()
    assert emails.in_thread(db, copy) == ()
    assert len(emails.in_thread(db, original)) == 2


def test_marks_on_a_copy_stay_when_the_account_tells_of_the_original_again(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    original = a_thread(db, account)
    copies.duplicate(db, original, deals[0])
    copy = copy_of(db)
    actions.set_keyword(db, [copy], FLAGGED, True)
    actions.move(db, [copy], None, Role.ARCHIVE)
    a_thread(db, account)
    actions.undo(db)
    assert {SEEN, FLAGGED} <= set(emails.in_thread(db, copy)[-1].keywords)
    row = threads.get(db, original)
    assert row is not None
    assert not row.is_flagged


def test_deleting_the_original_at_the_account_leaves_the_copy(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    original = a_thread(db, account)
    copies.duplicate(db, original, deals[0])
    gone = [(makers.INBOX, "1"), (makers.SENT, "2")]
    ingest.apply(db, account, makers.a_batch(destroyed=gone, state="s2"), [])
    ingest.purge_orphans(db, account, 10**11)
    assert threads.get(db, original) is None
    copy = emails.in_thread(db, copy_of(db))
    assert [emails.octets(db, one.id) for one in copy] == [b"octets of 1", b"octets of 2"]


def test_an_account_that_tells_everything_again_changes_no_copy(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    original = a_thread(db, account)
    copies.duplicate(db, original, deals[0])
    before = emails.in_thread(db, copy_of(db))
    a_thread(db, account, ("1", QUESTION, makers.ARCHIVE))
    assert emails.in_thread(db, copy_of(db)) == before


def test_answers_go_on_in_the_original(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    original = a_thread(db, account)
    copies.duplicate(db, original, deals[0])
    reply = makers.an_email(in_reply_to=("answer@dealbox.example",), message_id="thanks@acme.example")
    remote = makers.a_remote("9")
    ingest.apply(db, account, makers.a_batch([remote], state="s2"), [ingest.Arrival(remote, reply)])
    assert len(emails.in_thread(db, original)) == 3
    assert len(emails.in_thread(db, copy_of(db))) == 2
    assert threads.by_message_id(db, account, "question@acme.example") == original


def test_two_copies_of_one_conversation_are_apart(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    original = a_thread(db, account)
    made = {copies.duplicate(db, original, deal).thread_ids for deal in deals}
    assert len(made) == 2


def test_a_copy_can_be_copied(db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]) -> None:
    original = a_thread(db, account)
    (copy,) = copies.duplicate(db, original, deals[0]).thread_ids
    (again,) = copies.duplicate(db, copy, deals[1]).thread_ids
    assert again not in {copy, original}
    assert len(emails.in_thread(db, again)) == 2


def test_what_is_being_written_is_not_copied(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    draft = makers.an_email(in_reply_to=("answer@dealbox.example",))
    remote = makers.a_remote("3", makers.DRAFTS, ["$draft"])
    original = a_thread(db, account)
    ingest.apply(db, account, makers.a_batch([remote], state="s2"), [ingest.Arrival(remote, draft)])
    (copy,) = copies.duplicate(db, original, deals[0]).thread_ids
    assert len(emails.in_thread(db, copy)) == 2


def test_a_conversation_is_not_copied_to_a_person_or_to_what_is_gone(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    original = a_thread(db, account)
    person = ItemRef(ItemKind.PERSON, crm_rows.a_person(db, "Ana", "ana@acme.example"))
    with pytest.raises(CannotLink, match="not to a person"):
        copies.duplicate(db, original, person)
    with pytest.raises(CannotLink, match="there is no deal"):
        copies.duplicate(db, original, ItemRef(ItemKind.DEAL, "nowhere"))
    with pytest.raises(CannotLink, match="there is no conversation"):
        copies.duplicate(db, ThreadId(9_999), deals[0])


def test_a_conversation_with_nothing_left_in_it_is_not_copied(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    original = a_thread(db, account)
    actions.destroy(db, [original], None)
    with pytest.raises(CannotLink, match="no message in this conversation"):
        copies.duplicate(db, original, deals[0])


def test_a_conversation_is_not_copied_to_what_is_a_colleagues_to_change(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    original = a_thread(db, account)
    crm_rows.a_user(db, "Me", "me@dealbox.example", edits="own")
    item_states.assign(db, deals[0], crm_rows.a_user(db, "Bo", "bo@dealbox.example"))
    with pytest.raises(CannotLink, match="but not change it"):
        copies.duplicate(db, original, deals[0])


def test_copies_deleted_long_ago_are_removed_for_good(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    original = a_thread(db, account)
    copies.duplicate(db, original, deals[0])
    copy = copy_of(db)
    undo.undo(db)
    tidying.tidy(db)
    assert db.read().execute("SELECT count(*) FROM email").fetchone()[0] == 4
    with db.write() as connection:
        connection.execute("UPDATE action SET done_at = 0")
    tidying.tidy(db)
    assert db.read().execute("SELECT count(*) FROM email").fetchone()[0] == 2
    assert threads.get(db, copy) is None
    assert len(emails.in_thread(db, original)) == 2


def test_octets_that_the_account_still_has_are_those_of_the_original(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    original = a_thread(db, account)
    with db.write() as connection:
        connection.execute("DELETE FROM email_octets")
    (copy,) = copies.duplicate(db, original, deals[0]).thread_ids
    head = emails.in_thread(db, copy)[0]
    with pytest.raises(emails.OctetsNotHere):
        emails.octets(db, head.id)
    fetching.want_part(db, head.id, "")
    wanted = fetching.next_part(db, account, makers.NOW)
    assert wanted is not None
    assert (wanted.email_id, wanted.key) == (head.id, "1")

    def write(file: BinaryIO) -> None:
        file.write(b"as it came")

    fetching.keep_part(db, wanted, write)
    assert emails.octets(db, head.id) == b"as it came"


def test_a_copy_of_a_message_whose_body_is_not_here_gets_it_from_where_the_original_lies(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    remote = replace(
        makers.a_remote("1", message=None), header=b"x", size_octets=500, identity=QUESTION.octets_hash
    )
    ingest.apply(db, account, makers.a_batch([remote]), [ingest.Arrival(remote, QUESTION)])
    row = db.read().execute("SELECT thread_id FROM email").fetchone()
    (copy,) = copies.duplicate(db, ThreadId(row[0]), deals[0]).thread_ids
    head = emails.in_thread(db, copy)[0]
    assert head.is_header_only
    wanted = fetching.next_bodies(db, account, makers.NOW)
    assert {one.key for one in wanted} == {"1"}
    assert {one.email_id for one in wanted} == {
        head.id,
        *(e.id for e in emails.in_thread(db, ThreadId(row[0]))),
    }
    ingest.fill(db, account, [ingest.Filled(EmailId(head.id), QUESTION)])
    assert emails.body(db, head.id) == QUESTION.body


def test_the_view_of_copies_is_made_with_the_first_one(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    original = a_thread(db, account)
    assert mailboxes.with_role(db, Role.COPIES) == ()
    copies.duplicate(db, original, deals[0])
    copies.duplicate(db, original, deals[1])
    (view,) = mailboxes.with_role(db, Role.COPIES)
    row = mailboxes.get(db, view)
    assert row is not None
    assert (row.name, row.is_view, row.total_threads) == ("Copies", True, 2)


def test_nobody_waits_for_an_answer_to_a_copy(
    db: Database, account: AccountId, deals: tuple[ItemRef, ItemRef]
) -> None:
    original = a_thread(db, account)
    links.link(db, original, deals[0])
    copies.duplicate(db, original, deals[1])
    with db.write() as connection:
        connection.execute("UPDATE thread SET last_out_at = last_in_at + 1")
    found = waiting.read(db, 1)
    row = found.row(0)
    assert found.count == 1
    assert row is not None
    assert row.thread_id == original
