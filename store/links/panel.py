"""What the CRM panel shows of one conversation, in one call of a few bounded, indexed queries."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mail.types import ThreadId
from store.crm import items
from store.crm.about import COLUMNS
from store.crm.items import ItemCard, ItemKind, ItemRef
from store.database import Database
from store.links import contacts, decisions, slots, thread_people
from store.links.contacts import PersonCard
from store.links.decisions import Outcome
from store.links.slots import Slot

MOST_TOUCHES: Final = 5
MOST_NOTES: Final = 3
_MOST_PERSONS: Final = 5
_MOST_EARLIER: Final = 200


class LinkState(StrEnum):
    """How the conversation stands with the CRM."""

    LINKED = "linked"
    AMBIGUOUS = "ambiguous"
    SUGGESTED = "suggested"
    UNLINKED_BY_HAND = "unlinked_by_hand"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An item the conversation could be about, and why in a few words."""

    item: ItemCard
    reason: str


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody the CRM does not know, as they could be added. Without `organization_id` it does not know that either."""

    email: str
    name: str
    title: str = ""
    phone: str = ""
    organization: str = ""
    organization_id: str | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """Something that passed between us and them. `kind` is in, out, or the type of an activity."""

    at: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class NoteCard:
    """A note about the item or its person."""

    at: int
    author: str
    body: str
    is_pinned: bool


@dataclass(frozen=True, slots=True)
class PanelFacts:
    """What the panel shows. `linked_at` and `origin` are of the link, `decision` is what the rules said last.

    `why` is one line on the link or its absence; it, suggestions and newcomer are worked out by linking.panel.
    `main_person_id` and `main_organization` were chosen by hand. `joined` are addresses that wrote for the first time
    after the link was made; `is_past_closing`: mail came after the linked item was closed.
    """

    thread_id: ThreadId
    state: LinkState
    why: str
    origin: str
    linked_at: int | None
    visibility: str
    item: ItemCard | None
    suggestions: tuple[Suggestion, ...]
    people: tuple[PersonCard, ...]
    touches: tuple[Touch, ...]
    notes: tuple[NoteCard, ...]
    slot: Slot | None = None
    decision: Outcome | None = None
    newcomer: Newcomer | None = None
    main_person_id: str | None = None
    main_organization: ItemCard | None = None
    joined: frozenset[str] = frozenset()
    is_past_closing: bool = False


def for_thread(db: Database, thread_id: ThreadId) -> PanelFacts:
    """Return what the store knows of a conversation, also under an id it had before it was merged."""
    connection = db.read()
    thread_id = slots.thread_now(connection, thread_id)
    row = connection.execute("SELECT visibility, last_at FROM thread WHERE id = ?", (thread_id,)).fetchone()
    slot, decision = slots.read(connection, thread_id), decisions.get(connection, thread_id)
    ref, chosen = linked(slot), thread_people.chosen(connection, thread_id)
    item = items.card(connection, ref) if ref else None
    people = contacts.people(
        connection,
        contacts.participants(connection, thread_id),
        _persons_of(connection, item) if item else (),
        chosen=chosen.people,
        first_id=chosen.person_id,
    )
    return PanelFacts(
        thread_id=thread_id,
        state=_state(slot, item, decision),
        why="",
        origin=slot.origin if slot else "",
        linked_at=slot.at if slot else None,
        visibility=row[0] if row else "private",
        item=item,
        suggestions=(),
        people=people,
        touches=_touches(connection, ref, people),
        notes=_notes(connection, ref, people),
        slot=slot,
        decision=decision,
        main_person_id=chosen.person_id,
        main_organization=_organization(connection, chosen.organization_id),
        joined=_joined(connection, thread_id, slot) if item else frozenset(),
        is_past_closing=bool(item and row and (_closed_at(connection, item) or row[1]) < row[1]),
    )


def linked(slot: Slot | None) -> ItemRef | None:
    """Return which item fills the place."""
    if slot is None or slot.item_kind is None or slot.item_id is None:
        return None
    return ItemRef(ItemKind(slot.item_kind), slot.item_id)


def _persons_of(connection: sqlite3.Connection, item: ItemCard) -> frozenset[str]:
    taking_part = connection.execute(
        "SELECT person_id FROM deal_participant WHERE deal_id = ? LIMIT 500", (item.id,)
    ).fetchall()
    return frozenset([*([item.person_id] if item.person_id else ()), *(row[0] for row in taking_part)])


def _state(slot: Slot | None, item: ItemCard | None, decision: Outcome | None) -> LinkState:
    if slot is not None:
        return LinkState.UNLINKED_BY_HAND if item is None else LinkState.LINKED
    is_ambiguous = decision is not None and decision.reason == LinkState.AMBIGUOUS
    return LinkState.AMBIGUOUS if is_ambiguous else LinkState.NONE


def _organization(connection: sqlite3.Connection, organization_id: str | None) -> ItemCard | None:
    if organization_id is None:
        return None
    return items.card(connection, ItemRef(ItemKind.ORGANIZATION, organization_id))


_CLOSED_AT: Final = {
    ItemKind.DEAL: "SELECT coalesce(won_at, lost_at) FROM deal WHERE id = ? AND status <> 'open'",
    ItemKind.LEAD: "SELECT closed_at FROM lead WHERE id = ? AND status <> 'open'",
    ItemKind.PROJECT: "SELECT closed_at FROM project WHERE id = ? AND status <> 'open'",
}


def _closed_at(connection: sqlite3.Connection, item: ItemCard) -> int | None:
    row = connection.execute(_CLOSED_AT[item.kind], (item.id,)).fetchone()
    return row[0] if row else None


def _joined(connection: sqlite3.Connection, thread_id: ThreadId, slot: Slot | None) -> frozenset[str]:
    """Return who wrote since the conversation was linked and took no part before (D22)."""
    since = slot.at if slot else 0
    wrote = connection.execute(
        "SELECT DISTINCT p.address_id, a.email FROM (SELECT id FROM email WHERE thread_id = ?1 AND received_at > ?2"
        " ORDER BY received_at DESC LIMIT ?3) e CROSS JOIN participant p ON p.email_id = e.id AND p.role = 'from'"
        " CROSS JOIN address a ON a.id = p.address_id",
        (thread_id, since, contacts.MOST_EMAILS),
    ).fetchall()
    if not wrote:
        return frozenset()
    before = connection.execute(
        "SELECT DISTINCT p.address_id FROM (SELECT id FROM email WHERE thread_id = ?1 AND received_at <= ?2"
        " ORDER BY received_at DESC LIMIT ?3) e CROSS JOIN participant p ON p.email_id = e.id",
        (thread_id, since, _MOST_EARLIER),
    ).fetchall()
    known = {address_id for (address_id,) in before}
    return frozenset(email for address_id, email in wrote if known and address_id not in known)


_MAIL_OF_ITEM: Final = (
    "SELECT e.received_at, CASE WHEN e.is_outgoing THEN 'out' ELSE 'in' END, e.subject FROM"
    " (SELECT t.id FROM item_link l JOIN thread t ON t.id = l.thread_id WHERE l.item_kind = ? AND l.item_id = ?"
    " ORDER BY t.last_at DESC LIMIT 5) t JOIN email e ON e.thread_id = t.id WHERE NOT e.draft"
    " ORDER BY e.received_at DESC LIMIT 5"
)
_MAIL_OF_ADDRESS: Final = (
    "SELECT e.received_at, CASE WHEN e.is_outgoing THEN 'out' ELSE 'in' END, e.subject FROM"
    " (SELECT DISTINCT p.email_id FROM participant p WHERE p.address_id = (SELECT id FROM address WHERE email = ?)"
    " ORDER BY p.email_id DESC LIMIT 5) p JOIN email e ON e.id = p.email_id WHERE NOT e.draft"
)
_ACTIVITIES: Final = {
    column: (
        f"SELECT done_at, type, subject FROM activity WHERE {column} = ? AND done_at IS NOT NULL"  # noqa: S608 - our own columns
        f" AND deleted_at IS NULL ORDER BY done_at DESC LIMIT {MOST_TOUCHES}"
    )
    for column in ("deal_id", "lead_id", "project_id", "person_id")
}
_NOTES: Final = {
    column: (
        "SELECT n.created_at, coalesce(u.name, ''), n.body, n.is_pinned FROM note n"  # noqa: S608 - our own columns
        f" LEFT JOIN workspace_user u ON u.id = n.author_id WHERE n.{column} = ? AND n.deleted_at IS NULL"
        f" ORDER BY n.is_pinned DESC, n.created_at DESC LIMIT {MOST_NOTES}"
    )
    for column in ("deal_id", "lead_id", "project_id", "person_id")
}


def _touches(
    connection: sqlite3.Connection, item: ItemRef | None, people: tuple[PersonCard, ...]
) -> tuple[Touch, ...]:
    rows: set[tuple[int, str, str]] = set()
    if item is not None:
        rows.update(connection.execute(_MAIL_OF_ITEM, (item.kind.value, item.id)).fetchall())
        rows.update(connection.execute(_ACTIVITIES[COLUMNS[item.kind]], (item.id,)).fetchall())
    for person in people[:_MOST_PERSONS]:
        rows.update(connection.execute(_MAIL_OF_ADDRESS, (person.email,)).fetchall())
        if person.id:
            rows.update(connection.execute(_ACTIVITIES["person_id"], (person.id,)).fetchall())
    return tuple(Touch(*row) for row in sorted(rows, reverse=True)[:MOST_TOUCHES])


def _notes(
    connection: sqlite3.Connection, item: ItemRef | None, people: tuple[PersonCard, ...]
) -> tuple[NoteCard, ...]:
    rows: set[tuple[int, str, str, int]] = set()
    if item is not None:
        rows.update(connection.execute(_NOTES[COLUMNS[item.kind]], (item.id,)).fetchall())
    for person in people[:_MOST_PERSONS]:
        if person.id:
            rows.update(connection.execute(_NOTES["person_id"], (person.id,)).fetchall())
    newest = sorted(rows, key=lambda row: (row[3], row[0]), reverse=True)[:MOST_NOTES]
    return tuple(NoteCard(at, author, body, bool(pinned)) for at, author, body, pinned in newest)
