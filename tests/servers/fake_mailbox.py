"""A mailbox in memory that tests change behind a client's back, and that lies when told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(slots=True)
class FakeMessage:
    """One message; `size` is what the server says when it does not say the truth."""

    uid: int
    octets: bytes
    flags: set[str]
    received_at: datetime
    modseq: int
    size: int
    gm_msgid: int = 0
    gm_thrid: int = 0
    labels: set[str] = field(default_factory=set)
    pieces: dict[bytes, bytes] = field(default_factory=dict)  # what was fetched before, by section


@dataclass(slots=True)
class Habits:
    """What a mailbox says of itself that a good server would not."""

    exists: int | None = None  # in SELECT and STATUS instead of the truth
    uidnext: int | None = None
    shows_uidnext: bool = True
    shows_uidvalidity: bool = True
    has_new_epoch_at_each_select: bool = False
    keeps_modseq: bool = True  # otherwise NOMODSEQ in SELECT (RFC 7162 §3.1.2.2)
    fetches_modseq: bool = True
    highestmodseq: int | None = None
    hides_appended_until_select: bool = False
    permanent_flags: str = "\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*"


class FakeMailbox:
    """Messages in the order of their uids; every change is seen by the sessions that have it selected."""

    def __init__(
        self,
        name: str,
        uidvalidity: int,
        attributes: Iterable[str] = (),
        *,
        lock: threading.RLock,
        on_change: Callable[[], None],
    ) -> None:
        self.name = name
        self.attributes = set(attributes)
        self.uidvalidity = uidvalidity
        self.uidnext = 1
        self.highestmodseq = 1
        self.messages: dict[int, FakeMessage] = {}
        self.expunged: list[tuple[int, int]] = []  # modseq and uid
        self.hushed: set[int] = set()  # gone without an EXPUNGE
        self.habits = Habits()
        self.version = 0
        self._lock = lock
        self._on_change = on_change

    @property
    def uids(self) -> list[int]:
        return list(self.messages)

    def add(
        self,
        octets: bytes,
        flags: Iterable[str] = (),
        received_at: datetime | None = None,
        *,
        uid: int | None = None,
        labels: Iterable[str] = (),
        gm_msgid: int = 0,
        gm_thrid: int = 0,
        size: int | None = None,
    ) -> int:
        """Let a message arrive, at `uid` when it is given, and return its uid."""
        with self._lock:
            uid = uid or self.uidnext
            assert uid >= self.uidnext, "uids only grow (RFC 9051 §2.3.1.1)"
            self.uidnext = uid + 1
            received_at = received_at or datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
            size = len(octets) if size is None else size
            message = FakeMessage(uid, octets, set(flags), received_at, self._tick(), size)
            message.gm_msgid, message.gm_thrid, message.labels = gm_msgid, gm_thrid, set(labels)
            self.messages[uid] = message
            self._on_change()
            return uid

    def set_flags(self, uid: int, flags: Iterable[str]) -> None:
        """Replace the flags of a message."""
        with self._lock:
            message = self.messages[uid]
            if message.flags != set(flags):
                message.flags = set(flags)
                self.touch(uid)

    def set_labels(self, uid: int, labels: Iterable[str]) -> None:
        """Replace the labels of a message (X-GM-EXT-1)."""
        with self._lock:
            self.messages[uid].labels = set(labels)
            self.touch(uid)

    def touch(self, uid: int) -> None:
        """Give a message a new modseq: something of it has changed."""
        with self._lock:
            self.messages[uid].modseq = self._tick()
            self._on_change()

    def expunge(self, *uids: int) -> None:
        """Remove messages for good; those that are gone already stay so."""
        with self._lock:
            for uid in sorted(self.messages.keys() & set(uids)):
                del self.messages[uid]
                self.expunged.append((self._tick(), uid))
            self._on_change()

    def lose(self, *uids: int) -> None:
        """Remove messages and let EXISTS shrink without an EXPUNGE."""
        with self._lock:
            self.hushed.update(uids)
            self.expunge(*uids)

    def new_epoch(self, uidvalidity: int | None = None) -> None:
        """Number every message anew under another UIDVALIDITY; sessions learn of it at their next SELECT."""
        with self._lock:
            self.uidvalidity = self.uidvalidity + 1 if uidvalidity is None else uidvalidity
            messages = list(self.messages.values())
            self.messages = dict(enumerate(messages, 1))
            for uid, message in self.messages.items():
                message.uid = uid
            self.uidnext = len(messages) + 1
            self.expunged.clear()

    def uids_with(self, message_id: str) -> list[int]:
        """Return the uids of the messages whose header holds `message_id`."""
        with self._lock:
            wanted = message_id.encode()
            return [uid for uid, message in self.messages.items() if wanted in _header(message.octets)]

    def _tick(self) -> int:
        self.highestmodseq += 1
        self.version += 1
        return self.highestmodseq


def _header(octets: bytes) -> bytes:
    return octets.partition(b"\r\n\r\n")[0]
