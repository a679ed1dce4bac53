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

    A server tells most mail by its header alone: `header` has those header fields that mail.parse.parse_header reads,
    `size_octets` the size of the whole and `identity` what makes it the same message wherever it lies
    (mail.identity.of, or the server's own id). Its octets are then fetched apart, with Provider.messages. With
    `message` there too, nothing is left to fetch. `identity` is None where equal octets are what makes it the same.
    `thread_key` is the server's own name for the conversation, where it has one.
    """

    mailbox: MailboxKey
    key: RemoteKey
    keywords: frozenset[str]
    received_at: int
    message: bytes | None
    path: str | None = None
    problem: str | None = None
    header: bytes | None = None
    size_octets: int | None = None
    identity: bytes | None = None
    thread_key: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeBatch:
    """A page of changes, newest mail first. Apply `upserted` before `destroyed`: a move is both.

    `mailboxes` is the whole list when it changed, else None. `new_state` covers exactly what this page and the
    pages before it said. `remaining` is how many messages are still to come, None when not known.

    `renumbered` are mailboxes whose messages all got new keys: a message told there under a new key takes over the
    place, and what is still to be done with it, of the same message under a key of another epoch.
    """

    upserted: tuple[RemoteEmail, ...]
    destroyed: tuple[tuple[MailboxKey, RemoteKey], ...]
    mailboxes: tuple[RemoteMailbox, ...] | None
    new_state: State
    has_more_changes: bool
    remaining: int | None = None
    renumbered: frozenset[MailboxKey] = frozenset()
