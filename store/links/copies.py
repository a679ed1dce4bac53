"""Copies of messages that lie only here: duplicates of conversations, and Smart BCC copies of what was sent.

A copy is an email of its own, told apart from the original by its hash, in the view Copies. The account knows nothing
of it: what is done with it asks nothing of the account (store.desired).
"""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from mail.ids import AccountId, EmailId, MailboxId, Role, ThreadId
from mail.keywords import ANSWERED, FLAGGED, FORWARDED, SEEN
from store import conversations, email_ids, events, recent_text, removal, threads
from store.placements import COPY

_KEPT: Final = (
    "account_id, message_id, refs, received_at, sent_at, subject, from_name, from_email, preview, size_octets, flagged,"
    " answered, forwarded, is_outgoing, has_attachment, is_bulk, is_auto_reply, list_id, problem, is_header_only,"
    " delivered_to"
)
_KEPT_DESTROYED_S: Final = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Copied:
    """Where copies lie: their conversation, their places and themselves, in the order of the originals."""

    thread_id: ThreadId
    placement_ids: tuple[int, ...]
    email_ids: tuple[EmailId, ...]


def copyable(connection: sqlite3.Connection, thread_id: ThreadId, limit: int) -> list[EmailId]:
    """Return the newest messages of a conversation, oldest first; what is still being written is not copied."""
    rows = connection.execute(
        "SELECT e.id FROM email e WHERE e.thread_id = ? AND NOT e.draft AND EXISTS (SELECT 1 FROM placement p"
        " WHERE p.email_id = e.id AND NOT p.is_destroyed) ORDER BY e.id DESC LIMIT ?",
        (thread_id, limit),
    ).fetchall()
    return [EmailId(email_id) for (email_id,) in reversed(rows)]


def duplicate(
    connection: sqlite3.Connection,
    account_id: AccountId,
    originals: Sequence[EmailId],
    packed_octets: Mapping[EmailId, bytes],
) -> Copied:
    """Copy messages of one account into a conversation of their own, inside a write transaction.

    `packed_octets` (zlib) are those of messages whose octets the account keeps in files. The words are for index().
    """
    thread_id = conversations.add_copy(connection, account_id)
    connection.execute(  # whoever copies it did not say that others may see it
        "UPDATE thread SET visibility = CASE WHEN (SELECT scope FROM account WHERE id = account_id) = 'team'"
        " THEN 'team' ELSE 'private' END WHERE id = ?",
        (thread_id,),
    )
    ids = email_ids.Ids(connection)
    copies = [_copy(connection, ids, original, thread_id, "") for original in originals]
    connection.executemany(
        "INSERT OR IGNORE INTO email_octets (email_id, octets) VALUES (?, ?)",
        [
            (copy, packed_octets[original])
            for original, copy in zip(originals, copies, strict=True)
            if original in packed_octets
        ],
    )
    places = _place(connection, account_id, copies)
    return Copied(thread_id, places, tuple(copies))


def tell(connection: sqlite3.Connection, copied: Copied, mailbox_ids: Collection[MailboxId]) -> None:
    """Record the event of a duplicate that is listed in `mailbox_ids`, and index its words: the last thing to do."""
    events.record(connection, "mail", mailbox_ids=mailbox_ids, thread_ids=[copied.thread_id])
    index(connection, copied.email_ids)


def of_sent(
    connection: sqlite3.Connection, account_id: AccountId, original: EmailId, token: str, *, is_verified: bool
) -> tuple[EmailId, set[ThreadId]] | None:
    """Copy a message that was sent to a Smart BCC address, unless its copy is here; return it and the threads touched.

    The account may still deliver a copy of its own: drop_told lets that one take its place. The words are for index().
    """
    if _alike(connection, original, token):
        return None
    copy = _copy(connection, email_ids.Ids(connection), original, ThreadId(0), token, is_verified=is_verified)
    columns = connection.execute(
        f"SELECT {conversations.FACTS} FROM email WHERE id = ?",  # noqa: S608 - our own names
        (copy,),
    ).fetchone()
    placed = conversations.place(connection, account_id, [conversations.facts(*columns)], [copy])
    thread_id = placed.thread_of[copy]
    connection.execute("UPDATE email SET thread_id = ? WHERE id = ?", (thread_id, copy))
    _place(connection, account_id, [copy])
    touched = placed.touched | {thread_id} | conversations.tear_apart(connection, account_id, placed.torn)
    return copy, touched


def drop_told(connection: sqlite3.Connection, told: EmailId, token: str) -> frozenset[ThreadId]:
    """Remove our copy of a message whose copy the account has delivered; return the threads it was of."""
    rows = connection.execute(
        "SELECT j.value FROM json_each(?) j WHERE EXISTS (SELECT 1 FROM placement p WHERE p.email_id = j.value"
        " AND substr(p.remote_key, 1, ?) = ?)",
        (json.dumps(_alike(connection, told, token)), len(COPY), COPY),
    ).fetchall()
    if not rows:
        return frozenset()
    touched = removal.remove_emails(connection, [row[0] for row in rows])
    threads.summarise(connection, touched)
    removal.remove_empty_threads(connection, touched)
    return touched


