"""Taking rows from outside in beside what is here already: nothing that somebody chose here is lost to an older file."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from linking.exchange.ids import is_uuid, new_id
from linking.exchange.report import Count, ImportReport, Remark, Remarks
from store.crm.records import Known
from store.crm.staging import PARTS, Staged, Staging

Values = dict[str, Any]
_FIELDS: Final = (
    "name", "first_name", "last_name", "title", "org_id", "owner_id", "visible_to", "time_zone", "created_at", "address", "value",
    "currency", "person_id", "pipeline_id", "stage_id", "status", "probability", "expected_close", "lost_reason", "won_at",
    "lost_at", "closed_at", "archived_at", "deleted_at", "source", "phase_id", "start_date", "end_date", "description", "type",
    "subject", "note", "due_at", "duration_min", "done_at", "responsible_id", "deal_id", "lead_id", "project_id", "body",
    "author_id", "code", "unit", "price", "tax", "is_pinned", "entered_at", "time_of_day", "stage_changed_at",
)  # fmt: skip
"""Numbers them in what is remembered of a row: new ones go to the end."""
_NUMBERS: Final = {name: number for number, name in enumerate(_FIELDS)}
_CLOSED: Final = frozenset({"won_at", "lost_at", "closed_at"})
_CLOSING: Final = _CLOSED | {"archived_at", "deleted_at"}
_WORDS: Final = {
    "org_id": "organization", "owner_id": "owner", "person_id": "person", "stage_id": "stage", "pipeline_id": "pipeline",
    "responsible_id": "owner", "author_id": "author", "deal_id": "deal", "lead_id": "lead", "project_id": "project",
    "phase_id": "phase", "created_at": "time of creation",
}  # fmt: skip
_ROW_OCTETS: Final = 8
_FIELD_OCTETS: Final = 4
_MOST_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Incoming:
    """A row from outside. Empty `values` say nothing; `defaults` are what a new row has beside them.

    `external_id` is empty for something another row only names. `digest` tells whether the row has changed.
    """

    kind: str
    line: int
    external_id: str
    digest: bytes
    values: Values
    defaults: Values = field(default_factory=dict)
    parts: Mapping[str, list[Values]] = field(default_factory=dict)
    updated_at: int | None = None


def digest(text: str) -> bytes:
    """Return what tells a row from a changed one."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_ROW_OCTETS).digest()


def remembered(row_digest: bytes, values: Values) -> bytes:
    """Return what is kept of a row that came in: its digest, and one for each field it had."""
    fields = b"".join(
        bytes([_NUMBERS[name]]) + _field_digest(value)
        for name, value in sorted(values.items())
        if value not in (None, "")
    )
    return row_digest + fields


@lru_cache(maxsize=4096, typed=True)
def _field_digest(value: str | int | None) -> bytes:
    return hashlib.blake2b(repr(value).encode("utf-8", "surrogatepass"), digest_size=_FIELD_OCTETS).digest()


def _brought(known: bytes) -> dict[str, bytes]:
    """Return the digests of the fields that came in before."""
    step = 1 + _FIELD_OCTETS
    parts = [known[n : n + step] for n in range(_ROW_OCTETS, len(known), step)]
    return {_FIELDS[part[0]]: part[1:] for part in parts if part[0] < len(_FIELDS)}


def merged(
    mine: Mapping[str, Any], theirs: Values, brought: Mapping[str, bytes], *, is_newer: bool
) -> tuple[Values, list[str]]:
    """Return which columns change, and which fields stay although the row says something else.

    Empty columns are filled. One with a value changes only where nobody touched it since the row came in before, or where
    the row is newer than what is here.
    """
    changes: Values = {}
    conflicts: list[str] = []
    for name, value in theirs.items():
        before = mine.get(name)
        if value in (None, "") or before == value:
            continue
        if before in (None, "") or is_newer or _field_digest(before) == brought.get(name):
            changes[name] = value
        elif name not in ("created_at", "visible_to"):
            conflicts.append(name)
    if "status" in conflicts or (
        "status" in theirs and theirs["status"] != mine.get("status") and "status" not in changes
    ):
        changes = {name: value for name, value in changes.items() if name not in _CLOSING}
    elif "status" in changes:
        before = {name for name in _CLOSED & mine.keys() if mine[name] is not None}
        changes |= dict.fromkeys(before - changes.keys())
    return changes, [name for name in conflicts if name not in _CLOSING]


