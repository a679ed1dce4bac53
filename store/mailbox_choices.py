"""What the user wants of each mailbox: whether it is synced, how far back, and what it is for."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from typing import Final, NamedTuple

from mail.ids import AccountId, MailboxId, MailboxKey, Role
from store import accounts, events, mailboxes, threads
from store.database import Database

_LATEST: Final = 10_000
_PLAIN: Final = ""


class Choice(NamedTuple):
    """`since_days` 0 is all mail; `role` overrides what the account says, e.g. which mailbox is for junk (M87).

    With `is_plain` it is for nothing in particular, whatever the account says. The inbox stays the inbox: that it is
    for junk says that spam is left in it, so that nothing of the account is linked by itself (M88).
    """

    is_synced: bool = True
    since_days: int = 0
    role: Role | None = None
    is_plain: bool = False


class ChosenMailbox(NamedTuple):
    """A mailbox of the account with what the user chose. `role` is the one it has now; `messages` are those here."""

    id: MailboxId
    key: MailboxKey
    name: str
    role: Role | None
    messages: int
    choice: Choice

    @property
    def is_inbox(self) -> bool:
        """Say whether it is the inbox, which is always synced and always the inbox."""
        return self.role is Role.INBOX


def all(db: Database, account_id: AccountId) -> dict[MailboxKey, Choice]:
    """Return the choices that differ from the default."""
    rows = db.read().execute(
        "SELECT key, is_synced, since_days, role FROM mailbox_choice WHERE account_id = ? LIMIT ?",
        (account_id, _LATEST),
    )
    return {MailboxKey(key): _choice(*rest) for key, *rest in rows.fetchall()}


def _choice(is_synced: int, since_days: int, role: str | None) -> Choice:
    return Choice(bool(is_synced), since_days, Role(role) if role else None, role == _PLAIN)


def listed(db: Database, account_id: AccountId) -> tuple[ChosenMailbox, ...]:
    """Return the account's own mailboxes in sidebar order, each with what was chosen for it."""
    choices = all(db, account_id)
    keys = {key_id: key for key, key_id in mailboxes.ids_by_key(db.read(), account_id).items()}
    counts = dict(
        db.read()
        .execute(
            "SELECT m.id, (SELECT count(*) FROM placement p WHERE p.remote_mailbox_id = m.id) FROM mailbox m"
            " WHERE m.account_id = ? AND m.key IS NOT NULL AND m.gone_at IS NULL LIMIT ?",
            (account_id, _LATEST),
        )
        .fetchall()
    )
    return tuple(
        ChosenMailbox(
            row.id,
            keys[row.id],
            row.name,
            row.role,
            counts.get(row.id, 0),
            choices.get(keys[row.id], Choice()),
        )
        for row in mailboxes.all(db, account_id)
        if not row.is_view and not keys[row.id].startswith(mailboxes.TO_CREATE)
    )


def set(db: Database, account_id: AccountId, key: MailboxKey, choice: Choice) -> None:
    """Keep a choice; the worker follows it with its next look."""
    with db.write() as connection:
        _keep(connection, account_id, key, choice)
        events.record(connection, "mailboxes")


def change(db: Database, account_id: AccountId, choices: Mapping[MailboxKey, Choice]) -> None:
    """Keep choices: roles hold at once, and the worker is asked to follow the rest now.

    A role belongs to one mailbox: another one that the user gave it to before has what the account says again.
    """
    with db.write() as connection:
        for key, choice in choices.items():
            connection.execute(
                "UPDATE mailbox_choice SET role = NULL WHERE account_id = ? AND role = ? AND key <> ?",
                (account_id, choice.role, key),
            )
            _keep(connection, account_id, key, choice)
        told = mailboxes.follow_choices(connection, account_id)
        touched = threads.in_mailboxes(connection, told.rehidden)
        mailbox_ids = threads.summarise(connection, touched)
        events.record(connection, "mailboxes")
        if touched:
            events.record(connection, "mail", mailbox_ids=mailbox_ids)
    accounts.request_sync(db)


def _keep(connection: sqlite3.Connection, account_id: AccountId, key: MailboxKey, choice: Choice) -> None:
    role = _PLAIN if choice.is_plain else choice.role
    connection.execute(
        "INSERT OR REPLACE INTO mailbox_choice (account_id, key, is_synced, since_days, role, chosen_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (account_id, key, choice.is_synced, choice.since_days, role, int(time.time())),
    )
