from __future__ import annotations

import time
from pathlib import Path

import makers
import pytest
from stored import Stored, a_stored_email, mailboxes_of

from linking import service
from linking.exchange import csv_items
from mail.types import AccountId, MailboxId, Role, ThreadId
from store import actions
from store.crm import activities, items
from store.database import Database
from store.links import contacts, panel
from store.links.panel import LinkState, PanelFacts

CRM = {
    "users": "id,name,email\n1,Noa,noa@dealbox.example\n2,Ugo,ugo@elsewhere.example\n",
    "organizations": "id,name,domain\n1,Acme,acme.example\n2,Vega,vega.example\n",
    "persons": (
        "id,name,title,emails,phone,org_id\n1,Ana Lima,Buyer,ana@acme.example;ana@home.example,+351 1,1\n"
        "2,Bob Ng,,bob@vega.example,,2\n3,Cy,,shared@x.example,,\n4,Di,,shared@x.example,,\n"
    ),
    "deals": (
        "id,title,status,person_id,org_id,participants,created_at\n1,Printers,open,1,1,,2023-01-01\n"
        "2,Old,won,1,1,,2023-02-01\n3,Vega deal,open,,2,,2023-03-01\n4,Cy deal,open,3,,,2023-01-01\n"
    ),
    "leads": "id,title,person_id,status\n1,Hall,2,archived\n",
    "activities": (
        "id,type,subject,due_at,done,deal_id,person_id\n1,call,First call,2023-11-01T10:00:00Z,1,1,1\n"
        "2,task,Not yet,2023-12-01T10:00:00Z,0,1,1\n"
    ),
    "notes": "id,body,deal_id,person_id,pinned,created_at,owner_id\n1,Signs above 10k,1,,0,2023-05-01,1\n"
    "2,Prefers mail,,1,1,2023-04-01,2\n",
}


@pytest.fixture
def account_id(db: Database, tmp_path: Path) -> AccountId:
    directory = tmp_path / "crm"
    directory.mkdir()
    for name, text in CRM.items():
        (directory / f"{name}.csv").write_text(text)
    assert csv_items.import_directory(db, directory, dry_run=False).rejects == ()
    return makers.an_account(db)


@pytest.fixture
def inbox(db: Database, account_id: AccountId) -> MailboxId:
    return mailboxes_of(db, account_id)[Role.INBOX]


def link(db: Database, stored: Stored, text: str) -> None:
    ref = items.find(db, text)
    assert ref is not None
    service.link(db, stored.thread_id, ref)


def names(facts: PanelFacts) -> list[str]:
    return [person.name for person in facts.people]


def test_a_linked_conversation_has_its_item(db: Database, account_id: AccountId, inbox: MailboxId) -> None:
    stored = a_stored_email(db, account_id, inbox)
    link(db, stored, "deal:1")
    facts = panel.for_thread(db, stored.thread_id)
    assert (facts.state, facts.origin) == (LinkState.LINKED, "manual")
    assert facts.item is not None and facts.item.title == "Printers"


