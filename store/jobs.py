"""What accounts are still to do and what they refused, gathered for the jobs page: one line for what is alike."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from mail.ids import AccountId
from store import events, outbox
from store.database import Database

_LATEST: Final = 200
STUCK_ATTEMPTS: Final = 20
STUCK_S: Final = 86_400
GIVEN_UP: Final = "you gave it up"


class Job(NamedTuple):
    """Operations that differ only in the message they are about.

    `state` is running, pending or rejected; `mailbox` is where a move leads or what is to be made; `since` is when the
    first was asked for, `not_before` when the last is tried again. Times are seconds since 1970.
    """

    account_id: AccountId
    kind: str
    state: str
    mailbox: str
    add: tuple[str, ...]
    remove: tuple[str, ...]
    messages: int
    since: int
    attempts: int
    not_before: int
    error: str
    first_id: int


def all(db: Database) -> tuple[Job, ...]:
    """Return what was refused in the last days, newest first, then what waits, in the order it is asked."""
    rows = db.read().execute(
        "SELECT o.account_id, o.kind, o.state, coalesce(m.name, ''), o.payload, count(*), min(o.created_at),"
        " max(o.attempts), max(o.not_before), coalesce(o.error, ''), min(o.id)"
        " FROM operation o LEFT JOIN mailbox m ON m.id = o.target_id"
        " WHERE o.state IN ('pending', 'running') OR (o.finished_at IS NOT NULL AND o.state = 'rejected')"
        " GROUP BY o.account_id, o.kind, o.state, o.target_id, o.payload, o.error"
        " ORDER BY o.state <> 'rejected', CASE o.state WHEN 'rejected' THEN -max(o.finished_at) ELSE min(o.id) END"
        " LIMIT ?",
        (_LATEST,),
    )
    return tuple(_job(row) for row in rows.fetchall())


def _job(row: tuple[Any, ...]) -> Job:
    account_id, kind, state, mailbox, payload, *rest = row
    asked = json.loads(payload)
    add, remove = tuple(asked.get("add", ())), tuple(asked.get("remove", ()))
    return Job(account_id, kind, state, mailbox or asked.get("name", ""), add, remove, *rest)


def is_stuck(job: Job, now: int) -> bool:
    """Say whether a job has been tried in vain for so long that somebody should look at it."""
    return job.state != "rejected" and (
        job.attempts >= STUCK_ATTEMPTS or (job.attempts > 0 and now - job.since >= STUCK_S)
    )


def try_now(db: Database, jobs: Iterable[Job]) -> int:
    """Let what waits after a failure be tried at once; return how many operations those were."""
    return outbox.ask_now(db, [number for job in jobs for number in _ids(db.read(), job)])


def give_up(db: Database, job: Job) -> int:
    """Put back what the account was still to do; what it is doing now goes on. Return how many operations those were."""
    ids = _ids(db.read(), job) if job.state == "pending" else []
    outbox.settle(db, [(number, GIVEN_UP) for number in ids])
    return len(ids)


def forget(db: Database, job: Job) -> None:
    """Take a refused job off the page."""
    with db.write() as connection:
        connection.executemany(
            "UPDATE operation SET state = 'cancelled' WHERE id = ? AND state = 'rejected'",
            [(number,) for number in _ids(connection, job)],
        )
        events.record(connection, "outbox")


def _ids(connection: sqlite3.Connection, job: Job) -> list[int]:
    rows = connection.execute(
        "SELECT other.id FROM operation one JOIN operation other ON other.account_id = one.account_id"
        " AND other.kind = one.kind AND other.state = one.state AND other.target_id IS one.target_id"
        " AND other.payload = one.payload AND other.error IS one.error WHERE one.id = ? AND one.state = ?",
        (job.first_id, job.state),
    )
    return [row[0] for row in rows.fetchall()]
