"""Everything the CRM panel shows of one conversation, in one call of a few bounded, indexed queries."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mail.types import ThreadId
from store import contacts, items, slots
from store.contacts import PersonCard
from store.database import Database
from store.items import ItemCard, ItemKind, ItemRef
from store.slots import Slot

MOST_SUGGESTIONS: Final = 5
MOST_TOUCHES: Final = 5
MOST_NOTES: Final = 3


class LinkState(StrEnum):
    """How the conversation stands with the CRM."""

    LINKED = "linked"
    AMBIGUOUS = "ambiguous"
    SUGGESTED = "suggested"
    UNLINKED_BY_HAND = "unlinked_by_hand"
    NONE = "none"


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
    """What the panel shows. `why` is one line on the link or its absence; `linked_at` and `origin` are of the link."""

    thread_id: ThreadId
    state: LinkState
    why: str
    origin: str
    linked_at: int | None
    visibility: str
    item: ItemCard | None
    suggestions: tuple[ItemCard, ...]
    people: tuple[PersonCard, ...]
    touches: tuple[Touch, ...]
    notes: tuple[NoteCard, ...]


def for_thread(db: Database, thread_id: ThreadId) -> PanelFacts:
    """Return the facts of a conversation, also under an id it had before it was merged."""
    connection = db.read()
    thread_id = slots.thread_now(connection, thread_id)
    row = connection.execute("SELECT visibility FROM thread WHERE id = ?", (thread_id,)).fetchone()
    slot = slots.read(connection, thread_id)
    ref = _ref(slot)
    item = items.card(connection, ref) if ref else None
    people = contacts.people(
        connection, contacts.participants(connection, thread_id), item.person_id if item else None
    )
    suggestions = _suggestions(connection, people, ref)
    state, why = _link(slot, item, people, suggestions)
    return PanelFacts(
        thread_id=thread_id,
        state=state,
        why=why,
        origin=slot.origin if slot else "",
        linked_at=slot.at if slot else None,
        visibility=row[0] if row else "private",
        item=item,
        suggestions=suggestions,
        people=people,
        touches=_touches(connection, ref, people),
        notes=_notes(connection, ref, people),
    )


def _ref(slot: Slot | None) -> ItemRef | None:
    if slot is None or slot.item_kind is None or slot.item_id is None:
        return None
    return ItemRef(ItemKind(slot.item_kind), slot.item_id)


_LINKED: Final = {
    "auto": "linked by rule",
    "manual": "linked by hand",
    "compose": "linked when it was written",
    "bcc": "linked by its Smart BCC address",
    "conversion": "linked when the lead was converted",
    "import": "linked by an import",
}


def _link(
    slot: Slot | None,
    item: ItemCard | None,
    people: tuple[PersonCard, ...],
    suggestions: tuple[ItemCard, ...],
) -> tuple[LinkState, str]:
    if slot is not None and item is not None:
        what = _LINKED.get(slot.origin, "linked")
        closed = "" if item.is_open else f"; the {item.kind.value} is {item.status}"
        return LinkState.LINKED, f"{what}{f': {slot.reason}' if slot.reason else ''}{closed}"
    if slot is not None:
        return LinkState.UNLINKED_BY_HAND, "unlinked by hand: no rule links it again"
    open_items = len(suggestions)
    if open_items > 1:
        more = " or more" if open_items == MOST_SUGGESTIONS else ""
        return LinkState.AMBIGUOUS, f"{open_items}{more} open items: choose one"
    if open_items == 1:
        return LinkState.SUGGESTED, f"one open {suggestions[0].kind.value} of these people"
    if not people:
        return LinkState.NONE, "only our own people take part"
    if not any(person.id for person in people):
        return LinkState.NONE, "nobody here is in the CRM"
    return LinkState.NONE, "no open deal, lead or project of these people"


# Open items of the persons first, newest first; then those of their organizations.
_SUGGEST: Final = """
SELECT kind, id, min(far) AS far, created_at FROM (
  SELECT 'deal' AS kind, d.id, 0 AS far, d.created_at FROM json_each(?1) j CROSS JOIN deal d ON d.person_id = j.value
    WHERE d.status = 'open' AND d.archived_at IS NULL AND d.deleted_at IS NULL
  UNION ALL SELECT 'deal', d.id, 0, d.created_at FROM json_each(?1) j
    CROSS JOIN deal_participant q ON q.person_id = j.value CROSS JOIN deal d ON d.id = q.deal_id
    WHERE d.status = 'open' AND d.archived_at IS NULL AND d.deleted_at IS NULL
  UNION ALL SELECT 'lead', l.id, 0, l.created_at FROM json_each(?1) j CROSS JOIN lead l ON l.person_id = j.value
    WHERE l.status = 'open' AND l.deleted_at IS NULL
  UNION ALL SELECT 'project', r.id, 0, r.created_at FROM json_each(?1) j CROSS JOIN project r ON r.person_id = j.value
    WHERE r.status = 'open' AND r.archived_at IS NULL AND r.deleted_at IS NULL
  UNION ALL SELECT 'deal', d.id, 1, d.created_at FROM json_each(?2) j CROSS JOIN deal d ON d.org_id = j.value
    WHERE d.status = 'open' AND d.archived_at IS NULL AND d.deleted_at IS NULL
  UNION ALL SELECT 'lead', l.id, 1, l.created_at FROM json_each(?2) j CROSS JOIN lead l ON l.org_id = j.value
    WHERE l.status = 'open' AND l.deleted_at IS NULL
  UNION ALL SELECT 'project', r.id, 1, r.created_at FROM json_each(?2) j CROSS JOIN project r ON r.org_id = j.value
    WHERE r.status = 'open' AND r.archived_at IS NULL AND r.deleted_at IS NULL
  LIMIT 500
) GROUP BY kind, id ORDER BY far, created_at DESC LIMIT ?3
"""


def _suggestions(
    connection: sqlite3.Connection, people: tuple[PersonCard, ...], linked: ItemRef | None
) -> tuple[ItemCard, ...]:
    persons = json.dumps([person.id for person in people if person.id])
    organizations = json.dumps(
        sorted({person.organization_id for person in people if person.organization_id})
    )
    rows = connection.execute(_SUGGEST, (persons, organizations, MOST_SUGGESTIONS + 1)).fetchall()
    refs = [ItemRef(ItemKind(kind), item_id) for kind, item_id, *_ in rows]
    cards = (items.card(connection, ref) for ref in refs if ref != linked)
    return tuple(card for card in cards if card is not None)[:MOST_SUGGESTIONS]


_COLUMNS: Final = {ItemKind.DEAL: "deal_id", ItemKind.LEAD: "lead_id", ItemKind.PROJECT: "project_id"}
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
        f"SELECT coalesce(done_at, due_at), type, subject FROM activity WHERE {column} = ?"  # noqa: S608 - our own columns
        " AND done_at IS NOT NULL AND deleted_at IS NULL ORDER BY due_at DESC LIMIT 5"
    )
    for column in ("deal_id", "lead_id", "project_id", "person_id")
}
_NOTES: Final = {
    column: (
        "SELECT n.created_at, coalesce(u.name, ''), n.body, n.is_pinned FROM note n"  # noqa: S608 - our own columns
        f" LEFT JOIN workspace_user u ON u.id = n.author_id WHERE n.{column} = ? AND n.deleted_at IS NULL"
        " ORDER BY n.is_pinned DESC, n.created_at DESC LIMIT 3"
    )
    for column in ("deal_id", "lead_id", "project_id", "person_id")
}


def _touches(
    connection: sqlite3.Connection, item: ItemRef | None, people: tuple[PersonCard, ...]
) -> tuple[Touch, ...]:
    rows: set[tuple[int, str, str]] = set()
    if item is not None:
        rows.update(connection.execute(_MAIL_OF_ITEM, (item.kind.value, item.id)).fetchall())
        rows.update(connection.execute(_ACTIVITIES[_COLUMNS[item.kind]], (item.id,)).fetchall())
    for person in people[:MOST_SUGGESTIONS]:
        rows.update(connection.execute(_MAIL_OF_ADDRESS, (person.email,)).fetchall())
        if person.id:
            rows.update(connection.execute(_ACTIVITIES["person_id"], (person.id,)).fetchall())
    return tuple(Touch(*row) for row in sorted(rows, reverse=True)[:MOST_TOUCHES])


def _notes(
    connection: sqlite3.Connection, item: ItemRef | None, people: tuple[PersonCard, ...]
) -> tuple[NoteCard, ...]:
    rows: set[tuple[int, str, str, int]] = set()
    if item is not None:
        rows.update(connection.execute(_NOTES[_COLUMNS[item.kind]], (item.id,)).fetchall())
    for person in people[:MOST_SUGGESTIONS]:
        if person.id:
            rows.update(connection.execute(_NOTES["person_id"], (person.id,)).fetchall())
    newest = sorted(rows, key=lambda row: (row[3], row[0]), reverse=True)[:MOST_NOTES]
    return tuple(NoteCard(at, author, body, bool(pinned)) for at, author, body, pinned in newest)
