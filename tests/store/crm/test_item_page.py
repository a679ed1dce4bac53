from __future__ import annotations

from decimal import Decimal
from typing import Any

import crm_rows
import makers
import pytest
import stored
from paged import do, organization, person, read

from mail.types import AccountId, MailboxId, Role
from store.crm import activities, deal_products, item_page, item_refs, item_states
from store.crm.item_conversations import ItemConversations
from store.crm.item_refs import PageKind, PageRef
from store.crm.items import ItemKind, ItemRef
from store.crm.timeline import Timeline
from store.database import Database


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def boxes(db: Database, account: AccountId) -> dict[Role, MailboxId]:
    return stored.mailboxes_of(db, account)


# -- the head and what stands beside the lists


def test_a_page_says_where_a_deal_stands_and_what_it_is_worth(db: Database) -> None:
    facts = read(db, crm_rows.a_deal(db, "Renewal"))
    assert (facts.title, facts.status, facts.stage) == ("Renewal", "open", "Proposal")
    assert (facts.stage_position, facts.stage_count) == (4, 5)
    assert (facts.value, facts.currency) == (Decimal(12400), "EUR")


def test_there_is_no_page_of_what_never_was(db: Database) -> None:
    assert item_page.read(db, PageRef(PageKind.DEAL, "nothing")) is None


def test_the_main_person_comes_first_then_participants_then_the_organization(db: Database) -> None:
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    bob = crm_rows.a_person(db, "Bob Kern", "bob@acme.example")
    acme = crm_rows.a_row(db, "organization", name="Acme")
    do(db, "UPDATE person SET org_id = ?", acme)
    deal = crm_rows.a_deal(db, "Renewal", ana)
    do(db, "INSERT INTO deal_participant (deal_id, person_id) VALUES (?, ?)", deal.id, bob)
    facts = read(db, deal)
    assert [(each.name, each.is_main) for each in facts.people] == [
        ("Ana Lima", True),
        ("Bob Kern", False),
        ("Acme", False),
    ]
    assert facts.people_count == 3


def test_an_organization_says_how_many_persons_it_has_beyond_those_listed(db: Database) -> None:
    acme = crm_rows.a_row(db, "organization", name="Acme")
    for number in range(60):
        crm_rows.a_row(db, "person", name=f"Person {number}", org_id=acme)
    facts = read(db, organization(acme))
    assert len(facts.people) == 50
    assert facts.people_count == 60