class Intake:
    """What one file brings in, row by row."""

    def __init__(self, staging: Staging, file: str, now: int) -> None:
        self.staging = staging
        self.file = file
        self.now = now
        self.rejects = Remarks()
        self.notices = Remarks()
        self.conflicts = Remarks()
        self._counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        self._told: set[str] = set()
        self._last: tuple[str, str, Known | None] | None = None

    def tell(self, line: int, text: str) -> None:
        """Note something about a line."""
        self.notices.append(Remark(self.file, line, text))

    def tell_once(self, line: int, text: str) -> None:
        """Note something that many lines may have, the first time."""
        if text not in self._told:
            self._told.add(text)
            self.tell(line, text)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Take in all that one row means or, when the block raises, none of it."""
        counts = {kind: list(numbers) for kind, numbers in self._counts.items()}
        try:
            with self.staging.whole():
                yield
        except BaseException:
            self._last = None
            self._counts.clear()
            self._counts.update(counts)
            raise

    def is_as_before(self, kind: str, external_id: str, row_digest: bytes, line: int) -> bool:
        """Say whether a row came in just so before, and count it if it did.

        Raises ValueError when an earlier line of the file has the id with other values.
        """
        seen = self.staging.seen(kind, external_id, line, row_digest)
        if seen is not None and seen[1] != row_digest:
            raise ValueError(f"id {external_id} stands on line {seen[0]} already, with other values")
        known = self._ref(kind, external_id)
        is_same = seen is not None or (known is not None and known.hash[:_ROW_OCTETS] == row_digest)
        if is_same:
            self._counts[kind][2] += 1
        return is_same

    def _ref(self, kind: str, external_id: str) -> Known | None:
        """Return what a row is known as; asked twice in a row it is looked up once."""
        if self._last is None or self._last[:2] != (kind, external_id):
            self._last = (kind, external_id, self.staging.ref(kind, external_id))
        return self._last[2]

    def take(self, incoming: Incoming, match: str | None) -> str:
        """Take a row in: as the row it was before, as `match`, or as a new one; return its id here."""
        kind = incoming.kind
        known = self._ref(kind, incoming.external_id) if incoming.external_id else None
        row_id = known.local_id if known else incoming.external_id if self._is_ours(incoming) else match
        mine = self.staging.row(kind, row_id) if row_id else None
        if row_id is None or mine is None:
            row_id = self._add(incoming)
        else:
            self._change(incoming, row_id, mine, known.hash if known else b"")
        if incoming.external_id:
            self._last = None
            self.staging.put_ref(
                kind, incoming.external_id, row_id, remembered(incoming.digest, incoming.values)
            )
        return row_id

    def _is_ours(self, incoming: Incoming) -> bool:
        """Say whether the id is one that a row has here: what was exported here comes back to where it was."""
        external_id = incoming.external_id
        return is_uuid(external_id) and self.staging.row(incoming.kind, external_id) is not None

    def _add(self, incoming: Incoming) -> str:
        row_id = new_id()
        filled = {name: value for name, value in incoming.values.items() if value not in (None, "")}
        values = {"created_at": self.now, **incoming.defaults, **filled}
        parts = {name: list(rows) for name, rows in incoming.parts.items() if rows}
        self.staging.put(incoming.kind, row_id, Staged(values, parts))
        self._counts[incoming.kind][0] += 1
        return row_id

    def _change(self, incoming: Incoming, row_id: str, mine: Values, brought: bytes) -> None:
        kind = incoming.kind
        is_newer = incoming.updated_at is not None and incoming.updated_at > (
            mine.get("updated_at") or self.now
        )
        changes, conflicts = merged(mine, incoming.values, _brought(brought), is_newer=is_newer)
        for name in conflicts:
            self._conflict(incoming, mine, name)
        added = {
            part: self._added(incoming, row_id, part, rows, is_newer=is_newer)
            for part, rows in incoming.parts.items()
        }
        added = {part: rows for part, rows in added.items() if rows}
        if not changes and not added:
            self._counts[kind][2] += 1
            return
        self.staging.put(kind, row_id, self._changed(kind, row_id, mine, changes, added))
        self._counts[kind][1] += 1

    def _changed(
        self, kind: str, row_id: str, mine: Values, changes: Values, added: Mapping[str, list[Values]]
    ) -> Staged:
        """Return what is going to be of a row with these changes beside those that are staged already."""
        staged = self.staging.staged(kind, row_id) or Staged({}, is_new=False)
        parts, olds = dict(staged.parts), dict(staged.olds)
        for part, rows in added.items():
            key = PARTS[part][1]
            again = {row[key] for row in rows}
            staged_keys = {row[key] for row in parts.get(part, ())}
            if not staged.is_new:
                have = self.staging.parts(kind, row_id, part)
                olds[part] = [
                    *olds.get(part, ()),
                    *(have[each] for each in again if each in have.keys() - staged_keys),
                ]
            parts[part] = [*(row for row in parts.get(part, ()) if row[key] not in again), *rows]
        before = {} if staged.is_new else {name: mine[name] for name in (*changes, "updated_at")}
        return Staged({**staged.values, **changes}, parts, staged.is_new, {**before, **staged.before}, olds)

    def _added(
        self, incoming: Incoming, row_id: str, part: str, rows: list[Values], *, is_newer: bool
    ) -> list[Values]:
        """Return the parts that are not there yet; of custom fields those that are empty, or older."""
        if not rows:
            return []
        have = self.staging.parts(incoming.kind, row_id, part)
        key = PARTS[part][1]
        found = []
        for row in rows:
            before = have.get(row[key])
            if before is None:
                found.append({**row, "is_primary": 0} if have and "is_primary" in row else row)
            elif part == "custom_value" and before["value"] != row["value"]:
                if is_newer:
                    found.append(row)
                else:
                    text = f"a custom field stays “{before['value'][:_MOST_SHOWN]}”, the file says “{row['value'][:_MOST_SHOWN]}”"
                    self.conflicts.append(Remark(self.file, incoming.line, text))
        return found

    def _conflict(self, incoming: Incoming, mine: Values, name: str) -> None:
        what = mine.get("name") or mine.get("title") or mine.get("subject") or "a note"
        text = f"{incoming.kind} {what}: {_WORDS.get(name, name.replace('_', ' '))} stays"
        if name not in _WORDS:
            text += f" “{str(mine[name])[:_MOST_SHOWN]}”, the file says “{str(incoming.values[name])[:_MOST_SHOWN]}”"
        self.conflicts.append(Remark(self.file, incoming.line, text))

    def report(self, *, is_dry_run: bool, kind: str) -> ImportReport:
        """Return what was taken in; `kind` is named even when nothing came."""
        kinds = dict.fromkeys((kind, *self._counts))
        counts = tuple(Count(each, *self._counts[each]) for each in kinds)
        sorts = {"rejects": self.rejects, "notices": self.notices, "conflicts": self.conflicts}
        more = {name: each.count - len(each.listed) for name, each in sorts.items()}
        return ImportReport(
            is_dry_run,
            counts,
            self.rejects.listed,
            self.notices.listed,
            self.conflicts.listed,
            {name: number for name, number in more.items() if number},
        )
