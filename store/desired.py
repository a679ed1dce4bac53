"""What the user wants of placements and emails, and the operations that takes.

Nothing here is a log of commands: a desired value is set, and what is queued is the difference between it and what the
account has, or will have once the operation under way is done. So a wish that was taken back in time asks for nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mail.keywords import ANSWERED, DRAFT, FLAGGED, FORWARDED, SEEN
from mail.types import ThreadId
from store import placements
from store.placements import COPY

COLUMNS: Final = {
    SEEN: "seen",
    FLAGGED: "flagged",
    DRAFT: "draft",
    ANSWERED: "answered",
    FORWARDED: "forwarded",
}
"""The column of `email` that holds the effective value of each keyword the store knows."""
_KEYWORDS: Final = {column: keyword for keyword, column in COLUMNS.items()}

# An operation that was begun may have been carried out even if its answer was lost, so it is never withdrawn.
_WITHDRAW: Final = (
    "UPDATE operation SET state = 'cancelled', finished_at = ?"
    " WHERE placement_id IN (SELECT value FROM json_each(?)) AND kind = ?"
    " AND state IN ('pending', 'running') AND state = 'pending' AND attempts = 0"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """Let `field` of `subject` be `value`: mailbox or destroyed of a placement, seen, flagged .. of an email."""

    field: str
    subject: int
    value: str


def fulfil(
    connection: sqlite3.Connection, wishes: Sequence[Wish], *, now: int, not_before: int = 0
) -> frozenset[ThreadId]:
    """Set the desired values, queue what that takes, and return the threads touched.

    `not_before` holds operations back that cannot be taken back later. A subject that is gone is passed over.
    """
    placed = [wish for wish in wishes if wish.field == "mailbox"]
    destroyed = [wish for wish in wishes if wish.field == "destroyed"]
    marked = [wish for wish in wishes if wish.field in _KEYWORDS]
    if placed:
        _set(connection, "UPDATE placement SET mailbox_id = ? WHERE id = ?", placed)
        queue_moves(connection, [wish.subject for wish in placed], now)
    if destroyed:
        _set(connection, "UPDATE placement SET is_destroyed = ? WHERE id = ?", destroyed)
        _queue_destroys(connection, [wish.subject for wish in destroyed], now, not_before)
        _follow_keywords(connection, [wish.subject for wish in destroyed])
    for column in {wish.field for wish in marked}:
        wishes_here = [wish for wish in marked if wish.field == column]
        _set(connection, _KEYWORD_UPDATES[column], wishes_here)
        _queue_keywords(connection, [wish.subject for wish in wishes_here], _KEYWORDS[column], now)
    return _threads(
        connection, [wish.subject for wish in placed + destroyed], [wish.subject for wish in marked]
    )


_KEYWORD_UPDATES: Final = {
    "seen": "UPDATE email SET seen = ? WHERE id = ?",
    "flagged": "UPDATE email SET flagged = ? WHERE id = ?",
    "draft": "UPDATE email SET draft = ? WHERE id = ?",
    "answered": "UPDATE email SET answered = ? WHERE id = ?",
    "forwarded": "UPDATE email SET forwarded = ? WHERE id = ?",
}


def _set(connection: sqlite3.Connection, update: str, wishes: Iterable[Wish]) -> None:
    connection.executemany(update, [(int(wish.value), wish.subject) for wish in wishes])


def queue_moves(connection: sqlite3.Connection, placement_ids: Collection[int], now: int) -> None:
    """Queue a move for each placement that does not lie, and is not about to lie, where it is wanted.

    Copies made here lie where they are wanted at once: no account is asked.
    """
    ids = _withdraw(connection, placement_ids, "move", now)
    connection.execute(
        "UPDATE placement SET remote_mailbox_id = mailbox_id WHERE id IN (SELECT value FROM json_each(?))"
        " AND substr(remote_key, 1, ?) = ?",
        (ids, len(COPY), COPY),
    )
    connection.execute(
        "INSERT INTO operation (account_id, placement_id, kind, target_id, created_at)"
        " SELECT e.account_id, p.id, 'move', p.mailbox_id, ?"
        " FROM json_each(?) j JOIN placement p ON p.id = j.value JOIN email e ON e.id = p.email_id"
        " LEFT JOIN operation o ON o.placement_id = p.id AND o.kind = 'move' AND o.state IN ('pending', 'running')"
        " WHERE p.mailbox_id <> coalesce(o.target_id, p.remote_mailbox_id)",
        (now, ids),
    )


def _queue_destroys(
    connection: sqlite3.Connection, placement_ids: Collection[int], now: int, not_before: int
) -> None:
    ids = _withdraw(connection, placement_ids, "destroy", now)
    connection.execute(
        "INSERT INTO operation (account_id, placement_id, kind, not_before, created_at)"
        " SELECT e.account_id, p.id, 'destroy', ?, ?"
        " FROM json_each(?) j JOIN placement p ON p.id = j.value JOIN email e ON e.id = p.email_id"
        " LEFT JOIN operation o ON o.placement_id = p.id AND o.kind = 'destroy' AND o.state IN ('pending', 'running')"
        " WHERE p.is_destroyed AND o.id IS NULL AND substr(p.remote_key, 1, ?) <> ?",
        (not_before, now, ids, len(COPY), COPY),
    )


def _withdraw(connection: sqlite3.Connection, placement_ids: Collection[int], kind: str, now: int) -> str:
    ids = json.dumps(list(placement_ids))
    connection.execute(_WITHDRAW, (now, ids, kind))
    return ids


def _follow_keywords(connection: sqlite3.Connection, placement_ids: Collection[int]) -> None:
    # An email is marked as any of its places is, and these have just come or gone.
    rows = connection.execute(
        "SELECT DISTINCT p.email_id FROM json_each(?) j JOIN placement p ON p.id = j.value",
        (json.dumps(list(placement_ids)),),
    ).fetchall()
    placements.follow_keywords(connection, [row[0] for row in rows])


def _queue_keywords(
    connection: sqlite3.Connection, email_ids: Collection[int], keyword: str, now: int
) -> None:
    """Queue the change of `keyword` for each placement of the emails, together with what was waiting to be changed."""
    rows = connection.execute(
        "SELECT p.id, e.account_id, p.remote_keywords, p.remote_key, e.seen, e.flagged, e.draft, e.answered, e.forwarded"
        " FROM json_each(?) j JOIN email e ON e.id = j.value JOIN placement p ON p.email_id = e.id",
        (json.dumps(list(email_ids)),),
    ).fetchall()
    ids = [row[0] for row in rows]
    begun, waiting = _keyword_operations(connection, ids)
    _withdraw(connection, ids, "set_keywords", now)
    queued = []
    for placement_id, account_id, remote, key, *values in rows:
        add, remove = begun.get(placement_id, (frozenset(), frozenset()))
        has = (frozenset(remote.split()) | add) - remove
        touched = waiting.get(placement_id, frozenset()) | {keyword}
        wanted = {name for name, value in zip(COLUMNS, values, strict=True) if value}
        missing, surplus = sorted(touched & wanted - has), sorted(touched & has - wanted)
        if key.startswith(COPY):
            told = " ".join(sorted((has | wanted) - set(surplus)))
            connection.execute("UPDATE placement SET remote_keywords = ? WHERE id = ?", (told, placement_id))
        elif missing or surplus:
            payload = json.dumps({"add": missing, "remove": surplus})
            queued.append((account_id, placement_id, payload, now))
    connection.executemany(
        "INSERT INTO operation (account_id, placement_id, kind, payload, created_at)"
        " VALUES (?, ?, 'set_keywords', ?, ?)",
        queued,
    )


def _keyword_operations(
    connection: sqlite3.Connection, placement_ids: Collection[int]
) -> tuple[dict[int, tuple[frozenset[str], frozenset[str]]], dict[int, frozenset[str]]]:
    """Return by placement what an operation begun adds and removes, and which keywords a waiting one changes."""
    begun: dict[int, tuple[frozenset[str], frozenset[str]]] = {}
    waiting: dict[int, frozenset[str]] = {}
    for placement_id, payload, attempts in connection.execute(
        "SELECT placement_id, payload, attempts FROM operation"
        " WHERE placement_id IN (SELECT value FROM json_each(?)) AND kind = 'set_keywords' AND state IN ('pending', 'running')",
        (json.dumps(list(placement_ids)),),
    ):
        asked = json.loads(payload)
        add, remove = frozenset(asked["add"]), frozenset(asked["remove"])
        if attempts:
            begun[placement_id] = (add, remove)
        else:
            waiting[placement_id] = add | remove
    return begun, waiting


def begun_destroys(connection: sqlite3.Connection, placement_ids: Collection[int]) -> frozenset[int]:
    """Return those placements whose destruction can no longer be stopped: carried out, or begun."""
    ids = json.dumps(list(placement_ids))
    gone = connection.execute(
        "SELECT j.value FROM json_each(?) j LEFT JOIN placement p ON p.id = j.value WHERE p.id IS NULL",
        (ids,),
    ).fetchall()
    begun = connection.execute(
        "SELECT placement_id FROM operation WHERE placement_id IN (SELECT value FROM json_each(?))"
        " AND kind = 'destroy' AND state IN ('pending', 'running') AND attempts > 0",
        (ids,),
    ).fetchall()
    return frozenset(row[0] for row in gone + begun)


def _threads(
    connection: sqlite3.Connection, placement_ids: Collection[int], email_ids: Collection[int]
) -> frozenset[ThreadId]:
    rows = connection.execute(
        "SELECT e.thread_id FROM json_each(?) j JOIN placement p ON p.id = j.value JOIN email e ON e.id = p.email_id"
        " UNION SELECT e.thread_id FROM json_each(?) j JOIN email e ON e.id = j.value",
        (json.dumps(list(placement_ids)), json.dumps(list(email_ids))),
    ).fetchall()
    return frozenset(ThreadId(row[0]) for row in rows)
