"""Whoever comes into the CRM shows no conversation to others by that; sharing the earlier ones is offered (D12, M18)."""

from __future__ import annotations

import crm_rows
import makers
import pytest
import stored

from linking import adding, earlier, relinking, service, standing
from linking.adding import Wanted
from mail.types import AccountId, MailboxId, Role, ThreadId
from store import threads, undo
from store.crm.item_parts import Labelled
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.rows import ActionRow

ANN = "ann@acme.example"


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def inbox(db: Database, account: AccountId) -> MailboxId:
    return stored.mailboxes_of(db, account)[Role.INBOX]


@pytest.fixture
def bo(db: Database) -> str:
    return crm_rows.a_user(db, "Bo", "bo@dealbox.example")


def mail_of_ann(
    db: Database, account: AccountId, inbox: MailboxId, *, visibility: str = "private"
) -> ThreadId:
    thread_id = stored.a_stored_email(db, account, inbox, from_=ANN).thread_id
    with db.write() as connection:
        connection.execute("UPDATE thread SET visibility = ? WHERE id = ?", (visibility, thread_id))
        threads.summarise(connection, [thread_id])
    return thread_id


def add_ann(db: Database, *emails: str) -> tuple[ItemRef, ActionRow]:
    return adding.add(db, ItemKind.PERSON, Wanted({"name": "Ann", "emails": list(emails)}))


def visibility(db: Database, thread_id: ThreadId) -> str:
    row = threads.get(db, thread_id)
    assert row is not None
    return row.visibility


def test_a_new_person_shows_no_shared_conversation_to_colleagues(
    db: Database, account: AccountId, inbox: MailboxId, bo: str
) -> None:
    thread_id = mail_of_ann(db, account, inbox, visibility="shared")
    assert bo not in standing.audience(db.read(), thread_id)
    add_ann(db, ANN)
    assert visibility(db, thread_id) == "private"
    assert bo not in standing.audience(db.read(), thread_id)
    undo.undo(db)
    assert visibility(db, thread_id) == "shared"


def test_a_new_address_of_a_person_shows_nothing_either(
    db: Database, account: AccountId, inbox: MailboxId, bo: str
) -> None:
    person, _ = add_ann(db, "ann@home.example")
    thread_id = mail_of_ann(db, account, inbox, visibility="shared")
    emails = [Labelled("ann@home.example", ""), Labelled(ANN, "work")]
    done = adding.change(db, person, Wanted({"emails": emails}))
    assert visibility(db, thread_id) == "private"
    assert done.hint == "1 conversation can be shared"


def test_a_person_made_with_a_deal_shows_nothing_either(
    db: Database, account: AccountId, inbox: MailboxId, bo: str
) -> None:
    thread_id = mail_of_ann(db, account, inbox, visibility="shared")
    wanted = Wanted({"title": "Seats"}, person={"name": "Ann", "emails": [ANN]})
    _, done = adding.add(db, ItemKind.DEAL, wanted)
    assert visibility(db, thread_id) == "private"
    assert done.hint == "1 conversation can be shared"


def test_a_conversation_that_colleagues_see_already_stays_shared(
    db: Database, account: AccountId, inbox: MailboxId, bo: str
) -> None:
    thread_id = mail_of_ann(db, account, inbox, visibility="shared")
    service.link(db, thread_id, crm_rows.a_deal(db, "Seats"))
    assert bo in standing.audience(db.read(), thread_id)
    add_ann(db, ANN)
    assert visibility(db, thread_id) == "shared"


def test_earlier_private_conversations_are_counted_for_sharing(
    db: Database, account: AccountId, inbox: MailboxId, bo: str
) -> None:
    made = {mail_of_ann(db, account, inbox) for _ in range(3)}
    person, done = add_ann(db, ANN)
    assert done.hint == "3 conversations can be shared"
    offer = service.shareable(db, [person])
    assert (set(offer.thread_ids), offer.names, offer.has_more) == (made, ("Bo",), False)


