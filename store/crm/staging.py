"""Where a large import puts together what it is about to write, outside memory and outside the store.

The store is only read. What a row stages stays in memory until flush() writes it down with that of its neighbours, and what
many rows look for is looked up at once: a statement for each row and question would take most of an import's time.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from store.crm import import_steps, records
from store.crm.import_steps import PARTS as PARTS

T = TypeVar("T")
Values = dict[str, Any]
Name = tuple[str, str]
"""A sort of names (email, domain, person, deal ..) and a text."""
Ref = tuple[str, str]
"""A kind, and the id a row has where it comes from."""

_SCHEMA: Final = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
PRAGMA cache_size=-64000;
CREATE TABLE staged (number INTEGER PRIMARY KEY, tbl TEXT NOT NULL, id TEXT NOT NULL, is_new INTEGER NOT NULL, data TEXT NOT NULL,
    UNIQUE (tbl, id));
CREATE TABLE name (sort TEXT NOT NULL, text TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (sort, text, id)) WITHOUT ROWID;
CREATE TABLE ref (kind TEXT NOT NULL, external_id TEXT NOT NULL, local_id TEXT NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY (kind, external_id)) WITHOUT ROWID;
CREATE INDEX ref_local ON ref (kind, local_id) WHERE external_id NOT LIKE '~%';
CREATE TABLE seen (kind TEXT NOT NULL, external_id TEXT NOT NULL, line INTEGER NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY (kind, external_id)) WITHOUT ROWID;
"""
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
_STEP: Final = 40
"""So many rows go into the store together."""
_EMAILS: Final = (
    "SELECT e.email, e.person_id FROM json_each(?) j CROSS JOIN person_email e ON e.email = j.value"
    " JOIN person p ON p.id = e.person_id AND p.deleted_at IS NULL ORDER BY p.created_at, p.id"
)
_DOMAINS: Final = (
    "SELECT d.domain, d.organization_id FROM json_each(?) j CROSS JOIN organization_domain d ON d.domain = j.value"
    " JOIN organization o ON o.id = d.organization_id AND o.deleted_at IS NULL ORDER BY o.created_at, o.id"
)
_IN_STORE: Final = {"email": _EMAILS, "domain": _DOMAINS}
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
        for kind in ("person", "organization", "deal", "lead", "project", "activity", "product", "note")
    },
}
_MOST_ALIKE: Final = 50


