"""Messages of our own making, put where they belong here at once: drafts, and copies of what was sent."""

from __future__ import annotations

import sqlite3
import time
import uuid
import zlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final, Literal

from mail import identity
from mail.changes import RemoteEmail
from mail.headers import header_end
from mail.parse import parse
from mail.types import AccountId, Email, EmailId, MailboxId, MailboxKey, RemoteKey, Role, ThreadId
from store import actions, conversations, desired, email_ids, ingest_rows, placements
from store.desired import Wish
from store.links import awaited
from store.placements import LOCAL
from store.sending import local_mail

Kind = Literal["draft", "sent"]
_ROLES: Final[dict[str, Role]] = {"draft": Role.DRAFTS, "sent": Role.SENT}
_FAST: Final = 1  # of zlib: base64 gains nothing from more


@dataclass(frozen=True, slots=True)
class Written:
    """A message of our own, read and packed before the transaction that keeps it."""

    account_id: AccountId
    email: Email
    packed_octets: bytes
    packed_body: bytes
    received_at: int
    header: bytes | None
    """What it is told apart by, with its time; None where its octets tell it apart."""

    def later(self) -> Written:
        """Return the same message a second later: another one by its header, size and time."""
        at, header = self.received_at + 1, self.header or b""
        octets_hash = identity.of(header, self.email.size_octets, at)
        return replace(self, received_at=at, email=replace(self.email, octets_hash=octets_hash))


def written(account_id: AccountId, account_kind: str, octets: bytes, received_at: int) -> Written:
    """Return a message as add() takes it; told by the account later, with that time, it will be the same Email."""
    email = parse(octets)
    header = None
    if account_kind != "maildir":
        header = octets[: header_end(octets)[1]]
        email = replace(email, octets_hash=identity.of(header, len(octets), received_at))
    packed = zlib.compress(octets, _FAST)
    return Written(account_id, email, packed, ingest_rows.pack(email.body), received_at, header)


def add(
    connection: sqlite3.Connection,
    message: Written,
    *,
    kind: Kind,
    keywords: Collection[str],
    replaces: EmailId | None = None,
    is_saved_by_account: bool = False,
) -> EmailId:
    """Let a message lie in Drafts or Sent, made if there is none, and be saved there in place of `replaces`.

    One that `is_saved_by_account` only waits for the account to tell of it.
    """
    mailbox_id = actions.mailbox_for(connection, message.account_id, _ROLES[kind])
    old_key, touched = _take_away(connection, replaces, mailbox_id)
    while message.header is not None and _known(connection, message) is not None:
        message = message.later()  # another text of the same second and size
    (mailbox_key,) = connection.execute("SELECT key FROM mailbox WHERE id = ?", (mailbox_id,)).fetchone()
    remote = RemoteEmail(
        MailboxKey(mailbox_key),
        RemoteKey(f"{LOCAL}{uuid.uuid4()}"),
        frozenset(keywords),
        message.received_at,
        None,
        identity=message.email.octets_hash,
    )
    new = _insert(connection, message, remote, touched)
    email_id = new.id if isinstance(new, ingest_rows.NewEmail) else new
    placement_id = _place(connection, email_id, mailbox_id, remote)
    connection.execute(
        "INSERT OR REPLACE INTO local_copy (email_id, kind, replaces) VALUES (?, ?, ?)",
        (email_id, kind, old_key),
    )
    if not is_saved_by_account and not (old_key or "").startswith(LOCAL):
        local_mail.queue(connection, placement_id)
    placements.mark_orphans(connection, [email_id])
    touched.add(local_mail.thread_of(connection, email_id))
    awaited.link(connection, int(time.time()), touched)
    local_mail.recount(connection, touched)
    if isinstance(new, ingest_rows.NewEmail):
        ingest_rows.index(connection, [new])
    return EmailId(email_id)


def _insert(
    connection: sqlite3.Connection, message: Written, remote: RemoteEmail, touched: set[ThreadId]
) -> ingest_rows.NewEmail | int:
    """Insert the email, but for its words; return its id when the same one is there already."""
    account_id, known = message.account_id, _known(connection, message)
    if known is not None:
        connection.execute(
            "INSERT OR IGNORE INTO email_octets (email_id, octets) VALUES (?, ?)",
            (known, message.packed_octets),
        )
        return known
    email_id = email_ids.Ids(connection).after(message.received_at)
    new = ingest_rows.new_email(email_id, remote, message.email, message.packed_body)
    owner = ingest_rows.owner(connection, account_id)
    placed = conversations.place(connection, account_id, [new.facts()])
    ingest_rows.insert(connection, owner, [new], placed.thread_of, {remote.mailbox})
    connection.execute(
        "INSERT OR REPLACE INTO email_octets (email_id, octets) VALUES (?, ?)",
        (email_id, message.packed_octets),
    )
    touched |= placed.touched | conversations.tear_apart(connection, account_id, placed.torn)
    return new


def _known(connection: sqlite3.Connection, message: Written) -> int | None:
    octets_hash = message.email.octets_hash
    return ingest_rows.emails_by_hash(connection, message.account_id, [octets_hash]).get(octets_hash)


def _place(connection: sqlite3.Connection, email_id: int, mailbox_id: MailboxId, remote: RemoteEmail) -> int:
    cursor = connection.execute(
        "INSERT INTO placement (email_id, mailbox_id, remote_mailbox_id, remote_key, remote_keywords)"
        " VALUES (?, ?, ?, ?, ?)",
        (email_id, mailbox_id, mailbox_id, remote.key, " ".join(sorted(remote.keywords))),
    )
    return cursor.lastrowid or 0


def _take_away(
    connection: sqlite3.Connection, email_id: EmailId | None, mailbox_id: MailboxId
) -> tuple[str | None, set[ThreadId]]:
    """Let an older copy go, also one in another account; return the key a save is to replace, or waits for, and the threads it was in."""
    if email_id is None:
        return None, set()
    old_key: str | None = None
    rows = connection.execute(
        "SELECT p.id, p.remote_mailbox_id, p.remote_key, l.replaces FROM placement p"
        " LEFT JOIN local_copy l ON l.email_id = p.email_id"
        " JOIN mailbox m ON m.id = p.mailbox_id JOIN mailbox w ON w.id = ?"
        " WHERE p.email_id = ? AND NOT p.is_destroyed"
        " AND (m.id = w.id OR m.account_id <> w.account_id) ORDER BY p.id",
        (mailbox_id, email_id),
    ).fetchall()
    for placement_id, remote_mailbox_id, key, replaced in rows:
        if remote_mailbox_id != mailbox_id or old_key is not None:
            desired.fulfil(connection, [Wish("destroyed", placement_id, "1")], now=int(time.time()))
        elif key.startswith(LOCAL) and _is_begun(connection, placement_id):
            connection.execute("UPDATE placement SET is_destroyed = 1 WHERE id = ?", (placement_id,))
            old_key = key
        else:
            local_mail.drop_placement(connection, placement_id)
            old_key = replaced if key.startswith(LOCAL) else key
    return old_key, {
        local_mail.thread_of(connection, email_id),
        *local_mail.drop_if_nowhere(connection, email_id),
    }


def _is_begun(connection: sqlite3.Connection, placement_id: int) -> bool:
    query = "SELECT 1 FROM open_operation WHERE placement_id = ? AND kind = 'save' AND attempts > 0"
    return connection.execute(query, (placement_id,)).fetchone() is not None
