"""Start-up to a usable list, against an empty Textual app and against aerc, in the same run."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pty_terminal import PtyTerminal

from bench import peers, places, synthetic
from bench.figures import Figure, median, milliseconds
from mail.types import Role
from store import mailboxes
from store.database import open_store
from store.thread_list import ThreadList

RUNS = 9
EMPTY = Path(__file__).parent / "empty_app.py"


class Start(NamedTuple):
    """Milliseconds until a program drew its list, by the clock and of CPU time, and what memory it took then."""

    ms: float
    cpu_ms: float
    memory_mb: float


def figures() -> Iterator[Figure]:
    stores = {threads: synthetic.store_of(threads) for threads in (1_000, 100_000, 1_000_000)}
    env = places.settings("")
    marker = synthetic.FIRST.strip().encode()
    empty: list[Start] = []
    ours: dict[int, list[Start]] = {threads: [] for threads in stores}
    for run in range(RUNS + 1):  # interleaved, so that a noisy minute disturbs all alike
        starts = started([sys.executable, "-P", str(EMPTY)], b"EMPTY-APP", env)
        empty += starts if run else []  # the first run only warms up
        for threads, data in stores.items():
            starts = started([places.DEALBOX, "--data", str(data)], marker, env)
            ours[threads] += starts if run else []
    for data in stores.values():
        places.stop(data)
    for threads, found in ours.items():
        yield _beside("first list", threads, [one.ms for one in found], [one.ms for one in empty])
    for threads, found in ours.items():
        yield _beside("CPU time to it", threads, [one.cpu_ms for one in found], [one.cpu_ms for one in empty])
    memory = median(one.memory_mb for one in ours[1_000_000])
    yield Figure("screen memory, 1,000,000 threads", memory, "MiB", "<= 80")
    yield from _against_aerc(env)


def _beside(what: str, threads: int, ours: list[float], empty: list[float]) -> Figure:
    reference = median(empty)
    limit = f"<= {reference + 100:.0f}" if reference else ""
    return Figure(f"{what}, {threads:,} threads", median(ours), "ms", limit, "empty Textual app", reference)


def started(argv: Sequence[str], marker: bytes, env: Mapping[str, str]) -> list[Start]:
    """Return how a program started, once `marker` was drawn; nothing when it never came."""
    with PtyTerminal(argv, env=env) as terminal:
        answer = terminal.read(until=marker, timeout_s=30)
        cpu_ms = terminal.cpu_ms
        if marker not in answer.octets or answer.last_s is None:
            return []
        terminal.read(quiet_s=0.3, timeout_s=1)
        return [Start(answer.last_s * 1000, cpu_ms, terminal.resident_mb)]


def _against_aerc(env: Mapping[str, str]) -> Iterator[Figure]:
    data, maildir = places.synced(), places.corpus()
    if data is None or maildir is None:
        yield Figure("first list, corpus", None, "ms", remark="../shared/corpus is not here")
        return
    marker = _newest_subject(data)
    command = [places.DEALBOX, "--data", str(data)]
    ours = [start.ms for _ in range(5) for start in started(command, marker, env)]
    theirs = peers.aerc_start(maildir) if shutil.which("aerc") else None
    yield Figure(
        f"first list, corpus of {places.messages():,}",
        median(ours),
        "ms",
        "ratio <= 0.5",
        "aerc" if theirs else "aerc is not installed",
        milliseconds(theirs),
    )
    places.stop(data)


def _newest_subject(data: Path) -> bytes:
    """Return how the subject of the inbox's first row begins: when it is drawn, the list can be used."""
    db = open_store(data, is_screen=False)
    try:
        row = ThreadList(db, mailboxes.with_role(db, Role.INBOX)).row(0)
    finally:
        db.close()
    return row.subject[:10].strip().encode() if row else b"Inbox"
