"""What we ask of an account: desired end states, so that asking twice is harmless. To and from JSON for the outbox."""

from __future__ import annotations

from dataclasses import dataclass

from mail.keywords import DRAFT, SEEN
from mail.types import MailboxKey, RemoteKey


@dataclass(frozen=True, slots=True)
class Move:
    """Let the message lie in `target` and no longer in `mailbox`.

    By `message_id` an account finds it again when the answer to an earlier try was lost; by size and date, which copies
    keep, it tells it from another message of that id, as from another revision of a draft.
    """

    mailbox: MailboxKey
    key: RemoteKey
    target: MailboxKey
    message_id: str | None = None
    size_octets: int | None = None
    received_at: int | None = None


@dataclass(frozen=True, slots=True)
class SetKeywords:
    """Let the message have the keywords in `add` and lack those in `remove`."""

    mailbox: MailboxKey
    key: RemoteKey
    add: frozenset[str]
    remove: frozenset[str]


@dataclass(frozen=True, slots=True)
class Destroy:
    """Let the message be gone for good from `mailbox`."""

    mailbox: MailboxKey
    key: RemoteKey


@dataclass(frozen=True, slots=True)
class Save:
    """Let `message` lie in `mailbox`, in place of the message `replaces`: a draft, or a copy of what was sent.

    Octets that lie there already are not added again. `received_at` is None for now.
    """

    mailbox: MailboxKey
    message: bytes
    replaces: RemoteKey | None
    keywords: frozenset[str] = frozenset({DRAFT, SEEN})
    received_at: int | None = None


@dataclass(frozen=True, slots=True)
class CreateMailbox:
    """Let a mailbox with this name ("/" between levels) exist."""

    name: str


Operation = Move | SetKeywords | Destroy | Save | CreateMailbox


@dataclass(frozen=True, slots=True)
class Applied:
    """Where the message lies after the operation: what later operations must name. None when it lies nowhere."""

    mailbox: MailboxKey | None = None
    key: RemoteKey | None = None
    path: str | None = None
