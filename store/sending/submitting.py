"""Messages on their way out, as the worker moves them: every step is committed, so that a kill leaves no doubt but one.

What was being handed to a server when the worker died is `unknown`: it is looked for and never sent again unasked.
"""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mail.types import AccountId
from store import boot_clock, events
from store.database import Database

STUCK_S: Final = 86_400
"""What could not be sent for so long is told again."""
_LOST: Final = "The program ended while this was being sent: it is being looked for in the account."


@dataclass(frozen=True, slots=True)
class Job:
    """A submission whose time has come. `looks` is how often it was looked for since it was sent."""

    id: int
    state: str
    looks: int


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What to hand to a server, and how often that was tried, this time included."""

    id: int
    message_id: str
    sender: str
    recipients: tuple[str, ...]
    octets: bytes
    attempts: int


def recover(db: Database, account_id: AccountId) -> int:
    """Let what was being sent when the worker ended be unknown; return how many those are. One thread sends at a time."""
    query = (
        "SELECT 1 FROM submission WHERE account_id = ? AND state IN ('queued', 'submitting', 'accepted', 'unknown')"
        " AND state = 'submitting' LIMIT 1"
    )
    if db.read().execute(query, (account_id,)).fetchone() is None:
        return 0
    with db.write() as connection:
        cursor = connection.execute(
            "UPDATE submission SET state = 'unknown', error = ?, looks = 0, not_before = 0, held_until = NULL"
            " WHERE account_id = ? AND state = 'submitting'",
            (_LOST, account_id),
        )
        events.record(connection, "submissions", text=_LOST)
    return cursor.rowcount


def due(db: Database, account_id: AccountId) -> tuple[tuple[Job, ...], float | None]:
    """Return what is to be done now, oldest first, and the seconds until there is more; None when nothing waits."""
    rows = (
        db.read()
        .execute(
            "SELECT id, state, looks, not_before, held_until FROM submission"
            " WHERE account_id = ? AND state IN ('queued', 'submitting', 'accepted', 'unknown')"
            " AND state <> 'submitting' AND not_before <> ? ORDER BY id LIMIT 500",
            (account_id, NEVER),
        )
        .fetchall()
    )
    now = time.time()
    waits = [(_wait_s(row[3], row[4], now), Job(*row[:3])) for row in rows]
    later = [wait_s for wait_s, _ in waits if wait_s > 0]
    return tuple(job for wait_s, job in waits if wait_s <= 0), min(later, default=None)


def signature(db: Database, account_id: AccountId) -> tuple[int, ...]:
    """Return numbers that differ when a message was queued, taken back, or given another time."""
    row = (
        db.read()
        .execute(
            "SELECT count(*), coalesce(max(id), 0), coalesce(min(not_before), 0) FROM submission"
            " WHERE account_id = ? AND state IN ('queued', 'submitting', 'accepted', 'unknown') AND state = 'queued'",
            (account_id,),
        )
        .fetchone()
    )
    return tuple(row)


def asked(db: Database, account_id: AccountId) -> tuple[int, ...]:
    """Return the messages whose fate only the user is waited for to tell."""
    rows = db.read().execute(
        "SELECT id FROM submission WHERE account_id = ? AND not_before = ?"
        " AND state IN ('queued', 'submitting', 'accepted', 'unknown') AND state = 'unknown' LIMIT 100",
        (account_id, NEVER),
    )
    return tuple(row[0] for row in rows.fetchall())


NEVER: Final = 1 << 62
"""The time of what waits for the user alone."""


def _wait_s(not_before: int, held_until: str | None, now: float) -> float:
    if held_until is None:
        return max(0.0, not_before - now)
    # Whoever sets the clock neither shortens nor lengthens a delay; one from before the machine started is over.
    return boot_clock.seconds_to(held_until) or 0.0


def begin(db: Database, submission_id: int, most: int) -> Outgoing | None:
    """Note, so that it survives anything, that a message is about to be handed over; None when it is not to be any more.

    Without recipients there is nothing left to hand over, and nothing is noted.
    """
    with db.write() as connection:
        connection.execute(
            "UPDATE submission SET state = 'submitting', attempts = attempts + 1,"
            " submitted_at = coalesce(submitted_at, ?) WHERE id = ? AND state = 'queued' AND recipients <> '[]'",
            (int(time.time()), submission_id),
        )
        row = connection.execute(
            "SELECT id, message_id, sender, recipients, octets, attempts FROM submission WHERE id = ?"
            " AND (state = 'submitting' OR (state = 'queued' AND recipients = '[]'))",
            (submission_id,),
        ).fetchone()
    if row is None:
        return None
    recipients = tuple(json.loads(row[3]))[:most]
    return Outgoing(row[0], row[1], row[2], recipients, zlib.decompress(row[4]), row[5])


def note(
    db: Database,
    submission_id: int,
    taken: Sequence[str],
    refused: Mapping[str, str],
    *,
    delay_s: float = 0.0,
    error: str = "",
) -> None:
    """Note which recipients a server has taken or refused; the others, or the end, are for after `delay_s`."""
    with db.write() as connection:
        row = connection.execute(
            "SELECT recipients, taken, refused FROM submission WHERE id = ?", (submission_id,)
        ).fetchone()
        recipients, before, words = (json.loads(column) for column in row)
        left = [one for one in recipients if one not in taken and one not in refused]
        connection.execute(
            "UPDATE submission SET recipients = ?, taken = ?, refused = ? WHERE id = ?",
            (
                json.dumps(left),
                json.dumps([*before, *taken]),
                json.dumps({**words, **refused}),
                submission_id,
            ),
        )
        _wait(connection, submission_id, "queued", delay_s if left else 0.0, error)
        events.record(connection, "submissions")


def postpone(db: Database, submission_id: int, delay_s: float, error: str) -> None:
    """Let a message nobody more has got be handed over again later; the user hears of it when it takes a day."""
    now = int(time.time())
    with db.write() as connection:
        before, submitted_at, subject = connection.execute(
            "SELECT not_before, submitted_at, subject FROM submission WHERE id = ?", (submission_id,)
        ).fetchone()
        _wait(connection, submission_id, "queued", delay_s, error)
        was_told = before - submitted_at >= STUCK_S
        text = f"{named(subject)} has not been sent for a day. {error}"
        is_stuck = now - submitted_at >= STUCK_S and not was_told
        events.record(connection, "submissions", text=text if is_stuck else "")


def _wait(connection: sqlite3.Connection, submission_id: int, state: str, delay_s: float, error: str) -> None:
    connection.execute(
        "UPDATE submission SET state = ?, not_before = ?, held_until = ?, error = ? WHERE id = ?",
        (state, int(time.time() + delay_s), boot_clock.after(delay_s), error, submission_id),
    )


def unknown(db: Database, submission_id: int, error: str) -> None:
    """Note that a message may have been sent; it is looked for at once."""
    with db.write() as connection:
        connection.execute(
            "UPDATE submission SET state = 'unknown', error = ?, looks = 0, not_before = 0, held_until = NULL"
            " WHERE id = ?",
            (error, submission_id),
        )
        events.record(connection, "submissions", text=error)


def look_again(db: Database, submission_id: int, delay_s: float, *, counts: bool = True) -> None:
    """Let a message that was sent, or may have been, be looked for again; a look that could not be had does not count."""
    with db.write(is_durable=False) as connection:
        connection.execute(
            "UPDATE submission SET looks = looks + ?, not_before = ?, held_until = ? WHERE id = ?",
            (int(counts), int(time.time() + delay_s), boot_clock.after(delay_s), submission_id),
        )


def ask_user(db: Database, submission_id: int) -> None:
    """Let the user say what became of a message that was not found."""
    with db.write() as connection:
        (subject,) = connection.execute(
            "SELECT subject FROM submission WHERE id = ?", (submission_id,)
        ).fetchone()
        text = (
            f"{named(subject)} may have been sent or not: the server's answer was lost and no copy was found."
            " Say on the outbox page whether it was sent."
        )
        connection.execute(
            "UPDATE submission SET not_before = ?, held_until = NULL, error = ? WHERE id = ? AND state = 'unknown'",
            (NEVER, text, submission_id),
        )
        events.record(connection, "submissions", text=text)


def has_anybody_got_it(db: Database, submission_id: int) -> bool:
    """Say whether a server has taken the message for anybody."""
    query = "SELECT taken <> '[]' FROM submission WHERE id = ?"
    return bool(db.read().execute(query, (submission_id,)).fetchone()[0])


def reject(db: Database, submission_id: int) -> None:
    """Note that nobody gets the message; its draft can be written on, or it can be sent again as it is."""
    with db.write() as connection:
        subject, refused = connection.execute(
            "SELECT subject, refused FROM submission WHERE id = ?", (submission_id,)
        ).fetchone()
        reason = next(iter(json.loads(refused).values()), "")
        connection.execute(
            "UPDATE submission SET state = 'rejected', error = ?, finished_at = ? WHERE id = ?",
            (reason, int(time.time()), submission_id),
        )
        events.record(connection, "submissions", text=f"{named(subject)} was not sent. {reason}")


def named(subject: str) -> str:
    """Return a message as sentences call it."""
    return f"“{subject}”" if subject else "A message"
