"""An account in memory, for tests: it behaves as a server does, with states that can be forgotten."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO, assert_never

from mail import identity
from mail.changes import ChangeBatch, RemoteEmail, RemoteMailbox, State
from mail.headers import header_end
from mail.operations import Applied, CreateMailbox, Destroy, Move, Operation, Save, SetKeywords
from mail.types import MailboxKey, RemoteKey, Role
from providers import one_by_one
from providers.errors import ProviderError, Rejected, StateExpired, Unsupported
from providers.protocol import Capabilities

Place = tuple[MailboxKey, RemoteKey]


@dataclass(slots=True)
class Message:
    """A message as the server keeps it. The revisions say when it came and when it last changed."""

    octets: bytes
    keywords: frozenset[str]
    received_at: int
    created: int
    changed: int


@dataclass
class FakeServer:
    """The other end: what lies there, and what happens to it. Every change has a revision number."""

    mailboxes: dict[MailboxKey, RemoteMailbox] = field(default_factory=dict)
    messages: dict[Place, Message] = field(default_factory=dict)
    gone: list[tuple[int, Place]] = field(default_factory=list)
    moved: dict[Place, Place] = field(default_factory=dict)
    failures: list[ProviderError] = field(default_factory=list)
    revision: int = 0
    mailboxes_changed: int = 0
    forgotten_below: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def add_mailbox(self, name: str, role: Role | None = None) -> MailboxKey:
        """Make a mailbox, unless there is one of that name."""
        key = MailboxKey(name)
        if key not in self.mailboxes:
            self.mailboxes[key] = RemoteMailbox(key, name, role)
            self.mailboxes_changed = self.next_revision()
        return key

    def remove_mailbox(self, mailbox: MailboxKey) -> None:
        """Take a mailbox away with everything in it."""
        for place in [place for place in self.messages if place[0] == mailbox]:
            self.remove(place)
        del self.mailboxes[mailbox]
        self.mailboxes_changed = self.next_revision()

    def deliver(
        self, mailbox: MailboxKey, octets: bytes, received_at: int, keywords: frozenset[str] = frozenset()
    ) -> RemoteKey:
        """Let a message arrive."""
        revision = self.next_revision()
        key = RemoteKey(str(revision))
        self.messages[mailbox, key] = Message(octets, keywords, received_at, revision, revision)
        return key

    def mark(self, place: Place, keywords: frozenset[str]) -> None:
        """Give a message these keywords and no others."""
        if self.messages[place].keywords != keywords:
            self.messages[place].keywords = keywords
            self.messages[place].changed = self.next_revision()

    def move(self, place: Place, target: MailboxKey) -> Place:
        """Put a message elsewhere, where it gets a new key."""
        message = self.messages[place]
        key = self.deliver(target, message.octets, message.received_at, message.keywords)
        self.remove(place)
        self.moved[place] = (target, key)
        return target, key

    def remove(self, place: Place) -> None:
        """Take a message away."""
        del self.messages[place]
        self.gone.append((self.next_revision(), place))

    def forget(self) -> None:
        """Forget every state handed out so far."""
        self.forgotten_below = self.next_revision()

    def next_revision(self) -> int:
        """Count a change and wake whoever waits for one."""
        with self.changed:
            self.revision += 1
            self.changed.notify_all()
            return self.revision


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Everything up to `seen` was told; of what came later, all that sorts before `below`; `until` ends the pass."""

    seen: int
    until: int
    below: tuple[int, str, str] | None


