"""What the page of an item shows above and beside its lists: one call of a few bounded, indexed queries."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from store.crm import deal_products, item_details, item_relations, items
from store.crm.item_details import Fact as Fact
from store.crm.item_refs import COLUMN_OF, PageKind, PageRef
from store.crm.item_relations import PersonLine as PersonLine
from store.crm.item_relations import Related as Related
from store.crm.items import ItemKind, ItemRef
from store.database import Database

MOST_LINES: Final = 20
"""Of activities, notes, products and followers."""
_MOST_CHARACTERS: Final = 4_000


class ActivityLine(NamedTuple):
    """Something still to be done. On the page of a person or organization `about` is the item of theirs it is for."""

    id: str
    type: str
    subject: str
    due_at: int | None
    entered_at: int
    responsible: str
    about: str = ""

    @property
    def page(self) -> PageRef:
        """Return the page of the activity."""
        return PageRef(PageKind.ACTIVITY, self.id)


class NoteLine(NamedTuple):
    """A note about the item; of a very long one the beginning."""

    id: str
    at: int
    author: str
    body: str
    is_pinned: bool


class ProductLine(NamedTuple):
    """A product of a deal. `total` is what it comes to with discount and tax, None without a price."""

    page: PageRef
    name: str
    quantity: Decimal
    price: Decimal | None
    currency: str
    total: Decimal | None


@dataclass(frozen=True, slots=True)
class PageFacts:
    """Everything a page shows of its item but its conversations and its timeline.

    Stages count from 1. `status` is as an ItemCard's; open or done of an activity. Where not all is listed, the count
    says how many there are.
    """

    page: PageRef
    title: str
    status: str
    stage: str
    stage_position: int
    stage_count: int
    value: Decimal | None
    currency: str
    owner: str
    expected_close: str | None
    visible_to: str
    created_at: int
    labels: tuple[str, ...]
    followers: tuple[str, ...]
    people: tuple[PersonLine, ...]
    people_count: int
    related: tuple[Related, ...]
    related_count: int
    activities: tuple[ActivityLine, ...]
    activity_count: int
    notes: tuple[NoteLine, ...]
    note_count: int
    products: tuple[ProductLine, ...]
    totals: tuple[tuple[str, Decimal], ...]
    details: tuple[Fact, ...]

    @property
    def is_open(self) -> bool:
        """Say whether the item is still being worked on."""
        return self.status in ("open", "")

    @property
    def is_deleted(self) -> bool:
        """Say whether it was deleted."""
        return self.status == "deleted"


def read(db: Database, page: PageRef | ItemRef) -> PageFacts | None:
    """Return what the page of an item shows, also of one that was deleted; None when there never was one."""
    connection = db.read()
    page = PageRef.of(page)
    row = item_details.row(connection, page)
    if row is None:
        return None
    card = items.card(connection, page.item) if page.item else None
    people, people_count = item_relations.people(connection, page, row)
    related, related_count = item_relations.related(connection, page, row)
    activities, activity_count = _activities(connection, page)
    notes, note_count = _notes(connection, page)
    labels, followers = _labels(connection, page), _followers(connection, page)
    products, totals = _products(connection, page)
    return PageFacts(
        page=page,
        title=card.title if card else row.get("subject") or row.get("name", ""),
        status=card.status if card else _status(page, row),
        stage=card.stage if card else "",
        stage_position=card.stage_position if card else 0,
        stage_count=card.stage_count if card else 0,
        value=card.value if card else item_details.amount(row.get("price")),
        currency=card.currency if card else row.get("currency", ""),
        owner=card.owner if card else item_details.user_name(connection, row.get("responsible_id")),
        expected_close=card.expected_close if card else None,
        visible_to=row.get("visible_to", ""),
        created_at=row["created_at"],
        labels=labels,
        followers=followers,
        people=people,
        people_count=people_count,
        related=related,
        related_count=related_count,
        activities=activities,
        activity_count=activity_count,
        notes=notes,
        note_count=note_count,
        products=products,
        totals=totals,
        details=item_details.facts(connection, page, row, labels, followers),
    )


def note_body(db: Database, note_id: str) -> str:
    """Return a note in full, nothing when it is gone."""
    row = db.read().execute("SELECT body FROM note WHERE id = ?", (note_id,)).fetchone()
    return str(row[0]) if row else ""


def _status(page: PageRef, row: item_details.Row) -> str:
    if row["deleted_at"] is not None:
        return "deleted"
    if page.kind is PageKind.ACTIVITY:
        return "open" if row["done_at"] is None else "done"
    return ""


def _activities(connection: sqlite3.Connection, page: PageRef) -> tuple[tuple[ActivityLine, ...], int]:
    if page.kind not in COLUMN_OF:
        return (), 0
    open_ones = _OPEN_ACTIVITIES[page.kind]
    rows = connection.execute(
        "SELECT a.id, a.type, a.subject, a.due_at, a.entered_at, coalesce(u.name, ''),"  # noqa: S608 - our own columns
        " coalesce(d.title, l.title, r.title, '') FROM activity a LEFT JOIN workspace_user u ON u.id = a.responsible_id"
        " LEFT JOIN deal d ON d.id = a.deal_id LEFT JOIN lead l ON l.id = a.lead_id LEFT JOIN project r ON r.id = a.project_id"
        f" WHERE a.id IN ({open_ones}) ORDER BY a.due_at IS NULL, a.due_at, a.entered_at LIMIT ?2",
        (page.id, MOST_LINES),
    ).fetchall()
    listed = [ActivityLine._make(row) for row in rows]
    if page.kind not in _WITH_ITEMS:
        listed = [each._replace(about="") for each in listed]
    count = f"SELECT count(*) FROM ({open_ones})"  # noqa: S608 - as above
    return tuple(listed), connection.execute(count, (page.id,)).fetchone()[0]


_WITH_ITEMS: Final = (PageKind.PERSON, PageKind.ORGANIZATION)


def _open_activities(kind: PageKind) -> str:
    """Return the query for what is to be done about an item; with somebody also what is about their items."""
    column, is_open = COLUMN_OF[kind], "a.done_at IS NULL AND a.deleted_at IS NULL"
    queries = [f"SELECT a.id FROM activity a WHERE a.{column} = ?1 AND {is_open}"]  # noqa: S608 - our own columns
    if kind in _WITH_ITEMS:
        queries += [
            f"SELECT a.id FROM {item} i CROSS JOIN activity a ON a.{item}_id = i.id"  # noqa: S608 - as above
            f" WHERE i.{column} = ?1 AND i.deleted_at IS NULL AND {is_open}"
            for item in ("deal", "lead", "project")
        ]
    return " UNION ".join(queries)


_OPEN_ACTIVITIES: Final = {kind: _open_activities(kind) for kind in COLUMN_OF}


def _notes(connection: sqlite3.Connection, page: PageRef) -> tuple[tuple[NoteLine, ...], int]:
    if page.kind not in COLUMN_OF:
        return (), 0
    condition = f"n.{COLUMN_OF[page.kind]} = ? AND n.deleted_at IS NULL"
    rows = connection.execute(
        "SELECT n.id, n.created_at, coalesce(u.name, ''), substr(n.body, 1, ?), n.is_pinned FROM note n"  # noqa: S608 - our own columns
        f" LEFT JOIN workspace_user u ON u.id = n.author_id WHERE {condition}"
        " ORDER BY n.is_pinned DESC, n.created_at DESC LIMIT ?",
        (_MOST_CHARACTERS, page.id, MOST_LINES),
    ).fetchall()
    count = f"SELECT count(*) FROM note n WHERE {condition}"  # noqa: S608 - as above
    notes = tuple(NoteLine._make((*row[:4], bool(row[4]))) for row in rows)
    return notes, connection.execute(count, (page.id,)).fetchone()[0]


def _labels(connection: sqlite3.Connection, page: PageRef) -> tuple[str, ...]:
    rows = connection.execute(
        "SELECT l.name FROM item_label i JOIN label l ON l.id = i.label_id WHERE i.item_kind = ? AND i.item_id = ?"
        " AND l.deleted_at IS NULL ORDER BY l.name LIMIT ?",
        (page.kind.value, page.id, MOST_LINES),
    ).fetchall()
    return tuple(name for (name,) in rows)


def _followers(connection: sqlite3.Connection, page: PageRef) -> tuple[str, ...]:
    rows = connection.execute(
        "SELECT u.name FROM item_follower f JOIN workspace_user u ON u.id = f.user_id"
        " WHERE f.item_kind = ? AND f.item_id = ? AND u.deleted_at IS NULL ORDER BY u.name LIMIT ?",
        (page.kind.value, page.id, MOST_LINES),
    ).fetchall()
    return tuple(name for (name,) in rows)


def _products(
    connection: sqlite3.Connection, page: PageRef
) -> tuple[tuple[ProductLine, ...], tuple[tuple[str, Decimal], ...]]:
    """Return the products of a deal, and what they come to in each currency; nothing is converted."""
    if page.kind is not PageKind.DEAL:
        return (), ()
    shown = deal_products.of(connection, ItemRef(ItemKind.DEAL, page.id))
    lines = [
        ProductLine(
            PageRef(PageKind.PRODUCT, one.product_id),
            one.name,
            one.quantity,
            one.price,
            one.currency,
            one.total,
        )
        for one in shown.lines
    ]
    return tuple(lines), tuple((currency, total) for currency, (_, total) in shown.totals.items())
