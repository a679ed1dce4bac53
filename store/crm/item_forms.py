"""What a form of an item begins with: the values it has, and what there is to choose from. Bounded, indexed reads."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from store.crm import changes as crm_changes
from store.crm import item_parts, users
from store.crm.item_parts import Labelled
from store.crm.item_refs import COLUMN_OF, PageKind, PageRef
from store.crm.items import ItemKind, ItemRef
from store.database import Database

_MOST: Final = 1_000


class Choice(NamedTuple):
    """One of the things a value can be, and what it is called."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class CustomValue:
    """A field the user added, and what the item says in it; `type` is one of the table custom_field."""

    field_id: str
    name: str
    type: str
    choices: tuple[str, ...]
    value: str


@dataclass(frozen=True, slots=True)
class FormFacts:
    """What a form shows. `values` are the columns of the row as text, "" for none; `marked` its labels.

    `steps` are stages of deals or phases of projects, in order; `currency` is the one most deals have.
    """

    values: Mapping[str, str]
    person: str
    organization: str
    participants: tuple[Choice, ...]
    emails: tuple[Labelled, ...]
    phones: tuple[Labelled, ...]
    domains: tuple[str, ...]
    marked: tuple[str, ...]
    custom: tuple[CustomValue, ...]
    steps: tuple[Choice, ...]
    users: tuple[Choice, ...]
    me: str
    labels: tuple[str, ...]
    currency: str


def facts(db: Database, kind: PageKind, item_id: str | None = None) -> FormFacts:
    """Return what a form of `kind` begins with: empty, or filled as the item is. Raises KeyError when there is no such item."""
    connection = db.read()
    row = crm_changes.read(connection, kind.value, {"id": item_id}) if item_id else {}
    if row is None:
        raise KeyError(item_id)
    values = {name: "" if value is None else str(value) for name, value in row.items()}
    id = item_id or ""
    return FormFacts(
        values=values,
        person=_name(connection, "person", values.get("person_id", "")),
        organization=_name(connection, "organization", values.get("org_id", "")),
        participants=_participants(connection, id),
        emails=_part(connection, kind, id, "emails"),
        phones=_part(connection, kind, id, "phones"),
        domains=_column(connection, "domain", "organization_domain", "organization_id", id, "domain"),
        marked=_labels_of(connection, kind, id),
        custom=_custom(connection, kind, id),
        steps=steps(db, kind),
        users=tuple(Choice(each.id, each.name or each.email) for each in users.all(db) if each.is_active),
        me=users.me(connection).id,
        labels=_all_labels(connection),
        currency=_usual_currency(connection),
    )


def steps(db: Database, kind: PageKind) -> tuple[Choice, ...]:
    """Return the stages of deals or the phases of projects; of several pipelines each is named with its own."""
    connection = db.read()
    if kind is PageKind.DEAL:
        rows = connection.execute(
            "SELECT s.id, p.name, s.name FROM pipeline p JOIN stage s ON s.pipeline_id = p.id"
            " WHERE p.deleted_at IS NULL AND s.deleted_at IS NULL ORDER BY p.position, p.name, s.position LIMIT ?",
            (_MOST,),
        ).fetchall()
    elif kind is PageKind.PROJECT:
        rows = connection.execute(
            "SELECT id, board, name FROM phase WHERE deleted_at IS NULL ORDER BY board, position LIMIT ?",
            (_MOST,),
        ).fetchall()
    else:
        return ()
    has_several = len({group for _, group, _ in rows}) > 1
    return tuple(
        Choice(id, f"{group}: {name}" if has_several and group else name) for id, group, name in rows
    )


def is_following(db: Database, item: ItemRef) -> bool:
    """Say whether this screen's user follows an item."""
    connection = db.read()
    key = {"item_kind": item.kind.value, "item_id": item.id, "user_id": users.me(connection).id}
    return crm_changes.read(connection, "item_follower", key) is not None


def lost_reasons(db: Database, limit: int = 50) -> tuple[str, ...]:
    """Return why deals were lost, the reasons given most first."""
    rows = db.read().execute(
        "SELECT lost_reason FROM (SELECT lost_reason, lost_at FROM deal WHERE status = 'lost'"
        " AND lost_reason <> '' AND deleted_at IS NULL ORDER BY lost_at DESC LIMIT 2000)"
        " GROUP BY lost_reason ORDER BY count(*) DESC, max(lost_at) DESC LIMIT ?",
        (limit,),
    )
    return tuple(reason for (reason,) in rows.fetchall())


