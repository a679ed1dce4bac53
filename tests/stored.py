"""Rows of the store for tests of what is done to them, placed without an account."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import makers

from mail.types import AccountId, EmailId, MailboxId, Role, ThreadId
from store import email_ids, mailboxes, outbox, threads
from store.crm.items import ItemRef
from store.database import Database

_numbers = count(1)


@dataclass(frozen=True)
class Stored:
    thread_id: ThreadId
    email_id: EmailId
    placement_ids: tuple[int, ...]


def mailboxes_of(
    db: Database, account_id: AccountId, *, without: Sequence[Role] = ()
) -> dict[Role, MailboxId]:
    """Give the account the usual mailboxes and return them, and its views, by role."""
    with db.write() as connection:
        mailboxes.ensure(connection, account_id, [box for box in makers.MAILBOXES if box.role not in without])
    return {row.role: row.id for row in mailboxes.all(db, account_id) if row.role}


def a_stored_email(
    db: Database,
    account_id: AccountId,
    *mailbox_ids: MailboxId,
    thread_id: ThreadId | None = None,
    keywords: Sequence[str] = (),
    received_at: int | None = None,
    is_outgoing: bool = False,
    subject: str = "Quote",
    from_: str = "ana@acme.example",
    to: Sequence[str] = ("me@dealbox.example",),
) -> Stored:
    """Insert an email that lies in each of the mailboxes, marked alike there and here."""
    with db.write(is_durable=False) as connection:
        number = next(_numbers)
        received_at = received_at or makers.NOW + number
        if thread_id is None:
            thread_id = ThreadId(
                connection.execute(
                    "INSERT INTO thread (uuid, account_id) VALUES (?, ?)", (str(uuid.uuid4()), account_id)
                ).lastrowid
                or 0
            )
        email_id = EmailId(email_ids.first_at(received_at) | number % 256)
        values = [
            int(f"${name}" in keywords) for name in ("seen", "flagged", "draft", "answered", "forwarded")
        ]
        connection.execute(
            "INSERT INTO email (id, account_id, thread_id, octets_hash, message_id, received_at, sent_at, registered_at,"
            " subject, from_name, from_email, preview, size_octets, seen, flagged, draft, answered, forwarded, is_outgoing)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, 'Hello', 100, ?, ?, ?, ?, ?, ?)",
            (
                email_id,
                account_id,
                thread_id,
                hashlib.blake2b(str(number).encode(), digest_size=16).digest(),
                f"m{number}@example.org",
                received_at,
                received_at,
                received_at,
                subject,
                from_,
                *values,
                int(is_outgoing),
            ),
        )
        for role, position, email in [("from", 0, from_), *[("to", n, each) for n, each in enumerate(to)]]:
            _participant(connection, email_id, role, position, email)
        placement_ids = tuple(
            connection.execute(
                "INSERT INTO placement (email_id, mailbox_id, remote_mailbox_id, remote_key, remote_keywords)"
                " VALUES (?, ?, ?, ?, ?)",
                (email_id, mailbox_id, mailbox_id, f"k{number}.{mailbox_id}", " ".join(sorted(keywords))),
            ).lastrowid
            or 0
            for mailbox_id in mailbox_ids
        )
        threads.summarise(connection, [thread_id])
    return Stored(thread_id, email_id, placement_ids)


def _participant(connection: sqlite3.Connection, email_id: int, role: str, position: int, email: str) -> None:
    connection.execute("INSERT OR IGNORE INTO address (email) VALUES (?)", (email.lower(),))
    connection.execute(
        "INSERT INTO participant (email_id, role, position, address_id, name, email)"
        " SELECT ?, ?, ?, id, '', ? FROM address WHERE email = ?",
        (email_id, role, position, email, email.lower()),
    )


def listed(db: Database, mailbox_id: MailboxId) -> list[int]:
    """Return the threads a mailbox or view lists, newest first."""
    rows = db.read().execute(
        "SELECT thread_id FROM mailbox_thread WHERE mailbox_id = ? ORDER BY at DESC, thread_id DESC",
        (mailbox_id,),
    )
    return [row[0] for row in rows.fetchall()]


def open_operations(db: Database) -> list[tuple[str, object]]:
    """Return the kind of each waiting operation, with the target of a move or the payload of another."""
    rows = db.read().execute(
        "SELECT kind, target_id, payload FROM operation WHERE state IN ('pending', 'running') ORDER BY id"
    )
    return [
        (kind, target if kind == "move" else json.loads(payload)) for kind, target, payload in rows.fetchall()
    ]


def next_one(db: Database, account_id: AccountId, now: int) -> outbox.PendingOperation | None:
    """Take the next operation by itself."""
    group = outbox.next_group(db, account_id, now, most=1)
    return group[0] if group else None


def awaits(db: Database, message_id: str, item: ItemRef) -> None:
    """Let an import have brought a link for mail that is still to come."""
    with db.write() as connection:
        connection.execute(
            "INSERT INTO awaited_link (message_id, item_kind, item_id) VALUES (?, ?, ?)",
            (message_id, item.kind.value, item.id),
        )


def recount_mailboxes(connection: sqlite3.Connection) -> None:
    """Set every mailbox's counters from its list, where rows were not made by threads.summarise()."""
    connection.execute(
        "UPDATE mailbox SET (total_threads, unread_threads) = "
        "(SELECT count(*), coalesce(sum(is_unread), 0) FROM mailbox_thread WHERE mailbox_id = mailbox.id)"
    )
