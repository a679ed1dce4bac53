"""Start-up to a usable list, against an empty Textual app and against aerc, in the same run."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pty_terminal import PtyTerminal

from bench import peers, places, synthetic
from bench.figures import Figure, median, milliseconds
from mail.types import Role
from store import mailboxes
from store.database import open_store
from store.thread_list import ThreadList

RUNS = 9
EMPTY = Path(__file__).parent / "empty_app.py"


def figures() -> Iterator[Figure]:
    stores = {threads: synthetic.store_of(threads) for threads in (1_000, 100_000, 1_000_000)}
    env = places.settings("")
    marker = synthetic.FIRST.strip().encode()
    empty: list[float] = []
    ours: dict[int, list[float]] = {threads: [] for threads in stores}
    memory: dict[int, list[float]] = {threads: [] for threads in stores}
    for _ in range(RUNS):  # interleaved, so that a noisy minute disturbs all alike
        empty += started([sys.executable, "-P", str(EMPTY)], b"EMPTY-APP", env)[:1]
        for threads, data in stores.items():
            times = started([places.DEALBOX, "--data", str(data)], marker, env)
            ours[threads] += times[:1]
            memory[threads] += times[1:]
    for data in stores.values():
        places.stop(data)
    reference = milliseconds(median(empty))
    for threads, times in ours.items():
        limit = f"<= {reference + 100:.0f}" if reference else ""
        yield Figure(
            f"first list, {threads:,} threads",
            milliseconds(median(times)),
            "ms",
            limit,
            "empty Textual app",
            reference,
        )
    yield Figure("screen memory, 1,000,000 threads", median(memory[1_000_000]), "MiB", "<= 80")
    yield from _against_aerc(env)


def started(argv: Sequence[str], marker: bytes, env: Mapping[str, str]) -> list[float]:
    """Return seconds until `marker` was drawn, and the MiB it then took; nothing when it never came."""
    with PtyTerminal(argv, env=env) as terminal:
        answer = terminal.read(until=marker, timeout_s=30)
        if marker not in answer.octets or answer.last_s is None:
            return []
        terminal.read(quiet_s=0.3, timeout_s=1)
        return [answer.last_s, terminal.resident_mb]


def _against_aerc(env: Mapping[str, str]) -> Iterator[Figure]:
    data, maildir = places.synced(), places.corpus()
    if data is None or maildir is None:
        yield Figure("first list, corpus", None, "ms", remark="../shared/corpus is not here")
        return
    marker = _newest_subject(data)
    ours = [
        times[0] for _ in range(5) if (times := started([places.DEALBOX, "--data", str(data)], marker, env))
    ]
    theirs = peers.aerc_start(maildir) if shutil.which("aerc") else None
    yield Figure(
        f"first list, corpus of {places.messages():,}",
        milliseconds(median(ours)),
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
