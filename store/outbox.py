"""What accounts are still to be asked, and what becomes of it."""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass
from typing import Final

from mail.operations import CreateMailbox, Destroy, Move, SetKeywords
from mail.types import AccountId, MailboxKey, RemoteKey
from store import events, mailboxes
from store.database import Database
from store.outcomes import confirm as confirm
from store.outcomes import finish, has_waiting
from store.outcomes import reject as reject
from store.rows import OperationRow

KEPT_FINISHED_S: Final = 7 * 86_400

PendingKind = Move | SetKeywords | Destroy | CreateMailbox


@dataclass(frozen=True, slots=True)
class PendingOperation:
    """What to ask the account now, under the keys the message has now. `attempts` counts this one."""

    id: int
    account_id: AccountId
    operation: PendingKind
    attempts: int


# Asked in the order they were queued; one message's operations wait for each other, and a move for its mailbox.
_NEXT: Final = (
    "SELECT o.id, o.kind, o.payload, o.attempts, o.placement_id, p.remote_key, s.key, t.key FROM operation o"
    " LEFT JOIN placement p ON p.id = o.placement_id"
    " LEFT JOIN mailbox s ON s.id = p.remote_mailbox_id"
    " LEFT JOIN mailbox t ON t.id = o.target_id"
    " WHERE o.account_id = ? AND o.state IN ('pending', 'running') AND o.state = 'pending' AND o.not_before <= ?"
    " AND NOT EXISTS (SELECT 1 FROM operation earlier WHERE earlier.placement_id = o.placement_id"
    " AND earlier.state IN ('pending', 'running') AND earlier.id < o.id)"
    " AND (o.kind <> 'move' OR substr(t.key, 1, 1) <> ?)"
    " ORDER BY o.id LIMIT 1"
)


def next_pending(db: Database, account_id: AccountId, now: int) -> PendingOperation | None:
    """Take the next operation whose time has come and mark it running; None when there is nothing to ask now.

    It must end in confirm, reject or postpone.
    """
    if not has_waiting(db.read(), account_id):
        return None
    with db.write(is_durable=False) as connection:
        while row := connection.execute(_NEXT, (account_id, now, mailboxes.TO_CREATE)).fetchone():
            operation_id, kind, payload, attempts, placement_id, remote_key, source, target = row
            if placement_id is not None and remote_key is None:
                _drop(connection, operation_id, now)
                continue
            connection.execute(
                "UPDATE operation SET state = 'running', attempts = attempts + 1 WHERE id = ?",
                (operation_id,),
            )
            operation = _operation(kind, json.loads(payload), source, remote_key, target)
            return PendingOperation(operation_id, account_id, operation, attempts + 1)
    return None


def _drop(connection: sqlite3.Connection, operation_id: int, now: int) -> None:
    reason = "the message is no longer there"
    finish(connection, operation_id, "cancelled", now, reason)
    events.record(connection, "rejected", text=f"Not carried out: {reason}")


def _operation(kind: str, payload: dict[str, list[str]], source: str, key: str, target: str) -> PendingKind:
    match kind:
        case "move":
            return Move(MailboxKey(source), RemoteKey(key), MailboxKey(target))
        case "set_keywords":
            return SetKeywords(
                MailboxKey(source), RemoteKey(key), frozenset(payload["add"]), frozenset(payload["remove"])
            )
        case "destroy":
            return Destroy(MailboxKey(source), RemoteKey(key))
        case _:
            return CreateMailbox(str(payload["name"]))


def postpone(db: Database, operation_id: int, not_before: int, error: str) -> None:
    """Let a running operation be tried again at `not_before`."""
    with db.write(is_durable=False) as connection:
        connection.execute(
            "UPDATE operation SET state = 'pending', not_before = ?, error = ? WHERE id = ? AND state = 'running'",
            (not_before, error, operation_id),
        )


def waiting(db: Database, limit: int = 200) -> tuple[OperationRow, ...]:
    """Return what is not done: first what was refused in the last week, newest first, then the queue in its order."""
    rows = db.read().execute(
        "SELECT * FROM (SELECT id, account_id, kind, state, attempts, not_before, error, created_at FROM operation"
        " WHERE finished_at IS NOT NULL AND state = 'rejected' ORDER BY finished_at DESC LIMIT ?1)"
        " UNION ALL SELECT * FROM (SELECT id, account_id, kind, state, attempts, not_before, error, created_at"
        " FROM operation WHERE state IN ('pending', 'running') ORDER BY id LIMIT ?1) LIMIT ?1",
        (limit,),
    )
    return tuple(OperationRow(*row) for row in rows.fetchall())


def count_waiting(db: Database) -> int:
    """Return how many operations accounts are still to carry out."""
    query = "SELECT count(*) FROM operation WHERE state IN ('pending', 'running')"
    return int(db.read().execute(query).fetchone()[0])


def next_time(db: Database, account_id: AccountId) -> int | None:
    """Return when the earliest waiting operation may be asked, None when nothing waits."""
    query = (
        "SELECT min(not_before) FROM operation WHERE account_id = ?"
        " AND state IN ('pending', 'running') AND state = 'pending'"
    )
    found = db.read().execute(query, (account_id,)).fetchone()[0]
    return None if found is None else int(found)


def requeue_running(db: Database, account_id: AccountId) -> None:
    """Let operations that were cut short be asked again, which is harmless, and forget what ended long ago."""
    with db.write(is_durable=False) as connection:
        connection.execute(
            "UPDATE operation SET state = 'pending' WHERE account_id = ?"
            " AND state IN ('pending', 'running') AND state = 'running'",
            (account_id,),
        )
        connection.execute(
            "DELETE FROM operation WHERE finished_at < ?", (int(time.time()) - KEPT_FINISHED_S,)
        )
