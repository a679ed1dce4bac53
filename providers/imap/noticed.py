"""What a server tells of the selected mailbox without being asked, kept until somebody looks, and never without end."""

from __future__ import annotations

from typing import Final

from providers.imap import fetched
from providers.imap.answers import NO_OTHERS, NO_SECTIONS, Fetched, Unsolicited
from providers.imap.tokens import Garbled
from providers.imap.uid_set import LARGEST, UidSet

_MOST: Final = 10_000


class Noticed:
    """Gather what is told; whoever is interested takes it."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._exists: int | None = None
        self._vanished: list[tuple[int, int]] = []
        self._expunged = 0
        self._changed: dict[int, Fetched] = {}
        self.is_incomplete = False

    def take(self) -> Unsolicited:
        """Return what was gathered and begin again."""
        told = Unsolicited(
            self._exists,
            UidSet(self._vanished),
            self._expunged,
            tuple(self._changed.values()),
            self.is_incomplete,
        )
        self._start()
        return told

    def is_empty(self) -> bool:
        """Tell whether there is nothing to take."""
        return not (
            self._exists is not None
            or self._vanished
            or self._expunged
            or self._changed
            or self.is_incomplete
        )

    def exists(self, count: int) -> None:
        """Keep how many messages there are."""
        self._exists = count

    def expunge(self) -> None:
        """Keep that one is gone, which the server counts by its place."""
        self._expunged += 1

    def vanished(self, argument: bytes) -> None:
        """Keep which UIDs are gone; what is no set of them means that more is gone than is known."""
        try:
            gone = vanished_uids(argument)
        except ValueError:
            self.is_incomplete = True
            return
        if len(self._vanished) >= _MOST:
            self.is_incomplete = True
        else:
            self._vanished.extend(gone.ranges)

    def fetch(self, parts: list[bytes], at: int) -> None:
        """Keep what a FETCH answer nobody waits for tells."""
        try:
            self.add(fetched.parse(parts, at))
        except Garbled:
            self.is_incomplete = True

    def add(self, told: Fetched) -> None:
        """Keep new flags; what has no UID cannot be told apart."""
        if not told.uid or (told.uid not in self._changed and len(self._changed) >= _MOST):
            self.is_incomplete = True
        elif told.flags is not None:
            self._changed[told.uid] = told._replace(sections=NO_SECTIONS, others=NO_OTHERS)


def vanished_uids(argument: bytes) -> UidSet:
    """Read the set of a VANISHED answer, with or without (EARLIER). Raises ValueError."""
    words = argument.split()
    if words and words[0].upper() == b"(EARLIER)":
        words.pop(0)
    if len(words) != 1 or b"*" in words[0]:
        raise ValueError("not a set of UIDs that are gone")
    gone = UidSet.parse(words[0])
    if gone.lowest < 1 or gone.highest > LARGEST:
        raise ValueError("no UIDs")
    return gone
