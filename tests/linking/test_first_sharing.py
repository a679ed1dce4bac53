"""Whom an account shares by default: not what machines write."""

from __future__ import annotations

import makers
import pytest
from stored import a_stored_email, mailboxes_of

from linking import deciding, service
from mail.types import AccountId, Role, ThreadId
from store import threads
from store.database import Database
from store.links import exceptions


@pytest.fixture
def account(db: Database) -> AccountId:
    account_id = makers.an_account(db)
    with db.write() as connection:
        connection.execute("UPDATE account SET default_visibility = 'shared'")
    return account_id


def arrives(db: Database, account: AccountId, from_: str, *, is_bulk: bool = False) -> ThreadId:
    stored = a_stored_email(db, account, mailboxes_of(db, account)[Role.INBOX], from_=from_)
    with db.write() as connection:
        connection.execute("UPDATE thread SET visibility = 'shared' WHERE id = ?", (stored.thread_id,))
        connection.execute("UPDATE email SET is_bulk = ? WHERE thread_id = ?", (is_bulk, stored.thread_id))
    return stored.thread_id


def seen(db: Database, thread_id: ThreadId) -> str:
    row = threads.get(db, thread_id)
    assert row is not None
    return row.visibility


def test_v26_a_conversation_begins_as_its_account_says(db: Database, account: AccountId) -> None:
    thread_id = arrives(db, account, "ann@acme.example")
    deciding.decide_due(db)
    assert seen(db, thread_id) == "shared"


def test_v27_what_machines_write_begins_private(db: Database, account: AccountId) -> None:
    thread_id = arrives(db, account, "news@acme.example", is_bulk=True)
    deciding.decide_due(db)
    assert seen(db, thread_id) == "private"


def test_mail_of_those_who_are_never_shared_begins_private(db: Database, account: AccountId) -> None:
    exceptions.add(db, "@lawyer.example", "never_share")
    thread_id = arrives(db, account, "ann@old.lawyer.example")
    deciding.decide_due(db)
    assert seen(db, thread_id) == "private"


def test_what_the_user_shared_stays_shared(db: Database, account: AccountId) -> None:
    thread_id = arrives(db, account, "news@acme.example", is_bulk=True)
    service.set_visibility(db, thread_id, "private")
    service.set_visibility(db, thread_id, "shared")
    deciding.decide_due(db)
    assert seen(db, thread_id) == "shared"


def test_only_the_first_judgement_says_who_sees_it(db: Database, account: AccountId) -> None:
    thread_id = arrives(db, account, "ann@acme.example")
    deciding.decide_due(db)
    with db.write() as connection:
        connection.execute("UPDATE email SET is_bulk = 1 WHERE thread_id = ?", (thread_id,))
    deciding.decide_due(db)
    assert seen(db, thread_id) == "shared"
