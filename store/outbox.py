"""What accounts are still to be asked, and what becomes of it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mail.operations import CreateMailbox, Destroy, Move, Save, SetKeywords
from mail.types import AccountId, MailboxKey, RemoteKey
from store import events, mailboxes
from store.database import Database
from store.outcomes import finish, has_waiting
from store.outcomes import settle as settle
from store.rows import OperationRow
from store.sending import local_mail

KEPT_FINISHED_S: Final = 7 * 86_400

PendingKind = Move | SetKeywords | Destroy | Save | CreateMailbox
GROUP: Final = 1_000
"""So many operations are asked of an account at once."""
_LONGEST_WAIT_S: Final = 900
"""Nothing is put off for longer: what seems to be was put off before somebody set the clock back, and is due."""


@dataclass(frozen=True, slots=True)
class PendingOperation:
    """What to ask the account now, under the keys the message has now. `attempts` counts this one."""

    id: int
    account_id: AccountId
    operation: PendingKind
    attempts: int


# One message's operations wait for each other, a move or save for its mailbox, and all of them for a message of our own making
# to be at the account.
_DUE: Final = (
    " FROM operation o"
    " LEFT JOIN placement p ON p.id = o.placement_id"
    " LEFT JOIN email e ON e.id = p.email_id"
    " LEFT JOIN mailbox s ON s.id = p.remote_mailbox_id"
    " LEFT JOIN mailbox t ON t.id = o.target_id"
    " WHERE o.account_id = :account AND o.state IN ('pending', 'running') AND o.state = 'pending'"
    " AND (o.not_before <= :now OR o.not_before > :latest)"
    " AND NOT EXISTS (SELECT 1 FROM operation earlier WHERE earlier.placement_id = o.placement_id"
    " AND earlier.state IN ('pending', 'running') AND earlier.id < o.id)"
    " AND (o.kind NOT IN ('move', 'save') OR substr(t.key, 1, 1) <> :to_create)"
    " AND (o.kind IN ('save', 'create_mailbox') OR p.remote_key IS NULL OR p.remote_key NOT LIKE 'local:%')"
)
_FIRST: Final = (
    "SELECT o.id, o.kind, o.payload, o.target_id, p.remote_mailbox_id, o.placement_id, p.id IS NOT NULL"
    + _DUE
    + " ORDER BY o.id LIMIT 1"
)
_ALIKE: Final = (
    "SELECT o.id, o.attempts, p.remote_key, s.key, t.key, e.message_id, e.size_octets, e.received_at"
    + _DUE
    + " AND o.id >= :first AND o.kind = :kind AND o.payload = :payload AND o.target_id IS :target"
    " AND p.remote_mailbox_id IS :mailbox ORDER BY o.id LIMIT :most"
)


def next_group(
    db: Database, account_id: AccountId, now: int, *, most: int = GROUP
) -> tuple[PendingOperation, ...]:
    """Take the operations whose turn it is and mark them running: of one kind, from one mailbox, with one aim.

    Each must end in settle or postpone. Empty when there is nothing to ask now.
    """
    if not has_waiting(db.read(), account_id):
        return ()
    with db.write(is_durable=False) as connection:
        latest = now + _LONGEST_WAIT_S
        asked = {"account": account_id, "now": now, "latest": latest, "to_create": mailboxes.TO_CREATE}
        while row := connection.execute(_FIRST, asked).fetchone():
            first, kind, payload, target, mailbox, placement_id, is_there = row
            if placement_id is not None and not is_there:
                _drop(connection, first, now)
                continue
            alone = kind in {"save", "create_mailbox"}
            wanted = {"first": first, "kind": kind, "payload": payload, "target": target, "mailbox": mailbox}
            rows = connection.execute(_ALIKE, asked | wanted | {"most": 1 if alone else most}).fetchall()
            connection.execute(
                "UPDATE operation SET state = 'running', attempts = attempts + 1"
                " WHERE id IN (SELECT value FROM json_each(?))",
                (json.dumps([row[0] for row in rows]),),
            )
            if kind == "save":
                operation = local_mail.save_operation(connection, placement_id)
                return (PendingOperation(first, account_id, operation, rows[0][1] + 1),)
            return tuple(_pending(account_id, kind, json.loads(payload), row) for row in rows)
    return ()


def _drop(connection: sqlite3.Connection, operation_id: int, now: int) -> None:
    reason = "the message is no longer there"
    finish(connection, operation_id, "cancelled", now, reason)
    events.record(connection, "rejected", text=f"Not carried out: {reason}")


def _pending(
    account_id: AccountId, kind: str, payload: dict[str, list[str]], row: tuple[Any, ...]
) -> PendingOperation:
    operation_id, attempts, remote_key, source, target, *facts = row
    operation = _operation(kind, payload, source, remote_key, target, facts)
    return PendingOperation(operation_id, account_id, operation, attempts + 1)


def _operation(
    kind: str, payload: dict[str, list[str]], source: str, key: str, target: str, facts: Sequence[Any]
) -> PendingKind:
    match kind:
        case "move":
            return Move(MailboxKey(source), RemoteKey(key), MailboxKey(target), *facts)
        case "set_keywords":
            return SetKeywords(
                MailboxKey(source), RemoteKey(key), frozenset(payload["add"]), frozenset(payload["remove"])
            )
        case "destroy":
            return Destroy(MailboxKey(source), RemoteKey(key))
        case _:
            return CreateMailbox(str(payload["name"]))


def postpone(db: Database, operation_ids: Iterable[int], not_before: int, error: str) -> None:
    """Let running operations be tried again at `not_before`."""
    with db.write(is_durable=False) as connection:
        connection.execute(
            "UPDATE operation SET state = 'pending', not_before = ?, error = ?"
            " WHERE id IN (SELECT value FROM json_each(?)) AND state = 'running'",
            (min(not_before, int(time.time()) + _LONGEST_WAIT_S), error, json.dumps(list(operation_ids))),
        )


def ask_now(db: Database, operation_ids: Iterable[int]) -> int:
    """Let operations that wait after a failure be tried at once; return how many those were."""
    with db.write() as connection:
        changed = connection.execute(
            "UPDATE operation SET not_before = 0 WHERE id IN (SELECT value FROM json_each(?))"
            " AND state IN ('pending', 'running') AND state = 'pending' AND attempts > 0",
            (json.dumps(list(operation_ids)),),
        )
        events.record(connection, "outbox")
        return changed.rowcount


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


def count_waiting(db: Database, account_id: AccountId | None = None) -> int:
    """Return how many operations an account, or all of them, are still to carry out."""
    query = (
        "SELECT count(*) FROM operation WHERE state IN ('pending', 'running')"
        " AND (?1 IS NULL OR account_id = ?1)"
    )
    return int(db.read().execute(query, (account_id,)).fetchone()[0])


def next_time(db: Database, account_id: AccountId) -> int | None:
    """Return when the earliest waiting operation may be asked, None when nothing waits."""
    query = (
        "SELECT min(CASE WHEN not_before > ? THEN 0 ELSE not_before END) FROM operation WHERE account_id = ?"
        " AND state IN ('pending', 'running') AND state = 'pending'"
    )
    found = db.read().execute(query, (int(time.time()) + _LONGEST_WAIT_S, account_id)).fetchone()[0]
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
