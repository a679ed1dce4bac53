"""What linking is judged by: frozen facts that store.links.decisions reads and linking.rules decides from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mail.types import AccountId, EmailId, ThreadId
from store.crm.items import ItemRef


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the CRM knows, with their organization."""

    id: str
    org_id: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A deal, lead or project, and when it was open.

    `ref` of one that was merged is what it was merged into. `closed_at` None: it is open. `closed` are times in the
    past when it was not.
    """

    ref: ItemRef
    created_at: int
    closed_at: int | None = None
    closed: tuple[tuple[int, int], ...] = ()

    def was_open(self, at: int) -> bool:
        """Say whether it existed and was being worked on at that time; in the second it was made, it was."""
        if at < self.created_at or (self.closed_at is not None and at >= self.closed_at):
            return False
        return not any(since <= at < until for since, until in self.closed)


@dataclass(frozen=True, slots=True)
class SmartBcc:
    """The address a copy came to: that of an item, or the universal one. `is_gone`: the item was deleted."""

    item: Item | None = None
    is_gone: bool = False
    is_verified: bool = True


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation. Addresses are normalised; `others` are recipients, with Bcc of own mail.

    `is_out_of_sight`: it lies in drafts, junk or trash alone.
    """

    email_id: EmailId
    at: int
    senders: tuple[str, ...]
    others: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    is_bulk: bool = False
    is_out_of_sight: bool = False
    bcc: SmartBcc | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """How an account takes part; messages received before `since` are not judged."""

    auto_link: bool = True
    since: int = 0
    is_spam_the_inbox: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    """What the slot of a conversation holds. `item` None: emptied by hand."""

    item: Item | None
    origin: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Before:
    """What was decided of a conversation when it was last judged."""

    reason: str
    email_id: EmailId
    candidates: tuple[ItemRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation to judge, its messages oldest first. Those before `judge_from` were judged as `before` says.

    `overrides` are addresses that are taken for another person, or nobody, by hand.
    """

    thread_id: ThreadId
    account_id: AccountId
    messages: tuple[Message, ...]
    account: Account = field(default_factory=Account)
    slot: Filled | None = None
    overrides: Mapping[str, Person | None] = field(default_factory=dict)
    judge_from: int = 0
    before: Before | None = None
