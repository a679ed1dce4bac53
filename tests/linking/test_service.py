from __future__ import annotations

import crm_rows
import makers
import pytest
from stored import Stored, a_stored_email, mailboxes_of

from linking import service
from mail.types import Role
from store import actions, threads
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import links, thread_people


@pytest.fixture
def stored(db: Database) -> Stored:
    account_id = makers.an_account(db)
    return a_stored_email(db, account_id, mailboxes_of(db, account_id)[Role.INBOX])


def linked_to(db: Database, stored: Stored) -> str | None:
    slot = links.slot(db, stored.thread_id)
    assert slot is not None
    return slot.item_id


def test_a_link_made_by_hand_is_taken_away_by_hand_and_undone(db: Database, stored: Stored) -> None:
    deal = crm_rows.a_deal(db, "Printers")
    service.link(db, stored.thread_id, deal)
    assert linked_to(db, stored) == deal.id
    service.unlink(db, stored.thread_id)
    assert linked_to(db, stored) is None
    actions.undo(db)
    assert linked_to(db, stored) == deal.id


def test_a_conversation_is_shared_and_made_private_again(db: Database, stored: Stored) -> None:
    told = []
    for visibility in ("shared", "private"):
        service.set_visibility(db, stored.thread_id, visibility)  # type: ignore[arg-type] # one of the two
        row = threads.get(db, stored.thread_id)
        assert row is not None
        told.append(row.visibility)
    assert told == ["shared", "private"]


def test_a_main_person_is_chosen_and_no_longer(db: Database, stored: Stored) -> None:
    """D1."""
    ann = ItemRef(ItemKind.PERSON, crm_rows.a_person(db, "Ann", "ann@acme.example"))
    service.set_main(db, stored.thread_id, ann)
    assert thread_people.chosen(db.read(), stored.thread_id).person_id == ann.id
    service.clear_main(db, stored.thread_id, ItemKind.PERSON)
    assert thread_people.chosen(db.read(), stored.thread_id).person_id is None


def test_somebody_who_is_gone_is_not_chosen(db: Database, stored: Stored) -> None:
    gone = ItemRef(ItemKind.PERSON, "gone")
    with pytest.raises(service.CannotLink, match="there is no person"):
        service.set_main(db, stored.thread_id, gone)
    with pytest.raises(service.CannotLink, match="there is no person"):
        service.set_person(db, stored.thread_id, "ana@acme.example", "gone")


def test_an_address_is_nobody_in_one_conversation(db: Database, stored: Stored) -> None:
    """M09."""
    service.set_person(db, stored.thread_id, "ana@acme.example", None)
    assert thread_people.chosen(db.read(), stored.thread_id).people == {"ana@acme.example": None}
