"""What becomes of operations: the account did them, or refused."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Sequence
from typing import Any, Final

from mail.operations import Applied
from mail.types import AccountId, ThreadId
from store import desired, events, placements, threads
from store.database import SLICE, Database
from store.sending import local_mail

Outcome = tuple[int, Applied | str]
"""The id of an operation, and where the message lies now or why the account refused."""


def settle(db: Database, outcomes: Sequence[Outcome]) -> None:
    """Note what became of operations: what was done is remembered, what was refused is put back and told."""
    for start in range(0, len(outcomes), SLICE):
        part = outcomes[start : start + SLICE]
        db.give_way()
        with db.write(is_durable=any(isinstance(result, str) for _, result in part)) as connection:
            _Settling(connection, int(time.time())).take(part)


class _Settling:
    """One transaction's part of what became of operations."""

    def __init__(self, connection: sqlite3.Connection, now: int) -> None:
        self._connection = connection
        self._now = now

    def take(self, outcomes: Sequence[Outcome]) -> None:
        """Note each outcome, then recount what they touched."""
        emails: set[int] = set()
        accounts: set[AccountId] = set()
        for operation_id, result in outcomes:
            row = self._connection.execute(
                "SELECT account_id, placement_id, kind, target_id, payload FROM operation WHERE id = ?",
                (operation_id,),
            ).fetchone()
            if row is None:
                continue
            if isinstance(result, str):
                _reject(self._connection, operation_id, row, result, self._now)
            else:
                accounts.add(row[0])
                finish(self._connection, operation_id, "done", self._now)
                emails.update(_confirm(self._connection, row, result, self._now))
        if emails:
            _settle(self._connection, sorted(emails))
        if any(not has_waiting(self._connection, account_id) for account_id in accounts):
            events.record(self._connection, "outbox")


def _confirm(
    connection: sqlite3.Connection, row: tuple[Any, ...], applied: Applied, now: int
) -> Collection[int]:
    """Note that the account did it, and where the message lies now; return the emails whose marks or places changed."""
    account_id, placement_id, kind, target_id, payload = row
    match kind:
        case "create_mailbox":
            _name_mailbox(connection, account_id, target_id, applied)
            return ()
        case "destroy":
            return _remove(connection, placement_id, now)
        case "save":
            return local_mail.saved(connection, placement_id, applied)
        case "set_keywords":
            return [
                *follow(connection, account_id, placement_id, applied),
                *_note_keywords(connection, placement_id, json.loads(payload)),
            ]
        case _:
            return follow(connection, account_id, placement_id, applied)


def finish(
    connection: sqlite3.Connection, operation_id: int, state: str, now: int, error: str | None = None
) -> None:
    """Note how an operation ended."""
    connection.execute(
        "UPDATE operation SET state = ?, error = ?, finished_at = ? WHERE id = ?",
        (state, error, now, operation_id),
    )


def follow(
    connection: sqlite3.Connection, account_id: int, placement_id: int, applied: Applied
) -> Collection[int]:
    """Let the placement be where the account has put it; a row that sync made there meanwhile gives way.

    Returns the emails whose places changed by that.
    """
    mailbox = connection.execute(
        "SELECT id FROM mailbox WHERE account_id = ? AND key = ?", (account_id, applied.mailbox)
    ).fetchone()
    if mailbox is None or applied.key is None:
        return ()
    twin = connection.execute(
        "SELECT id, remote_keywords, email_id FROM placement WHERE remote_mailbox_id = ? AND remote_key = ? AND id <> ?",
        (mailbox[0], applied.key, placement_id),
    ).fetchone()
    if twin is not None and _email_of(connection, placement_id) not in ([], [twin[2]]):
        return _give_up(connection, placement_id)
    if twin is not None:
        connection.execute(
            "UPDATE operation SET placement_id = ? WHERE placement_id = ?", (placement_id, twin[0])
        )
        # What was told under this key, which may be another copy that was taken for the one moved.
        connection.execute("UPDATE placement SET remote_keywords = ? WHERE id = ?", (twin[1], placement_id))
        connection.execute("DELETE FROM placement WHERE id = ?", twin[:1])
    connection.execute(
        "UPDATE placement SET remote_mailbox_id = ?, remote_key = ?, path = ? WHERE id = ?",
        (mailbox[0], applied.key, applied.path, placement_id),
    )
    return _email_of(connection, placement_id) if twin is not None else ()


