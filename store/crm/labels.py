"""Words items are marked with."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from mail.folding import fold
from store import undo
from store.crm import changes as crm_changes
from store.crm import item_checks
from store.crm.changes import Change
from store.crm.item_checks import BadItem
from store.crm.item_edits import name_of, present
from store.crm.items import ItemRef
from store.database import Database
from store.rows import ActionRow

_MOST: Final = 1_000
_MOST_KNOWN: Final = 100_000
"""Of all labels, those that were deleted among them: one that is not found by its name cannot be made again."""
_MOST_CHARACTERS: Final = 60


class LabelRow(NamedTuple):
    """A label, and how many items have it."""

    id: str
    name: str
    colour: str
    item_count: int


def all(db: Database) -> tuple[LabelRow, ...]:
    """Return the labels by name."""
    rows = db.read().execute(
        "SELECT id, name, colour, (SELECT count(*) FROM item_label WHERE label_id = label.id) FROM label"
        " WHERE deleted_at IS NULL ORDER BY name LIMIT ?",
        (_MOST,),
    )
    return tuple(LabelRow(*row) for row in rows.fetchall())


def of(connection: sqlite3.Connection, item: ItemRef) -> tuple[str, ...]:
    """Return the names of an item's labels, in order."""
    rows = connection.execute(
        "SELECT l.name FROM item_label i JOIN label l ON l.id = i.label_id AND l.deleted_at IS NULL"
        " WHERE i.item_kind = ? AND i.item_id = ? ORDER BY l.name LIMIT ?",
        (item.kind.value, item.id, _MOST),
    )
    return tuple(name for (name,) in rows.fetchall())


def set(db: Database, item: ItemRef, name: str, on: bool) -> ActionRow:
    """Mark an item with a label, which is made if there is none with that name, or take it off. Raises BadItem."""
    now = int(time.time())
    with db.write() as connection:
        called = name_of(item, present(connection, item))
        have = of(connection, item)
        wanted = (*have, name) if on else tuple(one for one in have if fold(one) != fold(name))
        steps = crm_changes.apply(connection, changes(connection, item, wanted), now)
        if not steps:
            return ActionRow(0, "Nothing to change", "nothing")
        title = f"Marked {called} {name.strip()}" if on else f"Took {name.strip()} off {called}"
        action = undo.record(connection, title, steps, now)
    return action


def changes(connection: sqlite3.Connection, item: ItemRef, names: Iterable[str]) -> Sequence[Change]:
    """Return what lets an item have these labels and no others. Raises BadItem."""
    rows = _known(connection)
    known = {fold(name): label_id for label_id, name, _ in rows}
    hidden = {label_id for label_id, _, deleted_at in rows if deleted_at is not None}
    made: list[Change] = []
    wanted: dict[str, None] = {}
    for typed in names:
        name = _checked(connection, typed)
        if fold(name) not in known:
            known[fold(name)] = str(uuid.uuid4())
            made.append(Change("label", {"id": known[fold(name)]}, {"name": name}))
        elif known[fold(name)] in hidden:
            made.append(Change("label", {"id": known[fold(name)]}, {"deleted_at": None}))
        wanted[known[fold(name)]] = None
    have = {
        row[0]
        for row in connection.execute(
            "SELECT label_id FROM item_label WHERE item_kind = ? AND item_id = ?", (item.kind.value, item.id)
        ).fetchall()
    }
    off = [Change("item_label", _key(item, label_id), None) for label_id in sorted(have - wanted.keys())]
    on = [Change("item_label", _key(item, label_id), {}) for label_id in wanted if label_id not in have]
    return [*made, *off, *on]


def _known(connection: sqlite3.Connection) -> list[tuple[str, str, int | None]]:
    """Return id, name and when it was deleted; of names that fold alike the last counts, one that is there before others."""
    return connection.execute(
        "SELECT id, name, deleted_at FROM label ORDER BY deleted_at IS NULL, name DESC LIMIT ?",
        (_MOST_KNOWN,),
    ).fetchall()


def _checked(connection: sqlite3.Connection, typed: str) -> str:
    name = item_checks.line(connection, "label", typed)
    if not name:
        raise BadItem("label", "a label needs a name")
    if len(name) > _MOST_CHARACTERS:
        raise BadItem("label", f"a label has at most {_MOST_CHARACTERS} characters")
    return name


def _key(item: ItemRef, label_id: str) -> dict[str, object]:
    return {"item_kind": item.kind.value, "item_id": item.id, "label_id": label_id}
