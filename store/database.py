"""The connections to the store: one per thread, all in write-ahead-log mode."""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from store import doorbell, paths, schema
from store.schema import StoreTooNew as StoreTooNew

BUSY_TIMEOUT_MS: Final = 10_000
PAGE_OCTETS: Final = 8192
_TRY_EVERY_S: Final = 0.001
LONGEST_PAUSE_S: Final = 0.2
SLICE: Final = 40
"""Rows a bulk writer writes between two looks at whether somebody waits to write."""
_GLANCE_S: Final = 0.002
_PRAGMAS: Final = (
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
)


class StoreUnusable(Exception):
    """The store cannot be opened: it is not a database, it is damaged, or the disk is full."""


class Database:
    """The store of one data directory, usable from any thread. Each thread gets its own connection."""

    def __init__(self, directory: Path, *, is_screen: bool) -> None:
        self.directory = directory
        self.path = directory / paths.STORE_NAME
        self.is_screen = is_screen
        self._local = threading.local()
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._connections: list[sqlite3.Connection] = []
        paths.touch_private(directory / paths.TURN_NAME)
        self._turn = os.open(directory / paths.TURN_NAME, os.O_RDWR | os.O_CLOEXEC)
        self._waiting = 0
        self._wanted_at = -math.inf
        self._identity = _identity(self.path)

    def read(self) -> sqlite3.Connection:
        """Return this thread's connection, for reading: never leave a cursor half read."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            self._local.connection = connection
        return connection

    @contextmanager
    def write(self, *, is_durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Run the block as one write transaction on this thread's connection, then ring the doorbell.

        An exception takes all of it back. A durable one survives a power cut once the block is left. One that is not survives the death of any
        process, but a power cut may take the last few: for what an account would tell us again.
        """
        connection = self.read()
        if connection.in_transaction:
            raise RuntimeError("a write transaction is open on this thread already")
        connection.execute("PRAGMA synchronous=FULL" if is_durable else "PRAGMA synchronous=NORMAL")
        self._begin(connection, is_durable)
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        finally:
            self._writing.release()
        doorbell.ring(self.directory)

    def _begin(self, connection: sqlite3.Connection, is_durable: bool) -> None:
        # Our own threads take turns at a lock, because SQLite would let them sleep for up to 0.1 s.
        with self._in_line() if is_durable else contextlib.nullcontext():
            self._writing.acquire()
            try:
                if is_durable:
                    _begin_soon(connection)
                else:
                    connection.execute("BEGIN IMMEDIATE")
            except BaseException:
                self._writing.release()
                raise

    def give_way(self) -> None:
        """Wait a little while somebody waits to write something durable: what a bulk writer does between transactions."""
        until = time.monotonic() + LONGEST_PAUSE_S
        while self.is_wanted() and time.monotonic() < until:
            time.sleep(_GLANCE_S)

    def is_wanted(self) -> bool:
        """Say whether somebody waits to write something durable: then end the bulk transaction soon."""
        if self._waiting or not self._is_line_empty():
            self._wanted_at = time.monotonic()
            return True
        return False

    def was_wanted(self, within_s: float) -> bool:
        """Say whether is_wanted() was true so recently."""
        return time.monotonic() - self._wanted_at < within_s

    def _is_line_empty(self) -> bool:
        try:
            fcntl.flock(self._turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        fcntl.flock(self._turn, fcntl.LOCK_UN)
        return True

    @contextmanager
    def _in_line(self) -> Iterator[None]:
        # A shared lock held while waiting: other processes see it, and `_waiting` is for our own threads,
        # because flock belongs to the open file, which they share.
        with self._lock:
            self._waiting += 1
            if self._waiting == 1:
                fcntl.flock(self._turn, fcntl.LOCK_SH)
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1
                if self._waiting == 0:
                    fcntl.flock(self._turn, fcntl.LOCK_UN)

    def is_in_place(self) -> bool:
        """Say whether the file that is open still is the one at `path`: what is written to a deleted one is lost."""
        return _identity(self.path) == self._identity

    def data_version(self) -> int:
        """Return a number that changes when any other connection commits; about 5 microseconds."""
        return int(self.read().execute("PRAGMA data_version").fetchone()[0])

    def let_go(self) -> None:
        """Close this thread's connection: for a thread that ends before the store is closed."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            return
        del self._local.connection
        with self._lock:
            if connection in self._connections:
                self._connections.remove(connection)
        connection.close()

    def close(self) -> None:
        """Close the connections of every thread; twice is harmless."""
        with self._lock:
            connections, self._connections = self._connections, []
            turn, self._turn = self._turn, -1
        for connection in connections:
            connection.close()
        if turn >= 0:
            os.close(turn)
        self._local = threading.local()

    def _connect(self) -> sqlite3.Connection:
        # check_same_thread is off so that close() can close what other threads opened.
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        # A checkpoint writes and syncs the whole log: the worker's business, not a key press's.
        connection.execute(f"PRAGMA wal_autocheckpoint={16_000 if self.is_screen else 2_000}")
        # What is mapped counts as the process's memory, and gains a writer nothing.
        connection.execute(f"PRAGMA mmap_size={268_435_456 if self.is_screen else 0}")
        connection.execute(f"PRAGMA cache_size={-8_000 if self.is_screen else -48_000}")
        with self._lock:
            self._connections.append(connection)
        return connection


@contextmanager
def all_or_nothing(connection: sqlite3.Connection) -> Iterator[None]:
    """Run the block as a part of the write transaction: an exception takes back what it wrote, and no more."""
    connection.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK TO part")
        raise
    finally:
        connection.execute("RELEASE part")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _begin_soon(connection: sqlite3.Connection) -> None:
    """Begin within a millisecond of the time it can be; SQLite itself would sleep up to 0.1 s between two tries."""
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
            time.sleep(_TRY_EVERY_S)
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def open_store(directory: Path, *, is_screen: bool) -> Database:
    """Open the store in `directory`, made and migrated as needed. Raises StoreTooNew, StoreUnusable, paths.Unsafe."""
    paths.make_private(directory)
    if not (directory / paths.STORE_NAME).exists():
        paths.check_local(directory)
    paths.touch_private(directory / paths.STORE_NAME)
    db = Database(directory, is_screen=is_screen)
    try:
        connection = db.read()
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute(f"PRAGMA page_size={PAGE_OCTETS}")  # of a new file; others keep what they have
            connection.execute("PRAGMA journal_mode=WAL")
        schema.migrate(connection)
    except sqlite3.Error as error:
        db.close()
        raise StoreUnusable(f"{db.path} cannot be used: {error}{_advice(error)}") from error
    except BaseException:
        db.close()
        raise
    return db


def _advice(error: sqlite3.Error) -> str:
    if error.sqlite_errorcode not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return ""
    return ". Move it away and start again: mail comes anew from the accounts, the CRM from its import"
