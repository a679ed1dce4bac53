"""Old mail linked on purpose: what the rules would have linked, had they been there when it came (dealbox relink)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from linking import earlier, rules, words
from linking.deciding import known_of
from linking.rules import Decision
from mail.types import ThreadId
from store import threads, undo
from store.crm import items
from store.crm.items import ItemCard
from store.database import Database
from store.links import decisions, slots
from store.links.facts import Conversation
from store.links.slots import Slot
from store.rows import ActionRow
from store.steps import Step

_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Proposal:
    """An unlinked conversation, the item it would be linked to, and why in words."""

    thread_id: ThreadId
    subject: str
    item: ItemCard
    reason: str


def plan(db: Database) -> Iterator[Proposal]:
    """Yield what the rules would link of mail that is here, however old; what was unlinked by hand is left alone."""
    connection = db.read()
    settings = decisions.settings(connection)
    after = ThreadId(0)
    while some := decisions.unlinked(connection, after, _AT_ONCE):
        after = some[-1]
        batch = decisions.facts(connection, settings, some)
        known = known_of(settings, batch)
        for conversation in batch.conversations:
            decision = rules.fold(_anew(conversation), known)
            if decision is not None and (proposal := _proposal(db, conversation, decision)) is not None:
                yield proposal


def _anew(conversation: Conversation) -> Conversation:
    account = replace(conversation.account, since=0)
    return replace(conversation, account=account, judge_from=0, before=None)


def _proposal(db: Database, conversation: Conversation, decision: Decision) -> Proposal | None:
    connection = db.read()
    row = threads.get(db, conversation.thread_id)
    card = items.card(connection, decision.item) if decision.item else None
    if row is None or card is None or card.status == "deleted":
        return None
    return Proposal(row.thread_id, row.subject, card, words.sentence(decision, {card.ref: card.title}))


def apply(db: Database, proposals: Sequence[Proposal]) -> ActionRow:
    """Link what was proposed and is still unlinked, as one action that undo takes back."""
    now = int(time.time())
    with db.write() as connection:
        steps = [
            Step("item", thread_id, slots.dumps(None), slots.dumps(slot))
            for proposal in proposals
            for thread_id in [slots.thread_now(connection, proposal.thread_id)]
            for slot in [Slot(proposal.item.kind.value, proposal.item.id, "auto", "", now, "")]
            if slots.read(connection, thread_id) is None
        ]
        if not steps:
            return ActionRow(0, "There is nothing to link", "nothing")
        undo.carry_out(connection, steps, now=now)
        what = "1 conversation" if len(steps) == 1 else f"{len(steps):,} conversations"
        action = undo.record(connection, f"Linked {what}", steps, now)
    offer = earlier.offer_of(db.read(), [ThreadId(step.subject) for step in steps])
    return action._replace(hint=offer.sentence)
