"""Fields of the user's own for items of a kind, and what items have in them; undoable."""

from __future__ import annotations

import json
import re
import sqlite3
import time
import uuid
from collections.abc import Sequence
from typing import Final, NamedTuple

from mail.folding import fold
from mail.text import safe_line
from store import undo
from store.crm import changes as crm_changes
from store.crm import item_checks
from store.crm.changes import Change
from store.crm.item_checks import BadItem, with_article
from store.crm.item_edits import name_of, present
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.rows import ActionRow

TYPES: Final = ("text", "number", "money", "date", "choice", "yes_no", "address")
MOST: Final = 100


class FieldRow(NamedTuple):
    """A field of the user's own; `choices` only for the type choice."""

    id: str
    kind: ItemKind
    name: str
    type: str
    choices: tuple[str, ...]


class FieldValue(NamedTuple):
    """What an item has in a field, "" for nothing. Money is an amount and its currency: 12.50 EUR."""

    field: FieldRow
    value: str


_ROWS: Final = "SELECT id, item_kind, name, type, choices FROM custom_field WHERE deleted_at IS NULL"


def all(db: Database, kind: ItemKind) -> tuple[FieldRow, ...]:
    """Return the fields items of a kind have, in order."""
    return _all(db.read(), kind)


def values(connection: sqlite3.Connection, item: ItemRef) -> tuple[FieldValue, ...]:
    """Return every field of an item with what it has there."""
    filled = dict(
        connection.execute(
            "SELECT field_id, value FROM custom_value WHERE item_kind = ? AND item_id = ?",
            (item.kind.value, item.id),
        ).fetchall()
    )
    return tuple(FieldValue(field, filled.get(field.id, "")) for field in _all(connection, item.kind))


def add(
    db: Database, kind: ItemKind, name: str, type: str = "text", choices: Sequence[str] = ()
) -> tuple[FieldRow, ActionRow]:
    """Give items of a kind another field. Raises BadItem."""
    now = int(time.time())
    with db.write() as connection:
        fields = _all(connection, kind)
        if type not in TYPES:
            raise BadItem("type", f"“{safe_line(type)}” is not a type of field; choose {', '.join(TYPES)}")
        if len(fields) >= MOST:
            raise BadItem("", f"{with_article(kind.value)} has {MOST} fields of yours already")
        offered = tuple(dict.fromkeys(filter(None, (safe_line(each).strip() for each in choices))))
        if (type == "choice") != bool(offered):
            raise BadItem("choices", "a choice needs something to choose from, and nothing else does")
        field = FieldRow(str(uuid.uuid4()), kind, _free_name(connection, kind, name), type, offered)
        written = {
            "item_kind": kind.value,
            "name": field.name,
            "type": type,
            "choices": json.dumps(offered),
            "position": len(fields) + 1,
        }
        steps = crm_changes.apply(connection, [Change("custom_field", {"id": field.id}, written)], now)
        action = undo.record(connection, f"Added the field {field.name}", steps, now)
    return field, action


def rename(db: Database, field_id: str, name: str) -> ActionRow:
    """Call a field something else; what items have in it stays. Raises BadItem."""
    now = int(time.time())
    with db.write() as connection:
        field = _existing(connection, field_id)
        if field.name == name.strip():
            return ActionRow(0, "Nothing to change", "nothing")
        called = _free_name(connection, field.kind, name, but=field_id)
        steps = crm_changes.apply(
            connection, [Change("custom_field", {"id": field_id}, {"name": called})], now
        )
        action = undo.record(connection, f"Renamed the field {field.name} to {called}", steps, now)
    return action


def delete(db: Database, field_id: str) -> ActionRow:
    """Take a field off every item; undo brings it back with what was in it. Raises BadItem."""
    now = int(time.time())
    with db.write() as connection:
        field = _existing(connection, field_id)
        steps = crm_changes.apply(
            connection, [Change("custom_field", {"id": field_id}, {"deleted_at": now})], now
        )
        action = undo.record(connection, f"Deleted the field {field.name}", steps, now)
    return action


