"""The people and items of the decision table (linking.md 2.2), and messages among them, for tests of the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from linking.rules import Blocked, Facts, Known
from mail.types import AccountId, EmailId, ThreadId
from store.crm.items import ItemKind, ItemRef
from store.links.contacts import Ours
from store.links.facts import Account, Conversation, Filled, Item, Message, Person, SmartBcc

ME, COLLEAGUE, FREELANCER = "me@corp.com", "kim@corp.com", "lee@elsewhere.net"
ANN, ANN2, BOB, CY, DUP, STRANGER = (
    "ann@x.com",
    "ann2@y.org",
    "bob@z.com",
    "cy@w.com",
    "dup@x.com",
    "who@q.com",
)
P1, P2, P3 = Person("p1", "o10"), Person("p2", "o20"), Person("p3")
P4, P5 = Person("p4"), Person("p5", "o11")
PEOPLE: Mapping[str, tuple[Person, ...]] = {
    ANN: (P1,), ANN2: (P1,), BOB: (P2,), CY: (P3,), DUP: (P4, P5), ME: (Person("p9"),),
}  # fmt: skip
US = Ours(frozenset({ME, FREELANCER, COLLEAGUE}), frozenset({"corp.com"}))
START = 100
OLD = 50


def ref(number: int, kind: ItemKind = ItemKind.DEAL) -> ItemRef:
    return ItemRef(kind, str(number))


def a_deal(number: int = 7, *, created_at: int = OLD, closed_at: int | None = None, **changes: Any) -> Item:
    return Item(ref(number), created_at, closed_at, **changes)


def a_lead(number: int = 8, **changes: Any) -> Item:
    return replace(a_deal(number, **changes), ref=ref(number, ItemKind.LEAD))


def a_project(number: int = 9, **changes: Any) -> Item:
    return replace(a_deal(number, **changes), ref=ref(number, ItemKind.PROJECT))


def a_message(
    *others: str, sender: str = ANN, at: int = START, number: int | None = None, **changes: Any
) -> Message:
    """Return a message to `others`, by default from Ann to me."""
    email_id = EmailId(at * 256 if number is None else number)
    return Message(email_id, at, (sender,), others or (ME,), **changes)


@dataclass(frozen=True)
class Case:
    """A message, what is known, and what the conversation was before: a row of the table."""

    message: Message
    items: Mapping[Person, Sequence[Item]] = field(default_factory=dict)
    started_at: int = START
    account: Account = field(default_factory=Account)
    slot: Filled | None = None
    blocked: Blocked = field(default_factory=Blocked)
    overrides: Mapping[str, Person | None] = field(default_factory=dict)

    @property
    def facts(self) -> Facts:
        everybody = (*self.message.senders, *self.message.others)
        party = known(self.items, self.blocked).party(everybody, self.overrides)
        return Facts(self.message, self.started_at, party, self.account, self.slot)


def known(items: Mapping[Person, Sequence[Item]], blocked: Blocked | None = None, us: Ours = US) -> Known:
    return Known(us, PEOPLE, {person.id: tuple(some) for person, some in items.items()}, blocked)


def a_conversation(*messages: Message, **changes: Any) -> Conversation:
    return Conversation(ThreadId(1), AccountId(1), tuple(messages), **changes)


def a_copy(
    *, of: Item | None = None, is_gone: bool = False, is_verified: bool = True, to: str = ANN
) -> Message:
    """Return what I wrote to somebody, as it came to an address of Smart BCC."""
    return a_message(to, sender=ME, bcc=SmartBcc(of, is_gone, is_verified))
