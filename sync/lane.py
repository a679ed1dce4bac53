"""One parsing child and the thread of the worker that talks to it."""

from __future__ import annotations

import contextlib
import pickle
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Final, NamedTuple

from sync import frames
from sync.frames import Work

_AHEAD: Final = 2
"""Batches in a child: one is parsed, one waits there, so that the child never waits for us."""
_IDLE_S: Final = 30.0
_TRIES: Final = 3


class ChildFailed(Exception):
    """A parsing child cannot be started, or ends before its first message."""


class Batch(NamedTuple):
    """Messages, and a place for what the child makes of them: a pickled list of the fields of Parsed."""

    messages: Sequence[Work]
    answer: Future[bytes]


Batches = queue.SimpleQueue[Batch | None]


class Lane:
    """Takes batches until a None comes, or `is_idle` agrees that there is nothing left to wait for."""

    def __init__(self, command: Sequence[str], batches: Batches, is_idle: Callable[[Lane], bool]) -> None:
        self.child: subprocess.Popen[bytes] | None = None
        self._command = command
        self._batches = batches
        self._is_idle = is_idle
        self._is_ending = False
        self._under_way: deque[Batch] = deque()
        self._thread = threading.Thread(target=self._run, name="parsing", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """End the child; what it has begun is given up. The queue must hold a None."""
        self._is_ending = True
        child = self.child
        if child is not None:
            child.kill()
        self._thread.join()

    def _run(self) -> None:
        with contextlib.suppress(OSError, ChildFailed):  # told with the first batch
            self._start_child()
        while self._fill():
            try:
                self._answer()
            except (OSError, ChildFailed) as error:
                self._end_child()
                for batch in self._under_way:
                    batch.answer.set_exception(ChildFailed(f"Mail cannot be parsed: {error}"))
                self._under_way.clear()
        self._end_child()

    def _fill(self) -> bool:
        """Send batches ahead; False at the end."""
        while len(self._under_way) < _AHEAD:
            try:
                batch = self._batches.get(block=not self._under_way, timeout=_IDLE_S)
            except queue.Empty:
                if self._under_way:
                    return True
                if self._is_idle(self):
                    return False
                continue
            if batch is None:
                return False
            self._under_way.append(batch)
            with contextlib.suppress(OSError, ChildFailed):  # found out when the answer does not come
                self._send(batch.messages)
        return True

    def _answer(self) -> None:
        answer = self._receive()
        if answer is not None:
            self._under_way.popleft().answer.set_result(answer)
            return
        while self._under_way:
            messages = self._under_way[0].messages
            alone = pickle.dumps([self._parse_alone(message) for message in messages])
            self._under_way.popleft().answer.set_result(alone)

    def _parse_alone(self, message: Work) -> tuple[object, ...]:
        """Parse a message of a batch in which the child died, which may have been ended from outside."""
        if self.child is None:
            self._start_anew()
        self._send([message])
        answer = self._receive()
        if answer is not None:
            parsed: list[tuple[object, ...]] = pickle.loads(answer)
            return parsed[0]
        from mail.parse import placeholder  # it loads all that parses, which is the child's

        octets = message if isinstance(message, bytes) else message.octets
        email = placeholder(octets, "This message could not be read in time. Its octets can still be saved.")
        return (
            replace(email, size_octets=message.size_octets) if isinstance(message, frames.Header) else email,
        )

    def _start_anew(self) -> None:
        for _ in range(_TRIES):
            self._start_child()
            self._send([])
            if self._receive() is not None:
                return
        raise ChildFailed("the program that reads messages ends at once")

    def _send(self, messages: Sequence[Work]) -> None:
        child = self.child or self._start_child()
        assert child.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # found out when the answer does not come
            frames.write(child.stdin, pickle.dumps(list(messages), protocol=5))

    def _receive(self) -> bytes | None:
        """Return the next answer; None when the child died instead, and is done away with."""
        if self.child is not None:
            assert self.child.stdout is not None
            with contextlib.suppress(EOFError):
                return frames.read(self.child.stdout)
        self._end_child()
        return None

    def _start_child(self) -> subprocess.Popen[bytes]:
        if self._is_ending:
            raise ChildFailed("the worker ends")
        self.child = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/")
        return self.child

    def _end_child(self) -> None:
        child, self.child = self.child, None
        if child is not None:
            child.kill()
            child.communicate()
