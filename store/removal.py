"""Taking emails out of the store: rows, index entries, and threads that have none left."""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from collections.abc import Collection, Iterator
from typing import Final

from mail.body_json import loads
from mail.search_text import search_text
from mail.types import AccountId, Address, Body, SafeText, SearchText, ThreadId
from store import recent_text
from store.database import Database

SLICE: Final = 200
_PAUSE_S: Final = 0.02
_NO_BODY: Final = Body(None, None)
_ROLES: Final = ("from", "sender", "reply_to", "to", "cc", "bcc")


def remove_emails(connection: sqlite3.Connection, email_ids: Collection[int]) -> frozenset[ThreadId]:
    """Remove emails and their index entries inside a write transaction, and return the threads they were of."""
    ids = json.dumps(list(email_ids))
    indexed = connection.execute(
        "SELECT d.id FROM json_each(?) j CROSS JOIN email_text_docsize d ON d.id = j.value", (ids,)
    ).fetchall()
    rows = [
        (email_id, text.subject, text.people, text.body, text.files)
        for email_id, text in indexed_texts(connection, [row[0] for row in indexed])
    ]
    connection.executemany(
        "INSERT INTO email_text (email_text, rowid, subject, people, body, files) VALUES ('delete',?,?,?,?,?)",
        rows,
    )
    recent_text.remove(connection, rows)
    threads = connection.execute(
        "SELECT DISTINCT thread_id FROM email WHERE id IN (SELECT value FROM json_each(?))", (ids,)
    ).fetchall()
    connection.execute(
        "UPDATE operation SET state = 'cancelled', finished_at = ?2 WHERE state = 'pending' AND placement_id IN "
        "(SELECT id FROM placement WHERE email_id IN (SELECT value FROM json_each(?1)))",
        (ids, int(time.time())),
    )
    connection.execute("DELETE FROM email WHERE id IN (SELECT value FROM json_each(?))", (ids,))
    return frozenset(ThreadId(row[0]) for row in threads)


def indexed_texts(
    connection: sqlite3.Connection, email_ids: Collection[int]
) -> Iterator[tuple[int, SearchText]]:
    """Yield what the index holds of each email, made anew from the stored columns."""
    for email_id in sorted(email_ids):
        row = connection.execute(
            "SELECT subject, body FROM email LEFT JOIN email_body ON email_id = id WHERE id = ?", (email_id,)
        ).fetchone()
        if row is None:
            continue
        body = _NO_BODY if row[1] is None else loads(zlib.decompress(row[1]))
        files = connection.execute(
            "SELECT name, part FROM attachment WHERE email_id = ?", (email_id,)
        ).fetchall()
        files.sort(key=lambda row: [int(number) for number in row[1].split(".")])
        yield email_id, search_text(row[0], _people(connection, email_id), body, [name for name, _ in files])


def _people(connection: sqlite3.Connection, email_id: int) -> list[Address]:
    rows = connection.execute(
        "SELECT role, name, email FROM participant WHERE email_id = ? ORDER BY role, position", (email_id,)
    ).fetchall()
    rows.sort(key=lambda row: _ROLES.index(row[0]))
    return [Address(SafeText(name), SafeText(email)) for _, name, email in rows]


def empty_account(db: Database, account_id: AccountId) -> None:
    """Remove every email and thread of an account, in transactions with pauses between them."""
    while True:
        with db.write(is_durable=False) as connection:
            rows = connection.execute(
                "SELECT id FROM email WHERE account_id = ? LIMIT ?", (account_id, SLICE)
            ).fetchall()
            threads = remove_emails(connection, [row[0] for row in rows])
            remove_empty_threads(connection, threads)
        if not rows:
            return
        if db.is_wanted():
            time.sleep(_PAUSE_S)


def remove_empty_threads(connection: sqlite3.Connection, thread_ids: Collection[ThreadId]) -> None:
    """Remove those of the threads that have no email left, with every trace that leads to them."""
    ids = json.dumps(list(thread_ids))
    rows = connection.execute(
        "SELECT value FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM email WHERE thread_id = value)",
        (ids,),
    ).fetchall()
    gone = [(row[0],) for row in rows]
    connection.executemany("DELETE FROM mailbox_thread WHERE thread_id = ?", gone)
    connection.executemany("DELETE FROM thread_ref WHERE thread_id = ?", gone)
    connection.executemany("DELETE FROM thread_alias WHERE thread_id = ?", gone)
    connection.executemany("DELETE FROM thread WHERE id = ?", gone)
