from __future__ import annotations

import crm_rows
import makers
import pytest
import stored
import told
from paged import a_thread, do, listed, organization, person, read

from linking import standing
from mail.types import AccountId, MailboxId, Role
from store.crm import item_conversations
from store.crm.item_conversations import ItemConversations
from store.crm.item_refs import PageKind, PageRef
from store.database import Database
from store.links import links, slots
from store.links.slots import Slot


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def boxes(db: Database, account: AccountId) -> dict[Role, MailboxId]:
    return stored.mailboxes_of(db, account)


def test_a_deal_lists_what_is_linked_to_it_newest_first(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    threads = [a_thread(db, account, boxes) for _ in range(3)]
    for thread_id in threads[:2]:
        links.link(db, thread_id, deal)
    assert listed(db, deal) == [threads[1], threads[0]]


def test_a_person_lists_all_mail_with_an_address_of_theirs(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    do(db, "INSERT INTO person_email (person_id, email) VALUES (?, 'ana@home.example')", ana)
    written = a_thread(db, account, boxes, from_="ANA@acme.example")
    received = a_thread(
        db, account, boxes, from_="bob@b.example", to=("me@dealbox.example", "ana@home.example")
    )
    a_thread(db, account, boxes, from_="somebody@else.example")
    assert listed(db, person(ana)) == [received, written]


def test_an_organization_lists_the_mail_of_its_persons(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    crm_rows.a_person(db, "Bob Kern", "bob@else.example")
    acme = crm_rows.a_row(db, "organization", name="Acme")
    do(db, "UPDATE person SET org_id = ? WHERE id = ?", acme, ana)
    thread_id = a_thread(db, account, boxes, from_="ana@acme.example")
    a_thread(db, account, boxes, from_="bob@else.example")
    assert listed(db, organization(acme)) == [thread_id]


def test_the_user_s_own_address_on_a_person_lists_nothing(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    myself = crm_rows.a_person(db, "Me", "me@dealbox.example")
    a_thread(db, account, boxes)
    assert listed(db, person(myself)) == []


def test_a_person_chosen_by_hand_for_an_address_decides_whose_mail_it_is(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    bob = crm_rows.a_person(db, "Bob Kern", "bob@acme.example")
    thread_id = a_thread(db, account, boxes, from_="ana@acme.example")
    do(db, "INSERT INTO participant_override VALUES (?, 'ana@acme.example', ?, '', 1)", thread_id, bob)
    assert (listed(db, person(ana)), listed(db, person(bob))) == ([], [thread_id])
    do(db, "UPDATE participant_override SET person_id = NULL")
    assert (listed(db, person(ana)), listed(db, person(bob))) == ([], [])


def test_a_converted_lead_keeps_its_conversations(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    lead = PageRef(PageKind.LEAD, crm_rows.a_row(db, "lead", title="A call", status="converted"))
    deal = crm_rows.a_deal(db, "Renewal")
    thread_id = a_thread(db, account, boxes)
    with db.write() as connection:
        slots.put(connection, thread_id, Slot("deal", deal.id, "conversion", "", 1, ""))
        connection.execute(
            "INSERT INTO item_link (thread_id, slot, uuid, item_kind, item_id, origin, at)"
            " VALUES (?, 'lead_history', 'u', 'lead', ?, 'conversion', 1)",
            (thread_id, lead.id),
        )
    assert listed(db, lead) == listed(db, deal) == [thread_id]


def test_a_deleted_deal_says_so_and_lists_nothing_until_it_is_restored(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    thread_id = a_thread(db, account, boxes)
    links.link(db, thread_id, deal)
    do(db, "UPDATE deal SET deleted_at = 9 WHERE id = ?", deal.id)
    assert read(db, deal).is_deleted
    assert listed(db, deal) == []
    do(db, "UPDATE deal SET deleted_at = NULL WHERE id = ?", deal.id)
    assert listed(db, deal) == [thread_id]


@pytest.mark.parametrize("role", [Role.TRASH, Role.JUNK])
def test_what_lies_in_trash_or_spam_is_not_listed(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId], role: Role
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    links.link(db, a_thread(db, account, boxes, box=role), deal)
    assert listed(db, deal) == []


def test_mail_of_a_colleague_is_listed_only_when_it_is_shared(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    crm_rows.a_user(db, "Me", "me@dealbox.example")
    colleague = crm_rows.a_user(db, "Bo Kern", "bo@dealbox.example")
    deal = crm_rows.a_deal(db, "Renewal")
    private, shared = (a_thread(db, account, boxes) for _ in range(2))
    for thread_id in (private, shared):
        links.link(db, thread_id, deal)
    do(db, "UPDATE thread SET owner = ?", colleague)
    do(db, "UPDATE thread SET visibility = 'shared' WHERE id = ?", shared)
    assert listed(db, deal) == [shared]


def test_team_mail_is_listed_for_those_who_work_in_the_account(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    me = crm_rows.a_user(db, "Me", "me@dealbox.example")
    colleague = crm_rows.a_user(db, "Bo Kern", "bo@dealbox.example")
    deal = crm_rows.a_deal(db, "Renewal")
    thread_id = a_thread(db, account, boxes)
    links.link(db, thread_id, deal)
    do(db, "UPDATE account SET scope = 'team', owner = ?", colleague)
    do(db, "UPDATE thread SET visibility = 'team'")
    assert listed(db, deal) == []
    do(db, "INSERT INTO account_member VALUES (?, ?, 0)", account, me)
    assert listed(db, deal) == [thread_id]


def test_a_long_list_is_read_page_by_page_and_knows_where_each_row_stands(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    threads = [a_thread(db, account, boxes) for _ in range(150)]
    with db.write() as connection:
        for thread_id in threads:
            slots.put(connection, thread_id, Slot("deal", deal.id, "auto", "", 1, ""))
    source = ItemConversations(db, PageRef.of(deal))
    assert source.count == 150
    row = source.row(149)
    assert row is not None
    assert row.thread_id == threads[0]
    assert source.rank(row.key) == 149
    assert source.find(threads[0]) == row.key
    assert source.row(150) is None


def test_a_list_is_looked_for_again_only_when_something_happened(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    first, second = (a_thread(db, account, boxes) for _ in range(2))
    links.link(db, first, deal)
    source = ItemConversations(db, PageRef.of(deal))
    source.refresh()
    assert source.count == 1
    links.link(db, second, deal)
    source.refresh()
    assert source.count == 2


def test_unlinked_conversations_of_its_people_are_offered_for_linking(
    db: Database, account: AccountId
) -> None:
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    deal, other = crm_rows.a_deal(db, "Renewal", ana), crm_rows.a_deal(db, "Other", ana)
    free, taken = told.a_conversation(db, account, "One"), told.a_conversation(db, account, "Two")
    links.link(db, taken, other)
    rows = item_conversations.offered(db, PageRef.of(deal), standing.can_see, 10)
    assert [row.thread_id for row in rows] == [free]
    assert item_conversations.linked(db, PageRef.of(other), [free, taken]) == {taken}
