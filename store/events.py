"""What changed, by sequence number: how screens and the worker hear of each other."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable
from typing import Final

from mail.ids import MailboxId, ThreadId
from store.database import Database
from store.rows import EventRow

MOST_IDS: Final = 200
"""An event that names more threads than this names none, which means any."""
KEPT: Final = 5_000
"""A screen that slept through more events than are kept reads everything anew."""


def record(
    connection: sqlite3.Connection,
    kind: str,
    *,
    text: str = "",
    mailbox_ids: Iterable[MailboxId] = (),
    thread_ids: Iterable[ThreadId] = (),
) -> None:
    """Record a change inside a write transaction, which rings the doorbell when it is committed."""
    mailboxes, threads = sorted(mailbox_ids), sorted(thread_ids)
    cursor = connection.execute(
        "INSERT INTO event (at, kind, text, mailbox_ids, thread_ids) VALUES (?, ?, ?, ?, ?)",
        (
            int(time.time()),
            kind,
            text,
            json.dumps(mailboxes),
            json.dumps(threads if len(threads) <= MOST_IDS else []),
        ),
    )
    seq = cursor.lastrowid or 0
    if seq % 1_000 == 0:
        connection.execute("DELETE FROM event WHERE seq <= ?", (seq - KEPT,))


def since(db: Database, seq: int, limit: int = 200) -> tuple[EventRow, ...]:
    """Return the events after number `seq`, oldest first."""
    rows = db.read().execute(
        "SELECT seq, kind, text, mailbox_ids, thread_ids FROM event WHERE seq > ? ORDER BY seq LIMIT ?",
        (seq, limit),
    )
    return tuple(
        EventRow(number, kind, text, tuple(json.loads(mailboxes)), tuple(json.loads(threads)))
        for number, kind, text, mailboxes, threads in rows.fetchall()
    )


def newest(db: Database) -> int:
    """Return the number of the newest event, 0 when there was none yet."""
    row = db.read().execute("SELECT max(seq) FROM event").fetchone()
    return int(row[0] or 0)
