from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import makers
import pytest
import waiting

from store import events, paths, schema
from store.database import Database, StoreTooNew, StoreUnusable, open_store


def test_a_store_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        db = open_store(tmp_path / "data", is_screen=False)
        makers.an_account(db)
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in db.directory.iterdir()}
    db.close()
    assert set(modes.values()) == {0o600}
    assert {"store.db", "store.db-wal", "store.db-shm"} <= modes.keys()
    assert db.directory.stat().st_mode & 0o777 == 0o700


def test_a_directory_others_can_read_is_refused_with_what_to_run(tmp_path: Path) -> None:
    directory = tmp_path / "open"
    directory.mkdir(mode=0o755)
    directory.chmod(0o755)
    with pytest.raises(paths.Unsafe, match="chmod 700"):
        open_store(directory, is_screen=True)


def test_a_store_of_a_newer_program_is_refused_by_version(tmp_path: Path) -> None:
    makers.a_store(tmp_path).close()
    file = tmp_path / "data" / paths.STORE_NAME
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 9999")
    connection.close()
    with pytest.raises(StoreTooNew, match="9999"):
        makers.a_store(tmp_path)


def test_a_file_that_is_no_database_is_unusable(tmp_path: Path) -> None:
    paths.make_private(tmp_path / "data")
    (tmp_path / "data" / paths.STORE_NAME).write_bytes(b"not a database" * 100)
    with pytest.raises(StoreUnusable):
        makers.a_store(tmp_path)


def test_opening_again_migrates_nothing(tmp_path: Path) -> None:
    open_store(tmp_path / "data", is_screen=False).close()
    db = open_store(tmp_path / "data", is_screen=True)
    assert db.read().execute("PRAGMA user_version").fetchone()[0] == schema.numbers()[-1]
    db.close()


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "CREATE TABLE one (id);\nCREATE TRIGGER t AFTER INSERT ON one BEGIN\n SELECT 1;\nEND;\nCREATE TABLE one (id);"
    monkeypatch.setattr(schema, "_script", lambda number: script)
    connection = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    with pytest.raises(sqlite3.OperationalError):
        schema.migrate(connection)
    assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    assert connection.execute("PRAGMA user_version").fetchone()[0] == 0
    connection.close()


def test_a_write_that_fails_is_taken_back_whole(db: Database) -> None:
    with pytest.raises(ZeroDivisionError), db.write() as connection:
        events.record(connection, "mail")
        _ = 1 / 0
    assert events.newest(db) == 0


def test_a_write_inside_a_write_is_an_error(db: Database) -> None:
    with pytest.raises(RuntimeError), db.write(), db.write():
        pass


def test_user_writes_are_synced_to_disk_and_bulk_ones_are_not(db: Database) -> None:
    with db.write() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    with db.write(is_durable=False) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 1


def test_each_thread_has_a_connection_of_its_own_and_close_ends_them_all(tmp_path: Path) -> None:
    db = makers.a_store(tmp_path)
    found: list[sqlite3.Connection] = []
    thread = threading.Thread(target=lambda: found.append(db.read()))
    thread.start()
    thread.join()
    assert found[0] is not db.read()
    db.close()
    with pytest.raises(sqlite3.ProgrammingError):
        found[0].execute("SELECT 1")
    db.close()


def test_the_data_version_changes_when_another_connection_commits(tmp_path: Path) -> None:
    ours, theirs = makers.a_store(tmp_path, is_screen=True), makers.a_store(tmp_path)
    before = ours.data_version()
    assert ours.data_version() == before
    makers.an_account(theirs)
    assert ours.data_version() != before
    ours.close()
    theirs.close()


def test_a_bulk_writer_sees_that_another_program_waits_to_write(tmp_path: Path) -> None:
    bulk, screen = makers.a_store(tmp_path), makers.a_store(tmp_path, is_screen=True)
    assert not bulk.is_wanted()
    done = threading.Event()

    def write() -> None:
        with screen.write():
            done.set()

    with bulk.write(is_durable=False):
        thread = threading.Thread(target=write)
        thread.start()
        waiting.until(bulk.is_wanted, "the screen waits to write")
    thread.join()
    assert done.is_set()
    assert not bulk.is_wanted()
    assert bulk.was_wanted(within_s=60)
    assert not bulk.was_wanted(within_s=0)
    bulk.close()
    screen.close()


def test_two_threads_of_one_program_wait_for_each_other(db: Database) -> None:
    seen: list[bool] = []

    def write() -> None:
        with db.write():
            pass

    with db.write():
        thread = threading.Thread(target=write)
        thread.start()
        while not db.is_wanted():
            pass
        seen.append(True)
    thread.join()
    assert seen == [True]
    assert not db.is_wanted()