def _give_up(connection: sqlite3.Connection, placement_id: int) -> Collection[int]:
    """Remove a place whose message is gone: what was found in its stead is known to be another one, as of a draft."""
    emails = _email_of(connection, placement_id)
    text = f"Could not move {_subject(connection, placement_id)}: it is no longer there."
    events.record(connection, "rejected", text=text)
    local_mail.drop_placement(connection, placement_id)
    placements.mark_orphans(connection, emails)
    return emails


def _note_keywords(
    connection: sqlite3.Connection, placement_id: int, payload: dict[str, list[str]]
) -> Collection[int]:
    row = connection.execute("SELECT remote_keywords FROM placement WHERE id = ?", (placement_id,)).fetchone()
    if row is None:
        return ()
    keywords = (set(row[0].split()) | set(payload["add"])) - set(payload["remove"])
    connection.execute(
        "UPDATE placement SET remote_keywords = ? WHERE id = ?", (" ".join(sorted(keywords)), placement_id)
    )
    return _email_of(connection, placement_id)


def _remove(connection: sqlite3.Connection, placement_id: int, now: int) -> Collection[int]:
    email_ids = _email_of(connection, placement_id)
    connection.execute("DELETE FROM placement WHERE id = ?", (placement_id,))
    connection.execute(
        "UPDATE operation SET state = 'cancelled', finished_at = ?"
        " WHERE placement_id = ? AND state IN ('pending', 'running')",
        (now, placement_id),
    )
    placements.mark_orphans(connection, email_ids)
    return email_ids


def _settle(connection: sqlite3.Connection, email_ids: list[int]) -> frozenset[ThreadId]:
    """Let the emails be marked as any of their places is, recount their threads and return them."""
    placements.follow_keywords(connection, email_ids)
    rows = connection.execute(
        "SELECT DISTINCT e.thread_id FROM json_each(?) j JOIN email e ON e.id = j.value",
        (json.dumps(email_ids),),
    ).fetchall()
    touched = frozenset(ThreadId(row[0]) for row in rows)
    lists = threads.summarise(connection, touched)
    if lists:
        events.record(connection, "mail", mailbox_ids=lists, thread_ids=touched)
    return touched


def _email_of(connection: sqlite3.Connection, placement_id: int) -> list[int]:
    rows = connection.execute("SELECT email_id FROM placement WHERE id = ?", (placement_id,)).fetchall()
    return [row[0] for row in rows]


def _name_mailbox(connection: sqlite3.Connection, account_id: int, mailbox_id: int, applied: Applied) -> None:
    """Give the mailbox the account's own name for it; one that sync has told of meanwhile takes its place."""
    twin = connection.execute(
        "SELECT id FROM mailbox WHERE account_id = ? AND key = ? AND id <> ?",
        (account_id, applied.mailbox, mailbox_id),
    ).fetchone()
    if twin is None:
        connection.execute(
            "UPDATE mailbox SET key = ?, gone_at = NULL WHERE id = ?", (applied.mailbox, mailbox_id)
        )
    else:
        _replace_mailbox(connection, mailbox_id, twin[0])
    events.record(connection, "mailboxes")


def _replace_mailbox(connection: sqlite3.Connection, mailbox_id: int, by: int) -> None:
    placed = _placed(connection, mailbox_id)
    connection.execute("UPDATE placement SET mailbox_id = ? WHERE mailbox_id = ?", (by, mailbox_id))
    connection.execute(  # messages of our own making, which are to be saved there
        "UPDATE placement SET remote_mailbox_id = ? WHERE remote_mailbox_id = ?", (by, mailbox_id)
    )
    connection.execute("UPDATE operation SET target_id = ? WHERE target_id = ?", (by, mailbox_id))
    connection.execute(
        'UPDATE action_step SET "before" = ? WHERE field = \'mailbox\' AND "before" = ?',
        (str(by), str(mailbox_id)),
    )
    connection.execute(
        'UPDATE action_step SET "after" = ? WHERE field = \'mailbox\' AND "after" = ?',
        (str(by), str(mailbox_id)),
    )
    threads.summarise(connection, {ThreadId(place[1]) for place in placed})
    connection.execute("DELETE FROM mailbox WHERE id = ?", (mailbox_id,))


