"""Smart BCC copies among what comes and what is sent: marked, given their own conversations, and never had twice."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from mail.keywords import DRAFT
from mail.types import AccountId, Email, EmailId, MailboxKey, Role, ThreadId
from store import conversations, events
from store.ingest_rows import NewEmail
from store.links import bcc_tokens, copies

_REPLACED: Final = (
    "Mail came to a Smart BCC address that was replaced by another: it is treated as any other mail."
)


class Intake:
    """Looks at what one transaction takes in. Until somebody asks for a Smart BCC address it does nothing."""

    def __init__(
        self, connection: sqlite3.Connection, account_id: AccountId, mailbox_keys: Iterable[MailboxKey]
    ) -> None:
        self._connection = connection
        self._account_id = account_id
        self._channels = bcc_tokens.channels(connection)
        self._sent: frozenset[MailboxKey] = frozenset()
        self._drafts: frozenset[MailboxKey] = frozenset()
        self._hidden: frozenset[MailboxKey] = frozenset()
        if self._channels.holds:
            keys = list(mailbox_keys)
            self._sent = self._with_role(Role.SENT, keys)
            self._drafts = self._with_role(Role.DRAFTS, keys)
            self._hidden = self._with_role(Role.JUNK, keys) | self._with_role(Role.TRASH, keys)
        self._copies: list[EmailId] = []

    def _with_role(self, role: Role, keys: Iterable[MailboxKey]) -> frozenset[MailboxKey]:
        rows = self._connection.execute(
            "SELECT key FROM mailbox WHERE account_id = ? AND role = ? AND key IS NOT NULL",
            (self._account_id, role.value),
        ).fetchall()
        return frozenset(keys) & {MailboxKey(row[0]) for row in rows}

    def mark(self, new: NewEmail, places: Iterable[MailboxKey]) -> NewEmail:
        """Return a new email with the secret it came with; what lies in Sent or Drafts did not come."""
        if not self._channels.holds:
            return new
        where = set(places)
        if where & (self._sent | self._drafts) or DRAFT in new.remote.keywords:
            return new
        told = self._channels.token_of(new.email)
        if told is None:
            if self._channels.is_revoked(new.email):
                events.record(self._connection, "items", text=_REPLACED)
            return new
        is_verified = not new.is_header_only and is_verified_copy(self._channels, new.email)
        return replace(new, bcc_token=told, is_bcc_verified=is_verified)

    def take(self, emails: Sequence[NewEmail], places: Iterable[tuple[int, MailboxKey]]) -> set[ThreadId]:
        """Give what was sent to Smart BCC its copy, and drop copies of ours that have come now; return the threads."""
        if not self._channels.holds:
            return set()
        touched: set[ThreadId] = set()
        lying = list(places)
        sent = {email_id for email_id, key in lying if key in self._sent}
        in_sight = {email_id for email_id, key in lying if key not in self._hidden}
        for new in emails:
            if new.bcc_token is not None:
                if new.is_bcc_verified and new.id in in_sight:
                    touched |= _drop_ours(self._connection, new.id)
            elif new.id in sent and DRAFT not in new.remote.keywords:
                touched |= self._copy(EmailId(new.id), new.email)
        return touched

    def _copy(self, email_id: EmailId, email: Email) -> set[ThreadId]:
        copied, touched = _copy_of_sent(self._connection, self._account_id, self._channels, email_id, email)
        self._copies += copied
        return touched

    def index(self) -> None:
        """Index the copies made: after all else, as ingest_rows.index says."""
        if self._copies:
            copies.index(self._connection, self._copies)


def is_verified_copy(channels: bcc_tokens.Channels, email: Email) -> bool:
    """Say whether a copy is from the owner: an address of theirs, which the receiving server does not call forged."""
    return channels.is_by_owner(email) and not email.fails_authentication


def sent(
    connection: sqlite3.Connection, account_id: AccountId, email_id: EmailId, email: Email
) -> set[ThreadId]:
    """Give a message sent from here its Smart BCC copies at once; return the threads touched.

    The copy the account will deliver takes their place.
    """
    channels = bcc_tokens.channels(connection)
    copied, touched = _copy_of_sent(connection, account_id, channels, email_id, email)
    if copied:
        copies.index(connection, copied)
    return touched


def _copy_of_sent(
    connection: sqlite3.Connection,
    account_id: AccountId,
    channels: bcc_tokens.Channels,
    email_id: EmailId,
    email: Email,
) -> tuple[list[EmailId], set[ThreadId]]:
    told = channels.token_of(email)
    made = (
        copies.of_sent(connection, account_id, email_id, told, is_verified=channels.is_by_owner(email))
        if told is not None
        else None
    )
    return ([], set()) if made is None else ([made[0]], made[1])


def verify(connection: sqlite3.Connection, filled: Iterable[tuple[int, Email]]) -> set[ThreadId]:
    """Say of copies known by their header so far whether they are from the owner; return the threads that changes.

    What servers found out about a sender is read with the body.
    """
    emails = dict(filled)
    rows = connection.execute(
        "SELECT e.id, e.account_id FROM json_each(?) j CROSS JOIN email e ON e.id = j.value"
        " WHERE e.bcc_token <> '' AND NOT e.is_bcc_verified",
        (json.dumps(list(emails)),),
    ).fetchall()
    if not rows:
        return set()
    channels = bcc_tokens.channels(connection)
    touched: set[ThreadId] = set()
    for email_id, account_id in rows:
        if is_verified_copy(channels, emails[email_id]):
            connection.execute("UPDATE email SET is_bcc_verified = 1 WHERE id = ?", (email_id,))
            touched |= conversations.join_late(connection, account_id, email_id)
            touched |= _drop_ours(connection, email_id)
    return touched


def _drop_ours(connection: sqlite3.Connection, told: int) -> frozenset[ThreadId]:
    """Let a copy that came from the owner take the place of the one made here; return the threads that touches."""
    (token,) = connection.execute("SELECT bcc_token FROM email WHERE id = ?", (told,)).fetchone()
    return copies.drop_told(connection, EmailId(told), token)