@dataclass(slots=True)
class Staged:
    """A row as it is going to be; it is not changed any more once it was put.

    `parts` are only those to be added. Of a row that is not new `values` are what changes, and `before` what they were,
    `olds` the parts in whose place some of `parts` come.
    """

    values: Values
    parts: dict[str, list[Values]] = field(default_factory=dict)
    is_new: bool = True
    before: Values = field(default_factory=dict)
    olds: dict[str, list[Values]] = field(default_factory=dict)


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
        self._loaded: set[str] = set()
        # What was looked up, as it was when flush() came last, and what was staged since.
        self._known_names: dict[Name, tuple[str, ...]] = {}
        self._known_refs: dict[Ref, records.Known | None] = {}
        self._known_seen: dict[Ref, tuple[int, bytes] | None] = {}
        self._names: dict[Name, tuple[str, ...]] = {}
        self._refs: dict[Ref, records.Known] = {}
        self._ref_of: dict[Ref, str] = {}
        self._seen: dict[Ref, tuple[int, bytes]] = {}
        self._staged: dict[tuple[str, str], Staged] = {}
        self._undo: list[tuple[MutableMapping[Any, Any], Any, Any]] = []

    def __enter__(self) -> Staging:
        """Return the staging."""
        return self

    def __exit__(self, *_: object) -> None:
        """Forget everything."""
        self._temp.close()

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Take back all that the block staged when it raises: no row comes in by half."""
        self._undo.clear()
        try:
            yield
        except BaseException:
            for mapping, key, value in reversed(self._undo):
                if value is None:
                    del mapping[key]
                else:
                    mapping[key] = value
            raise

    def _set(self, mapping: MutableMapping[Any, Any], key: object, value: object) -> None:
        self._undo.append((mapping, key, mapping.get(key)))
        mapping[key] = value

    # -- looking for what there is

    def expect(self, names: Iterable[Name], refs: Collection[Ref]) -> None:
        """Look up at once what some rows are going to ask for."""
        wanted: dict[str, set[str]] = {}
        for sort, text in names:
            wanted.setdefault(sort, set()).add(_bare(text))
        for sort, texts in wanted.items():
            self._look_up(sort, [text for text in texts if (sort, text) not in self._known_names])
        for kind in {kind for kind, _ in refs}:
            some = json.dumps(list({external_id for each, external_id in refs if each == kind}))
            self._look_up_refs(kind, some)
            self._known_seen.update(dict.fromkeys((ref for ref in refs if ref[0] == kind), None))
            rows = self._temp.execute(
                "SELECT s.external_id, s.line, s.hash FROM json_each(?) j CROSS JOIN seen s ON s.kind = ? AND s.external_id = j.value",
                (some, kind),
            )
            self._known_seen.update(((kind, external_id), (line, value)) for external_id, line, value in rows)

    def _look_up_refs(self, kind: str, external_ids: str) -> None:
        self._known_refs.update(((kind, each), None) for each in json.loads(external_ids))
        query = (
            "SELECT r.external_id, r.local_id, r.hash FROM json_each(?) j CROSS JOIN {} r"
            " ON r.external_id = j.value AND r.kind = ?"
        )
        rows = self._store.execute(
            query.format("external_ref") + " AND r.system = ?", (external_ids, kind, self._system)
        ).fetchall()
        rows += self._temp.execute(query.format("ref"), (external_ids, kind)).fetchall()
        self._known_refs.update(
            ((kind, external_id), records.Known(local_id, value)) for external_id, local_id, value in rows
        )

    def _look_up(self, sort: str, texts: list[str]) -> None:
        found: dict[str, dict[str, None]] = {text: {} for text in texts}
        some = json.dumps(texts)
        if sort in _IN_STORE:
            for text, row_id in self._store.execute(_IN_STORE[sort], (some,)).fetchall():
                found[text][row_id] = None
        else:
            self._load(sort)
        rows = self._temp.execute(
            "SELECT n.text, n.id FROM json_each(?) j CROSS JOIN name n ON n.sort = ? AND n.text = j.value",
            (some, sort),
        )
        for text, row_id in rows:
            found[text][row_id] = None
        self._known_names.update(((sort, text), tuple(ids)[:_MOST_ALIKE]) for text, ids in found.items())

    def _load(self, sort: str) -> None:
        if sort not in self._loaded:
            self._loaded.add(sort)
            rows = self._store.execute(_NAMES[sort])
            self._temp.executemany(
                "INSERT OR IGNORE INTO name VALUES (?, ?, ?)",
                ((sort, _bare(name), item_id) for name, item_id in rows),
            )

    def find(self, sort: str, text: str) -> list[str]:
        """Return the ids that have an address, a domain or, word for word but for case, a name; the oldest first."""
        name = (sort, _bare(text))
        if name not in self._known_names:
            self._look_up(sort, [name[1]])
        return list(dict.fromkeys((*self._known_names[name], *self._names.get(name, ()))))

    def name(self, sort: str, text: str, row_id: str) -> None:
        """Let find() know a row by a text."""
        name = (sort, _bare(text))
        before = self._names.get(name, ())
        if row_id not in before:
            self._set(self._names, name, (*before, row_id))

    def ref(self, kind: str, external_id: str) -> records.Known | None:
        """Return the row that has this id where it comes from."""
        ref = (kind, external_id)
        if ref in self._refs:
            return self._refs[ref]
        if ref not in self._known_refs:
            self._look_up_refs(kind, json.dumps([external_id]))
        return self._known_refs[ref]

    def other_ref(self, kind: str, local_id: str) -> bool:
        """Say whether a row is known by an id of where the import comes from; those with a tilde were made here."""
        if (kind, local_id) in self._ref_of:
            return True
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
        ref = (kind, external_id)
        found = self._seen.get(ref)
        if found is None and ref in self._known_seen:
            found = self._known_seen[ref]
        elif found is None:
            found = self._temp.execute(
                "SELECT line, hash FROM seen WHERE kind = ? AND external_id = ?", ref
            ).fetchone()
        if found is None:
            self._set(self._seen, ref, (line, digest))
        return found

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
        found = self._staged.get((table, row_id))
        if found is not None:
            return found
        row = self._temp.execute(
            "SELECT is_new, data FROM staged WHERE tbl = ? AND id = ?", (table, row_id)
        ).fetchone()
        if row is None:
            return None
        if row[0]:
            _, values, parts = json.loads(row[1])
            return Staged(values, parts)
        _, values, before, parts, olds = json.loads(row[1])
        return Staged(values, parts, False, before, olds)

    def put(self, table: str, row_id: str, staged: Staged) -> None:
        """Let a row be so, in place of what was staged of it before."""
        self._set(self._staged, (_known(table), row_id), staged)

    def put_ref(self, kind: str, external_id: str, local_id: str, digest: bytes) -> None:
        """Let a row be known by the id it has where it comes from."""
        self._set(self._refs, (kind, external_id), records.Known(local_id, digest))
        if not external_id.startswith("~"):
            self._set(self._ref_of, (kind, local_id), external_id)

    def flush(self) -> None:
        """Write down what was staged since the last time, outside whole()."""
        self._temp.executemany(
            "INSERT INTO staged (tbl, id, is_new, data) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (tbl, id) DO UPDATE SET data = excluded.data",
            [
                (table, row_id, int(each.is_new), _ENCODE(_item(row_id, each)))
                for (table, row_id), each in self._staged.items()
            ],
        )
        self._temp.executemany(
            "INSERT OR IGNORE INTO name VALUES (?, ?, ?)",
            [(*name, row_id) for name, ids in self._names.items() for row_id in ids],
        )
        self._temp.executemany(
            "INSERT OR REPLACE INTO ref VALUES (?, ?, ?, ?)",
            [(*ref, *known) for ref, known in self._refs.items()],
        )
        self._temp.executemany(
            "INSERT INTO seen VALUES (?, ?, ?, ?)", [(*ref, *known) for ref, known in self._seen.items()]
        )
        for mapping in (
            self._staged, self._names, self._refs, self._ref_of, self._seen, self._known_names, self._known_refs, self._known_seen,
        ):  # fmt: skip
            mapping.clear()
        self._undo.clear()

    # -- the end

    def is_empty(self) -> bool:
        """Say whether there is nothing to write."""
        self.flush()
        found = self._temp.execute("SELECT 1 FROM staged UNION ALL SELECT 1 FROM ref LIMIT 1")
        return found.fetchone() is None

    def steps(self, now: int) -> Iterator[str]:
        """Yield everything that is to be written, in steps of which each is consistent by itself."""
        self.flush()
        for table in import_steps.ORDER:
            for chunk in _chunks(self._of(table, is_new=True)):
                yield import_steps.of_encoded(table, chunk, now)
            for chunk in _chunks(self._of(table, is_new=False)):
                yield import_steps.of_changed(table, [_stamped(json.loads(text), now) for text in chunk])
        columns = ("kind", "external_id", "local_id", "hash")
        refs = self._temp.execute(f"SELECT {', '.join(columns)} FROM ref")  # noqa: S608 - our own words
        for some in _chunks({"system": self._system, **dict(zip(columns, row, strict=True))} for row in refs):
            yield import_steps.of_rows("external_ref", some, self._refs_before(some))

    def _of(self, table: str, *, is_new: bool) -> Iterator[str]:
        rows = self._temp.execute(
            "SELECT data FROM staged WHERE tbl = ? AND is_new = ? ORDER BY number", (table, is_new)
        )
        return (text for (text,) in rows)

    def _refs_before(self, chunk: list[Values]) -> list[Values]:
        keys = json.dumps([[row["kind"], row["external_id"]] for row in chunk])
        rows = self._store.execute(
            "SELECT r.kind, r.external_id, r.local_id, r.hash FROM json_each(?) j CROSS JOIN external_ref r"
            " ON r.system = ? AND r.kind = j.value ->> 0 AND r.external_id = j.value ->> 1",
            (keys, self._system),
        ).fetchall()
        columns = ("kind", "external_id", "local_id", "hash")
        return [{"system": self._system, **dict(zip(columns, row, strict=True))} for row in rows]


def _bare(text: str) -> str:
    return " ".join(text.split()).casefold()


def _known(table: str) -> str:
    if table not in import_steps.ORDER:
        raise ValueError(table)
    return table


def _item(row_id: str, staged: Staged) -> list[Any]:
    if staged.is_new:
        return [row_id, staged.values, staged.parts]
    return [row_id, staged.values, staged.before, staged.parts, staged.olds]


def _stamped(item: Any, now: int) -> Any:
    row_id, values, before, parts, olds = item
    return [row_id, {**values, "updated_at": now}, before, parts, olds]


def _chunks(rows: Iterable[T]) -> Iterator[list[T]]:
    chunk: list[T] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _STEP:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
