"""All fields of an item, named for the reader, with the times of M101-M109 under their own names."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from store.crm.item_refs import PageKind, PageRef

Row = Mapping[str, Any]
_MOST: Final = 50


class Fact(NamedTuple):
    """One field: a text or a time, and the page it leads to."""

    caption: str
    text: str = ""
    at: int | None = None
    page: PageRef | None = None


class _Field(NamedTuple):
    column: str
    caption: str
    is_time: bool = False


def _fields(text: str, *, is_time: bool = False) -> tuple[_Field, ...]:
    pairs = (each.strip().partition(":") for each in text.split(","))
    return tuple(_Field(column, caption or column, is_time) for column, _, caption in pairs)


_TIMES: Final = _fields("created_at:entered in the CRM, updated_at:last changed", is_time=True)
_OWN: Final = {
    PageKind.DEAL: (
        *_fields("probability, expected_close:expected close, lost_reason:lost because"),
        *_fields(
            "stage_changed_at:in this stage since, won_at:won, lost_at:lost, archived_at:archived",
            is_time=True,
        ),
    ),
    PageKind.LEAD: (
        *_fields("source, expected_close:expected close"),
        *_fields("closed_at:closed", is_time=True),
    ),
    PageKind.PROJECT: (
        *_fields("description, start_date:start, end_date:end"),
        *_fields("closed_at:closed, archived_at:archived", is_time=True),
    ),
    PageKind.PERSON: _fields(
        "first_name:first name, last_name:last name, title:position, time_zone:time zone, notes"
    ),
    PageKind.ORGANIZATION: _fields("address"),
    PageKind.ACTIVITY: (
        *_fields("type, note, duration_min:minutes"),
        *_fields("entered_at:entered, due_at:due, done_at:completed", is_time=True),
    ),
    PageKind.PRODUCT: _fields("code, unit, price, currency, tax:tax in percent"),
}
_REFERENCES: Final = (
    ("person_id", PageKind.PERSON, "person", "name"),
    ("org_id", PageKind.ORGANIZATION, "organization", "name"),
    ("deal_id", PageKind.DEAL, "deal", "title"),
    ("lead_id", PageKind.LEAD, "lead", "title"),
    ("project_id", PageKind.PROJECT, "project", "title"),
    ("source_lead_id", PageKind.LEAD, "source lead", "title"),
    ("converted_deal_id", PageKind.DEAL, "converted to", "title"),
)


def row(connection: sqlite3.Connection, page: PageRef) -> Row | None:
    """Return all columns of an item, also of one that was deleted; None when there never was one."""
    query = f"SELECT * FROM {page.kind.value} WHERE id = ?"  # noqa: S608 - tables are named as the kinds are
    cursor = connection.execute(query, (page.id,))
    found = cursor.fetchone()
    names = [column[0] for column in cursor.description]
    return None if found is None else dict(zip(names, found, strict=True))


def amount(text: str | None) -> Decimal | None:
    """Return decimal text as a number, None where there is none or it is no number."""
    try:
        number = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return number if number is None or number.is_finite() else None


def user_name(connection: sqlite3.Connection, user_id: str | None) -> str:
    """Return a user's name, or nothing."""
    found = connection.execute("SELECT name FROM workspace_user WHERE id = ?", (user_id or "",)).fetchone()
    return str(found[0]) if found else ""


def facts(
    connection: sqlite3.Connection,
    page: PageRef,
    values: Row,
    labels: Sequence[str],
    followers: Sequence[str],
) -> tuple[Fact, ...]:
    """Return every field of an item that says something, its own fields first, then those people added."""
    found = [
        *_references(connection, page, values),
        *_places(connection, values),
        *_plain(page, values),
        *_lists(connection, page),
    ]
    for caption, user_id in (
        ("owner", "owner_id"),
        ("responsible", "responsible_id"),
        ("entered by", "created_by"),
    ):
        if name := user_name(connection, values.get(user_id)):
            found.append(Fact(caption, name))
    for caption, names in (("labels", labels), ("followers", followers)):
        if names:
            found.append(Fact(caption, ", ".join(names)))
    if values.get("visible_to"):
        found.append(Fact("visible to", _VISIBLE.get(values["visible_to"], "its owner")))
    found += [Fact(each.caption, at=values[each.column]) for each in _TIMES if values.get(each.column)]
    return (*found, *_custom(connection, page), *_origins(connection, page))


