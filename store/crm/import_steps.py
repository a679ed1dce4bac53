"""The steps of an import: some rows each, which go into the store together and can be taken out again.

A step is JSON, so that a process that was not there when it was planned can carry it out. There are three kinds: items
that are new, items that change, and plain rows that belong to no item.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from store.crm import changes as crm_changes
from store.crm import item_index
from store.crm.items import ItemKind, ItemRef
from store.steps import Step

Values = dict[str, Any]
Parts = Mapping[str, Sequence[Values]]
New = tuple[str, Values, Parts]
"""The id of a row, its columns and its parts."""
Changed = tuple[str, Values, Values, Parts, Parts]
"""The id of a row, what its columns become, what they are so far, its parts that come, and those that change or go."""

PARTS: Final = {
    "person_email": ("person_id", "email"),
    "person_phone": ("person_id", "phone"),
    "organization_domain": ("organization_id", "domain"),
    "deal_participant": ("deal_id", "person_id"),
    "deal_product": ("deal_id", "product_id"),
    "item_label": ("item_id", "label_id"),
    "item_follower": ("item_id", "user_id"),
    "custom_value": ("item_id", "field_id"),
    "closed_period": ("item_id", "closed_at"),
}
"""Of each table of parts the column that says whose part it is, and the one that tells its parts apart."""
ORDER: Final = (
    "workspace_user", "pipeline", "stage", "phase", "label", "custom_field", "organization", "person", "product", "lead", "deal",
    "project", "activity", "note", "crm_exception",
)  # fmt: skip
"""The tables in the order in which their rows refer to each other."""
KEYS: Final = {**crm_changes.KEYS, "audit": ("id",)}
"""The tables that steps write, and what tells their rows apart."""
_NAMING: Final = {"person": {"name", "org_id"}, "organization": {"name"}}
# A row it hangs on is gone, or what it is called by belongs to another now.
_OVERTAKEN: Final = (sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE)
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


def of_new(table: str, items: Sequence[New], now: int) -> str:
    """Return the step that brings rows in which are not here yet; those that do not say since when are from `now`."""
    return of_encoded(table, [_ENCODE(item) for item in items], now)


def of_encoded(table: str, items: Iterable[str], now: int) -> str:
    """Return the same from rows that are JSON already."""
    return f'{{"kind": "new", "table": "{table}", "now": {now}, "items": [{", ".join(items)}]}}'


def of_changed(table: str, items: Sequence[Changed]) -> str:
    """Return the step that changes rows where they still are as they were."""
    return _ENCODE({"kind": "changed", "table": table, "items": items})


def of_rows(table: str, rows: Sequence[Values], before: Sequence[Values] = ()) -> str:
    """Return the step that puts rows in the place of those with the same key, which were as `before` says."""
    return _ENCODE({"kind": "rows", "table": table, "rows": _written(rows), "before": _written(before)})


def of_history(rows: Sequence[Values]) -> str:
    """Return the step that adds lines to what timelines tell, but for those that are there."""
    return _ENCODE({"kind": "history", "table": "audit", "rows": rows})


def _written(rows: Sequence[Values]) -> list[Values]:
    return [{n: v.hex() if isinstance(v, bytes) else v for n, v in row.items()} for row in rows]


# -- into the store


def carry_out(connection: sqlite3.Connection, text: str) -> int:
    """Write a step inside a write transaction, and return how many rows have no place any more.

    That is so where somebody took away meanwhile what they hang on, or gave their name to another.
    """
    step = json.loads(text)
    table, left = _known(step["table"]), 0
    match step["kind"]:
        case "new":
            left = _put(connection, table, [_stamped(item, step["now"]) for item in step["items"]])
            left += _put_parts(connection, table, [(row_id, parts) for row_id, _, parts in step["items"]])
            if table in set(ItemKind):
                item_index.add_items(connection, ItemKind(table), [item[0] for item in step["items"]])
        case "changed":
            left = _change(connection, table, step["items"])
        case "rows":
            left = _put(connection, table, [_read(row) for row in step["rows"]])
        case _:
            _tell(connection, step["rows"])
    return left


def _stamped(item: New, now: int) -> Values:
    row_id, values, _ = item
    stamps = {name: values.get(name) or now for name in ("created_at", "updated_at")}
    return {**values, **stamps, "id": row_id}


def _known(table: str) -> str:
    if table not in KEYS:
        raise ValueError(table)
    return table


def _read(row: Values) -> Values:
    return {**row, "hash": bytes.fromhex(row["hash"])} if "hash" in row else row


def _put(connection: sqlite3.Connection, table: str, rows: Iterable[Values]) -> int:
    alike: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        alike[tuple(row)].append(tuple(row.values()))
    return sum(_execute(connection, _upsert(table, names), some) for names, some in alike.items())


def _execute(connection: sqlite3.Connection, query: str, rows: list[tuple[Any, ...]]) -> int:
    try:
        connection.executemany(query, rows)
    except sqlite3.IntegrityError:
        return sum(not _is_executed(connection, query, row) for row in rows)
    return 0


def _is_executed(connection: sqlite3.Connection, query: str, row: tuple[Any, ...]) -> bool:
    try:
        connection.execute(query, row)
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode not in _OVERTAKEN:
            raise
        return False
    return True


@cache
def _upsert(table: str, names: tuple[str, ...]) -> str:
    keys = KEYS[table]
    updates = [f'"{name}" = excluded."{name}"' for name in names if name not in keys]
    if keys == ("id",):
        updates.append("rev = rev + 1")
    do = f"UPDATE SET {', '.join(updates)}" if updates else "NOTHING"
    columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
    return f'INSERT INTO "{table}" ({columns}) VALUES ({marks}) ON CONFLICT ({", ".join(keys)}) DO {do}'  # noqa: S608 - columns of ours


def _put_parts(connection: sqlite3.Connection, table: str, items: Iterable[tuple[str, Parts]]) -> int:
    rows: dict[str, list[Values]] = defaultdict(list)
    for row_id, parts in items:
        for part, some in parts.items():
            rows[part] += [_owned(table, row_id, part, row) for row in some]
    return sum(_put(connection, part, some) for part, some in rows.items())


def _owned(table: str, row_id: str, part: str, row: Values) -> Values:
    owner = PARTS[part][0]
    return {**row, "item_kind": table, "item_id": row_id} if owner == "item_id" else {**row, owner: row_id}


def _change(connection: sqlite3.Connection, table: str, items: Sequence[Changed]) -> int:
    for row_id, after, before, parts, olds in items:
        if after:
            # What somebody chose since the plan was made stays.
            sets = ", ".join(f'"{name}" = CASE WHEN "{name}" IS ? THEN ? ELSE "{name}" END' for name in after)
            values = [value for name in after for value in (before.get(name), after[name])]
            connection.execute(
                f'UPDATE "{table}" SET {sets}, rev = rev + 1 WHERE id = ?',  # noqa: S608 - columns of ours
                [*values, row_id],
            )
        for part, row in _gone(parts, olds):
            _delete(connection, part, _owned(table, row_id, part, row))
    left = _put_parts(connection, table, [(item[0], item[3]) for item in items])
    if table in set(ItemKind):
        refs = [ItemRef(ItemKind(table), item[0]) for item in items]
        renamed = [
            ref
            for ref, item in zip(refs, items, strict=True)
            if not _NAMING.get(table, set()).isdisjoint(item[1])
        ]
        refs += [each for ref in renamed for each in item_index.named_after(connection, ref)]
        item_index.reindex_items(connection, refs)
    return left


def _gone(parts: Parts, olds: Parts) -> Iterator[tuple[str, Values]]:
    for part, rows in olds.items():
        key = PARTS[part][1]
        stay = {row[key] for row in parts.get(part, ())}
        yield from ((part, row) for row in rows if row[key] not in stay)


def _delete(connection: sqlite3.Connection, table: str, row: Values) -> None:
    keys = KEYS[table]
    where = " AND ".join(f'"{name}" = ?' for name in keys)
    connection.execute(f'DELETE FROM "{table}" WHERE {where}', [row[name] for name in keys])  # noqa: S608 - names of KEYS


_LINE: Final = "at = ? AND by_user = ? AND what = ? AND object = ? AND details = ?"
_IF_NEW: Final = f" WHERE NOT EXISTS (SELECT 1 FROM audit WHERE {_LINE})"  # noqa: S608 - our own words


def _tell(connection: sqlite3.Connection, rows: Sequence[Values]) -> None:
    for row in rows:
        values = [row[name] for name in ("at", "by_user", "what", "object", "details")]
        connection.execute(
            f"INSERT INTO audit (at, by_user, what, object, details) SELECT ?, ?, ?, ?, ?{_IF_NEW}",
            values * 2,
        )


# -- and out again


def take_back(connection: sqlite3.Connection, text: str, now: int) -> int:
    """Take out what a step brought, but for what somebody changed since; return how many rows stay for that reason.

    An item that something was linked to meanwhile is deleted as users delete, so that the link still leads somewhere.
    """
    step = json.loads(text)
    table = _known(step["table"])
    if step["kind"] == "history":
        return _untell(connection, step["rows"])
    if step["kind"] == "rows":
        for row in step["rows"]:
            _delete(connection, table, row)
        _put(connection, table, [_read(row) for row in step["before"]])
        return 0
    reverse: list[Step] = []
    for item in reversed(step["items"]):
        row_id, after, before, parts, olds = item if len(item) == 5 else (*item[:2], None, item[2], {})
        reverse += _parts_back(table, row_id, parts, olds)
        if after:
            reverse.append(_step(table, {"id": row_id}, after, before))
    left = crm_changes.carry_out(connection, reverse, now)
    if step["kind"] == "new":
        _forget(connection, table, [item[0] for item in step["items"]])
    return left


def _forget(connection: sqlite3.Connection, table: str, row_ids: Sequence[str]) -> None:
    """Let timelines tell nothing of items that never were."""
    gone = f'FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM "{table}" WHERE id = value)'  # noqa: S608 - a known table
    connection.execute(
        f"DELETE FROM audit WHERE object IN (SELECT ? || ':' || value {gone})",  # noqa: S608 - a known table
        (table, json.dumps(row_ids)),
    )


def _untell(connection: sqlite3.Connection, rows: Sequence[Values]) -> int:
    for row in rows:
        if row["is_new"]:
            values = [row[name] for name in ("at", "by_user", "what", "object", "details")]
            connection.execute(f"DELETE FROM audit WHERE {_LINE}", values)  # noqa: S608 - our own words
    return 0


def _parts_back(table: str, row_id: str, parts: Parts, olds: Parts) -> Iterator[Step]:
    for part, rows in parts.items():
        key = PARTS[part][1]
        had = {row[key]: row for row in olds.get(part, ())}
        for row in rows:
            owned = _owned(table, row_id, part, row)
            yield _step(part, owned, owned, had.get(row[key]))
    for part, row in _gone(parts, olds):
        yield _step(part, _owned(table, row_id, part, row), None, _owned(table, row_id, part, row))


def _step(table: str, row: Values, before: Values | None, after: Values | None) -> Step:
    about = {"table": table, "key": {name: row[name] for name in KEYS[table]}}
    return Step(
        crm_changes.FIELD, 0, _ENCODE({**about, "values": before}), _ENCODE({**about, "values": after})
    )
