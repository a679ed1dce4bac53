"""Imports on their way into the store: in short transactions, so that nobody waits, and all of them or none in the end.

Once a plan is on the disk and the store knows of it, the import happens: a process that dies has its work carried on by
the next that looks, and nothing is judged by items that are there by half. docs/decisions/0012 says why it is done so.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from mail.types import ThreadId
from store import events, private_file
from store.crm import import_plan, import_steps
from store.crm.import_plan import Plan, PlanGone
from store.database import SLICE, Database
from store.links import awaited

KEPT_S: Final = 30 * 86_400
"""For so long the last import can be taken back."""
_LOCK: Final = "import.lock"
_LOCK_WAIT_S: Final = 2.0
_SLICE_S: Final = 0.04
MayGoOn = Callable[[], bool]


class UnderWay(Exception):
    """Another import is being prepared or written; the text says so."""


class NothingToTakeBack(Exception):
    """There is no import that could be taken back; the text says why."""


@dataclass(frozen=True, slots=True)
class Run:
    """An import: of which file, how far it is, and when it began. `state` is writing, taking_back, done or lost."""

    id: str
    file: str
    state: str
    steps: int
    done: int
    at: int


@dataclass(frozen=True, slots=True)
class Reverted:
    """An import that was taken back: of which file, and how many rows stayed because somebody changed them since."""

    file: str
    left: int


def last(db: Database) -> Run | None:
    """Return the import that came last, None when there is none to tell of."""
    row = db.read().execute("SELECT id, file, state, steps, done, at FROM import_run LIMIT 1").fetchone()
    return Run(*row) if row else None


def is_under_way(db: Database) -> bool:
    """Say whether only a part of an import is in the store."""
    found = db.read().execute("SELECT 1 FROM import_run WHERE state IN ('writing', 'taking_back') LIMIT 1")
    return found.fetchone() is not None


@contextmanager
def alone(db: Database) -> Iterator[None]:
    """Let no other import be prepared or written meanwhile; one that was cut off is carried on first. Raises UnderWay."""
    with _locked(db):
        _finish(db, lambda: True)
        yield


@contextmanager
def _locked(db: Database) -> Iterator[None]:
    try:
        with private_file.locked(db.directory / _LOCK, _LOCK_WAIT_S):
            yield
    except private_file.Busy:
        raise UnderWay("another import is under way: try again when it is done") from None


def carry_on(db: Database, may_go_on: MayGoOn = lambda: True) -> bool:
    """Carry on an import that was cut off, and say whether none is under way any more.

    One that another process is writing is left to it.
    """
    if not is_under_way(db):
        return True
    try:
        with private_file.locked(db.directory / _LOCK, 0):
            _finish(db, may_go_on)
    except private_file.Busy:
        return False
    return not is_under_way(db)


def write(
    db: Database, file: str, steps: Iterable[str], now: int, told: Callable[[int], None] = lambda _: None
) -> int:
    """Bring the steps into the store, within alone(), and return how many rows had no place any more.

    `told` hears now and then how many percent are written. What KeyboardInterrupt cuts short is taken back.
    """
    plan_id, count = import_plan.write(db.directory, steps)
    with db.write() as connection:
        connection.execute("DELETE FROM import_run")
        connection.execute(
            "INSERT INTO import_run (id, file, state, steps, at) VALUES (?, ?, 'writing', ?, ?)",
            (plan_id, file, count, now),
        )
    import_plan.adopt(db.directory)
    try:
        return _finish(db, lambda: True, told)
    except KeyboardInterrupt:
        _turn_back(db)
        _finish(db, lambda: True)
        raise


def take_back(db: Database, may_go_on: MayGoOn = lambda: True) -> Reverted:
    """Take the last import out of the store again, also one that was cut off, but for what somebody changed since.

    Raises NothingToTakeBack, UnderWay.
    """
    with _locked(db):
        run = last(db)
        if run is None:
            raise NothingToTakeBack("there is no import that could be taken back")
        try:
            Plan(db.directory, run.id).close()
        except PlanGone:
            raise NothingToTakeBack(f"what the import of {run.file} did is no longer known") from None
        _turn_back(db)
        return Reverted(run.file, _finish(db, may_go_on))


def tidy(db: Database, now: int) -> None:
    """Forget an import that came in long ago."""
    run = last(db)
    if run is not None and run.state in ("done", "lost") and run.at < now - KEPT_S:
        with db.write(is_durable=False) as connection:
            connection.execute("DELETE FROM import_run WHERE id = ?", (run.id,))
        import_plan.forget(db.directory)


def _turn_back(db: Database) -> None:
    with db.write() as connection:
        connection.execute("UPDATE import_run SET state = 'taking_back'")


def _finish(db: Database, may_go_on: MayGoOn, told: Callable[[int], None] = lambda _: None) -> int:
    """Write, or take back, what is left of the import under way; return how many rows could not be."""
    run, left = last(db), 0
    if run is None or run.state not in ("writing", "taking_back"):
        return 0
    try:
        with Plan(db.directory, run.id) as plan:
            while not _is_through(run):
                if not may_go_on():
                    return left
                db.give_way()
                run, more = _slice(db, plan, run)
                left += more
                told(100 * run.done // run.steps)
    except PlanGone:
        _give_up(db, run)
    else:
        _end(db, run)
    return left


def _is_through(run: Run) -> bool:
    return run.done == (run.steps if run.state == "writing" else 0)


def _slice(db: Database, plan: Plan, run: Run) -> tuple[Run, int]:
    """Carry out as many steps as fit into a moment, and fewer when somebody waits to write.

    Return how far it is then, and how many rows could not be written.
    """
    until = time.monotonic() + _SLICE_S
    done, left = run.done, 0
    with db.write(is_durable=False) as connection:
        while not _is_through(_at(run, done)):
            if run.state == "writing":
                left += import_steps.carry_out(connection, plan.step(done + 1))
                done += 1
            else:
                left += import_steps.take_back(connection, plan.step(done), int(time.time()))
                done -= 1
            if time.monotonic() > until or db.is_wanted():
                break
        connection.execute("UPDATE import_run SET done = ? WHERE id = ?", (done, run.id))
    return _at(run, done), left


def _at(run: Run, done: int) -> Run:
    return Run(run.id, run.file, run.state, run.steps, done, run.at)


def _end(db: Database, run: Run) -> None:
    """Let conversations have the links that came with the items, and tell everybody."""
    if run.state == "writing":
        _link(db)
    with db.write() as connection:
        if run.state == "writing":
            connection.execute("UPDATE import_run SET state = 'done' WHERE id = ?", (run.id,))
        else:
            connection.execute("DELETE FROM import_run WHERE id = ?", (run.id,))
        events.record(connection, "items")
    if run.state == "taking_back":
        import_plan.forget(db.directory)


def _link(db: Database) -> None:
    waiting = awaited.threads(db.read())
    for start in range(0, len(waiting), SLICE):
        db.give_way()
        with db.write(is_durable=False) as connection:
            _link_some(connection, waiting[start : start + SLICE])


def _link_some(connection: sqlite3.Connection, thread_ids: list[ThreadId]) -> None:
    touched = awaited.link(connection, int(time.time()), thread_ids)
    events.record(connection, "items", thread_ids=touched)


def _give_up(db: Database, run: Run) -> None:
    """Let an import end where it is, as nobody knows any more what it was about to do; dealbox doctor tells of it."""
    with db.write() as connection:
        connection.execute("UPDATE import_run SET state = 'lost' WHERE id = ?", (run.id,))
        events.record(connection, "items")
