from __future__ import annotations

from pathlib import Path

import makers
import pytest
from stored import Stored, a_stored_email, mailboxes_of

from linking import service
from linking.exchange import csv_items
from mail.types import AccountId, Role, ThreadId
from store import actions, events, ingest, threads
from store.crm import items
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.ingest import Arrival
from store.links import links, slots
from store.links.slots import Slot


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def stored(db: Database, account_id: AccountId, tmp_path: Path) -> Stored:
    directory = tmp_path / "crm"
    directory.mkdir()
    (directory / "deals.csv").write_text("id,title,status\n1,Printers,open\n2,Scanners,won\n3,Gone,deleted\n")
    (directory / "leads.csv").write_text("id,title\n1,Hall 4\n")
    (directory / "persons.csv").write_text("id,name\n1,Ana\n")
    csv_items.import_directory(db, directory, dry_run=False)
    return a_stored_email(db, account_id, mailboxes_of(db, account_id)[Role.INBOX])


def item(db: Database, text: str) -> ItemRef:
    found = items.find(db, text)
    assert found is not None
    return found


def linked(db: Database, thread_id: ThreadId) -> str | None:
    slot = links.slot(db, thread_id)
    row = threads.get(db, thread_id)
    assert row is not None
    assert row.item_kind == (slot.item_kind if slot else None)
    if slot is None or slot.item_kind is None or slot.item_id is None:
        return None
    card = items.get(db, ItemRef(ItemKind(slot.item_kind), slot.item_id))
    return card.title if card else None


@pytest.mark.parametrize(
    ("text", "title"), [("deal:1", "Printers"), ("deal:2", "Scanners"), ("lead:1", "Hall 4")]
)
def test_a_conversation_is_linked_by_hand_to_open_and_closed_items(
    db: Database, stored: Stored, text: str, title: str
) -> None:
    action = service.link(db, stored.thread_id, item(db, text))
    assert action.title == f"Linked to {title}"
    assert linked(db, stored.thread_id) == title
    slot = links.slot(db, stored.thread_id)
    assert slot is not None and slot.origin == "manual" and slot.at > 0


def test_a_second_link_takes_the_place_of_the_first_and_says_so(db: Database, stored: Stored) -> None:
    service.link(db, stored.thread_id, item(db, "deal:1"))
    action = service.link(db, stored.thread_id, item(db, "lead:1"))
    assert action.title == "Linked to Hall 4 instead of Printers"
    assert db.read().execute("SELECT count(*) FROM item_link").fetchone() == (1,)


def test_linking_to_the_same_item_again_changes_nothing(db: Database, stored: Stored) -> None:
    service.link(db, stored.thread_id, item(db, "deal:1"))
    before = events.newest(db)
    assert service.link(db, stored.thread_id, item(db, "deal:1")).state == "nothing"
    assert events.newest(db) == before


def test_unlinking_leaves_a_mark_that_keeps_rules_away(db: Database, stored: Stored) -> None:
    service.link(db, stored.thread_id, item(db, "deal:1"))
    assert service.unlink(db, stored.thread_id).title == "Unlinked from Printers"
    assert linked(db, stored.thread_id) is None
    slot = links.slot(db, stored.thread_id)
    assert slot is not None and slot.item_id is None


def test_links_are_undone_and_redone_on_the_stack_of_mail(db: Database, stored: Stored) -> None:
    service.link(db, stored.thread_id, item(db, "deal:1"))
    service.link(db, stored.thread_id, item(db, "lead:1"))
    service.unlink(db, stored.thread_id)
    actions.undo(db)
    assert linked(db, stored.thread_id) == "Hall 4"
    actions.undo(db)
    assert linked(db, stored.thread_id) == "Printers"
    actions.undo(db)
    assert links.slot(db, stored.thread_id) is None
    actions.redo(db)
    assert linked(db, stored.thread_id) == "Printers"


def test_one_message_cannot_be_linked_and_the_refusal_says_what_to_do(db: Database, stored: Stored) -> None:
    with pytest.raises(service.CannotLink, match=f"link conversation {stored.thread_id}.*Smart BCC"):
        service.link(db, ThreadId(stored.email_id), item(db, "deal:1"))


