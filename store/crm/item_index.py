"""What the link picker searches: every item by its folded words, kept in step with the CRM's rows."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from mail.folding import fold_for_index
from store.crm.items import ItemKind, ItemRef

_WORK: Final = (
    "SELECT '{0}', i.id, (CASE WHEN {1} THEN 2 ELSE 0 END << 40) + i.created_at,"
    " i.title || ' ' || coalesce(p.name, '') || ' ' || coalesce(o.name, '') FROM {0} i LEFT JOIN person p ON p.id = i.person_id"
    " LEFT JOIN organization o ON o.id = coalesce(i.org_id, p.org_id) WHERE i.deleted_at IS NULL"
)
_WORDS: Final = {
    ItemKind.DEAL: _WORK.format("deal", "i.status = 'open' AND i.archived_at IS NULL"),
    ItemKind.LEAD: _WORK.format("lead", "i.status = 'open'"),
    ItemKind.PROJECT: _WORK.format("project", "i.status = 'open' AND i.archived_at IS NULL"),
    ItemKind.PERSON: (
        "SELECT 'person', i.id, (1 << 40) + i.created_at, i.name || ' ' || coalesce(o.name, '') || ' ' ||"
        " coalesce((SELECT group_concat(email, ' ') FROM person_email WHERE person_id = i.id), '') FROM person i"
        " LEFT JOIN organization o ON o.id = i.org_id WHERE i.deleted_at IS NULL"
    ),
    ItemKind.ORGANIZATION: (
        "SELECT 'organization', i.id, (1 << 40) + i.created_at, i.name || ' ' || coalesce((SELECT"
        " group_concat(domain, ' ') FROM organization_domain WHERE organization_id = i.id), '') FROM organization i"
        " WHERE i.deleted_at IS NULL"
    ),
}
_TELL_APART_BITS: Final = 20


def reindex(connection: sqlite3.Connection) -> None:
    """Bring the whole index up to date, as after an import; only what differs is written."""
    rows = connection.execute("SELECT item_kind, item_id, number, words FROM item_index").fetchall()
    used = {row[2] for row in rows}
    wanted = connection.execute(" UNION ALL ".join(_WORDS.values())).fetchall()
    _write(connection, rows, wanted, used)


def reindex_items(connection: sqlite3.Connection, refs: Iterable[ItemRef]) -> None:
    """Bring the index up to date with these items alone, also with ones that are gone."""
    ids: dict[ItemKind, list[str]] = defaultdict(list)
    for ref in sorted(set(refs)):
        ids[ref.kind].append(ref.id)
    for kind, some in ids.items():
        chosen = json.dumps(some)
        rows = connection.execute(
            "SELECT x.item_kind, x.item_id, x.number, x.words FROM json_each(?) j CROSS JOIN item_index x"
            " ON x.item_kind = ? AND x.item_id = j.value",
            (chosen, kind.value),
        ).fetchall()
        wanted = connection.execute(
            _WORDS[kind] + " AND i.id IN (SELECT value FROM json_each(?))",  # noqa: S608 - our own text
            (chosen,),
        ).fetchall()
        _write(connection, rows, wanted, None)


def add_items(connection: sqlite3.Connection, kind: ItemKind, item_ids: Sequence[str]) -> None:
    """Index items that are new, in their order: as reindex_items() would, with fewer questions."""
    rows = connection.execute(
        _WORDS[kind] + " AND i.id IN (SELECT value FROM json_each(?))",  # noqa: S608 - our own text
        (json.dumps(item_ids),),
    ).fetchall()
    of = {item_id: (rank, fold_for_index(text)) for _, item_id, rank, text in rows}
    free: dict[int, int] = {}
    entries = [
        (_next(connection, of[item_id][0], free), kind.value, item_id, of[item_id][1])
        for item_id in item_ids
        if item_id in of
    ]
    # One statement: between two that set off a trigger FTS5 writes down what it has, which takes three times as long.
    connection.execute(
        "INSERT INTO item_index (number, item_kind, item_id, words)"
        " SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?) WHERE true"
        " ON CONFLICT (item_kind, item_id) DO UPDATE SET words = excluded.words",
        (json.dumps(entries),),
    )


def _next(connection: sqlite3.Connection, rank: int, free: dict[int, int]) -> int:
    """Take the number after the last one of a rank, or of one soon after it; `free` keeps which that is."""
    while True:
        start, end = rank << _TELL_APART_BITS, rank + 1 << _TELL_APART_BITS
        if rank not in free:
            (last,) = connection.execute(
                "SELECT max(number) FROM item_index WHERE number >= ? AND number < ?", (start, end)
            ).fetchone()
            free[rank] = start if last is None else last + 1
        if free[rank] < end:
            free[rank] += 1
            return free[rank] - 1
        rank += 1


def named_after(connection: sqlite3.Connection, ref: ItemRef) -> list[ItemRef]:
    """Return the items whose words have the name of this person or organization in them."""
    queries = _NAMED_AFTER.get(ref.kind, ())
    return [
        ItemRef(ItemKind(kind), item_id)
        for query in queries
        for kind, item_id in connection.execute(query, (ref.id,)).fetchall()
    ]


_NAMED_AFTER: Final = {
    ItemKind.PERSON: tuple(
        f"SELECT '{work}', id FROM {work} WHERE person_id = ?"  # noqa: S608 - our own tables
        for work in ("deal", "lead", "project")
    ),
    ItemKind.ORGANIZATION: (
        "SELECT 'person', id FROM person WHERE org_id = ?",
        *(
            f"SELECT '{work}', id FROM {work} WHERE org_id = ?1 UNION SELECT '{work}', i.id FROM person p"  # noqa: S608 - our own tables
            f" CROSS JOIN {work} i ON i.person_id = p.id WHERE p.org_id = ?1"
            for work in ("deal", "lead", "project")
        ),
    ),
}

_Indexed = tuple[str, str, int, str]
"""Kind and id of an item, its number (or the rank that begins it), its words."""


def _write(
    connection: sqlite3.Connection,
    rows: Iterable[_Indexed],
    wanted: Iterable[_Indexed],
    used: set[int] | None,
) -> None:
    """Let `rows` of the index become what is wanted of the same items; `used` are all numbers taken, None asks."""
    indexed = {(kind, item_id): (number, words) for kind, item_id, number, words in rows}
    changed = []
    for kind, item_id, rank, text in wanted:
        words = fold_for_index(text)
        number, known_words = indexed.get((kind, item_id), (-1, ""))
        if number >> _TELL_APART_BITS == rank and known_words == words:
            del indexed[kind, item_id]
        else:
            changed.append((rank, kind, item_id, words))
    connection.executemany(
        "DELETE FROM item_index WHERE number = ?", [(number,) for number, _ in indexed.values()]
    )
    for rank, kind, item_id, words in changed:
        connection.execute(
            "INSERT INTO item_index (number, item_kind, item_id, words) VALUES (?, ?, ?, ?)",
            (_number(connection, rank, item_id, used), kind, item_id, words),
        )


def _number(connection: sqlite3.Connection, rank: int, item_id: str, used: set[int] | None) -> int:
    number = rank << _TELL_APART_BITS | zlib.crc32(item_id.encode()) >> (32 - _TELL_APART_BITS)
    while _is_taken(connection, number, used):
        number += 1
    if used is not None:
        used.add(number)
    return number


def _is_taken(connection: sqlite3.Connection, number: int, used: set[int] | None) -> bool:
    if used is not None:
        return number in used
    row = connection.execute("SELECT 1 FROM item_index WHERE number = ?", (number,)).fetchone()
    return row is not None
