"""What the rules say of conversations, carried out: what mail brought is judged, and links are explained."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from linking import first_sharing, rules, words
from linking.rules import Blocked, Decision, Known, Reason
from mail.types import EmailId, SafeText, ThreadId
from store import events
from store.crm import items
from store.crm.items import ItemCard
from store.database import Database
from store.links import decisions, slots, to_file
from store.links.decisions import Batch, Outcome, Settings
from store.links.facts import Before, Conversation
from store.links.slots import Slot

_AT_ONCE: Final = 100
"""Conversations judged between two looks at whether somebody waits to write."""


def decide_due(db: Database, *, limit: int = 500, may_go_on: Callable[[], bool] = lambda: True) -> int:
    """Judge every conversation that waits for it, and return how many; at most `limit` in a transaction.

    Whatever was judged is linked, or no longer, when the transaction ends; what was cut short is due again.
    `may_go_on` is asked before each.
    """
    count = 0
    while decisions.is_due(db) and may_go_on():
        db.give_way()
        with db.write(is_durable=False) as connection:
            judged = _judge_some(db, connection, limit)
            if not judged:
                break
            count += len(judged)
    return count


def _judge_some(db: Database, connection: sqlite3.Connection, limit: int) -> list[ThreadId]:
    settings = decisions.settings(connection)
    judged: list[ThreadId] = []
    changed: list[ThreadId] = []
    while len(judged) < limit and (some := decisions.due(connection, min(_AT_ONCE, limit - len(judged)))):
        changed += _judge(connection, settings, some)
        judged += some
        if db.is_wanted():
            break
    if changed:
        mailbox_ids = to_file.follow(connection, changed)
        events.record(connection, "items", mailbox_ids=mailbox_ids, thread_ids=changed)
    return judged


def known_of(settings: Settings, batch: Batch) -> Known:
    """Return what the rules are told of people and items."""
    return Known(settings.us, batch.persons, batch.items, Blocked.of(settings.blocked))


def _judge(
    connection: sqlite3.Connection, settings: Settings, thread_ids: Sequence[ThreadId]
) -> list[ThreadId]:
    """Judge conversations, and return those of which something else is said than before."""
    now = int(time.time())
    batch = decisions.facts(connection, settings, thread_ids)
    known = known_of(settings, batch)
    outcomes: list[Outcome] = []
    judged: list[tuple[Conversation, Decision]] = []
    for conversation in batch.conversations:
        decision = rules.fold(conversation, known)
        if decision is None:
            continue
        judged.append((conversation, decision))
        is_linked_anew = _carry_out(connection, conversation, decision, now)
        if is_linked_anew or conversation.before != _said(decision):
            outcomes.append(
                Outcome(conversation.thread_id, decision.email_id, decision.reason, decision.candidates)
            )
    decisions.put(connection, outcomes, rules.VERSION, now)
    decisions.settle(connection, thread_ids)
    first_sharing.follow(connection, judged)
    return [one.thread_id for one in outcomes]


def _said(decision: Decision) -> Before:
    return Before(decision.reason.value, decision.email_id, decision.candidates)


def _carry_out(
    connection: sqlite3.Connection, conversation: Conversation, decision: Decision, now: int
) -> bool:
    """Fill or empty the slot as the rules say, and say whether that changed it. What a person chose stays."""
    slot = conversation.slot
    item = decision.item if decision.reason in rules.LINKING else None
    is_ours = slot is None or slot.origin == "auto"
    if item is not None and (is_ours or decision.reason is Reason.BCC_DIRECT):
        if slot is not None and slot.item is not None and slot.item.ref == item:
            return False
        origin = "bcc" if decision.reason is Reason.BCC_DIRECT else "auto"
        slots.put(connection, conversation.thread_id, Slot(item.kind.value, item.id, origin, "", now, ""))
        return True
    if slot is None or not is_ours or item is not None or decision.reason in rules.UNJUDGED:
        return False
    slots.put(connection, conversation.thread_id, None)
    return True


@dataclass(frozen=True, slots=True)
class Judged:
    """A message and what the rules say of it, in words."""

    email_id: EmailId
    at: int
    from_: SafeText
    subject: SafeText
    decision: Decision
    words: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a conversation is linked or not. `decided` is what was decided when its mail came; None: it never was.

    `candidates` are the items that any of the decisions is about; `advice` is what can be done, "" when nothing is amiss.
    """

    thread_id: ThreadId
    item: ItemCard | None
    origin: str
    decided: Outcome | None
    words: str
    advice: str
    messages: tuple[Judged, ...]
    candidates: tuple[ItemCard, ...]


def explain(db: Database, thread_id: ThreadId) -> Explanation:
    """Return what the rules say of every message of a conversation, by what is known now, and what was decided then."""
    connection = db.read()
    thread_id = slots.thread_now(connection, thread_id)
    settings = decisions.settings(connection)
    batch = decisions.facts(connection, settings, [thread_id])
    decided = decisions.get(connection, thread_id)
    said = [each for conversation in batch.conversations for each in _all_said(settings, batch, conversation)]
    slot = batch.conversations[0].slot if batch.conversations else None
    ref = slot.item.ref if slot and slot.item else None
    refs = dict.fromkeys(each for one in (*([decided] if decided else ()), *said) for each in one.candidates)
    cards = {each: items.card(connection, each) for each in (*refs, *([ref] if ref else ()))}
    names = {each: card.title for each, card in cards.items() if card is not None}
    heads = decisions.heads(connection, [each.email_id for each in said])
    return Explanation(
        thread_id,
        cards[ref] if ref else None,
        slot.origin if slot else "",
        decided,
        words.sentence(decided, names)
        if decided
        else words.unjudged(is_due=decisions.is_waiting(connection, thread_id)),
        words.advice(decided.reason) if decided else "",
        tuple(
            Judged(each.email_id, *heads[each.email_id], each, words.sentence(each, names))
            for each in said
            if each.email_id in heads  # else it has gone since the facts were read
        ),
        tuple(card for each in refs if (card := cards[each]) is not None),
    )


def _all_said(settings: Settings, batch: Batch, conversation: Conversation) -> Iterator[Decision]:
    """Yield what is said of each message: up to an automatic link by what is known now, after that by the link."""
    known, slot, before = known_of(settings, batch), conversation.slot, conversation.before
    if slot is None or slot.origin != "auto" or before is None or before.reason not in rules.LINKING:
        yield from rules.judgements(replace(conversation, judge_from=0, before=None), known)
        return
    earlier = tuple(message for message in conversation.messages if message.email_id < before.email_id)
    if earlier:
        unlinked = replace(conversation, messages=earlier, slot=None, judge_from=0, before=None)
        yield from rules.judgements(unlinked, known)
    yield Decision(Reason(before.reason), before.email_id, before.candidates[0], before.candidates)
    yield from rules.judgements(replace(conversation, judge_from=before.email_id + 1), known)
