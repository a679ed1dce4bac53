"""What a conversation can be about: deals, leads, projects, persons, organizations, as the screen shows them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from mail.folding import fold
from store.database import Database


class ItemKind(StrEnum):
    """The kinds of item. Of the first three a conversation has at most one."""

    DEAL = "deal"
    LEAD = "lead"
    PROJECT = "project"
    PERSON = "person"
    ORGANIZATION = "organization"

    @property
    def fills_the_slot(self) -> bool:
        """Say whether a conversation can be linked to it by hand."""
        return self in (ItemKind.DEAL, ItemKind.LEAD, ItemKind.PROJECT)


class ItemRef(NamedTuple):
    """Which item is meant."""

    kind: ItemKind
    id: str


@dataclass(frozen=True, slots=True)
class NextActivity:
    """What is to be done next about an item. `due_at` is None when it has no time."""

    type: str
    subject: str
    due_at: int | None


@dataclass(frozen=True, slots=True)
class ItemCard:
    """An item as a card shows it. Stages count from 1; `stage_position` is 0 where there are none.

    `external_ref` is the id the item has where it came from. `status` is open, won, lost, converted, archived, completed, canceled or deleted; empty for persons and
    organizations.
    """

    kind: ItemKind
    id: str
    title: str
    status: str
    stage: str
    stage_position: int
    stage_count: int
    value: Decimal | None
    currency: str
    owner: str
    person: str
    person_id: str | None
    organization: str
    organization_id: str | None
    expected_close: str | None
    created_at: int
    next_activity: NextActivity | None
    external_ref: str | None

    @property
    def ref(self) -> ItemRef:
        """Return which item it is."""
        return ItemRef(self.kind, self.id)

    @property
    def is_open(self) -> bool:
        """Say whether the item is still being worked on."""
        return self.status == "open"


_PEOPLE: Final = (
    "LEFT JOIN workspace_user u ON u.id = i.owner_id LEFT JOIN person p ON p.id = i.person_id "
    "LEFT JOIN organization o ON o.id = coalesce(i.org_id, p.org_id) WHERE i.id = ?"
)
_STATUS: Final = "CASE WHEN i.deleted_at IS NOT NULL THEN 'deleted' WHEN i.archived_at IS NOT NULL THEN 'archived' ELSE i.status END"
_CARDS: Final = {
    ItemKind.DEAL: (
        f"SELECT i.title, {_STATUS}, s.name, s.position, "  # noqa: S608 - put together from our own text
        "(SELECT count(*) FROM stage n WHERE n.pipeline_id = s.pipeline_id AND n.deleted_at IS NULL), "
        "i.value, i.currency, u.name, p.name, p.id, o.name, o.id, i.expected_close, i.created_at "
        f"FROM deal i LEFT JOIN stage s ON s.id = i.stage_id {_PEOPLE}"
    ),
    ItemKind.LEAD: (
        "SELECT i.title, CASE WHEN i.deleted_at IS NOT NULL THEN 'deleted' ELSE i.status END, NULL, 0, 0, "  # noqa: S608 - as above
        f"i.value, i.currency, u.name, p.name, p.id, o.name, o.id, i.expected_close, i.created_at FROM lead i {_PEOPLE}"
    ),
    ItemKind.PROJECT: (
        f"SELECT i.title, {_STATUS}, s.name, s.position, "  # noqa: S608 - as above
        "(SELECT count(*) FROM phase n WHERE n.board = s.board AND n.deleted_at IS NULL), "
        "i.value, i.currency, u.name, p.name, p.id, o.name, o.id, i.end_date, i.created_at "
        f"FROM project i LEFT JOIN phase s ON s.id = i.phase_id {_PEOPLE}"
    ),
    ItemKind.PERSON: (
        "SELECT i.name, CASE WHEN i.deleted_at IS NOT NULL THEN 'deleted' ELSE '' END, i.title, 0, 0, NULL, '', u.name, "
        "i.name, i.id, o.name, o.id, NULL, i.created_at FROM person i LEFT JOIN workspace_user u ON u.id = i.owner_id "
        "LEFT JOIN organization o ON o.id = i.org_id WHERE i.id = ?"
    ),
    ItemKind.ORGANIZATION: (
        "SELECT i.name, CASE WHEN i.deleted_at IS NOT NULL THEN 'deleted' ELSE '' END, NULL, 0, 0, NULL, '', u.name, "
        "NULL, NULL, i.name, i.id, NULL, i.created_at FROM organization i "
        "LEFT JOIN workspace_user u ON u.id = i.owner_id WHERE i.id = ?"
    ),
}
_NEXT: Final = {
    kind: (
        f"SELECT type, subject, due_at FROM activity WHERE {column} = ? AND done_at IS NULL "  # noqa: S608 - our own columns
        "AND deleted_at IS NULL ORDER BY due_at IS NULL, due_at LIMIT 1"
    )
    for kind, column in (
        (ItemKind.DEAL, "deal_id"),
        (ItemKind.LEAD, "lead_id"),
        (ItemKind.PROJECT, "project_id"),
        (ItemKind.PERSON, "person_id"),
        (ItemKind.ORGANIZATION, "org_id"),
    )
}


def get(db: Database, item: ItemRef) -> ItemCard | None:
    """Return an item's card, also of one that was deleted; None when there never was one."""
    return card(db.read(), item)


