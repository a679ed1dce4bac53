"""Making the index anew when the words of a message are no longer what they were."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection
from typing import Final

from mail.search_text import VERSION
from store import events, recent_text
from store.database import Database
from store.removal import indexed_texts

SLICE: Final = 100
_PAUSE_S: Final = 0.02
_BEGUN: Final = f"{VERSION} begun"


def reindex_if_due(db: Database) -> int:
    """Index every email anew when the index was made by other rules, and return how many were; the worker's, at start.

    It goes in short transactions, and on where it was cut short. Meanwhile searches find what is indexed already.
    """
    version = _version(db)
    if version == str(VERSION):
        _renew_recent(db)
        return 0
    if version != _BEGUN:
        with db.write() as connection:
            connection.execute("INSERT INTO email_text (email_text) VALUES ('delete-all')")
            recent_text.clear(connection)
            connection.execute("REPLACE INTO meta (key, value) VALUES ('index_version', ?)", (_BEGUN,))
    count = _fill(db)
    with db.write() as connection:
        connection.execute("REPLACE INTO meta (key, value) VALUES ('index_version', ?)", (str(VERSION),))
        if count:
            events.record(connection, "mail")
    _renew_recent(db)
    return count


def _renew_recent(db: Database) -> None:
    """Let the index of recent mail hold as much as it is meant to: it gathers what has grown old, and loses what goes."""
    if recent_text.is_worn(db.read()):
        with db.write(is_durable=False) as connection:
            recent_text.clear(connection)
    while recent_text.count(db.read()) < recent_text.MOST and (older := _older(db.read())):
        with db.write(is_durable=False) as connection:
            recent_text.extend(connection, _rows(connection, older)[::-1])


def _older(connection: sqlite3.Connection) -> list[int]:
    rows = connection.execute(
        "SELECT id FROM email_text_docsize WHERE id < ? ORDER BY id DESC LIMIT ?",
        (recent_text.begins_at(connection), SLICE),
    ).fetchall()
    return [row[0] for row in rows]


def _version(db: Database) -> str | None:
    row = db.read().execute("SELECT value FROM meta WHERE key = 'index_version'").fetchone()
    return None if row is None else str(row[0])


def _fill(db: Database) -> int:
    count, last = 0, -1
    while True:
        rows = db.read().execute(
            "SELECT e.id FROM email e LEFT JOIN email_text_docsize d ON d.id = e.id "
            "WHERE e.id > ? AND d.id IS NULL ORDER BY e.id LIMIT ?",
            (last, SLICE),
        )
        email_ids = [row[0] for row in rows.fetchall()]
        if not email_ids:
            return count
        with db.write(is_durable=False) as connection:
            connection.executemany(
                "INSERT INTO email_text (rowid, subject, people, body, files) VALUES (?, ?, ?, ?, ?)",
                _rows(connection, email_ids),
            )
        count, last = count + len(email_ids), email_ids[-1]
        if db.is_wanted():
            time.sleep(_PAUSE_S)


def _rows(connection: sqlite3.Connection, email_ids: Collection[int]) -> list[recent_text.Row]:
    return [
        (email_id, text.subject, text.people, text.body, text.files)
        for email_id, text in indexed_texts(connection, email_ids)
    ]
