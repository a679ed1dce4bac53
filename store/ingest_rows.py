"""The rows a new email becomes, written in bulk."""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mail.addresses import normalise
from mail.body_json import dumps
from mail.changes import RemoteEmail
from mail.keywords import ANSWERED, DRAFT, FLAGGED, FORWARDED, SEEN
from mail.threading import ThreadFacts
from mail.types import AccountId, Address, Body, Email, MailboxId, MailboxKey, ThreadId
from store import conversations, email_ids, recent_text
from store.mailboxes import LOCAL
from store.sending import bounces

_KEPT_REFS: Final = 50
_THREAD_KEY: Final = "\x02"
"""How the account's own name for a conversation begins among the ids it ties together: no Message-ID can be so."""
KEPT_OCTETS: Final = 64 * 1024
"""Messages that the account can be asked for again are kept as they came up to this size, when files come with them."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose mail it is: their addresses, and the mailboxes that hold what they sent."""

    account_id: AccountId
    addresses: frozenset[str]
    sent: frozenset[MailboxId]


@dataclass(frozen=True, slots=True)
class NewEmail:
    """An email the store does not have yet, under the id it will have.

    `message_id` and `refs` are what of it is stored; `refs` are the ids of what it answers, nearest ancestor last.
    Of one that `is_header_only` the body is still to be fetched. `bcc_token` is of a Smart BCC copy (store.links.bcc_intake).
    """

    id: int
    remote: RemoteEmail
    email: Email
    packed_body: bytes | None
    message_id: str | None
    refs: str
    is_header_only: bool = False
    bcc_token: str | None = None
    is_bcc_verified: bool = False

    def facts(self) -> ThreadFacts:
        """Return what threading needs of it."""
        email = self.email
        return conversations.facts(
            self.id,
            self.message_id,
            self.refs,
            email.subject,
            email.sent_at,
            self.bcc_token if self.bcc_token is None or self.is_bcc_verified else "",
        )


def new_email(email_id: int, remote: RemoteEmail, email: Email, packed_body: bytes | None = None) -> NewEmail:
    """Return an email as it will be stored: its ids without what they may be wrapped in, and not too many."""
    message_id = "".join((email.message_id or "").split()).strip("<>") or None
    refs = ["".join(one.split()) for one in (*email.in_reply_to, *email.references)]
    if remote.thread_key is not None:
        refs.insert(0, _THREAD_KEY + "".join(remote.thread_key.split()))
    if len(refs) > _KEPT_REFS:
        refs = refs[:2] + refs[2 - _KEPT_REFS :]
    return NewEmail(
        email_id,
        remote,
        email,
        packed_body,
        message_id,
        " ".join(filter(None, refs)),
        is_header_only=remote.message is None and remote.header is not None,
    )


def pack(body: Body) -> bytes:
    """Return a body as email_body keeps it."""
    return zlib.compress(dumps(body), 6)


def owner(connection: sqlite3.Connection, account_id: AccountId) -> Owner:
    """Return whose mail an account's is."""
    address, aliases = connection.execute(
        "SELECT address, aliases FROM account WHERE id = ?", (account_id,)
    ).fetchone()
    sent = connection.execute(
        "SELECT id FROM mailbox WHERE account_id = ? AND role = 'sent'", (account_id,)
    ).fetchall()
    own = {_normalised(one) for one in (address, *json.loads(aliases)) if one}
    return Owner(account_id, frozenset(own), frozenset(MailboxId(row[0]) for row in sent))


def emails_by_hash(
    connection: sqlite3.Connection, account_id: AccountId, hashes: Collection[bytes]
) -> dict[bytes, int]:
    """Return the emails that have these octets."""
    found: dict[bytes, int] = {}
    wanted = list(hashes)
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        marks = ",".join("?" * len(some))
        query = f"SELECT octets_hash, id FROM email WHERE account_id = ? AND octets_hash IN ({marks})"  # noqa: S608 - only marks
        found.update(connection.execute(query, (account_id, *some)).fetchall())
    return found


