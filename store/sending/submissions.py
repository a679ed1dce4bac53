"""Messages on their way out, as the user sees them: queued, taken back, answered for. store.sending.submitting is the worker's side."""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mail.addresses import domain
from mail.types import Role, ThreadId
from store import actions, boot_clock, events, undo
from store.database import Database
from store.rows import DraftRow, SubmissionRow
from store.sending import attached, draft_states, drafts
from store.sending.drafts import NotOpen
from store.undo import Step

LONGEST_WINDOW_S: Final = 120
"""A message held back for no longer waits to be undone; one held back for longer waits for its time of the day."""
_FAST: Final = 1  # of zlib
_KEPT_IN_SIGHT_S: Final = 7 * 86_400
_COLUMNS: Final = (
    "id, account_id, draft_id, message_id, subject, sender, recipients, taken, refused, state, attempts, not_before,"
    " error, email_id, created_at, submitted_at, finished_at"
)


@dataclass(frozen=True, slots=True)
class _Frozen:
    """What is sent, and to whom: nothing of it changes from here on."""

    message_id: str
    recipients: tuple[str, ...]
    packed_octets: bytes
    bcc: str


def queue(
    db: Database, draft_id: int, *, not_before: int | None = None, archive_thread: bool = False
) -> SubmissionRow:
    """Freeze a draft and let it be sent at `not_before`: now, after the time to undo it, or at a time chosen.

    With `archive_thread` the conversation it answers is archived with it. Raises NotOpen, mail.build.Unbuildable,
    attached.AttachmentGone.
    """
    row = drafts.get(db, draft_id)
    if row is None or row.state != "writing":
        raise NotOpen("This message is not being written any more: it was sent or discarded.")
    now = int(time.time())
    at = max(now, not_before or now)
    frozen = _freeze(db, row, now if at - now <= LONGEST_WINDOW_S else at)
    with db.write() as connection:
        archived = _threads(connection, row) if archive_thread else []
        submission_id = _queue(connection, row, frozen, now, at, archived)
    return _existing(db, submission_id)


def _queue(
    connection: sqlite3.Connection,
    row: DraftRow,
    frozen: _Frozen,
    now: int,
    at: int,
    archived: Sequence[ThreadId] = (),
) -> int:
    _close(connection, row, now)
    submission_id = _insert(connection, row, frozen, now, at)
    steps = [
        Step("submission", submission_id, "cancelled", "queued"),
        *actions.steps_to(connection, archived, Role.ARCHIVE),
    ]
    undo.carry_out(connection, steps[1:], now=now)
    undo.record(connection, _title(row), steps, now)
    events.record(connection, "submissions")
    return submission_id


def _title(row: DraftRow) -> str:
    subject = row.draft.subject.strip()
    return f"Sending “{subject}”" if subject else "Sending a message"


def _freeze(db: Database, row: DraftRow, at: int) -> _Frozen:
    from mail import build, fields

    recipients = build.recipients(row.draft)
    if not recipients:
        raise build.Unbuildable("to", "Nobody is to get this message yet.")
    message_id = build.new_message_id(domain(row.draft.sender.email))
    octets = build.build(
        row.draft,
        message_id=message_id,
        date=datetime.fromtimestamp(at).astimezone(),
        octets_of=lambda file: attached.octets(db, file),
    )
    bcc = fields.people("Bcc", row.draft.bcc).decode("ascii") if row.draft.bcc else ""
    return _Frozen(message_id, recipients, zlib.compress(octets, _FAST), bcc)


def _close(connection: sqlite3.Connection, row: DraftRow, now: int) -> None:
    cursor = connection.execute(
        "UPDATE draft SET state = 'sending', updated_at = ? WHERE id = ? AND state = 'writing' AND revision = ?",
        (now, row.id, row.revision),
    )
    if cursor.rowcount != 1:
        raise NotOpen("This message was changed, sent or discarded from another terminal just now.")


def _insert(connection: sqlite3.Connection, row: DraftRow, frozen: _Frozen, now: int, at: int) -> int:
    from mail.fields import deliverable

    held_until = boot_clock.after(at - now) if at - now <= LONGEST_WINDOW_S else None
    cursor = connection.execute(
        "INSERT INTO submission (uuid, account_id, draft_id, message_id, subject, sender, recipients, octets, bcc,"
        " not_before, held_until, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            str(uuid.uuid4()),
            row.account_id,
            row.id,
            frozen.message_id,
            row.draft.subject.strip(),
            deliverable(row.draft.sender.email),
            json.dumps(frozen.recipients),
            frozen.packed_octets,
            frozen.bcc,
            at,
            held_until,
            now,
        ),
    )
    return cursor.lastrowid or 0


def _threads(connection: sqlite3.Connection, row: DraftRow) -> list[ThreadId]:
    found = connection.execute(
        "SELECT thread_id FROM email WHERE id IN (?, ?)", (row.about_email_id, row.email_id)
    ).fetchall()
    return [ThreadId(thread_id) for (thread_id,) in found]


