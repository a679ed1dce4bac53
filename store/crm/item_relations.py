"""Who and what an item is connected with: its people and organizations, and the other items around it."""

from __future__ import annotations

import json
import sqlite3
from typing import Final, NamedTuple

from store.crm.item_details import Row
from store.crm.item_refs import PageKind, PageRef

MOST: Final = 50
"""Of people, and of items around."""


class PersonLine(NamedTuple):
    """A person or an organization of an item; `is_main` is the one it was made for."""

    page: PageRef
    name: str
    title: str
    email: str
    phone: str
    time_zone: str
    is_main: bool


class Related(NamedTuple):
    """Another item and how it stands to this one: source lead, converted to, deal .."""

    how: str
    page: PageRef
    title: str
    status: str
    value: str | None
    currency: str


_PERSON: Final = (
    "SELECT p.id, p.name, p.title,"
    " coalesce((SELECT email FROM person_email WHERE person_id = p.id ORDER BY is_primary DESC, email LIMIT 1), ''),"
    " coalesce((SELECT phone FROM person_phone WHERE person_id = p.id ORDER BY is_primary DESC, phone LIMIT 1), ''),"
    " p.time_zone FROM json_each(?) j CROSS JOIN person p ON p.id = j.value AND p.deleted_at IS NULL ORDER BY j.key"
)


def people(connection: sqlite3.Connection, page: PageRef, row: Row) -> tuple[tuple[PersonLine, ...], int]:
    """Return the people of an item, its main person first, then its organization; and how many there are."""
    main: str | None = row.get("person_id")
    others, count = _others(connection, page)
    ids = list(dict.fromkeys([*([main] if main else []), *others]))[:MOST]
    rows = connection.execute(_PERSON, (json.dumps(ids),)).fetchall()
    lines = [
        PersonLine._make((PageRef(PageKind.PERSON, each[0]), *each[1:], each[0] == main)) for each in rows
    ]
    lines += _organization(connection, page, row)
    return tuple(lines), max(count + len(lines) - len(rows), len(lines))


def _others(connection: sqlite3.Connection, page: PageRef) -> tuple[list[str], int]:
    if page.kind is PageKind.DEAL:
        source, order = "SELECT person_id AS id FROM deal_participant WHERE deal_id = ?", ""
    elif page.kind is PageKind.ORGANIZATION:
        source = "SELECT id FROM person WHERE org_id = ? AND deleted_at IS NULL"
        order = " ORDER BY created_at DESC, id"
    else:
        return [], 0
    rows = connection.execute(f"{source}{order} LIMIT ?", (page.id, MOST)).fetchall()
    count = connection.execute(f"SELECT count(*) FROM ({source})", (page.id,)).fetchone()[0]  # noqa: S608 - our own text
    return [row[0] for row in rows], count


def _organization(connection: sqlite3.Connection, page: PageRef, row: Row) -> list[PersonLine]:
    org_id = row.get("org_id")
    if org_id is None and row.get("person_id") and page.kind is not PageKind.PERSON:
        found = connection.execute("SELECT org_id FROM person WHERE id = ?", (row["person_id"],)).fetchone()
        org_id = found[0] if found else None
    if org_id is None:
        return []
    found = connection.execute(
        "SELECT id, name, address FROM organization WHERE id = ? AND deleted_at IS NULL", (org_id,)
    ).fetchone()
    if found is None:
        return []
    organization = PageRef(PageKind.ORGANIZATION, found[0])
    return [PersonLine(organization, found[1], found[2], "", "", "", is_main=False)]


