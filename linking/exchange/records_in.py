"""Gathering rows from outside before anything is written: which are new, which have changed, what they refer to."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from linking.exchange.report import Count, ImportReport, Remark
from store import events
from store.crm import records
from store.crm.records import Known
from store.database import Database
from store.links import slots

Values = dict[str, object]

_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
TABLES: Final = {"user": "workspace_user"}
"""The table of each kind whose table is not called as it is."""
PARTS: Final = {
    "person_email": "person_id",
    "person_phone": "person_id",
    "organization_domain": "organization_id",
    "deal_participant": "deal_id",
    "deal_product": "deal_id",
    "item_label": "item_id",
    "item_follower": "item_id",
    "custom_value": "item_id",
    "closed_period": "item_id",
}
"""The column of each table of parts that says whose part it is."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row to be, and its parts. Rows of one table name the same columns, in every file."""

    values: Values
    parts: Mapping[str, list[Values]] = field(default_factory=dict)
    later: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Columns that name a row by kind and id from outside which may come after this one."""


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
        self._rows: dict[tuple[str, frozenset[str]], list[Values]] = defaultdict(list)
        self._parts: dict[str, list[Values]] = defaultdict(list)
        self._owners: dict[str, set[str]] = defaultdict(set)
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
            found = external_id if is_uuid(external_id) else str(uuid.uuid4())
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
        self._rows[TABLES.get(kind, kind), keeps].append(row)
        for column, (other, other_id) in record.later.items():
            self._later.append((row, column, self.local_id(other, other_id) if other_id else ""))
        for part, rows in record.parts.items():
            if is_here:
                self._owners[part].add(local_id)
            owner = (
                {"item_kind": kind, "item_id": local_id}
                if PARTS[part] == "item_id"
                else {PARTS[part]: local_id}
            )
            self._parts[part] += [{**values, **owner} for values in rows]
        self._rows["external_ref", frozenset()].append(
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
        row_id = str(uuid.uuid4())
        self._rows[table, frozenset()].append(
            {**values, "id": row_id, "created_at": self.now, "updated_at": self.now}
        )
        return row_id

    def add_plain(self, table: str, rows: Iterable[Values]) -> None:
        """Gather rows that have no id of their own."""
        self._rows[table, frozenset()] += rows

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

    def carry_out(self, db: Database) -> None:
        """Write everything in one transaction: all of it, or nothing."""
        if not self._rows:
            return
        self._settle()
        with db.write() as connection:
            for (table, keeps), rows in sorted(self._rows.items(), key=_place):
                records.save(connection, table, rows, keeps=keeps)
            for part, rows in self._parts.items():
                records.replace_parts(connection, part, PARTS[part], self._owners[part], rows)
            records.reindex(connection)
            touched = slots.link_awaited(connection, self.now)
            events.record(connection, "items", thread_ids=touched)

    def _settle(self) -> None:
        """Let columns that name a row which may stand later in the files be what came of it."""
        gathered = {row["id"] for rows in self._rows.values() for row in rows if "id" in row}
        known = {each.local_id for kind in self._known.values() for each in kind.values()}
        for row, column, other_id in self._later:
            row[column] = other_id if other_id in gathered or other_id in known else None


def is_uuid(text: str) -> bool:
    """Say whether an id is a uuid, as all of ours are."""
    return _UUID.fullmatch(text) is not None


def _place(entry: tuple[tuple[str, frozenset[str]], object]) -> tuple[bool, str, list[str]]:
    table, keeps = entry[0]
    return table != "pipeline", table, sorted(keeps)  # before its stages


def _digest(record: Record) -> bytes:
    parts = sorted((part, rows) for part, rows in record.parts.items())
    text = repr((sorted(record.values.items()), parts, sorted(record.later.items())))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
