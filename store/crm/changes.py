"""Changing rows of the CRM so that it can be taken back, column by column; the picker and the timeline follow.

Nothing here knows what a value means: what may be written is the business of those who make the changes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from store import events
from store.crm import audit as crm_audit
from store.crm import item_index
from store.crm.items import ItemKind, ItemRef
from store.steps import Step
from store.threads import thread_now

FIELD: Final = "record"
"""The field of an action's steps that are carried out here."""

_SHAREABLE: Final = (
    "workspace_user organization person pipeline stage lead deal product phase project activity note label"
    " crm_exception custom_field"
)
KEYS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(_SHAREABLE.split(), ("id",)),
    "organization_domain": ("domain", "organization_id"),
    "person_email": ("email", "person_id"),
    "person_phone": ("person_id", "phone"),
    "deal_participant": ("person_id", "deal_id"),
    "deal_product": ("deal_id", "product_id"),
    "item_label": ("item_kind", "item_id", "label_id"),
    "item_follower": ("item_kind", "item_id", "user_id"),
    "item_link": ("thread_id", "slot"),
    "participant_override": ("thread_id", "email"),
    "auto_created": ("thread_id",),
    "closed_period": ("item_kind", "item_id", "closed_at"),
    "custom_value": ("item_kind", "item_id", "field_id"),
    "external_ref": ("system", "kind", "external_id"),
    "bcc_token": ("token",),
    "awaited_link": ("message_id",),
    "awaited_choice": ("message_id", "what", "email"),
    "draft": ("id",),
}
"""The tables that are changed here, and what tells their rows apart."""

# Counted and stamped by every change: no sign that somebody chose something.
_STAMPS: Final = frozenset({"rev", "updated_at"})
_WORDS_IN: Final = ("person_email", "organization_domain")
"""The parts by which the picker finds an item."""
_NAMING: Final = {"person": {"name", "org_id"}, "organization": {"name"}}
_ITEMS: Final = frozenset(ItemKind)
_ENTRIES: Final = frozenset({"activity", "note", "product"})
_Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """Let the row of `table` with this key have `values`, others as they are or by default; None: let it be gone."""

    table: str
    key: Mapping[str, object]
    values: Mapping[str, object] | None


def apply(
    connection: sqlite3.Connection, changes: Sequence[Change], now: int, *, by: str = ""
) -> tuple[Step, ...]:
    """Write the changes in order, and return what undo.record() is to remember: nothing of what was so already.

    Indexes the items for the picker, tells their timelines and records an event. `by` is a user of the workspace,
    empty: this screen's.
    """
    writing = _Writing(connection, now, by)
    steps = [step for step in map(writing.write, changes) if step is not None]
    writing.finish()
    return tuple(steps)


def carry_out(connection: sqlite3.Connection, steps: Sequence[Step], now: int) -> int:
    """Let rows be as `after` says where they still are as `before` says; return of how many rows something was left as it is."""
    writing = _Writing(connection, now, "")
    left = sum(not writing.put_back(step) for step in steps)
    writing.finish()
    return left


def read(connection: sqlite3.Connection, table: str, key: Mapping[str, object]) -> dict[str, Any] | None:
    """Return a row by its key, None when there is none."""
    where = " AND ".join(f'"{name}" = ?' for name in KEYS[table])
    found = connection.execute(
        f'SELECT * FROM "{table}" WHERE {where}',  # noqa: S608 - names of KEYS
        [key[name] for name in KEYS[table]],
    )
    row = found.fetchone()
    names = [column[0] for column in found.description]
    return None if row is None else dict(zip(names, row, strict=True))