_STATUS: Final = "CASE WHEN deleted_at IS NOT NULL THEN 'deleted' WHEN archived_at IS NOT NULL THEN 'archived' ELSE status END"
_ITEM: Final = {
    PageKind.DEAL: f"SELECT title, {_STATUS}, value, currency FROM deal WHERE id = ?",  # noqa: S608 - our own text
    PageKind.LEAD: (
        "SELECT title, CASE WHEN deleted_at IS NOT NULL THEN 'deleted' ELSE status END, value, currency"
        " FROM lead WHERE id = ?"
    ),
    PageKind.PROJECT: f"SELECT title, {_STATUS}, value, currency FROM project WHERE id = ?",  # noqa: S608 - as above
    PageKind.PERSON: "SELECT name, CASE WHEN deleted_at IS NULL THEN '' ELSE 'deleted' END, NULL, '' FROM person WHERE id = ?",
    PageKind.ORGANIZATION: (
        "SELECT name, CASE WHEN deleted_at IS NULL THEN '' ELSE 'deleted' END, NULL, '' FROM organization WHERE id = ?"
    ),
}
_AROUND: Final = {
    PageKind.PERSON: (
        "SELECT 'deal' AS kind, id, created_at, status = 'open' AND archived_at IS NULL AS is_open FROM deal"
        " WHERE person_id = ?1 AND deleted_at IS NULL"
        " UNION SELECT 'deal', d.id, d.created_at, d.status = 'open' AND d.archived_at IS NULL FROM deal_participant q"
        " CROSS JOIN deal d ON d.id = q.deal_id WHERE q.person_id = ?1 AND d.deleted_at IS NULL"
        " UNION ALL SELECT 'lead', id, created_at, status = 'open' FROM lead WHERE person_id = ?1 AND deleted_at IS NULL"
        " UNION ALL SELECT 'project', id, created_at, status = 'open' AND archived_at IS NULL FROM project"
        " WHERE person_id = ?1 AND deleted_at IS NULL"
    ),
    PageKind.ORGANIZATION: (
        "SELECT 'deal' AS kind, id, created_at, status = 'open' AND archived_at IS NULL AS is_open FROM deal"
        " WHERE org_id = ?1 AND deleted_at IS NULL"
        " UNION ALL SELECT 'lead', id, created_at, status = 'open' FROM lead WHERE org_id = ?1 AND deleted_at IS NULL"
        " UNION ALL SELECT 'project', id, created_at, status = 'open' AND archived_at IS NULL FROM project"
        " WHERE org_id = ?1 AND deleted_at IS NULL"
    ),
    PageKind.PRODUCT: (
        "SELECT 'deal' AS kind, d.id, d.created_at, d.status = 'open' AND d.archived_at IS NULL AS is_open FROM deal_product q"
        " CROSS JOIN deal d ON d.id = q.deal_id WHERE q.product_id = ?1 AND d.deleted_at IS NULL"
    ),
}
_POINTERS: Final = (
    ("source_lead_id", PageKind.LEAD, "source lead"),
    ("converted_deal_id", PageKind.DEAL, "converted to"),
    ("deal_id", PageKind.DEAL, "deal"),
    ("lead_id", PageKind.LEAD, "lead"),
    ("project_id", PageKind.PROJECT, "project"),
)


def related(connection: sqlite3.Connection, page: PageRef, row: Row) -> tuple[tuple[Related, ...], int]:
    """Return the items around one, open ones first, and how many there are: what it came from, what is done with it."""
    pointers = [(how, kind, row.get(column)) for column, kind, how in _POINTERS]
    pointers.append(("merged into", page.kind, row.get("merged_into")))
    found = [
        one
        for how, kind, other_id in pointers
        if other_id and (one := _related(connection, how, PageRef(kind, other_id))) is not None
    ]
    if page.kind not in _AROUND:
        return tuple(found), len(found)
    around = _AROUND[page.kind]
    rows = connection.execute(
        f"SELECT kind, id FROM ({around}) ORDER BY is_open DESC, created_at DESC LIMIT ?2",  # noqa: S608 - our own text
        (page.id, MOST),
    ).fetchall()
    count = connection.execute(f"SELECT count(*) FROM ({around})", (page.id,)).fetchone()[0]  # noqa: S608 - as above
    for kind, other_id in rows:
        one = _related(connection, kind, PageRef(PageKind(kind), other_id))
        if one is not None:
            found.append(one)
    return tuple(found), count + len(found) - len(rows)


def _related(connection: sqlite3.Connection, how: str, page: PageRef) -> Related | None:
    row = connection.execute(_ITEM[page.kind], (page.id,)).fetchone() if page.kind in _ITEM else None
    return None if row is None else Related(how, page, *row)
