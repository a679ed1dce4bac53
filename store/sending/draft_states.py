"""What undo does to drafts and to messages on their way out: let one be in another state, with all that takes."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Final

from mail.types import ThreadId
from store import desired, events
from store.desired import Wish

FIELDS: Final = ("draft", "submission")
"""The fields of an action's steps that are carried out here; their subjects are ids of drafts and submissions."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a step: the draft to be written on, whether it came too late, and the threads it touched."""

    draft_id: int | None = None
    is_too_late: bool = False
    thread_ids: frozenset[ThreadId] = frozenset()


def let(
    connection: sqlite3.Connection, field: str, subject: int, state: str, *, now: int, not_before: int = 0
) -> Outcome:
    """Let the draft or submission be in `state`, inside a write transaction."""
    if field == "draft":
        return set_draft(connection, subject, state, now=now, not_before=not_before)
    return cancel(connection, subject, now) if state == "cancelled" else Outcome(is_too_late=True)


def set_draft(
    connection: sqlite3.Connection, draft_id: int, state: str, *, now: int, not_before: int = 0
) -> Outcome:
    """Let a draft be writing or discarded; its copy in Drafts goes, or comes back, with it.

    A copy the account has destroyed by then is made anew at the next save: the words are still in the journal.
    """
    row = connection.execute("SELECT email_id, state FROM draft WHERE id = ?", (draft_id,)).fetchone()
    if row is None or row[1] not in ("writing", "discarded"):
        return Outcome(is_too_late=True)
    placed = _copies(connection, row[0])
    if state == "writing":
        lost = desired.begun_destroys(connection, placed)
        placed = [placement_id for placement_id in placed if placement_id not in lost]
        if not placed:
            connection.execute(
                "UPDATE draft SET email_id = NULL, saved_revision = 0 WHERE id = ?", (draft_id,)
            )
    value = "0" if state == "writing" else "1"
    wishes = [Wish("destroyed", placement_id, value) for placement_id in placed]
    touched = desired.fulfil(connection, wishes, now=now, not_before=not_before)
    connection.execute("UPDATE draft SET state = ?, updated_at = ? WHERE id = ?", (state, now, draft_id))
    events.record(connection, "drafts")
    return Outcome(draft_id if state == "writing" else None, thread_ids=touched)


def _copies(connection: sqlite3.Connection, email_id: int | None) -> list[int]:
    rows = connection.execute("SELECT id FROM placement WHERE email_id = ?", (email_id,)).fetchall()
    return [row[0] for row in rows]


def cancel(connection: sqlite3.Connection, submission_id: int, now: int) -> Outcome:
    """Take a message back that no server has got, and let its draft be written on.

    One that some of its recipients got already is only not tried for the others any more.
    """
    row = connection.execute(
        "SELECT draft_id, state, taken FROM submission WHERE id = ?", (submission_id,)
    ).fetchone()
    if row is None or row[1] not in MAY_BE_CANCELLED:
        return Outcome(is_too_late=True)
    if json.loads(row[2]):
        connection.execute(_GIVE_UP, (submission_id,))
        events.record(connection, "submissions")
        return Outcome(is_too_late=True)
    connection.execute(
        "UPDATE submission SET state = 'cancelled', finished_at = ? WHERE id = ?", (now, submission_id)
    )
    connection.execute(
        "UPDATE draft SET state = 'writing', updated_at = ? WHERE id = ? AND state = 'sending'", (now, row[0])
    )
    events.record(connection, "submissions")
    return Outcome(row[0])


MAY_BE_CANCELLED: Final = ("queued", "rejected")
"""The states of a message that is at no server, or not at all its servers."""
# The worker sees that nobody is left to send it to, and does what is done with messages that were sent.
_GIVE_UP: Final = (
    "UPDATE submission SET recipients = '[]', not_before = 0, held_until = NULL, refused = ("
    "SELECT json_group_object(key, value) FROM (SELECT key, value FROM json_each(refused) UNION ALL"
    " SELECT value, 'not tried again, as you asked' FROM json_each(recipients))) WHERE id = ?"
)