def card(connection: sqlite3.Connection, item: ItemRef) -> ItemCard | None:
    """Return an item's card, on a connection that may be in a transaction."""
    row = connection.execute(_CARDS[item.kind], (item.id,)).fetchone()
    if row is None:
        return None
    (
        title,
        status,
        stage,
        position,
        count,
        value,
        currency,
        owner,
        person,
        person_id,
        org,
        org_id,
        close,
        created,
    ) = row
    activity = connection.execute(_NEXT[item.kind], (item.id,)).fetchone()
    return ItemCard(
        kind=item.kind,
        id=item.id,
        title=title,
        status=status,
        stage=stage or "",
        stage_position=position or 0,
        stage_count=count or 0,
        value=None if value is None else Decimal(value),
        currency=currency,
        owner=owner or "",
        person=person or "",
        person_id=person_id,
        organization=org or "",
        organization_id=org_id,
        expected_close=close,
        created_at=created,
        next_activity=NextActivity(*activity) if activity else None,
        external_ref=_external_ref(connection, item),
    )


def _external_ref(connection: sqlite3.Connection, item: ItemRef) -> str | None:
    row = connection.execute(
        "SELECT external_id FROM external_ref WHERE kind = ? AND local_id = ? ORDER BY system LIMIT 1",
        (item.kind.value, item.id),
    ).fetchone()
    return None if row is None else str(row[0])


def search(
    db: Database, words: str, limit: int = 20, *, kinds: Iterable[ItemKind] = tuple(ItemKind)
) -> tuple[ItemCard, ...]:
    """Return items whose title, person, organization or address begins with each of the words.

    Open ones come first, then persons and organizations, then closed ones; in each the newest first. Without words
    it is the newest.
    """
    wanted = json.dumps([kind.value for kind in kinds])
    match = _match(words)
    if match is None:
        return ()
    query = (
        "SELECT i.item_kind, i.item_id FROM item_text t CROSS JOIN item_index i ON i.number = t.rowid"
        " WHERE item_text MATCH ?1 AND i.item_kind IN (SELECT value FROM json_each(?2)) ORDER BY t.rowid DESC LIMIT ?3"
        if match
        else "SELECT item_kind, item_id FROM item_index WHERE ?1 = ''"
        " AND +item_kind IN (SELECT value FROM json_each(?2)) ORDER BY number DESC LIMIT ?3"
    )
    connection = db.read()
    rows = connection.execute(query, (match, wanted, limit)).fetchall()
    cards = (card(connection, ItemRef(ItemKind(kind), item_id)) for kind, item_id in rows)
    return tuple(each for each in cards if each is not None)


def _match(words: str) -> str | None:
    """Return the index query, "" for all items, None when nothing in `words` can be looked for."""
    if not words.strip():
        return ""
    return " ".join(f'"{term}"*' for term in fold(words).split()) or None


def find(db: Database, text: str) -> ItemRef | None:
    """Return the item that `deal:12` or `deal:<uuid>` means: its own id, or the id it has where it came from."""
    kind, colon, name = text.partition(":")
    if not colon or kind not in set(ItemKind):
        return None
    ref = ItemRef(ItemKind(kind), name)
    connection = db.read()
    if connection.execute(_CARDS[ref.kind], (name,)).fetchone() is not None:
        return ref
    rows = connection.execute(
        "SELECT local_id FROM external_ref WHERE kind = ?1"
        " AND (external_id = ?2 OR system || ':' || external_id = ?2) LIMIT 2",
        (ref.kind.value, name),
    ).fetchall()
    return ItemRef(ref.kind, rows[0][0]) if len(rows) == 1 else None
