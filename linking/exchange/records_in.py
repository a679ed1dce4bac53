"""Gathering rows from outside before anything is written: which are new, which have changed, what they refer to."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from linking.exchange.ids import is_uuid, new_id
from linking.exchange.report import Count, ImportReport, Remark, overtaken
from store.crm import import_runs, import_steps, records
from store.crm.import_steps import PARTS
from store.crm.records import Known
from store.database import Database

Values = dict[str, object]

TABLES: Final = {"user": "workspace_user", "exception": "crm_exception"}
"""The table of each kind whose table is not called as it is."""
_STEP: Final = 40
"""So many rows go into the store together."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row to be, and its parts. Rows of one table name the same columns, in every file."""

    values: Values
    parts: Mapping[str, list[Values]] = field(default_factory=dict)
    later: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Columns that name a row by kind and id from outside which may come after this one."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A row, its parts, the columns of which the file says nothing, and whether it is here already.

    `later` are the columns that name a row which may come after this one.
    """

    row: Values
    parts: Mapping[str, list[Values]]
    keeps: frozenset[str]
    is_here: bool
    later: frozenset[str] = frozenset()

    def first(self) -> import_steps.New:
        """Return the row as it is before the others are there."""
        row = {name: value for name, value in self.row.items() if name not in self.later}
        return str(self.row["id"]), row, self.parts

    def rest(self) -> import_steps.Changed | None:
        """Return what names others, None where nothing does."""
        after = {name: self.row[name] for name in self.later if self.row[name] is not None}
        return (str(self.row["id"]), after, dict.fromkeys(after), {}, {}) if after else None


class Gathering:
    """What one import is about to write. Reads the store, writes only in carry_out()."""

    def __init__(self, connection: sqlite3.Connection, system: str, now: int) -> None:
        self.now = now
        self.rejects: list[Remark] = []
        self.notices: list[Remark] = []
        self._connection = connection
        self._system = system
        self._known: dict[str, dict[str, Known]] = {}
        self._ids: dict[str, dict[str, str]] = {}
        self._seen: dict[str, dict[str, tuple[int, Record]]] = defaultdict(dict)
        self._items: dict[str, list[_Item]] = defaultdict(list)
        self._plain: dict[str, list[Values]] = defaultdict(list)
        self._late: dict[str, list[import_steps.Changed]] = defaultdict(list)
        self._history: list[Values] = []
        self._counts: dict[str, list[int]] = {}
        self._unresolved: dict[tuple[str, str], tuple[int, str, int]] = {}
        self._adopted: set[tuple[str, str]] = set()
        self._later: list[tuple[Values, str, str]] = []

    # -- references

    def resolve(self, kind: str, external_id: str) -> str | None:
        """Return the id here of a row that is known, or gathered already."""
        ids = self._ids_of(kind)
        if external_id not in ids and self._is_ours(kind, external_id):
            self.adopt(kind, external_id, external_id)
        return ids.get(external_id)

    def local_id(self, kind: str, external_id: str) -> str:
        """Return the id the row has here, or is going to have: one that is a uuid stays what it is."""
        found = self.resolve(kind, external_id)
        if found is None:
            found = external_id if is_uuid(external_id) else new_id()
            self._ids[kind][external_id] = found
        return found

    def adopt(self, kind: str, external_id: str, local_id: str) -> None:
        """Let a row from outside be one that is here already."""
        if self._ids_of(kind).setdefault(external_id, local_id) == local_id:
            self._adopted.add((kind, external_id))

    def adopt_by(self, kind: str, external_id: str, column: str, value: str) -> None:
        """Let a row from outside be the one here that has this value, when there is one."""
        if external_id not in self._ids_of(kind) and (
            found := records.with_value(self._connection, TABLES.get(kind, kind), column, value)
        ):
            self.adopt(kind, external_id, found)

    def _is_ours(self, kind: str, external_id: str) -> bool:
        """Say whether an id is one that a row has here: what was exported here comes back to where it was."""
        return is_uuid(external_id) and records.has(self._connection, TABLES.get(kind, kind), external_id)

    def miss(self, file: str, line: int, column: str, value: str) -> None:
        """Note that a reference leads nowhere: told once per column, however many lines it has."""
        first_line, first_value, count = self._unresolved.get((file, column), (line, value, 0))
        self._unresolved[file, column] = (first_line, first_value, count + 1)

    def _ids_of(self, kind: str) -> dict[str, str]:
        if kind not in self._ids:
            self._known[kind] = records.known(self._connection, self._system, kind)
            self._ids[kind] = {
                external_id: known.local_id for external_id, known in self._known[kind].items()
            }
        return self._ids[kind]

    # -- rows

    def begin(self, kind: str) -> None:
        """Let the report name the kind, even when nothing comes."""
        self._ids_of(kind)
        self._counts.setdefault(kind, [0, 0, 0])

    def earlier(self, kind: str, external_id: str, record: Record) -> int | None:
        """Return the line of a different row with the same id, 0 for an equal one, None for none."""
        seen = self._seen[kind].get(external_id)
        return None if seen is None else 0 if seen[1] == record else seen[0]

    def add(
        self,
        kind: str,
        external_id: str,
        line: int,
        record: Record,
        *,
        keeps: frozenset[str] = frozenset(),
    ) -> None:
        """Gather a row; one that is as it was brought in before is only counted.

        `keeps` are the columns of which the file says nothing: they stay as they are where the row is here already.
        """
        local_id = self.local_id(kind, external_id)
        self._seen[kind][external_id] = (line, record)
        digest = _digest(record)
        before = self._known[kind].get(external_id)
        if before is not None and before.hash == digest:
            self._counts[kind][2] += 1
            return
        is_here = before is not None or (kind, external_id) in self._adopted
        self._counts[kind][1 if is_here else 0] += 1
        row = {
            **record.values,
            "id": local_id,
            **{name: self.now for name in ("created_at", "updated_at") if record.values.get(name) is None},
        }
        for column, (other, other_id) in record.later.items():
            self._later.append((row, column, self.local_id(other, other_id) if other_id else ""))
        self._items[TABLES.get(kind, kind)].append(
            _Item(row, record.parts, keeps, is_here, frozenset(record.later))
        )
        self._plain["external_ref"].append(
            {
                "system": self._system,
                "kind": kind,
                "external_id": external_id,
                "local_id": local_id,
                "hash": digest,
            }
        )

    def add_row(self, table: str, values: Values) -> str:
        """Gather a row that is ours alone, such as a stage that a file names, and return its id."""
        row_id = new_id()
        row = {**values, "id": row_id, "created_at": self.now, "updated_at": self.now}
        self._items[table].append(_Item(row, {}, frozenset(), is_here=False))
        return row_id

    def add_history(self, line: tuple[object, ...]) -> None:
        """Gather a line of what timelines tell: (at, by, what, object, details)."""
        names = ("at", "by_user", "what", "object", "details")
        is_new = not records.is_told(self._connection, line)
        self._history.append({**dict(zip(names, line, strict=True)), "is_new": is_new})

    def add_plain(self, table: str, rows: Iterable[Values]) -> None:
        """Gather rows that have no id of their own."""
        self._plain[table] += rows

    # -- the end

    def report(self, *, is_dry_run: bool) -> ImportReport:
        """Return what was gathered."""
        missed = [
            Remark(
                file,
                line,
                f"{column} “{value}” leads nowhere{f' (and {n - 1:,} more)' if n > 1 else ''}: left empty",
            )
            for (file, column), (line, value, n) in self._unresolved.items()
        ]
        counts = tuple(Count(kind, *numbers) for kind, numbers in self._counts.items())
        return ImportReport(is_dry_run, counts, tuple(self.rejects), tuple(self.notices + missed))

    def carry_out(self, db: Database, name: str) -> None:
        """Write everything, within import_runs.alone(): all of it, or nothing in the end. `name` is told to people."""
        if self._items or self._plain or self._history:
            self._settle()
            left = import_runs.write(db, name, self._steps(), self.now)
            self.notices += overtaken(name, left)

    def _steps(self) -> Iterator[str]:
        """Yield the steps of the plan, in the order in which rows refer to each other."""
        for table in import_steps.ORDER:
            for start in range(0, len(self._items[table]), _STEP):
                yield from self._some(table, self._items[table][start : start + _STEP])
        for table in import_steps.ORDER:
            late = self._late[table]
            for start in range(0, len(late), _STEP):
                yield import_steps.of_changed(table, late[start : start + _STEP])
        for table, rows in self._plain.items():
            for start in range(0, len(rows), _STEP):
                some = rows[start : start + _STEP]
                yield import_steps.of_rows(table, some, records.with_keys(self._connection, table, some))

        for start in range(0, len(self._history), _STEP):
            yield import_steps.of_history(self._history[start : start + _STEP])

    def _some(self, table: str, items: Sequence[_Item]) -> Iterator[str]:
        """Yield one step with what is new, and one with what changes."""
        here = records.by_id(self._connection, table, [item.row["id"] for item in items if item.is_here])
        new = [item for item in items if item.row["id"] not in here]
        if new:
            self._late[table] += [late for item in new if (late := item.rest())]
            yield import_steps.of_new(table, [item.first() for item in new], self.now)
        changed = [item for item in items if item.row["id"] in here]
        if changed:
            yield import_steps.of_changed(
                table, [self._changed(item, here[item.row["id"]]) for item in changed]
            )

    def _changed(self, item: _Item, here: Mapping[str, object]) -> import_steps.Changed:
        after = {
            name: value
            for name, value in item.row.items()
            if name not in item.keeps and name != "id" and here[name] != value
        }
        row_id = str(item.row["id"])
        olds = {part: records.parts(self._connection, part, PARTS[part], row_id) for part in item.parts}
        return row_id, after, {name: here[name] for name in after}, item.parts, olds

    def _settle(self) -> None:
        """Let columns that name a row which may stand later in the files be what came of it."""
        gathered = {item.row["id"] for items in self._items.values() for item in items}
        known = {each.local_id for kind in self._known.values() for each in kind.values()}
        for row, column, other_id in self._later:
            row[column] = other_id if other_id in gathered or other_id in known else None


def _digest(record: Record) -> bytes:
    parts = sorted((part, rows) for part, rows in record.parts.items())
    text = repr((sorted(record.values.items()), parts, sorted(record.later.items())))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
