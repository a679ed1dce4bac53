"""What every kind of account must be able to do. tests/providers/conformance.py is its specification."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from mail.changes import ChangeBatch, State
from mail.operations import Applied, Operation
from mail.types import MailboxKey, RemoteKey


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this kind of account offers beyond the minimum."""

    keeps_octets_in_files: bool = False
    has_custom_keywords: bool = False


class Memory(Protocol):
    """What the cache already knows, lent to an adapter so that it never imports the store."""

    def known(self, mailbox: MailboxKey) -> Mapping[RemoteKey, frozenset[str]]:
        """Return the keywords of every message the cache has in `mailbox`, by key, as last told by the account."""


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
    """A connected mail account. Blocking; owned by one thread."""

    capabilities: Capabilities

    def changes(self, since: State | None, *, limit: int = 500) -> ChangeBatch:
        """Return the next page of changes, newest mail first, at most `limit` messages.

        Raises StateExpired, RetryLater, SignInAgain.
        """

    def message(self, mailbox: MailboxKey, key: RemoteKey) -> bytes:
        """Return the RFC 5322 octets. Raises Rejected when the message is gone, RetryLater."""

    def apply(self, operation: Operation) -> Applied:
        """Carry `operation` out; twice is harmless. Raises Rejected, RetryLater, SignInAgain, Unsupported."""

    def wait(self, timeout_s: float) -> bool:
        """Return True as soon as something may have changed, False after `timeout_s` seconds."""

    def interrupt(self) -> None:
        """Make a wait() in progress return at once; callable from any thread."""

    def close(self) -> None:
        """Let go of connections and files; twice is harmless."""
