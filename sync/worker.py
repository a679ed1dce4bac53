"""The program dealbox-sync: keeps every account of a data directory in step, one thread for each."""

from __future__ import annotations

import argparse
import contextlib
import gc
import logging
import os
import select
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from mail.types import AccountId
from store import accounts, doorbell, outbox, paths, reindexing
from store.database import Database, StoreTooNew, StoreUnusable, open_store
from store.doorbell import Doorbell
from store.secret import unlocking
from store.secret.files import HeldKey
from store.worker_process import WorkerLock
from sync import service
from sync.account import AccountThread, connected, finish_once, report, say_live, sync_once
from sync.judging import Judging
from sync.parsers import ParsingChildren

log = logging.getLogger(__name__)

IDLE_S: Final = 60.0
_GLANCE_S: Final = 2.0
_LOCK_EVERY_S: Final = 2.0
_LONGEST_END_S: Final = 2.0
_TURN_S: Final = 0.001
"""A thread that comes back from the store waits so long for one that reads what an account says."""
_YOUNG_OBJECTS: Final = 10_000
"""So many are made before those no longer used are looked for: a page of mail makes a few thousand at a time."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the worker until nobody needs it; return the exit status."""
    options = _options(arguments)
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )
    os.umask(0o077)
    _step_back()
    if options.sign_in:
        from sync import sign_in  # what it needs is of no use to a worker

        return sign_in.main()
    try:
        directory = paths.data_directory(options.data)
        if options.examine or options.recall:
            from sync import examine  # see sign_in

            key = sys.stdin.readline().strip() if options.key_stdin else ""
            return examine.main(directory, is_online=options.examine, key=key)
        if options.install or options.uninstall:
            return _service(directory, is_wanted=options.install)
        if options.build_demo or options.rebuild_demo:
            return _demo(directory, is_anew=options.rebuild_demo)
        with _stoppable() as stop, _as_the_worker(directory, stop, options) as db:
            return 0 if db is None else _work(db, stop, options)
    except (paths.Unsafe, StoreTooNew, StoreUnusable, OSError, _Refused) as error:
        print(f"dealbox-sync: {error}", file=sys.stderr)  # noqa: T201 - the words of a program
        return 1


def _step_back() -> None:
    """Leave the processor to the programs of other sessions when there is not enough for all.

    Linux weighs whole sessions (sched(7), autogroup): nice counts inside one only, and the worker has one of its own.
    """
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text("10")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="dealbox-sync", description="Keep mail accounts and the cache in step."
    )
    parser.add_argument(
        "--data", metavar="DIR", help="data directory, instead of DEALBOX_DATA or the usual place"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--once", action="store_true", help="end as soon as everything is in sync; 1 if it cannot be"
    )
    how.add_argument("--stay", action="store_true", help="stay when no screen is open, as a service does")
    how.add_argument("--install", action="store_true", help="write a systemd user unit")
    how.add_argument("--uninstall", action="store_true", help="remove the systemd user unit")
    how.add_argument("--build-demo", action="store_true", help="make the sample mailbox of dealbox demo")
    how.add_argument("--rebuild-demo", action="store_true", help="make it anew")
    how.add_argument(
        "--sign-in",
        action="store_true",
        help="answer dealbox account add, in lines of JSON on standard input",
    )
    how.add_argument(
        "--examine", action="store_true", help="tell dealbox doctor of the servers, in lines of JSON"
    )
    how.add_argument(
        "--recall", action="store_true", help="tell dealbox doctor how far mailboxes came, without a server"
    )
    parser.add_argument(
        "--key-stdin",
        action="store_true",
        help="with --examine: the key of the passwords is on standard input",
    )
    return parser.parse_args(arguments)


class _Refused(Exception):
    """The worker cannot do what it was started for."""


class _Stop:
    """Set by a signal; a pipe makes the wait in select end."""

    def __init__(self) -> None:
        self.is_set = False
        self.pipe, self._end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def set(self, number: int, frame: FrameType | None) -> None:
        self.is_set = True
        os.write(self._end, b"!")

    def close(self) -> None:
        os.close(self.pipe)
        os.close(self._end)


@contextmanager
def _stoppable() -> Iterator[_Stop]:
    stop = _Stop()
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.signal(number, stop.set) for number in numbers]
    try:
        yield stop
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
        stop.close()


@contextmanager
def _as_the_worker(directory: Path, stop: _Stop, options: argparse.Namespace) -> Iterator[Database | None]:
    """Hold the lock and the store; None when another worker does the work and that is all right."""
    lock = WorkerLock(directory)
    while not lock.take():
        if options.once:
            raise _Refused(
                f"another dealbox-sync is at work on {directory}; it keeps the mail in step by itself."
            )
        if not options.stay or stop.is_set:
            yield None
            return
        select.select([stop.pipe], [], [], _LOCK_EVERY_S)
    try:
        db = open_store(directory, is_screen=False)
        try:
            yield db
        finally:
            db.close()
    finally:
        lock.release()


def _work(db: Database, stop: _Stop, options: argparse.Namespace) -> int:
    gc.freeze()  # what is imported stays: no need to look through it again and again
    gc.set_threshold(_YOUNG_OBJECTS)
    sys.setswitchinterval(_TURN_S)
    parsers = ParsingChildren()
    held = HeldKey()
    try:
        if options.once:
            reindexing.reindex_if_due(db)
            return _sync_all_once(db, parsers, held, stop)
        indexing = threading.Thread(target=_reindex, args=(db, stop), name="indexing", daemon=True)
        indexing.start()
        worker = _Worker(db, parsers, held, stop, stays=options.stay)
        with unlocking.serve(db.directory, held, worker.retry):
            worker.run()
        indexing.join(_LONGEST_END_S)
        return 0
    finally:
        parsers.close()


