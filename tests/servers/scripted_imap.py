"""An IMAP server that says exactly what it was told to say, octet by octet."""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import assert_never

from servers.wire import Gone, Listener, Wire

GREETING = b"* OK ready\r\n"
_LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n$")


@dataclass(frozen=True, slots=True)
class Expect:
    """Read one command, literals and all; it must match after its tag, or the connection ends."""

    pattern: bytes


@dataclass(frozen=True, slots=True)
class Send:
    """Send octets; `{tag}` stands for the tag of the newest command, `piece` splits them into segments."""

    octets: bytes
    piece: int = 0


@dataclass(frozen=True, slots=True)
class Stall:
    """Say nothing more and keep the connection open until the server is stopped."""


@dataclass(frozen=True, slots=True)
class Close:
    """End the connection with FIN."""


@dataclass(frozen=True, slots=True)
class Reset:
    """End the connection with RST."""


@dataclass(frozen=True, slots=True)
class StartTls:
    """Shake hands."""

    context: ssl.SSLContext


@dataclass(frozen=True, slots=True)
class Await:
    """Go on when the test says so."""

    event: threading.Event


Act = Expect | Send | Stall | Close | Reset | StartTls | Await
Script = Sequence[Act]


def answer(pattern: bytes, octets: bytes) -> tuple[Act, Act]:
    """Expect a command and send what is to be said to it."""
    return Expect(pattern), Send(octets)


def signed_in(capability: bytes = b"IMAP4rev1") -> tuple[Act, ...]:
    """Play what every session of imapclient begins with: greeting, CAPABILITY, LOGIN."""
    known = b"* CAPABILITY " + capability + b"\r\n{tag} OK done\r\n"
    return Send(GREETING), *answer(rb"CAPABILITY", known), *answer(rb"LOGIN", known)


class ScriptedImap:
    """Play a script to each connection: the first to the first, the last to all that are left.

    What a script ends with is the end of the connection. Commands that a script did not expect are in
    `surprises`, and leaving the server raises AssertionError with them.
    """

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None) -> None:
        self._scripts = scripts
        self.commands: list[bytes] = []  # without tags, in the order they came
        self.surprises: list[str] = []
        self._listener = Listener(self._play, tls)
        self.port = self._listener.port

    def __enter__(self) -> ScriptedImap:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.stop()
        if error is None:
            assert not self.surprises, self.surprises
        elif self.surprises:
            error.add_note(f"The script was left: {self.surprises}")

    @property
    def connections(self) -> int:
        return self._listener.connections

    def _play(self, wire: Wire) -> None:
        tag = b"*"
        for act in self._scripts[min(wire.number, len(self._scripts) - 1)]:
            match act:
                case Expect(pattern):
                    tag = self._expect(wire, pattern)
                case Send(octets, piece):
                    wire.send(octets.replace(b"{tag}", tag), piece)
                case Stall():
                    wire.hold()
                case Close():
                    wire.close()
                case Reset():
                    wire.reset()
                case StartTls(context):
                    wire.start_tls(context)
                case Await(event):
                    assert event.wait(60), "the test never said to go on"
                case _:
                    assert_never(act)

    def _expect(self, wire: Wire, pattern: bytes) -> bytes:
        command = read_command(wire)
        tag, _, rest = command.partition(b" ")
        if command.strip().upper() == b"DONE":
            tag, rest = b"*", command
        self.commands.append(rest.rstrip(b"\r\n"))
        if not re.match(pattern, rest, re.IGNORECASE):
            self.surprises.append(f"expected {pattern!r}, got {rest!r}")
            raise Gone
        return tag


def read_command(wire: Wire) -> bytes:
    """Return one command as it was sent, asking for literals that wait to be asked for (RFC 3501 §4.3)."""
    command = wire.read_line()
    while literal := _LITERAL.search(command):
        if not literal[2]:
            wire.send(b"+ go on\r\n")
        command += wire.read(int(literal[1])) + wire.read_line()
    return command
