"""Where a large import puts together what it is about to write, outside memory and outside the store.

The store is only read until carry_out() writes all of it in one transaction; a dry run never gets there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from store.crm import item_index, records
from store.crm.items import ItemKind, ItemRef

Values = dict[str, Any]
_Item = tuple[str, Values, dict[str, list[Values]]]
"""The id of a row, its columns and its parts."""
_CHUNK: Final = 500

_SCHEMA: Final = """
PRAGMA journal_mode=MEMORY;
PRAGMA synchronous=OFF;
PRAGMA cache_size=-64000;
CREATE TABLE staged (tbl TEXT NOT NULL, id TEXT NOT NULL, is_new INTEGER NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (tbl, id)) WITHOUT ROWID;
CREATE TABLE name (sort TEXT NOT NULL, text TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (sort, text, id)) WITHOUT ROWID;
CREATE TABLE ref (kind TEXT NOT NULL, external_id TEXT NOT NULL, local_id TEXT NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY (kind, external_id)) WITHOUT ROWID;
CREATE INDEX ref_local ON ref (kind, local_id);
CREATE TABLE seen (kind TEXT NOT NULL, external_id TEXT NOT NULL, line INTEGER NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY (kind, external_id)) WITHOUT ROWID;
"""
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
_ORDER: Final = [
    "label",
    "custom_field",
    "organization",
    "person",
    "product",
    "lead",
    "deal",
    "project",
    "activity",
    "note",
]
"""The tables in the order in which their rows refer to each other."""
PARTS: Final = {
    "person_email": ("person_id", "email"),
    "person_phone": ("person_id", "phone"),
    "organization_domain": ("organization_id", "domain"),
    "deal_participant": ("deal_id", "person_id"),
    "item_label": ("item_id", "label_id"),
    "custom_value": ("item_id", "field_id"),
}
"""Of each table of parts the column of whose part it is, and the one that tells its parts apart."""
_OF_KIND: Final = {
    "person": ("person_email", "person_phone", "item_label", "custom_value"),
    "organization": ("organization_domain", "item_label", "custom_value"),
    "deal": ("deal_participant", "item_label", "custom_value"),
    "lead": ("item_label", "custom_value"),
    "project": ("item_label", "custom_value"),
}
_IN_STORE: Final = {
    "email": (
        "SELECT e.person_id FROM person_email e JOIN person p ON p.id = e.person_id AND p.deleted_at IS NULL"
        " WHERE e.email = ? ORDER BY p.created_at, p.id LIMIT 20"
    ),
    "domain": (
        "SELECT d.organization_id FROM organization_domain d JOIN organization o ON o.id = d.organization_id"
        " AND o.deleted_at IS NULL WHERE d.domain = ? ORDER BY o.created_at, o.id LIMIT 20"
    ),
}
# Names have no index in the store: those of a sort are read once, when the first is asked for.
_NAMES: Final = {
    "person": "SELECT name, id FROM person WHERE deleted_at IS NULL",
    "organization": "SELECT name, id FROM organization WHERE deleted_at IS NULL",
    "product": "SELECT name, id FROM product WHERE deleted_at IS NULL",
    "code": "SELECT code, id FROM product WHERE deleted_at IS NULL AND code <> ''",
    "deal": "SELECT title, id FROM deal WHERE deleted_at IS NULL",
    "lead": "SELECT title, id FROM lead WHERE deleted_at IS NULL",
    "project": "SELECT title, id FROM project WHERE deleted_at IS NULL",
    "label": "SELECT name, id FROM label",  # names of deleted ones are taken too
    **{
        f"field of {kind}": f"SELECT name, id FROM custom_field WHERE deleted_at IS NULL AND item_kind = '{kind}'"  # noqa: S608 - our own words
        for kind in (*_OF_KIND, "activity", "product", "note")
    },
}


@dataclass(slots=True)
class Staged:
    """A row as it is going to be. `parts` are only those to be added; `values` only what changes where it is not new."""

    values: Values
    parts: dict[str, list[Values]] = field(default_factory=dict)
    is_new: bool = True


class Staging:
    """What one import is about to write. Use it as a context, in one thread."""

    def __init__(self, connection: sqlite3.Connection, system: str) -> None:
        self._store = connection
        self._system = system
        self._temp = sqlite3.connect(
            "", isolation_level=None
        )  # a file without a name, gone when it is closed
        self._temp.executescript(_SCHEMA)
        self._temp.execute("BEGIN")
        self._have: set[str] = set()

    def __enter__(self) -> Staging:
        """Return the staging."""
        return self

    def __exit__(self, *_: object) -> None:
        """Forget everything."""
        self._temp.close()

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Take back all that the block staged when it raises: no row comes in by half."""
        have = set(self._have)
        self._temp.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self._temp.execute("ROLLBACK TO part")
            self._have = have
            raise
        finally:
            self._temp.execute("RELEASE part")

    # -- looking for what there is

    def find(self, sort: str, text: str) -> list[str]:
        """Return the ids that have an address, a domain or, word for word but for case, a name; the oldest first."""
        wanted = " ".join(text.split()).casefold()
        found: list[str] = []
        if sort in _IN_STORE:
            found = [row[0] for row in self._store.execute(_IN_STORE[sort], (wanted,)).fetchall()]
        else:
            self._load(sort)
        rows = self._temp.execute("SELECT id FROM name WHERE sort = ? AND text = ? LIMIT 50", (sort, wanted))
        return list(dict.fromkeys([*found, *(row[0] for row in rows)]))

    def _load(self, sort: str) -> None:
        if sort not in self._have:
            self._have.add(sort)
            rows = self._store.execute(_NAMES[sort])
            self._temp.executemany(
                "INSERT OR IGNORE INTO name VALUES (?, ?, ?)",
                ((sort, " ".join(name.split()).casefold(), item_id) for name, item_id in rows),
            )

    def name(self, sort: str, text: str, row_id: str) -> None:
        """Let find() know a row by a text."""
        wanted = " ".join(text.split()).casefold()
        if sort not in _IN_STORE:
            self._load(sort)
        self._temp.execute("INSERT OR IGNORE INTO name VALUES (?, ?, ?)", (sort, wanted, row_id))

    def ref(self, kind: str, external_id: str) -> records.Known | None:
        """Return the row that has this id where it comes from."""
        row = self._temp.execute(
            "SELECT local_id, hash FROM ref WHERE kind = ? AND external_id = ?", (kind, external_id)
        ).fetchone()
        if row is None:
            row = self._store.execute(
                "SELECT local_id, hash FROM external_ref WHERE system = ? AND kind = ? AND external_id = ?",
                (self._system, kind, external_id),
            ).fetchone()
        return None if row is None else records.Known(*row)

    def other_ref(self, kind: str, local_id: str) -> bool:
        """Say whether a row is known by an id of where the import comes from; those with a tilde were made here."""
        return (
            self._temp.execute(
                "SELECT 1 FROM ref WHERE kind = ? AND local_id = ? AND external_id NOT LIKE '~%' LIMIT 1",
                (kind, local_id),
            ).fetchone()
            or self._store.execute(
                "SELECT 1 FROM external_ref WHERE kind = ? AND local_id = ? AND system = ?"
                " AND external_id NOT LIKE '~%' LIMIT 1",
                (kind, local_id, self._system),
            ).fetchone()
        ) is not None

    def seen(self, kind: str, external_id: str, line: int, digest: bytes) -> tuple[int, bytes] | None:
        """Return the line that had the id before and what it was, None when this is the first."""
        row = self._temp.execute(
            "SELECT line, hash FROM seen WHERE kind = ? AND external_id = ?", (kind, external_id)
        ).fetchone()
        if row is None:
            self._temp.execute("INSERT INTO seen VALUES (?, ?, ?, ?)", (kind, external_id, line, digest))
        return None if row is None else (row[0], row[1])

    def row(self, table: str, row_id: str) -> Values | None:
        """Return the columns of a row as it is now or is going to be, None when there is none."""
        staged = self.staged(table, row_id)
        if staged is not None and staged.is_new:
            return staged.values
        found = self._store.execute(f'SELECT * FROM "{_known(table)}" WHERE id = ?', (row_id,))  # noqa: S608 - a known name
        row = found.fetchone()
        if row is None:
            return None
        values = dict(zip((column[0] for column in found.description), row, strict=True))
        return values | (staged.values if staged else {})

    def parts(self, table: str, row_id: str, part: str) -> dict[str, Values]:
        """Return the parts a row has or is going to have, by what tells them apart."""
        owner, key = PARTS[part]
        found = self._store.execute(f'SELECT * FROM "{part}" WHERE "{owner}" = ? LIMIT 1000', (row_id,))  # noqa: S608 - names of PARTS
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        staged = self.staged(table, row_id)
        rows += staged.parts.get(part, []) if staged else []
        return {row[key]: row for row in rows}

    # -- what is going to be

    def staged(self, table: str, row_id: str) -> Staged | None:
        """Return what is going to be of a row, None when nothing is."""
        row = self._temp.execute(
            "SELECT is_new, data FROM staged WHERE tbl = ? AND id = ?", (table, row_id)
        ).fetchone()
        if row is None:
            return None
        found = json.loads(row[1])
        return Staged(found[0], found[1], bool(row[0]))

    def put(self, table: str, row_id: str, staged: Staged) -> None:
        """Let a row be so, in place of what was staged of it before."""
        self._temp.execute(
            "INSERT OR REPLACE INTO staged VALUES (?, ?, ?, ?)",
            (
                _known(table),
                row_id,
                int(staged.is_new),
                _ENCODE([staged.values, staged.parts]),
            ),
        )

    def put_ref(self, kind: str, external_id: str, local_id: str, digest: bytes) -> None:
        """Let a row be known by the id it has where it comes from."""
        self._temp.execute(
            "INSERT OR REPLACE INTO ref VALUES (?, ?, ?, ?)", (kind, external_id, local_id, digest)
        )

    # -- the end

    def is_empty(self) -> bool:
        """Say whether there is nothing to write."""
        return not self._temp.execute(
            "SELECT (SELECT count(*) FROM staged LIMIT 1) + (SELECT count(*) FROM ref LIMIT 1)"
        ).fetchone()[0]

    def carry_out(self, connection: sqlite3.Connection, now: int) -> None:
        """Write everything, inside a write transaction; the link picker's index follows."""
        for table in _ORDER:
            for chunk in _chunks(self._of(table, is_new=True)):
                records.save(connection, table, _whole(chunk, now))
                _follow(connection, table, chunk)
            for chunk in _chunks(self._of(table, is_new=False)):
                for row_id, values, _ in chunk:
                    records.update(connection, table, row_id, {**values, "updated_at": now})
                _follow(connection, table, chunk)
        self._save_refs(connection)

    def _of(self, table: str, *, is_new: bool) -> Iterator[_Item]:
        rows = self._temp.execute(
            "SELECT id, data FROM staged WHERE tbl = ? AND is_new = ? ORDER BY id", (table, is_new)
        )
        for row_id, text in rows:
            values, parts = json.loads(text)
            yield row_id, values, parts

    def _save_refs(self, connection: sqlite3.Connection) -> None:
        rows = self._temp.execute("SELECT kind, external_id, local_id, hash FROM ref")
        for chunk in _chunks(rows):
            records.save(
                connection,
                "external_ref",
                [
                    {
                        "system": self._system, "kind": kind, "external_id": external_id, "local_id": local_id,
                        "hash": digest,
                    }
                    for kind, external_id, local_id, digest in chunk
                ],
            )  # fmt: skip


