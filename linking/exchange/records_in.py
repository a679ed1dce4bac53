"""Gathering rows from outside before anything is written: which are new, which have changed, what they refer to."""

from __future__ import annotations

import hashlib
import sqlite3
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from linking.exchange.report import Count, ImportReport, Remark
from store import doorbell, events, records, slots
from store.database import Database
from store.records import Known

Values = dict[str, object]

TABLES: Final = {"user": "workspace_user"}
"""The table of each kind whose table is not called as it is."""
PARTS: Final = {
    "person_email": "person_id",
    "person_phone": "person_id",
    "organization_domain": "organization_id",
    "deal_participant": "deal_id",
    "deal_product": "deal_id",
    "item_label": "item_id",
}
"""The column of each table of parts that says whose part it is."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row to be, and its parts. Rows of one table name the same columns, in every file."""

    values: Values
    parts: Mapping[str, list[Values]] = field(default_factory=dict)


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
        self._rows: dict[str, list[Values]] = defaultdict(list)
        self._parts: dict[str, list[Values]] = defaultdict(list)
        self._owners: dict[str, set[str]] = defaultdict(set)
        self._counts: dict[str, list[int]] = {}
        self._unresolved: dict[tuple[str, str], tuple[int, str, int]] = {}

    # -- references

    def resolve(self, kind: str, external_id: str) -> str | None:
        """Return the id here of a row that is known, or gathered already."""
        return self._ids_of(kind).get(external_id)

    def local_id(self, kind: str, external_id: str) -> str:
        """Return the id the row has here, or is going to have."""
        return self._ids_of(kind).setdefault(external_id, str(uuid.uuid4()))

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
        self, kind: str, external_id: str, line: int, record: Record, *, keep_created: bool = False
    ) -> None:
        """Gather a row; one that is as it was brought in before is only counted."""
        local_id = self.local_id(kind, external_id)
        self._seen[kind][external_id] = (line, record)
        digest = _digest(record)
        before = self._known[kind].get(external_id)
        if before is not None and before.hash == digest:
            self._counts[kind][2] += 1
            return
        self._counts[kind][0 if before is None else 1] += 1
        created_at = record.values.get("created_at") or self.now
        row = {**record.values, "id": local_id, "created_at": created_at, "updated_at": self.now}
        table = TABLES.get(kind, kind)
        self._rows[f"{table} kept" if keep_created else table].append(row)
        for part, rows in record.parts.items():
            if before is not None:
                self._owners[part].add(local_id)
            owner = (
                {"item_kind": kind, "item_id": local_id} if part == "item_label" else {PARTS[part]: local_id}
            )
            self._parts[part] += [{**values, **owner} for values in rows]
        self._rows["external_ref"].append(
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
        self._rows[table].append({**values, "id": row_id, "created_at": self.now, "updated_at": self.now})
        return row_id

    def add_plain(self, table: str, rows: Iterable[Values]) -> None:
        """Gather rows that have no id of their own."""
        self._rows[table] += rows

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
        with db.write() as connection:
            for table, rows in sorted(
                self._rows.items(), key=lambda entry: entry[0] != "pipeline"
            ):  # before its stages
                name, _, kept = table.partition(" ")
                records.save(connection, name, rows, keeps_created_at=bool(kept))
            for part, rows in self._parts.items():
                records.replace_parts(connection, part, PARTS[part], self._owners[part], rows)
            records.reindex(connection)
            touched = slots.link_awaited(connection, self.now)
            events.record(connection, "items", thread_ids=touched)
        doorbell.ring(db.directory)


def _digest(record: Record) -> bytes:
    text = repr((sorted(record.values.items()), sorted((part, rows) for part, rows in record.parts.items())))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