def test_what_is_shared_is_not_offered_again(
    db: Database, account: AccountId, inbox: MailboxId, bo: str
) -> None:
    mail_of_ann(db, account, inbox)
    person, _ = add_ann(db, ANN)
    service.set_visibility_all(db, service.shareable(db, [person]).thread_ids, "shared")
    assert service.shareable(db, [person]) == earlier.Offer()


def test_nothing_is_offered_to_who_works_alone(db: Database, account: AccountId, inbox: MailboxId) -> None:
    thread_id = mail_of_ann(db, account, inbox)
    person, done = add_ann(db, ANN)
    assert done.hint == ""
    assert service.shareable(db, [person]) == earlier.Offer()
    assert service.link(db, thread_id, crm_rows.a_deal(db, "Seats")).hint == ""


def test_what_nobody_else_would_see_is_not_offered(
    db: Database, account: AccountId, inbox: MailboxId, bo: str
) -> None:
    mail_of_ann(db, account, inbox)
    wanted = Wanted({"name": "Ann", "emails": [ANN], "visible_to": "owner"})
    _, done = adding.add(db, ItemKind.PERSON, wanted)
    assert done.hint == ""


def test_what_machines_wrote_is_not_offered(
    db: Database, account: AccountId, inbox: MailboxId, bo: str
) -> None:
    """V27."""
    thread_id = mail_of_ann(db, account, inbox)
    with db.write() as connection:
        connection.execute(
            "INSERT INTO link_decision (thread_id, email_id, reason, rules_version, at) VALUES (?, 1, 'bulk', 1, 1)",
            (thread_id,),
        )
    assert add_ann(db, ANN)[1].hint == ""


def test_mail_of_others_is_not_offered(db: Database, account: AccountId, inbox: MailboxId, bo: str) -> None:
    thread_id = mail_of_ann(db, account, inbox)
    with db.write() as connection:
        connection.execute("UPDATE thread SET owner = ? WHERE id = ?", (bo, thread_id))
    assert add_ann(db, ANN)[1].hint == ""


def test_the_first_link_by_hand_of_a_private_conversation_offers_to_share_it(
    db: Database, account: AccountId, inbox: MailboxId, bo: str
) -> None:
    one, other = mail_of_ann(db, account, inbox), mail_of_ann(db, account, inbox)
    deal = crm_rows.a_deal(db, "Seats")
    assert service.link(db, one, deal).hint == "1 conversation can be shared"
    assert service.link(db, one, crm_rows.a_deal(db, "Chairs")).hint == ""
    assert service.link_all(db, [one, other], deal).hint == "1 conversation can be shared"


def test_old_mail_that_is_linked_on_purpose_is_offered(
    db: Database, account: AccountId, inbox: MailboxId, bo: str
) -> None:
    mail_of_ann(db, account, inbox)
    crm_rows.a_deal(db, "Seats", crm_rows.a_person(db, "Ann", ANN))
    with db.write() as connection:
        connection.execute("UPDATE deal SET created_at = 1")
        connection.execute("DELETE FROM link_due")
    assert relinking.apply(db, list(relinking.plan(db))).hint == "1 conversation can be shared"


def test_of_very_many_conversations_it_is_said_that_there_are_more(
    db: Database, account: AccountId, inbox: MailboxId, bo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [mail_of_ann(db, account, inbox) for _ in range(3)]
    person = ItemRef(ItemKind.PERSON, crm_rows.a_person(db, "Ann", ANN))
    monkeypatch.setattr(earlier, "_SOON", 2)
    assert earlier.soon(db.read(), person).sentence == "more than 2 conversations can be shared"
    assert earlier.offer_of(db.read(), found).sentence == "more than 2 conversations can be shared"


def test_a_conversation_of_two_items_is_offered_once(
    db: Database, account: AccountId, inbox: MailboxId, bo: str
) -> None:
    thread_id = mail_of_ann(db, account, inbox)
    person, _ = add_ann(db, ANN)
    deal = crm_rows.a_deal(db, "Seats")
    service.link(db, thread_id, deal)
    assert service.shareable(db, [person, deal]).thread_ids == (thread_id,)
