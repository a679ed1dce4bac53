"""What is to be done about items, and was; undoable."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from store import undo
from store.crm import changes as crm_changes
from store.crm import item_checks, users
from store.crm.about import COLUMNS, item_of
from store.crm.changes import Change
from store.crm.item_checks import BadItem, Check
from store.crm.item_edits import present
from store.crm.items import ItemRef
from store.database import Database
from store.rows import ActionRow

TYPES: Final = ("task", "call", "meeting", "email", "deadline")
"""The usual types; others are allowed."""
COMING_S: Final = 14 * 86_400
MOST_OVERDUE: Final = 200
MOST_COMING: Final = 300
MOST_UNDATED: Final = 100
_LONGEST_MIN: Final = 60 * 24 * 31


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """Something to be done, or done. `item` is what it is about, and `about` what that is called."""

    id: str
    type: str
    subject: str
    note: str
    due_at: int | None
    duration_min: int | None
    done_at: int | None
    entered_at: int
    responsible_id: str
    responsible: str
    item: ItemRef | None
    about: str
    source_email_id: int | None

    @property
    def is_done(self) -> bool:
        """Say whether it was done."""
        return self.done_at is not None


def add(
    db: Database,
    item: ItemRef,
    subject: str,
    *,
    type: str = "task",
    due_at: int | None = None,
    duration_min: int | None = None,
    note: str = "",
    responsible_id: str | None = None,
) -> ActionRow:
    """Plan something about an item. Raises BadItem. Whoever owns the item does it, unless somebody is named (M98)."""
    values = {"type": type, "due_at": due_at, "duration_min": duration_min, "note": note}
    now = int(time.time())
    with db.write() as connection:
        change = addition(connection, item, subject, values | {"responsible_id": responsible_id}, now)
        steps = crm_changes.apply(connection, [change], now)
        action = undo.record(connection, f"Planned {type.strip() or 'task'}: {subject.strip()}", steps, now)
    return action


def addition(
    connection: sqlite3.Connection, item: ItemRef, subject: str, values: Mapping[str, object], now: int
) -> Change:
    """Return what plans something, for a transaction of the caller's; its key has the id. Raises BadItem.

    `values` are columns: type, due_at, duration_min, note, responsible_id (None: the item's owner), source_email_id.
    """
    owner = present(connection, item)["owner_id"] or users.me(connection).id
    checked = _checked(connection, {"subject": subject, **values})
    if values.get("responsible_id") is None:
        checked["responsible_id"] = owner
    checked |= {"entered_at": now, COLUMNS[item.kind]: item.id}
    return Change("activity", {"id": str(uuid.uuid4())}, checked)


def edit(db: Database, activity_id: str, values: Mapping[str, object]) -> ActionRow:
    """Let columns of an activity be as they were typed. Raises BadItem."""
    return _act(db, activity_id, lambda connection, row: ("Changed {0}", _checked(connection, values)))


def done(db: Database, activity_id: str, is_done: bool = True) -> ActionRow:
    """Let an activity be done now, or be still to be done. Raises BadItem."""
    now = int(time.time())

    def plan(_: sqlite3.Connection, row: _Row) -> _Plan:
        if (row["done_at"] is not None) == is_done:
            return "", {}
        return "Done: {0}" if is_done else "To be done again: {0}", {"done_at": now if is_done else None}

    return _act(db, activity_id, plan)


def delete(db: Database, activity_id: str) -> ActionRow:
    """Delete an activity. Raises BadItem."""
    now = int(time.time())
    return _act(db, activity_id, lambda *_: ("Deleted activity {0}", {"deleted_at": now}))


def get(db: Database, activity_id: str) -> ActivityRow | None:
    """Return an activity, None when there is none, or none any more."""
    row = db.read().execute(f"{_ROWS} WHERE a.id = ? AND a.deleted_at IS NULL", (activity_id,)).fetchone()
    return _row(row) if row else None


def due(db: Database, now: int, *, mine: bool = True) -> tuple[ActivityRow, ...]:
    """Return what should have been done by `now`, then what comes within 14 days, in order of time, then what has no day.

    Mine is what this screen's user or nobody is to do; who has the CRM to themselves does everything.
    """
    connection = db.read()
    me = users.me(connection).id
    parameters = {"now": now, "until": now + COMING_S, "me": me, "all": not mine or not me}
    overdue = connection.execute(_OVERDUE, parameters | {"most": MOST_OVERDUE}).fetchall()
    coming = connection.execute(_COMING, parameters | {"most": MOST_COMING}).fetchall()
    undated = connection.execute(_UNDATED, parameters | {"most": MOST_UNDATED}).fetchall()
    return tuple(_row(row) for row in (*overdue[::-1], *coming, *undated))


_ROWS: Final = (
    "SELECT a.id, a.type, a.subject, a.note, a.due_at, a.duration_min, a.done_at, a.entered_at, a.responsible_id,"
    " coalesce(u.name, ''), a.source_email_id, a.deal_id, a.lead_id, a.project_id, a.person_id, a.org_id,"
    " coalesce(d.title, l.title, r.title, p.name, o.name, '') FROM activity a"
    " LEFT JOIN workspace_user u ON u.id = a.responsible_id LEFT JOIN deal d ON d.id = a.deal_id"
    " LEFT JOIN lead l ON l.id = a.lead_id LEFT JOIN project r ON r.id = a.project_id"
    " LEFT JOIN person p ON p.id = a.person_id LEFT JOIN organization o ON o.id = a.org_id"
)
_OPEN: Final = (
    " WHERE a.done_at IS NULL AND a.deleted_at IS NULL AND (:all OR a.responsible_id IN (:me, ''))"
    " AND coalesce(d.deleted_at, l.deleted_at, r.deleted_at) IS NULL"
)
_OVERDUE: Final = f"{_ROWS}{_OPEN} AND a.due_at < :now ORDER BY a.due_at DESC, a.id DESC LIMIT :most"
_COMING: Final = (
    f"{_ROWS}{_OPEN} AND a.due_at >= :now AND a.due_at <= :until ORDER BY a.due_at, a.id LIMIT :most"
)
_UNDATED: Final = f"{_ROWS}{_OPEN} AND a.due_at IS NULL ORDER BY a.entered_at DESC, a.id DESC LIMIT :most"
_Row = Mapping[str, Any]
_Plan = tuple[str, Mapping[str, object]]
"""What the action is called, with a place for the subject, and the columns it sets; none when it is so already."""


def _row(row: tuple[Any, ...]) -> ActivityRow:
    *own, source_email_id, deal_id, lead_id, project_id, person_id, org_id, about = row
    ids = (deal_id, lead_id, project_id, person_id, org_id)
    item = item_of(dict(zip(COLUMNS.values(), ids, strict=True)))
    fields: list[Any] = [*own, item, about, source_email_id]
    return ActivityRow(*fields)


def _act(db: Database, activity_id: str, plan: Callable[[sqlite3.Connection, _Row], _Plan]) -> ActionRow:
    now = int(time.time())
    with db.write() as connection:
        row = crm_changes.read(connection, "activity", {"id": activity_id})
        if row is None or row["deleted_at"] is not None:
            raise BadItem("", "there is no such activity any more")
        title, values = plan(connection, row)
        steps = crm_changes.apply(connection, [Change("activity", {"id": activity_id}, values)], now)
        if not steps:
            return ActionRow(0, "Nothing to change", "nothing")
        subject = values.get("subject", row["subject"])
        action = undo.record(connection, title.format(subject), steps, now)
    return action


def _checked(connection: sqlite3.Connection, values: Mapping[str, object]) -> dict[str, object]:
    for name in values:
        if name not in _FIELDS:
            raise BadItem(name, f"an activity has no field {name} that is edited")
    return {name: _FIELDS[name](connection, name, value) for name, value in values.items()}


def _subject(connection: sqlite3.Connection, field: str, value: object) -> object:
    kept = item_checks.line(connection, field, value)
    if not kept:
        raise BadItem(field, "an activity needs a subject")
    return kept


def _type(connection: sqlite3.Connection, field: str, value: object) -> object:
    return str(item_checks.line(connection, field, value)).lower() or TYPES[0]


def _number(_: sqlite3.Connection, field: str, value: object) -> object:
    if value is None or value == "":
        return None
    try:
        return int(str(value))
    except ValueError as error:
        raise BadItem(field, f"“{value}” is not a number") from error


def _minutes(connection: sqlite3.Connection, field: str, value: object) -> object:
    minutes = _number(connection, field, value)
    if isinstance(minutes, int) and not 0 <= minutes <= _LONGEST_MIN:
        raise BadItem(field, "an activity lasts between no time and a month")
    return minutes


_FIELDS: Final[dict[str, Check]] = {
    "subject": _subject,
    "type": _type,
    "due_at": _number,
    "duration_min": _minutes,
    "note": item_checks.text,
    "responsible_id": item_checks.user,
    "source_email_id": _number,
}
