"""What accounts are still to be asked, and what becomes of it."""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass
from typing import Final

from mail.operations import Applied, CreateMailbox, Destroy, Move, SetKeywords
from mail.types import AccountId, MailboxKey, RemoteKey, ThreadId
from store import desired, doorbell, events, mailboxes, threads
from store.database import Database
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
    if not _has_pending(db.read(), account_id):
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


def _has_pending(connection: sqlite3.Connection, account_id: AccountId) -> bool:
    query = "SELECT 1 FROM operation WHERE account_id = ? AND state IN ('pending', 'running') LIMIT 1"
    return connection.execute(query, (account_id,)).fetchone() is not None


def _drop(connection: sqlite3.Connection, operation_id: int, now: int) -> None:
    reason = "the message is no longer there"
    _finish(connection, operation_id, "cancelled", now, reason)
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


def confirm(db: Database, operation_id: int, applied: Applied) -> None:
    """Note that the account did it, and where the message lies now: what is asked later names it so."""
    now = int(time.time())
    with db.write(is_durable=False) as connection:
        row = connection.execute(
            "SELECT account_id, placement_id, kind, target_id, payload FROM operation WHERE id = ?",
            (operation_id,),
        ).fetchone()
        if row is None:
            return
        account_id, placement_id, kind, target_id, payload = row
        _finish(connection, operation_id, "done", now)
        if kind == "create_mailbox":
            _name_mailbox(connection, account_id, target_id, applied)
        elif kind == "destroy":
            _remove(connection, placement_id, now)
        else:
            _follow(connection, account_id, placement_id, applied)
            if kind == "set_keywords":
                _note_keywords(connection, placement_id, json.loads(payload))
        if not _has_pending(connection, account_id):
            events.record(connection, "outbox")
    doorbell.ring(db.directory)


def _finish(
    connection: sqlite3.Connection, operation_id: int, state: str, now: int, error: str | None = None
) -> None:
    connection.execute(
        "UPDATE operation SET state = ?, error = ?, finished_at = ? WHERE id = ?",
        (state, error, now, operation_id),
    )


def _follow(connection: sqlite3.Connection, account_id: int, placement_id: int, applied: Applied) -> None:
    """Let the placement be where the account has put it; a row that sync made there meanwhile gives way."""
    mailbox = connection.execute(
        "SELECT id FROM mailbox WHERE account_id = ? AND key = ?", (account_id, applied.mailbox)
    ).fetchone()
    if mailbox is None or applied.key is None:
        return
    twin = connection.execute(
        "SELECT id FROM placement WHERE remote_mailbox_id = ? AND remote_key = ? AND id <> ?",
        (mailbox[0], applied.key, placement_id),
    ).fetchone()
    if twin is not None:
        connection.execute(
            "UPDATE operation SET placement_id = ? WHERE placement_id = ?", (placement_id, twin[0])
        )
        connection.execute("DELETE FROM placement WHERE id = ?", twin)
    connection.execute(
        "UPDATE placement SET remote_mailbox_id = ?, remote_key = ?, path = ? WHERE id = ?",
        (mailbox[0], applied.key, applied.path, placement_id),
    )
    if twin is not None:
        _recount(connection, placement_id)


def _note_keywords(connection: sqlite3.Connection, placement_id: int, payload: dict[str, list[str]]) -> None:
    row = connection.execute("SELECT remote_keywords FROM placement WHERE id = ?", (placement_id,)).fetchone()
    if row is not None:
        keywords = (set(row[0].split()) | set(payload["add"])) - set(payload["remove"])
        connection.execute(
            "UPDATE placement SET remote_keywords = ? WHERE id = ?",
            (" ".join(sorted(keywords)), placement_id),
        )


def _remove(connection: sqlite3.Connection, placement_id: int, now: int) -> None:
    row = connection.execute(
        "SELECT e.id, e.thread_id FROM placement p JOIN email e ON e.id = p.email_id WHERE p.id = ?",
        (placement_id,),
    ).fetchone()
    connection.execute("DELETE FROM placement WHERE id = ?", (placement_id,))
    connection.execute(
        "UPDATE operation SET state = 'cancelled', finished_at = ?"
        " WHERE placement_id = ? AND state IN ('pending', 'running')",
        (now, placement_id),
    )
    if row is not None:
        connection.execute(
            "UPDATE email SET orphaned_at = ? WHERE id = ?"
            " AND NOT EXISTS (SELECT 1 FROM placement WHERE email_id = email.id)",
            (now, row[0]),
        )
        threads.summarise(connection, [ThreadId(row[1])])
        events.record(connection, "mail", thread_ids=[ThreadId(row[1])])


