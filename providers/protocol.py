"""What every kind of account must be able to do. tests/providers/conformance.py is its specification."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from mail.changes import ChangeBatch, State
from mail.operations import Applied, Operation
from mail.types import MailboxKey, RemoteKey
from providers.errors import Rejected, Unsupported


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this kind of account offers beyond the minimum.

    An account that `is_remote` tells headers first and takes up to three connections: one for operations and changes,
    one that waits, one that fetches bodies. It is looked at every `look_every_s` seconds even when it says nothing.
    """

    keeps_octets_in_files: bool = False
    has_custom_keywords: bool = False
    is_remote: bool = False
    look_every_s: float = 300.0


@dataclass(frozen=True, slots=True)
class MailboxChoice:
    """What the user wants of a mailbox; `since_days` 0 is all of its mail."""

    is_synced: bool = True
    since_days: int = 0


class Memory(Protocol):
    """What the cache already knows, lent to an adapter so that it never imports the store."""

    def known(self, mailbox: MailboxKey) -> Mapping[RemoteKey, frozenset[str]]:
        """Return the keywords of every message the cache has in `mailbox`, by key, as last told by the account."""

    def choices(self) -> Mapping[MailboxKey, MailboxChoice]:
        """Return what the user chose, for mailboxes where that is not the default."""


class Secrets(Protocol):
    """The passwords and tokens of one account, lent to an adapter so that it never imports the store.

    Names: "password" (also an app password), "token" (what providers.oauth keeps).
    """

    def get(self, name: str) -> str | None:
        """Return a secret, None when there is none. Raises SignInAgain while they are locked."""

    def put(self, name: str, value: str) -> None:
        """Keep a secret; once this returns it survives a crash. Raises SignInAgain, RetryLater."""

    def refreshing(self, name: str) -> AbstractContextManager[None]:
        """Hold the right to renew `name`, for one process and thread at a time; read it again inside."""


class Provider(Protocol):
    """A connected mail account. Blocking; owned by one thread. It connects when it is first asked for something."""

    capabilities: Capabilities

    def changes(self, since: State | None, *, limit: int = 500) -> ChangeBatch:
        """Return the next page of changes, newest mail first, at most `limit` messages.

        Raises StateExpired, RetryLater, SignInAgain.
        """

    def notice(self) -> None:
        """Let the next changes() look for what is new before it goes on with old mail; callable from any thread."""

    def message(self, mailbox: MailboxKey, key: RemoteKey) -> bytes:
        """Return the RFC 5322 octets. Raises Rejected when the message is gone, RetryLater."""

    def messages(
        self, mailbox: MailboxKey, keys: Sequence[RemoteKey]
    ) -> Iterator[tuple[RemoteKey, bytes | None]]:
        """Return the octets of several, in any order; those that are gone are left out. Raises RetryLater.

        Of a message too large to hold, what is returned has its header, its texts and, empty, its other parts, each with
        a field X-Dealbox-Size-Octets; None where even that cannot be had.
        """

    def part(self, mailbox: MailboxKey, key: RemoteKey, part: str, file: BinaryIO) -> None:
        """Write the decoded octets of one part to `file` bit by bit; the whole message as it came when `part` is "".

        Raises Rejected when it is gone, RetryLater.
        """

    def apply(self, operation: Operation) -> Applied:
        """Carry `operation` out; twice is harmless. Raises Rejected, RetryLater, SignInAgain, Unsupported."""

    def apply_all(self, operations: Sequence[Operation]) -> Iterator[Applied | Rejected | Unsupported]:
        """Carry out operations of one kind, with one mailbox and one aim, in few commands.

        Yields what became of each, in their order. Raises RetryLater and SignInAgain as apply() does; those that have
        no outcome yet are asked again.
        """

    def wait(self, timeout_s: float) -> bool:
        """Return True as soon as something may have changed, False after `timeout_s` seconds."""

    def interrupt(self) -> None:
        """Make a wait() in progress return at once; callable from any thread."""

    def close(self) -> None:
        """Let go of connections and files; twice is harmless."""
