"""Accounts: what is needed to connect, how far they are, what is wrong with them."""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from mail.ids import AccountId
from store import events, mailboxes
from store.database import Database
from store.rows import AccountRow

if TYPE_CHECKING:
    from mail.changes import State

_SYNC_REQUESTS: Final = "sync_requests"
_COLUMNS: Final = (
    "id, kind, name, address, aliases, scope, config, status, status_text, "
    "progress_done, progress_total, progress_started_at, synced_at, answered_requests, uuid"
)


def add(
    db: Database,
    kind: str,
    name: str,
    address: str,
    config: Mapping[str, str],
    aliases: Iterable[str] = (),
    *,
    account_uuid: str | None = None,
) -> AccountId:
    """Add an account and its views; the worker takes it up at the doorbell. Addresses come normalised.

    `account_uuid` is for whoever kept its secrets under it before.
    """
    with db.write() as connection:
        cursor = connection.execute(
            "INSERT INTO account (uuid, kind, name, address, aliases, config, created_at) VALUES (?,?,?,?,?,?,?)",
            (
                account_uuid or str(uuid.uuid4()),
                kind,
                name,
                address,
                _list(aliases),
                json.dumps(dict(config)),
                int(time.time()),
            ),
        )
        account_id = AccountId(cursor.lastrowid or 0)
        mailboxes.add_views(connection, account_id)
        events.record(connection, "account", text=f"Added {name}")
    return account_id


def all(db: Database) -> tuple[AccountRow, ...]:
    """Return every account in the order they were added."""
    rows = db.read().execute(f"SELECT {_COLUMNS} FROM account ORDER BY id LIMIT 1000")  # noqa: S608 - our own names
    return tuple(_row(row) for row in rows.fetchall())


def get(db: Database, account_id: AccountId) -> AccountRow | None:
    """Return one account, None when it was removed."""
    query = f"SELECT {_COLUMNS} FROM account WHERE id = ?"  # noqa: S608 - our own names
    row = db.read().execute(query, (account_id,)).fetchone()
    return None if row is None else _row(row)


def _row(row: Any) -> AccountRow:
    account_id, kind, name, address, aliases, scope, config, *rest = row
    return AccountRow(
        account_id, kind, name, address, tuple(json.loads(aliases)), scope, json.loads(config), *rest
    )


def set_status(
    db: Database, account_id: AccountId, status: str, text: str = "", *, answered_requests: int = 0
) -> None:
    """Say how the account is doing, for the user; `live` also notes that it agrees with the account now.

    `answered_requests` is what sync_requests said before the look that showed it.
    """
    now = int(time.time())
    with db.write(is_durable=False) as connection:
        before = connection.execute(
            "SELECT status, status_text FROM account WHERE id = ?", (account_id,)
        ).fetchone()
        connection.execute(
            "UPDATE account SET status = ?1, status_text = ?2, "
            "synced_at = CASE ?1 WHEN 'live' THEN ?3 ELSE synced_at END, "
            "answered_requests = max(answered_requests, ?4) WHERE id = ?5",
            (status, text, now, answered_requests, account_id),
        )
        if before is not None and before != (status, text):
            events.record(connection, "account", text=text)


def set_progress(db: Database, account_id: AccountId, done: int, total: int) -> None:
    """Say how many messages of the first sync are there; the clock starts at the first call, and ends with total 0."""
    with db.write(is_durable=False) as connection:
        connection.execute(
            "UPDATE account SET progress_done = ?1, progress_total = ?2, progress_started_at = "
            "CASE WHEN ?2 = 0 THEN NULL ELSE coalesce(progress_started_at, ?3) END WHERE id = ?4",
            (done, total, int(time.time()), account_id),
        )
        events.record(connection, "account")


def set_aliases(db: Database, account_id: AccountId, aliases: Iterable[str]) -> None:
    """Set the owner's further addresses, normalised. It tells for mail that comes from now on."""
    with db.write() as connection:
        write_aliases(connection, account_id, aliases)
        events.record(connection, "account")


def write_aliases(connection: sqlite3.Connection, account_id: AccountId, aliases: Iterable[str]) -> None:
    """Do what set_aliases does, inside a write transaction."""
    connection.execute("UPDATE account SET aliases = ? WHERE id = ?", (_list(aliases), account_id))


def set_config(db: Database, account_id: AccountId, config: Mapping[str, str]) -> None:
    """Set how the account is connected to."""
    with db.write() as connection:
        connection.execute(
            "UPDATE account SET config = ? WHERE id = ?", (json.dumps(dict(config)), account_id)
        )
        events.record(connection, "account")


def request_sync(db: Database) -> int:
    """Ask the worker to look at every account now, also at those it stays away from after trouble.

    Returns the number of the request: an account whose answered_requests reaches it was looked at since.
    """
    with db.write(is_durable=False) as connection:
        connection.execute(
            "INSERT INTO meta (key, value) VALUES (?, '1')"
            " ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + 1",
            (_SYNC_REQUESTS,),
        )
        return sync_requests(db)


def sync_requests(db: Database) -> int:
    """Return how often request_sync was called: another number than before is a request."""
    row = db.read().execute("SELECT value FROM meta WHERE key = ?", (_SYNC_REQUESTS,)).fetchone()
    return 0 if row is None else int(row[0])


def remote_state(db: Database, account_id: AccountId) -> State | None:
    """Return how far the account has told us, None when it is to start from the beginning."""
    row = db.read().execute("SELECT remote_state FROM account WHERE id = ?", (account_id,)).fetchone()
    state: State | None = row[0] if row is not None else None
    return state


def forget_state(db: Database, account_id: AccountId) -> None:
    """Let the account tell everything again: what StateExpired asks for."""
    with db.write(is_durable=False) as connection:
        connection.execute("UPDATE account SET remote_state = NULL WHERE id = ?", (account_id,))


def remove(db: Database, account_id: AccountId) -> None:
    """Remove the account and everything cached of it, in steps that leave room for others to write.

    When it is cut short the account is still there with less mail: call again.
    """
    from store import removal  # what it needs is too heavy for the start of a screen

    with db.write() as connection:
        connection.execute("UPDATE account SET remote_state = NULL WHERE id = ?", (account_id,))
    removal.empty_account(db, account_id)
    with db.write() as connection:
        connection.execute("DELETE FROM operation WHERE account_id = ?", (account_id,))
        connection.execute("DELETE FROM submission WHERE account_id = ?", (account_id,))
        connection.execute(
            "DELETE FROM submission WHERE draft_id IN (SELECT id FROM draft WHERE account_id = ?)",
            (account_id,),
        )
        connection.execute("DELETE FROM draft WHERE account_id = ?", (account_id,))
        connection.execute("DELETE FROM thread_ref WHERE account_id = ?", (account_id,))
        connection.execute(
            "DELETE FROM unreadable WHERE remote_mailbox_id IN (SELECT id FROM mailbox WHERE account_id = ?)",
            (account_id,),
        )
        connection.execute("DELETE FROM mailbox WHERE account_id = ?", (account_id,))
        connection.execute("DELETE FROM account WHERE id = ?", (account_id,))
        events.record(connection, "account", text="Account removed")


def _list(values: Iterable[str]) -> str:
    return json.dumps(sorted(set(values)))
