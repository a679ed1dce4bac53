"""First sync, rescan, size and memory of the worker, on the shared corpus."""

from __future__ import annotations

import contextlib
import resource
import sqlite3
import subprocess
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

from bench import places
from bench.figures import Figure, median

READABLE = 200


def figures() -> Iterator[Figure]:
    maildir = places.corpus()
    if maildir is None:
        yield Figure("first sync", None, "messages/s", remark="../shared/corpus is not here")
        return
    data = places.fresh("first-sync")
    places.add_account(data, maildir)
    before = _cpu()
    started = time.monotonic()
    worker = subprocess.Popen([places.WORKER, "--data", str(data), "--once"])
    readable, peak, helper = _watch(worker, data, started)
    elapsed = time.monotonic() - started
    cpu = _cpu() - before
    emails = _count(data, "SELECT count(*) FROM email") or 0
    yield Figure(
        "first sync",
        emails / elapsed,
        "messages/s",
        ">= 2,000",
        remark=f"{emails:,} in {elapsed:.1f} s, {cpu:.1f} s of CPU",
    )
    yield Figure(f"first {READABLE} inbox threads readable", readable, "s", "<= 1")
    yield Figure(
        "worker memory in first sync", peak, "MiB", "<= 200", remark=f"its parsing child {helper:.0f} MiB"
    )
    yield Figure("no-change rescan", _rescan(data), "s", "<= 1", remark="start of the program included")
    yield Figure("store against octets and text", _size(data, maildir), "x", "<= 1.2")


def _cpu() -> float:
    """Return the CPU time of all the programs that have ended: on a busy machine it says more than the clock."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(worker: subprocess.Popen[bytes], data: Path, started: float) -> tuple[float | None, float, float]:
    """Return when the inbox could be read, and the most memory that the worker and its child had."""
    readable, peak, helper = None, 0.0, 0.0
    while worker.poll() is None:
        peak = max(peak, _resident(worker.pid))
        helper = max([helper, *(_resident(child) for child in _children(worker.pid))])
        if readable is None:
            inbox = "SELECT count(*) FROM mailbox_thread JOIN mailbox m ON m.id = mailbox_id WHERE m.role = 'inbox'"
            if (_count(data, inbox) or 0) >= READABLE:
                readable = time.monotonic() - started
        time.sleep(0.05)
    return readable, peak, helper


def _count(data: Path, query: str) -> int | None:
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(data / "store.db", timeout=0.1)) as db,
    ):
        found: int = db.execute(query).fetchone()[0]
        return found
    return None


def _resident(pid: int) -> float:
    with contextlib.suppress(OSError, IndexError):
        status = Path(f"/proc/{pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024
    return 0.0


def _children(pid: int) -> list[int]:
    """Return the children of every thread of a process."""
    found = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def _rescan(data: Path) -> float | None:
    times = []
    for _ in range(5):
        started = time.monotonic()
        subprocess.run([places.WORKER, "--data", str(data), "--once"], check=True)
        times.append(time.monotonic() - started)
    return median(times)


def _size(data: Path, maildir: Path) -> float:
    """Return the size of the store over that of the compressed messages and the text that it indexes."""
    compressed = sum(
        len(zlib.compress(path.read_bytes(), 6))
        for path in maildir.rglob("*")
        if path.is_file() and ":" in path.name
    )
    with contextlib.closing(sqlite3.connect(data / "store.db")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        bodies = sum(len(zlib.decompress(body)) for (body,) in db.execute("SELECT body FROM email_body"))
    return (data / "store.db").stat().st_size / (compressed + bodies)