def insert(
    connection: sqlite3.Connection,
    owner: Owner,
    emails: Sequence[NewEmail],
    thread_of: Mapping[int, ThreadId],
    sent: Collection[MailboxKey],
) -> None:
    """Insert emails with all that hangs on them but their words: those are for index()."""
    now = int(time.time())
    connection.executemany(
        _EMAIL,
        [
            _email_row(email, owner, thread_of[email.id], email.remote.mailbox in sent, now)
            for email in emails
        ],
    )
    connection.executemany(
        "INSERT INTO email_body (email_id, body) VALUES (?, ?)",
        [(new.id, new.packed_body or pack(new.email.body)) for new in emails if not new.is_header_only],
    )
    connection.executemany(
        "INSERT INTO email_octets (email_id, octets) VALUES (?, ?)",
        [
            (new.id, zlib.compress(new.remote.message, 6))
            for new in emails
            if new.remote.message is not None
            and _are_octets_kept(new.remote, new.email, len(new.remote.message))
        ],
    )
    insert_attachments(connection, [(new.id, new.email) for new in emails])
    _insert_participants(connection, emails)


def insert_attachments(connection: sqlite3.Connection, emails: Iterable[tuple[int, Email]]) -> None:
    """Insert what emails carry along."""
    connection.executemany(
        "INSERT OR IGNORE INTO attachment VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                email_id,
                one.part,
                one.name,
                one.media_type,
                one.size_octets,
                int(one.is_inline),
                one.content_id,
            )
            for email_id, email in emails
            for one in email.attachments
        ],
    )


def _are_octets_kept(remote: RemoteEmail, email: Email, size_octets: int) -> bool:
    if remote.path is not None:
        return False
    return (
        remote.identity is None
        or remote.key.startswith(LOCAL)
        or is_worth_keeping(email, size_octets, is_draft=DRAFT in remote.keywords)
    )


def is_worth_keeping(email: Email, size_octets: int, *, is_draft: bool) -> bool:
    """Say whether octets that the account can be asked for again are kept: for drafts and files, wanted at once."""
    has_files = any(not (one.is_inline and one.content_id) for one in email.attachments)
    return (is_draft or has_files) and size_octets <= KEPT_OCTETS


def index(connection: sqlite3.Connection, emails: Iterable[NewEmail]) -> None:
    """Put the words of emails, ascending by id, into the index: the last thing to do in a transaction.

    FTS5 writes out what it has gathered whenever a statement opens a savepoint, as most of the others do.
    """
    rows = [
        (new.id, words.subject, words.people, words.body, words.files)
        for new in emails
        for words in (new.email.search_text,)
    ]
    connection.executemany(
        "INSERT INTO email_text (rowid, subject, people, body, files) VALUES (?, ?, ?, ?, ?)", rows
    )
    recent_text.add(connection, rows)


def reindex(connection: sqlite3.Connection, changes: Sequence[recent_text.Change]) -> None:
    """Put other words of emails, ascending by id, into the index: the last thing to do in a transaction.

    What is not in the index is left to store.reindexing, which is making it anew.
    """
    ids = json.dumps([before[0] for before, _ in changes])
    indexed = {
        row[0]
        for row in connection.execute(
            "SELECT d.id FROM json_each(?) j CROSS JOIN email_text_docsize d ON d.id = j.value", (ids,)
        ).fetchall()
    }
    some = [change for change in changes if change[0][0] in indexed]
    # One statement for both, so that nothing comes between: see index().
    connection.executemany(
        "INSERT INTO email_text (email_text, rowid, subject, people, body, files) VALUES (?, ?, ?, ?, ?, ?)",
        [row for before, after in some for row in (("delete", *before), (None, *after))],
    )
    recent_text.replace(connection, some)


