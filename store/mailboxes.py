"""Mailboxes of accounts, and our own views that gather across them."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mail.ids import AccountId, MailboxId, MailboxKey, RemoteKey, Role
from store.database import Database
from store.rows import MailboxRow
from store.summaries import HIDDEN

if TYPE_CHECKING:
    from mail.changes import RemoteMailbox

VIEWS: Final = (
    (Role.ALL, "All mail"),
    (Role.FLAGGED, "Starred"),
    (Role.UNREAD, "Unread"),
    (Role.UNLINKED, "To file"),
)
"""The views each account has: everything not in trash or junk, and parts of that."""

TO_CREATE: Final = "\x1f"
"""How the key of a mailbox begins that the user has already and the account is yet to make (store.actions)."""

LOCAL: Final = "local:"
"""How the key of a message begins that the account does not have yet."""

COPY: Final = "local:copy:"
"""How the key of a message begins that the account is never to have (store.links.copies)."""

_ORDER: Final = (
    Role.INBOX,
    Role.UNREAD,
    Role.FLAGGED,
    Role.UNLINKED,
    Role.DRAFTS,
    Role.SENT,
    Role.COPIES,
    Role.ARCHIVE,
    Role.ALL,
    Role.JUNK,
    Role.TRASH,
)
_RANK: Final = {role: rank for rank, role in enumerate(_ORDER)}


def all(db: Database, account_id: AccountId | None = None) -> tuple[MailboxRow, ...]:
    """Return mailboxes and views in sidebar order: by account, those with a role first, then by name."""
    rows = db.read().execute(
        "SELECT id, account_id, name, role, key IS NULL, total_threads, unread_threads FROM mailbox "
        "WHERE gone_at IS NULL AND (?1 IS NULL OR account_id = ?1) LIMIT 20000",
        (account_id,),
    )
    return tuple(sorted((_row(row) for row in rows.fetchall()), key=_place))


def _row(row: tuple[int, int, str, str | None, int, int, int]) -> MailboxRow:
    mailbox_id, account_id, name, role, is_view, total, unread = row
    return MailboxRow(
        MailboxId(mailbox_id),
        AccountId(account_id),
        name,
        Role(role) if role else None,
        bool(is_view),
        total,
        unread,
    )


def _place(row: MailboxRow) -> tuple[int, int, list[str], int]:
    rank = len(_ORDER) if row.role is None else _RANK[row.role]
    return row.account_id, rank, row.name.casefold().split("/"), row.id


def get(db: Database, mailbox_id: MailboxId) -> MailboxRow | None:
    """Return one mailbox, None when the account no longer has it."""
    row = (
        db.read()
        .execute(
            "SELECT id, account_id, name, role, key IS NULL, total_threads, unread_threads FROM mailbox "
            "WHERE gone_at IS NULL AND id = ?",
            (mailbox_id,),
        )
        .fetchone()
    )
    return None if row is None else _row(row)


def with_role(db: Database, role: Role, account_id: AccountId | None = None) -> tuple[MailboxId, ...]:
    """Return the mailboxes or views with this role, of one account or of all: together, a unified mailbox."""
    rows = db.read().execute(
        "SELECT id FROM mailbox WHERE role = ?1 AND gone_at IS NULL AND (?2 IS NULL OR account_id = ?2) "
        "ORDER BY account_id, key IS NULL, id LIMIT 1000",
        (role.value, account_id),
    )
    return tuple(MailboxId(row[0]) for row in rows.fetchall())


def add_views(connection: sqlite3.Connection, account_id: AccountId) -> None:
    """Give a new account its views."""
    connection.executemany(
        "INSERT INTO mailbox (account_id, key, name, role) VALUES (?, NULL, ?, ?)",
        [(account_id, name, role.value) for role, name in VIEWS],
    )


@dataclass(frozen=True, slots=True)
class Told:
    """What a list of mailboxes changed. The threads in `rehidden` went out of sight, or came back into it."""

    is_new: bool = False
    rehidden: frozenset[MailboxId] = frozenset()

    def and_then(self, later: Told) -> Told:
        """Return what both changed."""
        return Told(self.is_new or later.is_new, self.rehidden | later.rehidden)


def ensure(connection: sqlite3.Connection, account_id: AccountId, mailboxes: Iterable[RemoteMailbox]) -> Told:
    """Make our mailboxes those the account has now, inside a write transaction.

    One that is gone keeps its row, marked, until nothing lies in it any more: it may come back. One that the
    account is yet to make at the user's wish stays. Roles are what the account says: follow_choices comes after.
    """
    wanted = {
        mailbox.key: (mailbox.name, mailbox.role.value if mailbox.role else None) for mailbox in mailboxes
    }
    have = {
        row[0]: row
        for row in connection.execute(
            "SELECT key, name, CASE WHEN told_role IS NULL THEN role ELSE nullif(told_role, '') END, gone_at, id, role "
            "FROM mailbox WHERE account_id = ? AND substr(key, 1, 1) <> ?",
            (account_id, TO_CREATE),
        ).fetchall()
    }
    changed = [key for key in wanted if key not in have or have[key][1:4] != (*wanted[key], None)]
    gone = [key for key in have if key not in wanted and have[key][3] is None]
    connection.executemany(
        "INSERT INTO mailbox (name, role, account_id, key) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (account_id, key) DO UPDATE SET "
        "name = excluded.name, role = excluded.role, told_role = NULL, gone_at = NULL",
        [(*wanted[key], account_id, key) for key in changed],
    )
    now = int(time.time())
    connection.executemany(
        "UPDATE mailbox SET gone_at = ? WHERE account_id = ? AND key = ?",
        [(now, account_id, key) for key in gone],
    )
    rehidden = (
        have[key][4]
        for key in changed
        if key in have and (have[key][5] in HIDDEN) != (wanted[key][1] in HIDDEN)
    )
    return Told(bool(changed or gone), frozenset(map(MailboxId, rehidden)))


def follow_choices(connection: sqlite3.Connection, account_id: AccountId) -> Told:
    """Give mailboxes the roles the user chose for them, inside a write transaction."""
    changes = _chosen(connection, account_id)
    connection.executemany(
        "UPDATE mailbox SET role = ?, told_role = ? WHERE id = ?",
        [(role, told, mailbox_id) for mailbox_id, _, role, told in changes],
    )
    rehidden = (mailbox_id for mailbox_id, was, role, _ in changes if (was in HIDDEN) != (role in HIDDEN))
    return Told(bool(changes), frozenset(rehidden))


def are_choices_due(db: Database, account_id: AccountId) -> bool:
    """Say whether the user chose roles that mailboxes do not have yet."""
    return bool(_chosen(db.read(), account_id))


def _chosen(
    connection: sqlite3.Connection, account_id: AccountId
) -> list[tuple[MailboxId, str | None, str | None, str | None]]:
    """Return the mailboxes to change: the role each has, the one it is to have, and what to keep of what was told."""
    rows = connection.execute(
        "SELECT key, role FROM mailbox_choice WHERE account_id = ? AND role IS NOT NULL", (account_id,)
    ).fetchall()
    # A role of '' is the choice of none.
    choices: dict[str, str | None] = {key: role or None for key, role in rows}
    rows = connection.execute(
        "SELECT id, key, role, told_role FROM mailbox WHERE account_id = ? AND substr(key, 1, 1) <> ? "
        "AND (role IS NOT NULL OR told_role IS NOT NULL OR key IN (SELECT value FROM json_each(?)))",
        (account_id, TO_CREATE, json.dumps(list(choices))),
    ).fetchall()
    told_roles = {key: role if told_role is None else told_role or None for _, key, role, told_role in rows}
    for key, told in told_roles.items():
        if told == Role.INBOX:
            choices.pop(key, None)  # it stays the inbox: see mailbox_choices.Choice
    there = {choices[key] for _, key, _, _ in rows if key in choices}
    changes: list[tuple[MailboxId, str | None, str | None, str | None]] = []
    for mailbox_id, key, role, told_role in rows:
        told = told_roles[key]
        # A role the user gave to another mailbox is no longer this one's: else mail would still go here.
        wanted = choices.get(key, None if told in there else told)
        kept = None if wanted == told else told or ""
        if (wanted, kept) != (role, told_role):
            changes.append((MailboxId(mailbox_id), role, wanted, kept))
    return changes


def ids_by_key(connection: sqlite3.Connection, account_id: AccountId) -> dict[MailboxKey, MailboxId]:
    """Return the account's mailboxes by its own name for them, gone ones included."""
    rows = connection.execute(
        "SELECT key, id FROM mailbox WHERE account_id = ? AND key IS NOT NULL", (account_id,)
    ).fetchall()
    return {MailboxKey(key): MailboxId(mailbox_id) for key, mailbox_id in rows}


