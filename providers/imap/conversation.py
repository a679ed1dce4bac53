"""Commands and their answers over one wire: tags, literals, pipelining, and what the server says in between."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from providers.errors import ProviderError, RetryLater
from providers.imap.noticed import Noticed
from providers.imap.refusals import Completion, Oversized, refusal
from providers.imap.tokens import LITERAL, Tokens
from providers.imap.wire import LINE_OCTETS, Wire

ANSWER_OCTETS: Final = 16 * 1024 * 1024
LONG_LINE_OCTETS: Final = 8 * 1024 * 1024
HELD_OCTETS: Final = 64 * 1024 * 1024
_OVERHEAD_OCTETS: Final = 200  # what it costs to hold anything at all
_HEAD = re.compile(rb"\* (?:(\d{1,10}) )?([A-Za-z0-9.\-]+) ?")
_UID_BEFORE = re.compile(rb"\bUID (\d{1,10})\b", re.IGNORECASE)
_TAG = re.compile(rb"d(\d{1,18})\Z")
_STATUSES: Final = frozenset({b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH"})
# A literal the server need not agree to first: LITERAL- allows small ones (RFC 7888); large ones are
# announced everywhere, so that a full mailbox says so before it has been sent.
_SMALL_LITERAL: Final = 4096
_UNASKED_LITERAL: Final = 1 << 20
_ASLEEP_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Literal:
    """An argument that is sent as counted octets."""

    octets: bytes


class Answer(NamedTuple):
    """One untagged answer: `kind` in upper case, the number before it, and what follows from `at` on."""

    kind: bytes
    number: int
    parts: list[bytes]
    at: int

    @property
    def rest(self) -> bytes:
        """Return what follows the kind on the first line."""
        return self.parts[0][self.at :]

    def tokens(self) -> Tokens:
        """Return a reader of what follows the kind."""
        return Tokens(self.parts, self.at)

    def completion(self) -> Completion:
        """Read it as a status: OK, NO, BAD, BYE."""
        return Completion.parse(self.parts[0][2:])


Clocks: TypeAlias = Callable[[], tuple[float, float]]


def clocks() -> tuple[float, float]:
    """Return a clock that stands still while the machine sleeps, and one that goes on."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic(), time.time() if boottime is None else time.clock_gettime(boottime)


