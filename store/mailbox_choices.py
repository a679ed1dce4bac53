"""What the user wants of each mailbox: whether it is synced, how far back, and what it is for."""

from __future__ import annotations

import time
from typing import Final, NamedTuple

from mail.ids import AccountId, MailboxKey, Role
from store import events
from store.database import Database

_LATEST: Final = 10_000


class Choice(NamedTuple):
    """`since_days` 0 is all mail; `role` overrides what the account says, e.g. which mailbox is for junk (M87)."""

    is_synced: bool = True
    since_days: int = 0
    role: Role | None = None


def all(db: Database, account_id: AccountId) -> dict[MailboxKey, Choice]:
    """Return the choices that differ from the default."""
    rows = db.read().execute(
        "SELECT key, is_synced, since_days, role FROM mailbox_choice WHERE account_id = ? LIMIT ?",
        (account_id, _LATEST),
    )
    return {
        MailboxKey(key): Choice(bool(is_synced), since_days, None if role is None else Role(role))
        for key, is_synced, since_days, role in rows.fetchall()
    }


def set(db: Database, account_id: AccountId, key: MailboxKey, choice: Choice) -> None:
    """Keep a choice; the worker follows it with its next look."""
    with db.write() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO mailbox_choice (account_id, key, is_synced, since_days, role, chosen_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (account_id, key, choice.is_synced, choice.since_days, choice.role, int(time.time())),
        )
        events.record(connection, "mailboxes")