def get(db: Database, submission_id: int) -> SubmissionRow | None:
    """Return a submission in whatever state, None when there is no such one."""
    query = f"SELECT {_COLUMNS} FROM submission WHERE id = ?"  # noqa: S608 - our own names
    row = db.read().execute(query, (submission_id,)).fetchone()
    return None if row is None else _row(row)


def _existing(db: Database, submission_id: int) -> SubmissionRow:
    row = get(db, submission_id)
    if row is None:
        raise NotOpen("There is no such message on its way out.")
    return row


def _row(row: tuple[Any, ...]) -> SubmissionRow:
    read = SubmissionRow._make(row)
    return read._replace(
        recipients=tuple(json.loads(row[6])), taken=tuple(json.loads(row[7])), refused=json.loads(row[8])
    )


def of_draft(db: Database, draft_id: int) -> SubmissionRow | None:
    """Return the newest submission of a draft, None when it was never queued."""
    query = f"SELECT {_COLUMNS} FROM submission WHERE draft_id = ? ORDER BY id DESC LIMIT 1"  # noqa: S608 - our own names
    row = db.read().execute(query, (draft_id,)).fetchone()
    return None if row is None else _row(row)


def waiting(db: Database, limit: int = 200) -> tuple[SubmissionRow, ...]:
    """Return what is not sent yet or needs the user, what needs them first; then what some did not get this week."""
    query = (
        f"SELECT {_COLUMNS} FROM submission WHERE state IN ('queued', 'submitting', 'unknown')"  # noqa: S608 - our own names
        " OR (finished_at > ?1 AND (state = 'rejected' OR (state IN ('accepted', 'filed') AND refused <> '{}')))"
        " ORDER BY state NOT IN ('unknown', 'rejected'), not_before, id LIMIT ?2"
    )
    rows = db.read().execute(query, (int(time.time()) - _KEPT_IN_SIGHT_S, limit)).fetchall()
    return tuple(_row(row) for row in rows)


def cancel(db: Database, submission_id: int) -> DraftRow | None:
    """Take a message back and return its draft, to be written on; None when it is too late.

    Where some recipients have it already the others are not tried again, which is too late as well.
    """
    with db.write() as connection:
        outcome = draft_states.cancel(connection, submission_id, int(time.time()))
        if not outcome.is_too_late:
            _forget_action(connection, submission_id)
    return None if outcome.draft_id is None else drafts.get(db, outcome.draft_id)


def _forget_action(connection: sqlite3.Connection, submission_id: int) -> None:
    connection.execute(
        "UPDATE action SET state = 'dropped' WHERE id IN"
        " (SELECT action_id FROM action_step WHERE field = 'submission' AND subject = ?)",
        (submission_id,),
    )


def send_now(db: Database, submission_id: int) -> bool:
    """Let a message that waits, or that was refused, be sent at once; False when there is nothing to send.

    Its Date stays that of the time it was to be sent at only when it is sent no earlier. Raises what queue() does for one
    that is made anew for that, and then it goes out at its time.
    """
    row = get(db, submission_id)
    if row is not None and row.state == "queued" and not row.attempts and _is_for_later(row):
        return _queue_again(db, row)
    with db.write() as connection:
        cursor = connection.execute(
            "UPDATE submission SET state = 'queued', not_before = ?, held_until = NULL, finished_at = NULL, error = '',"
            " recipients = CASE state WHEN 'rejected' THEN (SELECT json_group_array(key) FROM json_each(refused))"
            " ELSE recipients END, refused = CASE state WHEN 'rejected' THEN '{}' ELSE refused END"
            " WHERE id = ? AND state IN ('queued', 'rejected')",
            (int(time.time()), submission_id),
        )
        events.record(connection, "submissions")
    return cursor.rowcount == 1


def _is_for_later(row: SubmissionRow) -> bool:
    return row.not_before - row.created_at > LONGEST_WINDOW_S and row.not_before > time.time()


def _queue_again(db: Database, row: SubmissionRow) -> bool:
    draft = drafts.get(db, row.draft_id) if row.draft_id is not None else None
    if draft is None:
        return False
    now = int(time.time())
    frozen = _freeze(db, draft, now)
    with db.write() as connection:
        if draft_states.cancel(connection, row.id, now).is_too_late:
            return False
        _forget_action(connection, row.id)
        _queue(connection, draft, frozen, now, now)
    return True


def answer(db: Database, submission_id: int, *, was_sent: bool) -> bool:
    """Say what became of a message nobody knows of: it was sent, or is to be sent again; False when it is known by now."""
    now = int(time.time())
    with db.write() as connection:
        cursor = connection.execute(
            "UPDATE submission SET state = 'queued', error = '', not_before = ?, held_until = NULL, looks = 0,"
            " taken = CASE WHEN ?2 THEN recipients ELSE taken END,"
            " recipients = CASE WHEN ?2 THEN '[]' ELSE recipients END WHERE id = ?3 AND state = 'unknown'",
            (now, was_sent, submission_id),
        )
        events.record(connection, "submissions")
    return cursor.rowcount == 1
