"""The parsing child: a niced process of its own, so that a hostile message costs a child and never the worker.

A batch of octets goes in, a batch of Emails comes back. The child says which message it begins, and a timer of the
kernel ends it when one takes too long: then that message gets a placeholder and a new child goes on after it.
"""

from __future__ import annotations

import copyreg
import gc
import io
import os
import pickle
import queue
import resource
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from operator import attrgetter
from pathlib import Path
from typing import IO, Any, Final, Protocol

from mail import parse, types
from mail.types import Email

LIMIT_S: Final = 10.0
_IDLE_S: Final = 30.0
_TRIES: Final = 2
_MEMORY_LIMIT_OCTETS: Final = 2 * 1024**3
_LENGTH: Final = struct.Struct("!Q")
_BEGUN: Final = b"."
_DONE: Final = b"="
# -P keeps the current directory out of the path; the child finds this program where we were found.
_PROGRAM: Final = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r}); from sync.parsers import serve; serve()"


class Parsers(Protocol):
    """Whoever turns octets into Emails."""

    def prepare(self) -> None:
        """Get ready, because much is about to come."""

    def submit(self, messages: Sequence[bytes]) -> Future[list[Email]]:
        """Return at once; the Emails come in the order of the messages."""


class ChildFailed(Exception):
    """The parsing child cannot be started, or dies before its first message."""


class ParsingChild:
    """Parses in a child started with the first batch and ended when there was nothing to do for a while."""

    def __init__(self, command: Sequence[str] | None = None) -> None:
        self._command = list(command or [sys.executable, "-P", "-c", _PROGRAM])
        self._jobs: queue.SimpleQueue[tuple[Sequence[bytes], Future[list[Email]]] | None] = (
            queue.SimpleQueue()
        )
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="parsing", daemon=True)
        self._thread.start()

    def prepare(self) -> None:
        """Start the child now: it takes as long as a few hundred messages."""
        self.submit([])

    def submit(self, messages: Sequence[bytes]) -> Future[list[Email]]:
        """Hand a batch to the child; batches are parsed one after the other."""
        future: Future[list[Email]] = Future()
        self._jobs.put((messages, future))
        return future

    def close(self) -> None:
        """End the child; batches not begun are given up. Twice is harmless."""
        self._jobs.put(None)
        child = self._child
        if child is not None:
            child.kill()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=_IDLE_S)
            except queue.Empty:
                self._end_child()
                continue
            if job is None:
                self._end_child()
                return
            messages, future = job
            try:
                future.set_result(self._parse(messages))
            except (OSError, ChildFailed) as error:
                self._end_child()
                future.set_exception(ChildFailed(f"Mail cannot be parsed: {error}"))

    def _parse(self, messages: Sequence[bytes]) -> list[Email]:
        done: list[Email] = []
        tries = 0
        if self._child is None:
            self._start_child()
        while len(done) < len(messages):
            rest = messages[len(done) :]
            parsed, begun = self._ask(rest)
            done.extend(parsed)
            if len(parsed) == len(rest):
                break
            tries += 1
            if begun == 0 and tries > _TRIES:
                raise ChildFailed("the program that reads messages ends at once")
            if begun > 0:
                # The child died in the message begun last; those before it are asked for again.
                done.extend(self._parse(rest[: begun - 1]))
                done.append(self._parse_alone(rest[begun - 1]))
        return done

    def _parse_alone(self, message: bytes) -> Email:
        # Once more on its own: the child may have been ended from outside.
        parsed, _ = self._ask([message])
        if parsed:
            return parsed[0]
        return parse.placeholder(
            message, "This message could not be read in time. Its octets can still be saved."
        )

    def _ask(self, messages: Sequence[bytes]) -> tuple[list[Email], int]:
        """Return the Emails, or none and how many messages were begun when the child died."""
        child = self._child or self._start_child()
        assert child.stdin is not None
        assert child.stdout is not None
        begun = 0
        try:
            _write(child.stdin, pickle.dumps(list(messages), protocol=5))
            while (mark := child.stdout.read(1)) == _BEGUN:
                begun += 1
            if mark == _DONE:
                return _load(_read(child.stdout)), begun
        except (BrokenPipeError, EOFError):
            pass
        self._end_child()
        return [], begun

    def _start_child(self) -> subprocess.Popen[bytes]:
        self._child = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/")
        return self._child

    def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()


def _write(stream: IO[bytes], octets: bytes) -> None:
    stream.write(_LENGTH.pack(len(octets)))
    stream.write(octets)
    stream.flush()


def _read(stream: IO[bytes]) -> bytes:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    octets = stream.read(length)
    if len(octets) < length:
        raise EOFError
    return octets


def serve() -> None:
    """Parse what comes on standard input until it ends: the whole life of the child."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not print into the answers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is the worker's to answer
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT_OCTETS, _MEMORY_LIMIT_OCTETS))
    gc.freeze()
    while True:
        try:
            messages = pickle.loads(_read(requests))
        except EOFError:
            return
        emails = [_parse_one(message, answers) for message in messages]
        answers.write(_DONE)
        _write(answers, _dump(emails))


def _parse_one(message: bytes, answers: IO[bytes]) -> Email:
    answers.write(_BEGUN)
    answers.flush()
    # Processor time, not the clock's: a suspended or busy machine is not the message's fault. The signal's default
    # is the end of this process, which also interrupts C code.
    signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
    try:
        return parse.parse(message)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


_CLASSES: Final = (
    types.Email,
    types.Address,
    types.Attachment,
    types.Body,
    types.Document,
    types.Block,
    types.Link,
    types.LinkSpan,
    types.SearchText,
)


def _reducer(cls: type) -> Callable[[Any], tuple[Any, ...]]:
    # What a slotted dataclass brings for this is Python code for each object, and three times as slow.
    fields = attrgetter(*cls.__match_args__)  # type: ignore[attr-defined]  # every dataclass has it
    return lambda value: (cls, fields(value))


_REDUCERS: Final[dict[type, Callable[[Any], tuple[Any, ...]]]] = {cls: _reducer(cls) for cls in _CLASSES}


def _dump(emails: list[Email]) -> bytes:
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, protocol=5)
    pickler.dispatch_table = {**copyreg.dispatch_table, **_REDUCERS}
    pickler.dump(emails)
    return buffer.getvalue()


def _load(octets: bytes) -> list[Email]:
    emails: list[Email] = pickle.loads(octets)
    return emails
