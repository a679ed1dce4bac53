"""Making deals, leads, projects, persons and organizations, and changing what they say; undoable."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any, Final

from store import undo
from store.crm import changes as crm_changes
from store.crm import item_checks, item_parts, stages, users
from store.crm.changes import Change
from store.crm.item_checks import BadItem as BadItem
from store.crm.item_checks import Check, with_article
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.rows import ActionRow

_WORK: Final[dict[str, Check]] = {
    "title": item_checks.line,
    "person_id": item_checks.person,
    "org_id": item_checks.organization,
    "value": item_checks.money,
    "currency": item_checks.currency,
    "owner_id": item_checks.user,
    "visible_to": item_checks.visible_to,
}
FIELDS: Final[dict[ItemKind, dict[str, Check]]] = {
    ItemKind.DEAL: {
        **_WORK,
        "pipeline_id": item_checks.line,
        "stage_id": item_checks.line,
        "probability": item_checks.percent,
        "expected_close": item_checks.day,
        "lost_reason": item_checks.line,
    },
    ItemKind.LEAD: {**_WORK, "source": item_checks.line, "expected_close": item_checks.day},
    ItemKind.PROJECT: {
        **_WORK,
        "phase_id": item_checks.line,
        "start_date": item_checks.day,
        "end_date": item_checks.day,
        "description": item_checks.text,
    },
    ItemKind.PERSON: {
        "name": item_checks.line,
        "first_name": item_checks.line,
        "last_name": item_checks.line,
        "title": item_checks.line,
        "org_id": item_checks.organization,
        "owner_id": item_checks.user,
        "visible_to": item_checks.visible_to,
        "time_zone": item_checks.time_zone,
        "notes": item_checks.text,
    },
    ItemKind.ORGANIZATION: {
        "name": item_checks.line,
        "address": item_checks.text,
        "owner_id": item_checks.user,
        "visible_to": item_checks.visible_to,
    },
}
"""The columns that are edited here; those that say what became of an item are set by store.crm.item_states."""

_Values = Mapping[str, object]
_Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Planned:
    """An item that is to be made: `changes` make it, with crm_changes.apply in the same transaction."""

    ref: ItemRef
    changes: tuple[Change, ...]
    warning: str


def create(db: Database, kind: ItemKind, values: _Values) -> tuple[ItemRef, ActionRow]:
    """Make an item of what was typed into its fields. Raises BadItem, and then nothing was made."""
    now = int(time.time())
    with db.write() as connection:
        planned = additions(connection, kind, values, now)
        steps = crm_changes.apply(connection, planned.changes, now)
        title = f"Added {kind.value} {planned.changes[0].values[_name(kind)]}"  # type: ignore[index] # it is made, not deleted
        action = undo.record(connection, title, steps, now)
    return planned.ref, action._replace(warning=planned.warning)


def edit(db: Database, item: ItemRef, values: _Values) -> ActionRow:
    """Let fields of an item be as they were typed. Raises BadItem, and then nothing was changed."""
    now = int(time.time())
    with db.write() as connection:
        planned = edits(connection, item, values, now)
        steps = crm_changes.apply(connection, planned.changes, now)
        if not steps:
            return ActionRow(0, "Nothing to change", "nothing", warning=planned.warning)
        row = existing(connection, item)
        action = undo.record(connection, f"Changed {row[_name(item.kind)]}", steps, now)
    return action._replace(warning=planned.warning)


def additions(
    connection: sqlite3.Connection,
    kind: ItemKind,
    values: _Values,
    now: int,
    *,
    inherited: _Values | None = None,
) -> Planned:
    """Return what makes an item, for a transaction of the caller's. Raises BadItem.

    `inherited` are columns another row has: they stand where `values` say nothing, and are not looked at again.
    """
    item = ItemRef(kind, str(uuid.uuid4()))
    columns, lists = _apart(kind, values)
    given = inherited or {}
    checked = {"owner_id": users.me(connection).id, **given, **_checked(connection, kind, columns)}
    if kind is ItemKind.PERSON and not checked.get("name"):
        checked["name"] = " ".join(
            filter(None, (checked.get("first_name"), checked.get("last_name")))
        ) or _first(lists.get("emails"))
    checked.update(_stage(connection, kind, None, checked, now))
    _check_whole(kind, checked, FIELDS[kind])
    changes, warning = _parts(connection, item, lists)
    return Planned(item, (Change(kind.value, {"id": item.id}, checked), *changes), warning)


def edits(connection: sqlite3.Connection, item: ItemRef, values: _Values, now: int) -> Planned:
    """Return what changes an item, for a transaction of the caller's. Raises BadItem."""
    row = present(connection, item)
    columns, lists = _apart(item.kind, values)
    checked = _checked(connection, item.kind, _changed(row, columns))
    checked.update(_stage(connection, item.kind, row, checked, now))
    touched = {name for name, value in checked.items() if row[name] != value}
    _check_whole(item.kind, {**row, **checked}, touched)
    changes, warning = _parts(connection, item, lists)
    return Planned(item, (Change(item.kind.value, {"id": item.id}, checked), *changes), warning)


