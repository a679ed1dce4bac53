"""An SMTP submission server that goes wrong where a test says, and remembers what it accepted."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType

from servers.wire import Listener, Wire

_MECHANISMS = ("PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER")


class Moment(Enum):
    """When a fault strikes."""

    GREETING = "before the greeting"
    EHLO = "instead of the answer to EHLO"
    AUTH = "instead of the answer to AUTH"
    MAIL = "instead of the answer to MAIL"
    RCPT = "instead of the answer to RCPT"
    DATA = "instead of the answer to DATA"
    BODY = "when `octets` of the message were read"
    DOT = "when the final dot was read, instead of the answer"
    ANSWERED = "after the answer to the final dot, before QUIT"


class Act(Enum):
    """What happens then; at DOT the message is lost with CUT, RESET and STALL unless `is_accepted`."""

    CUT = "FIN"
    RESET = "RST"
    STALL = "nothing is said any more"
    REPLY = "`reply` is said"
    WAIT = "the true answer comes after `until` is set"


@dataclass(slots=True)
class Fault:
    """Something that happens once, or `times` times."""

    at: Moment
    act: Act
    reply: bytes = b""
    octets: int = 0
    until: threading.Event | None = None
    is_accepted: bool = True
    times: int = 1
    struck: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message the server took on, whether or not the client heard of it."""

    sender: str
    recipients: tuple[str, ...]
    message: bytes
    signed_in_as: str


@dataclass(slots=True)
class _Session:
    wire: Wire
    is_encrypted: bool
    user: str = ""
    sender: str = ""
    recipients: list[str] = field(default_factory=list)