@dataclass(slots=True)
class _Writing:
    """One call's part of a write transaction, and the items it touched."""

    connection: sqlite3.Connection
    now: int
    by: str
    touched: set[ItemRef] = field(default_factory=set)
    renamed: set[ItemRef] = field(default_factory=set)
    made: set[ItemRef] = field(default_factory=set)
    has_written: bool = False

    def write(self, change: Change) -> Step | None:
        """Write one change; return it as a step, None when there was nothing to do."""
        row = read(self.connection, change.table, change.key)
        if change.values is None:
            if row is None:
                return None
            self._delete(change.table, change.key, row)
            return _step(change, row, None)
        if row is None:
            return _step(change, None, self._insert(change.table, change.key, change.values))
        changed = {name: value for name, value in change.values.items() if row[name] != value}
        if not changed:
            return None
        self._update(change.table, change.key, row, changed)
        return _step(change, {name: row[name] for name in changed}, changed)

    def put_back(self, step: Step) -> bool:
        """Carry a step out as far as nobody changed the row since, and say whether that was all of it."""
        table, key, expected = _loads(step.before)
        wanted = _loads(step.after)[2]
        key = self._key_now(key)
        row = read(self.connection, table, key)
        try:
            if wanted is None:
                return row is None or self._remove(table, key, row, expected or {})
            if expected is None:
                return self._bring_back(table, key, row, wanted)
            return row is not None and self._restore(table, key, row, expected, wanted)
        except sqlite3.IntegrityError:
            return False  # what it hangs on is gone, or its name was taken: what came since stays

    def _key_now(self, key: _Row) -> _Row:
        if "thread_id" not in key:
            return key
        return {**key, "thread_id": thread_now(self.connection, key["thread_id"])}

    def _remove(self, table: str, key: _Row, row: _Row, expected: _Row) -> bool:
        ignored = {*_STAMPS, *key}
        if any(row[name] != value for name, value in expected.items() if name not in ignored):
            return False
        if _is_referred_to(self.connection, table, row):
            self._update(table, key, row, {"deleted_at": self.now})
        else:
            self._delete(table, key, row)
        return True

    def _bring_back(self, table: str, key: _Row, row: _Row | None, wanted: _Row) -> bool:
        if row is None:
            self._insert(table, key, {**wanted, **key})
            return True
        differing = {
            name: value for name, value in wanted.items() if row[name] != value and name not in _STAMPS
        }
        if differing and row.get("deleted_at"):
            self._update(table, key, row, differing)
            return True
        return not differing.keys() - key.keys()

    def _restore(self, table: str, key: _Row, row: _Row, expected: _Row, wanted: _Row) -> bool:
        names = [name for name in wanted if name not in _STAMPS and row[name] != wanted[name]]
        free = {name: wanted[name] for name in names if row[name] == expected.get(name)}
        if free:
            self._update(table, key, row, free)
        return len(free) == len(names)

    def _insert(self, table: str, key: Mapping[str, object], values: Mapping[str, object]) -> _Row:
        row = {**self._stamps(table), **values, **key}
        names = ", ".join(f'"{name}"' for name in row)
        self.connection.execute(
            f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" * len(row))})',  # noqa: S608 - columns of ours
            list(row.values()),
        )
        written = read(self.connection, table, key)
        assert written is not None
        self._note(table, written, None, written)
        return written

    def _stamps(self, table: str) -> _Row:
        if KEYS[table] != ("id",):
            return {}
        return {"created_at": self.now, "updated_at": self.now, "created_by": self.by}

    def _update(self, table: str, key: Mapping[str, object], row: _Row, values: _Row) -> None:
        names = ", ".join(f'"{name}" = ?' for name in values)
        stamps = f", updated_at = {self.now}, rev = rev + 1" if "rev" in row else ""
        where = " AND ".join(f'"{name}" = ?' for name in KEYS[table])
        self.connection.execute(
            f'UPDATE "{table}" SET {names}{stamps} WHERE {where}',  # noqa: S608 - columns of ours
            [*values.values(), *(key[name] for name in KEYS[table])],
        )
        self._note(table, row, row, {**row, **values})

    def _delete(self, table: str, key: Mapping[str, object], row: _Row) -> None:
        where = " AND ".join(f'"{name}" = ?' for name in KEYS[table])
        self.connection.execute(
            f'DELETE FROM "{table}" WHERE {where}',  # noqa: S608 - names of KEYS
            [key[name] for name in KEYS[table]],
        )
        self._note(table, row, row, None)

    def _note(self, table: str, row: _Row, before: _Row | None, after: _Row | None) -> None:
        self.has_written = True
        if table in crm_audit.PARTS:
            kind, item_id = crm_audit.owner_of(table, row)
            ref = ItemRef(ItemKind(kind), item_id)
            if table in _WORDS_IN:
                self.touched.add(ref)
            if ref not in self.made:
                crm_audit.tell_part(self.connection, table, before, after, at=self.now, by=self.by)
        elif table in _ITEMS:
            ref = ItemRef(ItemKind(table), row["id"])
            self.touched.add(ref)
            if before is None:
                self.made.add(ref)
            crm_audit.tell(self.connection, ref, before, after, at=self.now, by=self.by)
            if any((before or {}).get(name) != (after or {}).get(name) for name in _NAMING.get(table, ())):
                self.renamed.add(ref)
        elif table in _ENTRIES:
            crm_audit.tell_entry(self.connection, table, before, after, at=self.now, by=self.by)

    def finish(self) -> None:
        """Let the picker know the items as they are now, and record one event for all of it."""
        if not self.has_written:
            return
        for ref in self.renamed:
            self.touched.update(item_index.named_after(self.connection, ref))
        item_index.reindex_items(self.connection, self.touched)
        events.record(self.connection, "items")


