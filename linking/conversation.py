"""The JSON of a conversation, for scripts: its names and shapes stay as they are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from linking import panel
from linking.rules import LINKING, OF_NOBODY, Blocked, Reason
from mail.keywords import SEEN
from mail.types import Address, ThreadId
from store import emails, threads
from store.crm import items
from store.crm.items import ItemCard
from store.database import Database
from store.links import decisions
from store.links.contacts import PersonCard
from store.links.panel import LinkState, PanelFacts
from store.rows import EmailRow

JSON = dict[str, object]


class NoConversation(Exception):
    """There is none with this id."""


def as_json(db: Database, thread_id: ThreadId, *, limit: int = 500) -> JSON:
    """Return a conversation with at most `limit` messages, oldest first. Texts are safe to print, times are UTC.

    `keywords` has what any message has, and $seen when all have it. What the rules do not look at is linked to nobody.
    Raises NoConversation.
    """
    row = threads.get(db, thread_id)
    if row is None:
        raise NoConversation(f"there is no conversation {thread_id}")
    messages = emails.in_thread(db, row.thread_id, limit)
    facts = panel.for_thread(db, row.thread_id)
    people = _linked_people(db, facts)
    return {
        "id": row.thread_id,
        "subject": row.subject,
        "mailboxes": sorted({mailbox for message in messages for mailbox in message.mailboxes}),
        "keywords": _keywords(messages),
        "messages": [_message(message) for message in messages],
        "item": _item(facts.item),
        "persons": [_person(person) for person in people if person.id],
        "organizations": _organizations(people),
        "visibility": row.visibility,
        "link": _link(db, facts),
    }


def moment(at: int | None) -> str | None:
    """Return a time as ISO 8601 in UTC: 2026-11-22T08:14:00Z."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _keywords(messages: tuple[EmailRow, ...]) -> list[str]:
    found = {keyword for message in messages for keyword in message.keywords} - {SEEN}
    if all(SEEN in message.keywords for message in messages):
        found.add(SEEN)
    return sorted(found)


def _message(message: EmailRow) -> JSON:
    return {
        "id": message.id,
        "message_id": message.message_id,
        "from": _addresses(message.from_),
        "to": _addresses(message.to),
        "cc": _addresses(message.cc),
        "subject": message.subject,
        "received_at": moment(message.received_at),
        "sent_at": moment(message.sent_at),
        "mailbox": next(iter(message.mailboxes), None),
        "mailboxes": list(message.mailboxes),
        "keywords": sorted(message.keywords),
        "attachments": [
            {"part": each.part, "name": each.name, "type": each.media_type, "size": each.size_octets}
            for each in message.attachments
        ],
        "problem": message.problem,
    }


def _addresses(addresses: tuple[Address, ...]) -> list[JSON]:
    return [{"name": address.name, "email": address.email} for address in addresses]


def _item(item: ItemCard | None) -> JSON | None:
    if item is None:
        return None
    return {
        "kind": item.kind.value,
        "id": item.id,
        "external_ref": item.external_ref,
        "title": item.title,
        "status": item.status,
        "stage": item.stage or None,
        "value": None if item.value is None else str(item.value),
        "currency": item.currency or None,
    }


def _person(person: PersonCard) -> JSON:
    return {
        "id": person.id,
        "external_ref": person.external_ref,
        "name": person.name,
        "email": person.email,
        "organization_id": person.organization_id,
    }


def _organizations(people: tuple[PersonCard, ...]) -> list[JSON]:
    found: dict[str, JSON] = {
        person.organization_id: {
            "id": person.organization_id,
            "external_ref": person.organization_ref,
            "name": person.organization,
        }
        for person in people
        if person.organization_id
    }
    return list(found.values())


def _linked_people(db: Database, facts: PanelFacts) -> tuple[PersonCard, ...]:
    """Return those the conversation is linked to: nobody of what the rules do not look at, unless a person linked it."""
    if facts.item is not None and facts.origin not in _BY_RULE:
        return facts.people
    if _code(facts) in OF_NOBODY:
        return ()
    blocked = Blocked.of(decisions.blocked(db.read()))
    return tuple(person for person in facts.people if not blocked.include(person.email))


_BY_RULE: Final = ("auto", "bcc")


def _link(db: Database, facts: PanelFacts) -> JSON:
    is_open = facts.state is LinkState.SUGGESTED  # what the screen suggests is not the rules' outcome
    candidates = facts.decision.candidates if facts.decision and facts.slot is None else ()
    return {
        "state": (LinkState.NONE if is_open else facts.state).value,
        "origin": facts.origin or None,
        "code": _code(facts),
        "reason": facts.why,
        "candidates": [
            _candidate(card) for ref in candidates if (card := items.card(db.read(), ref)) is not None
        ],
        "at": moment(facts.linked_at),
    }


def _code(facts: PanelFacts) -> str | None:
    """Return the code of linking.rules for how it stands now: what a person did counts more than what was decided before."""
    decided = facts.decision.reason if facts.decision else None
    if facts.slot is None or (decided in LINKING and facts.origin in _BY_RULE):
        return decided
    return Reason.ALREADY_LINKED if facts.item else Reason.MANUALLY_UNLINKED


def _candidate(card: ItemCard) -> JSON:
    return {
        "kind": card.kind.value,
        "id": card.id,
        "external_ref": card.external_ref,
        "title": card.title,
        "status": card.status,
    }
