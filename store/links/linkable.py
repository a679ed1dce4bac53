"""Deals, leads and projects as linking looks at them: when they were open, and whom they are about."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from store.crm.items import ItemKind, ItemRef
from store.links.facts import Item, Person

_LONGEST_CHAIN: Final = 20
"""Of items merged into others that were merged in turn."""


class _Row(NamedTuple):
    """An item's own times, as its table has them."""

    kind: str
    id: str
    person_id: str | None
    created_at: int
    status: str
    finished_at: int | None
    archived_at: int | None
    deleted_at: int | None
    successor: str | None


# What an item became: of a lead that was converted, its deal.
_COLUMNS: Final = {
    ItemKind.DEAL: (
        "i.created_at, i.status, CASE i.status WHEN 'won' THEN i.won_at WHEN 'lost' THEN i.lost_at END,"
        " i.archived_at, i.deleted_at, 'deal:' || i.merged_into"
    ),
    ItemKind.LEAD: (
        "i.created_at, i.status, i.closed_at, NULL, i.deleted_at,"
        " coalesce('lead:' || i.merged_into, 'deal:' || i.converted_deal_id)"
    ),
    ItemKind.PROJECT: (
        "i.created_at, i.status, i.closed_at, i.archived_at, i.deleted_at, 'project:' || i.merged_into"
    ),
}
_JOINS: Final = (
    (ItemKind.DEAL, "CROSS JOIN deal i ON i.person_id = j.value"),
    (
        ItemKind.DEAL,
        "CROSS JOIN deal_participant q ON q.person_id = j.value CROSS JOIN deal i ON i.id = q.deal_id",
    ),
    (ItemKind.LEAD, "CROSS JOIN lead i ON i.person_id = j.value"),
    (ItemKind.PROJECT, "CROSS JOIN project i ON i.person_id = j.value"),
)
_OF_PERSONS: Final = " UNION ALL ".join(
    f"SELECT '{kind.value}', i.id, j.value, {_COLUMNS[kind]} FROM json_each(?1) j {join}"  # noqa: S608 - our own text
    for kind, join in _JOINS
)
_BY_ID: Final = {
    kind: (
        f"SELECT '{kind.value}', i.id, i.person_id, {columns} FROM json_each(?1) j"  # noqa: S608 - our own text
        f" CROSS JOIN {kind.value} i ON i.id = j.value"
    )
    for kind, columns in _COLUMNS.items()
}


def of_persons(connection: sqlite3.Connection, person_ids: Iterable[str]) -> dict[str, tuple[Item, ...]]:
    """Return the items about each person: whose person they are, or who takes part in them."""
    rows = connection.execute(_OF_PERSONS, (json.dumps(sorted(set(person_ids))),)).fetchall()
    made = _made(connection, map(_Row._make, rows))
    found: dict[str, dict[ItemRef, Item]] = {}
    for (kind, item_id, person_id, *_), item in made:
        found.setdefault(person_id or "", {})[ItemRef(ItemKind(kind), item_id)] = item
    return {person_id: tuple(items.values()) for person_id, items in found.items()}


def by_ref(connection: sqlite3.Connection, refs: Collection[ItemRef]) -> dict[ItemRef, Item]:
    """Return items by what names them now; one that is gone altogether is closed for ever."""
    rows: list[_Row] = []
    for kind, query in _BY_ID.items():
        if ids := [ref.id for ref in refs if ref.kind is kind]:
            rows += map(_Row._make, connection.execute(query, (json.dumps(ids),)).fetchall())
    found = {ItemRef(ItemKind(row.kind), row.id): item for row, item in _made(connection, rows)}
    return {ref: replace(found[ref], ref=ref) if ref in found else Item(ref, 0, 0) for ref in refs}


def _made(connection: sqlite3.Connection, rows: Iterable[_Row]) -> list[tuple[_Row, Item]]:
    every = list(rows)
    closed = _closed_periods(connection, every)
    survivors = _survivors(connection, {row.successor for row in every if row.successor})
    return [
        (
            row,
            Item(
                survivors[row.successor] if row.successor else ItemRef(ItemKind(row.kind), row.id),
                row.created_at,
                _closed_at(row),
                closed.get((row.kind, row.id), ()),
            ),
        )
        for row in every
    ]


def _closed_at(row: _Row) -> int | None:
    """Return since when an item is not worked on; one that was closed nobody knows when never was."""
    ends = [at for at in (row.archived_at, row.deleted_at) if at is not None]
    if row.status != "open":
        ends.append(row.finished_at or 0)
    return min(ends, default=None)


def _closed_periods(
    connection: sqlite3.Connection, rows: Collection[_Row]
) -> Mapping[tuple[str, str], tuple[tuple[int, int], ...]]:
    if connection.execute("SELECT 1 FROM closed_period LIMIT 1").fetchone() is None:
        return {}
    found: dict[tuple[str, str], tuple[tuple[int, int], ...]] = {}
    for kind, item_id, since, until in connection.execute(
        "SELECT item_kind, item_id, closed_at, reopened_at FROM json_each(?) j CROSS JOIN closed_period"
        " ON item_kind = j.value ->> 0 AND item_id = j.value ->> 1",
        (json.dumps(sorted({(row.kind, row.id) for row in rows})),),
    ).fetchall():
        found[kind, item_id] = (*found.get((kind, item_id), ()), (since, until))
    return found


def _survivors(connection: sqlite3.Connection, names: Iterable[str]) -> dict[str, ItemRef]:
    """Return what has become of items, by `kind:id`."""
    found: dict[str, ItemRef] = {}
    for name in names:
        kind, _, item_id = name.partition(":")
        ref = ItemRef(ItemKind(kind), item_id)
        for _ in range(_LONGEST_CHAIN):
            row = connection.execute(_BY_ID[ref.kind], (json.dumps([ref.id]),)).fetchone()
            successor = None if row is None else _Row._make(row).successor
            if successor is None:
                break
            kind, _, item_id = successor.partition(":")
            ref = ItemRef(ItemKind(kind), item_id)
        found[name] = ref
    return found


def persons(connection: sqlite3.Connection, emails: Iterable[str]) -> dict[str, tuple[Person, ...]]:
    """Return the persons that have each address."""
    found: dict[str, tuple[Person, ...]] = {}
    for email, person_id, org_id in connection.execute(
        "SELECT e.email, p.id, p.org_id FROM json_each(?) j CROSS JOIN person_email e ON e.email = j.value"
        " CROSS JOIN person p ON p.id = e.person_id WHERE p.deleted_at IS NULL ORDER BY p.id",
        (json.dumps(sorted(set(emails))),),
    ).fetchall():
        found[email] = (*found.get(email, ()), Person(person_id, org_id))
    return found
