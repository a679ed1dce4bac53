"""Builders for tests: each shows only what matters to the test that calls it."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from mail.changes import ChangeBatch, RemoteEmail, RemoteMailbox, State
from mail.search_text import search_text
from mail.types import (
    AccountId,
    Address,
    Attachment,
    Block,
    BlockKind,
    Body,
    Document,
    Email,
    MailboxKey,
    RemoteKey,
    Role,
    SafeText,
    SearchText,
)
from store import accounts, paths, schema
from store.database import Database, open_store

NOW = 1_700_000_000
_numbers = count(1)

INBOX = RemoteMailbox(MailboxKey("INBOX"), "Inbox", Role.INBOX)
SENT = RemoteMailbox(MailboxKey("Sent"), "Sent", Role.SENT)
ARCHIVE = RemoteMailbox(MailboxKey("Archive"), "Archive", Role.ARCHIVE)
TRASH = RemoteMailbox(MailboxKey("Trash"), "Trash", Role.TRASH)
JUNK = RemoteMailbox(MailboxKey("Junk"), "Junk", Role.JUNK)
DRAFTS = RemoteMailbox(MailboxKey("Drafts"), "Drafts", Role.DRAFTS)
MAILBOXES = (INBOX, SENT, ARCHIVE, TRASH, JUNK, DRAFTS)


def an_address(email: str, name: str = "") -> Address:
    return Address(SafeText(name), SafeText(email))


def a_body(text: str) -> Body:
    return Body(Document((Block(BlockKind.TEXT, SafeText(text)),)), None)


def an_attachment(part: str, name: str, media_type: str = "application/pdf") -> Attachment:
    return Attachment(part, SafeText(name), media_type, 1_000)


def an_email(text: str = "Hello there", **changes: Any) -> Email:
    """Return an Email whose hash and indexed words follow from everything else, unless given."""
    number = next(_numbers)
    email = Email(
        octets_hash=b"",
        size_octets=len(text) + 400,
        message_id=f"m{number}@example.org",
        in_reply_to=(),
        references=(),
        subject=SafeText("Quote"),
        sent_at=NOW,
        from_=(an_address("ana@acme.example", "Ana Lima"),),
        sender=(),
        reply_to=(),
        to=(an_address("me@dealbox.example", "Me"),),
        cc=(),
        bcc=(),
        preview=SafeText(text[:80]),
        body=a_body(text),
        attachments=(),
        search_text=SearchText("", "", "", ""),
    )
    email = replace(email, **changes)
    if not email.octets_hash:
        digest = hashlib.blake2b(repr((number, email)).encode(), digest_size=16).digest()
        email = replace(email, octets_hash=digest)
    if email.search_text == SearchText("", "", "", ""):
        people = (*email.from_, *email.sender, *email.reply_to, *email.to, *email.cc, *email.bcc)
        names = [attachment.name for attachment in email.attachments]
        email = replace(email, search_text=search_text(email.subject, people, email.body, names))
    return email


def a_remote(
    key: str,
    mailbox: RemoteMailbox = INBOX,
    keywords: Sequence[str] = (),
    received_at: int = NOW,
    message: bytes | None = b"x",
    path: str | None = None,
) -> RemoteEmail:
    return RemoteEmail(mailbox.key, RemoteKey(key), frozenset(keywords), received_at, message, path)


def a_batch(
    upserted: Sequence[RemoteEmail] = (),
    destroyed: Sequence[tuple[RemoteMailbox, str]] = (),
    mailboxes: Sequence[RemoteMailbox] | None = MAILBOXES,
    state: str = "s1",
    has_more_changes: bool = False,
) -> ChangeBatch:
    return ChangeBatch(
        tuple(upserted),
        tuple((mailbox.key, RemoteKey(key)) for mailbox, key in destroyed),
        None if mailboxes is None else tuple(mailboxes),
        State(state),
        has_more_changes,
    )


def a_store(directory: Path, *, is_screen: bool = False) -> Database:
    return a_store_at(directory / "data", is_screen=is_screen)


def a_store_at(data: Path, *, is_screen: bool = False) -> Database:
    """Open the store of a data directory; a new one is a copy of one that was made before: migrations take 50 ms."""
    path = data / paths.STORE_NAME
    if not path.exists():
        paths.make_private(data)
        paths.touch_private(path)
        path.write_bytes(_new_store(schema.numbers()))
    return open_store(data, is_screen=is_screen)


@cache
def _new_store(migrations: tuple[int, ...]) -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        open_store(Path(directory), is_screen=False).close()
        return (Path(directory) / paths.STORE_NAME).read_bytes()


def an_account(db: Database, address: str = "me@dealbox.example") -> AccountId:
    return accounts.add(db, "maildir", "Me", address, {"path": "/nowhere"})
