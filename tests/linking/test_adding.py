"""Items as forms leave them: all of it or nothing, and one undo for all of it."""

from __future__ import annotations

import crm_rows
import makers
import pytest
import told

from linking import adding, service
from linking.adding import ShowsMore, Wanted
from mail.types import ThreadId
from store import undo
from store.crm import custom_fields, item_edits, item_forms, item_merges, items
from store.crm.item_edits import BadItem
from store.crm.item_forms import FormFacts
from store.crm.item_refs import PageRef
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import panel


@pytest.fixture
def thread_id(db: Database) -> ThreadId:
    return told.a_conversation(db, makers.an_account(db), "First words")


def facts_of(db: Database, item: ItemRef) -> FormFacts:
    return item_forms.facts(db, PageRef.of(item).kind, item.id)


def counted(db: Database) -> tuple[int, ...]:
    tables = ("deal", "person", "organization", "label", "custom_value", "action")
    return tuple(db.read().execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)


def a_whole_deal(field_id: str) -> Wanted:
    return Wanted(
        {"title": "Forty seats", "value": "12400", "currency": "EUR"},
        labels=("hot", "big"),
        custom={field_id: "blue"},
        person={"name": "Ana Lima", "emails": ["ana@acme.example"]},
        organization={"name": "Acme", "domains": ["acme.example"]},
    )


def test_people_labels_fields_and_the_link_come_with_the_deal_and_go_with_it(
    db: Database, thread_id: ThreadId
) -> None:
    field, _ = custom_fields.add(db, ItemKind.DEAL, "Colour")
    before = counted(db)
    deal, done = adding.add(db, ItemKind.DEAL, a_whole_deal(field.id), thread_id=thread_id)
    assert done.title == (
        "Added deal Forty seats with person Ana Lima and organization Acme, linked, the answer planned"
    )
    facts = facts_of(db, deal)
    assert (facts.person, facts.organization, facts.marked) == ("Ana Lima", "Acme", ("big", "hot"))
    assert [each.value for each in facts.custom] == ["blue"]
    linked = panel.for_thread(db, thread_id).item
    assert linked is not None and linked.ref == deal
    person = items.search(db, "Ana")[0]
    assert person.organization == "Acme"
    undo.undo(db)
    assert panel.for_thread(db, thread_id).item is None
    assert counted(db)[:5] == before[:5]


def test_redo_makes_it_all_again(db: Database, thread_id: ThreadId) -> None:
    field, _ = custom_fields.add(db, ItemKind.DEAL, "Colour")
    deal, _ = adding.add(db, ItemKind.DEAL, a_whole_deal(field.id), thread_id=thread_id)
    undo.undo(db)
    undo.redo(db)
    linked = panel.for_thread(db, thread_id).item
    assert linked is not None and (linked.ref, linked.person) == (deal, "Ana Lima")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"values": {"title": "", "value": "1"}}, "title"),
        ({"labels": ("x" * 100,)}, "label"),
        ({"person": {"name": "Me", "emails": ["me@dealbox.example"]}}, "emails"),
        ({"organization": {"name": ""}}, "name"),
    ],
)
def test_what_is_refused_leaves_nothing_half_made(
    db: Database, thread_id: ThreadId, changes: dict[str, object], field: str
) -> None:
    before = counted(db)
    wanted = {"values": {"title": "Forty seats"}, "person": {"name": "Ana"}, **changes}
    with pytest.raises(BadItem) as error:
        adding.add(db, ItemKind.DEAL, Wanted(**wanted), thread_id=thread_id)  # type: ignore[arg-type]  # any of its fields
    assert error.value.field == field
    assert counted(db) == before


def test_a_person_made_of_a_conversation_links_nothing(db: Database, thread_id: ThreadId) -> None:
    values = {"name": "Ana Lima", "emails": ["ana@acme.example"]}
    person, done = adding.add(db, ItemKind.PERSON, Wanted(values), thread_id=thread_id)
    assert done.title == "Added person Ana Lima"
    facts = panel.for_thread(db, thread_id)
    assert facts.item is None and [each.id for each in facts.people] == [person.id]