def _recount(connection: sqlite3.Connection, placement_id: int) -> None:
    row = connection.execute(
        "SELECT e.thread_id FROM placement p JOIN email e ON e.id = p.email_id WHERE p.id = ?",
        (placement_id,),
    ).fetchone()
    if row is not None:
        threads.summarise(connection, [ThreadId(row[0])])
        events.record(connection, "mail", thread_ids=[ThreadId(row[0])])


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
    connection.execute("UPDATE operation SET target_id = ? WHERE target_id = ?", (by, mailbox_id))
    connection.execute(
        'UPDATE action_step SET "before" = ? WHERE field = \'mailbox\' AND "before" = ?',
        (str(by), str(mailbox_id)),
    )
    connection.execute(
        'UPDATE action_step SET "after" = ? WHERE field = \'mailbox\' AND "after" = ?',
        (str(by), str(mailbox_id)),
    )
    threads.summarise(connection, {ThreadId(thread_id) for _, thread_id in placed})
    connection.execute("DELETE FROM mailbox WHERE id = ?", (mailbox_id,))


def _placed(connection: sqlite3.Connection, mailbox_id: int) -> list[tuple[int, int]]:
    return connection.execute(
        "SELECT p.id, e.thread_id FROM placement p JOIN email e ON e.id = p.email_id WHERE p.mailbox_id = ?",
        (mailbox_id,),
    ).fetchall()


def reject(db: Database, operation_id: int, reason: str) -> None:
    """Put the cache back to what the account has, unless something newer is wanted by now, and tell the user why."""
    now = int(time.time())
    with db.write() as connection:
        row = connection.execute(
            "SELECT placement_id, kind, target_id, payload FROM operation WHERE id = ?", (operation_id,)
        ).fetchone()
        if row is None:
            return
        _finish(connection, operation_id, "rejected", now, reason)
        what, touched = _put_back(connection, row[0], row[1], row[2], row[3], now)
        threads.summarise(connection, touched)
        events.record(connection, "rejected", text=f"{what}: {reason}", thread_ids=touched)
    doorbell.ring(db.directory)


def _put_back(
    connection: sqlite3.Connection, placement_id: int, kind: str, target_id: int, payload: str, now: int
) -> tuple[str, frozenset[ThreadId]]:
    match kind:
        case "create_mailbox":
            return _take_mailbox_back(connection, target_id, now)
        case "set_keywords":
            asked = json.loads(payload)
            touched = desired.put_back_keywords(connection, placement_id, asked["add"] + asked["remove"])
            return f"Could not mark {_subject(connection, placement_id)}", touched
        case "destroy":
            connection.execute(_UNDESTROY, (placement_id,))
            what = f"Could not delete {_subject(connection, placement_id)}"
        case _:
            connection.execute(_UNMOVE, (placement_id,))
            what = f"Could not move {_subject(connection, placement_id)}"
    return what, _thread_of(connection, placement_id)


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


def _thread_of(connection: sqlite3.Connection, placement_id: int) -> frozenset[ThreadId]:
    rows = connection.execute(
        "SELECT e.thread_id FROM placement p JOIN email e ON e.id = p.email_id WHERE p.id = ?",
        (placement_id,),
    ).fetchall()
    return frozenset(ThreadId(row[0]) for row in rows)


def _subject(connection: sqlite3.Connection, placement_id: int) -> str:
    row = connection.execute(
        "SELECT e.subject FROM placement p JOIN email e ON e.id = p.email_id WHERE p.id = ?", (placement_id,)
    ).fetchone()
    return f"“{row[0]}”" if row and row[0] else "a message"


def _take_mailbox_back(
    connection: sqlite3.Connection, mailbox_id: int, now: int
) -> tuple[str, frozenset[ThreadId]]:
    name = connection.execute("SELECT name FROM mailbox WHERE id = ?", (mailbox_id,)).fetchone()[0]
    placed = _placed(connection, mailbox_id)
    connection.execute(
        "UPDATE operation SET state = 'cancelled', finished_at = ?"
        " WHERE target_id = ? AND kind = 'move' AND state IN ('pending', 'running')",
        (now, mailbox_id),
    )
    connection.execute(
        "UPDATE placement SET mailbox_id = remote_mailbox_id WHERE mailbox_id = ?", (mailbox_id,)
    )
    connection.execute("DELETE FROM mailbox_thread WHERE mailbox_id = ?", (mailbox_id,))
    connection.execute("UPDATE mailbox SET gone_at = ?, role = NULL WHERE id = ?", (now, mailbox_id))
    desired.queue_moves(connection, [place[0] for place in placed], now)
    return f"Could not create {name}", frozenset(ThreadId(place[1]) for place in placed)


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
