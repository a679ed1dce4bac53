"""Making one item of two of a kind: everything that hangs on the one that goes moves to the one that stays; undoable."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from store import undo
from store.crm import changes as crm_changes
from store.crm import item_edits, item_slots
from store.crm.changes import Change
from store.crm.item_checks import BadItem, with_article
from store.crm.items import ItemKind, ItemRef
from store.crm.lead_conversion import convert as convert
from store.crm.lead_conversion import detach_lead_history as detach_lead_history
from store.database import Database
from store.rows import ActionRow

_Row = Mapping[str, Any]

# Where a column names the item, by table and column.
_NAMED_BY: Final = {
    ItemKind.PERSON: (
        "deal.person_id lead.person_id project.person_id activity.person_id note.person_id participant_override.person_id"
        " auto_created.person_id awaited_choice.value"
    ),
    ItemKind.ORGANIZATION: (
        "person.org_id deal.org_id lead.org_id project.org_id activity.org_id note.org_id awaited_choice.value"
    ),
    ItemKind.DEAL: "activity.deal_id note.deal_id lead.converted_deal_id",
    ItemKind.LEAD: "activity.lead_id note.lead_id deal.source_lead_id awaited_choice.value",
    ItemKind.PROJECT: "activity.project_id note.project_id",
}
# Where it is named by kind and id, outside the keys and in them.
_REFERRING: Final = ("item_link", "auto_created")
_MARKING: Final = ("item_label", "item_follower", "custom_value")
# Parts of which an item has each once.
_PARTS: Final = {
    ItemKind.PERSON: (
        ("person_email", "person_id"),
        ("person_phone", "person_id"),
        ("deal_participant", "person_id"),
    ),
    ItemKind.ORGANIZATION: (("organization_domain", "organization_id"),),
    ItemKind.DEAL: (("deal_participant", "deal_id"),),
}
_TEXTS: Final = ("notes", "description")
_NOT_FILLED: Final = frozenset(
    {"owner_id", "visible_to", "value", "currency", "stage_id", "pipeline_id", "phase_id", "lost_reason"}
)
_WIDTH: Final = {"owner": 0, "team": 1, "company": 2}


def merge(db: Database, kept: ItemRef, merged: ItemRef) -> ActionRow:
    """Let `merged` become part of `kept`, which stays as it is but for what it does not say and `merged` does.

    Of two circles of people who may see them the narrower one stays, so that nothing is shown to more than before (M16).
    Raises BadItem.
    """
    now = int(time.time())
    with db.write() as connection:
        stays, goes = _mergeable(connection, kept, merged)
        filled, narrowed = _filled(kept.kind, stays, goes)
        warning = "; ".join(filter(None, (narrowed, _left_behind(connection, kept, merged))))
        conversations = item_slots.steps_to(connection, merged, kept)
        changes = [
            *_named(connection, kept, merged),
            *_parts(connection, kept, merged),
            *_marks(connection, kept, merged),
            *_products(connection, kept, merged),
            *_referring(connection, kept, merged),
            *item_slots.awaiting(connection, merged, kept),
            Change(kept.kind.value, {"id": kept.id}, filled),
            Change(merged.kind.value, {"id": merged.id}, {"deleted_at": now, "merged_into": kept.id}),
        ]
        rows = crm_changes.apply(connection, changes, now)
        undo.carry_out(connection, conversations, now=now)
        title = f"Merged {item_edits.name_of(merged, goes)} into {item_edits.name_of(kept, stays)}"
        action = undo.record(connection, title, [*rows, *conversations], now)
    return action._replace(warning=warning)


def _mergeable(connection: sqlite3.Connection, kept: ItemRef, merged: ItemRef) -> tuple[_Row, _Row]:
    if kept.kind is not merged.kind:
        raise BadItem(
            "", f"{with_article(merged.kind.value)} cannot be merged into {with_article(kept.kind.value)}"
        )
    if kept.id == merged.id:
        raise BadItem("", "an item cannot be merged into itself")
    return item_edits.present(connection, kept), item_edits.present(connection, merged)


def _filled(kind: ItemKind, stays: _Row, goes: _Row) -> tuple[dict[str, object], str]:
    """Return what the item that stays takes over, and a warning when fewer people see it from now on."""
    filled: dict[str, object] = {}
    for name in item_edits.FIELDS[kind].keys() - _NOT_FILLED:
        if goes[name] in (None, ""):
            continue
        if stays[name] in (None, ""):
            filled[name] = goes[name]
        elif name in _TEXTS and goes[name] not in stays[name]:
            filled[name] = f"{stays[name]}\n\n{goes[name]}"
    if stays.get("value") is None and goes.get("value") is not None:
        filled |= {"value": goes["value"], "currency": goes["currency"]}
    if kind is ItemKind.DEAL and stays["source_lead_id"] is None and goes["source_lead_id"] is not None:
        filled["source_lead_id"] = goes["source_lead_id"]
    if _WIDTH.get(goes["visible_to"], 0) >= _WIDTH.get(stays["visible_to"], 0):
        return filled, ""
    name = stays["title" if kind.fills_the_slot else "name"]
    who = {"owner": "its owner", "team": "its team"}[goes["visible_to"]]
    filled["visible_to"] = goes["visible_to"]
    return filled, f"{name} is now seen by {who} alone, as the other was"


def _named(connection: sqlite3.Connection, kept: ItemRef, merged: ItemRef) -> Iterable[Change]:
    for reference in _NAMED_BY[kept.kind].split():
        table, column = reference.split(".")
        for key in _keys(connection, table, f"{column} = ?", (merged.id,)):
            yield Change(table, key, {column: kept.id})


def _referring(connection: sqlite3.Connection, kept: ItemRef, merged: ItemRef) -> Iterable[Change]:
    of_item = ("item_kind = ? AND item_id = ?", (merged.kind.value, merged.id))
    for table in _REFERRING:
        where = f"{of_item[0]} AND slot <> 'item'" if table == "item_link" else of_item[0]
        for key in _keys(connection, table, where, of_item[1]):
            yield Change(table, key, {"item_id": kept.id})
    for key in _keys(connection, "external_ref", "kind = ? AND local_id = ?", of_item[1]):
        yield Change("external_ref", key, {"local_id": kept.id})


def _marks(connection: sqlite3.Connection, kept: ItemRef, merged: ItemRef) -> Iterable[Change]:
    for table in _MARKING:
        for row in _rows(connection, table, "item_kind = ? AND item_id = ?", (merged.kind.value, merged.id)):
            yield from _moved(connection, table, row, {"item_id": kept.id})


def _parts(connection: sqlite3.Connection, kept: ItemRef, merged: ItemRef) -> Iterable[Change]:
    for table, owner in _PARTS.get(kept.kind, ()):
        has_primary = (
            bool(_rows(connection, table, f"{owner} = ? AND is_primary", (kept.id,)))
            if table in _LED
            else False
        )
        for row in _rows(connection, table, f"{owner} = ?", (merged.id,)):
            changes: dict[str, object] = {owner: kept.id}
            if has_primary:
                changes["is_primary"] = 0
            yield from _moved(connection, table, row, changes)


_LED: Final = ("person_email", "person_phone")


def _moved(
    connection: sqlite3.Connection, table: str, row: _Row, changes: Mapping[str, object]
) -> Iterable[Change]:
    """Return what takes a row from one item to the other, which may have one like it already."""
    names = crm_changes.KEYS[table]
    new = {**row, **changes}
    key = {name: new[name] for name in names}
    yield Change(table, {name: row[name] for name in names}, None)
    if crm_changes.read(connection, table, key) is None:
        yield Change(table, key, {name: value for name, value in new.items() if name not in names})


def _products(connection: sqlite3.Connection, kept: ItemRef, merged: ItemRef) -> Iterable[Change]:
    """Return what moves the products of a deal; of the same at the same price there is as much as of both."""
    if kept.kind is not ItemKind.DEAL:
        return
    lines = {row["product_id"]: row for row in _rows(connection, "deal_product", "deal_id = ?", (kept.id,))}
    for row in _rows(connection, "deal_product", "deal_id = ?", (merged.id,)):
        same = lines.get(row["product_id"])
        if same is None:
            last = max((line["position"] for line in lines.values()), default=0)
            yield from _moved(
                connection, "deal_product", row, {"deal_id": kept.id, "position": last + row["position"]}
            )
        elif all(same[name] == row[name] for name in ("price", "discount", "tax")):
            quantity = Decimal(same["quantity"]) + Decimal(row["quantity"])
            key = {"deal_id": kept.id, "product_id": row["product_id"]}
            yield Change("deal_product", key, {"quantity": f"{quantity:f}"})


def _left_behind(connection: sqlite3.Connection, kept: ItemRef, merged: ItemRef) -> str:
    if kept.kind is not ItemKind.DEAL:
        return ""
    rows = connection.execute(
        "SELECT p.name FROM deal_product k JOIN deal_product m ON m.product_id = k.product_id AND m.deal_id = ?"
        " JOIN product p ON p.id = k.product_id WHERE k.deal_id = ?"
        " AND (k.price IS NOT m.price OR k.discount IS NOT m.discount OR k.tax IS NOT m.tax) ORDER BY 1",
        (merged.id, kept.id),
    ).fetchall()
    names = ", ".join(name for (name,) in rows)
    return f"both have {names} at different prices: it stays as it was" if names else ""


def _rows(
    connection: sqlite3.Connection, table: str, where: str, values: tuple[str, ...]
) -> list[dict[str, Any]]:
    order = ", ".join(crm_changes.KEYS[table])
    found = connection.execute(f"SELECT * FROM {table} WHERE {where} ORDER BY {order}", values)  # noqa: S608 - our own names
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _keys(
    connection: sqlite3.Connection, table: str, where: str, values: tuple[str, ...]
) -> list[dict[str, Any]]:
    names = crm_changes.KEYS[table]
    return [{name: row[name] for name in names} for row in _rows(connection, table, where, values)]
