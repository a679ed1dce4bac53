"""Taking back what mail of strangers made by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import crm_rows
import makers
import pytest
from strangers import an_account_that_makes_leads, comes, count, made, works

from linking import creating
from linking.creating import CannotLink
from mail.types import AccountId
from store import invariants, undo
from store.database import Database
from store.links import account_crm, auto_created, exceptions, links

DAY = 86_400
THIRD_STAGE = "1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1b03"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    store = makers.a_store(tmp_path)
    yield store
    assert invariants.check(store) == []
    store.close()


@pytest.fixture
def account(db: Database) -> AccountId:
    return an_account_that_makes_leads(db)


def test_what_was_made_is_not_on_the_users_stack(db: Database, account: AccountId) -> None:
    comes(db, account)
    assert undo.undo(db) is None


def test_one_key_takes_all_of_it_back_and_adds_the_exception(db: Database, account: AccountId) -> None:
    thread = comes(db, account)
    action = creating.take_back(db, thread)
    assert "ana@acme.example" in action.title
    assert (count(db, "lead"), count(db, "person"), count(db, "activity")) == (0, 0, 0)
    assert links.slot(db, thread) is None
    assert [(one.pattern, one.effect) for one in exceptions.all(db)] == [("ana@acme.example", "no_create")]
    works(db)
    assert (count(db, "lead"), auto_created.get(db, thread)) == (0, None)
    comes(db, account, "2")
    assert count(db, "lead") == 0


def test_an_exception_that_is_there_already_stays_as_it_is(db: Database, account: AccountId) -> None:
    thread = comes(db, account)
    exceptions.add(db, "ana@acme.example", "no_create", "by hand")
    creating.take_back(db, thread)
    assert [one.comment for one in exceptions.all(db)] == ["by hand"]


def test_taking_back_is_undone_whole(db: Database, account: AccountId) -> None:
    thread = comes(db, account)
    before = made(db, thread)
    creating.take_back(db, thread)
    works(db)
    undo.undo(db)
    works(db)
    assert made(db, thread) == before
    assert (count(db, "lead"), count(db, "person"), count(db, "activity")) == (1, 1, 1)
    slot = links.slot(db, thread)
    assert slot is not None
    assert slot.item_id == before.id
    assert exceptions.all(db) == ()
    undo.redo(db)
    works(db)
    assert (count(db, "lead"), links.slot(db, thread)) == (0, None)


def test_a_person_who_has_other_items_by_now_stays(db: Database, account: AccountId) -> None:
    thread = comes(db, account)
    found = auto_created.get(db, thread)
    assert found is not None
    crm_rows.a_deal(db, "Another", found.person_id)
    action = creating.take_back(db, thread)
    assert action.warning
    assert (count(db, "lead"), count(db, "person")) == (0, 1)


def test_a_conversation_linked_elsewhere_since_keeps_that_link(db: Database, account: AccountId) -> None:
    thread = comes(db, account)
    other = crm_rows.a_deal(db, "Chosen")
    links.link(db, thread, other)
    creating.take_back(db, thread)
    slot = links.slot(db, thread)
    assert slot is not None
    assert slot.item_id == other.id


def test_what_was_deleted_by_hand_is_not_deleted_again(db: Database, account: AccountId) -> None:
    thread = comes(db, account)
    lead = made(db, thread)
    with db.write() as connection:
        connection.execute("UPDATE lead SET deleted_at = 7 WHERE id = ?", (lead.id,))
    creating.take_back(db, thread)
    undo.undo(db)
    assert db.read().execute("SELECT deleted_at FROM lead").fetchall() == [(7,)]


def test_there_is_nothing_to_take_back_of_other_conversations(db: Database, account: AccountId) -> None:
    thread = comes(db, account, is_bulk=True)
    with pytest.raises(CannotLink, match="nothing was made"):
        creating.take_back(db, thread)


def test_who_may_not_change_the_lead_takes_nothing_back(db: Database, account: AccountId) -> None:
    """M03."""
    crm_rows.a_user(db, "Me", "me@corp.example", edits="own")
    bo = crm_rows.a_user(db, "Bo", "bo@corp.example")
    account_crm.set(db, account, responsible=(bo,))
    thread = comes(db, account)
    with pytest.raises(CannotLink, match="but not change it"):
        creating.take_back(db, thread)
    assert count(db, "lead") == 1


def test_what_a_conversation_made_is_still_taken_back_when_another_took_it_in(
    db: Database, account: AccountId
) -> None:
    other = comes(db, account, "1", message_id="a@x", from_=(makers.an_address("me@corp.example"),))
    first = comes(db, account, "2", message_id="b@x")
    lead = made(db, first).ref
    assert comes(db, account, "3", references=("a@x", "b@x")) == other
    assert made(db, other).ref == lead
    creating.take_back(db, first)
    works(db)
    assert (count(db, "lead"), links.slot(db, other)) == (0, None)
