from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator

import crm_rows
import makers
import pytest
from stored import Stored, a_stored_email, mailboxes_of

from linking import deciding
from mail.types import Role
from store.database import Database
from store.links import decisions, links
from sync.judging import Judging

LONG_S = 60.0


@pytest.fixture
def judging(db: Database) -> Iterator[Judging]:
    made = Judging(db)
    yield made
    made.stop()
    made.join()


@pytest.fixture
def stored(db: Database) -> Stored:
    crm_rows.a_deal(db, "Printers", crm_rows.a_person(db, "Ana", "ana@acme.example"))
    return a_stored_email(db, account := makers.an_account(db), mailboxes_of(db, account)[Role.INBOX])


def told(monkeypatch: pytest.MonkeyPatch, judge: Callable[[], object] = lambda: None) -> threading.Semaphore:
    """Return what is released whenever everything due was judged, after `judge` was called."""
    done = threading.Semaphore(0)
    decide_due = deciding.decide_due

    def deciding_loudly(db: Database, **options: Callable[[], bool]) -> int:
        try:
            judge()
            return decide_due(db, **options)  # type: ignore[arg-type] # handed through
        finally:
            done.release()

    monkeypatch.setattr(deciding, "decide_due", deciding_loudly)
    return done


def until_judged(db: Database, done: threading.Semaphore) -> None:
    while decisions.is_due(db):
        assert done.acquire(timeout=LONG_S)


def test_what_was_left_over_is_judged_at_the_start(
    db: Database, judging: Judging, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = told(monkeypatch)
    judging.start()
    until_judged(db, done)
    slot = links.slot(db, stored.thread_id)
    assert slot is not None and slot.origin == "auto"


def test_what_a_screen_changed_is_judged_at_the_next_glance(
    db: Database, judging: Judging, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = told(monkeypatch)
    judging.start()
    until_judged(db, done)
    judging.glance()
    with db.write() as connection:
        decisions.mark(connection, [stored.thread_id])
    judging.glance()
    until_judged(db, done)


@pytest.mark.parametrize(
    "trouble", [sqlite3.OperationalError("database or disk is full"), KeyError("a fault")]
)
def test_judging_that_failed_is_tried_again(
    trouble: Exception,
    db: Database,
    judging: Judging,
    stored: Stored,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    troubles = [trouble]

    def fail() -> None:
        if troubles:
            raise troubles.pop()

    done = told(monkeypatch, fail)
    judging.start()
    assert done.acquire(timeout=LONG_S)
    while not caplog.records:
        assert not done.acquire(timeout=0.01)
    judging.glance()
    until_judged(db, done)
    assert "could not be judged" in caplog.text