def set_value(db: Database, item: ItemRef, field_id: str, text: str) -> ActionRow:
    """Fill in a field of an item, "" empties it. Raises BadItem."""
    now = int(time.time())
    with db.write() as connection:
        called = name_of(item, present(connection, item))
        steps = crm_changes.apply(connection, changes(connection, item, field_id, text), now)
        if not steps:
            return ActionRow(0, "Nothing to change", "nothing")
        field = _existing(connection, field_id)
        action = undo.record(connection, f"Changed {field.name} of {called}", steps, now)
    return action


def changes(connection: sqlite3.Connection, item: ItemRef, field_id: str, text: str) -> Sequence[Change]:
    """Return what fills in a field of an item, for a transaction of the caller's. Raises BadItem."""
    field = _existing(connection, field_id)
    if field.kind is not item.kind:
        raise BadItem(
            field_id,
            f"{field.name} is a field of {with_article(field.kind.value)}, not of {with_article(item.kind.value)}",
        )
    value = checked(connection, field, text)
    key = {"item_kind": item.kind.value, "item_id": item.id, "field_id": field_id}
    return [Change("custom_value", key, {"value": value} if value else None)]


def checked(connection: sqlite3.Connection, field: FieldRow, text: str) -> str:
    """Return what a field keeps of what was typed into it, "" for nothing. Raises BadItem."""
    typed = text.strip()
    if not typed:
        return ""
    match field.type:
        case "number":
            return _number(field, typed)
        case "money":
            return _money(connection, field, typed)
        case "date":
            return item_checks.day(connection, field.id, typed) or ""
        case "choice":
            return _choice(field, typed)
        case "yes_no":
            return _yes_or_no(field, typed)
        case "address":
            return str(item_checks.text(connection, field.id, typed))
        case _:
            return str(item_checks.line(connection, field.id, typed))


def _number(field: FieldRow, typed: str) -> str:
    bare = typed.replace(",", ".") if typed.count(",") == 1 and "." not in typed else typed
    if not re.fullmatch(r"-?\d{1,15}(\.\d{1,10})?", bare, re.ASCII):
        raise BadItem(field.id, f"{field.name}: “{safe_line(typed)}” is not a number")
    return bare


def _money(connection: sqlite3.Connection, field: FieldRow, typed: str) -> str:
    found = re.fullmatch(r"(.*\d)\s*([A-Za-z]{3})", typed, re.DOTALL)
    if found is None:
        raise BadItem(field.id, f"{field.name}: write an amount and its currency, like 1234.50 EUR")
    amount = item_checks.money(connection, field.id, found[1])
    return f"{amount} {item_checks.currency(connection, field.id, found[2])}"


def _choice(field: FieldRow, typed: str) -> str:
    for choice in field.choices:
        if fold(choice) == fold(typed):
            return choice
    raise BadItem(field.id, f"{field.name}: choose {', '.join(field.choices)}, not “{safe_line(typed)}”")


def _yes_or_no(field: FieldRow, typed: str) -> str:
    word = typed.lower()
    if word in ("yes", "y", "true", "1", "x"):
        return "yes"
    if word in ("no", "n", "false", "0"):
        return "no"
    raise BadItem(field.id, f"{field.name}: “{safe_line(typed)}” is neither yes nor no")


def _all(connection: sqlite3.Connection, kind: ItemKind) -> tuple[FieldRow, ...]:
    rows = connection.execute(
        f"{_ROWS} AND item_kind = ? ORDER BY position, name LIMIT ?", (kind.value, MOST)
    )
    return tuple(_row(*row) for row in rows.fetchall())


def _row(field_id: str, kind: str, name: str, type: str, choices: str) -> FieldRow:
    return FieldRow(field_id, ItemKind(kind), name, type, tuple(json.loads(choices)))


def _existing(connection: sqlite3.Connection, field_id: str) -> FieldRow:
    row = connection.execute(f"{_ROWS} AND id = ?", (field_id,)).fetchone()
    if row is None:
        raise BadItem("", "there is no such field any more")
    return _row(*row)


def _free_name(connection: sqlite3.Connection, kind: ItemKind, typed: str, but: str = "") -> str:
    name = str(item_checks.line(connection, "name", typed))
    if not name:
        raise BadItem("name", "a field needs a name")
    if any(fold(field.name) == fold(name) for field in _all(connection, kind) if field.id != but):
        raise BadItem("name", f"{with_article(kind.value)} has a field {name} already")
    return name
