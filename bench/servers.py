"""An account on a real IMAP server: first sync, resync, round trips and octets, beside mbsync and offlineimap3."""

from __future__ import annotations

import base64
import contextlib
import functools
import os
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

from servers.dovecot import Dovecot
from servers.peer import Peer
from servers.proxy import Proxy, Way

from bench import places, server_places
from bench.figures import Figure, median, milliseconds, percentile
from bench.syncing import _children, _count, _cpu, _resident
from mail.keywords import FLAGGED
from mail.types import Role, ThreadId
from providers.imap import connecting
from providers.imap.session import Session
from store import actions, fetching, mailboxes, thread_list
from store.database import Database, open_store
from store.rows import AccountRow
from store.secret.files import HeldKey
from sync.account import connected, sync_once
from sync.parsers import ParsingChildren

PAGE = 50
ROUND_TRIP_S = 0.05
ARCHIVED = 1_000


def figures() -> Iterator[Figure]:
    maildir = places.corpus()
    if maildir is None:
        yield Figure("first sync from a server", None, "messages/s", remark="../shared/corpus is not here")
        return
    with server_places.dovecot(maildir) as server:
        with Peer(server, server_places.OWNER) as peer:
            peer.uids("INBOX")  # the server's own index, as after any earlier visit
        yield from _first_sync(server)
        yield from _user_writes(server)
        yield from _first_page(server)
        yield from _resync(server)
        yield from _news(server)
        yield from _archive(server)
        yield from _large(server)


def _first_sync(server: Dovecot) -> Iterator[Figure]:
    with server_places.account(server, "server-first") as (db, _):
        before, started = _cpu(), time.monotonic()
        worker = subprocess.Popen([places.WORKER, "--data", str(db.directory), "--once"])
        headers, peak, children = _watch(worker, db.directory, started)
        elapsed, cpu = time.monotonic() - started, _cpu() - before
        count = _count(db.directory, "SELECT count(*) FROM email") or 0
    other = server_places.mbsync(server)
    yield Figure("first sync, headers", count / (headers or elapsed), "messages/s", ">= 3,000")
    yield Figure(
        "first sync, everything",
        count / elapsed,
        "messages/s",
        ">= 1.0x mbsync",
        "mbsync",
        None if other is None else count / other,
        f"{count:,} messages in {elapsed:.0f} s, {cpu:.0f} s of CPU",
    )
    if os.environ.get("BENCH_PEERS"):
        third = server_places.offlineimap(server)
        yield Figure(
            "first sync, everything",
            count / elapsed,
            "messages/s",
            ">= 5x offlineimap3",
            "offlineimap3",
            None if third is None else count / third,
        )
    yield Figure("worker memory", peak, "MiB", "<= 200", remark=f"its parsing children {children:.0f} MiB")


def _user_writes(server: Dovecot) -> Iterator[Figure]:
    """Yield how long a user's writes wait while everything comes, headers and bodies."""
    with server_places.account(server, "server-writes") as (db, _):
        worker = subprocess.Popen([places.WORKER, "--data", str(db.directory), "--once"])
        writes = _Writes(db.directory)
        worker.wait()
        waits = writes.stop()
    yield Figure(
        "a user's write in first sync, p99",
        milliseconds(percentile(waits, 0.99)),
        "ms",
        "<= 50",
        remark=f"{len(waits)} writes, p50 {milliseconds(median(waits)) or 0:.1f} ms",
    )


def _large(server: Dovecot) -> Iterator[Figure]:
    """Yield the memory that fetching a file of 60 MB costs the worker."""
    with server_places.account(server, "server-large") as (db, _):
        subprocess.run([places.WORKER, "--data", str(db.directory), "--once"], check=True)
        yield from _large_file(server, db)


