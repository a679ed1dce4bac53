"""The CRM panel of a conversation: what the store knows, why it is linked or not, what it could be about, and who is new."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Final

from linking import newcomer, rules, suggesting, words
from linking.rules import Reason
from mail.text import safe_line
from mail.types import EmailId, ThreadId
from store.crm import items
from store.database import Database
from store.links import decisions, panel, suggestion_facts
from store.links.decisions import Outcome
from store.links.panel import LinkState, PanelFacts

_LINKED: Final = {
    "auto": "linked by rule",
    "manual": "linked by hand",
    "compose": "linked when it was written",
    "bcc": "linked by its Smart BCC address",
    "conversion": "linked when the lead was converted",
    "import": "linked by an import",
}


_NONE_OPEN: Final = (Reason.NO_OPEN_ITEM, Reason.MANY_RECIPIENTS_NO_OPEN_ITEM)


def for_thread(db: Database, thread_id: ThreadId) -> PanelFacts:
    """Return the facts of a conversation, also under an id it had before it was merged."""
    facts = panel.for_thread(db, thread_id)
    now = int(time.time())
    related = suggestion_facts.read(
        db.read(),
        facts.thread_id,
        facts.people,
        now,
        linked=facts.item.ref if facts.item else None,
        candidates=facts.decision.candidates if facts.decision else (),
    )
    suggestions = suggesting.cards(db, related, now)
    state = facts.state
    if state is LinkState.NONE and suggestions:
        state = LinkState.SUGGESTED
    facts = replace(facts, state=state, suggestions=suggestions)
    has_open = any(item.persons and item.status == "open" for item in related.items)
    return replace(
        facts,
        why=_why(db, facts, has_open=has_open),
        newcomer=newcomer.of_people(db, facts.thread_id, facts.people),
    )


def _why(db: Database, facts: PanelFacts, *, has_open: bool) -> str:
    """Return in one line why the conversation is linked or not; `has_open`: its people have something open now."""
    if facts.item is not None and facts.slot is not None:
        return _why_linked(db, facts)
    if facts.state is LinkState.UNLINKED_BY_HAND:
        return words.sentence(Outcome(facts.thread_id, EmailId(0), Reason.MANUALLY_UNLINKED, ()), {})
    if facts.decision is not None:
        return f"{_when(facts, has_open=has_open)}{_sentence(db, facts.decision)}"
    if not facts.people:
        return "only our own people take part"
    return words.unjudged(is_due=decisions.is_waiting(db.read(), facts.thread_id))


def _when(facts: PanelFacts, *, has_open: bool) -> str:
    """Return that what the rules found is no longer so: they judge what comes, never what was there before (D11)."""
    assert facts.decision is not None
    is_known = any(person.id for person in facts.people)
    was_unknown = facts.decision.reason == Reason.UNKNOWN_CONTACT and is_known
    had_none = facts.decision.reason in _NONE_OPEN and has_open
    return "when it came: " if was_unknown or had_none else ""


def _why_linked(db: Database, facts: PanelFacts) -> str:
    assert facts.item is not None
    assert facts.slot is not None
    why = _LINKED.get(facts.origin, "linked")
    if (
        facts.origin in ("auto", "bcc")
        and not facts.slot.reason  # as of what the conversation made by itself
        and facts.decision is not None
        and facts.decision.reason in rules.LINKING
    ):
        why = f"{why}: {_sentence(db, facts.decision)}"
    elif facts.slot.reason:
        why = f"{why}: {facts.slot.reason}"
    if facts.item.is_open:
        return why
    since = "; mail came after that" if facts.is_past_closing else ""
    return f"{why}; the {facts.item.kind.value} is {facts.item.status}{since}"


def _sentence(db: Database, decision: Outcome) -> str:
    cards = (items.get(db, ref) for ref in decision.candidates[: words.MOST_NAMED])
    return words.sentence(decision, {card.ref: safe_line(card.title) for card in cards if card is not None})
