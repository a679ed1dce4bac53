"""Accounts on the fake IMAP server, and what a careful cache makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from checking import Cache, octets, take_page
from other_sides import NoSecrets
from servers.fake_imap import FakeImap
from servers.fake_mailbox import FakeMailbox
from servers.ports import LOOPBACK

from mail.changes import ChangeBatch
from mail.types import MailboxKey, RemoteKey
from providers.imap import convert
from providers.imap.provider import ImapProvider

INBOX = MailboxKey("INBOX")
ARCHIVE = MailboxKey("Archive")


@dataclass
class Clock:
    """A clock the test sets."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class At:
    """A provider at a fake server, the cache it tells, and what it told."""

    server: FakeImap
    provider: ImapProvider
    cache: Cache
    clock: Clock
    batches: list[ChangeBatch] = field(default_factory=list)

    def sync(self, limit: int = 500) -> list[ChangeBatch]:
        """Take pages until there are no more; fetch the octets of what was told by header."""
        batches: list[ChangeBatch] = []
        while not batches or batches[-1].has_more_changes:
            batches.append(take_page(self.provider, self.cache, limit))
            assert len(batches) < 2_000
        self.cache.fill(self.provider)
        self.batches += batches
        return batches

    def destroyed(self) -> set[RemoteKey]:
        """Return everything told to be gone so far."""
        return {key for batch in self.batches for _, key in batch.destroyed}

    def told(self, mailbox: MailboxKey = INBOX) -> dict[int, frozenset[str]]:
        """Return the uids and keywords the cache has of a mailbox."""
        return {convert.numbers_of(key)[1]: keywords for key, keywords in self.cache.known(mailbox).items()}

    def agrees(self, mailbox: MailboxKey = INBOX) -> bool:
        """Say whether the cache has what the server has, under the keys of its epoch."""
        there = self.server.mailboxes[mailbox]
        return dict(self.cache.known(mailbox)) == {
            convert.key_of(
                there.uidvalidity if there.habits.shows_uidvalidity else 0, uid
            ): convert.keywords_of(one.flags)
            for uid, one in there.messages.items()
            if not convert.is_deleted(one.flags)
        }


def config_of(server: FakeImap) -> dict[str, str]:
    return {
        "imap_host": LOOPBACK,
        "imap_port": str(server.port),
        "imap_security": "none",
        "username": server.user.address,
    }


@contextmanager
def account(server: FakeImap) -> Iterator[At]:
    """Connect to a server; both end with the block."""
    clock, cache = Clock(), Cache()
    provider = ImapProvider(config_of(server), cache, NoSecrets(server.user.password), clock=clock)
    try:
        yield At(server, provider, cache, clock)
    finally:
        provider.close()
        server.stop()


def fill(mailbox: FakeMailbox, count: int, first: int = 0) -> list[int]:
    """Let messages arrive; return their uids."""
    return [mailbox.add(octets(first + number)) for number in range(count)]