def _large_file(server: Dovecot, db: Database) -> Iterator[Figure]:
    with _running(db) as worker:
        time.sleep(5)  # until it waits for news
        before = _resident(worker.pid)
        with Peer(server, server_places.OWNER) as peer:
            peer.append("INBOX", _large_message(60_000_000))
        found = "SELECT id FROM email WHERE subject = 'Large' AND NOT is_header_only"
        _until(lambda: db.read().execute(found).fetchone() is not None, 120)
        email_id = db.read().execute(found).fetchone()[0]
        fetching.want_part(db, email_id, "2")
        peak = before
        while fetching.part_file(db, email_id, "2") is None:
            peak = max(peak, _resident(worker.pid))
            time.sleep(0.02)
    yield Figure("memory for a file of 60 MB", peak - before, "MiB", "<= 30")


def _large_message(size_octets: int) -> bytes:
    file = base64.encodebytes(os.urandom(1_000_000)) * (size_octets // 1_000_000)
    return (
        b"From: ana@acme.example\r\nSubject: Large\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n"
        b"--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=plans.pdf\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + file.replace(b"\n", b"\r\n") + b"--b--\r\n"
    )


def _watch(worker: subprocess.Popen[bytes], data: Path, started: float) -> tuple[float | None, float, float]:
    """Return when the headers were all there, and the most memory that the worker and its children had."""
    headers, peak, children = None, 0.0, 0.0
    live = "SELECT count(*) FROM account WHERE status = 'live' OR synced_at IS NOT NULL"
    while worker.poll() is None:
        peak = max(peak, _resident(worker.pid))
        children = max(children, sum(_resident(child) for child in _children(worker.pid)))
        if headers is None and _count(data, live):
            headers = time.monotonic() - started
        time.sleep(0.05)
    return headers, peak, children


class _Writes:
    """Stars and unstars the newest conversation, again and again, as a user does, from a process's own connection."""

    def __init__(self, data: Path) -> None:
        self._db = open_store(data, is_screen=True)
        self._is_over = threading.Event()
        self._waits: list[float] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        value = True
        while not self._is_over.wait(0.15):
            thread_id = _newest(self._db)
            if thread_id is not None:
                began = time.perf_counter()
                actions.set_keyword(self._db, [thread_id], FLAGGED, value)
                self._waits.append(time.perf_counter() - began)
                value = not value

    def stop(self) -> list[float]:
        self._is_over.set()
        self._thread.join()
        self._db.close()
        return self._waits


def _inbox(db: Database) -> thread_list.ThreadList:
    return thread_list.ThreadList(db, mailboxes.with_role(db, Role.INBOX))


def _newest(db: Database) -> ThreadId | None:
    row = _inbox(db).row(0)
    return None if row is None else row.thread_id


def _first_page(server: Dovecot) -> Iterator[Figure]:
    with (
        Proxy(server.ports["imap"], round_trip_s=ROUND_TRIP_S) as proxy,
        server_places.account(server, "server-page", port=proxy.port) as (db, _),
    ):
        started = time.monotonic()
        worker = subprocess.Popen([places.WORKER, "--data", str(db.directory), "--stay"])
        inbox = (
            "SELECT count(*) FROM mailbox_thread JOIN mailbox m ON m.id = mailbox_id WHERE m.role = 'inbox'"
        )
        while (_count(db.directory, inbox) or 0) < PAGE and time.monotonic() - started < 60:
            time.sleep(0.01)
        elapsed = time.monotonic() - started
        worker.terminate()
        worker.wait()
    remark = "start of the worker included"
    yield Figure(
        f"first {PAGE} inbox threads at {ROUND_TRIP_S * 1000:.0f} ms", elapsed, "s", "<= 1.5", remark=remark
    )


def _resync(server: Dovecot) -> Iterator[Figure]:
    """Yield what it takes to find that nothing changed, and a few hundred changes, connection included."""
    with (
        Proxy(server.ports["imap"]) as proxy,
        server_places.account(server, "server-resync", port=proxy.port) as (db, row),
        contextlib.closing(ParsingChildren()) as parsers,
        Peer(server, server_places.OWNER) as peer,
    ):
        with contextlib.suppress(Exception):
            for number in range(100 - len(peer.mailboxes())):
                peer.create(f"Many/{number:03}")
        _sync(db, row, parsers)
        proxy.octets = dict.fromkeys(Way, 0)
        seconds = [_sync(db, row, parsers) for _ in range(5)]
        octets = sum(proxy.octets.values()) / 5 / 1000
        proxy.octets = dict.fromkeys(Way, 0)
        with mock.patch.object(connecting, "Session", functools.partial(Session, compress=True)):
            _sync(db, row, parsers)
        compressed = sum(proxy.octets.values()) / 1000
        again = server_places.mbsync_again()
        yield Figure(
            "no-change resync of 100 mailboxes",
            median(seconds),
            "s",
            "<= 0.4",
            "mbsync",
            again,
            "connection included",
        )
        yield Figure("octets of it, compressed as on a network", compressed, "kB", "<= 10")
        yield Figure("octets of it, not compressed, as to this machine", octets, "kB")
        _change(peer)
        yield Figure("100 marks, 100 new, 50 deleted", _sync(db, row, parsers), "s", "<= 0.6")


def _sync(db: Database, row: AccountRow, parsers: ParsingChildren) -> float:
    began = time.monotonic()
    with connected(db, row, HeldKey()) as provider:
        sync_once(db, row.id, provider, parsers, lambda: True)
    return time.monotonic() - began


def _change(peer: Peer) -> None:
    uids = peer.uids("INBOX")
    peer.add_flags("INBOX", uids[-200:-100], "\\Flagged")
    for number in range(100):
        peer.append("INBOX", _message(number))
    peer.expunge("INBOX", uids[-300:-250])


def _message(number: int) -> bytes:
    return (
        f"From: ana@acme.example\r\nTo: {server_places.OWNER.address}\r\nSubject: New {number}\r\n"
        f"Message-ID: <new-{number}-{time.time_ns()}@acme.example>\r\n\r\nHello {number}.\r\n"
    ).encode()


def _running(db: Database) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    @contextlib.contextmanager
    def run() -> Iterator[subprocess.Popen[bytes]]:
        worker = subprocess.Popen([places.WORKER, "--data", str(db.directory), "--stay"])
        try:
            yield worker
        finally:
            worker.terminate()
            worker.wait()

    return run()


def _until(is_true: Callable[[], bool], within_s: float = 600) -> float:
    began = time.monotonic()
    while not is_true() and time.monotonic() - began < within_s:
        time.sleep(0.005)
    return time.monotonic() - began


def _is_live(db: Database) -> bool:
    row: sqlite3.Row = (
        db.read().execute("SELECT count(*) FROM account WHERE synced_at IS NOT NULL").fetchone()
    )
    return bool(row[0])


def _news(server: Dovecot) -> Iterator[Figure]:
    with server_places.account(server, "server-news") as (db, _), _running(db):
        _until(lambda: _is_live(db))
        time.sleep(2)  # until it waits for news
        seconds = []
        with Peer(server, server_places.OWNER) as peer:
            for number in range(5):
                before = _inbox(db).count
                peer.append("INBOX", _message(1_000 + number))
                seconds.append(_until(lambda before=before: _inbox(db).count > before, 30))  # type: ignore[misc]
                time.sleep(1)
    yield Figure(
        "one new message in the list", median(seconds), "s", "<= 1", remark="Dovecot itself waits 0.5 s"
    )


def _archive(server: Dovecot) -> Iterator[Figure]:
    with server_places.account(server, "server-archive") as (db, _), _running(db):
        _until(lambda: _is_live(db))
        rows = [_inbox(db).row(number) for number in range(ARCHIVED)]
        threads = [row.thread_id for row in rows if row is not None]
        (source,) = mailboxes.with_role(db, Role.INBOX)
        began = time.monotonic()
        actions.move(db, threads, source, Role.ARCHIVE)
        stored = time.monotonic() - began
        waiting = "SELECT count(*) FROM operation WHERE state IN ('pending', 'running')"
        done = _until(lambda: not db.read().execute(waiting).fetchone()[0], 120)
    yield Figure(f"archive {ARCHIVED:,}: in the store", stored, "s", "<= 0.3")
    yield Figure(
        f"archive {ARCHIVED:,}: at the server", done, "s", remark="commands: see tests/providers/imap"
    )