def test_the_warning_of_whoever_is_made_is_passed_on(db: Database) -> None:
    crm_rows.a_person(db, "Bo Kern", "shared@acme.example")
    wanted = Wanted({"title": "X"}, person={"name": "Ana", "emails": ["shared@acme.example"]})
    _, done = adding.add(db, ItemKind.LEAD, wanted)
    assert "Bo Kern has the address" in done.warning


def test_a_conversation_that_is_fixed_to_a_converted_lead_is_not_linked_to_a_new_deal(
    db: Database, thread_id: ThreadId
) -> None:
    lead, _ = adding.add(
        db, ItemKind.LEAD, Wanted({"title": "L"}, person={"name": "Ana"}), thread_id=thread_id
    )
    item_merges.convert(db, lead)
    before = counted(db)
    with pytest.raises(BadItem):
        adding.add(db, ItemKind.DEAL, Wanted({"title": "D"}, person={"name": "Bo"}), thread_id=thread_id)
    assert counted(db) == before


def test_what_would_show_a_shared_conversation_to_others_is_asked_about(
    db: Database, thread_id: ThreadId
) -> None:
    crm_rows.a_user(db, "Me", "me@dealbox.example", is_admin=True)
    crm_rows.a_user(db, "Bo Kern", "bo@dealbox.example")
    service.set_visibility(db, thread_id, "shared")
    wanted = Wanted({"title": "X"}, person={"name": "Ana", "emails": ["ana@acme.example"]})
    with pytest.raises(ShowsMore, match="shows it to Bo Kern"):
        adding.add(db, ItemKind.DEAL, wanted, thread_id=thread_id)
    assert items.search(db, "X") == ()
    _, done = adding.add(db, ItemKind.DEAL, wanted, thread_id=thread_id, may_show=True)
    assert done.state == "done"


def test_an_item_is_changed_with_its_labels_and_fields_as_one_action(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Renewal", crm_rows.a_person(db, "Ana", "ana@acme.example"))
    field, _ = custom_fields.add(db, ItemKind.DEAL, "Colour")
    wanted = Wanted({"title": "Renewed"}, ("hot",), {field.id: "blue"}, organization={"name": "Acme"})
    assert adding.change(db, deal, wanted).title == "Changed Renewed"
    facts = facts_of(db, deal)
    assert (facts.values["title"], facts.marked, facts.organization) == ("Renewed", ("hot",), "Acme")
    undo.undo(db)
    facts = facts_of(db, deal)
    assert (facts.values["title"], facts.marked, facts.organization) == ("Renewal", (), "")
    assert [each.value for each in facts.custom] == [""]


def test_an_item_that_is_so_already_is_not_changed(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    assert adding.change(db, deal, Wanted({"title": "Renewal"})).state == "nothing"


def test_the_item_of_a_colleague_is_changed_only_with_the_right_to(db: Database) -> None:
    makers.an_account(db)
    crm_rows.a_user(db, "Me", "me@dealbox.example", edits="own")
    bo = crm_rows.a_user(db, "Bo Kern", "bo@dealbox.example")
    deal, _ = item_edits.create(
        db,
        ItemKind.DEAL,
        {"title": "Theirs", "person_id": crm_rows.a_person(db, "Ana", "a@x.example"), "owner_id": bo},
    )
    with pytest.raises(BadItem):
        adding.change(db, deal, Wanted({"title": "Mine"}))
    assert facts_of(db, deal).values["title"] == "Theirs"


def test_a_conversation_that_is_gone_is_no_reason_to_forget_what_was_typed(db: Database) -> None:
    makers.an_account(db)
    with pytest.raises(BadItem):
        adding.add(db, ItemKind.DEAL, Wanted({"title": "X"}, person={"name": "Ana"}), thread_id=ThreadId(99))
    assert items.search(db, "X") == ()
