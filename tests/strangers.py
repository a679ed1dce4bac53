"""Mail of strangers for tests: what comes, what the worker makes of it, and what is there then."""

from __future__ import annotations

from typing import Any

import makers

from linking import creating, deciding
from mail.types import AccountId, Email, ThreadId
from store import ingest
from store.crm import items
from store.database import Database
from store.links import account_crm, auto_created


def an_account_that_makes_leads(db: Database) -> AccountId:
    """Return an account that makes leads of mail since long before it comes."""
    account_id = makers.an_account(db, "me@corp.example")
    account_crm.set(db, account_id, creates="lead")
    with db.write() as connection:
        connection.execute("UPDATE account_crm SET creates_since = 0")
    return account_id


def comes(
    db: Database, account: AccountId, key: str = "1", mailbox: Any = makers.INBOX, **changes: Any
) -> ThreadId:
    """Take in a message of a stranger, and let the worker do what it does then."""
    said: dict[str, Any] = {
        "subject": "Re: Offer",
        "text": "Hello,\n\nwhat would forty seats cost?\n\n-- \nAna Lima\nHead of Purchasing\nTel. +49 30 1234567\n",
        "to": (makers.an_address("me@corp.example"),),
    }
    return arrives(db, account, key, mailbox, makers.an_email(**(said | changes)))


def arrives(db: Database, account: AccountId, key: str, mailbox: Any, email: Email) -> ThreadId:
    remote = makers.a_remote(key, mailbox)
    ingest.apply(db, account, makers.a_batch([remote], state=key), [ingest.Arrival(remote, email)])
    works(db)
    row = (
        db.read()
        .execute("SELECT thread_id FROM email WHERE octets_hash = ?", (email.octets_hash,))
        .fetchone()
    )
    return ThreadId(row[0])


def works(db: Database) -> None:
    deciding.decide_due(db)
    creating.create_due(db)
    deciding.decide_due(db)


def count(db: Database, table: str) -> int:
    query = f"SELECT count(*) FROM {table}"
    if table in {"person", "lead", "deal", "activity"}:
        query += " WHERE deleted_at IS NULL"
    row = db.read().execute(query).fetchone()
    return int(row[0])


def made(db: Database, thread_id: ThreadId) -> items.ItemCard:
    found = auto_created.get(db, thread_id)
    assert found is not None
    card = items.get(db, found.item)
    assert card is not None
    return card


def reason(db: Database, thread_id: ThreadId) -> str:
    row = db.read().execute("SELECT reason FROM link_decision WHERE thread_id = ?", (thread_id,)).fetchone()
    return str(row[0])
