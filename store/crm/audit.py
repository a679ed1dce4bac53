"""What the timeline of an item tells of changes to it: lines of `audit` with the object "deal:<uuid>".

Written wherever a row changes, so that what undo takes back is told as well.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Final

from store.crm import about
from store.crm.items import ItemRef

_Row = Mapping[str, Any]
_Line = tuple[str, dict[str, object]]
# Told by the columns they change with, or of no interest to a reader.
_UNTOLD_COLUMNS: Final = (
    "updated_at rev created_at created_by stage_changed_at won_at lost_at closed_at pipeline_id lost_reason"
    " converted_deal_id"
)
_UNTOLD: Final = frozenset(_UNTOLD_COLUMNS.split())


def tell(
    connection: sqlite3.Connection,
    item: ItemRef,
    before: _Row | None,
    after: _Row | None,
    *,
    at: int,
    by: str,
) -> None:
    """Write what became of an item's row: created, deleted, restored, merged, stage, won, lost, reopened, owner, edited .."""
    for what, details in _lines(connection, before, after):
        write(connection, at, by, what, f"{item.kind.value}:{item.id}", details)
    if before is None or after is None or before["merged_into"] == after["merged_into"]:
        return
    what = "took_in" if after["merged_into"] else "gave_back"
    details = {"name": after["title" if item.kind.fills_the_slot else "name"]}
    write(
        connection,
        at,
        by,
        what,
        f"{item.kind.value}:{after['merged_into'] or before['merged_into']}",
        details,
    )


def tell_part(
    connection: sqlite3.Connection, table: str, before: _Row | None, after: _Row | None, *, at: int, by: str
) -> None:
    """Write what became of one of several things an item has: an address, a label, a product, a field of the user's own."""
    row = after or before or {}
    kind, owner, caption, name_of = PARTS[table]
    column = _name(connection, "custom_field", row["field_id"]) if table == "custom_value" else caption
    values = [None if one is None else name_of(connection, one) for one in (before, after)]
    if values[0] != values[1]:
        details = {"columns": {column: values}}
        write(connection, at, by, "edited", f"{kind or row['item_kind']}:{row[owner]}", details)


def owner_of(table: str, row: _Row) -> tuple[str, str]:
    """Return the kind and id of the item that a part belongs to."""
    kind, owner, *_ = PARTS[table]
    return kind or row["item_kind"], row[owner]


PARTS: Final[dict[str, tuple[str, str, str, Callable[[sqlite3.Connection, _Row], str]]]] = {
    "person_email": ("person", "person_id", "email", lambda _, row: _labelled(row["email"], row["label"])),
    "person_phone": ("person", "person_id", "phone", lambda _, row: _labelled(row["phone"], row["label"])),
    "organization_domain": ("organization", "organization_id", "domain", lambda _, row: row["domain"]),
    "deal_participant": (
        "deal",
        "deal_id",
        "participant",
        lambda c, row: _name(c, "person", row["person_id"]),
    ),
    "deal_product": (
        "deal",
        "deal_id",
        "product",
        lambda c, row: _sold(_name(c, "product", row["product_id"]), row),
    ),
    "item_follower": ("", "item_id", "follower", lambda c, row: _name(c, "workspace_user", row["user_id"])),
    "item_label": ("", "item_id", "label", lambda c, row: _name(c, "label", row["label_id"])),
    "custom_value": ("", "item_id", "", lambda _, row: row["value"]),
}
"""The tables of parts: kind of the owner (empty: the row says it), column with its id, what a part is called, and how."""


def _labelled(value: str, label: str) -> str:
    return f"{value} ({label})" if label else value


def _sold(name: str, row: _Row) -> str:
    parts = [f"{row['quantity']} x {name}"]
    for column, text in (("price", "at {}"), ("discount", "less {} %"), ("tax", "with {} % tax")):
        if row[column] is not None:
            parts.append(text.format(row[column]))
    return ", ".join(parts)