class Follows(NamedTuple):
    """What goes with an item when it is merged or deleted."""

    conversations: int
    activities: int
    notes: int
    items: int


_HANGING: Final = {
    PageKind.PERSON: ("deal", "lead", "project"),
    PageKind.ORGANIZATION: ("deal", "lead", "project", "person"),
}


def what_follows(db: Database, ref: PageRef) -> Follows:
    """Count what belongs to an item: conversations, activities, notes, and the items of a person or organization."""
    connection = db.read()
    column = COLUMN_OF[ref.kind]
    counted = [
        f"(SELECT count(*) FROM {table} WHERE {column} = ?1 AND deleted_at IS NULL)"  # noqa: S608 - our own names
        for table in ("activity", "note", *_HANGING.get(ref.kind, ()))
    ]
    query = (
        "SELECT (SELECT count(*) FROM item_link WHERE item_kind = ?2 AND item_id = ?1), "  # noqa: S608 - as above
        + ", ".join(counted)
    )
    links, activities, notes, *items = connection.execute(query, (ref.id, ref.kind.value)).fetchone()
    return Follows(links, activities, notes, sum(items))


def _name(connection: sqlite3.Connection, table: str, id: str) -> str:
    row = crm_changes.read(connection, table, {"id": id}) if id else None
    return str(row["name"]) if row else ""


def _participants(connection: sqlite3.Connection, deal_id: str) -> tuple[Choice, ...]:
    rows = connection.execute(
        "SELECT p.id, p.name FROM deal_participant q JOIN person p ON p.id = q.person_id AND p.deleted_at IS NULL"
        " WHERE q.deal_id = ? ORDER BY p.name, p.id LIMIT ?",
        (deal_id, _MOST),
    )
    return tuple(Choice(*row) for row in rows.fetchall())


def _part(connection: sqlite3.Connection, kind: PageKind, id: str, name: str) -> tuple[Labelled, ...]:
    return item_parts.of(connection, ItemRef(ItemKind.PERSON, id), name) if kind is PageKind.PERSON else ()


def _column(
    connection: sqlite3.Connection, column: str, table: str, owner: str, id: str, order: str
) -> tuple[str, ...]:
    rows = connection.execute(
        f"SELECT {column} FROM {table} WHERE {owner} = ? ORDER BY {order} LIMIT ?",  # noqa: S608 - our own names
        (id, _MOST),
    )
    return tuple(value for (value,) in rows.fetchall())


def _labels_of(connection: sqlite3.Connection, kind: PageKind, id: str) -> tuple[str, ...]:
    rows = connection.execute(
        "SELECT l.name FROM item_label i JOIN label l ON l.id = i.label_id WHERE i.item_kind = ? AND i.item_id = ?"
        " AND l.deleted_at IS NULL ORDER BY l.name LIMIT ?",
        (kind.value, id, _MOST),
    )
    return tuple(name for (name,) in rows.fetchall())


def _all_labels(connection: sqlite3.Connection) -> tuple[str, ...]:
    rows = connection.execute(
        "SELECT name FROM label WHERE deleted_at IS NULL ORDER BY name LIMIT ?", (_MOST,)
    )
    return tuple(name for (name,) in rows.fetchall())


def _custom(connection: sqlite3.Connection, kind: PageKind, id: str) -> tuple[CustomValue, ...]:
    rows = connection.execute(
        "SELECT f.id, f.name, f.type, f.choices, coalesce(v.value, '') FROM custom_field f LEFT JOIN custom_value v"
        " ON v.field_id = f.id AND v.item_kind = f.item_kind AND v.item_id = ?"
        " WHERE f.item_kind = ? AND f.deleted_at IS NULL ORDER BY f.position, f.name LIMIT ?",
        (id, kind.value, _MOST),
    )
    return tuple(
        CustomValue(field_id, name, type, tuple(json.loads(choices)), value)
        for field_id, name, type, choices, value in rows.fetchall()
    )


def _usual_currency(connection: sqlite3.Connection) -> str:
    row = connection.execute(
        "SELECT currency FROM (SELECT currency FROM deal WHERE currency <> '' AND deleted_at IS NULL"
        " ORDER BY created_at DESC LIMIT 500) GROUP BY currency ORDER BY count(*) DESC LIMIT 1"
    ).fetchone()
    return str(row[0]) if row else "EUR"
