from __future__ import annotations

import crm_rows
import makers
import pytest
from stored import a_stored_email, mailboxes_of

from mail.types import Role
from store import actions
from store.crm import (
    activities,
    deal_products,
    item_edits,
    item_merges,
    item_parts,
    item_states,
    items,
    labels,
    notes,
    products,
)
from store.crm import changes as crm_changes
from store.crm.item_edits import BadItem
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import links

DEAL, LEAD, PROJECT, PERSON, ORGANIZATION = ItemKind


def made(db: Database, kind: ItemKind, **values: object) -> ItemRef:
    return item_edits.create(db, kind, values)[0]


def row(db: Database, item: ItemRef) -> dict[str, object]:
    found = crm_changes.read(db.read(), item.kind.value, {"id": item.id})
    assert found is not None
    return found


def everything(db: Database) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of the CRM but for what counts and stamps changes."""
    found = {}
    for table in [*crm_changes.KEYS, "thread"]:
        names = [column[1] for column in db.read().execute(f"PRAGMA table_info({table})")]
        kept = ", ".join(name for name in names if name not in ("rev", "updated_at"))
        found[table] = sorted(db.read().execute(f"SELECT {kept} FROM {table}").fetchall(), key=repr)
    return found


def merged(db: Database, kept: ItemRef, goes: ItemRef) -> str:
    """Merge, prove that undo and redo take all of it back and forth, and return the title."""
    before = everything(db)
    action = item_merges.merge(db, kept, goes)
    after = everything(db)
    actions.undo(db)
    assert everything(db) == before
    actions.redo(db)
    assert everything(db) == after
    return action.title


def test_a_person_takes_over_what_the_other_has(db: Database) -> None:
    ana = made(db, PERSON, name="Ana Lima", emails=["ana@x.example"], phones=["+34 1"])
    twin = made(
        db,
        PERSON,
        name="A. Lima",
        title="Buyer",
        emails=["a@home.example"],
        phones=["+34 1", "+34 22"],
        notes="tall",
    )
    assert merged(db, ana, twin) == "Merged A. Lima into Ana Lima"
    kept = row(db, ana)
    assert (kept["name"], kept["title"], kept["notes"]) == ("Ana Lima", "Buyer", "tall")
    assert [each.value for each in item_parts.of(db.read(), ana, "emails")] == [
        "ana@x.example",
        "a@home.example",
    ]
    assert [each.value for each in item_parts.of(db.read(), ana, "phones")] == ["+34 1", "+34 22"]
    gone = row(db, twin)
    assert (gone["merged_into"], gone["deleted_at"] is not None) == (ana.id, True)
    assert [card.title for card in items.search(db, "a@home")] == ["Ana Lima"]


def test_everything_about_a_person_goes_over(db: Database) -> None:
    ana, twin = made(db, PERSON, name="Ana"), made(db, PERSON, name="Twin")
    about = [made(db, kind, title=kind.value, person_id=twin.id) for kind in (DEAL, LEAD, PROJECT)]
    other = made(
        db, DEAL, title="Other", person_id=made(db, PERSON, name="Bob").id, participants=[twin.id, ana.id]
    )
    won = made(db, DEAL, title="Won", person_id=twin.id)
    item_states.win(db, won)
    notes.add(db, twin, "a note")
    activities.add(db, twin, "a call")
    labels.set(db, twin, "vip", True)
    labels.set(db, twin, "both", True)
    labels.set(db, ana, "both", True)
    merged(db, ana, twin)
    assert {row(db, item)["person_id"] for item in [*about, won]} == {ana.id}
    assert [each.value for each in item_parts.of(db.read(), other, "participants")] == [ana.id]
    for table in ("note", "activity"):
        assert db.read().execute(f"SELECT person_id FROM {table}").fetchall() == [(ana.id,)]
    assert labels.of(db.read(), ana) == ("both", "vip")
    assert {card.ref for card in items.search(db, "ana")} >= {*about, won, ana}


def test_followers_and_where_it_came_from_go_over(db: Database) -> None:
    ana, twin = made(db, PERSON, name="Ana"), made(db, PERSON, name="Twin")
    with db.write() as connection:
        connection.execute(
            "INSERT INTO workspace_user (id, name, email, created_at, updated_at) VALUES ('u', 'Noa', 'n@h.example', 1, 1)"
        )
        connection.execute("INSERT INTO item_follower VALUES ('person', ?, 'u')", (twin.id,))
        connection.execute("INSERT INTO external_ref VALUES ('csv', 'person', '7', ?, x'00')", (twin.id,))
    merged(db, ana, twin)
    assert db.read().execute("SELECT item_id FROM item_follower").fetchall() == [(ana.id,)]
    assert items.find(db, "person:7") == ana


def test_merging_persons_shows_nothing_to_more_people_than_before(db: Database) -> None:
    ana, twin = made(db, PERSON, name="Ana"), made(db, PERSON, name="Twin", visible_to="owner")
    action = item_merges.merge(db, ana, twin)
    assert action.warning == "Ana is now seen by its owner alone, as the other was"
    assert row(db, ana)["visible_to"] == "owner"
    other = made(db, PERSON, name="Other")
    assert item_merges.merge(db, ana, other).warning == ""
    assert row(db, ana)["visible_to"] == "owner"


def test_an_organization_takes_over_people_items_and_domains(db: Database) -> None:
    acme, double = (
        made(db, ORGANIZATION, name="Acme"),
        made(db, ORGANIZATION, name="ACME Ltd", domains=["acme.example"]),
    )
    ana = made(db, PERSON, name="Ana", org_id=double.id)
    deal = made(db, DEAL, title="Falcon", org_id=double.id)
    merged(db, acme, double)
    assert row(db, ana)["org_id"] == row(db, deal)["org_id"] == acme.id
    assert [each.value for each in item_parts.of(db.read(), acme, "domains")] == ["acme.example"]
    assert items.search(db, "ltd") == ()


def test_conversations_follow_the_deal_that_stays(db: Database) -> None:
    account = makers.an_account(db)
    inbox = mailboxes_of(db, account)[Role.INBOX]
    one, two = (a_stored_email(db, account, inbox) for _ in range(2))
    falcon, twin = crm_rows.a_deal(db, "Falcon"), crm_rows.a_deal(db, "Falcon 2")
    links.link(db, one.thread_id, twin, origin="auto", reason="the only one")
    links.link(db, two.thread_id, falcon)
    assert merged(db, falcon, twin) == "Merged Falcon 2 into Falcon"
    slot = links.slot(db, one.thread_id)
    assert slot is not None
    assert (slot.item_id, slot.origin, slot.reason) == (falcon.id, "auto", "the only one")


def test_a_deal_takes_over_products_and_adds_up_those_both_have(db: Database) -> None:
    toner, _ = products.add(db, {"name": "Toner", "price": "5", "currency": "EUR"})
    paper, _ = products.add(db, {"name": "Paper", "price": "2", "currency": "EUR"})
    drum, _ = products.add(db, {"name": "Drum", "price": "9", "currency": "EUR"})
    falcon, twin = crm_rows.a_deal(db, "Falcon"), crm_rows.a_deal(db, "Falcon 2")
    deal_products.set(db, falcon, toner, quantity="2")
    deal_products.set(db, twin, toner, quantity="1.5")
    deal_products.set(db, twin, paper, quantity="3")
    deal_products.set(db, falcon, drum, price="8")
    deal_products.set(db, twin, drum, price="7")
    before = everything(db)
    action = item_merges.merge(db, falcon, twin)
    assert action.warning == "both have Drum at different prices: it stays as it was"
    lines = {line.name: str(line.quantity) for line in deal_products.of(db.read(), falcon).lines}
    assert lines == {"Toner": "3.5", "Paper": "3", "Drum": "1"}
    actions.undo(db)
    assert everything(db) == before


def test_a_lead_that_was_converted_leads_to_the_deal_that_stays(db: Database) -> None:
    ana = made(db, PERSON, name="Ana")
    account = makers.an_account(db)
    stored = a_stored_email(db, account, mailboxes_of(db, account)[Role.INBOX])
    lead, twin = (
        made(db, LEAD, title="Hall", person_id=ana.id),
        made(db, LEAD, title="Hall 2", person_id=ana.id),
    )
    links.link(db, stored.thread_id, twin)
    merged(db, lead, twin)
    deal, _ = item_merges.convert(db, lead)
    kept = made(db, DEAL, title="Falcon", person_id=ana.id)
    merged(db, kept, deal)
    assert row(db, lead)["converted_deal_id"] == kept.id
    assert row(db, kept)["source_lead_id"] == lead.id
    slot = links.slot(db, stored.thread_id)
    assert slot is not None and slot.item_id == kept.id
    assert links.is_fixed(db.read(), stored.thread_id) is not None


def test_projects_are_merged_as_well_and_their_descriptions_joined(db: Database) -> None:
    one, two = (
        made(db, PROJECT, title="A", description="first"),
        made(db, PROJECT, title="B", description="second"),
    )
    notes.add(db, two, "x")
    merged(db, one, two)
    assert row(db, one)["description"] == "first\n\nsecond"
    assert db.read().execute("SELECT project_id FROM note").fetchall() == [(one.id,)]


def test_a_value_goes_over_with_its_currency_or_not_at_all(db: Database) -> None:
    ana = made(db, PERSON, name="Ana")
    empty = made(db, DEAL, title="A", person_id=ana.id)
    priced = made(db, DEAL, title="B", person_id=ana.id, value="5", currency="USD")
    merged(db, empty, priced)
    assert (row(db, empty)["value"], row(db, empty)["currency"]) == ("5", "USD")
    other = made(db, DEAL, title="C", person_id=ana.id, value="7", currency="EUR")
    merged(db, other, empty)
    assert (row(db, other)["value"], row(db, other)["currency"]) == ("7", "EUR")


def test_only_two_items_of_a_kind_that_are_there_are_merged(db: Database) -> None:
    ana, acme = made(db, PERSON, name="Ana"), made(db, ORGANIZATION, name="Acme")
    with pytest.raises(BadItem, match="a person cannot be merged into an organization"):
        item_merges.merge(db, acme, ana)
    with pytest.raises(BadItem, match="an item cannot be merged into itself"):
        item_merges.merge(db, ana, ana)
    twin = made(db, PERSON, name="Twin")
    item_merges.merge(db, ana, twin)
    with pytest.raises(BadItem, match="Twin was deleted; restore it first"):
        item_merges.merge(db, ana, twin)
    with pytest.raises(BadItem, match="Twin was merged into another person; undo that instead"):
        item_states.restore(db, twin)
