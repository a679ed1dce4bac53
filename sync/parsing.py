"""The program of a parsing child: octets in, Emails out, until its standard input ends."""

from __future__ import annotations

import contextlib
import copyreg
import gc
import io
import os
import pickle
import queue
import resource
import signal
import sys
import threading
import zlib
from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter
from typing import IO, Any, Final

from mail import dsn, dsn_words, headers, parse, types
from mail.attachments import LEFT_OUT
from store.ingest_rows import is_worth_keeping, pack
from sync import frames
from sync.frames import Parsed, Work

LIMIT_S: Final = 10.0
_MEMORY_LIMIT_OCTETS: Final = 2 * 1024**3
_YOUNG_OBJECTS: Final = 20_000
_LEVEL: Final = 6
_OF_REPORTS: Final = (b"multipart/report", b"\nx-failed-recipients:", b"return-path: <>", b"return-path:<>")
_LEFT_OUT: Final = LEFT_OUT.encode()


def serve() -> None:
    """Parse what comes on standard input until it ends: the whole life of the child."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not print into the answers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is the worker's to answer
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT_OCTETS, _MEMORY_LIMIT_OCTETS))
    sys.setswitchinterval(0.1)
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)
    # Read in a thread, so that the next batch is here when one is done, and the worker's write never waits for us.
    waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(requests, waiting), daemon=True).start()
    with contextlib.suppress(BrokenPipeError):  # the worker is gone
        while (batch := waiting.get()) is not None:
            frames.write(answers, _dump([_parse_one(message) for message in pickle.loads(batch)]))
    os._exit(0)  # what could not be written is not to be written again


def _receive(requests: IO[bytes], waiting: queue.SimpleQueue[bytes | None]) -> None:
    try:
        while True:
            waiting.put(frames.read(requests))
    except EOFError:
        waiting.put(None)


def _parse_one(work: Work) -> Parsed:
    # Processor time, not the clock's: a suspended or busy machine is not the message's fault. The signal's default
    # is the end of this process, which also interrupts C code.
    signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
    try:
        return read(work)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def read(work: Work) -> Parsed:
    """Parse one message or header."""
    if isinstance(work, frames.Header):
        return Parsed(parse.parse_header(work.octets, work.size_octets))
    octets = work if isinstance(work, bytes) else work.octets
    email = parse.parse(octets, _known_hash(work))
    if _may_report(octets, email) and (bounce := dsn.bounce(octets)) is not None:
        email = replace(email, bounce=bounce)
    is_kept = isinstance(work, frames.Fetched) and _is_kept(octets, email, is_draft=work.is_draft)
    return Parsed(email, pack(email.body), zlib.compress(octets, _LEVEL) if is_kept else None)


def _known_hash(work: bytes | frames.Whole | frames.Fetched) -> bytes | None:
    if isinstance(work, bytes):
        return None
    return (
        work.octets_hash if isinstance(work, frames.Whole) else b""
    )  # the store has it since the header was told


def _may_report(octets: bytes, email: types.Email) -> bool:
    """Say whether it is worth looking whether a message is a delivery report: few are, and looking is reading it again."""
    header = octets[: headers.header_end(octets)[0]].lower()
    if any(sign in header for sign in _OF_REPORTS):
        return True
    author = email.from_[0].email.partition("@")[0] if email.from_ else ""
    return not author or dsn_words.SENDERS.search(author) is not None


def _is_kept(octets: bytes, email: types.Email, *, is_draft: bool) -> bool:
    # A message with parts left out is not the message.
    return is_worth_keeping(email, len(octets), is_draft=is_draft) and _LEFT_OUT not in octets.lower()


def _reducer(cls: type) -> Callable[[Any], tuple[Any, ...]]:
    # What a slotted dataclass brings for this is Python code for each object, and three times as slow.
    fields = attrgetter(*cls.__match_args__)  # type: ignore[attr-defined]  # every dataclass has it
    return lambda value: (cls, fields(value))


_CLASSES: Final = (types.Email, types.Address, types.Attachment, types.SearchText)
_REDUCERS: Final[dict[type, Callable[[Any], tuple[Any, ...]]]] = {cls: _reducer(cls) for cls in _CLASSES} | {
    types.Body: lambda _: (types.Body, (None, None))  # it goes packed
}


def _dump(parsed: list[Parsed]) -> bytes:
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, protocol=5)
    pickler.dispatch_table = {**copyreg.dispatch_table, **_REDUCERS}
    pickler.dump([tuple(one) for one in parsed])
    return buffer.getvalue()