def tell_entry(
    connection: sqlite3.Connection, table: str, before: _Row | None, after: _Row | None, *, at: int, by: str
) -> None:
    """Write what became of an activity, a note or a product: on its own page, and on that of the item it is about.

    What its row says by itself is not written: that it was entered, and that it was done.
    """
    row = after or before or {}
    lines = _entry_lines(connection, before, after)
    for what, details in lines:
        if table == "product" or (table == "activity" and what != "created"):
            write(connection, at, by, what, f"{table}:{row['id']}", details)
    item = about.item_of(row) if table != "product" else None
    if item is None:
        return
    name = str(row.get("subject") or row.get("body") or "").strip().partition("\n")[0][:_MOST_OF_A_NAME]
    for what, details in lines:
        if what not in ("created", "done"):
            told = {"noun": table, "name": name, "did": what, **details}
            write(connection, at, by, "entry", f"{item.kind.value}:{item.id}", told)


def _entry_lines(connection: sqlite3.Connection, before: _Row | None, after: _Row | None) -> list[_Line]:
    if before is None or after is None:
        return [("created" if before is None else "deleted", {})]
    lines: list[_Line] = []
    if before["deleted_at"] != after["deleted_at"]:
        lines.append(("deleted" if after["deleted_at"] else "restored", {}))
    if before.get("done_at") != after.get("done_at"):
        lines.append(("done" if after["done_at"] else "undone", {}))
    changed = {name for name in after if before[name] != after[name]} - _UNTOLD_OF_ENTRIES
    columns = {
        name: [_told(connection, name, row[name]) for row in (before, after)] for name in sorted(changed)
    }
    return [*lines, ("edited", {"columns": columns})] if columns else lines


def _told(connection: sqlite3.Connection, column: str, value: object) -> object:
    return _name(connection, "workspace_user", str(value)) if column == "responsible_id" and value else value


_MOST_OF_A_NAME: Final = 80
_UNTOLD_OF_ENTRIES: Final = frozenset(
    [
        "updated_at",
        "rev",
        "created_at",
        "created_by",
        "deleted_at",
        "done_at",
        "entered_at",
        "source_email_id",
        "author_id",
        "deal_id",
        "lead_id",
        "project_id",
        "person_id",
        "org_id",
    ]
)


def write(
    connection: sqlite3.Connection, at: int, by: str, what: str, subject: str, details: Mapping[str, object]
) -> None:
    """Write one line, inside a write transaction."""
    connection.execute(
        "INSERT INTO audit (at, by_user, what, object, details) VALUES (?, ?, ?, ?, ?)",
        (at, by, what, subject, json.dumps(details)),
    )


def _lines(connection: sqlite3.Connection, before: _Row | None, after: _Row | None) -> list[_Line]:
    if before is None or after is None:
        return [("created" if before is None else "deleted", {})]
    changed = {name for name in after if before[name] != after[name]} - _UNTOLD
    lines: list[_Line] = []
    if "merged_into" in changed:
        changed -= {"deleted_at"}
        into = after["merged_into"]
        lines.append(("merged", {"into": into}) if into else ("unmerged", {}))
    if "deleted_at" in changed:
        lines.append(("deleted" if after["deleted_at"] else "restored", {}))
    if "status" in changed:
        lines.append(_status(after))
    if "archived_at" in changed:
        lines.append(("archived" if after["archived_at"] else "unarchived", {}))
    for column, table in (("stage_id", "stage"), ("phase_id", "phase"), ("owner_id", "workspace_user")):
        if column in changed:
            names: dict[str, object] = {
                "from": _name(connection, table, before[column]),
                "to": _name(connection, table, after[column]),
            }
            lines.append(("owner" if column == "owner_id" else "stage", names))
    changed -= {"merged_into", "deleted_at", "status", "archived_at", "stage_id", "phase_id", "owner_id"}
    if changed:
        lines.append(("edited", {"columns": {name: [before[name], after[name]] for name in sorted(changed)}}))
    return lines


def _status(after: _Row) -> _Line:
    match after["status"]:
        case "open":
            return "reopened", {}
        case "lost":
            return "lost", {"reason": after["lost_reason"]}
        case "converted":
            return "converted", {"deal": after["converted_deal_id"]}
        case other:
            return str(other), {}


_NAMES: Final = {
    table: f"SELECT name FROM {table} WHERE id = ?"  # noqa: S608 - our own tables
    for table in ("stage", "phase", "workspace_user", "person", "product", "label", "custom_field")
}


def _name(connection: sqlite3.Connection, table: str, row_id: str | None) -> str:
    row = connection.execute(_NAMES[table], (row_id,)).fetchone()
    return str(row[0]) if row else ""
