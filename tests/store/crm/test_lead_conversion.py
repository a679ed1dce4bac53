from __future__ import annotations

import makers
import pytest
from stored import Stored, a_stored_email, awaits, mailboxes_of

from mail.drafts import Draft
from mail.types import AccountId, Role
from store import actions
from store.crm import activities, custom_fields, item_edits, item_merges, item_states, items, labels, notes
from store.crm import changes as crm_changes
from store.crm.item_edits import BadItem
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import bcc_tokens, links, many_links, slots
from store.links.slots import Slot
from store.sending import drafts


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def lead(db: Database, account: AccountId) -> ItemRef:
    person, _ = item_edits.create(db, ItemKind.PERSON, {"name": "Ana", "emails": ["ana@acme.example"]})
    values = {
        "title": "Hall 4",
        "person_id": person.id,
        "value": "900",
        "currency": "EUR",
        "expected_close": "2026-12-01",
    }
    return item_edits.create(db, ItemKind.LEAD, values)[0]


@pytest.fixture
def stored(db: Database, account: AccountId, lead: ItemRef) -> Stored:
    """A conversation about the lead."""
    found = a_stored_email(db, account, mailboxes_of(db, account)[Role.INBOX])
    links.link(db, found.thread_id, lead)
    return found


def row(db: Database, item: ItemRef) -> dict[str, object]:
    found = crm_changes.read(db.read(), item.kind.value, {"id": item.id})
    assert found is not None
    return found


def about(db: Database, stored: Stored) -> tuple[str | None, str | None]:
    slot = links.slot(db, stored.thread_id)
    thread = (
        db.read()
        .execute("SELECT item_kind, item_id FROM thread WHERE id = ?", (stored.thread_id,))
        .fetchone()
    )
    assert thread == ((slot.item_kind, slot.item_id) if slot else (None, None))
    return thread


def test_the_deal_is_as_the_lead_was_but_for_what_is_said_of_it(db: Database, lead: ItemRef) -> None:
    deal, action = item_merges.convert(db, lead, {"title": "Hall 4, roof", "value": "1,000"})
    assert action.title == "Converted Hall 4 to a deal"
    made, left = row(db, deal), row(db, lead)
    assert (made["title"], made["value"], made["currency"]) == ("Hall 4, roof", "1000", "EUR")
    assert (made["person_id"], made["expected_close"]) == (left["person_id"], "2026-12-01")
    assert (made["status"], made["source_lead_id"]) == ("open", lead.id)
    assert (left["status"], left["converted_deal_id"]) == ("converted", deal.id)
    assert left["closed_at"] is not None
    card = items.get(db, deal)
    assert card is not None and card.stage == "Qualified"


def test_conversations_of_the_lead_are_about_the_deal_and_keep_the_lead(
    db: Database, lead: ItemRef, stored: Stored
) -> None:
    deal, _ = item_merges.convert(db, lead)
    assert about(db, stored) == ("deal", deal.id)
    slot = links.slot(db, stored.thread_id)
    assert slot is not None and slot.origin == "conversion"
    rows = (
        db.read().execute("SELECT slot, item_kind, item_id, origin FROM item_link ORDER BY slot").fetchall()
    )
    assert rows == [("item", "deal", deal.id, "conversion"), ("lead_history", "lead", lead.id, "conversion")]


def test_a_conversation_of_a_converted_lead_cannot_be_linked_to_another_item_and_the_reason_is_said(
    db: Database, lead: ItemRef, stored: Stored
) -> None:
    item_merges.convert(db, lead)
    other, _ = item_edits.create(db, ItemKind.PROJECT, {"title": "Roll-out"})
    sentence = links.is_fixed(db.read(), stored.thread_id)
    assert sentence is not None and sentence.startswith("the conversation came with the lead Hall 4")
    for refused in (
        lambda: links.link(db, stored.thread_id, other),
        lambda: many_links.link(db, [stored.thread_id, stored.thread_id], other),
        lambda: links.unlink(db, stored.thread_id),
    ):
        with pytest.raises(links.CannotLink, match="came with the lead Hall 4"):
            refused()


def test_once_detached_from_its_lead_a_conversation_can_be_linked_again(
    db: Database, lead: ItemRef, stored: Stored
) -> None:
    deal, _ = item_merges.convert(db, lead)
    action = item_merges.detach_lead_history(db, stored.thread_id)
    assert action.title == "Detached the conversation from the lead Hall 4"
    assert links.is_fixed(db.read(), stored.thread_id) is None
    assert about(db, stored) == ("deal", deal.id)
    other, _ = item_edits.create(db, ItemKind.PROJECT, {"title": "Roll-out"})
    links.link(db, stored.thread_id, other)
    for _ in range(3):
        actions.undo(db)
    assert links.is_fixed(db.read(), stored.thread_id) is not None
    with pytest.raises(BadItem, match="belongs to no converted lead"):
        actions.redo(db)
        actions.redo(db)
        item_merges.detach_lead_history(db, stored.thread_id)