_VISIBLE: Final = {
    "owner": "its owner and followers",
    "team": "the owner's team",
    "company": "everybody in the company",
}


def _references(connection: sqlite3.Connection, page: PageRef, values: Row) -> Iterator[Fact]:
    pairs = [(values.get(column), kind, caption, name) for column, kind, caption, name in _REFERENCES]
    pairs.append((values.get("merged_into"), page.kind, "merged into", _name_column(page.kind)))
    for other_id, kind, caption, name in pairs:
        if other_id:
            query = f"SELECT {name} FROM {kind.value} WHERE id = ?"  # noqa: S608 - our own names
            found = connection.execute(query, (other_id,)).fetchone()
            if found:
                yield Fact(caption, found[0], page=PageRef(kind, other_id))


def _name_column(kind: PageKind) -> str:
    if kind is PageKind.ACTIVITY:
        return "subject"
    return "title" if kind in (PageKind.DEAL, PageKind.LEAD, PageKind.PROJECT) else "name"


def _places(connection: sqlite3.Connection, values: Row) -> Iterator[Fact]:
    for column, table, caption in (
        ("pipeline_id", "pipeline", "pipeline"),
        ("stage_id", "stage", "stage"),
        ("phase_id", "phase", "phase"),
    ):
        if values.get(column):
            query = f"SELECT name, deleted_at FROM {table} WHERE id = ?"  # noqa: S608 - our own names
            found = connection.execute(query, (values[column],)).fetchone()
            if found:
                yield Fact(caption, found[0] + (" (deleted)" if found[1] is not None else ""))


def _plain(page: PageRef, values: Row) -> Iterator[Fact]:
    for each in _OWN[page.kind]:
        value = values.get(each.column)
        if value is None or value == "":
            continue
        yield Fact(each.caption, at=value) if each.is_time else Fact(each.caption, str(value))


def _lists(connection: sqlite3.Connection, page: PageRef) -> Iterator[Fact]:
    if page.kind is PageKind.PERSON:
        for query, caption in (
            ("SELECT email, label, status FROM person_email WHERE person_id = ?", "address"),
            ("SELECT phone, label, 'ok' FROM person_phone WHERE person_id = ?", "phone"),
        ):
            rows = connection.execute(f"{query} ORDER BY is_primary DESC, 1 LIMIT ?", (page.id, _MOST))
            for text, label, status in rows.fetchall():
                notes = [each for each in (label, "" if status == "ok" else status.replace("_", " ")) if each]
                yield Fact(caption, f"{text} ({', '.join(notes)})" if notes else text)
    elif page.kind is PageKind.ORGANIZATION:
        query = "SELECT domain FROM organization_domain WHERE organization_id = ? ORDER BY domain LIMIT ?"
        for (domain,) in connection.execute(query, (page.id, _MOST)).fetchall():
            yield Fact("domain", domain)


def _custom(connection: sqlite3.Connection, page: PageRef) -> Iterator[Fact]:
    rows = connection.execute(
        "SELECT f.name, v.value, f.type FROM custom_value v JOIN custom_field f ON f.id = v.field_id"
        " WHERE v.item_kind = ? AND v.item_id = ? AND f.deleted_at IS NULL ORDER BY f.position, f.name LIMIT ?",
        (page.kind.value, page.id, _MOST),
    ).fetchall()
    for name, value, _type in rows:
        yield Fact(name, value)


def _origins(connection: sqlite3.Connection, page: PageRef) -> Iterator[Fact]:
    rows = connection.execute(
        "SELECT system, external_id FROM external_ref WHERE kind = ? AND local_id = ? ORDER BY system LIMIT ?",
        (page.kind.value, page.id, _MOST),
    ).fetchall()
    for system, external_id in rows:
        yield Fact(f"id in {system}", external_id)