def known(db: Database, account_id: AccountId, mailbox_key: MailboxKey) -> dict[RemoteKey, frozenset[str]]:
    """Return the keywords the account last told of every message in its mailbox, by key (providers' Memory).

    Messages that the account does not have yet are left out.
    """
    rows = db.read().execute(
        "SELECT p.remote_key, p.remote_keywords FROM placement p JOIN mailbox m ON m.id = p.remote_mailbox_id "
        "WHERE m.account_id = ? AND m.key = ? AND substr(p.remote_key, 1, ?) <> ?",
        (account_id, mailbox_key, len(LOCAL), LOCAL),
    )
    sets: dict[str, frozenset[str]] = {}
    found: dict[RemoteKey, frozenset[str]] = {}
    for key, keywords in rows.fetchall():
        if keywords not in sets:
            sets[keywords] = frozenset(keywords.split())
        found[RemoteKey(key)] = sets[keywords]
    return found


def add_untold(connection: sqlite3.Connection, account_id: AccountId, key: MailboxKey) -> MailboxId:
    """Make a mailbox the account spoke of before it listed it."""
    cursor = connection.execute(
        "INSERT INTO mailbox (account_id, key, name) VALUES (?, ?, ?)", (account_id, key, key)
    )
    return MailboxId(cursor.lastrowid or 0)


def forget_gone(connection: sqlite3.Connection, account_id: AccountId) -> None:
    """Remove the mailboxes that are gone and that no message lies in, or is wanted in, any more."""
    for (mailbox_id,) in connection.execute(
        "SELECT id FROM mailbox m WHERE account_id = ? AND gone_at IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM placement WHERE remote_mailbox_id = m.id) "
        "AND NOT EXISTS (SELECT 1 FROM placement WHERE mailbox_id = m.id)",
        (account_id,),
    ).fetchall():
        connection.execute("DELETE FROM unreadable WHERE remote_mailbox_id = ?", (mailbox_id,))
        connection.execute("DELETE FROM mailbox WHERE id = ?", (mailbox_id,))