def _known(table: str) -> str:
    if table not in _ORDER:
        raise ValueError(table)
    return table


def _chunks(rows: Any) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _whole(items: list[_Item], now: int) -> list[Values]:
    names = sorted({name for _, values, _ in items for name in values})
    stamps = {"created_at": now, "updated_at": now}
    found = []
    for row_id, values, _ in items:
        stamped = {
            **stamps,
            **{name: value for name, value in values.items() if value is not None or name not in stamps},
        }
        found.append(
            {**{name: stamped.get(name) for name in names}, **{n: stamped[n] for n in stamps}, "id": row_id}
        )
    return found


def _follow(connection: sqlite3.Connection, table: str, items: list[_Item]) -> None:
    """Write what belongs to rows, and what the link picker searches of them."""
    _add_parts(connection, table, items)
    if table in set(ItemKind):
        item_index.reindex_items(connection, [ItemRef(ItemKind(table), row_id) for row_id, _, _ in items])


def _add_parts(connection: sqlite3.Connection, table: str, items: list[_Item]) -> None:
    for part in _OF_KIND.get(table, ()):
        owner = PARTS[part][0]
        rows = [
            {**row, owner: row_id, **({"item_kind": table} if owner == "item_id" else {})}
            for row_id, _, parts in items
            for row in parts.get(part, ())
        ]
        records.save(connection, part, rows)
