"""What was said of conversations before their mail was here: links, and who is who, as an export or a draft had them."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable
from typing import Final

from mail.types import ThreadId
from store.links import slots, to_file
from store.links.slots import Slot

_TABLES: Final = ("awaited_link", "awaited_choice")
_KINDS: Final = {"main_person": "person", "main_org": "organization", "lead_history": "lead"}
_THREADS: Final = (
    "SELECT e.thread_id FROM {0} w CROSS JOIN account a CROSS JOIN email e ON e.account_id = a.id"
    " AND e.message_id = w.message_id AND e.bcc_token IS NULL"
)


def threads(connection: sqlite3.Connection) -> list[ThreadId]:
    """Return the conversations whose mail is here by now."""
    rows = connection.execute(" UNION ".join(_THREADS.format(table) for table in _TABLES)).fetchall()
    return sorted(ThreadId(thread_id) for (thread_id,) in rows)


def link(connection: sqlite3.Connection, now: int, thread_ids: Iterable[ThreadId]) -> frozenset[ThreadId]:
    """Let conversations have what was said of them before their mail came; return those touched."""
    ids = json.dumps(sorted(thread_ids))
    touched = _link(connection, now, ids) if _is_any(connection, "awaited_link") else set()
    if _is_any(connection, "awaited_choice"):
        touched |= _choose(connection, now, ids)
    return frozenset(touched)


def _is_any(connection: sqlite3.Connection, table: str) -> bool:
    return connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None  # noqa: S608 - our own words


def _link(connection: sqlite3.Connection, now: int, ids: str) -> set[ThreadId]:
    rows = connection.execute(
        "SELECT e.thread_id, w.message_id, w.item_kind, w.item_id, w.origin, w.by_user, w.at, w.reason"
        " FROM json_each(?) j CROSS JOIN email e ON e.thread_id = j.value"
        " CROSS JOIN awaited_link w ON w.message_id = e.message_id WHERE e.bcc_token IS NULL",
        (ids,),
    ).fetchall()
    linked = set()
    for thread_id, message_id, item_kind, item_id, origin, by, at, reason in rows:
        connection.execute("DELETE FROM awaited_link WHERE message_id = ?", (message_id,))
        # An empty kind is a link that was taken away by hand.
        slot = Slot(
            item_kind or None,
            item_id or None,
            origin or "import",
            by,
            at or now,
            reason,
        )
        before = slots.read(connection, thread_id)
        if before is None or (before.origin == "auto" and slot.origin != "auto"):
            slots.put(connection, thread_id, slot)
            linked.add(ThreadId(thread_id))
    to_file.follow(connection, linked)
    return linked


def _choose(connection: sqlite3.Connection, now: int, ids: str) -> set[ThreadId]:
    rows = connection.execute(
        "SELECT DISTINCT e.thread_id, w.message_id, w.what, w.email, w.value, w.by_user, w.at"
        " FROM json_each(?) j CROSS JOIN email e ON e.thread_id = j.value"
        " CROSS JOIN awaited_choice w ON w.message_id = e.message_id WHERE e.bcc_token IS NULL ORDER BY 1, 2",
        (ids,),
    ).fetchall()
    touched = set()
    for thread_id, message_id, what, email, value, by, at in rows:
        key = (message_id, what, email)
        connection.execute("DELETE FROM awaited_choice WHERE (message_id, what, email) = (?, ?, ?)", key)
        if what == "person":
            _take_for(connection, thread_id, email, value, by, at or now)
        elif what == "visibility":
            _show(connection, thread_id, value, by, at or now)
        else:
            _fill(connection, thread_id, what, value, by, at or now)
        touched.add(ThreadId(thread_id))
    return touched


# What was chosen here since goes before what was chosen when the export was made.


def _take_for(
    connection: sqlite3.Connection, thread_id: int, email: str, value: str, by: str, at: int
) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO participant_override (thread_id, email, person_id, by_user, at) VALUES (?, ?, ?, ?, ?)",
        (thread_id, email, value or None, by, at),
    )


def _fill(connection: sqlite3.Connection, thread_id: int, slot: str, value: str, by: str, at: int) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO item_link (thread_id, slot, uuid, item_kind, item_id, origin, by_user, at)"
        " VALUES (?, ?, ?, ?, ?, 'manual', ?, ?)",
        (thread_id, slot, str(uuid.uuid4()), _KINDS[slot], value, by, at),
    )


def _show(connection: sqlite3.Connection, thread_id: int, value: str, by: str, at: int) -> None:
    """Let a conversation be seen as it was, unless somebody said here who sees it."""
    about = f"thread:{thread_id}"
    said = connection.execute(
        "SELECT 1 FROM audit WHERE object = ? AND what = 'visibility' LIMIT 1", (about,)
    )
    (before,) = connection.execute("SELECT visibility FROM thread WHERE id = ?", (thread_id,)).fetchone()
    if said.fetchone() is not None:
        return
    connection.execute("UPDATE thread SET visibility = ? WHERE id = ?", (value, thread_id))
    connection.execute(
        "INSERT INTO audit (at, by_user, what, object, details) VALUES (?, ?, 'visibility', ?, ?)",
        (at, by, about, json.dumps({"before": before, "after": value})),
    )
