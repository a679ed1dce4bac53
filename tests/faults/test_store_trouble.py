"""Disks that are full, stores that are locked, damaged, deleted or read-only: a message, no loss, and it goes on by itself."""

from __future__ import annotations

import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import programs
import pytest
from killing_servers import fill
from machines import Machine, assert_quiet, config_of
from servers.dovecot import Dovecot, User
from servers.peer import Peer
from soaking import IS_SOAK
from syncing import a_maildir, a_message, an_account_on
from waiting import until
from working import Working

from mail.keywords import SEEN
from store import actions, database, invariants, paths
from store.database import Database, StoreUnusable, open_store
from store.health import checks
from store.worker_process import WorkerLock
from sync import worker

NOBODY = 65_534


def letters(number: int, count: int = 20_000) -> bytes:
    """Return a message that does not compress well."""
    text = random.Random(number).choices("abcdefghijklmnopqrstuvwxyz     ", k=count)
    lines = ["".join(text[start : start + 70]) for start in range(0, count, 70)]
    return a_message(number, text="\r\n".join(lines))


def set_room(db: Database, pages: int) -> None:
    """Let the disk have room for so many pages more than there are, in the mind of every connection."""
    for connection in db._connections:
        (count,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {count + pages}")


@pytest.mark.parametrize("room", [0, 3, 30], ids=["headers", "index", "bodies"])
def test_a_full_disk_stops_the_sync_in_good_order_and_it_goes_on_when_there_is_room(
    dovecot: Dovecot, peer: Peer, machine: Machine, room: int
) -> None:
    """F38: in a batch of headers, and while bodies are written."""
    for number in range(12):
        peer.append("INBOX", letters(number))
    set_room(machine.db, room)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        machine.sync()
    assert invariants.check(machine.db) == []
    set_room(machine.db, 100_000)
    assert_quiet(dovecot, machine)


def test_a_worker_on_a_full_disk_says_so_and_goes_on_by_itself(
    dovecot: Dovecot, peer: Peer, machine: Machine
) -> None:
    """F38: every thread of it."""
    with Working(machine):
        until(lambda: machine.account.status == "live")
        set_room(machine.db, 2)
        for number in range(12):
            peer.append("INBOX", letters(number))
        until(lambda: "disk is full" in machine.account.status_text)
        set_room(machine.db, 100_000)
        until(lambda: machine.account.status == "live" and not machine.wrong_here())
    assert_quiet(dovecot, machine)


def test_a_log_that_cannot_grow_damages_nothing(dovecot: Dovecot, peer: Peer, machine: Machine) -> None:
    """F38: RLIMIT_FSIZE strikes in the write-ahead log and in its checkpoint."""
    for number in range(40):
        peer.append("INBOX", letters(number))
    machine.close()
    held = (machine.directory / "store.db").stat().st_size

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (held + 150_000, held + 150_000))

    process = programs.start_worker(machine.directory, "--once", prepare=limit)
    _, words = process.communicate(timeout=60)
    assert process.returncode == 1, words
    assert "dealbox-sync: " in words
    with Machine(machine.directory, machine.user) as again:
        assert invariants.check(again.db) == []
        assert_quiet(dovecot, again)


_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
"""


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Let another process keep the store locked."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(directory / "store.db")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield
    finally:
        process.communicate("go\n")


def test_a_store_locked_for_too_long_is_waited_for(
    dovecot: Dovecot, user: User, peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F39: longer than anybody waits; then it goes on by itself."""
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 200)
    monkeypatch.setattr(database, "_PRAGMAS", ("PRAGMA busy_timeout=200", *database._PRAGMAS[1:]))
    with Machine(tmp_path / "data", user, config_of(dovecot, user)) as machine:
        with Working(machine) as work:
            until(lambda: machine.account.status == "live")
            with locked(machine.directory):
                fill(peer, "INBOX", 1, 2)
                work.wake()
                with pytest.raises(sqlite3.OperationalError, match="locked"):
                    actions.set_keyword(machine.db, [], SEEN, True)
                assert machine.thread_count() == 0
            until(lambda: machine.thread_count() == 2 and not machine.wrong_here())
        assert_quiet(dovecot, machine)


def test_a_second_worker_is_told_of_the_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """F39: by the lock of the data directory, which a killed one does not keep."""
    directory = tmp_path / "data"
    open_store(directory, is_screen=False).close()
    lock = WorkerLock(directory)
    assert lock.take()
    assert worker.main(["--data", str(directory), "--once"]) == 1
    assert "another dealbox-sync is at work" in capsys.readouterr().err
    lock.release()
    assert worker.main(["--data", str(directory), "--once"]) == 0