def test_open_activities_are_listed_by_when_they_are_due_and_done_ones_are_not(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    for subject, due_at, done_at in (
        ("Later", 20, None),
        ("No day", None, None),
        ("Soon", 10, None),
        ("Done", 5, 6),
    ):
        crm_rows.a_row(
            db, "activity", subject=subject, due_at=due_at, done_at=done_at, entered_at=1, deal_id=deal.id
        )
    facts = read(db, deal)
    assert [each.subject for each in facts.activities] == ["Soon", "Later", "No day"]
    assert facts.activity_count == 3


def test_pinned_notes_come_first_and_deleted_ones_do_not_come(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    crm_rows.a_row(db, "note", body="Old but pinned", is_pinned=1, created_at=1, deal_id=deal.id)
    crm_rows.a_row(db, "note", body="Newest", created_at=3, deal_id=deal.id)
    crm_rows.a_row(db, "note", body="Gone", created_at=4, deleted_at=5, deal_id=deal.id)
    assert [each.body for each in read(db, deal).notes] == ["Old but pinned", "Newest"]


def test_products_are_added_up_for_each_currency_with_discount_and_tax(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    for name, currency, price in (("Seat", "EUR", "100"), ("Setup", "EUR", "50"), ("Visit", "USD", "10.10")):
        product = crm_rows.a_row(db, "product", name=name, currency=currency, price=price)
        do(
            db,
            "INSERT INTO deal_product (deal_id, product_id, quantity, discount, tax) VALUES (?, ?, '2', ?, ?)",
            deal.id,
            product,
            "10" if name == "Seat" else None,
            "19" if name == "Setup" else None,
        )
    facts = read(db, deal)
    assert facts.totals == (("EUR", Decimal("299.00")), ("USD", Decimal("20.20")))


def test_a_page_says_to_the_cent_what_the_list_of_products_says(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    product = crm_rows.a_row(db, "product", name="Seat", currency="EUR", price="0.35")
    deal_products.set(db, deal, product, quantity="3", discount="10", tax="19")
    listed = deal_products.of(db.read(), deal)
    assert read(db, deal).totals == (("EUR", listed.totals["EUR"][1]),) == (("EUR", Decimal("1.13")),)


def test_a_lead_and_the_deal_it_became_lead_to_each_other(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    lead = crm_rows.a_row(db, "lead", title="A call", status="converted", converted_deal_id=deal.id)
    do(db, "UPDATE deal SET source_lead_id = ? WHERE id = ?", lead, deal.id)
    (back,) = read(db, deal).related
    (on,) = read(db, PageRef(PageKind.LEAD, lead)).related
    assert (back.how, back.page) == ("source lead", PageRef(PageKind.LEAD, lead))
    assert (on.how, on.page) == ("converted to", PageRef.of(deal))


def test_a_person_is_shown_with_their_items_the_open_ones_first(db: Database) -> None:
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    crm_rows.a_deal(db, "Won long ago", ana, status="won")
    crm_rows.a_deal(db, "Renewal", ana)
    related = read(db, person(ana)).related
    assert [(each.title, each.status) for each in related] == [("Renewal", "open"), ("Won long ago", "won")]


def test_an_activity_has_a_page_that_leads_to_what_it_is_about(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    activity = crm_rows.a_row(db, "activity", subject="Ring", entered_at=1, done_at=9, deal_id=deal.id)
    facts = read(db, PageRef(PageKind.ACTIVITY, activity))
    assert (facts.title, facts.status) == ("Ring", "done")
    assert [each.page for each in facts.related] == [PageRef.of(deal)]
    assert {each.caption: each.at for each in facts.details}["completed"] == 9
    assert item_refs.about(db, facts.page) == deal


def test_a_product_has_a_page_with_the_deals_it_is_in(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    product = crm_rows.a_row(db, "product", name="Seat", price="120", currency="EUR")
    do(db, "INSERT INTO deal_product (deal_id, product_id) VALUES (?, ?)", deal.id, product)
    facts = read(db, PageRef(PageKind.PRODUCT, product))
    assert (facts.title, facts.value) == ("Seat", Decimal(120))
    assert [each.page for each in facts.related] == [PageRef.of(deal)]


def test_fields_people_added_stand_among_the_details(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    field = crm_rows.a_row(db, "custom_field", item_kind="deal", name="Region")
    do(db, "INSERT INTO custom_value VALUES ('deal', ?, ?, 'North')", deal.id, field)
    assert ("Region", "North") in [(each.caption, each.text) for each in read(db, deal).details]


def test_labels_and_followers_are_named(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    label = crm_rows.a_row(db, "label", name="Hot")
    user = crm_rows.a_user(db, "Bo Kern", "bo@dealbox.example")
    do(db, "INSERT INTO item_label VALUES ('deal', ?, ?)", deal.id, label)
    do(db, "INSERT INTO item_follower VALUES ('deal', ?, ?)", deal.id, user)
    facts = read(db, deal)
    assert (facts.labels, facts.followers) == (("Hot",), ("Bo Kern",))


def test_every_kind_of_page_is_found_by_its_address(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    activity = crm_rows.a_row(db, "activity", subject="Ring", entered_at=1)
    do(db, "INSERT INTO external_ref VALUES ('csv', 'product', '7', 'p', x'00')")
    assert item_refs.find(db, f"deal:{deal.id}") == PageRef.of(deal)
    assert item_refs.find(db, f" Activity:{activity} ") == PageRef(PageKind.ACTIVITY, activity)
    assert item_refs.find(db, "product:7") == PageRef(PageKind.PRODUCT, "p")
    assert item_refs.find(db, "deal:nothing") is None
    assert item_refs.find(db, "nothing") is None


# -- how it is read


@pytest.mark.parametrize("kind", [kind for kind in PageKind if kind is not PageKind.PRODUCT])
def test_no_page_reads_all_mail_to_find_its_conversations(db: Database, kind: PageKind) -> None:
    statements: list[str] = []
    connection = db.read()
    connection.set_trace_callback(statements.append)
    page = PageRef(kind, crm_rows.a_row(db, kind.value, **A_ROW[kind]))
    item_page.read(db, page)
    ItemConversations(db, page)
    Timeline(db, page).row(0)
    connection.set_trace_callback(None)
    plans = [
        row[3]
        for statement in statements
        if statement.startswith("SELECT")
        for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
    ]
    for table in (
        "e",
        "t",
        "email",
        "thread",
        "p",
        "participant",
        "a",
        "activity",
        "item_link",
        "mailbox_thread",
    ):
        assert f"SCAN {table}" not in {plan.strip() for plan in plans}


A_ROW: dict[PageKind, dict[str, Any]] = {
    PageKind.DEAL: {"title": "x"},
    PageKind.LEAD: {"title": "x"},
    PageKind.PROJECT: {"title": "x"},
    PageKind.PERSON: {"name": "x"},
    PageKind.ORGANIZATION: {"name": "x"},
    PageKind.ACTIVITY: {"subject": "x", "entered_at": 1},
}


def test_somebody_s_page_lists_what_is_to_be_done_about_their_items(db: Database, account: AccountId) -> None:
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    acme = crm_rows.a_row(db, "organization", name="Acme")
    deal = crm_rows.a_deal(db, "Renewal", ana)
    gone = crm_rows.a_deal(db, "Gone", ana)
    do(db, "UPDATE deal SET org_id = ?", acme)
    activities.add(db, deal, "Ring", due_at=2)
    activities.add(db, gone, "Not this")
    activities.add(db, ItemRef(ItemKind.PERSON, ana), "Congratulate", due_at=1)
    item_states.delete(db, gone)
    facts = read(db, person(ana))
    assert [(each.subject, each.about) for each in facts.activities] == [
        ("Congratulate", ""),
        ("Ring", "Renewal"),
    ]
    assert facts.activity_count == 2
    assert [each.subject for each in read(db, organization(acme)).activities] == ["Ring"]
    assert [each.about for each in read(db, deal).activities] == [""]