def _reindex(db: Database, stop: _Stop) -> None:
    """Index anew what is due; cut short, it goes on with the next start."""
    try:
        reindexing.reindex_if_due(db)
    except sqlite3.Error as error:
        if not stop.is_set:
            log.error("The index of words could not be renewed: %s", error)


def _sync_all_once(db: Database, parsers: ParsingChildren, held: HeldKey, stop: _Stop) -> int:
    has_failed = False
    for account in accounts.all(db):
        requests = accounts.sync_requests(db)
        try:
            with connected(db, account, held) as provider:
                sync_once(db, account.id, provider, parsers, lambda: not stop.is_set)
                say_live(db, account.id, requests)
                finish_once(db, account, provider, parsers, held, lambda: not stop.is_set)
        except Exception as error:  # noqa: BLE001 - the outermost loop over accounts: one must not stop another
            has_failed = True
            report(db, account.id, error, 1, requests)
            print(f"dealbox-sync: {account.name}: {error}", file=sys.stderr)  # noqa: T201 - the words of a program
    return 1 if has_failed or stop.is_set else 0


def _service(directory: Path, *, is_wanted: bool) -> int:
    say: Callable[[str], object] = print
    if is_wanted:
        path = service.install(directory)
        say(f"Wrote {path}")
        say("Start it with: systemctl --user daemon-reload && systemctl --user enable --now dealbox-sync")
        say("To keep it while you are logged out: loginctl enable-linger")
    elif service.uninstall():
        say("Removed. Stop it with: systemctl --user disable --now dealbox-sync")
    else:
        say("There was no unit.")
    return 0


def _demo(directory: Path, *, is_anew: bool) -> int:
    from sync import demo  # its texts are of no use to a worker

    try:
        if is_anew or not demo.is_current(directory):
            demo.build(directory, int(time.time()))
    except demo.NotADemo as error:
        raise _Refused(str(error)) from error
    return 0


class _Worker:
    """The main thread: one AccountThread for each account, woken by the doorbell."""

    def __init__(
        self, db: Database, parsers: ParsingChildren, held: HeldKey, stop: _Stop, *, stays: bool
    ) -> None:
        self._db = db
        self._parsers = parsers
        self._held = held
        self._stop = stop
        self._stays = stays
        self._threads: dict[AccountId, AccountThread] = {}
        self._next_times: dict[AccountId, int | None] = {}
        self._requests = accounts.sync_requests(db)
        self._needed_at = time.monotonic()
        self._version = db.data_version()
        self._judging = Judging(db)

    def run(self) -> None:
        bell = Doorbell(self._db.directory, doorbell.WORKER)
        self._judging.start()
        try:
            self._match_accounts()
            while not self._stop.is_set and self._is_needed():
                select.select([bell.fileno(), self._stop.pipe], [], [], _GLANCE_S)
                if not self._db.is_in_place():
                    raise StoreUnusable(
                        f"{self._db.path} was deleted or replaced while it was in use: close dealbox and start it again."
                    )
                has_rung = bell.drain()
                self._match_accounts()
                if self._has_been_asked(has_rung):
                    for thread in self._threads.values():
                        thread.wake()
                self._wake_those_asked()
                self._judging.glance()
        finally:
            bell.close()
            self._judging.stop()
            for thread in self._threads.values():
                thread.stop()
            for thread in self._threads.values():
                thread.join()
            self._judging.join()

    def retry(self) -> None:
        """Let every account be tried again now; callable from any thread."""
        for thread in tuple(self._threads.values()):
            thread.wake()

    def _match_accounts(self) -> None:
        wanted = {account.id: account for account in accounts.all(self._db)}
        for account_id, thread in list(self._threads.items()):
            account = wanted.get(account_id)
            if account is None or account.config != thread.account.config or not thread.is_alive:
                thread.stop()
                self._threads.pop(account_id).join()
        for account_id, account in wanted.items():
            if account_id not in self._threads:
                self._threads[account_id] = AccountThread(self._db, account, self._parsers, self._held)
                self._threads[account_id].start()

    def _has_been_asked(self, has_rung: bool) -> bool:
        """Say whether somebody rang who wrote nothing: then they want every account to be looked at."""
        before, self._version = self._version, self._db.data_version()
        return has_rung and self._version == before

    def _wake_those_asked(self) -> None:
        # The bell rings for our own writes too, so it is the outbox that says whom to wake.
        requests = accounts.sync_requests(self._db)
        is_requested, self._requests = requests != self._requests, requests
        for account_id, thread in self._threads.items():
            at = outbox.next_time(self._db, account_id)
            is_due = at is not None and (at <= time.time() or at != self._next_times.get(account_id))
            if is_requested or is_due:
                thread.wake()
            self._next_times[account_id] = at
            thread.glance()

    def _is_needed(self) -> bool:
        now = time.monotonic()
        is_busy = any(thread.is_busy for thread in self._threads.values())
        if self._stays or is_busy or doorbell.is_anybody_else_there(self._db.directory, doorbell.WORKER):
            self._needed_at = now
        return now - self._needed_at < IDLE_S
