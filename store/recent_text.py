"""A second, small index of the newest mail.

FTS5 gathers every occurrence of every word with a given beginning before it gives the newest. That of `pr*` in 100,000
messages takes long, and the newest fifty conversations are nearly always among the newest thousand messages.
Where they are not, the words are so rare that the whole index is quick.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

MOST: Final = 1_500
"""Emails searched here first."""
NOTHING: Final = 1 << 62
"""Where it begins when it holds nothing."""
_INSERT: Final = "INSERT INTO email_recent (rowid, subject, people, body, files) VALUES (?, ?, ?, ?, ?)"
Row = tuple[int, str, str, str, str]
Change = tuple[Row, Row]
"""The words an email went in with, and those it has now."""


def begins_at(connection: sqlite3.Connection) -> int:
    """Return the id from which on every indexed email is here too."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'recent_from'").fetchone()
    return NOTHING if row is None else int(row[0])


def add(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Put in those of the newly indexed emails that are recent; ascending by id, last in a transaction."""
    begin = begins_at(connection)
    recent = [row for row in rows if row[0] >= begin]
    if recent:
        connection.executemany(_INSERT, recent)
        _narrow(connection)


def extend(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Put in the next older emails, descending by id and none left out."""
    connection.executemany(_INSERT, rows[::-1])
    _begin_at(connection, rows[-1][0])


def remove(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Take emails out that leave the index, by the words they went in with."""
    for row in rows:
        if connection.execute("SELECT 1 FROM email_recent_docsize WHERE id = ?", row[:1]).fetchone():
            connection.execute(
                "INSERT INTO email_recent (email_recent, rowid, subject, people, body, files) "
                "VALUES ('delete', ?, ?, ?, ?, ?)",
                row,
            )


def replace(connection: sqlite3.Connection, changes: Sequence[Change]) -> None:
    """Change the words of those emails that are in, ascending by id; last in a transaction."""
    ids = json.dumps([before[0] for before, _ in changes])
    held = {
        row[0]
        for row in connection.execute(
            "SELECT d.id FROM json_each(?) j CROSS JOIN email_recent_docsize d ON d.id = j.value", (ids,)
        ).fetchall()
    }
    connection.executemany(
        "INSERT INTO email_recent (email_recent, rowid, subject, people, body, files) VALUES (?, ?, ?, ?, ?, ?)",
        [
            row
            for before, after in changes
            if before[0] in held
            for row in (("delete", *before), (None, *after))
        ],
    )


def clear(connection: sqlite3.Connection) -> None:
    """Empty it."""
    connection.execute("INSERT INTO email_recent (email_recent) VALUES ('delete-all')")
    _begin_at(connection, NOTHING)


def count(connection: sqlite3.Connection) -> int:
    """Return how many emails it holds, those it has outgrown among them."""
    return int(connection.execute("SELECT count(*) FROM email_recent_docsize").fetchone()[0])


def is_worn(connection: sqlite3.Connection) -> bool:
    """Say whether it should be made anew: it holds too much, or cannot be extended because of what it has outgrown."""
    held = count(connection)
    row = connection.execute("SELECT min(id) FROM email_recent_docsize").fetchone()
    has_outgrown = row[0] is not None and row[0] < begins_at(connection)
    return held > 2 * MOST or (held < MOST and has_outgrown)


def _narrow(connection: sqlite3.Connection) -> None:
    # What is older stays in the table until it is made anew: taking it out needs its words.
    row = connection.execute(
        "SELECT id FROM email_recent_docsize ORDER BY id DESC LIMIT 1 OFFSET ?", (MOST - 1,)
    ).fetchone()
    if row is not None and row[0] > begins_at(connection):
        _begin_at(connection, row[0])


def _begin_at(connection: sqlite3.Connection, email_id: int) -> None:
    connection.execute("REPLACE INTO meta (key, value) VALUES ('recent_from', ?)", (str(email_id),))