def _placed(connection: sqlite3.Connection, mailbox_id: int) -> list[tuple[int, int, int]]:
    return connection.execute(
        "SELECT p.id, e.thread_id, e.id FROM placement p JOIN email e ON e.id = p.email_id WHERE p.mailbox_id = ?",
        (mailbox_id,),
    ).fetchall()


def _reject(
    connection: sqlite3.Connection, operation_id: int, row: tuple[Any, ...], reason: str, now: int
) -> None:
    """Put the cache back to what the account has, unless something newer is wanted by now, and tell the user why."""
    _, placement_id, kind, target_id, _ = row
    finish(connection, operation_id, "rejected", now, reason)
    what, emails = _put_back(connection, placement_id, kind, target_id, now)
    touched = _settle(connection, emails)
    events.record(connection, "rejected", text=f"{what}: {reason}", thread_ids=touched)


def _put_back(
    connection: sqlite3.Connection, placement_id: int, kind: str, target_id: int, now: int
) -> tuple[str, list[int]]:
    """Return what could not be done and the emails it was about."""
    match kind:
        case "create_mailbox":
            return _take_mailbox_back(connection, target_id, now)
        case "set_keywords":
            what = "mark"
        case "destroy":
            connection.execute(_UNDESTROY, (placement_id,))
            what = "delete"
        case "save":
            local_mail.refused(connection, placement_id)
            what = "save"  # it stays here, as a message of our own
        case _:
            connection.execute(_UNMOVE, (placement_id,))
            what = "move"
    return f"Could not {what} {_subject(connection, placement_id)}", _email_of(connection, placement_id)


_UNDESTROY: Final = (
    "UPDATE placement SET is_destroyed = 0 WHERE id = ?"
    " AND NOT EXISTS (SELECT 1 FROM operation WHERE placement_id = placement.id"
    " AND kind = 'destroy' AND state IN ('pending', 'running'))"
)
_UNMOVE: Final = (
    "UPDATE placement SET mailbox_id = remote_mailbox_id WHERE id = ?"
    " AND NOT EXISTS (SELECT 1 FROM operation WHERE placement_id = placement.id"
    " AND kind = 'move' AND state IN ('pending', 'running'))"
)


def _subject(connection: sqlite3.Connection, placement_id: int) -> str:
    row = connection.execute(
        "SELECT e.subject FROM placement p JOIN email e ON e.id = p.email_id WHERE p.id = ?", (placement_id,)
    ).fetchone()
    return f"“{row[0]}”" if row and row[0] else "a message"


def _take_mailbox_back(connection: sqlite3.Connection, mailbox_id: int, now: int) -> tuple[str, list[int]]:
    name = connection.execute("SELECT name FROM mailbox WHERE id = ?", (mailbox_id,)).fetchone()[0]
    placed = _placed(connection, mailbox_id)
    connection.execute(
        "UPDATE operation SET state = 'cancelled', finished_at = ?"
        " WHERE target_id = ? AND kind IN ('move', 'save') AND state IN ('pending', 'running')",
        (now, mailbox_id),
    )
    connection.execute(
        "UPDATE placement SET mailbox_id = remote_mailbox_id WHERE mailbox_id = ?", (mailbox_id,)
    )
    connection.execute("UPDATE mailbox SET gone_at = ?, role = NULL WHERE id = ?", (now, mailbox_id))
    desired.queue_moves(connection, [place[0] for place in placed], now)
    return f"Could not create {name}", [place[2] for place in placed]


def has_waiting(connection: sqlite3.Connection, account_id: AccountId) -> bool:
    """Say whether the account is still to carry something out."""
    query = "SELECT 1 FROM operation WHERE account_id = ? AND state IN ('pending', 'running') LIMIT 1"
    return connection.execute(query, (account_id,)).fetchone() is not None