def index(connection: sqlite3.Connection, copies: Collection[EmailId]) -> None:
    """Put the words of copies into the index: the last thing to do in a transaction."""
    rows = [
        (email_id, text.subject, text.people, text.body, text.files)
        for email_id, text in removal.indexed_texts(connection, copies)
    ]
    connection.executemany(
        "INSERT INTO email_text (rowid, subject, people, body, files) VALUES (?, ?, ?, ?, ?)", rows
    )
    recent_text.add(connection, rows)


def purge(connection: sqlite3.Connection) -> frozenset[ThreadId]:
    """Remove copies that were deleted so long ago that nobody undoes it; return the threads they were of."""
    rows = connection.execute(
        "SELECT p.email_id FROM placement p JOIN mailbox m ON m.id = p.mailbox_id WHERE p.is_destroyed"
        " AND substr(p.remote_key, 1, ?1) = ?2 AND NOT EXISTS (SELECT 1 FROM action_step s JOIN action a"
        " ON a.id = s.action_id WHERE s.subject = p.id AND s.field = 'destroyed' AND a.done_at > ?3) LIMIT 500",
        (len(COPY), COPY, int(time.time()) - _KEPT_DESTROYED_S),
    ).fetchall()
    return removal.remove_emails(connection, [row[0] for row in rows]) if rows else frozenset()


def _alike(connection: sqlite3.Connection, email_id: EmailId, token: str) -> list[int]:
    """Return the other copies of a message by that secret, also when a server gave it another Message-ID on the way."""
    rows = connection.execute(
        "SELECT c.id FROM email t CROSS JOIN email c ON c.bcc_token = ?2 AND c.account_id = t.account_id"
        " AND c.id <> t.id AND (c.message_id = t.message_id"
        " OR c.sent_at = t.sent_at AND c.subject = t.subject AND c.from_email = t.from_email) WHERE t.id = ?1",
        (email_id, token),
    ).fetchall()
    return [row[0] for row in rows]


def _copy(
    connection: sqlite3.Connection,
    ids: email_ids.Ids,
    original: EmailId,
    thread_id: ThreadId,
    token: str,
    *,
    is_verified: bool = True,
) -> EmailId:
    octets_hash, received_at = connection.execute(
        "SELECT octets_hash, received_at FROM email WHERE id = ?", (original,)
    ).fetchone()
    copy = EmailId(ids.after(received_at))
    own_hash = blake2b(b"copy %b %b" % (uuid.uuid4().bytes, octets_hash), digest_size=16).digest()
    connection.execute(
        f"INSERT INTO email ({_KEPT}, id, thread_id, octets_hash, registered_at, seen, bcc_token, is_bcc_verified,"  # noqa: S608 - our own names
        f" copy_of) SELECT {_KEPT}, ?, ?, ?, ?, 1, ?, ?, id FROM email WHERE id = ?",
        (copy, thread_id, own_hash, int(time.time()), token, is_verified, original),
    )
    for statement in _PARTS:
        connection.execute(statement, (copy, original))
    return copy


_PARTS: Final = (
    "INSERT INTO email_body (email_id, body) SELECT ?, body FROM email_body WHERE email_id = ?",
    "INSERT INTO email_octets (email_id, octets) SELECT ?, octets FROM email_octets WHERE email_id = ?",
    "INSERT INTO attachment SELECT ?, part, name, media_type, size_octets, is_inline, content_id FROM attachment"
    " WHERE email_id = ?",
    "INSERT INTO participant SELECT ?, role, position, address_id, name, email FROM participant WHERE email_id = ?",
)


def _place(
    connection: sqlite3.Connection, account_id: AccountId, copies: Collection[EmailId]
) -> tuple[int, ...]:
    mailbox_id = _mailbox(connection, account_id)
    places: list[int] = []
    for copy in copies:
        flags = connection.execute(
            "SELECT flagged, answered, forwarded FROM email WHERE id = ?", (copy,)
        ).fetchone()
        keywords = {
            SEEN,
            *(name for name, has in zip((FLAGGED, ANSWERED, FORWARDED), flags, strict=True) if has),
        }
        cursor = connection.execute(
            "INSERT INTO placement (email_id, mailbox_id, remote_mailbox_id, remote_key, remote_keywords)"
            " VALUES (?, ?, ?, ?, ?)",
            (copy, mailbox_id, mailbox_id, f"{COPY}{uuid.uuid4()}", " ".join(sorted(keywords))),
        )
        places.append(cursor.lastrowid or 0)
    return tuple(places)


def _mailbox(connection: sqlite3.Connection, account_id: AccountId) -> MailboxId:
    """Return the account's view Copies, made with the first copy: nothing of the account's own lies in it."""
    row = connection.execute(
        "SELECT id FROM mailbox WHERE account_id = ? AND key IS NULL AND role = ?",
        (account_id, Role.COPIES.value),
    ).fetchone()
    if row is not None:
        return MailboxId(row[0])
    cursor = connection.execute(
        "INSERT INTO mailbox (account_id, key, name, role) VALUES (?, NULL, 'Copies', ?)",
        (account_id, Role.COPIES.value),
    )
    events.record(connection, "mailboxes")
    return MailboxId(cursor.lastrowid or 0)
