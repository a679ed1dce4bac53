"""Headers from a real IMAP server, then bodies, then a part: the whole way."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator

import pytest
from makers import NOW
from other_sides import ImapOtherSide
from servers.dovecot import Dovecot
from syncing import a_message

from mail import parse
from mail.types import AccountId, EmailId
from providers.imap.provider import ImapProvider
from store import accounts, emails, fetching, invariants
from store.database import Database
from sync.bodies import fetch_bodies
from sync.parsers import ParsingChildren
from sync.pull import StoreMemory, pull

FILE = random.Random(7).randbytes(3_000_000)


def always() -> bool:
    return True


def a_large_message() -> bytes:
    encoded = base64.encodebytes(FILE).replace(b"\n", b"\r\n")
    return (
        b"Message-ID: <large@example.com>\r\nFrom: ana@acme.example\r\nSubject: The plans\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
        b"The plans are attached\r\n--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-Disposition: attachment; filename=plans.pdf\r\n\r\n" + encoded + b"--b--\r\n"
    )


@pytest.fixture
def other(dovecot: Dovecot) -> Iterator[ImapOtherSide]:
    other = ImapOtherSide(dovecot)
    for number in range(30):
        other.deliver(other.inbox, a_message(number), NOW + number)
    other.deliver(other.archive, a_message(3), NOW + 3, frozenset({"$seen"}))
    other.deliver(other.archive, a_message(100, reply_to=5), NOW + 100)
    yield other
    other.close()


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return accounts.add(db, "imap", "Me", "me@dealbox.example", {})


@pytest.fixture
def provider(db: Database, account_id: AccountId, other: ImapOtherSide) -> Iterator[ImapProvider]:
    provider = other.connect(StoreMemory(db, account_id))
    yield provider
    provider.close()


def email_id(db: Database, subject: str) -> EmailId:
    row = db.read().execute("SELECT id FROM email WHERE subject = ? ORDER BY id", (subject,)).fetchone()
    return EmailId(row[0])


def count(db: Database, query: str) -> int:
    return int(db.read().execute(f"SELECT count(*) FROM {query}").fetchone()[0])


def test_a_mailbox_on_a_server_is_listed_by_headers_and_then_has_its_bodies(
    db: Database, account_id: AccountId, provider: ImapProvider, parsers: ParsingChildren
) -> None:
    assert pull(db, account_id, provider, parsers, always)
    assert (count(db, "email"), count(db, "placement"), count(db, "thread")) == (31, 32, 30)
    assert fetch_bodies(db, account_id, provider, parsers, always)
    assert fetching.remaining(db, account_id) == 0
    for number in range(30):
        if number != 5:
            body = emails.body(db, email_id(db, f"Offer {number}"))
            assert body == parse.parse(a_message(number)).body
    assert invariants.check(db) == []


def test_nothing_is_told_or_fetched_again(
    db: Database,
    account_id: AccountId,
    other: ImapOtherSide,
    provider: ImapProvider,
    parsers: ParsingChildren,
) -> None:
    for _ in range(2):
        assert pull(db, account_id, provider, parsers, always)
        assert fetch_bodies(db, account_id, provider, parsers, always)
    before = count(db, "event")
    again = other.connect(StoreMemory(db, account_id))
    assert pull(db, account_id, again, parsers, always)
    assert fetch_bodies(db, account_id, again, parsers, always)
    again.close()
    assert count(db, "event") == before


def test_a_large_file_stays_at_the_server_until_somebody_asks_for_it(
    db: Database,
    account_id: AccountId,
    other: ImapOtherSide,
    provider: ImapProvider,
    parsers: ParsingChildren,
) -> None:
    message = a_large_message()
    other.deliver(other.inbox, message, NOW + 500)
    assert pull(db, account_id, provider, parsers, always)
    assert fetch_bodies(db, account_id, provider, parsers, always)
    row = emails.get(db, email_id(db, "The plans"))
    assert row is not None and row.preview == "The plans are attached"
    (plans,) = row.attachments
    assert plans.name == "plans.pdf"
    assert abs(plans.size_octets - len(FILE)) < len(FILE) // 50
    fetching.want_part(db, row.id, plans.part)
    fetching.want_part(db, row.id, "")
    assert fetch_bodies(db, account_id, provider, parsers, always)
    path = fetching.part_file(db, row.id, plans.part)
    assert path is not None and path.read_bytes() == FILE
    assert emails.octets(db, row.id) == message
