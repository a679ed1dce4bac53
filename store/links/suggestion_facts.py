"""What suggestions for a conversation are made from: items of its people, of their companies, and those its subject names."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from mail.addresses import domain
from mail.folding import fold
from mail.freemail import is_freemail
from mail.threading import base_subject
from mail.types import ThreadId
from store.crm.items import ItemKind, ItemRef
from store.links.contacts import PersonCard

RECENT_S: Final = 90 * 86_400
"""How long an item that was closed is still suggested."""
_MOST_OF_A_KIND: Final = 100
_MOST_SUBJECT_WORDS: Final = 12
_MOST_NAMED: Final = 60
_MOST_PEOPLE: Final = 6
_MOST_EMAILS: Final = 40
_MOST_THREADS: Final = 200


@dataclass(frozen=True, slots=True)
class RelatedItem:
    """An item and what it has to do with a conversation. `closed_at` is None while it is open.

    `persons` and `organizations` are names of those it belongs to, `domains` of organizations known by an address
    only; `threads` is how many earlier conversations with the same people are about it.
    """

    ref: ItemRef
    title: str
    created_at: int
    status: str
    closed_at: int | None
    persons: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    threads: int = 0
    is_candidate: bool = False
    is_named: bool = False


@dataclass(frozen=True, slots=True)
class SuggestionFacts:
    """A conversation as suggestions see it. `subject_words` are folded; `linked` is what it is about already."""

    subject_words: tuple[str, ...]
    started_at: int
    linked: ItemRef | None
    items: tuple[RelatedItem, ...]


def read(
    connection: sqlite3.Connection,
    thread_id: ThreadId,
    people: Sequence[PersonCard],
    now: int,
    *,
    linked: ItemRef | None = None,
    candidates: Iterable[ItemRef] = (),
) -> SuggestionFacts:
    """Return what is known of items that a conversation of these people could be about."""
    row = connection.execute("SELECT subject, started_at FROM thread WHERE id = ?", (thread_id,)).fetchone()
    subject, started_at = row or ("", 0)
    words = tuple(fold(base_subject(subject)[:300]).split()[:_MOST_SUBJECT_WORDS])
    wanted, persons = set(candidates), _persons(connection, people, now)
    companies = {card.organization_id: card.organization for card in people if card.organization_id}
    organizations = _of_organizations(connection, companies, now)
    domains = _of_organizations(connection, _by_domain(connection, people, companies), now)
    threads = _earlier(connection, thread_id, people)
    named = _named(connection, words)
    every = {*wanted, *persons, *organizations, *domains, *threads, *named}
    found = tuple(
        RelatedItem(
            ref, *basics, tuple(persons[ref]), tuple(organizations[ref]), tuple(domains[ref]), threads[ref],
            ref in wanted, _is_named(words, basics[0]),
        )
        for ref, basics in _basics(connection, every, now - RECENT_S, wanted).items()
    )  # fmt: skip
    return SuggestionFacts(words, started_at, linked, found)


def own_items(connection: sqlite3.Connection, people: Sequence[PersonCard], now: int) -> tuple[ItemRef, ...]:
    """Return the items of these people and of their companies, and these themselves."""
    companies = {card.organization_id: card.organization for card in people if card.organization_id}
    themselves = [ItemRef(ItemKind.PERSON, card.id) for card in people if card.id]
    themselves += [ItemRef(ItemKind.ORGANIZATION, each) for each in companies]
    found = (*_persons(connection, people, now), *_of_organizations(connection, companies, now), *themselves)
    return tuple(dict.fromkeys(found))


_CLOSED: Final = {
    ItemKind.DEAL: "coalesce(i.won_at, i.lost_at)",
    ItemKind.LEAD: "i.closed_at",
    ItemKind.PROJECT: "i.closed_at",
}
_THERE: Final = {
    ItemKind.DEAL: "i.deleted_at IS NULL AND i.archived_at IS NULL",
    ItemKind.LEAD: "i.deleted_at IS NULL AND i.status <> 'converted'",
    ItemKind.PROJECT: "i.deleted_at IS NULL AND i.archived_at IS NULL",
}
_RECENT: Final = {kind: f"{_THERE[kind]} AND (i.status = 'open' OR {_CLOSED[kind]} > ?2)" for kind in _CLOSED}


def _of_kind(kind: ItemKind, column: str) -> str:
    return (
        f"SELECT * FROM (SELECT '{kind.value}', i.id, j.key FROM json_each(?1) j CROSS JOIN {kind.value} i"  # noqa: S608 - our own names
        f" ON i.{column} = j.key WHERE {_RECENT[kind]} ORDER BY i.status = 'open' DESC, i.created_at DESC"
        f" LIMIT {_MOST_OF_A_KIND})"
    )


_PARTICIPATING: Final = (
    "SELECT * FROM (SELECT 'deal', i.id, j.key FROM json_each(?1) j CROSS JOIN deal_participant q ON q.person_id = j.key"  # noqa: S608 - our own names
    f" CROSS JOIN deal i ON i.id = q.deal_id WHERE {_RECENT[ItemKind.DEAL]} LIMIT {_MOST_OF_A_KIND})"
)
_OF_PERSONS: Final = " UNION ALL ".join([*(_of_kind(kind, "person_id") for kind in _CLOSED), _PARTICIPATING])
_OF_ORGANIZATIONS: Final = " UNION ALL ".join(_of_kind(kind, "org_id") for kind in _CLOSED)


def _persons(
    connection: sqlite3.Connection, people: Sequence[PersonCard], now: int
) -> defaultdict[ItemRef, list[str]]:
    return _related(connection, _OF_PERSONS, {card.id: card.name for card in people if card.id}, now)


def _of_organizations(
    connection: sqlite3.Connection, names: Mapping[str, str], now: int
) -> defaultdict[ItemRef, list[str]]:
    return _related(connection, _OF_ORGANIZATIONS, names, now)


def _related(
    connection: sqlite3.Connection, query: str, names: Mapping[str, str], now: int
) -> defaultdict[ItemRef, list[str]]:
    """Return the items of these persons or organizations, with the names of those each belongs to."""
    found: defaultdict[ItemRef, list[str]] = defaultdict(list)
    if names:
        for kind, item_id, owner_id in connection.execute(query, (json.dumps(names), now - RECENT_S)):
            of_item = found[ItemRef(ItemKind(kind), item_id)]
            if names[owner_id] not in of_item:
                of_item.append(names[owner_id])
    return found


def _by_domain(
    connection: sqlite3.Connection, people: Sequence[PersonCard], known: Mapping[str, str]
) -> dict[str, str]:
    """Return organizations, by id, that have the domain of an address, or one above it; everybody's domains say nothing."""
    own = {domain(card.email) for card in people}
    levels = [each.split(".") for each in own if each and not is_freemail(each)]
    domains = sorted({".".join(parts[at:]) for parts in levels for at in range(max(len(parts) - 1, 0))})
    rows = connection.execute(
        "SELECT o.id, o.name FROM json_each(?) j CROSS JOIN organization_domain d ON d.domain = j.value"
        " CROSS JOIN organization o ON o.id = d.organization_id WHERE o.deleted_at IS NULL LIMIT 20",
        (json.dumps([each for each in domains if not is_freemail(each)][:_MOST_THREADS]),),
    )
    return {org_id: name for org_id, name in rows.fetchall() if org_id not in known}


