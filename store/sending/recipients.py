"""Whom a message may go to: what completes a name as it is typed, and whom an item supplies."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Final

from store.crm import items
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import contacts
from store.links.contacts import Participant, PersonCard

_LOOKED_AT: Final = 20_000
"""Of so many addresses, those that came last, the names are looked through: 20 ms when nobody is found."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Somebody to write to. `about` says what the CRM knows: the company, and the title of an open deal."""

    email: str
    name: str
    about: str


def complete(db: Database, text: str, limit: int = 8) -> tuple[Suggestion, ...]:
    """Return who is meant by the beginning of a name or an address: persons of the CRM first, then the newest in mail."""
    typed = text.strip()
    if not typed:
        return ()
    connection = db.read()
    found = {each.email: each for each in contacts.complete(db, typed, limit)}
    if len(found) < limit:
        for each in _named(connection, typed, limit):
            found.setdefault(each.email, each)
    who = tuple(found.values())[:limit]
    cards = {card.email: card for card in contacts.people(connection, who)}
    deals = _open_deals(connection, cards)
    return tuple(Suggestion(each.email, each.name, _about(cards.get(each.email), deals)) for each in who)


def of_item(db: Database, item: ItemRef, limit: int = 20) -> tuple[Participant, ...]:
    """Return the people an item is about, whom a message about it would go to."""
    connection = db.read()
    card = items.card(connection, item)
    if card is None:
        return ()
    if item.kind is ItemKind.ORGANIZATION or card.person_id is None:
        condition, value = "p.org_id = ?", card.organization_id
    else:
        condition, value = "p.id = ?", card.person_id
    rows = connection.execute(
        "SELECT p.id, e.email, p.name FROM person p JOIN person_email e ON e.person_id = p.id"  # noqa: S608 - our own words
        f" WHERE {condition} AND p.deleted_at IS NULL ORDER BY p.created_at DESC, p.id, e.is_primary DESC, e.email LIMIT ?",
        (value, limit * 4),
    ).fetchall()
    first: dict[str, Participant] = {}
    for person_id, email, name in rows:
        first.setdefault(person_id, Participant(email, name))
    return tuple(first.values())[:limit]


def _named(connection: sqlite3.Connection, typed: str, limit: int) -> list[Participant]:
    """Return addresses seen with a name of which a word begins so."""
    escaped = typed.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = connection.execute(
        "SELECT email, name FROM (SELECT email, name, last_at FROM address ORDER BY id DESC LIMIT ?1)"
        " WHERE name LIKE ?2 ESCAPE '\\' OR name LIKE ?3 ESCAPE '\\' ORDER BY last_at DESC LIMIT ?4",
        (_LOOKED_AT, f"{escaped}%", f"% {escaped}%", limit),
    )
    return [Participant(email, name) for email, name in rows.fetchall() if "@" in email]


def _open_deals(connection: sqlite3.Connection, cards: dict[str, PersonCard]) -> dict[str, str]:
    """Return the newest open deal of each person, by the person's id."""
    persons = json.dumps([card.id for card in cards.values() if card.id])
    rows = connection.execute(
        "SELECT d.person_id, d.title FROM json_each(?) j CROSS JOIN deal d ON d.person_id = j.value"
        " WHERE d.status = 'open' AND d.archived_at IS NULL AND d.deleted_at IS NULL ORDER BY d.created_at LIMIT 200",
        (persons,),
    )
    return dict(rows.fetchall())


def _about(card: PersonCard | None, deals: dict[str, str]) -> str:
    if card is None or card.id is None:
        return ""
    return ", ".join(filter(None, (card.organization, deals.get(card.id, ""))))
