from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from typing import Any

import crm_rows
import makers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored import Stored, a_stored_email, mailboxes_of

from linking import panel, service, suggesting
from linking.suggesting import rank
from mail.folding import fold
from mail.types import AccountId, MailboxId, Role
from store.crm import records
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links.suggestion_facts import RelatedItem, SuggestionFacts

NOW = makers.NOW
FALCON = ItemRef(ItemKind.DEAL, "falcon")


def an_item(name: str = "x", title: str = "Falcon licences", **changes: Any) -> RelatedItem:
    item = RelatedItem(ItemRef(ItemKind.DEAL, name), title, NOW - 900, "open", None)
    return replace(item, **changes)


def facts(*items: RelatedItem, subject: str = "Hello", linked: ItemRef | None = None) -> SuggestionFacts:
    return SuggestionFacts(tuple(fold(subject).split()), NOW - 500, linked, items)


def ranked(*items: RelatedItem, **about: Any) -> list[tuple[str, str]]:
    return [(each.ref.id, each.reason) for each in rank(facts(*items, **about), NOW)]


def test_an_item_of_a_person_goes_before_one_of_their_company_and_that_before_one_of_their_domain() -> None:
    found = ranked(
        an_item("domain", domains=("Acme",)),
        an_item("person", persons=("Ana Lima",)),
        an_item("company", organizations=("Acme",)),
    )
    assert found == [
        ("person", "deal of Ana Lima"),
        ("company", "deal of Acme"),
        ("domain", "deal of Acme, whose domain they write from"),
    ]


def test_of_two_deals_of_a_person_the_one_with_words_of_the_subject_goes_first() -> None:
    old, new = (
        an_item("old", persons=("Ana",)),
        an_item("new", "Printers", persons=("Ana",), created_at=NOW - 600),
    )
    assert [item for item, _ in ranked(old, new)] == ["new", "old"]
    assert ranked(old, new, subject="About the falcon")[0] == (
        "old",
        "deal of Ana; “falcon” is in the subject",
    )


def test_words_that_every_subject_has_say_nothing() -> None:
    assert ranked(an_item("x", "Quote for the project"), subject="Quote for your project") == []


def test_an_item_the_subject_names_goes_before_all_others() -> None:
    found = ranked(an_item("named", is_named=True), an_item("other", persons=("Ana",)))
    assert found[0] == ("named", "the subject names it")


def test_an_earlier_conversation_with_the_same_people_counts() -> None:
    once, often = an_item("once", threads=1), an_item("often", threads=3)
    assert ranked(once) == [("once", "an earlier conversation with these people is about it")]
    assert ranked(often) == [("often", "3 conversations with these people are about it")]


def test_a_candidate_of_the_rules_is_suggested_before_another_item_of_the_same_person() -> None:
    found = ranked(an_item("a", persons=("Ana",)), an_item("b", persons=("Ana",), is_candidate=True))
    assert [item for item, _ in found] == ["b", "a"]
    assert ranked(an_item("alone", is_candidate=True)) == [("alone", "deal of these people")]


def test_an_item_newer_than_the_conversation_says_so() -> None:
    item = an_item(persons=("Ana", "Bob"), created_at=NOW)
    assert ranked(item) == [("x", "deal of Ana and 1 more; newer than the conversation")]


@pytest.mark.parametrize(("days", "when"), [(0, "today"), (1, "yesterday"), (30, "30 days ago")])
def test_an_item_closed_lately_is_suggested_last_and_says_when(days: int, when: str) -> None:
    closed = an_item("closed", persons=("Ana",), status="won", closed_at=NOW - days * 86_400)
    found = ranked(closed, an_item("company", organizations=("Acme",)))
    assert found == [("company", "deal of Acme"), ("closed", f"deal of Ana; won {when}")]


def test_what_was_closed_last_night_was_closed_yesterday() -> None:
    morning = int(datetime(2026, 11, 22, 7).astimezone().timestamp())
    closed = an_item(persons=("Ana",), status="won", closed_at=morning - 9 * 3600)
    facts = SuggestionFacts((), morning, None, (closed,))
    assert [one.reason for one in suggesting.rank(facts, morning)] == ["deal of Ana; won yesterday"]


def test_neither_what_was_closed_long_ago_nor_what_it_is_linked_to_is_suggested() -> None:
    assert ranked(an_item(persons=("Ana",), status="lost", closed_at=NOW - 91 * 86_400)) == []
    assert ranked(an_item(persons=("Ana",)), linked=ItemRef(ItemKind.DEAL, "x")) == []