def test_a_conversation_unlinked_by_hand_says_that_no_rule_links_it(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    stored = a_stored_email(db, account_id, inbox)
    link(db, stored, "deal:1")
    service.unlink(db, stored.thread_id)
    assert panel.for_thread(db, stored.thread_id).state is LinkState.UNLINKED_BY_HAND


def test_people_are_known_by_any_of_their_addresses_in_any_case(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    facts = panel.for_thread(db, a_stored_email(db, account_id, inbox, from_="Ana@Home.example").thread_id)
    (ana,) = facts.people
    assert (ana.name, ana.title, ana.organization, ana.phone) == ("Ana Lima", "Buyer", "Acme", "+351 1")


def test_we_ourselves_our_colleagues_and_our_domain_are_never_people(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    to = ["me@dealbox.example", "noa@dealbox.example", "new@dealbox.example", "ugo@elsewhere.example"]
    facts = panel.for_thread(
        db, a_stored_email(db, account_id, inbox, from_="noa@dealbox.example", to=to).thread_id
    )
    assert facts.people == ()


def test_a_public_mail_domain_of_ours_makes_nobody_a_colleague(db: Database) -> None:
    account_id = makers.an_account(db, "me@gmail.com")
    inbox = mailboxes_of(db, account_id)[Role.INBOX]
    stored = a_stored_email(db, account_id, inbox, from_="client@gmail.com", to=["me@gmail.com"])
    assert names(panel.for_thread(db, stored.thread_id)) == ["client@gmail.com"]


def test_strangers_are_listed_after_those_the_crm_knows(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    stored = a_stored_email(db, account_id, inbox, from_="zed@far.example", to=["ana@acme.example"])
    facts = panel.for_thread(db, stored.thread_id)
    assert names(facts) == ["Ana Lima", "zed@far.example"]
    assert facts.people[1].id is None


def test_an_address_of_two_persons_is_nobody_until_the_item_tells_which(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    stored = a_stored_email(db, account_id, inbox, from_="shared@x.example")
    assert panel.for_thread(db, stored.thread_id).people == ()
    link(db, stored, "deal:4")
    assert names(panel.for_thread(db, stored.thread_id)) == ["Cy"]


def test_who_takes_part_in_the_item_tells_which_as_well(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    stored = a_stored_email(db, account_id, inbox, from_="shared@x.example")
    link(db, stored, "deal:1")
    assert panel.for_thread(db, stored.thread_id).people == ()
    with db.write() as connection:
        connection.execute(
            "INSERT INTO deal_participant SELECT l.item_id, e.person_id FROM item_link l, person_email e, person p"
            " WHERE e.email = 'shared@x.example' AND p.id = e.person_id AND p.name = 'Cy'"
        )
    assert names(panel.for_thread(db, stored.thread_id)) == ["Cy"]


def test_touches_are_the_last_five_of_mail_and_things_done(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    stored = a_stored_email(db, account_id, inbox, received_at=1_690_000_000, subject="Oldest")
    for number in range(3):
        a_stored_email(db, account_id, inbox, received_at=1_700_000_000 + number, subject=f"Mail {number}")
    link(db, stored, "deal:1")
    facts = panel.for_thread(db, stored.thread_id)
    assert [(touch.kind, touch.text) for touch in facts.touches] == [
        ("in", "Mail 2"),
        ("in", "Mail 1"),
        ("in", "Mail 0"),
        ("call", "First call"),
        ("in", "Oldest"),
    ]


def test_what_was_done_last_is_told_whenever_it_was_due(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    stored = a_stored_email(db, account_id, inbox)
    link(db, stored, "deal:1")
    deal = items.find(db, "deal:1")
    assert deal is not None
    for n, due_at in enumerate([*range(2_000_000_001, 2_000_000_006), None]):
        activities.add(db, deal, f"Call {n}", type="call", due_at=due_at)
        with db.write() as connection:
            connection.execute(
                "UPDATE activity SET done_at = 1900000000 + ?1 WHERE subject = 'Call ' || ?1", (n,)
            )
    told = [touch.text for touch in panel.for_thread(db, stored.thread_id).touches]
    assert told == ["Call 5", "Call 4", "Call 3", "Call 2", "Call 1"]


def test_notes_of_the_item_and_its_person_come_pinned_ones_first(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    stored = a_stored_email(db, account_id, inbox)
    link(db, stored, "deal:1")
    notes = panel.for_thread(db, stored.thread_id).notes
    assert [(note.author, note.body, note.is_pinned) for note in notes] == [
        ("Ugo", "Prefers mail", True),
        ("Noa", "Signs above 10k", False),
    ]


def test_the_facts_of_a_conversation_that_is_gone_are_empty(db: Database, account_id: AccountId) -> None:
    facts = panel.for_thread(db, ThreadId(99))
    assert (facts.people, facts.item, facts.state) == ((), None, LinkState.NONE)


def test_addresses_are_completed_from_the_crm_and_from_headers(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    a_stored_email(db, account_id, inbox, from_="anders@far.example")
    assert {each.email for each in contacts.complete(db, "an")} == {
        "ana@acme.example",
        "ana@home.example",
        "anders@far.example",
    }


def test_who_wrote_first_after_the_link_was_made_is_told_apart(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    stored = a_stored_email(db, account_id, inbox, to=["me@dealbox.example", "bob@vega.example"])
    link(db, stored, "deal:1")
    later = int(time.time()) + 100
    for sender in ("ana@acme.example", "bob@vega.example", "zed@far.example"):
        a_stored_email(db, account_id, inbox, thread_id=stored.thread_id, from_=sender, received_at=later)
    assert panel.for_thread(db, stored.thread_id).joined == {"zed@far.example"}


def test_mail_that_came_after_the_item_was_closed_is_told_apart(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    stored = a_stored_email(db, account_id, inbox, received_at=1_700_000_000)
    link(db, stored, "deal:2")
    with db.write() as connection:
        connection.execute("UPDATE deal SET won_at = 1700000001 WHERE title = 'Old'")
    assert not panel.for_thread(db, stored.thread_id).is_past_closing
    a_stored_email(db, account_id, inbox, thread_id=stored.thread_id, received_at=1_700_000_002)
    assert panel.for_thread(db, stored.thread_id).is_past_closing


def test_a_person_chosen_by_hand_comes_first_also_one_who_takes_no_part(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    stored = a_stored_email(db, account_id, inbox)
    bob, vega = items.find(db, "person:2"), items.find(db, "organization:2")
    assert bob is not None and vega is not None
    service.set_main(db, stored.thread_id, bob)
    service.set_main(db, stored.thread_id, vega)
    facts = panel.for_thread(db, stored.thread_id)
    assert names(facts) == ["Bob Ng", "Ana Lima"]
    assert facts.main_person_id == bob.id
    assert facts.main_organization is not None and facts.main_organization.title == "Vega"
    actions.undo(db)
    actions.undo(db)
    assert names(panel.for_thread(db, stored.thread_id)) == ["Ana Lima"]


def test_an_address_is_nobody_or_somebody_else_where_a_person_said_so(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    stored = a_stored_email(db, account_id, inbox)
    service.set_person(db, stored.thread_id, "ana@acme.example", None)
    (nobody,) = panel.for_thread(db, stored.thread_id).people
    assert (nobody.id, nobody.email) == (None, "ana@acme.example")
    bob = items.find(db, "person:2")
    assert bob is not None
    service.set_person(db, stored.thread_id, "ana@acme.example", bob.id)
    (card,) = panel.for_thread(db, stored.thread_id).people
    assert (card.name, card.email) == ("Bob Ng", "ana@acme.example")
    actions.undo(db)
    actions.undo(db)
    assert names(panel.for_thread(db, stored.thread_id)) == ["Ana Lima"]
    elsewhere = a_stored_email(db, account_id, inbox)
    assert names(panel.for_thread(db, elsewhere.thread_id)) == ["Ana Lima"]


def test_nobody_who_is_gone_can_be_chosen(db: Database, account_id: AccountId, inbox: MailboxId) -> None:
    stored = a_stored_email(db, account_id, inbox)
    with pytest.raises(service.CannotLink):
        service.set_person(db, stored.thread_id, "ana@acme.example", "gone")
    with pytest.raises(service.CannotLink):
        service.set_main(db, stored.thread_id, items.ItemRef(items.ItemKind.PERSON, "gone"))


def test_choosing_the_same_again_does_nothing(db: Database, account_id: AccountId, inbox: MailboxId) -> None:
    stored = a_stored_email(db, account_id, inbox)
    ana = items.find(db, "person:1")
    assert ana is not None
    assert service.set_main(db, stored.thread_id, ana).state == "done"
    assert service.set_main(db, stored.thread_id, ana).state == "nothing"
    assert service.clear_main(db, stored.thread_id, ana.kind).state == "done"
    assert panel.for_thread(db, stored.thread_id).main_person_id is None
    assert service.clear_main(db, stored.thread_id, ana.kind).state == "nothing"
