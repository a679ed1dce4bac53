from __future__ import annotations

import crm_rows
import makers
import pytest
from stored import Stored, a_stored_email, mailboxes_of

from linking import service
from mail.types import Role
from store import actions, threads
from store.database import Database
from store.links import links


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
