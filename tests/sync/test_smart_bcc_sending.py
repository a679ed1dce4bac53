"""What is sent from here to a Smart BCC address, through the worker and a server."""

from __future__ import annotations

import time
from typing import Any

import crm_rows
import pytest
from makers import an_address
from sending import ANA, ME, Sending
from syncing import Inline

from linking import copies as duplicates
from linking import smart_bcc
from mail.types import EmailId, MailboxKey
from store import emails
from store.crm.items import ItemRef
from store.links import bcc_tokens, links
from sync.bodies import fetch_bodies
from sync.judging import judge_due

INBOX = MailboxKey("INBOX")


@pytest.fixture
def deals(sending: Sending) -> tuple[ItemRef, ItemRef]:
    person = crm_rows.a_person(sending.db, "Ana", ANA)
    return crm_rows.a_deal(sending.db, "One", person), crm_rows.a_deal(sending.db, "Two", person)


def copies(sending: Sending) -> list[tuple[Any, ...]]:
    """Return id, conversation, whose and whether verified of each Smart BCC copy the store has."""
    return (
        sending.db.read()
        .execute("SELECT id, thread_id, bcc_token, is_bcc_verified FROM email WHERE bcc_token IS NOT NULL")
        .fetchall()
    )


def linked_to(sending: Sending, thread_id: int) -> str | None:
    row = sending.db.read().execute("SELECT item_id FROM thread WHERE id = ?", (thread_id,)).fetchone()
    return row[0] if row else None


def arrives(sending: Sending, octets: bytes) -> None:
    """Let the account tell of a message by its header, then have it read and judged."""
    sending.account.deliver(INBOX, octets, int(time.time()))
    sending.settle()
    judge_due(sending.db)
    fetch_bodies(sending.db, sending.id, sending.provider, Inline(), lambda: True)
    judge_due(sending.db)


def delivered(message: bytes, to: str) -> bytes:
    return f"Delivered-To: {to}\r\nReceived: from a by b\r\n".encode() + message


def test_the_copy_is_here_and_linked_before_the_server_delivers_it(
    sending: Sending, deals: tuple[ItemRef, ItemRef]
) -> None:
    address = smart_bcc.address(sending.db, sending.id, deals[1])
    queued = sending.queue(bcc=(an_address(address),))
    sending.submit()
    judge_due(sending.db)
    ((copy, thread, token, is_verified),) = copies(sending)
    assert (token, is_verified) == (bcc_tokens.token(sending.db, sending.id, deals[1]), 1)
    assert linked_to(sending, thread) == deals[1].id
    (original,) = sending.db.read().execute("SELECT thread_id FROM email WHERE bcc_token IS NULL").fetchone()
    assert original != thread
    assert links.slot(sending.db, original) is None
    assert f"<{queued.message_id}>".encode() in emails.octets(sending.db, EmailId(copy))
    sending.check()


def test_the_address_is_a_recipient_like_any_and_stands_in_no_field_that_is_sent(
    sending: Sending, deals: tuple[ItemRef, ItemRef]
) -> None:
    address = smart_bcc.address(sending.db, sending.id, deals[0])
    sending.queue(bcc=(an_address(address),))
    sending.submit()
    (accepted,) = sending.smtp.accepted
    assert address in accepted.recipients
    assert address.encode() not in accepted.message


@pytest.mark.parametrize("files", [False, True])
def test_the_copy_that_is_delivered_takes_the_place_of_ours(
    sending: Sending, deals: tuple[ItemRef, ItemRef], files: bool
) -> None:
    sending.files = files
    address = smart_bcc.address(sending.db, sending.id, deals[1])
    sending.queue(bcc=(an_address(address),))
    sending.settle()
    judge_due(sending.db)
    ((before, thread, *_),) = copies(sending)
    octets = delivered(sending.smtp.accepted[0].message, address)
    arrives(sending, octets)
    ((after, *rest),) = copies(sending)
    assert after != before
    assert rest[0] == thread
    assert rest[2] == 1
    assert linked_to(sending, thread) == deals[1].id
    assert len(sending.in_sent()) == 1
    sending.check()


def test_a_server_that_gives_messages_other_ids_leaves_one_copy(
    sending: Sending, deals: tuple[ItemRef, ItemRef]
) -> None:
    sending.files, sending.rewrites = True, b"other@server.example"
    address = smart_bcc.address(sending.db, sending.id, deals[1])
    sending.queue(bcc=(an_address(address),))
    sending.settle()
    judge_due(sending.db)
    (filed,) = sending.in_sent()
    arrives(sending, delivered(filed, address))
    ((_, thread, _, is_verified),) = copies(sending)
    assert is_verified
    assert linked_to(sending, thread) == deals[1].id
    sending.check()


def test_a_copy_the_server_says_is_forged_is_not_believed(
    sending: Sending, deals: tuple[ItemRef, ItemRef]
) -> None:
    address = smart_bcc.address(sending.db, sending.id, deals[0])
    said = "Authentication-Results: mx.dealbox.example; spf=fail; dmarc=fail header.from=dealbox.example\r\n"
    octets = (
        f"Delivered-To: {address}\r\n{said}From: Me <{ME}>\r\nTo: {ANA}\r\nSubject: Contract\r\n"
        "Message-ID: <forged@evil.example>\r\n\r\nPay here\r\n"
    )
    arrives(sending, octets.encode())
    ((_, thread, _, is_verified),) = copies(sending)
    assert not is_verified
    assert linked_to(sending, thread) is None


def test_nothing_of_copies_is_asked_of_the_account(sending: Sending, deals: tuple[ItemRef, ItemRef]) -> None:
    sending.queue(bcc=(an_address(smart_bcc.address(sending.db, sending.id, deals[0])),))
    sending.settle()
    before = dict(sending.account.messages)
    (original,) = sending.db.read().execute("SELECT thread_id FROM email WHERE bcc_token IS NULL").fetchone()
    duplicates.duplicate(sending.db, original, deals[1])
    sending.settle()
    assert dict(sending.account.messages) == before
    sending.check()
