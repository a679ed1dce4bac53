"""What the checks of an account are made of: another program at the account, and a careful cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from mail.changes import ChangeBatch, RemoteMailbox, State
from mail.types import MailboxKey, RemoteKey
from providers.protocol import MailboxChoice, Memory, Provider

Place = tuple[MailboxKey, RemoteKey]
Contents = dict[str, list[tuple[bytes, frozenset[str]]]]
Check = Callable[["OtherSide"], None]
PAGE_LIMIT = 10_000


class OtherSide(Protocol):
    """Another program at the same account. It begins with an empty inbox, Archive and Drafts."""

    inbox: MailboxKey
    archive: MailboxKey
    drafts: MailboxKey
    odd: bytes
    """A message as odd as this kind of account keeps it."""
    renumber: Callable[[MailboxKey], None] | None
    """Give the messages of a mailbox new keys, in an account that does such things."""

    def connect(self, memory: Memory) -> Provider:
        """Return a new connection to the account."""

    def deliver(
        self, mailbox: MailboxKey, octets: bytes, received_at: int, keywords: frozenset[str] = frozenset()
    ) -> RemoteKey:
        """Let a message arrive."""

    def mark(self, place: Place, keywords: frozenset[str]) -> None:
        """Give a message these keywords and no others."""

    def move(self, place: Place, target: MailboxKey) -> None:
        """Put a message into another mailbox."""

    def remove(self, place: Place) -> None:
        """Remove a message."""

    def add_mailbox(self, name: str) -> MailboxKey:
        """Make a mailbox."""

    def remove_mailbox(self, mailbox: MailboxKey) -> None:
        """Remove a mailbox and what is in it."""

    def contents(self) -> Contents:
        """Return every message and its keywords, by name of mailbox, sorted; empty mailboxes too."""


class NoSecrets:
    """The secrets of an account that has none."""

    def get(self, name: str) -> str | None:
        return None

    def put(self, name: str, value: str) -> None:
        raise AssertionError(f"nothing to keep under {name}")

    def refreshing(self, name: str) -> AbstractContextManager[None]:
        return nullcontext()


class Cache:
    """What a careful store would have after each batch. It complains about what an account must not tell."""

    def __init__(self) -> None:
        self.mailboxes: tuple[RemoteMailbox, ...] = ()
        self.messages: dict[Place, tuple[bytes | None, frozenset[str]]] = {}
        self.state: State | None = None

    def known(self, mailbox: MailboxKey) -> Mapping[RemoteKey, frozenset[str]]:
        return {key: keywords for (where, key), (_, keywords) in self.messages.items() if where == mailbox}

    def choices(self) -> Mapping[MailboxKey, MailboxChoice]:
        return {}

    def take(self, batch: ChangeBatch) -> None:
        if batch.mailboxes is not None:
            self.mailboxes = batch.mailboxes
            keys = {one.key for one in batch.mailboxes}
            self.messages = {place: told for place, told in self.messages.items() if place[0] in keys}
        for remote in batch.upserted:
            place = (remote.mailbox, remote.key)
            assert remote.mailbox in {one.key for one in self.mailboxes}, (
                f"{place} lies in a mailbox never told"
            )
            if remote.message is None and remote.header is None and remote.problem is None:
                assert place in self.messages, f"{place} came without octets and was not told before"
            told = remote.message
            if told is None and place in self.messages:
                told = self.messages[place][0]
            self.messages[place] = (told, remote.keywords)
        for place in batch.destroyed:
            self.messages.pop(place, None)
        self.state = batch.new_state

    def fill(self, provider: Provider) -> None:
        """Fetch the octets of what was told by its header alone; what is gone by then is told to be gone."""
        wanted: dict[MailboxKey, list[RemoteKey]] = {}
        for (mailbox, key), (octets, _) in self.messages.items():
            if octets is None:
                wanted.setdefault(mailbox, []).append(key)
        for mailbox, keys in wanted.items():
            for key, octets in provider.messages(mailbox, keys):
                assert octets is not None
                self.messages[mailbox, key] = (octets, self.messages[mailbox, key][1])

    def contents(self) -> Contents:
        found: Contents = {one.name: [] for one in self.mailboxes}
        names = {one.key: one.name for one in self.mailboxes}
        for (mailbox, key), (octets, keywords) in self.messages.items():
            assert octets is not None, f"{mailbox} {key} has no octets"
            found[names[mailbox]].append((octets, keywords))
        return {name: sorted(told, key=_order) for name, told in found.items()}

    def place_of(self, octets: bytes) -> Place:
        (place,) = [place for place, told in self.messages.items() if told[0] == octets]
        return place


def _order(told: tuple[bytes, frozenset[str]]) -> tuple[bytes, list[str]]:
    return told[0], sorted(told[1])


def sync(provider: Provider, cache: Cache, limit: int = 500) -> list[ChangeBatch]:
    """Take pages until there are no more."""
    batches = []
    for _ in range(PAGE_LIMIT):
        batches.append(take_page(provider, cache, limit))
        if not batches[-1].has_more_changes:
            cache.fill(provider)
            return batches
    raise AssertionError("the account never comes to an end")


def take_page(provider: Provider, cache: Cache, limit: int = 500) -> ChangeBatch:
    """Take one page."""
    batch = provider.changes(cache.state, limit=limit)
    cache.take(batch)
    return batch


@contextmanager
def connected(other: OtherSide, cache: Cache) -> Iterator[Provider]:
    provider = other.connect(cache)
    try:
        yield provider
    finally:
        provider.close()


@contextmanager
def in_sync(other: OtherSide) -> Iterator[tuple[Provider, Cache]]:
    cache = Cache()
    with connected(other, cache) as provider:
        sync(provider, cache)
        yield provider, cache


def octets(number: int = 1, body: str = "Hello") -> bytes:
    return (
        f"Message-ID: <{number}@example.com>\r\nSubject: Number {number}\r\n\r\n{body} {number}\r\n".encode()
    )


def deliver(other: OtherSide, count: int, mailbox: MailboxKey | None = None) -> list[Place]:
    where = other.inbox if mailbox is None else mailbox
    return [(where, other.deliver(where, octets(number), 1_700_000_000 + number)) for number in range(count)]


def agree(other: OtherSide, cache: Cache) -> None:
    assert cache.contents() == other.contents()


def settle(other: OtherSide, provider: Provider, cache: Cache) -> None:
    sync(provider, cache)
    agree(other, cache)


def name_of(cache: Cache, mailbox: MailboxKey) -> str:
    return next(one.name for one in cache.mailboxes if one.key == mailbox)
