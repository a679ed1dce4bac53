"""What a page can be about, and the small questions that several readers ask of it."""

from __future__ import annotations

import sqlite3
from enum import StrEnum
from typing import Final, NamedTuple

from store.crm import items
from store.crm.about import COLUMNS
from store.crm.items import ItemKind, ItemRef
from store.database import Database

_MOST_PERSONS: Final = 1_000


class PageKind(StrEnum):
    """Everything that has a page of its own. The first five spell as ItemKind does."""

    DEAL = "deal"
    LEAD = "lead"
    PROJECT = "project"
    PERSON = "person"
    ORGANIZATION = "organization"
    ACTIVITY = "activity"
    PRODUCT = "product"


class PageRef(NamedTuple):
    """What a page is about. One of an item equals its ItemRef."""

    kind: PageKind
    id: str

    @classmethod
    def of(cls, item: ItemRef | PageRef) -> PageRef:
        """Return the page of an item."""
        return cls(PageKind(item.kind.value), item.id)

    @property
    def item(self) -> ItemRef | None:
        """Return the item, None for an activity or a product."""
        kind = self.kind.value
        return ItemRef(ItemKind(kind), self.id) if kind in set(ItemKind) else None

    @property
    def address(self) -> str:
        """Return how it is written on the command line: `deal:<id>`."""
        return f"{self.kind.value}:{self.id}"


COLUMN_OF: Final = {PageKind(kind.value): column for kind, column in COLUMNS.items()}
"""The column by which activities and notes are about an item."""


def find(db: Database, text: str) -> PageRef | None:
    """Return what `deal:12`, `activity:<uuid>` or `product:<uuid>` means: by its own id or the one it came with."""
    kind, colon, name = text.strip().partition(":")
    kind = kind.lower()
    if kind in set(ItemKind):
        item = items.find(db, f"{kind}:{name}")
        return PageRef.of(item) if item else None
    if not colon or kind not in set(PageKind):
        return None
    connection = db.read()
    page = PageRef(PageKind(kind), name)
    if _deleted_at(connection, page) is not None:
        return page
    rows = connection.execute(
        "SELECT local_id FROM external_ref WHERE kind = ?1"
        " AND (external_id = ?2 OR system || ':' || external_id = ?2) LIMIT 2",
        (kind, name),
    ).fetchall()
    return PageRef(page.kind, rows[0][0]) if len(rows) == 1 else None


def is_deleted(connection: sqlite3.Connection, page: PageRef) -> bool:
    """Say whether it was deleted, or never was."""
    row = _deleted_at(connection, page)
    return row is None or row[0] is not None


def _deleted_at(connection: sqlite3.Connection, page: PageRef) -> tuple[int | None] | None:
    query = f"SELECT deleted_at FROM {page.kind.value} WHERE id = ?"  # noqa: S608 - tables are named as the kinds are
    row: tuple[int | None] | None = connection.execute(query, (page.id,)).fetchone()
    return row


def persons_of(connection: sqlite3.Connection, page: PageRef) -> list[str]:
    """Return the person a page is about, or the newest persons of its organization; nobody for other kinds."""
    if page.kind is PageKind.PERSON:
        return [page.id]
    if page.kind is not PageKind.ORGANIZATION:
        return []
    rows = connection.execute(
        "SELECT id FROM person WHERE org_id = ? AND deleted_at IS NULL ORDER BY created_at DESC, id LIMIT ?",
        (page.id, _MOST_PERSONS),
    ).fetchall()
    return [row[0] for row in rows]


def about(db: Database, page: PageRef) -> ItemRef | None:
    """Return the item of a page, of an activity what it is about; None for a product."""
    if page.kind is not PageKind.ACTIVITY:
        return page.item
    row = (
        db.read()
        .execute(
            "SELECT deal_id, lead_id, project_id, person_id, org_id FROM activity WHERE id = ?", (page.id,)
        )
        .fetchone()
    )
    found = zip(COLUMN_OF, row or (), strict=False)
    return next((PageRef(kind, item_id).item for kind, item_id in found if item_id), None)
