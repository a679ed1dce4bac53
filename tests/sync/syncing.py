"""What tests of sync share: an account on a Maildir, and what the store and the Maildir hold, side by side."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

from makers import NOW
from other_sides import MaildirOtherSide

from mail import parse
from mail.types import AccountId, MailboxId, ThreadId
from store import accounts
from store.database import Database
from store.secret.files import HeldKey
from sync import parsing
from sync.account import connected, sync_once
from sync.frames import Parsed, Work
from sync.parsers import Answer, Parsers

Told = list[tuple[str, str, str]]


class Inline:
    """Parses where it is called: for tests that fork."""

    def prepare(self) -> None:
        pass

    def submit(self, messages: Sequence[Work]) -> Answer:
        future: Future[list[Parsed]] = Future()
        future.set_result([parsing.read(message) for message in messages])
        return future


def a_message(number: int, *, reply_to: int | None = None, text: str = "Hello") -> bytes:
    answers = "" if reply_to is None else f"In-Reply-To: <{reply_to}@example.com>\r\n"
    return (
        f"Message-ID: <{number}@example.com>\r\n{answers}From: Ana Lima <ana@acme.example>\r\n"
        f"To: me@dealbox.example\r\nSubject: Offer {number if reply_to is None else reply_to}\r\n\r\n{text} {number}\r\n"
    ).encode()


def a_maildir(path: Path, count: int = 0) -> MaildirOtherSide:
    other = MaildirOtherSide(path)
    for number in range(count):
        other.deliver(other.inbox, a_message(number), NOW + number)
    return other


def an_account_on(db: Database, root: Path, address: str = "me@dealbox.example") -> AccountId:
    return accounts.add(db, "maildir", "Me", address, {"path": str(root)})


def sync(db: Database, account_id: AccountId, parsers: Parsers) -> None:
    account = accounts.get(db, account_id)
    assert account is not None
    with connected(db, account, HeldKey()) as provider:
        assert sync_once(db, account_id, provider, parsers, lambda: True)


def in_store(db: Database) -> Told:
    """Return the mailbox, keywords and subject of every message, as the account has them in the store's mind."""
    return sorted(
        db.read()
        .execute(
            "SELECT m.key, p.remote_keywords, e.octets_hash FROM placement p JOIN mailbox m "
            "ON m.id = p.remote_mailbox_id JOIN email e ON e.id = p.email_id"
        )
        .fetchall()
    )


def wanted_in_store(db: Database) -> Told:
    """Return the same as the user wants it."""
    rows = db.read().execute(
        "SELECT m.key, e.seen, e.flagged, e.octets_hash FROM placement p JOIN mailbox m ON m.id = p.mailbox_id "
        "JOIN email e ON e.id = p.email_id WHERE NOT p.is_destroyed"
    )
    return sorted(
        (key, " ".join(["$flagged"] * flagged + ["$seen"] * seen), digest)
        for key, seen, flagged, digest in rows
    )


def in_maildir(root: Path) -> Told:
    """Return the same of the files."""
    letters = {"F": "$flagged", "S": "$seen", "R": "$answered", "D": "$draft", "P": "$forwarded"}
    told = []
    for current in root.rglob("cur"):
        key = os.path.relpath(current.parent, root)
        for part in ("cur", "new"):
            for path in (current.parent / part).iterdir():
                flags = path.name.partition(":2,")[2]
                keywords = " ".join(sorted(letters[flag] for flag in flags))
                told.append((key, keywords, parse.octets_hash(path.read_bytes())))
    return sorted(told)


def threads_in(db: Database, mailbox: str) -> list[ThreadId]:
    rows = db.read().execute(
        "SELECT thread_id FROM mailbox_thread t JOIN mailbox m ON m.id = t.mailbox_id WHERE m.key = ? ORDER BY at DESC",
        (mailbox,),
    )
    return [ThreadId(row[0]) for row in rows.fetchall()]


def mailbox_id(db: Database, key: str) -> MailboxId:
    return MailboxId(db.read().execute("SELECT id FROM mailbox WHERE key = ?", (key,)).fetchone()[0])
