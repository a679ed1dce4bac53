"""Smart BCC copies for tests: what comes, and what the store makes of it."""

from __future__ import annotations

from typing import Any

import makers

from mail.types import AccountId, Email, ThreadId
from store import ingest
from store.database import Database

ME = "me@dealbox.example"


def comes(
    db: Database, account: AccountId, *emails_in: tuple[str, Email, Any], state: str = "s"
) -> list[ThreadId]:
    """Take in messages as (key, email, mailbox) and return the conversation of each."""
    remotes = [(makers.a_remote(key, mailbox), email) for key, email, mailbox in emails_in]
    arrivals = [ingest.Arrival(remote, email) for remote, email in remotes]
    ingest.apply(db, account, makers.a_batch([remote for remote, _ in remotes], state=state), arrivals)
    query = "SELECT thread_id FROM email WHERE octets_hash = ?"
    return [db.read().execute(query, (email.octets_hash,)).fetchone()[0] for _, email, _ in emails_in]


def mine(**changes: Any) -> Email:
    """Return a message I wrote to Ana."""
    said: dict[str, Any] = {
        "from_": (makers.an_address(ME, "Me"),),
        "to": (makers.an_address("ana@acme.example", "Ana"),),
        "message_id": "original@dealbox.example",
    }
    return makers.an_email(**(said | changes))


def origin(db: Database, thread_id: ThreadId) -> str:
    row = db.read().execute("SELECT origin FROM thread WHERE id = ?", (thread_id,)).fetchone()
    return str(row[0])


def copies_of(db: Database, message_id: str = "original@dealbox.example") -> list[tuple[Any, ...]]:
    return (
        db.read()
        .execute(
            "SELECT id, thread_id, bcc_token, is_bcc_verified, copy_of FROM email"
            " WHERE message_id = ? AND bcc_token IS NOT NULL ORDER BY id",
            (message_id,),
        )
        .fetchall()
    )
