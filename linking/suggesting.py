"""What a conversation could be about where the rules leave it open: ranked, each with its reason in words."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from mail.folding import fold
from mail.types import ThreadId
from store.crm import items
from store.crm.items import ItemRef
from store.database import Database
from store.links import contacts, slots, suggestion_facts, thread_people
from store.links.panel import Suggestion as Suggestion
from store.links.suggestion_facts import RECENT_S, RelatedItem, SuggestionFacts

MOST: Final = 5
_SHORTEST_WORD: Final = 4
_COMMON_WORDS: Final = (
    "about also anfrage angebot asap bitte deal demande desde email from gruss hallo have hello info lead mail meeting"
    " message more offer offerta order para please pour project quote question request sobre team thanks this update"
    " urgent von with your"
)
_COMMON: Final = frozenset(_COMMON_WORDS.split())
"""Words that subjects and titles share by chance."""

# What each kind of evidence weighs: the subject's naming an item beats whose it is, which beats whose company's.
_NAMED: Final = 100
_PERSON: Final = 60
_EARLIER: Final = 40
_ORGANIZATION: Final = 30
_DOMAIN: Final = 20
_WORD: Final = 12
_MOST_WORDS: Final = 3
_CLOSED: Final = -50
_CANDIDATE: Final = 10


@dataclass(frozen=True, slots=True)
class Ranked:
    """An item to suggest, and why."""

    ref: ItemRef
    reason: str
    weight: int


def rank(facts: SuggestionFacts, now: int) -> tuple[Ranked, ...]:
    """Return the items a conversation could be about, best first, of equally good ones the newest; pure.

    One closed long ago is no suggestion, nor is what the conversation is linked to.
    """
    found = []
    for item in facts.items:
        evidence = sorted(_evidence(item, facts), reverse=True)
        is_over = item.closed_at is not None and item.closed_at + RECENT_S < now
        if not evidence or is_over or item.ref == facts.linked or _is_by_chance(item):
            continue
        weight = sum(weight for weight, _ in evidence)
        weight += (_CLOSED if item.status != "open" else 0) + (_CANDIDATE if item.is_candidate else 0)
        reason = "; ".join([text for _, text in evidence][:2]) + _state(item, facts, now)
        found.append((-weight, -item.created_at, item.ref, Ranked(item.ref, reason, weight)))
    return tuple(ranked for *_, ranked in sorted(found, key=lambda each: each[:3]))


def _is_by_chance(item: RelatedItem) -> bool:
    """Say whether nothing but a few words of its title has to do with the conversation."""
    owners = (item.persons, item.organizations, item.domains)
    return not (any(owners) or item.threads or item.is_candidate or item.is_named)


def _evidence(item: RelatedItem, facts: SuggestionFacts) -> Iterable[tuple[int, str]]:
    kind = item.ref.kind.value
    if item.is_named:
        yield _NAMED, "the subject names it"
    elif words := _shared_words(item.title, facts.subject_words):
        yield _WORD * len(words), f"“{' '.join(words)}” is in the subject"
    if item.persons:
        yield _PERSON, f"{kind} of {_names(item.persons)}"
    elif item.organizations:
        yield _ORGANIZATION, f"{kind} of {_names(item.organizations)}"
    elif item.domains:
        yield _DOMAIN, f"{kind} of {_names(item.domains)}, whose domain they write from"
    elif item.is_candidate:
        yield _PERSON, f"{kind} of these people"
    if item.threads:
        many = "an earlier conversation" if item.threads == 1 else f"{item.threads} conversations"
        yield _EARLIER, f"{many} with these people {'is' if item.threads == 1 else 'are'} about it"


def _shared_words(title: str, subject_words: tuple[str, ...]) -> list[str]:
    known = set(subject_words)
    words = (word for word in dict.fromkeys(fold(title).split()) if word in known)
    return [word for word in words if _tells(word)][:_MOST_WORDS]


def _tells(word: str) -> bool:
    """Say whether a word that a subject shares with a title says anything."""
    is_name = len(word) >= _SHORTEST_WORD and word not in _COMMON
    return is_name or (len(word) > 1 and (not word.isascii() or any(each.isdigit() for each in word)))


def _names(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _state(item: RelatedItem, facts: SuggestionFacts, now: int) -> str:
    """Return what keeps the rules from an item of the right people, "" when nothing does."""
    if item.status != "open":
        days = (_day(now) - _day(item.closed_at or now)).days
        when = "today" if days <= 0 else "yesterday" if days == 1 else f"{days} days ago"
        return f"; {item.status} {when}"
    if item.persons and item.created_at > facts.started_at:
        return "; newer than the conversation"
    return ""


def _day(at: int) -> date:
    """Return the day of a time as whoever reads it reckons days."""
    return datetime.fromtimestamp(at, UTC).astimezone().date()


def cards(db: Database, facts: SuggestionFacts, now: int) -> tuple[Suggestion, ...]:
    """Return the best of what the facts suggest, as the panel shows them."""
    found = ((items.get(db, ranked.ref), ranked.reason) for ranked in rank(facts, now)[:MOST])
    return tuple(Suggestion(card, reason) for card, reason in found if card is not None)


def own_items(db: Database, thread_id: ThreadId) -> tuple[ItemRef, ...]:
    """Return the items of a conversation's people and of their companies, and these themselves."""
    connection = db.read()
    thread_id = slots.thread_now(connection, thread_id)
    chosen = thread_people.chosen(connection, thread_id)
    people = contacts.people(connection, contacts.participants(connection, thread_id), chosen=chosen.people)
    return suggestion_facts.own_items(connection, people, int(time.time()))
