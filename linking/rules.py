"""Which deal, lead or project a conversation is about, and why none: pure functions of facts (docs/linking.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from linking.parties import Blocked as Blocked
from linking.parties import Known as Known
from linking.parties import Party as Party
from mail.types import EmailId
from store.crm.items import ItemRef
from store.links.facts import Account, Conversation, Filled, Item, Message, Person

VERSION: Final = 1
"""Kept with every decision; raise it when the rules say something else of the same facts."""
FEW: Final = 2
"""With more people than these and no open item, the reason says that there were many."""


class Reason(StrEnum):
    """Why a conversation is linked or not, in the order in which the rules look at them."""

    AUTO_LINK_OFF = "auto_link_off"
    SPAM_FOLDER_IS_INBOX = "spam_folder_is_inbox"
    EXCLUDED_FOLDER = "excluded_folder"
    BLOCKED = "blocked"
    INTERNAL_ONLY = "internal_only"
    BCC_SENDER_NOT_VERIFIED = "bcc_sender_not_verified"
    ALREADY_LINKED = "already_linked"
    ALREADY_LINKED_CLOSED = "already_linked_closed"
    BCC_DIRECT = "bcc_direct"
    BCC_ITEM_GONE = "bcc_item_gone"
    MANUALLY_UNLINKED = "manually_unlinked"
    BULK = "bulk"
    UNKNOWN_CONTACT = "unknown_contact"
    NO_OPEN_ITEM = "no_open_item"
    MANY_RECIPIENTS_NO_OPEN_ITEM = "many_recipients_no_open_item"
    ITEM_NEWER_THAN_CONVERSATION = "item_newer_than_conversation"
    AMBIGUOUS = "ambiguous"
    LINKED = "linked"


LINKING: Final = frozenset({Reason.LINKED, Reason.BCC_DIRECT})
"""The outcomes that fill the slot."""
UNJUDGED: Final = frozenset({Reason.AUTO_LINK_OFF, Reason.SPAM_FOLDER_IS_INBOX})
"""The account was not looked at: what its conversations are linked to stays."""
OF_NOBODY: Final = UNJUDGED | {
    Reason.EXCLUDED_FOLDER,
    Reason.BLOCKED,
    Reason.INTERNAL_ONLY,
    Reason.BCC_SENDER_NOT_VERIFIED,
}
"""The outcomes that link no person and no organization either."""
_OF_THE_SLOT: Final = frozenset(
    {Reason.ALREADY_LINKED, Reason.ALREADY_LINKED_CLOSED, Reason.MANUALLY_UNLINKED}
)
_SAY_LITTLE: Final = frozenset({Reason.BLOCKED, Reason.INTERNAL_ONLY, Reason.BULK})


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say. `candidates` are the items it is about: all that are open, or those that came too late."""

    reason: Reason
    email_id: EmailId
    item: ItemRef | None = None
    candidates: tuple[ItemRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision about one message is made from. `party` are all who took part up to it."""

    message: Message
    started_at: int
    party: Party
    account: Account = field(default_factory=Account)
    slot: Filled | None = None


def decide(facts: Facts) -> Decision:
    """Say what a conversation is about when this message has come: linked only when exactly one open item fits."""
    candidates: tuple[ItemRef, ...] = ()
    reason = _without_people(facts.account, facts.message)
    if reason is None:
        reason, candidates = _judge(facts)
    item = candidates[0] if candidates and reason in _WITH_ITEM else None
    return Decision(reason, facts.message.email_id, item, candidates)


_WITH_ITEM: Final = LINKING | {Reason.ALREADY_LINKED, Reason.ALREADY_LINKED_CLOSED}
_Judged = tuple[Reason, tuple[ItemRef, ...]]


def _without_people(account: Account, message: Message) -> Reason | None:
    if not account.auto_link or message.at < account.since:
        return Reason.AUTO_LINK_OFF
    if account.is_spam_the_inbox:
        return Reason.SPAM_FOLDER_IS_INBOX
    return Reason.EXCLUDED_FOLDER if message.is_out_of_sight else None


def _judge(facts: Facts) -> _Judged:
    bcc, slot = facts.message.bcc, facts.slot
    is_direct = bcc is not None and bcc.is_verified and bcc.item is not None
    if not facts.party.theirs and not is_direct:  # who writes to an item's own address says what it is about
        return Reason.BLOCKED if facts.party.are_blocked else Reason.INTERNAL_ONLY, ()
    if bcc is not None and not bcc.is_verified:
        return Reason.BCC_SENDER_NOT_VERIFIED, ()
    if slot is not None and slot.item is not None:
        is_open = slot.item.was_open(facts.message.at)
        return Reason.ALREADY_LINKED if is_open else Reason.ALREADY_LINKED_CLOSED, (slot.item.ref,)
    if bcc is not None and bcc.is_gone:
        return Reason.BCC_ITEM_GONE, ()
    if bcc is not None and bcc.item is not None:
        return Reason.BCC_DIRECT, (bcc.item.ref,)
    if slot is not None:
        return Reason.MANUALLY_UNLINKED, ()
    if facts.message.is_bulk:
        return Reason.BULK, ()
    return _by_items(facts)


def _by_items(facts: Facts) -> _Judged:
    party, at = facts.party, facts.message.at
    if not party.items:
        return Reason.UNKNOWN_CONTACT, ()
    items = party.every_item
    open_items = [item for item in items if item.was_open(at)]
    if not open_items:
        if later := _refs(item for item in items if item.created_at > at):
            return Reason.ITEM_NEWER_THAN_CONVERSATION, later
        people = len({persons or email for email, persons in party.theirs.items()})
        return Reason.MANY_RECIPIENTS_NO_OPEN_ITEM if people > FEW else Reason.NO_OPEN_ITEM, ()
    candidates = _refs(open_items)
    if all(item.created_at > facts.started_at for item in open_items):
        return Reason.ITEM_NEWER_THAN_CONVERSATION, candidates
    return Reason.AMBIGUOUS if len(candidates) > 1 else Reason.LINKED, candidates


def _refs(items: Iterable[Item]) -> tuple[ItemRef, ...]:
    return tuple(sorted({item.ref for item in items}))


def people(facts: Facts, decision: Decision) -> tuple[Person, ...]:
    """Return the persons a conversation is linked to; of one address's several persons, the one on its item.

    Their organizations are those it is linked to.
    """
    if decision.reason in OF_NOBODY:
        return ()
    found: dict[str, Person] = {}
    for persons in facts.party.theirs.values():
        meant = persons
        if len(persons) > 1:
            meant = tuple(person for person in persons if _is_about(facts.party, person, decision.item))
        if len(meant) == 1:
            found.setdefault(meant[0].id, meant[0])
    return tuple(found.values())


def _is_about(party: Party, person: Person, item: ItemRef | None) -> bool:
    return any(one.ref == item for one in party.items[person.id])


def judgements(conversation: Conversation, known: Known) -> Iterator[Decision]:
    """Yield what the rules say of each message to judge, oldest first; a link that one finds holds for those after it."""
    slot = _slot_before(conversation)
    seen: dict[str, None] = {}
    party, size = known.party(()), 0
    started_at = conversation.messages[0].at
    for message in conversation.messages:
        if not message.is_out_of_sight:
            seen.update(dict.fromkeys(_taking_part(message, known)))
        if message.email_id < conversation.judge_from:
            continue
        if len(seen) > size:
            party, size = known.party(seen, conversation.overrides), len(seen)
        facts = Facts(message, started_at, party, conversation.account, slot)
        decision = decide(facts)
        if decision.reason in LINKING:
            slot = Filled(_item(facts, decision), "auto")
        yield decision


def _taking_part(message: Message, known: Known) -> tuple[str, ...]:
    """Return the addresses that count; an answer goes elsewhere only where a list or a form wrote for somebody (D2)."""
    everybody = message.senders + message.others
    if message.reply_to and not any(known.who(email).persons for email in message.senders):
        everybody += message.reply_to
    return everybody


def _item(facts: Facts, decision: Decision) -> Item | None:
    bcc = facts.message.bcc
    if decision.reason is Reason.BCC_DIRECT and bcc is not None:
        return bcc.item
    return next(
        item
        for item in facts.party.every_item
        if item.ref == decision.item and item.was_open(facts.message.at)
    )


def _slot_before(conversation: Conversation) -> Filled | None:
    """Return what fills the slot when judging begins: what a person chose, and a link found before that."""
    slot = conversation.slot
    if slot is None or slot.origin != "auto" or is_kept(conversation):
        return slot
    return None


def is_kept(conversation: Conversation) -> bool:
    """Say whether the slot holds an automatic link found earlier than where judging begins: it stays (004:25)."""
    found_at = conversation.before.email_id if conversation.before else 0
    slot = conversation.slot
    return slot is not None and slot.origin == "auto" and found_at < conversation.judge_from


def fold(conversation: Conversation, known: Known) -> Decision | None:
    """Say what a conversation is about: the first message that finds exactly one item decides (D23).

    Without one it is what the newest message says that got as far as people and items, with what was said before.
    None: no message is to be judged.
    """
    before = _said_before(conversation)
    if before is not None and is_kept(conversation):
        return before
    best: Decision | None = before
    for decision in judgements(conversation, known):
        if decision.reason in LINKING:
            return decision
        if best is None or _weight(decision) >= _weight(best):
            best = decision
    if best is not None and best.reason is Reason.EXCLUDED_FOLDER and not _is_out_of_sight(conversation):
        return _of_what_is_in_sight(conversation, known)
    return best


def _is_out_of_sight(conversation: Conversation) -> bool:
    return all(message.is_out_of_sight for message in conversation.messages)


def _of_what_is_in_sight(conversation: Conversation, known: Known) -> Decision | None:
    """Say what a conversation is about of which only what is out of sight was judged: what decided before may be that."""
    if conversation.before is None:
        return None  # a draft in a conversation that was here before the rules
    return fold(replace(conversation, judge_from=0, before=None), known)


def _said_before(conversation: Conversation) -> Decision | None:
    before, slot = conversation.before, conversation.slot
    if is_kept(conversation) and slot is not None and slot.item is not None:
        if before is not None and before.reason in LINKING:
            return Decision(Reason(before.reason), before.email_id, slot.item.ref, before.candidates)
        return Decision(Reason.LINKED, conversation.messages[0].email_id, slot.item.ref, (slot.item.ref,))
    if before is None or before.email_id >= conversation.judge_from:
        return None
    reason = Reason(before.reason)
    if reason in LINKING or reason in _OF_THE_SLOT:
        return None  # the slot has been changed since, and says it
    return Decision(reason, before.email_id, None, before.candidates)


def _weight(decision: Decision) -> int:
    if decision.reason in UNJUDGED or decision.reason is Reason.EXCLUDED_FOLDER:
        return 0
    return 1 if decision.reason in _SAY_LITTLE else 2
