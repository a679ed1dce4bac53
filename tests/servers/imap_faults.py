"""What can go wrong with one command of a fake IMAP server."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from servers.wire import Wire


class When(Enum):
    """When a fault strikes."""

    ARRIVED = "the first line was read, a literal was not asked for"
    BEFORE = "the command was read and has changed nothing"
    AFTER = "the command was carried out and not answered"


@dataclass(slots=True)
class Exchange:
    """One command and what is about to be answered: empty unless it was carried out."""

    tag: bytes
    command: bytes
    answer: bytes
    wire: Wire


Act = Callable[[Exchange], bytes]


@dataclass(slots=True)
class Fault:
    """Let `act` decide what is sent for the `nth` command that matches, and for `times - 1` after it."""

    pattern: bytes
    act: Act
    nth: int
    times: int
    when: When
    struck: threading.Event = field(default_factory=threading.Event)
    seen: int = 0

    def is_due(self, command: bytes, when: When) -> bool:
        """Count a command; true when it is to fail."""
        if when is not self.when or not re.match(self.pattern, command, re.IGNORECASE | re.DOTALL):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


def say(octets: bytes) -> Act:
    """Answer exactly this; `{tag}` stands for the tag."""
    return lambda exchange: octets.replace(b"{tag}", exchange.tag)


def refuse(text: bytes, word: bytes = b"NO") -> Act:
    """Answer NO or BAD; with When.BEFORE the command is not carried out."""
    return say(b"{tag} " + word + b" " + text + b"\r\n")


def throttle(milliseconds: int = 92_415) -> Act:
    """Refuse as Exchange Online does when there were too many commands."""
    return refuse(b"Request is throttled. Suggested Backoff Time: %d milliseconds" % milliseconds, b"BAD")


def bye(text: bytes = b"Server is going down") -> Act:
    """Say BYE and hang up."""

    def act(exchange: Exchange) -> bytes:
        exchange.wire.send(b"* BYE " + text + b"\r\n")
        return exchange.wire.close()

    return act


def cut(at: int | None = 0, *, is_reset: bool = False) -> Act:
    """Hang up after `at` octets of the answer; None: after all of it, negative: so many before its end."""

    def act(exchange: Exchange) -> bytes:
        exchange.wire.send(exchange.answer[:at])
        return exchange.wire.reset() if is_reset else exchange.wire.close()

    return act


def stall(at: int | None = 0) -> Act:
    """Say `at` octets of the answer, then nothing more on this connection."""

    def act(exchange: Exchange) -> bytes:
        exchange.wire.send(exchange.answer[:at])
        return exchange.wire.hold()

    return act


def endless(start: bytes, more: bytes = b"x" * 65_536) -> Act:
    """Say `start`, as the announcement of a literal of 2 GB, and `more` until the client hangs up."""

    def act(exchange: Exchange) -> bytes:
        exchange.wire.send(start.replace(b"{tag}", exchange.tag))
        while True:
            exchange.wire.send(more)

    return act


def in_pieces(size: int = 1) -> Act:
    """Send the answer in segments of `size` octets."""

    def act(exchange: Exchange) -> bytes:
        exchange.wire.send(exchange.answer, piece=size)
        return b""

    return act


def ahead(octets: bytes) -> Act:
    """Say something nobody asked for before the answer."""
    return lambda exchange: octets + exchange.answer


def change(edit: Callable[[bytes], bytes]) -> Act:
    """Send what `edit` makes of the answer."""
    return lambda exchange: edit(exchange.answer)


def without(pattern: bytes) -> Act:
    """Leave out of the answer what a regular expression finds."""
    return change(lambda answer: re.sub(pattern, b"", answer, flags=re.DOTALL))


def wait_for(event: threading.Event) -> Act:
    """Answer when the test says so."""

    def act(exchange: Exchange) -> bytes:
        assert event.wait(60), "the test never said to go on"
        return exchange.answer

    return act


def meanwhile(happens: Callable[[], object]) -> Act:
    """Let something happen on the server between the command and its answer."""

    def act(exchange: Exchange) -> bytes:
        happens()
        return exchange.answer

    return act