def test_one_undo_takes_the_whole_conversion_back(db: Database, lead: ItemRef, stored: Stored) -> None:
    before = row(db, lead)
    deal, _ = item_merges.convert(db, lead)
    undone = actions.undo(db)
    assert undone is not None and undone.state == "undone"
    assert about(db, stored) == ("lead", lead.id)
    assert links.is_fixed(db.read(), stored.thread_id) is None
    assert items.get(db, deal) is None
    assert {**row(db, lead), "rev": 0, "updated_at": 0} == {**before, "rev": 0, "updated_at": 0}
    actions.redo(db)
    assert about(db, stored) == ("deal", deal.id)
    assert links.is_fixed(db.read(), stored.thread_id) is not None


def test_notes_and_activities_are_shown_on_both(db: Database, lead: ItemRef) -> None:
    notes.add(db, lead, "Prefers mornings")
    activities.add(db, lead, "Call Ana")
    deal, _ = item_merges.convert(db, lead)
    for table in ("note", "activity"):
        assert db.read().execute(f"SELECT lead_id, deal_id FROM {table}").fetchall() == [(lead.id, deal.id)]
    actions.undo(db)
    assert db.read().execute("SELECT lead_id, deal_id FROM note").fetchall() == [(lead.id, None)]


def test_labels_and_fields_of_the_same_name_go_to_the_deal(db: Database, lead: ItemRef) -> None:
    labels.set(db, lead, "hot", True)
    of_lead, _ = custom_fields.add(db, ItemKind.LEAD, "Region")
    of_deal, _ = custom_fields.add(db, ItemKind.DEAL, "region")
    only_lead, _ = custom_fields.add(db, ItemKind.LEAD, "Fair")
    custom_fields.set_value(db, lead, of_lead.id, "North")
    custom_fields.set_value(db, lead, only_lead.id, "Hannover")
    deal, _ = item_merges.convert(db, lead)
    assert labels.of(db.read(), deal) == labels.of(db.read(), lead) == ("hot",)
    assert [(each.field.id, each.value) for each in custom_fields.values(db.read(), deal)] == [
        (of_deal.id, "North")
    ]


def test_only_a_lead_that_is_there_and_was_not_converted_is_converted(db: Database, lead: ItemRef) -> None:
    deal, _ = item_merges.convert(db, lead)
    with pytest.raises(BadItem, match="Hall 4 was converted already"):
        item_merges.convert(db, lead)
    with pytest.raises(BadItem, match="a deal cannot be converted; a lead can"):
        item_merges.convert(db, deal)
    with pytest.raises(BadItem, match="it goes on as a deal"):
        item_states.reopen(db, lead)
    with pytest.raises(BadItem, match="archive its deal instead"):
        item_states.archive(db, lead)


def test_a_lead_whose_person_was_deleted_is_converted_as_it_is(db: Database, lead: ItemRef) -> None:
    item_states.delete(db, ItemRef(ItemKind.PERSON, str(row(db, lead)["person_id"])))
    deal, _ = item_merges.convert(db, lead)
    assert row(db, deal)["person_id"] == row(db, lead)["person_id"]


def test_what_is_said_of_the_deal_is_checked_and_then_nothing_is_converted(
    db: Database, lead: ItemRef
) -> None:
    with pytest.raises(BadItem, match="a deal needs a title"):
        item_merges.convert(db, lead, {"title": " "})
    assert row(db, lead)["status"] == "open"


def test_mail_still_to_come_about_the_lead_is_about_the_deal(
    db: Database, account: AccountId, lead: ItemRef
) -> None:
    draft = drafts.begin(db, account, Draft(makers.an_address("me@dealbox.example")), item=lead)
    awaits(db, "late@x.example", lead)
    token = bcc_tokens.token(db, account, lead)
    deal, _ = item_merges.convert(db, lead)
    now = drafts.get(db, draft.id)
    assert now is not None and (now.item_kind, now.item_id) == ("deal", deal.id)
    assert db.read().execute("SELECT item_kind, item_id FROM awaited_link").fetchall() == [("deal", deal.id)]
    assert bcc_tokens.token(db, account, deal) == token
    actions.undo(db)
    now = drafts.get(db, draft.id)
    assert now is not None and (now.item_kind, now.item_id) == ("lead", lead.id)
    assert bcc_tokens.token(db, account, lead) == token


def test_a_conversation_that_was_joined_with_one_about_something_else_is_not_fixed(
    db: Database, account: AccountId, lead: ItemRef, stored: Stored
) -> None:
    item_merges.convert(db, lead)
    other = a_stored_email(db, account, mailboxes_of(db, account)[Role.INBOX])
    project, _ = item_edits.create(db, ItemKind.PROJECT, {"title": "Roll-out"})
    with db.write() as connection:
        slot = Slot("project", project.id, "manual", "", 2**33, "")
        slots.put(connection, other.thread_id, slot)
        slots.merge(connection, kept=other.thread_id, merged=stored.thread_id)
    assert links.is_fixed(db.read(), other.thread_id) is None
    links.unlink(db, other.thread_id)


def test_a_conversation_stays_fixed_when_its_deal_becomes_part_of_another(
    db: Database, lead: ItemRef, stored: Stored
) -> None:
    deal, _ = item_merges.convert(db, lead)
    kept, _ = item_edits.create(
        db, ItemKind.DEAL, {"title": "Falcon", "person_id": row(db, lead)["person_id"]}
    )
    item_merges.merge(db, kept, deal)
    assert links.is_fixed(db.read(), stored.thread_id) is not None