_EMAIL: Final = (
    "INSERT INTO email (id, account_id, thread_id, octets_hash, message_id, refs, received_at, sent_at, "
    "registered_at, subject, from_name, from_email, preview, size_octets, seen, flagged, draft, answered, "
    "forwarded, is_outgoing, has_attachment, is_bulk, is_auto_reply, list_id, problem, is_header_only, bounce, "
    "delivered_to, bcc_token, is_bcc_verified) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)


def _email_row(
    new: NewEmail, owner: Owner, thread_id: ThreadId, is_sent: bool, now: int
) -> tuple[object, ...]:
    email, keywords = new.email, new.remote.keywords
    author = next(iter(email.from_ or email.sender), None)
    is_own = author is not None and _normalised(author.email) in owner.addresses
    return (
        new.id,
        owner.account_id,
        thread_id,
        new.remote.identity or email.octets_hash,
        new.message_id,
        new.refs,
        email_ids.received_at(new.id),
        email.sent_at,
        now,
        email.subject,
        author.name if author else "",
        author.email if author else "",
        email.preview,
        email.size_octets,
        SEEN in keywords,
        FLAGGED in keywords,
        DRAFT in keywords,
        ANSWERED in keywords,
        FORWARDED in keywords,
        is_own or is_sent,
        has_attachment(email),
        email.is_bulk,
        email.is_auto_reply,
        email.list_id,
        email.problem,
        new.is_header_only,
        bounces.dumps(email.bounce),
        " ".join(email.delivered_to),
        new.bcc_token,
        new.is_bcc_verified,
    )


def has_attachment(email: Email) -> bool:
    """Say whether a list shows that something is attached."""
    return email.may_have_attachments or any(not attachment.is_inline for attachment in email.attachments)


@lru_cache(maxsize=20_000)
def _normalised(address: str) -> str:
    # Broken mail has addresses without "@"; each such text is an address of its own.
    return normalise(address) or address.casefold()


def _insert_participants(connection: sqlite3.Connection, emails: Iterable[NewEmail]) -> None:
    rows: list[tuple[int, str, int, str, Address]] = []
    newest: dict[str, tuple[str, int]] = {}
    for new in emails:
        received_at = email_ids.received_at(new.id)
        for role, people in _people(new.email):
            for position, person in enumerate(people):
                key = _normalised(person.email)
                rows.append((new.id, role, position, key, person))
                name = person.name or newest.get(key, ("", 0))[0]
                newest[key] = (name, received_at)  # emails come oldest first
    ids = _address_ids(connection, newest)
    connection.executemany(
        "INSERT INTO participant (email_id, role, position, address_id, name, email) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (email_id, role, position, ids[key], person.name, person.email)
            for email_id, role, position, key, person in rows
        ],
    )


def _people(email: Email) -> tuple[tuple[str, tuple[Address, ...]], ...]:
    return (
        ("from", email.from_),
        ("sender", email.sender),
        ("reply_to", email.reply_to),
        ("to", email.to),
        ("cc", email.cc),
        ("bcc", email.bcc),
    )


def _address_ids(connection: sqlite3.Connection, newest: Mapping[str, tuple[str, int]]) -> dict[str, int]:
    connection.executemany(
        "INSERT INTO address (email, name, last_at) VALUES (?1, ?2, ?3) ON CONFLICT (email) DO UPDATE SET "
        "name = CASE WHEN ?2 <> '' AND (?3 >= last_at OR name = '') THEN ?2 ELSE name END, last_at = max(last_at, ?3) "
        "WHERE ?3 > last_at OR (name = '' AND ?2 <> '')",
        [(email, name, at) for email, (name, at) in newest.items()],
    )
    return dict(
        connection.execute(
            "SELECT a.email, a.id FROM json_each(?) j CROSS JOIN address a ON a.email = j.value",
            (json.dumps(list(newest)),),
        ).fetchall()
    )