def test_a_person_does_not_fill_the_slot(db: Database, stored: Stored) -> None:
    with pytest.raises(service.CannotLink, match="by its address"):
        service.link(db, stored.thread_id, item(db, "person:1"))


def test_a_deleted_item_cannot_be_linked(db: Database, stored: Stored) -> None:
    with pytest.raises(service.CannotLink, match="there is no deal"):
        service.link(db, stored.thread_id, item(db, "deal:3"))


def test_an_unknown_conversation_is_refused(db: Database, stored: Stored) -> None:
    with pytest.raises(service.CannotLink, match="no conversation 424242"):
        service.link(db, ThreadId(424242), item(db, "deal:1"))


def test_every_link_and_unlink_is_kept_for_the_record(db: Database, stored: Stored) -> None:
    service.link(db, stored.thread_id, item(db, "deal:1"))
    service.unlink(db, stored.thread_id)
    found = db.read().execute("SELECT what FROM audit WHERE object LIKE 'thread:%' ORDER BY id").fetchall()
    assert found == [("link",), ("unlink",)]


def slot_of(db: Database, text: str, origin: str, at: int) -> Slot:
    found = item(db, text)
    return Slot(found.kind.value, found.id, origin, "", at, "")


@pytest.mark.parametrize(
    ("ours", "theirs", "kept"),
    [
        (None, ("deal:1", "auto", 5), "Printers"),
        (("deal:1", "manual", 1), ("lead:1", "auto", 9), "Printers"),
        (("deal:1", "auto", 9), ("lead:1", "manual", 1), "Hall 4"),
        (("deal:1", "manual", 1), ("lead:1", "manual", 2), "Hall 4"),
    ],
)
def test_of_two_merged_conversations_the_stronger_link_stays(
    db: Database,
    account_id: AccountId,
    stored: Stored,
    ours: tuple[str, str, int] | None,
    theirs: tuple[str, str, int],
    kept: str,
) -> None:
    other = a_stored_email(db, account_id, mailboxes_of(db, account_id)[Role.INBOX])
    with db.write() as connection:
        if ours:
            slots.put(connection, stored.thread_id, slot_of(db, *ours))
        slots.put(connection, other.thread_id, slot_of(db, *theirs))
        links.merge(connection, kept=stored.thread_id, merged=other.thread_id)
        connection.execute("UPDATE email SET thread_id = ?", (stored.thread_id,))
        connection.execute("DELETE FROM thread WHERE id = ?", (other.thread_id,))
    assert linked(db, stored.thread_id) == kept


def test_undo_follows_a_conversation_that_was_merged_since(
    db: Database, account_id: AccountId, stored: Stored
) -> None:
    other = a_stored_email(db, account_id, mailboxes_of(db, account_id)[Role.INBOX])
    service.link(db, other.thread_id, item(db, "deal:1"))
    with db.write() as connection:
        links.merge(connection, kept=stored.thread_id, merged=other.thread_id)
        connection.execute("UPDATE email SET thread_id = ?", (stored.thread_id,))
        connection.execute("DELETE FROM thread WHERE id = ?", (other.thread_id,))
        connection.execute("INSERT INTO thread_alias VALUES (?, ?)", (other.thread_id, stored.thread_id))
    assert linked(db, stored.thread_id) == "Printers"
    actions.undo(db)
    assert linked(db, stored.thread_id) is None


def test_a_link_brought_in_before_its_mail_comes_true_with_the_mail(
    db: Database, account_id: AccountId, tmp_path: Path
) -> None:
    directory = tmp_path / "early"
    directory.mkdir()
    (directory / "deals.csv").write_text("id,title\n1,Printers\n")
    (directory / "links.csv").write_text("message_id,kind,item\n<first@x.example>,deal,1\n")
    csv_items.import_directory(db, directory, dry_run=False)
    email = makers.an_email(message_id="first@x.example")
    (thread_id,) = ingest.apply(
        db, account_id, makers.a_batch([makers.a_remote("k1")]), [Arrival(makers.a_remote("k1"), email)]
    )
    slot = links.slot(db, thread_id)
    assert slot is not None and slot.origin == "import"
    assert linked(db, thread_id) == "Printers"
    assert db.read().execute("SELECT count(*) FROM awaited_link").fetchone() == (0,)