def test_a_reader_keeps_its_view_while_the_log_is_written_back(db: Database, tmp_path: Path) -> None:
    """F39: and keeps nobody from writing."""
    with closing(sqlite3.connect(db.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM account").fetchone() == (0,)
        an_account_on(db, tmp_path)
        db.read().execute("PRAGMA wal_checkpoint(PASSIVE)")
        assert reader.execute("SELECT count(*) FROM account").fetchone() == (0,)
        reader.execute("COMMIT")
        assert reader.execute("SELECT count(*) FROM account").fetchone() == (1,)


def test_a_store_deleted_under_a_worker_ends_it_with_a_word(db: Database, tmp_path: Path) -> None:
    """F40: what it would write from then on would be lost."""
    an_account_on(db, a_maildir(tmp_path / "mail", 3).root)
    process = programs.start_worker(db.directory, "--stay")
    until(lambda: db.read().execute("SELECT status FROM account").fetchone() == ("live",))
    for path in db.directory.glob("store.db*"):
        path.unlink()
    _, words = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "was deleted or replaced while it was in use" in words


def test_a_damaged_store_is_told_and_built_anew_from_the_account(
    dovecot: Dovecot, user: User, peer: Peer, tmp_path: Path
) -> None:
    """F40: in the middle of the file while it is in use."""
    fill(peer, "INBOX", 1, 2, 3)
    config = config_of(dovecot, user)
    with Machine(tmp_path / "data", user, config) as machine:
        machine.sync()
        machine.db.read().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = (
            machine.db.read()
            .execute("SELECT rootpage FROM sqlite_master WHERE name = 'placement'")
            .fetchone()
        )
        with machine.db.path.open("r+b") as file:
            file.seek((page - 1) * database.PAGE_OCTETS)
            file.write(b"\xff" * database.PAGE_OCTETS)
        with closing(open_store(machine.directory, is_screen=False)) as damaged:
            told = [finding.text for finding in checks.check(damaged) if finding.about == "integrity"]
        assert any("move" in text and "start again" in text for text in told)
        fill(peer, "INBOX", 4)
        with Machine(machine.directory, user) as other, pytest.raises(sqlite3.DatabaseError):
            other.sync()
    shutil.move(tmp_path / "data", tmp_path / "moved away")
    with Machine(tmp_path / "data", user, config) as again:
        assert_quiet(dovecot, again)


def test_what_is_no_store_is_refused_by_its_name(tmp_path: Path) -> None:
    """F40: its beginning is gone."""
    directory = tmp_path / "data"
    open_store(directory, is_screen=False).close()
    (directory / "store.db").write_bytes(b"no store at all" * 1_000)
    with pytest.raises(StoreUnusable, match=r"store\.db cannot be used.*Move it away and start again"):
        open_store(directory, is_screen=False)


def test_a_migration_killed_anywhere_leaves_the_old_store_or_the_new_one(tmp_path: Path) -> None:
    """F41: never a mixture."""
    printed = programs.run("killing_migrations.py", 1 if IS_SOAK else 5, tmp_path)
    assert int(printed.split()[1]) >= (60 if IS_SOAK else 12)


@contextmanager
def as_somebody_without_privileges() -> Iterator[Path]:
    """Be nobody, in a directory of theirs."""
    place = Path(tempfile.mkdtemp(prefix="dealbox-faults-"))
    was_root = os.geteuid() == 0
    try:
        if was_root:
            os.chown(place, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        yield place
    finally:
        if was_root:
            os.seteuid(0)
        for path in (place, *place.rglob("*")):
            path.chmod(0o700)
        shutil.rmtree(place)


def test_a_directory_that_cannot_be_written_is_refused_with_advice(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """F42: read-only, or nobody's to write."""
    with as_somebody_without_privileges() as place:
        directory = place / "data"
        open_store(directory, is_screen=False).close()
        directory.chmod(0o500)
        assert worker.main(["--data", str(directory), "--once"]) == 1
    words = capsys.readouterr().err
    assert "cannot be written to" in words
    assert "--data" in words


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_a_store_on_a_disk_of_another_machine_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """F42: a home directory on NFS."""
    monkeypatch.setattr(paths, "file_system", lambda path, mounts=None: kind)
    with pytest.raises(paths.Unsafe, match=r"network file system .*--data"):
        open_store(tmp_path / "data", is_screen=False)
