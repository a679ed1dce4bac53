"""Whose Smart BCC copies are believed, and which secrets hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import crm_rows
import makers
import pytest
from copies_by_bcc import ME, comes, copies_of, mine, origin

from linking import smart_bcc
from mail.types import AccountId, EmailId, ThreadId
from store import (
    ingest,
    invariants,
    threads,
)
from store.crm.items import ItemRef
from store.database import Database


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    store = makers.a_store(tmp_path)
    yield store
    assert invariants.check(store) == []
    store.close()


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db, ME)


@pytest.fixture
def deal(db: Database) -> ItemRef:
    return crm_rows.a_deal(db, "Renewal")


def test_somebody_elses_message_to_the_address_is_not_verified(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    """L57: who learns the address cannot put mail on the deal by it."""
    address = smart_bcc.address(db, account, deal)
    foreign = makers.an_email(message_id="original@dealbox.example", delivered_to=(address,))
    comes(db, account, ("1", foreign, makers.INBOX))
    assert [row[3] for row in copies_of(db)] == [0]


def test_a_sender_the_receiving_server_calls_forged_is_not_verified(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    address = smart_bcc.address(db, account, deal)
    forged = mine(delivered_to=(address,), fails_authentication=True)
    comes(db, account, ("1", forged, makers.INBOX))
    assert [row[3] for row in copies_of(db)] == [0]


def test_a_message_partly_from_somebody_else_is_not_verified(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    address = smart_bcc.address(db, account, deal)
    both = (makers.an_address(ME), makers.an_address("eve@evil.example"))
    comes(db, account, ("1", mine(delivered_to=(address,), from_=both), makers.INBOX))
    assert [row[3] for row in copies_of(db)] == [0]


def test_another_address_of_the_workspace_user_is_the_owners(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    user = crm_rows.a_user(db, "Me", ME)
    with db.write() as connection:
        connection.execute("UPDATE workspace_user SET aliases = 'me@home.example' WHERE id = ?", (user,))
    address = smart_bcc.address(db, account, deal)
    home = mine(delivered_to=(address,), from_=(makers.an_address("Me@Home.example"),))
    comes(db, account, ("1", home, makers.INBOX))
    assert [row[3] for row in copies_of(db)] == [1]


def test_mail_to_an_address_that_was_replaced_is_ordinary_and_the_user_is_told(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    old = smart_bcc.address(db, account, deal)
    new = smart_bcc.rotate(db, account, deal)
    assert old != new
    assert smart_bcc.address(db, account, deal) == new
    (thread,) = comes(db, account, ("1", mine(delivered_to=(old,)), makers.INBOX))
    assert origin(db, thread) == "sync"
    assert copies_of(db) == []
    told = db.read().execute("SELECT text FROM event WHERE text <> ''").fetchall()
    assert any("was replaced" in text for (text,) in told)


def test_what_came_before_an_address_was_replaced_stays_what_it_is(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    address = smart_bcc.address(db, account, deal)
    (thread,) = comes(db, account, ("1", mine(delivered_to=(address,)), makers.INBOX))
    smart_bcc.rotate(db, account, deal)
    assert origin(db, thread) == "smart_bcc"
    assert len(copies_of(db)) == 1


def test_somebody_who_knows_the_address_gets_into_no_conversation_of_copies(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    """Not by its Message-ID, and not by answering a copy (visibility 6.1)."""
    address = smart_bcc.address(db, account, deal)
    eve = (makers.an_address("eve@evil.example"),)
    copy, twin, answer = comes(
        db,
        account,
        ("1", mine(delivered_to=(address,)), makers.INBOX),
        ("2", mine(delivered_to=(address,), from_=eve), makers.INBOX),
        (
            "3",
            mine(
                message_id="x@evil.example",
                in_reply_to=("original@dealbox.example",),
                delivered_to=(address,),
                from_=eve,
            ),
            makers.INBOX,
        ),
    )
    assert len({copy, twin, answer}) == 3
    assert {origin(db, thread) for thread in (copy, twin, answer)} == {"smart_bcc"}


def test_somebody_who_knows_the_address_takes_no_copy_away(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    address = smart_bcc.address(db, account, deal)
    comes(db, account, ("1", mine(bcc=(makers.an_address(address),)), makers.SENT))
    ((ours, *_),) = copies_of(db)
    forged = mine(delivered_to=(address,), fails_authentication=True)
    comes(db, account, ("2", forged, makers.INBOX), state="s2")
    assert ours in {row[0] for row in copies_of(db)}


def test_a_copy_known_by_its_header_is_verified_when_its_body_is_read(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    address = smart_bcc.address(db, account, deal)
    email = mine(delivered_to=(address,))
    remote = replace(
        makers.a_remote("1", makers.INBOX, message=None),
        header=b"x",
        size_octets=500,
        identity=email.octets_hash,
    )
    ingest.apply(db, account, makers.a_batch([remote]), [ingest.Arrival(remote, email)])
    ((copy, thread, _, is_verified, _),) = copies_of(db)
    assert not is_verified
    with db.write() as connection:
        connection.execute("DELETE FROM link_due")
    ingest.fill(db, account, [ingest.Filled(EmailId(copy), email)])
    assert copies_of(db)[0][3] == 1
    assert db.read().execute("SELECT thread_id FROM link_due").fetchall() == [(thread,)]


def test_a_copy_whose_body_was_read_joins_those_of_its_exchange(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    address = smart_bcc.address(db, account, deal)
    (first,) = comes(db, account, ("1", mine(delivered_to=(address,)), makers.INBOX))
    email = mine(
        message_id="second@dealbox.example",
        references=("original@dealbox.example",),
        delivered_to=(address,),
    )
    remote = replace(
        makers.a_remote("2", makers.INBOX, message=None),
        header=b"x",
        size_octets=500,
        identity=email.octets_hash,
    )
    ingest.apply(db, account, makers.a_batch([remote], state="s2"), [ingest.Arrival(remote, email)])
    ((copy, before, *_),) = copies_of(db, "second@dealbox.example")
    assert before != first
    ingest.fill(db, account, [ingest.Filled(EmailId(copy), email)])
    assert copies_of(db, "second@dealbox.example")[0][1] == first
    assert threads.resolve(db, ThreadId(before)) == first


def test_a_copy_whose_body_tells_that_it_is_forged_stays_unverified(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    address = smart_bcc.address(db, account, deal)
    email = mine(delivered_to=(address,))
    remote = replace(
        makers.a_remote("1", makers.INBOX, message=None),
        header=b"x",
        size_octets=500,
        identity=email.octets_hash,
    )
    ingest.apply(db, account, makers.a_batch([remote]), [ingest.Arrival(remote, email)])
    copy = copies_of(db)[0][0]
    ingest.fill(db, account, [ingest.Filled(EmailId(copy), replace(email, fails_authentication=True))])
    assert copies_of(db)[0][3] == 0