class FakeSmtp:
    """Take mail as a submission server does; `tls` from the start, `starttls` when asked.

    `refused` maps a recipient to the reply RCPT gets. `is_right(user, secret)` decides on passwords and tokens.
    With `starttls`, AUTH is offered only inside TLS; `injected` follows the 220 of STARTTLS in the same segment.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        mechanisms: tuple[str, ...] = _MECHANISMS,
        extensions: tuple[str, ...] = ("8BITMIME", "ENHANCEDSTATUSCODES", "SIZE 35882577"),
        refused: Mapping[str, bytes] | None = None,
        is_right: Callable[[str, str], bool] = lambda user, secret: True,
        injected: bytes = b"",
        on_accepted: Callable[[Accepted], None] = lambda accepted: None,
    ) -> None:
        self._starttls = starttls
        self._is_encrypted_at_once = tls is not None
        self._mechanisms = mechanisms
        self._extensions = extensions
        self._is_right = is_right
        self._injected = injected
        self._on_accepted = on_accepted
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self.refused = dict(refused or {})
        self.accepted: list[Accepted] = []
        self.commands: list[bytes] = []
        self._listener = Listener(self._serve, tls)
        self.port = self._listener.port

    def __enter__(self) -> FakeSmtp:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.stop()

    @property
    def connections(self) -> int:
        return self._listener.connections

    @property
    def open_connections(self) -> int:
        return self._listener.open_connections

    def fault(self, at: Moment, act: Act, **facts: object) -> Fault:
        """Let something go wrong once, or `times` times; `struck` of the answer is set when it has."""
        fault = Fault(at, act, **facts)
        with self._lock:
            self._faults.append(fault)
        return fault

    def reply(self, at: Moment, reply: bytes, times: int = 1) -> Fault:
        """Answer `reply`, as b"421 4.3.2 try later", instead of going on."""
        return self.fault(at, Act.REPLY, reply=reply, times=times)

    def _serve(self, wire: Wire) -> None:
        session = _Session(wire, self._is_encrypted_at_once)
        self._say(session, b"220 mail.example.com ESMTP ready", Moment.GREETING)
        while True:
            line = wire.read_line().rstrip(b"\r\n")
            self.commands.append(line)
            verb, _, rest = line.decode("utf-8", "replace").partition(" ")
            self._obey(session, verb.upper(), rest)

    def _obey(self, session: _Session, verb: str, rest: str) -> None:
        match verb:
            case "EHLO":
                self._say(session, self._greeting(session), Moment.EHLO)
            case "STARTTLS" if self._starttls and not session.is_encrypted:
                session.wire.send(b"220 2.0.0 go on\r\n" + self._injected)
                session.wire.start_tls(self._starttls)
                session.is_encrypted = True
            case "AUTH" if self._may_sign_in(session):
                self._sign_in(session, rest)
            case "MAIL":
                session.sender, session.recipients = _address(rest), []
                self._say(session, b"250 2.1.0 OK", Moment.MAIL)
            case "RCPT":
                self._add_recipient(session, _address(rest))
            case "DATA" if session.recipients:
                self._take_message(session)
            case "RSET" | "NOOP" | "HELO":
                session.wire.send(b"250 2.0.0 OK\r\n")
            case "QUIT":
                session.wire.send(b"221 2.0.0 bye\r\n")
                session.wire.close()
            case _:
                session.wire.send(b"503 5.5.1 not now\r\n")

    def _greeting(self, session: _Session) -> bytes:
        lines = ["mail.example.com", *self._extensions]
        if self._starttls and not session.is_encrypted:
            lines.append("STARTTLS")
        if self._may_sign_in(session):
            lines.append("AUTH " + " ".join(self._mechanisms))
        return b"".join(
            f"250{' ' if line is lines[-1] else '-'}{line}\r\n".encode() for line in lines
        ).removesuffix(b"\r\n")

    def _may_sign_in(self, session: _Session) -> bool:
        return bool(self._mechanisms) and (session.is_encrypted or self._starttls is None)

    def _sign_in(self, session: _Session, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        user, secret = self._credentials(session, mechanism.upper(), initial)
        if self._is_right(user, secret):
            session.user = user
            self._say(session, b"235 2.7.0 welcome", Moment.AUTH)
            return
        if mechanism.upper() in {"XOAUTH2", "OAUTHBEARER"}:
            session.wire.send(b"334 " + base64.b64encode(b'{"status":"401","schemes":"bearer"}') + b"\r\n")
            session.wire.read_line()
        session.wire.send(b"535 5.7.8 these credentials are not accepted\r\n")

    def _credentials(self, session: _Session, mechanism: str, initial: str) -> tuple[str, str]:
        def ask(question: bytes) -> str:
            session.wire.send(b"334 " + base64.b64encode(question) + b"\r\n")
            return session.wire.read_line().decode().strip()

        if mechanism == "LOGIN":
            user = _decoded(initial or ask(b"Username:"))
            return user, _decoded(ask(b"Password:"))
        words = _decoded(initial or ask(b"")).split("\x00" if mechanism == "PLAIN" else "\x01")
        if mechanism == "PLAIN":
            return words[1], words[2]
        user = words[0].partition("user=")[2] or words[0].partition("a=")[2].rstrip(",")
        return user, words[-3].removeprefix("auth=Bearer ")

    def _add_recipient(self, session: _Session, address: str) -> None:
        if address in self.refused:
            session.wire.send(self.refused[address] + b"\r\n")
        elif self._say(session, b"250 2.1.5 OK", Moment.RCPT):
            session.recipients.append(address)

    def _take_message(self, session: _Session) -> None:
        if not self._say(session, b"354 go on", Moment.DATA):
            return
        message = self._read_message(session)
        fault = self._due(Moment.DOT)
        if fault is None or fault.act is Act.WAIT or (fault.act is not Act.REPLY and fault.is_accepted):
            self._accept(session, message)
        if fault is not None and self._strike(session, fault):
            return
        session.wire.send(b"250 2.0.0 taken\r\n")
        after = self._due(Moment.ANSWERED)
        if after is not None:
            self._strike(session, after)

    def _read_message(self, session: _Session) -> bytes:
        lines: list[bytes] = []
        count, fault = 0, self._due(Moment.BODY)
        while (line := session.wire.read_line()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
            count += len(line)
            if fault is not None and count >= fault.octets:
                self._strike(session, fault)
                fault = None
        return b"".join(lines)

    def _accept(self, session: _Session, message: bytes) -> None:
        accepted = Accepted(session.sender, tuple(session.recipients), message, session.user)
        self.accepted.append(accepted)
        self._on_accepted(accepted)

    def _say(self, session: _Session, reply: bytes, moment: Moment) -> bool:
        """Send `reply` unless a fault is due that answers otherwise, which is false."""
        fault = self._due(moment)
        if fault is not None and self._strike(session, fault):
            return False
        session.wire.send(reply + b"\r\n")
        return True

    def _due(self, moment: Moment) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.at is moment and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def _strike(self, session: _Session, fault: Fault) -> bool:
        """Carry a fault out; true when the answer is not to follow."""
        fault.struck.set()
        match fault.act:
            case Act.CUT:
                session.wire.close()
            case Act.RESET:
                session.wire.reset()
            case Act.STALL:
                session.wire.hold()
            case Act.REPLY:
                session.wire.send(fault.reply + b"\r\n")
                if fault.reply.startswith(b"421"):
                    session.wire.close()
                return True
            case Act.WAIT:
                assert fault.until is not None and fault.until.wait(60), "the test never said to go on"
        return False


def _address(rest: str) -> str:
    return rest.partition("<")[2].partition(">")[0]


def _decoded(word: str) -> str:
    return base64.b64decode(word).decode()