class Conversation:
    """Send commands, read answers. One command at a time, but for those sent ahead on purpose."""

    def __init__(self, wire: Wire, clocks: Clocks = clocks) -> None:
        self.wire = wire
        self.noticed = Noticed()
        self.capabilities: frozenset[str] = frozenset()
        self.enabled: frozenset[str] = frozenset()
        self.completion = Completion("OK", "", b"", "")  # of the command that ended last
        self._clocks = clocks
        self._seen_at = clocks()
        self._number = 0
        self.refuse: Callable[[Completion], ProviderError] = refusal
        self._running: bytes | None = None
        self._unheard: list[bytes] = []
        self._abandoned: list[bytes] = []
        self._early: dict[bytes, Completion] = {}

    def send(self, *words: bytes | Literal) -> bytes:
        """Begin a command, its words side by side as they are, and return its tag; `answers` must follow."""
        self._begin()
        tag = self._tag()
        self._running = tag
        self._send(tag, words)
        return tag

    def send_ahead(self, command: bytes) -> bytes:
        """Begin another command behind those begun, without literals; `answers` or `abandon` must follow, in order."""
        tag = self._tag()
        self.wire.send(tag + b" " + command + b"\r\n")
        return tag

    def send_unheard(self, commands: Sequence[bytes]) -> None:
        """Send commands whose answers matter only for what they say by themselves, as ENABLED."""
        tags = [self._tag() for _ in commands]
        lines = (tag + b" " + command + b"\r\n" for tag, command in zip(tags, commands, strict=True))
        self.wire.send(b"".join(lines))
        self._unheard.extend(tags)

    def settle(self) -> None:
        """Read until every command whose answer nobody waits for has ended."""
        while self._unheard or self._abandoned:
            if (answer := self.read_now()) is not None:
                self.notice(answer)

    def run(self, *words: bytes | Literal) -> list[Answer]:
        """Carry a command out and return what was answered, but for what the server told by itself."""
        taken, octets = [], 0
        for answer in self.answers(self.send(*words), line_octets=LINE_OCTETS):
            if not self.notice(answer):
                taken.append(answer)
                octets += sum(map(len, answer.parts)) + _OVERHEAD_OCTETS
                if octets > HELD_OCTETS:
                    raise self.wire.lost("answers more than can be held")
        return taken

    def answers(self, tag: bytes, *, line_octets: int = LINE_OCTETS) -> Iterator[Answer]:
        """Yield untagged answers up to the end of command `tag`. Raises what its refusal means.

        Whatever the caller has no use for belongs to notice(). Closed early, the rest is thrown away.
        """
        self._running = tag
        try:
            while tag not in self._early:
                if self._running != tag:
                    raise RuntimeError("another command was given before this one was read to its end")
                answer = self._read(line_octets)
                if answer is None:
                    continue
                if answer.kind == b"FETCH":
                    yield answer
                elif answer.kind == b"BYE":
                    raise self._dropped(self.refuse(answer.completion()))
                elif not self._know(answer):
                    yield answer
        finally:
            if self._running == tag:
                self._running = None
                if tag not in self._early:
                    self._abandoned.append(tag)
        self._end(self._early.pop(tag))

    def notice(self, answer: Answer) -> bool:
        """Keep what an answer tells of the selected mailbox; false when it tells nothing of that."""
        return self._know(answer) or self._notice(answer)

    def abandon(self, tag: bytes) -> None:
        """Throw away what is still to be answered to a command sent ahead."""
        if self._early.pop(tag, None) is None:
            self._abandoned.append(tag)

    def await_plus(self, tag: bytes) -> str | None:
        """Read until the server asks for more and return what it said, None when the command ended instead.

        Raises what a refusal means.
        """
        while True:
            line = self.wire.line()
            if line.startswith(b"+"):
                return line[1:].decode("utf-8", "replace").strip()
            answer = self._understood(line, LINE_OCTETS)
            if answer is not None:
                if answer.kind == b"BYE":
                    raise self._dropped(self.refuse(answer.completion()))
                self.notice(answer)
            if tag in self._early:
                self._running = None
                self._end(self._early.pop(tag))
                return None

    def read_now(self) -> Answer | None:
        """Read one answer that comes without a command. Raises RetryLater at its goodbye."""
        answer = self._read(LINE_OCTETS)
        if answer is not None and answer.kind == b"BYE":
            raise self._dropped(self.refuse(answer.completion()))
        return answer

    def has_ended(self, tag: bytes) -> bool:
        """Tell whether a command has been answered before it was waited for."""
        return tag in self._early

    def check_awake(self) -> None:
        """Drop a connection over which the machine slept: nobody knows what became of it."""
        before, now = self._seen_at, self._clocks()
        self._seen_at = now
        if (now[1] - before[1]) - (now[0] - before[0]) > _ASLEEP_S:
            raise self._dropped(
                RetryLater(f"The machine slept; {self.wire.host} is connected to again.", 0.0)
            )

    def _begin(self) -> None:
        if self._running is not None:
            self._abandoned.append(self._running)
            self._running = None
        self.check_awake()
        if self._abandoned:  # or what it answers would pass for what is asked now
            self.settle()

    def _tag(self) -> bytes:
        self._number += 1
        return b"d%d" % self._number

    def _send(self, tag: bytes, words: Sequence[bytes | Literal]) -> None:
        line = tag + b" "
        for word in words:
            if isinstance(word, Literal):
                self._send_literal(tag, line, word.octets)
                line = b""
            else:
                line += word
        self.wire.send(line + b"\r\n")

    def _send_literal(self, tag: bytes, line: bytes, octets: bytes) -> None:
        size = len(octets)
        if ("LITERAL+" in self.capabilities and size <= _UNASKED_LITERAL) or (
            "LITERAL-" in self.capabilities and size <= _SMALL_LITERAL
        ):
            self.wire.send(line + b"{%d+}\r\n" % size)
        else:
            self.wire.send(line + b"{%d}\r\n" % size)
            if self.await_plus(tag) is None:
                raise self._dropped(RetryLater("The server did not wait for what it was to be told."))
        self.wire.send(octets)

    def _read(self, line_octets: int) -> Answer | None:
        return self._understood(self.wire.line(line_octets), line_octets)

    def _understood(self, line: bytes, line_octets: int) -> Answer | None:
        """Return an untagged answer, None for the end of a command or what is neither."""
        found = _HEAD.match(line)
        if found is None:
            self._end_of_some_command(line)
            return None
        kind = found[2].upper()
        parts = [line]
        if line[-1:] == b"}" and kind not in _STATUSES:
            self._read_literals(parts, line_octets)
        return Answer._make((kind, int(found[1] or 0), parts, found.end()))

    def _read_literals(self, parts: list[bytes], line_octets: int) -> None:
        held = len(parts[0])
        while parts[-1][-1:] == b"}" and (found := LITERAL.search(parts[-1])):
            size = int(found[1])
            held += size + _OVERHEAD_OCTETS
            if held > ANSWER_OCTETS:
                raise self._dropped(
                    Oversized(
                        f"The server {self.wire.host} sent a message too large to hold.", _uid_in(parts)
                    )
                )
            parts.append(self.wire.exactly(size))
            parts.append(self.wire.line(line_octets))
            held += len(parts[-1])

    def _end_of_some_command(self, line: bytes) -> None:
        tag, _, rest = line.partition(b" ")
        for forgotten in (self._unheard, self._abandoned):
            if tag in forgotten:
                forgotten.remove(tag)
                return
        if (found := _TAG.match(tag)) and int(found[1]) <= self._number:
            self._early[tag] = Completion.parse(rest)

    def _end(self, completion: Completion) -> None:
        self._seen_at = self._clocks()
        self.completion = completion
        if completion.code == "CAPABILITY":
            self.capabilities = capabilities_of(completion.argument)
        if completion.status != "OK":
            raise self.refuse(completion)

    def _know(self, answer: Answer) -> bool:
        """Take what concerns the connection as a whole."""
        if answer.kind == b"CAPABILITY":
            self.capabilities = capabilities_of(answer.rest)
        elif answer.kind == b"ENABLED":
            self.enabled |= capabilities_of(answer.rest)
        elif answer.kind == b"OK" and answer.completion().code == "CAPABILITY":
            self.capabilities = capabilities_of(answer.completion().argument)
        else:
            return False
        return True

    def _notice(self, answer: Answer) -> bool:
        match answer.kind:
            case b"EXISTS":
                self.noticed.exists(answer.number)
            case b"EXPUNGE":
                self.noticed.expunge()
            case b"VANISHED":
                self.noticed.vanished(answer.rest)
            case b"FETCH":
                self.noticed.fetch(answer.parts, answer.at)
            case b"RECENT" | b"FLAGS":
                pass
            case _:
                return False
        return True

    def _dropped(self, error: ProviderError) -> ProviderError:
        self.wire.close()
        return error


def capabilities_of(text: bytes) -> frozenset[str]:
    """Return the words of a list of capabilities, in upper case."""
    return frozenset(text.decode("latin-1").upper().split())


def _uid_in(parts: list[bytes]) -> int | None:
    for part in parts[::2]:
        if found := _UID_BEFORE.search(part):
            return int(found[1])
    return None
