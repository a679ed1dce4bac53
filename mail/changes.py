"""What an account tells us (RFC 8620 §5.2). Plain facts, so that any adapter can say them and any store can keep them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

from mail.types import MailboxKey, RemoteKey, Role

State = NewType("State", str)
"""An adapter's own memory of how far it has told us; opaque to everyone else."""


@dataclass(frozen=True, slots=True)
class RemoteMailbox:
    """A mailbox as the account has it now. `name` is its path in words, levels separated by "/"."""

    key: MailboxKey
    name: str
    role: Role | None


@dataclass(frozen=True, slots=True)
class RemoteEmail:
    """Where one message lies now and how it is marked.

    `message` is None when these octets were told before and only keywords changed, or when they cannot be read:
    then `problem` says why and what to do, and the message is told again with its octets once they can be.
    `path` is the file the octets stay in, when the account keeps them where the reader can see them (Maildir).
    """

    mailbox: MailboxKey
    key: RemoteKey
    keywords: frozenset[str]
    received_at: int
    message: bytes | None
    path: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeBatch:
    """A page of changes, newest mail first. Apply `upserted` before `destroyed`: a move is both.

    `mailboxes` is the whole list when it changed, else None. `new_state` covers exactly what this page and the
    pages before it said. `remaining` is how many messages are still to come, None when not known.
    """

    upserted: tuple[RemoteEmail, ...]
    destroyed: tuple[tuple[MailboxKey, RemoteKey], ...]
    mailboxes: tuple[RemoteMailbox, ...] | None
    new_state: State
    has_more_changes: bool
    remaining: int | None = None
