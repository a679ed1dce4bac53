"""One connection to an IMAP server: signed in, spoken to command by command, every answer bounded."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, Literal

from providers.imap.answers import Fetched, Listed, Selected, Status, Unsolicited
from providers.imap.sign_in import SignIn
from providers.imap.uid_set import UidSet
from providers.opening import Endpoint

# The names a user of a session needs; they live where they are made.
__all__ = [
    "Endpoint",
    "Fetched",
    "Listed",
    "Selected",
    "Session",
    "SignIn",
    "Status",
    "UidSet",
    "Unsolicited",
]

Uid = int
Epoch = int


class Session:
    """Speak IMAP over one connection; owned by one thread.

    Every method raises RetryLater when the network or the server fails (the connection is dropped then: see
    `is_open`), SignInAgain, or Refused (a Rejected with the server's `code`) when the server says no for good.
    Mailbox names are wire names: what list_mailboxes() tells, or mail.maildir_names.encode_utf7 of what a user typed.
    A set of UIDs longer than `set_octets` becomes several commands.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        sign_in: SignIn,
        *,
        tls: ssl.SSLContext | None = None,
        connect_s: float = 15.0,
        read_s: float = 60.0,
        set_octets: int = 8000,
        compress: bool | None = None,
    ) -> None:
        """Connect nothing yet. `compress` None: where the server offers it and is not this machine."""
        raise NotImplementedError

    @property
    def is_open(self) -> bool:
        """Tell whether the connection is signed in and still of use."""
        raise NotImplementedError

    @property
    def capabilities(self) -> frozenset[str]:
        """Return what the server offers after sign-in, in upper case, without what it is known to do wrong."""
        raise NotImplementedError

    @property
    def enabled(self) -> frozenset[str]:
        """Return what it said it had enabled (RFC 5161): "QRESYNC", "CONDSTORE"."""
        raise NotImplementedError

    @property
    def selected(self) -> str | None:
        """Return the name of the selected mailbox."""
        raise NotImplementedError

    def connect(self) -> None:
        """Connect and sign in; nothing when that has been done."""
        raise NotImplementedError

    def close(self) -> None:
        """Drop the connection without a word; twice is harmless."""
        raise NotImplementedError

    def logout(self) -> None:
        """Say goodbye and drop the connection; never raises."""
        raise NotImplementedError

    def list_mailboxes(self, *, with_status: bool = False) -> list[Listed]:
        """Return every mailbox; `status` is told where the server has LIST-STATUS and is None elsewhere."""
        raise NotImplementedError

    def status(self, mailbox: str) -> Status:
        """Return the counts of a mailbox that is not the selected one."""
        raise NotImplementedError

    def select(
        self, mailbox: str, *, qresync: tuple[Epoch, int] | None = None, readonly: bool = False
    ) -> Selected:
        """Select a mailbox; with `qresync` (uidvalidity, modseq), where it is enabled, learn what changed since."""
        raise NotImplementedError

    def fetch(
        self, uids: UidSet, items: str, *, changed_since: int | None = None, vanished: bool = False
    ) -> Iterator[Fetched]:
        """Yield the answers one by one as they come; `items` as "FLAGS BODY.PEEK[HEADER]", UID is added.

        Messages that are gone are not answered. Answers about other messages are left to unsolicited().
        `vanished` asks for those too (QRESYNC). Exhaust it or close it: the rest is then read and thrown away.
        """
        raise NotImplementedError

    def fetch_to(self, uid: Uid, section: str, file: BinaryIO, *, piece_octets: int = 262_144) -> int:
        """Write a section ("" is the message) to `file` piece by piece; return how many octets.

        Raises Refused when the message is gone.
        """
        raise NotImplementedError

    def search(self, criteria: str | bytes) -> UidSet:
        """Return the messages that fit; text outside ASCII goes in quoted strings and is sent as UTF-8 literals."""
        raise NotImplementedError

    def store(
        self,
        uids: UidSet,
        sign: Literal["+", "-"],
        flags: Iterable[str],
        *,
        item: str = "FLAGS",
        unchanged_since: int | None = None,
    ) -> UidSet:
        """Add or remove flags, silently; return those left alone because they changed since (RFC 7162)."""
        raise NotImplementedError

    def copy(self, uids: UidSet, mailbox: str) -> dict[Uid, tuple[Epoch, Uid]]:
        """Copy; return where each went, as far as the server tells (COPYUID)."""
        raise NotImplementedError

    def move(self, uids: UidSet, mailbox: str) -> dict[Uid, tuple[Epoch, Uid]]:
        """Move (RFC 6851); return where each went, as far as the server tells. Raises Unsupported without MOVE."""
        raise NotImplementedError

    def expunge(self, uids: UidSet) -> None:
        """Remove those of `uids` that are \\Deleted. Raises Unsupported without UIDPLUS: EXPUNGE takes others' too."""
        raise NotImplementedError

    def append(
        self, mailbox: str, message: bytes, flags: Iterable[str] = (), received_at: int | None = None
    ) -> tuple[Epoch, Uid] | None:
        """Add a message and return where it went, as far as the server tells (APPENDUID)."""
        raise NotImplementedError

    def create(self, mailbox: str) -> None:
        """Create a mailbox; nothing when it is there."""
        raise NotImplementedError

    def subscribe(self, mailbox: str) -> None:
        """Put a mailbox among those other programs show."""
        raise NotImplementedError

    def noop(self) -> None:
        """Ask for nothing, which lets the server tell what happened: see unsolicited()."""
        raise NotImplementedError

    def idle(self, timeout_s: float, wake_fd: int | None = None) -> bool:
        """Wait until something happens to the selected mailbox: true, and unsolicited() tells what.

        False after `timeout_s`, or once `wake_fd` is readable (it is left so). Raises Unsupported without IDLE.
        """
        raise NotImplementedError

    def unsolicited(self) -> Unsolicited:
        """Return what the server told by itself, and forget it."""
        raise NotImplementedError
