"""What becomes of conversations when the people in them change (M16-M19): derived at once, and the slot stays."""

from __future__ import annotations

import makers
import pytest
from stored import Stored, a_stored_email, mailboxes_of

from mail.types import Role
from store import actions, conversations
from store.crm import item_edits, item_merges, item_states
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import links, panel, thread_people
from store.links.contacts import PersonCard

DEAL, LEAD, PROJECT, PERSON, ORGANIZATION = ItemKind


def made(db: Database, kind: ItemKind, **values: object) -> ItemRef:
    return item_edits.create(db, kind, values)[0]


@pytest.fixture
def stored(db: Database) -> Stored:
    """A conversation with ana@acme.example."""
    account = makers.an_account(db)
    return a_stored_email(db, account, mailboxes_of(db, account)[Role.INBOX])


@pytest.fixture
def acme(db: Database, stored: Stored) -> ItemRef:
    return made(db, ORGANIZATION, name="Acme")


@pytest.fixture
def ana(db: Database, acme: ItemRef) -> ItemRef:
    return made(db, PERSON, name="Ana", emails=["ana@acme.example"], org_id=acme.id)


def shown(db: Database, stored: Stored) -> PersonCard:
    (card,) = panel.for_thread(db, stored.thread_id).people
    return card


def linked(db: Database, stored: Stored) -> str | None:
    slot = links.slot(db, stored.thread_id)
    return slot.item_id if slot else None


def test_a_person_who_changes_organization_takes_the_conversation_along(
    db: Database, stored: Stored, ana: ItemRef
) -> None:
    assert (shown(db, stored).name, shown(db, stored).organization) == ("Ana", "Acme")
    vega = made(db, ORGANIZATION, name="Vega")
    item_edits.edit(db, ana, {"org_id": vega.id})
    assert shown(db, stored).organization == "Vega"
    actions.undo(db)
    assert shown(db, stored).organization == "Acme"


def test_a_new_address_of_a_person_finds_earlier_conversations_at_once_and_links_none(
    db: Database, stored: Stored
) -> None:
    bob = made(db, PERSON, name="Bob", emails=["bob@acme.example"])
    made(db, DEAL, title="Falcon", person_id=bob.id)
    assert shown(db, stored).id is None
    item_edits.edit(db, bob, {"emails": ["bob@acme.example", "ANA@acme.example"]})
    assert shown(db, stored).id == bob.id
    assert linked(db, stored) is None
    item_edits.edit(db, bob, {"emails": ["bob@acme.example"]})
    assert shown(db, stored).id is None


def test_a_deleted_person_is_gone_from_conversations_and_the_deal_stays(
    db: Database, stored: Stored, ana: ItemRef
) -> None:
    deal = made(db, DEAL, title="Falcon", person_id=ana.id)
    links.link(db, stored.thread_id, deal)
    item_states.delete(db, ana)
    assert shown(db, stored).id is None
    assert linked(db, stored) == deal.id
    item_states.restore(db, ana)
    assert shown(db, stored).id == ana.id


def test_a_deleted_organization_is_gone_from_conversations_and_the_deal_stays(
    db: Database, stored: Stored, ana: ItemRef, acme: ItemRef
) -> None:
    deal = made(db, DEAL, title="Falcon", person_id=ana.id)
    links.link(db, stored.thread_id, deal)
    item_states.delete(db, acme)
    assert (shown(db, stored).id, shown(db, stored).organization) == (ana.id, "")
    assert linked(db, stored) == deal.id
    item_states.restore(db, acme)
    assert shown(db, stored).organization == "Acme"


def test_conversations_of_a_merged_person_are_with_the_one_that_stays(
    db: Database, stored: Stored, ana: ItemRef
) -> None:
    vega = made(db, ORGANIZATION, name="Vega")
    kept = made(db, PERSON, name="Ana Lima", org_id=vega.id)
    item_merges.merge(db, kept, ana)
    assert (shown(db, stored).id, shown(db, stored).organization) == (kept.id, "Vega")
    actions.undo(db)
    assert (shown(db, stored).id, shown(db, stored).organization) == (ana.id, "Acme")


def test_an_address_of_two_persons_is_neithers_but_the_one_the_deal_is_with(
    db: Database, stored: Stored, ana: ItemRef
) -> None:
    twin = made(db, PERSON, name="Twin", emails=["ana@acme.example"])
    assert panel.for_thread(db, stored.thread_id).people == ()
    links.link(db, stored.thread_id, made(db, DEAL, title="Falcon", person_id=twin.id))
    assert shown(db, stored).id == twin.id


def test_who_an_address_is_by_hand_holds_in_the_conversation_that_takes_this_one_in(
    db: Database, stored: Stored, ana: ItemRef
) -> None:
    bob = made(db, PERSON, name="Bob")
    thread_people.set_person(db, stored.thread_id, "ana@acme.example", bob.id)
    with db.write() as connection:
        (account_id,) = connection.execute("SELECT id FROM account").fetchone()
        other = conversations.add_copy(connection, account_id)
        conversations.merge(connection, stored.thread_id, other)
    assert shown(db, stored).id == bob.id
    actions.undo(db)
    assert shown(db, stored).id == ana.id
