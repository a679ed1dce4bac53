"""An IMAP server in memory, with every weakness a test asks for."""

from __future__ import annotations

import itertools
import re
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType

from servers.fake_mailbox import FakeMailbox, FakeMessage
from servers.fake_session import Session
from servers.imap_faults import Act, Exchange, Fault, When
from servers.users import ALICE, User
from servers.wire import Listener, Wire

# What a plain server of today can do, and what the poorest one can.
FULL = (
    "IMAP4rev1 LITERAL+ SASL-IR ID ENABLE IDLE NAMESPACE UNSELECT CHILDREN UIDPLUS MOVE CONDSTORE QRESYNC ESEARCH "
    "LIST-EXTENDED LIST-STATUS SPECIAL-USE AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER"
)
BARE = "IMAP4rev1"
GMAIL = (
    "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID CHILDREN X-GM-EXT-1 UIDPLUS ENABLE MOVE CONDSTORE ESEARCH "
    "LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE SASL-IR AUTH=XOAUTH2 AUTH=PLAIN AUTH=OAUTHBEARER"
)
EXCHANGE_ONLINE = (
    "IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+"
)

EVERYBODYS = {
    "INBOX": (),
    "Drafts": ("\\Drafts",),
    "Sent": ("\\Sent",),
    "Archive": ("\\Archive",),
    "Junk": ("\\Junk",),
    "Trash": ("\\Trash",),
}


@dataclass(frozen=True, slots=True)
class Command:
    """What a client said, and over which connection: 0 is the first."""

    connection: int
    text: bytes