class FakeProvider:
    """A connection to a FakeServer. An error put into `server.failures` is raised by the next call.

    One that `tells_headers` leaves the octets to messages(), as accounts on servers do.
    """

    capabilities = Capabilities(has_custom_keywords=True)

    def __init__(self, server: FakeServer, *, tells_headers: bool = False) -> None:
        self._server = server
        self._tells_headers = tells_headers
        if tells_headers:
            self.capabilities = replace(self.capabilities, is_remote=True)
        self._told_revision = -1
        self._interrupted = False

    def changes(self, since: State | None, *, limit: int = 500) -> ChangeBatch:
        """Return the next page of what changed after `since`."""
        self._fail()
        cursor = self._cursor(since)
        later = sorted(self._later(cursor))
        page, rest = later[:limit], later[limit:]
        places = [(MailboxKey(mailbox), RemoteKey(key)) for _, mailbox, key in page]
        if rest:
            state = _dumps(_Cursor(cursor.seen, cursor.until, page[-1]))
            destroyed: tuple[Place, ...] = ()
        else:
            state = _dumps(_Cursor(cursor.until, cursor.until, None))
            destroyed = tuple(place for revision, place in self._server.gone if revision > cursor.seen)
            self._told_revision = cursor.until
        return ChangeBatch(
            tuple(self._told(place, cursor.seen) for place in places),
            destroyed,
            tuple(self._server.mailboxes.values()) if self._server.mailboxes_changed > cursor.seen else None,
            state,
            bool(rest),
            len(rest),
        )

    def _cursor(self, since: State | None) -> _Cursor:
        if since is None:
            return _Cursor(0, self._server.revision, None)
        try:
            seen, until, below = json.loads(since)
        except ValueError as error:
            raise StateExpired("The server does not know this state.") from error
        if until < self._server.forgotten_below:
            raise StateExpired("The server forgot this state.")
        if below is None:
            return _Cursor(seen, self._server.revision, None)
        return _Cursor(seen, until, (below[0], below[1], below[2]))

    def _later(self, cursor: _Cursor) -> Iterator[tuple[int, str, str]]:
        for (mailbox, key), message in self._server.messages.items():
            order = (-message.received_at, str(mailbox), str(key))
            if message.changed > cursor.seen and (cursor.below is None or order > cursor.below):
                yield order

    def _told(self, place: Place, seen: int) -> RemoteEmail:
        message = self._server.messages[place]
        octets = message.octets if message.created > seen else None
        remote = RemoteEmail(*place, message.keywords, message.received_at, octets)
        return _by_header(remote) if self._tells_headers else remote

    def message(self, mailbox: MailboxKey, key: RemoteKey) -> bytes:
        """Return the octets of one message."""
        self._fail()
        return self._message((mailbox, key)).octets

    def messages(
        self, mailbox: MailboxKey, keys: Sequence[RemoteKey]
    ) -> Iterator[tuple[RemoteKey, bytes | None]]:
        """Return several, one after the other."""
        return one_by_one.messages(self.message, mailbox, keys)

    def part(self, mailbox: MailboxKey, key: RemoteKey, part: str, file: BinaryIO) -> None:
        """Write one part of a message to `file`."""
        one_by_one.write_part(self.message(mailbox, key), part, file)

    def apply(self, operation: Operation) -> Applied:
        """Carry one operation out."""
        self._fail()
        match operation:
            case Move():
                return self._move(operation)
            case SetKeywords():
                place = (operation.mailbox, operation.key)
                keywords = (self._message(place).keywords | operation.add) - operation.remove
                self._server.mark(place, keywords)
                return Applied(*place)
            case Destroy():
                if (operation.mailbox, operation.key) in self._server.messages:
                    self._server.remove((operation.mailbox, operation.key))
                return Applied()
            case Save():
                return self._save(operation)
            case CreateMailbox():
                return Applied(self._server.add_mailbox(operation.name))
            case _:
                assert_never(operation)

    def _move(self, operation: Move) -> Applied:
        place = (operation.mailbox, operation.key)
        self._mailbox(operation.target)
        if place in self._server.messages:
            if operation.mailbox == operation.target:
                return Applied(*place)
            return Applied(*self._server.move(place, operation.target))
        moved = self._server.moved.get(place)
        if moved is None or moved[0] != operation.target or moved not in self._server.messages:
            raise Rejected("The message is no longer there.")
        return Applied(*moved)

    def _save(self, operation: Save) -> Applied:
        self._mailbox(operation.mailbox)
        key = next(
            (key for key, octets in self._drafts(operation.mailbox) if octets == operation.message), None
        )
        if key is None:
            at = self._server.revision
            if operation.received_at is not None:
                at = operation.received_at
            key = self._server.deliver(operation.mailbox, operation.message, at, operation.keywords)
        replaced = operation.replaces
        if (
            replaced is not None
            and replaced != key
            and (operation.mailbox, replaced) in self._server.messages
        ):
            self._server.remove((operation.mailbox, replaced))
        return Applied(operation.mailbox, key)

    def _drafts(self, mailbox: MailboxKey) -> Iterator[tuple[RemoteKey, bytes]]:
        for (where, key), message in self._server.messages.items():
            if where == mailbox:
                yield key, message.octets

    def _mailbox(self, mailbox: MailboxKey) -> None:
        if mailbox not in self._server.mailboxes:
            raise Rejected(f"The mailbox “{mailbox}” is no longer there.")

    def _message(self, place: Place) -> Message:
        if place not in self._server.messages:
            raise Rejected("The message is no longer there.")
        return self._server.messages[place]

    def _fail(self) -> None:
        if self._server.failures:
            raise self._server.failures.pop(0)

    def apply_all(self, operations: Sequence[Operation]) -> Iterator[Applied | Rejected | Unsupported]:
        """Carry several out, one after the other."""
        return one_by_one.apply_all(self.apply, operations)

    def notice(self) -> None:
        """Do nothing: what is new is always told first."""

    def wait(self, timeout_s: float) -> bool:
        """Sleep until the server's revision is not the one told last."""
        with self._server.changed:
            self._server.changed.wait_for(self._is_due, timeout_s)
            is_due, self._interrupted = self._is_due(), False
            return is_due

    def _is_due(self) -> bool:
        return self._interrupted or self._server.revision != self._told_revision

    def interrupt(self) -> None:
        """End a wait."""
        with self._server.changed:
            self._interrupted = True
            self._server.changed.notify_all()

    def close(self) -> None:
        """Let go; there is nothing to let go of."""


def _by_header(remote: RemoteEmail) -> RemoteEmail:
    """Return what a server tells first of a message."""
    if remote.message is None:
        return remote
    size_octets = len(remote.message)
    header = remote.message[: header_end(remote.message)[1]]
    told = identity.of(header, size_octets, remote.received_at)
    return replace(remote, message=None, header=header, size_octets=size_octets, identity=told)


def _dumps(cursor: _Cursor) -> State:
    return State(json.dumps([cursor.seen, cursor.until, cursor.below]))