_THREADS_OF: Final = (
    "SELECT DISTINCT e.thread_id FROM (SELECT DISTINCT email_id FROM participant WHERE address_id ="  # noqa: S608 - our own numbers
    f" (SELECT id FROM address WHERE email = ?) ORDER BY email_id DESC LIMIT {_MOST_EMAILS}) p"
    " CROSS JOIN email e ON e.id = p.email_id"
)


def _earlier(
    connection: sqlite3.Connection, thread_id: ThreadId, people: Sequence[PersonCard]
) -> defaultdict[ItemRef, int]:
    """Return in how many other conversations with these people each item is what they are about."""
    ids = {row[0] for card in people[:_MOST_PEOPLE] for row in connection.execute(_THREADS_OF, (card.email,))}
    rows = connection.execute(
        "SELECT t.item_kind, t.item_id, count(*) FROM json_each(?) j CROSS JOIN thread t ON t.id = j.value"
        " WHERE t.item_id IS NOT NULL GROUP BY t.item_kind, t.item_id",
        (json.dumps(sorted(ids - {thread_id})[-_MOST_THREADS:]),),
    ).fetchall()
    return defaultdict(int, {ItemRef(ItemKind(kind), item_id): count for kind, item_id, count in rows})


def _named(connection: sqlite3.Connection, words: Sequence[str]) -> list[ItemRef]:
    """Return items whose words begin with two words of the subject that stand together, or with its only one."""
    if not words:
        return []
    pairs = [f"{first} {second}" for first, second in pairwise(words)] or [words[0]]
    rows = connection.execute(
        "SELECT i.item_kind, i.item_id FROM item_text t CROSS JOIN item_index i ON i.number = t.rowid"
        " WHERE item_text MATCH ? AND i.item_kind IN ('deal', 'lead', 'project') ORDER BY t.rowid DESC LIMIT ?",
        (" OR ".join(f'^ "{pair}"' for pair in pairs), _MOST_NAMED),
    ).fetchall()
    return [ItemRef(ItemKind(kind), item_id) for kind, item_id in rows]


def _is_named(words: Sequence[str], title: str) -> bool:
    """Say whether the whole title stands in the subject: two words of it at least, or all there are."""
    folded = fold(title)
    is_enough = " " in folded or list(words) == [folded]
    return is_enough and f" {folded} " in f" {' '.join(words)} "


def _basics(
    connection: sqlite3.Connection, refs: Iterable[ItemRef], closed_after: int, wanted: set[ItemRef]
) -> dict[ItemRef, tuple[str, int, str, int | None]]:
    """Return title, created_at, status and closed_at of those that are open, were closed lately, or are wanted."""
    ids: dict[ItemKind, list[str]] = defaultdict(list)
    for ref in sorted(refs):
        ids[ref.kind].append(ref.id)
    found: dict[ItemRef, tuple[str, int, str, int | None]] = {}
    for kind, some in ids.items():
        rows = connection.execute(
            f"SELECT i.id, i.title, i.created_at, i.status, CASE WHEN i.status <> 'open' THEN {_CLOSED[kind]} END"  # noqa: S608 - our own names
            f" FROM json_each(?) j CROSS JOIN {kind.value} i ON i.id = j.value WHERE {_THERE[kind]}",
            (json.dumps(some),),
        ).fetchall()
        for item_id, title, created_at, status, closed_at in rows:
            ref = ItemRef(kind, item_id)
            if status == "open" or (closed_at or 0) > closed_after or ref in wanted:
                found[ref] = (title, created_at, status, closed_at)
    return found
