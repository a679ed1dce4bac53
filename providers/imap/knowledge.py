"""What the cache knows, and what it was told a moment ago and may not have written yet."""

from __future__ import annotations

from collections import defaultdict

from mail.types import MailboxKey, RemoteKey
from providers.imap import convert
from providers.protocol import Memory


class Knowledge:
    """The memory of the cache, under what was told since: the cache reads ahead of what it writes."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._told: defaultdict[MailboxKey, dict[RemoteKey, frozenset[str] | None]] = defaultdict(dict)

    def tell(self, mailbox: MailboxKey, key: RemoteKey, keywords: frozenset[str] | None) -> None:
        """Note what is being told of a message; None when it is gone."""
        self._told[mailbox][key] = keywords

    def forget_told(self) -> None:
        """Rely on the cache alone: it has written, or never taken, what was told."""
        self._told.clear()

    def known(self, mailbox: MailboxKey) -> dict[RemoteKey, frozenset[str]]:
        """Return the keywords of every message the cache has or is about to have."""
        known = dict(self._memory.known(mailbox))
        told = self._told[mailbox]
        for key, keywords in list(told.items()):
            if keywords is not None:
                known[key] = keywords
            elif known.pop(key, None) is None:
                del told[key]
        return known

    def of_epoch(self, mailbox: MailboxKey, uidvalidity: int) -> dict[int, frozenset[str]]:
        """Return the same by uid, for the messages of one epoch."""
        found = {}
        for key, keywords in self.known(mailbox).items():
            epoch, uid = convert.numbers_of(key)
            if epoch == uidvalidity and uid:
                found[uid] = keywords
        return found
