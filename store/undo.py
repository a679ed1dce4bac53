"""One stack for everything the user did, to mail and to the CRM: undo, redo."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from typing import Final

from mail.types import ThreadId
from store import desired, events, threads
from store.crm import changes as crm_changes
from store.database import Database
from store.desired import Wish
from store.links import slots, to_file
from store.rows import ActionRow
from store.sending import draft_states
from store.steps import Step as Step

KEPT_ACTIONS: Final = 500
UNDO_WINDOW_S: Final = 10
"""How long what cannot be taken back later is held back."""
_OF_THREADS: Final = ("item", "visibility")
_NOT_OF_MAIL: Final = (*_OF_THREADS, *draft_states.FIELDS, crm_changes.FIELD)


def record(connection: sqlite3.Connection, title: str, steps: Iterable[Step], now: int) -> ActionRow:
    """Remember an action, so that undo can take it back; what had been undone can no longer be redone."""
    connection.execute("UPDATE action SET state = 'dropped' WHERE state = 'undone'")
    cursor = connection.execute("INSERT INTO action (title, done_at) VALUES (?, ?)", (title, now))
    action_id = cursor.lastrowid or 0
    connection.executemany(
        'INSERT INTO action_step (action_id, position, field, subject, "before", "after") VALUES (?, ?, ?, ?, ?, ?)',
        [(action_id, n, step.field, step.subject, step.before, step.after) for n, step in enumerate(steps)],
    )
    connection.execute("DELETE FROM action WHERE id <= ?", (action_id - KEPT_ACTIONS,))
    return ActionRow(action_id, title, "done")


def carry_out(
    connection: sqlite3.Connection, steps: Sequence[Step], *, now: int, not_before: int = 0
) -> frozenset[ThreadId]:
    """Let everything be as `after` says, recount the conversations touched and return them.

    Rows of the CRM somebody changed since keep what they were given.
    """
    return _carry_out(connection, steps, now=now, not_before=not_before)[0]


def _carry_out(
    connection: sqlite3.Connection, steps: Sequence[Step], *, now: int, not_before: int = 0
) -> tuple[frozenset[ThreadId], int]:
    """Return the conversations touched, and how many steps could not be made: rows changed since, conversations gone."""
    touched = desired.fulfil(
        connection,
        [Wish(step.field, step.subject, step.after) for step in steps if step.field not in _NOT_OF_MAIL],
        now=now,
        not_before=not_before,
    )
    for step in steps:
        if step.field in draft_states.FIELDS:
            touched |= draft_states.let(
                connection, step.field, step.subject, step.after, now=now, not_before=not_before
            ).thread_ids
    if touched:
        lists = threads.summarise(connection, touched)
        events.record(connection, "mail", mailbox_ids=lists, thread_ids=touched)
    set_ids = [_set_thread(connection, step) for step in steps if step.field in _OF_THREADS]
    shown_ids = frozenset(thread_id for thread_id in set_ids if thread_id is not None)
    if shown_ids:
        to_file.follow(connection, shown_ids)
        events.record(connection, "items", thread_ids=shown_ids)
    rows = [step for step in steps if step.field == crm_changes.FIELD]
    left = crm_changes.carry_out(connection, rows, now) if rows else 0
    return touched | shown_ids, left + set_ids.count(None)


def _set_thread(connection: sqlite3.Connection, step: Step) -> ThreadId | None:
    """Set what belongs to the conversation itself, and return it under the id it has now; None when it is gone."""
    thread_id = threads.thread_now(connection, step.subject)
    if connection.execute("SELECT 1 FROM thread WHERE id = ?", (thread_id,)).fetchone() is None:
        return None
    if step.field == "item":
        slots.put(connection, thread_id, slots.loads(step.after))
    else:
        connection.execute("UPDATE thread SET visibility = ? WHERE id = ?", (step.after, thread_id))
    return thread_id


def undo(db: Database) -> ActionRow | None:
    """Take the newest action back and return it, None when there is none.

    State "undone": withdrawn, or reversed by new operations. State "final": the account has destroyed something
    already; the title says so, and the next undo goes on with the action before it.
    """
    with db.write() as connection:
        row = connection.execute(
            "SELECT id, title FROM action WHERE state = 'done' ORDER BY id DESC LIMIT 1"
        ).fetchone()
        if row is None:
            return None
        taken_back = _take_back(connection, row[0], row[1], int(time.time()))
    return taken_back


def _take_back(connection: sqlite3.Connection, action_id: int, title: str, now: int) -> ActionRow:
    steps = [
        Step(step.field, step.subject, step.after, step.before) for step in _steps(connection, action_id)
    ]
    if steps and steps[0].field in draft_states.FIELDS:
        return _take_draft_back(connection, action_id, title, steps, now)
    destroyed = [step.subject for step in steps if step.field == "destroyed"]
    lost = desired.begun_destroys(connection, destroyed)
    touched, left = _carry_out(
        connection,
        [step for step in steps[::-1] if step.subject not in lost or step.field != "destroyed"],
        now=now,
    )
    if left:
        state, title = "final", _in_part(title, left, len(steps))
    elif lost:
        state = "final"
        title = (
            f"Too late to undo: {title}"
            if len(lost) == len(destroyed)
            else f"Undone in part, {len(lost)} of {len(destroyed)} messages are gone: {title}"
        )
    else:
        state, title = "undone", f"Undone: {title}"
    connection.execute("UPDATE action SET state = ? WHERE id = ?", (state, action_id))
    return ActionRow(action_id, title, state, touched)


def _in_part(title: str, left: int, of: int) -> str:
    if left == of:
        return f"Could not be undone, changed since: {title}"
    return f"Could not be undone in part, changed since: {title}"


def _take_draft_back(
    connection: sqlite3.Connection, action_id: int, title: str, steps: Sequence[Step], now: int
) -> ActionRow:
    """Undo what was done with a draft: the first of the steps; the others are only undone together with it."""
    first = steps[0]
    outcome = draft_states.let(connection, first.field, first.subject, first.after, now=now)
    if outcome.is_too_late:
        connection.execute("UPDATE action SET state = 'final' WHERE id = ?", (action_id,))
        return ActionRow(action_id, f"Too late to undo: {title}", "final")
    touched = outcome.thread_ids | carry_out(connection, steps[1:], now=now)
    # The draft may be written on before anybody thinks of redo: what was frozen then must not be sent instead.
    state = "dropped" if first.field == "submission" else "undone"
    connection.execute("UPDATE action SET state = ? WHERE id = ?", (state, action_id))
    lists = threads.summarise(connection, touched)
    if touched:
        events.record(connection, "mail", mailbox_ids=lists, thread_ids=touched)
    return ActionRow(action_id, f"Undone: {title}", "undone", touched, outcome.draft_id)


def redo(db: Database) -> ActionRow | None:
    """Do again what undo took back last and return it, None when there is nothing."""
    with db.write() as connection:
        row = connection.execute(
            "SELECT id, title, done_at FROM action WHERE state = 'undone' ORDER BY id LIMIT 1"
        ).fetchone()
        if row is None:
            return None
        action_id, title = row[0], row[1]
        now = int(time.time())
        steps = _steps(connection, action_id)
        touched = carry_out(connection, steps, now=now, not_before=now + UNDO_WINDOW_S)
        connection.execute("UPDATE action SET state = 'done' WHERE id = ?", (action_id,))
    return ActionRow(action_id, f"Done again: {title}", "done", touched)


def _steps(connection: sqlite3.Connection, action_id: int) -> list[Step]:
    rows = connection.execute(
        'SELECT field, subject, "before", "after" FROM action_step WHERE action_id = ? ORDER BY position',
        (action_id,),
    ).fetchall()
    return [Step(*row) for row in rows]


def placements_before(
    connection: sqlite3.Connection, placement_ids: Iterable[int], mailbox_id: int
) -> dict[int, int]:
    """Return where each placement lay before the user moved it to `mailbox_id`, for those still remembered."""
    rows = connection.execute(
        'SELECT s.subject, s."before", max(s.action_id) FROM json_each(?) j'
        " JOIN action_step s ON s.subject = j.value AND s.field = 'mailbox' JOIN action a ON a.id = s.action_id"
        " WHERE s.\"after\" = ? AND a.state = 'done' GROUP BY s.subject",
        (json.dumps(list(placement_ids)), str(mailbox_id)),
    ).fetchall()
    return {subject: int(before) for subject, before, _ in rows}