def existing(connection: sqlite3.Connection, item: ItemRef) -> _Row:
    """Return the row of an item, also of a deleted one. Raises BadItem when there is none."""
    row = crm_changes.read(connection, item.kind.value, {"id": item.id})
    if row is None:
        raise BadItem("", f"there is no such {item.kind.value} any more")
    return row


def present(connection: sqlite3.Connection, item: ItemRef) -> _Row:
    """Return the row of an item that is there. Raises BadItem, also of a deleted one."""
    row = existing(connection, item)
    if row["deleted_at"] is not None:
        raise BadItem("", f"{name_of(item, row)} was deleted; restore it first")
    return row


def name_of(item: ItemRef, row: Mapping[str, Any]) -> str:
    """Return what an item is called."""
    return str(row[_name(item.kind)])


def _name(kind: ItemKind) -> str:
    return "title" if kind.fills_the_slot else "name"


def _apart(kind: ItemKind, values: _Values) -> tuple[_Row, _Row]:
    lists = item_parts.PARTS.get(kind, {})
    for name in values:
        if name not in FIELDS[kind] and name not in lists:
            raise BadItem(name, f"{with_article(kind.value)} has no field {name} that is edited")
    return (
        {name: value for name, value in values.items() if name not in lists},
        {name: value for name, value in values.items() if name in lists},
    )


def _changed(row: _Row, columns: _Values) -> _Row:
    """Leave out what a form gives back as it was, so that a deleted person or stage is no reason to refuse the rest."""
    return {
        name: value
        for name, value in columns.items()
        if ("" if value is None else str(value)) != _shown(row[name])
    }


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _checked(connection: sqlite3.Connection, kind: ItemKind, columns: _Values) -> _Row:
    return {name: FIELDS[kind][name](connection, name, value) for name, value in columns.items()}


def _first(emails: object) -> str:
    return str(emails[0]) if isinstance(emails, list | tuple) and emails else ""


def _stage(connection: sqlite3.Connection, kind: ItemKind, row: _Row | None, checked: _Row, now: int) -> _Row:
    """Return where the item stands: the step chosen, or the first one; a stage and its pipeline go together."""
    if kind not in stages.COLUMN:
        return {}
    column = stages.COLUMN[kind]
    pipeline = checked.get("pipeline_id")
    if checked.get(column):
        stage = stages.chosen(connection, kind, checked[column])
    elif row is None or pipeline or column in checked:
        among = stages.of(connection, kind, pipeline or None)
        if not among:
            raise BadItem(column, f"there is no {stages.word(kind)} to put it in")
        stage = among[0]
    else:
        return {}
    if kind is ItemKind.PROJECT:
        return {column: stage.id}
    moved = {"stage_changed_at": now} if row is None or row[column] != stage.id else {}
    return {column: stage.id, "pipeline_id": stage.pipeline, **moved}


def _parts(connection: sqlite3.Connection, item: ItemRef, lists: _Values) -> tuple[list[Change], str]:
    changes: list[Change] = []
    warnings = []
    for name, wanted in lists.items():
        more, warning = item_parts.changes(connection, item, name, wanted)
        changes += more
        warnings.append(warning)
    return changes, "; ".join(filter(None, warnings))


@dataclass(frozen=True, slots=True)
class _Rule:
    """Something the fields of an item must have together; looked at when one of `fields` changes. The first is blamed."""

    kinds: tuple[ItemKind, ...]
    fields: tuple[str, ...]
    holds: Callable[[_Row], object]
    sentence: str


_NAMED: Final = (ItemKind.PERSON, ItemKind.ORGANIZATION)
_SOLD: Final = (ItemKind.DEAL, ItemKind.LEAD)
_RULES: Final = (
    _Rule((*_SOLD, ItemKind.PROJECT), ("title",), lambda row: row.get("title"), "{0} needs a title"),
    _Rule(_NAMED, ("name",), lambda row: row.get("name"), "{0} needs a name"),
    _Rule(
        _SOLD,
        ("person_id", "org_id"),
        lambda row: row.get("person_id") or row.get("org_id"),
        "{0} needs a person or an organization",
    ),
    _Rule(
        (*_SOLD, ItemKind.PROJECT),
        ("currency", "value"),
        lambda row: row.get("currency") or row.get("value") is None,
        "a value needs its currency; write three letters, like EUR",
    ),
    _Rule(
        (ItemKind.PROJECT,),
        ("end_date", "start_date"),
        lambda row: (
            not row.get("start_date") or not row.get("end_date") or row["start_date"] <= row["end_date"]
        ),
        "{0} cannot end before it starts",
    ),
)


def _check_whole(kind: ItemKind, row: _Row, touched: Container[str]) -> None:
    for rule in _RULES:
        if kind in rule.kinds and any(name in touched for name in rule.fields) and not rule.holds(row):
            raise BadItem(rule.fields[0], rule.sentence.format(with_article(kind.value)))