_ITEMS = st.lists(
    st.builds(
        an_item,
        st.sampled_from("abcdef"),
        st.text(max_size=20),
        persons=st.sampled_from([(), ("Ana",)]),
        organizations=st.sampled_from([(), ("Acme",)]),
        threads=st.integers(0, 3),
        created_at=st.integers(NOW - 1000, NOW),
        is_candidate=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda item: item.ref,
)


@given(items=_ITEMS, subject=st.text(max_size=30), seed=st.randoms())
def test_the_order_of_the_facts_makes_no_difference(
    items: list[RelatedItem], subject: str, seed: Any
) -> None:
    before = ranked(*items, subject=subject)
    seed.shuffle(items)
    assert ranked(*items, subject=subject) == before
    assert len({item for item, _ in before}) == len(before)


# -- read from the store


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def inbox(db: Database, account_id: AccountId) -> MailboxId:
    return mailboxes_of(db, account_id)[Role.INBOX]


def an_organization(db: Database, name: str, domain: str) -> str:
    organization_id = crm_rows.a_row(db, "organization", name=name)
    with db.write() as connection:
        connection.execute("INSERT INTO organization_domain VALUES (?, ?)", (organization_id, domain))
    return organization_id


def a_deal(db: Database, title: str, **values: object) -> ItemRef:
    deal_id = crm_rows.a_row(db, "deal", title=title, **{"created_at": NOW - 9_000, **values})
    with db.write() as connection:
        records.reindex(connection)
    return ItemRef(ItemKind.DEAL, deal_id)


def suggested(db: Database, stored: Stored) -> dict[str, str]:
    return {each.item.title: each.reason for each in panel.for_thread(db, stored.thread_id).suggestions}


def test_deals_leads_and_projects_of_the_persons_and_their_companies_are_found(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    acme = an_organization(db, "Acme", "acme.example")
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    with db.write() as connection:
        connection.execute("UPDATE person SET org_id = ?", (acme,))
    a_deal(db, "A deal", person_id=ana)
    crm_rows.a_row(db, "lead", title="A lead", person_id=ana)
    crm_rows.a_row(db, "project", title="A project", org_id=acme)
    taking_part = a_deal(db, "Taken part in")
    with db.write() as connection:
        connection.execute("INSERT INTO deal_participant VALUES (?, ?)", (taking_part.id, ana))
    a_deal(db, "Of nobody")
    found = suggested(db, a_stored_email(db, account_id, inbox))
    assert found.keys() == {"A deal", "A lead", "A project", "Taken part in"}
    assert found["A project"] == "project of Acme"
    assert found["Taken part in"] == "deal of Ana Lima"


def test_what_was_converted_archived_or_deleted_is_not_suggested(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    crm_rows.a_row(
        db, "lead", title="Converted", person_id=ana, status="converted", closed_at=int(time.time())
    )
    a_deal(db, "Archived", person_id=ana, archived_at=NOW)
    a_deal(db, "Deleted", person_id=ana, deleted_at=NOW)
    a_deal(db, "Long won", person_id=ana, status="won", won_at=NOW - 9_000_000)
    a_deal(db, "Just won", person_id=ana, status="won", won_at=int(time.time()))
    assert suggested(db, a_stored_email(db, account_id, inbox)) == {"Just won": "deal of Ana Lima; won today"}


def test_a_stranger_from_a_known_domain_or_below_it_brings_the_items_of_that_company(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    a_deal(db, "Acme deal", org_id=an_organization(db, "Acme", "acme.example"))
    for sender in ("zed@acme.example", "zed@mail.acme.example"):
        stored = a_stored_email(db, account_id, inbox, from_=sender)
        assert suggested(db, stored) == {"Acme deal": "deal of Acme, whose domain they write from"}


def test_a_domain_where_everybody_has_an_address_never_suggests_a_company(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    a_deal(db, "Mail deal", org_id=an_organization(db, "Mail", "gmail.com"))
    assert suggested(db, a_stored_email(db, account_id, inbox, from_="zed@gmail.com")) == {}


def test_a_deal_the_subject_names_is_suggested_whoever_writes(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    a_deal(db, "Falcon licences")
    a_deal(db, "Falcon")
    stored = a_stored_email(db, account_id, inbox, subject="Re: The Falcon licences, at last")
    assert suggested(db, stored) == {"Falcon licences": "the subject names it"}
    alone = a_stored_email(db, account_id, inbox, subject="AW: FALCON")
    assert suggested(db, alone) == {"Falcon": "the subject names it"}


def test_what_an_earlier_conversation_with_the_same_people_is_about_is_suggested(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    first = a_stored_email(db, account_id, inbox, from_="zed@far.example")
    deal = a_deal(db, "Zed's")
    service.link(db, first.thread_id, deal)
    second = a_stored_email(db, account_id, inbox, from_="zed@far.example")
    assert suggested(db, second) == {"Zed's": "an earlier conversation with these people is about it"}
    assert suggested(db, first) == {}


def test_somebody_said_to_be_nobody_suggests_nothing(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    a_deal(db, "A deal", person_id=crm_rows.a_person(db, "Ana Lima", "ana@acme.example"))
    stored = a_stored_email(db, account_id, inbox)
    assert suggested(db, stored) != {}
    service.set_person(db, stored.thread_id, "ana@acme.example", None)
    assert suggested(db, stored) == {}


@pytest.mark.parametrize(
    "subject", ["", '"', "NEAR(a b", "* AND ^", "\x00", "x" * 3_000, "a " * 3_000, "契約書について"]
)
def test_no_subject_breaks_the_search_for_items(
    db: Database, account_id: AccountId, inbox: MailboxId, subject: str
) -> None:
    assert suggested(db, a_stored_email(db, account_id, inbox, subject=subject)) == {}


def test_the_picker_gets_the_items_of_the_conversations_own_people(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    deal = a_deal(db, "A deal", person_id=ana)
    stored = a_stored_email(db, account_id, inbox)
    assert set(suggesting.own_items(db, stored.thread_id)) == {deal, ItemRef(ItemKind.PERSON, ana)}
