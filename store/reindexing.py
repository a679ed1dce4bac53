"""Making the index anew when the words of a message are no longer what they were."""

from __future__ import annotations

import time
from typing import Final

from mail.search_text import VERSION
from store import events
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
        return 0
    if version != _BEGUN:
        with db.write() as connection:
            connection.execute("INSERT INTO email_text (email_text) VALUES ('delete-all')")
            connection.execute("REPLACE INTO meta (key, value) VALUES ('index_version', ?)", (_BEGUN,))
    count = _fill(db)
    with db.write() as connection:
        connection.execute("REPLACE INTO meta (key, value) VALUES ('index_version', ?)", (str(VERSION),))
        if count:
            events.record(connection, "mail")
    return count


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
                [
                    (email_id, text.subject, text.people, text.body, text.files)
                    for email_id, text in indexed_texts(connection, email_ids)
                ],
            )
        count, last = count + len(email_ids), email_ids[-1]
        if db.is_wanted():
            time.sleep(_PAUSE_S)
