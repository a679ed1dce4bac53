"""A thread that writes while its owner waits for an account."""

from __future__ import annotations

import threading

import pytest

from store.database import Database
from sync.writing_beside import Writer


def test_a_job_is_done_on_another_thread_and_waited_for(db: Database) -> None:
    done: list[int] = []
    with Writer(db) as writer:
        writer.begin(lambda: done.append(threading.get_ident()))
        writer.wait()
        assert done != [threading.get_ident()]


def test_what_a_job_raises_is_raised_to_who_waits_for_it(db: Database) -> None:
    def fail() -> None:
        raise RuntimeError("the disk is full")

    with Writer(db) as writer:
        writer.begin(fail)
        with pytest.raises(RuntimeError, match="full"):
            writer.wait()
        writer.wait()


def test_leaving_waits_for_the_job_and_lets_its_connection_go(db: Database) -> None:
    with Writer(db) as writer:
        writer.begin(lambda: _write(db))
    assert db.read().execute("SELECT value FROM meta WHERE key = 'beside'").fetchone() == ("1",)
    assert len(db._connections) == 1


def test_a_fault_of_the_owner_goes_before_one_of_the_job(db: Database) -> None:
    def fail() -> None:
        raise RuntimeError("the disk is full")

    with pytest.raises(ValueError, match="mine"), Writer(db) as writer:
        writer.begin(fail)
        raise ValueError("mine")


def _write(db: Database) -> None:
    with db.write() as connection:
        connection.execute("INSERT INTO meta (key, value) VALUES ('beside', '1')")