def _step(change: Change, before: Mapping[str, object] | None, after: Mapping[str, object] | None) -> Step:
    row = {"table": change.table, "key": dict(change.key)}
    return Step(FIELD, 0, json.dumps({**row, "values": before}), json.dumps({**row, "values": after}))


def _loads(text: str) -> tuple[str, _Row, _Row | None]:
    row = json.loads(text)
    return row["table"], row["key"], row["values"]


# What may hang on a row by now, by whichever way: then undoing its making only hides it.
_REFERENCES: Final = {
    "product": "deal_product.product_id",
    "label": "item_label.label_id",
    "custom_field": "custom_value.field_id",
    "activity": "auto_created.activity_id",
    "organization": "organization_domain.organization_id person.org_id deal.org_id lead.org_id project.org_id activity.org_id note.org_id",
    "person": (
        "deal.person_id lead.person_id project.person_id activity.person_id note.person_id"
        " deal_participant.person_id participant_override.person_id person_email.person_id person_phone.person_id"
    ),
    "deal": "deal_participant.deal_id activity.deal_id note.deal_id lead.converted_deal_id deal_product.deal_id",
    "lead": "activity.lead_id note.lead_id deal.source_lead_id",
    "project": "activity.project_id note.project_id",
}
_OF_ITEMS: Final = (
    "item_link",
    "item_label",
    "item_follower",
    "custom_value",
    "bcc_token",
    "awaited_link",
    "auto_created",
    "draft",
)


def _is_referred_to(connection: sqlite3.Connection, table: str, row: _Row) -> bool:
    if KEYS[table] != ("id",):
        return False
    references = [one.split(".") for one in _REFERENCES.get(table, "").split()]
    queries = [f"SELECT 1 FROM {other} WHERE {column} = ?1" for other, column in references]  # noqa: S608 - our own names
    if table in _ITEMS:
        queries += [f"SELECT 1 FROM {other} WHERE item_kind = ?2 AND item_id = ?1" for other in _OF_ITEMS]  # noqa: S608 - as above
        queries.append("SELECT 1 FROM external_ref WHERE kind = ?2 AND local_id = ?1")
    values = (row["id"], table) if table in _ITEMS else (row["id"],)
    return any(connection.execute(query, values[: query.count("?")]).fetchone() for query in queries)
