"""The parsing children: niced processes of their own, so that a hostile message costs a child and never the worker.

Batches of octets go in, batches of Emails come back. A timer of the kernel ends a child when a message takes too long:
then the messages of that batch are asked for one by one, and the one that ends a child again gets a placeholder.
"""

from __future__ import annotations

import os
import pickle
import queue
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import starmap
from pathlib import Path
from typing import Final, Protocol

from sync.frames import Header, Parsed, Work
from sync.lane import Batch, Batches, Lane

MOST_CHILDREN: Final = 2
_BATCH: Final = 16
_BATCH_OF_HEADERS: Final = 128
_BATCH_OCTETS: Final = 512 * 1024
# -P keeps the current directory out of the path; the child finds this program where we were found.
_PROGRAM: Final = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r}); from sync.parsing import serve; serve()"


class Answer(Protocol):
    """The Emails that are being made."""

    def result(self, timeout: float | None = None) -> list[Parsed]:
        """Wait for them; they come in the order of the messages. Raises ChildFailed."""


class Parsers(Protocol):
    """Whoever turns octets into Emails."""

    def prepare(self) -> None:
        """Get ready, because much is about to come."""

    def submit(self, messages: Sequence[Work]) -> Answer:
        """Return at once."""


class _Answers:
    """The answers to the batches of one submit, read when they are wanted: octets are smaller than objects."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self._answers = [batch.answer for batch in batches]

    def result(self, timeout: float | None = None) -> list[Parsed]:
        parsed: list[Parsed] = []
        for answer in self._answers:
            parsed.extend(starmap(Parsed, pickle.loads(answer.result(timeout))))
        return parsed


class ParsingChildren:
    """Parses in children started when there is work for them and ended when there was none for a while."""

    def __init__(self, command: Sequence[str] | None = None, most: int | None = None) -> None:
        self._command = list(command or [sys.executable, "-P", "-c", _PROGRAM])
        self._most = most or min(MOST_CHILDREN, len(os.sched_getaffinity(0)))
        self._batches: Batches = queue.SimpleQueue()
        self._lanes: list[Lane] = []
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Start the children now: it takes as long as a few hundred messages."""
        with self._lock:
            self._have_lanes(self._most)

    def submit(self, messages: Sequence[Work]) -> Answer:
        """Hand messages to the children; what was handed over first is parsed first."""
        batches = _batches(messages)
        with self._lock:
            for batch in batches:
                self._batches.put(batch)
            self._have_lanes(self._batches.qsize())
        return _Answers(batches)

    def pids(self) -> list[int]:
        """Return the process ids of the children there are."""
        with self._lock:
            return [child.pid for lane in self._lanes if (child := lane.child) is not None]

    def close(self) -> None:
        """End the children; what was not parsed is given up. Twice is harmless."""
        with self._lock:
            lanes, self._lanes = self._lanes, []
        for _ in lanes:
            self._batches.put(None)
        for lane in lanes:
            lane.end()

    def _have_lanes(self, wanted: int) -> None:
        while len(self._lanes) < min(wanted, self._most):
            self._lanes.append(Lane(self._command, self._batches, self._is_idle))

    def _is_idle(self, lane: Lane) -> bool:
        """Let go of a lane, unless a batch came at the last moment."""
        with self._lock:
            if self._batches.empty() and lane in self._lanes:
                self._lanes.remove(lane)
                return True
            return False


def _batches(messages: Sequence[Work]) -> list[Batch]:
    batches: list[Batch] = []
    some: list[Work] = []
    weight = octets = 0
    for message in messages:
        length = len(message if isinstance(message, bytes) else message.octets)
        if some and (weight >= _BATCH_OF_HEADERS or octets + length > _BATCH_OCTETS):
            batches.append(Batch(some, Future()))
            some, weight, octets = [], 0, 0
        some.append(message)
        weight += 1 if isinstance(message, Header) else _BATCH_OF_HEADERS // _BATCH
        octets += length
    if some:
        batches.append(Batch(some, Future()))
    return batches
