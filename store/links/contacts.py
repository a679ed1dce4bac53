"""People seen in headers: who takes part in a conversation, and which of them the CRM knows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mail.addresses import domain
from mail.folding import fold
from mail.freemail import FREEMAIL
from mail.types import ThreadId
from store.database import Database

MOST_EMAILS: Final = 60
"""Of a longer conversation only the newest messages are asked who takes part."""
MOST_PEOPLE: Final = 30


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody in the headers of a conversation who is not one of us. `email` is normalised."""

    email: str
    name: str


@dataclass(frozen=True, slots=True)
class PersonCard:
    """A participant as the panel shows them. `id` is None for somebody the CRM does not know."""

    id: str | None
    name: str
    title: str
    organization: str
    organization_id: str | None
    email: str
    phone: str
    time_zone: str
    external_ref: str | None = None
    organization_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Ours:
    """Addresses and domains that are never a participant: the owner's own, users of the workspace, their domains."""

    addresses: frozenset[str]
    domains: frozenset[str]

    def include(self, email: str) -> bool:
        """Say whether the address is one of us, also with something after "+" as Smart BCC addresses have."""
        if email in self.addresses or domain(email) in self.domains:
            return True
        local, plus, _ = email.partition("@")[0].partition("+")
        return bool(plus) and f"{local}@{domain(email)}" in self.addresses


def ours(connection: sqlite3.Connection) -> Ours:
    """Return who we are: accounts with their aliases, workspace users, and the domains these have for themselves."""
    addresses: set[str] = set()
    for address, aliases in connection.execute("SELECT address, aliases FROM account LIMIT 1000").fetchall():
        addresses.update([address, *json.loads(aliases)])
    for email, more in connection.execute(
        "SELECT email, aliases FROM workspace_user WHERE deleted_at IS NULL LIMIT 10000"
    ).fetchall():
        addresses.update([email, *more.split()])
    domains = frozenset(domain(email) for email in addresses) - FREEMAIL - {""}
    copies = connection.execute("SELECT bcc_address FROM account_crm WHERE bcc_address <> '' LIMIT 1000")
    addresses.update(row[0] for row in copies.fetchall())
    return Ours(frozenset(addresses), domains)


def participants(connection: sqlite3.Connection, thread_id: ThreadId) -> tuple[Participant, ...]:
    """Return who takes part apart from us: those who wrote first, then recipients, in the order they came in."""
    rows = connection.execute(
        "SELECT a.email, p.name, a.name FROM (SELECT id, received_at FROM email WHERE thread_id = ?"
        " ORDER BY received_at DESC LIMIT ?) e JOIN participant p ON p.email_id = e.id"
        " JOIN address a ON a.id = p.address_id WHERE p.role <> 'sender'"
        " ORDER BY p.role <> 'from', e.id, p.role = 'cc', p.position",
        (thread_id, MOST_EMAILS),
    ).fetchall()
    we = ours(connection)
    names: dict[str, str] = {}
    for email, name, newest_name in rows:
        if "@" in email and (not names.get(email)) and not we.include(email):
            names[email] = name or newest_name
    return tuple(Participant(email, name) for email, name in list(names.items())[:MOST_PEOPLE])


_CARD: Final = (
    "SELECT p.id, p.name, p.title, coalesce(o.name, ''), o.id, {email}, coalesce((SELECT phone FROM person_phone"
    " WHERE person_id = p.id ORDER BY is_primary DESC, phone LIMIT 1), ''), p.time_zone,"
    " (SELECT min(external_id) FROM external_ref WHERE kind = 'person' AND local_id = p.id),"
    " (SELECT min(external_id) FROM external_ref WHERE kind = 'organization' AND local_id = o.id)"
    " FROM json_each(?) j {person} AND p.deleted_at IS NULL"
    " LEFT JOIN organization o ON o.id = p.org_id AND o.deleted_at IS NULL ORDER BY j.key, p.id LIMIT 200"
)
_PERSONS: Final = _CARD.format(
    email="e.email",
    person="CROSS JOIN person_email e ON e.email = j.value CROSS JOIN person p ON p.id = e.person_id",
)
_BY_ID: Final = _CARD.format(
    email="coalesce((SELECT email FROM person_email WHERE person_id = p.id ORDER BY is_primary DESC LIMIT 1), '')",
    person="CROSS JOIN person p ON p.id = j.value",
)


def people(
    connection: sqlite3.Connection,
    who: tuple[Participant, ...],
    of_item: Collection[str] = (),
    *,
    chosen: Mapping[str, str | None] | None = None,
    first_id: str | None = None,
) -> tuple[PersonCard, ...]:
    """Return a card for each participant, each person once, those the CRM knows first.

    An address that two persons have says nothing, unless just one of them is `of_item`, a person of what it is
    linked to. `chosen` says by hand whose an address is, None meaning nobody's; the person `first_id` comes before all others.
    """
    by_email = _by_email(connection, who, chosen or {})
    known: dict[str, PersonCard] = {}
    unknown: list[PersonCard] = []
    if first_id is not None:
        here = [card for cards in by_email.values() for card in cards if card.id == first_id]
        for card in here or _cards(connection, _BY_ID, [first_id]):
            known.setdefault(first_id, card)
    for each in who:
        cards = by_email.get(each.email, [])
        meant = [card for card in cards if card.id in of_item] or cards
        if len(meant) == 1:
            known.setdefault(str(meant[0].id), meant[0])
        elif not cards:
            unknown.append(PersonCard(None, each.name or each.email, "", "", None, each.email, "", ""))
    return (*known.values(), *unknown)


def _by_email(
    connection: sqlite3.Connection, who: tuple[Participant, ...], chosen: Mapping[str, str | None]
) -> dict[str, list[PersonCard]]:
    by_email: dict[str, list[PersonCard]] = {}
    for card in _cards(connection, _PERSONS, [each.email for each in who if each.email not in chosen]):
        by_email.setdefault(card.email, []).append(card)
    by_hand = {
        card.id: card for card in _cards(connection, _BY_ID, [*{each for each in chosen.values() if each}])
    }
    for email, person_id in chosen.items():
        if person_id in by_hand:
            by_email[email] = [replace(by_hand[person_id], email=email)]
    return by_email


def _cards(connection: sqlite3.Connection, query: str, keys: Sequence[str]) -> list[PersonCard]:
    if not keys:
        return []
    return [PersonCard(*row) for row in connection.execute(query, (json.dumps(keys),)).fetchall()]


def complete(db: Database, text: str, limit: int = 10) -> tuple[Participant, ...]:
    """Return addresses whose name or address begins with `text`: persons of the CRM, then the newest in headers."""
    folded = fold(text)
    if not folded:
        return ()
    rows = db.read().execute(
        "SELECT e.email, p.name FROM item_text t JOIN item_index i ON i.number = t.rowid AND i.item_kind = 'person'"
        " JOIN person p ON p.id = i.item_id JOIN person_email e ON e.person_id = p.id"
        " WHERE item_text MATCH ? ORDER BY t.rowid DESC LIMIT ?",
        (" ".join(f'"{word}"*' for word in folded.split()), limit),
    )
    found = dict(rows.fetchall())
    start = text.strip().lower()
    rows = db.read().execute(
        "SELECT email, name FROM address WHERE email >= ?1 AND email < ?1 || char(0x10FFFF) ORDER BY last_at DESC LIMIT ?2",
        (start, limit),
    )
    for email, name in rows.fetchall():
        found.setdefault(email, name)
    return tuple(Participant(email, name) for email, name in list(found.items())[:limit])
