from __future__ import annotations

import crm_rows
import makers
import pytest
import stored

from linking import service, standing
from mail.types import AccountId, Role, ThreadId
from store import undo
from store.crm import item_merges, lead_conversion
from store.crm.item_refs import PageRef
from store.crm.items import ItemKind, ItemRef
from store.crm.timeline import Entry, EntryKind, Timeline
from store.database import Database
from store.links import slots
from store.links.slots import Slot

LONG_AGO = 1_700_000_000


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def thread(db: Database, account: AccountId) -> ThreadId:
    return a_thread(db, account, "Quote")


def a_thread(db: Database, account: AccountId, subject: str) -> ThreadId:
    boxes = stored.mailboxes_of(db, account)
    return stored.a_stored_email(db, account, boxes[Role.INBOX], subject=subject).thread_id


def put(
    db: Database, thread_id: ThreadId, item: ItemRef | None, origin: str = "auto", at: int = LONG_AGO
) -> None:
    with db.write() as connection:
        slot = Slot(item.kind.value, item.id, origin, "", at, "") if item else None
        slots.put(connection, thread_id, slot)


def told(db: Database, item: ItemRef) -> list[Entry]:
    source = Timeline(db, PageRef.of(item), standing.can_see)
    rows = [source.row(index) for index in range(source.count)]
    return [row for row in rows if row is not None and row.kind is EntryKind.LINK]


def texts(db: Database, item: ItemRef) -> list[str]:
    return [entry.text for entry in told(db, item)]


def test_a_link_taken_away_by_hand_stays_in_the_timeline_with_when_it_was_made(
    db: Database, thread: ThreadId
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    put(db, thread, deal)
    service.unlink(db, thread)
    (entry,) = told(db, deal)
    assert entry.text == "unlinked: Quote"
    assert entry.thread_id == thread
    assert [moment.name for moment in entry.moments] == ["linked", "unlinked"]
    assert entry.moments[0].at == LONG_AGO


def test_a_link_that_was_replaced_says_what_the_conversation_is_about_now(
    db: Database, thread: ThreadId
) -> None:
    before, after = crm_rows.a_deal(db, "Renewal"), crm_rows.a_deal(db, "Printers")
    put(db, thread, before, "manual")
    service.link(db, thread, after)
    assert texts(db, before) == ["unlinked: Quote, which is about Printers now"]
    assert texts(db, after) == ["linked by hand: Quote"]


def test_a_link_that_undo_brings_back_is_told_as_such(db: Database, thread: ThreadId) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    put(db, thread, deal, "manual")
    service.unlink(db, thread)
    undo.undo(db)
    assert sorted(texts(db, deal)) == ["linked again: Quote", "linked by hand: Quote", "unlinked: Quote"]


def test_a_link_that_undo_takes_away_is_told(db: Database, thread: ThreadId) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    service.link(db, thread, deal)
    undo.undo(db)
    assert texts(db, deal) == ["unlinked: Quote"]


def test_rules_that_correct_themselves_are_not_told(db: Database, thread: ThreadId) -> None:
    one, other = crm_rows.a_deal(db, "Renewal"), crm_rows.a_deal(db, "Printers")
    put(db, thread, one)
    put(db, thread, other, at=LONG_AGO + 5)
    put(db, thread, None)
    assert not texts(db, one)
    assert not texts(db, other)


def test_a_merged_deal_did_not_lose_its_conversations(db: Database, thread: ThreadId) -> None:
    kept, merged = crm_rows.a_deal(db, "Renewal"), crm_rows.a_deal(db, "Renewal 2")
    service.link(db, thread, merged)
    item_merges.merge(db, kept, merged)
    undo.undo(db)
    undo.redo(db)
    assert texts(db, kept) == ["linked by hand: Quote"]
    assert not texts(db, merged)


def test_a_converted_lead_did_not_lose_its_conversations(db: Database, thread: ThreadId) -> None:
    person = crm_rows.a_person(db, "Ana", "ana@acme.example")
    lead = ItemRef(ItemKind.LEAD, crm_rows.a_row(db, "lead", title="Ask", person_id=person))
    service.link(db, thread, lead)
    deal, _ = lead_conversion.convert(db, lead)
    assert texts(db, deal) == ["linked when the lead was converted: Quote"]
    assert not [text for text in texts(db, lead) if "unlinked" in text]


def test_of_two_conversations_that_are_one_the_item_of_the_other_says_so(
    db: Database, account: AccountId, thread: ThreadId
) -> None:
    deal, newer = crm_rows.a_deal(db, "Renewal"), crm_rows.a_deal(db, "Printers")
    other = a_thread(db, account, "Quote too")
    put(db, other, deal, "manual")
    put(db, thread, newer, "manual", LONG_AGO + 5)
    with db.write() as connection:
        slots.merge(connection, thread, other)
    assert texts(db, deal) == ["unlinked: Quote, which is about Printers now"]
    assert texts(db, newer) == ["linked by hand: Quote"]


def test_what_was_unlinked_is_found_under_the_id_it_has_now(
    db: Database, account: AccountId, thread: ThreadId
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    other = a_thread(db, account, "Quote too")
    put(db, other, deal, "manual")
    put(db, other, None)
    with db.write() as connection:
        connection.execute("UPDATE email SET thread_id = ? WHERE thread_id = ?", (thread, other))
        connection.execute("DELETE FROM thread WHERE id = ?", (other,))
        connection.execute("INSERT INTO thread_alias (old_id, thread_id) VALUES (?, ?)", (other, thread))
    assert [entry.thread_id for entry in told(db, deal)] == [thread]


def test_unlinked_mail_of_others_that_may_not_be_seen_is_not_told(db: Database, thread: ThreadId) -> None:
    bo = crm_rows.a_user(db, "Bo", "bo@elsewhere.example")
    deal = crm_rows.a_deal(db, "Renewal")
    put(db, thread, deal, "manual")
    put(db, thread, None)
    with db.write() as connection:
        connection.execute("UPDATE thread SET owner = ?", (bo,))
    assert not texts(db, deal)


def test_unlinked_mail_that_is_gone_altogether_is_not_told(db: Database, thread: ThreadId) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    put(db, thread, deal, "manual")
    put(db, thread, None)
    source = Timeline(db, PageRef.of(deal), standing.can_see)
    with db.write() as connection:
        connection.execute("DELETE FROM email WHERE thread_id = ?", (thread,))
        connection.execute("DELETE FROM thread WHERE id = ?", (thread,))
    rows = [source.row(index) for index in range(source.count)]
    assert "unlinked: a conversation that is gone" in [row.text for row in rows if row]
    assert not texts(db, deal)