class FakeImap:
    """One account of `user`; `capability` is announced and obeyed: what is not in it is refused with BAD.

    `mailboxes` may be changed at any time, by their methods and through `create`, `rename` and `delete`.
    `fault` lets a command go wrong; `push` says something to every session. `max_connections` are let in,
    the next hear BYE. `is_right(user, secret)` decides on passwords and tokens.
    """

    def __init__(
        self,
        mailboxes: dict[str, tuple[str, ...]] | None = None,
        *,
        capability: str = FULL,
        capability_before: str | None = None,
        user: User = ALICE,
        delimiter: str | None = "/",
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        is_right: Callable[[str, str], bool] | None = None,
    ) -> None:
        self.lock = threading.RLock()
        self.user = user
        self.capability = capability
        self.capability_before = capability_before
        self.greeting = b"* OK ready\r\n"
        self.delimiter = delimiter
        self.starttls = starttls
        self.injected = b""  # follows the OK of STARTTLS in the same segment
        self.is_right = is_right or (lambda name, secret: (name, secret) == (user.address, user.password))
        self.max_connections = 1000
        self.max_command_octets = 65_536  # of one line, literals apart
        self.append_limit: int | None = None
        self.knows_appended = False  # an APPEND of a known Message-ID adds nothing, as Gmail does
        self.mailboxes: dict[str, FakeMailbox] = {}
        self.subscribed: set[str] = set()
        self.commands: list[Command] = []
        self.sessions: list[Session] = []
        self._faults: list[Fault] = []
        self._epochs = itertools.count(1_700_000_001)
        for name, attributes in (EVERYBODYS if mailboxes is None else mailboxes).items():
            self.create(name, attributes)
        self._listener = Listener(self._serve, tls)
        self.port = self._listener.port

    def __enter__(self) -> FakeImap:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server; raise what went wrong in it."""
        self._listener.stop()

    @property
    def inbox(self) -> FakeMailbox:
        return self.mailboxes["INBOX"]

    @property
    def connections(self) -> int:
        """How many connections were ever taken."""
        return self._listener.connections

    @property
    def idle_sessions(self) -> int:
        """How many sessions wait for news just now."""
        with self.lock:
            return sum(session.is_idle for session in self.sessions)

    def said(self, pattern: bytes) -> list[bytes]:
        """Return the commands that match, in the order they came."""
        with self.lock:
            commands = list(self.commands)
        return [command.text for command in commands if re.match(pattern, command.text, re.IGNORECASE)]

    def create(self, name: str, attributes: Iterable[str] = ()) -> FakeMailbox:
        """Make a mailbox; its name is what goes over the wire (modified UTF-7)."""
        with self.lock:
            mailbox = self.new_mailbox(name, next(self._epochs), attributes)
            self.mailboxes[name] = mailbox
            self.subscribed.add(name)
            return mailbox

    def new_mailbox(self, name: str, uidvalidity: int, attributes: Iterable[str]) -> FakeMailbox:
        return FakeMailbox(name, uidvalidity, attributes, lock=self.lock, on_change=self.wake)

    def rename(self, name: str, new_name: str) -> None:
        """Rename a mailbox and those below it; what has them selected keeps them."""
        with self.lock:
            below = name + self.delimiter if self.delimiter else ""
            for old in [key for key in self.mailboxes if key == name or (below and key.startswith(below))]:
                mailbox = self.mailboxes.pop(old)
                mailbox.name = new_name + old[len(name) :]
                self.mailboxes[mailbox.name] = mailbox

    @property
    def parents(self) -> frozenset[str]:
        """The names of the mailboxes that have others directly below them."""
        if not self.delimiter:
            return frozenset()
        return frozenset(name.rpartition(self.delimiter)[0] for name in self.mailboxes)

    def delete(self, name: str) -> None:
        with self.lock:
            del self.mailboxes[name]

    def fault(
        self, pattern: bytes, act: Act, *, nth: int = 1, times: int = 1, when: When = When.AFTER
    ) -> Fault:
        """Let `act` decide what is sent for commands that match from their beginning, tag apart.

        rb"UID FETCH" means every UID FETCH from now on; `nth` and `times` choose among them. Besides commands
        there are b"GREETING", b"DONE", and b"PUSH": what an idle session is told.
        """
        fault = Fault(pattern, act, nth, times, when)
        with self.lock:
            self._faults.append(fault)
        return fault

    def push(self, octets: bytes) -> None:
        """Say `octets` to every session: at once where it is idle, else with its next answer."""
        with self.lock:
            for session in self.sessions:
                session.unasked += octets
        self.wake()

    def cut_all(self, is_reset: bool = False) -> None:
        """End every connection, as a restart of the server does."""
        self._listener.cut_all(is_reset)

    def wake(self) -> None:
        """Let idle sessions tell what is new."""
        with self.lock:
            for session in self.sessions:
                session.wake()

    def appended(
        self, mailbox: FakeMailbox, octets: bytes, flags: Iterable[str], received_at: datetime | None
    ) -> int:
        """Take an APPEND and return the uid."""
        message_id = re.search(rb"^Message-ID:\s*(\S+)", octets, re.IGNORECASE | re.MULTILINE)
        if self.knows_appended and message_id and (known := mailbox.uids_with(message_id[1].decode())):
            return known[0]
        return mailbox.add(octets, flags, received_at)

    def copy_into(self, mailbox: FakeMailbox, message: FakeMessage) -> int:
        """Put a copy of a message into `mailbox` and return its uid."""
        return mailbox.add(
            message.octets,
            message.flags,
            message.received_at,
            labels=message.labels,
            gm_msgid=message.gm_msgid,
            gm_thrid=message.gm_thrid,
            size=message.size,
        )

    def relabel(self, mailbox: FakeMailbox, uid: int, labels: Iterable[str]) -> None:
        """Take a STORE of X-GM-LABELS."""
        if "X-GM-EXT-1" not in self.capability.split():
            raise ValueError("labels are not offered")
        mailbox.set_labels(uid, labels)

    def heard(self, session: Session, command: bytes) -> None:
        with self.lock:
            self.commands.append(Command(session.wire.number, command))

    def afflict(self, exchange: Exchange, when: When) -> bool:
        """Let the faults that are due change the answer; true when one was."""
        with self.lock:
            due = [fault for fault in self._faults if fault.is_due(exchange.command, when)]
        for fault in due:
            fault.struck.set()
            exchange.answer = fault.act(exchange)
        return bool(due)

    def _serve(self, wire: Wire) -> None:
        session = Session(self, wire)
        with self.lock:
            self.sessions.append(session)
            is_full = len(self.sessions) > self.max_connections
        try:
            session.run(is_full)
        finally:
            with self.lock:
                self.sessions.remove(session)
            session.end()
