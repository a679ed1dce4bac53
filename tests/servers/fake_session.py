"""One connection to a fake IMAP server: reading commands, signing in, waiting for news."""

from __future__ import annotations

import base64
import contextlib
import re
import socket
from typing import TYPE_CHECKING

from servers.fake_commands import BEFORE_SIGN_IN, COMMANDS
from servers.fake_selected import Selected
from servers.imap_faults import Exchange, When
from servers.imap_refusals import No
from servers.imap_words import Word, text, words
from servers.wire import Wire

if TYPE_CHECKING:
    from servers.fake_imap import FakeImap

_LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n$")
_WITHOUT_NEWS = frozenset(
    {"FETCH", "STORE", "SEARCH"}
)  # message numbers must hold until the end (RFC 9051 §7.5.1)


class Session:
    """What one connection has said so far, and what it was told."""

    def __init__(self, server: FakeImap, wire: Wire) -> None:
        self.server = server
        self.wire = wire
        self.is_idle = False
        self.is_encrypted = False
        self.is_signed_in = False
        self.enabled: set[str] = set()
        self.selected: Selected | None = None
        self.unasked = b""
        self.tag = b"*"
        self._waker, self._wakes = socket.socketpair()
        self._wakes.setblocking(False)

    def wake(self) -> None:
        with contextlib.suppress(OSError):
            self._wakes.send(b"!")

    def end(self) -> None:
        self._waker.close()
        self._wakes.close()

    def run(self, is_full: bool) -> None:
        """Talk until one of the two has enough."""
        if is_full:
            self.wire.send(b"* BYE Too many simultaneous connections. (Failure)\r\n")
            self.wire.close()
        self._answer(Exchange(b"*", b"GREETING", self.server.greeting, self.wire))
        if self.server.greeting.startswith(b"* BYE"):
            self.wire.close()
        self.is_signed_in = self.server.greeting.startswith(b"* PREAUTH")
        while True:
            tag, command = self._read_command()
            self._obey(tag, command)

    def can(self, capability: str) -> bool:
        return capability in self.server.capability.upper().split()

    @property
    def capability(self) -> str:
        """What is announced in this state."""
        if self.is_signed_in:
            return self.server.capability
        if self.server.capability_before is not None:
            return self.server.capability_before
        offers_tls = self.server.starttls is not None and not self.is_encrypted
        return self.server.capability + (" STARTTLS" if offers_tls else "")

    def ask(self, challenge: bytes) -> bytes:
        """Send a continuation and return the line that answers it."""
        self.wire.send(b"+ " + challenge + b"\r\n")
        return self.wire.read_line().rstrip(b"\r\n")

    def _read_command(self) -> tuple[bytes, bytes]:
        line = self.wire.read_line()
        tag, _, command = line.partition(b" ")
        octets = len(line)
        exchange = Exchange(tag, command.rstrip(b"\r\n"), b"", self.wire)
        self.server.heard(self, exchange.command)
        if self.server.afflict(exchange, When.ARRIVED) and exchange.answer:
            self.wire.send(exchange.answer)
            return self._read_command()
        while literal := _LITERAL.search(command):
            if not literal[2]:
                self.wire.send(b"+ go on\r\n")
            content, line = self.wire.read(int(literal[1])), self.wire.read_line()
            command += content + line
            octets += len(line)
        if octets > self.server.max_command_octets:
            self.wire.send(tag + b" BAD Too long argument\r\n")
            return self._read_command()
        return tag, command.removesuffix(b"\n").removesuffix(b"\r")

    def _obey(self, tag: bytes, command: bytes) -> None:
        self.tag = tag
        exchange = Exchange(tag, command, b"", self.wire)
        if self.server.afflict(exchange, When.BEFORE) and exchange.answer:
            self.wire.send(exchange.answer)
            return
        try:
            exchange.answer = self._carried_out(tag, command)
        except No as refusal:
            exchange.answer = tag + b" NO " + str(refusal).encode() + b"\r\n"
        except ValueError as error:
            exchange.answer = tag + b" BAD " + str(error).encode("latin-1", "replace") + b"\r\n"
        if exchange.answer:
            self._answer(exchange)
        if exchange.command.upper() == b"LOGOUT":
            self.wire.close()

    def _carried_out(self, tag: bytes, command: bytes) -> bytes:
        name, arguments = _verb(words(command))
        if name == "STARTTLS":
            return self._start_tls(tag)
        if name == "IDLE":
            return self._idle(tag)
        handler = COMMANDS.get(name)
        if handler is None:
            raise ValueError(f"unknown command {name}")
        if name not in BEFORE_SIGN_IN and not self.is_signed_in:
            raise ValueError(f"{name} before signing in")
        if name == "AUTHENTICATE":
            handler(self, arguments)  # without the lock: it reads more from the client
            return tag + b" OK signed in\r\n"
        with self.server.lock:
            done = handler(self, arguments)
            news = self.news() if name not in _WITHOUT_NEWS else b""
        untagged, code = done if isinstance(done, tuple) else (done, b"")
        return untagged + news + tag + b" OK " + code + b"done\r\n"

    def news(self) -> bytes:
        """Write what has changed in the selected mailbox, and what the test wants said."""
        with self.server.lock:
            said, self.unasked = self.unasked, b""
            return said + (self.selected.news() if self.selected else b"")

    def _answer(self, exchange: Exchange) -> None:
        self.server.afflict(exchange, When.AFTER)
        self.wire.send(exchange.answer)

    def _start_tls(self, tag: bytes) -> bytes:
        if self.server.starttls is None or self.is_encrypted:
            raise ValueError("STARTTLS is not offered")
        self.wire.send(tag + b" OK begin TLS\r\n" + self.server.injected)
        self.wire.start_tls(self.server.starttls)
        self.is_encrypted = True
        return b""

    def _idle(self, tag: bytes) -> bytes:
        if not self.can("IDLE") or not self.is_signed_in:
            raise ValueError("IDLE is not offered")
        self._answer(Exchange(tag, b"IDLE", b"+ idling\r\n", self.wire))
        self.is_idle = True
        try:
            while not self._has_input():
                if news := self.news():
                    self._answer(Exchange(tag, b"PUSH", news, self.wire))
            line = self.wire.read_line().strip().upper()
        finally:
            self.is_idle = False
        self.server.heard(self, line)
        if line != b"DONE":
            raise ValueError("DONE was expected")
        self._answer(Exchange(tag, b"DONE", self.news() + tag + b" OK idle no more\r\n", self.wire))
        return b""

    def _has_input(self) -> bool:
        """Wait for the client, which is true, or for news."""
        with self.server.lock:
            if self.unasked or (self.selected is not None and self.selected.has_news):
                return False
        if self.wire.wait_for_input(self._waker):
            return True
        self._waker.recv(65_536)
        return False

    def sign_in(self, name: str, secret: str) -> None:
        if not self.server.is_right(name, secret):
            raise No("[AUTHENTICATIONFAILED] these credentials are not accepted")
        self.is_signed_in = True

    def sign_in_with_token(self, name: str, secret: str) -> None:
        if not self.server.is_right(name, secret):
            self.ask(base64.b64encode(b'{"status":"400","schemes":"Bearer","scope":"mail"}'))
        self.sign_in(name, secret)


def _verb(command: list[Word]) -> tuple[str, list[Word]]:
    if not command:
        raise ValueError("no command")
    name = text(command[0]).upper()
    if name == "UID" and len(command) > 1:
        return f"{name} {text(command[1]).upper()}", command[2:]
    return name, command[1:]
