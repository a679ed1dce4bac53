"""Notes about items; undoable."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Callable, Mapping
from typing import NamedTuple

from store import undo
from store.crm import changes as crm_changes
from store.crm import item_checks, items, users
from store.crm.about import COLUMNS, item_of
from store.crm.changes import Change
from store.crm.item_checks import BadItem
from store.crm.item_edits import name_of, present
from store.crm.items import ItemRef
from store.database import Database
from store.rows import ActionRow


class NoteRow(NamedTuple):
    """A note. `is_own`: this screen's user wrote it."""

    id: str
    body: str
    item: ItemRef | None
    is_pinned: bool
    is_own: bool


def get(db: Database, note_id: str) -> NoteRow | None:
    """Return a note in full, None when there is none, or none any more."""
    connection = db.read()
    row = crm_changes.read(connection, "note", {"id": note_id})
    if row is None or row["deleted_at"] is not None:
        return None
    is_own = row["author_id"] == users.me(connection).id
    return NoteRow(note_id, row["body"], item_of(row), bool(row["is_pinned"]), is_own)


def add(db: Database, item: ItemRef, body: str) -> ActionRow:
    """Write a note about an item. Raises BadItem."""
    now = int(time.time())
    with db.write() as connection:
        called = name_of(item, present(connection, item))
        steps = crm_changes.apply(connection, [addition(connection, item, body)], now)
        action = undo.record(connection, f"Noted about {called}", steps, now)
    return action


def addition(connection: sqlite3.Connection, item: ItemRef, body: str) -> Change:
    """Return what writes a note, for a transaction of the caller's; its key has the id. Raises BadItem."""
    values = {
        "body": _checked(connection, body),
        "author_id": users.me(connection).id,
        COLUMNS[item.kind]: item.id,
    }
    return Change("note", {"id": str(uuid.uuid4())}, values)


def edit(db: Database, note_id: str, body: str) -> ActionRow:
    """Let a note say something else. Raises BadItem."""
    return _change(
        db, note_id, lambda connection: {"body": _checked(connection, body)}, "Changed the note{0}"
    )


def delete(db: Database, note_id: str) -> ActionRow:
    """Delete a note. Raises BadItem."""
    now = int(time.time())
    return _change(db, note_id, lambda _: {"deleted_at": now}, "Deleted the note{0}")


def pin(db: Database, note_id: str, on: bool) -> ActionRow:
    """Keep a note above the others of its item, or no longer. Raises BadItem."""
    title = "Pinned the note{0}" if on else "Unpinned the note{0}"
    return _change(db, note_id, lambda _: {"is_pinned": int(on)}, title)


def _change(
    db: Database, note_id: str, values_of: Callable[[sqlite3.Connection], Mapping[str, object]], title: str
) -> ActionRow:
    now = int(time.time())
    with db.write() as connection:
        row = crm_changes.read(connection, "note", {"id": note_id})
        if row is None or row["deleted_at"] is not None:
            raise BadItem("", "there is no such note any more")
        change = Change("note", {"id": note_id}, values_of(connection))
        steps = crm_changes.apply(connection, [change], now)
        if not steps:
            return ActionRow(0, "Nothing to change", "nothing")
        action = undo.record(connection, title.format(_about(connection, row)), steps, now)
    return action


def _about(connection: sqlite3.Connection, row: Mapping[str, object]) -> str:
    item = item_of(row)
    card = items.card(connection, item) if item else None
    return f" about {card.title}" if card else ""


def _checked(connection: sqlite3.Connection, body: str) -> str:
    kept = item_checks.text(connection, "body", body)
    if not kept:
        raise BadItem("body", "a note has to say something")
    return str(kept)
