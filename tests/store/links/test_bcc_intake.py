"""Smart BCC copies among what comes and what is sent."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import crm_rows
import makers
import pytest
from copies_by_bcc import ME, comes, copies_of, mine, origin

from linking import smart_bcc
from mail.types import AccountId, EmailId, SafeText, ThreadId
from store import emails, ingest, invariants, mailboxes, threads
from store.crm.items import ItemRef
from store.database import Database
from store.links import account_crm, bcc_intake, bcc_tokens
from store.sending import local_mail, own_mail


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


def test_a_copy_delivered_to_an_items_address_is_a_conversation_of_its_own(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    address = smart_bcc.address(db, account, deal)
    original, copy = comes(
        db,
        account,
        ("1", mine(text="kept"), makers.SENT),
        ("2", mine(text="kept", delivered_to=(address,)), makers.INBOX),
    )
    assert original != copy
    assert (origin(db, original), origin(db, copy)) == ("sync", "smart_bcc")
    ((_, thread, token, is_verified, copy_of),) = copies_of(db)
    assert (thread, token, is_verified, copy_of) == (copy, bcc_tokens.token(db, account, deal), 1, None)


def test_answers_to_the_original_go_on_in_its_conversation(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    address = smart_bcc.address(db, account, deal)
    reply = makers.an_email(in_reply_to=("original@dealbox.example",), message_id="answer@acme.example")
    copy, original, answer = comes(
        db,
        account,
        ("2", mine(delivered_to=(address,)), makers.INBOX),
        ("1", mine(), makers.SENT),
        ("3", reply, makers.INBOX),
    )
    assert answer == original
    assert copy != original


def test_copies_of_one_exchange_to_one_address_are_one_conversation(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    address = smart_bcc.address(db, account, deal)
    first = mine(delivered_to=(address,))
    second = mine(
        message_id="second@dealbox.example",
        in_reply_to=("answer@acme.example",),
        references=("original@dealbox.example", "answer@acme.example"),
        delivered_to=(address,),
    )
    one, other = comes(db, account, ("1", first, makers.INBOX), ("2", second, makers.INBOX))
    assert one == other


def test_copies_to_different_addresses_are_different_conversations(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    other = crm_rows.a_deal(db, "Other")
    to = [smart_bcc.address(db, account, item) for item in (deal, other, None)]
    found = comes(
        db,
        account,
        *((str(n), mine(delivered_to=(one,)), makers.INBOX) for n, one in enumerate(to)),
    )
    assert len(set(found)) == 3


@pytest.mark.parametrize("field", ["to", "cc", "bcc"])
def test_an_address_named_in_the_header_counts_too(
    db: Database, account: AccountId, deal: ItemRef, field: str
) -> None:
    address = smart_bcc.address(db, account, deal)
    (thread,) = comes(db, account, ("1", mine(**{field: (makers.an_address(address),)}), makers.INBOX))
    assert origin(db, thread) == "smart_bcc"


def test_an_address_in_other_letters_is_the_same(db: Database, account: AccountId, deal: ItemRef) -> None:
    address = smart_bcc.address(db, account, deal).upper()
    (thread,) = comes(db, account, ("1", mine(to=(makers.an_address(address),)), makers.INBOX))
    assert origin(db, thread) == "smart_bcc"


def test_an_alias_is_the_universal_address_and_takes_the_secrets_of_items(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    account_crm.set(db, account, bcc_address="CRM@dealbox.example")
    assert smart_bcc.address(db, account, None) == "crm@dealbox.example"
    of_deal = smart_bcc.address(db, account, deal)
    assert of_deal.startswith("crm+")
    universal, direct = comes(
        db,
        account,
        ("1", mine(delivered_to=("crm@dealbox.example",)), makers.INBOX),
        ("2", mine(delivered_to=(of_deal,)), makers.INBOX),
    )
    assert universal != direct
    tokens = {row[2] for row in copies_of(db)}
    assert tokens == {bcc_tokens.token(db, account, None), bcc_tokens.token(db, account, deal)}


def test_the_address_it_was_delivered_to_counts_before_those_it_names(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    other = crm_rows.a_deal(db, "Other")
    here, there = (smart_bcc.address(db, account, item) for item in (deal, other))
    email = mine(to=(makers.an_address(there),), delivered_to=(here,))
    comes(db, account, ("1", email, makers.INBOX))
    assert [row[2] for row in copies_of(db)] == [bcc_tokens.token(db, account, deal)]


def test_what_was_sent_to_smart_bcc_stays_where_it_belongs_and_has_its_copy_at_once(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    address = smart_bcc.address(db, account, deal)
    sent = mine(bcc=(makers.an_address(address),))
    (original,) = comes(db, account, ("1", sent, makers.SENT))
    assert origin(db, original) == "sync"
    ((copy, thread, _, is_verified, copy_of),) = copies_of(db)
    assert thread != original
    assert origin(db, thread) == "smart_bcc"
    assert is_verified
    assert copy_of is not None
    assert emails.body(db, EmailId(copy)) == emails.body(db, EmailId(copy_of))
    assert [row.mailboxes for row in emails.in_thread(db, thread)] == [("Copies",)]
    assert db.read().execute("SELECT 1 FROM link_due WHERE thread_id = ?", (thread,)).fetchone()


def test_the_copy_that_is_delivered_takes_the_place_of_ours(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    address = smart_bcc.address(db, account, deal)
    comes(db, account, ("1", mine(bcc=(makers.an_address(address),)), makers.SENT))
    ((_, before, *_),) = copies_of(db)
    (after,) = comes(db, account, ("2", mine(delivered_to=(address,)), makers.INBOX), state="s2")
    assert after == before
    ((_, thread, _, _, copy_of),) = copies_of(db)
    assert (thread, copy_of) == (before, None)
    assert [row.mailboxes for row in emails.in_thread(db, ThreadId(before))] == [("Inbox",)]


def test_what_is_told_in_sent_after_its_copy_came_gets_no_second_one(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    address = smart_bcc.address(db, account, deal)
    comes(db, account, ("2", mine(delivered_to=(address,)), makers.INBOX))
    comes(db, account, ("1", mine(bcc=(makers.an_address(address),)), makers.SENT), state="s2")
    assert len(copies_of(db)) == 1


def test_one_message_that_lies_in_inbox_and_sent_is_the_original_and_its_copy_is_made_here(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    """As Gmail has what one sends to oneself."""
    address = smart_bcc.address(db, account, deal)
    email = mine(bcc=(makers.an_address(address),))
    original, _ = comes(db, account, ("1", email, makers.INBOX), ("2", email, makers.SENT))
    assert origin(db, original) == "sync"
    ((_, copy, *_),) = copies_of(db)
    assert copy != original


def test_a_copy_that_is_delivered_into_spam_leaves_ours(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    address = smart_bcc.address(db, account, deal)
    comes(db, account, ("1", mine(bcc=(makers.an_address(address),)), makers.SENT))
    comes(db, account, ("2", mine(delivered_to=(address,)), makers.JUNK), state="s2")
    ((_, first, *_), (_, second, *_)) = copies_of(db)
    assert first == second
    row = threads.get(db, ThreadId(first))
    assert row is not None
    assert row.email_count == 2


@pytest.mark.parametrize("order", list(itertools.permutations(range(5)))[::7])
def test_conversations_are_the_same_in_whatever_order_mail_comes(
    db: Database, account: AccountId, deal: ItemRef, order: tuple[int, ...]
) -> None:
    address = smart_bcc.address(db, account, deal)
    answered = {"message_id": "second@dealbox.example", "in_reply_to": ("answer@acme.example",)}
    told = [
        ("1", mine(bcc=(makers.an_address(address),)), makers.SENT),
        ("2", mine(delivered_to=(address,)), makers.INBOX),
        (
            "3",
            makers.an_email(message_id="answer@acme.example", in_reply_to=("original@dealbox.example",)),
            makers.INBOX,
        ),
        ("4", mine(**answered), makers.SENT),
        (
            "5",
            mine(**answered, references=("original@dealbox.example",), delivered_to=(address,)),
            makers.INBOX,
        ),
    ]
    found = {}
    for step, at in enumerate(order):
        (found[at],) = comes(db, account, told[at], state=str(step))
    now = {at: threads.resolve(db, thread) for at, thread in found.items()}
    assert now[0] == now[2] == now[3]
    assert now[1] == now[4] != now[0]
    assert len(copies_of(db)) == 1
    assert len(copies_of(db, "second@dealbox.example")) == 1


def test_a_draft_to_a_smart_bcc_address_is_a_draft(db: Database, account: AccountId, deal: ItemRef) -> None:
    address = smart_bcc.address(db, account, deal)
    comes(db, account, ("1", mine(bcc=(makers.an_address(address),)), makers.DRAFTS))
    assert copies_of(db) == []


def test_without_any_smart_bcc_address_mail_with_plus_addresses_is_ordinary(
    db: Database, account: AccountId
) -> None:
    other = mine(to=(makers.an_address(f"me+d-{'a' * 26}@dealbox.example"),))
    (thread,) = comes(db, account, ("1", other, makers.INBOX))
    assert origin(db, thread) == "sync"


def test_what_dealbox_sends_has_its_copy_before_the_account_tells_of_it(
    db: Database, account: AccountId, deal: ItemRef
) -> None:
    ingest.apply(db, account, makers.a_batch([]), [])
    address = smart_bcc.address(db, account, deal)
    octets = (
        f"From: Me <{ME}>\r\nTo: ana@acme.example\r\nBcc: {address}\r\nSubject: Quote\r\n"
        "Message-ID: <original@dealbox.example>\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n\r\nHello\r\n"
    ).encode()
    message = own_mail.written(account, "maildir", octets, makers.NOW)
    with db.write() as connection:
        email_id = own_mail.add(
            connection, message, kind="sent", keywords={"$seen"}, is_saved_by_account=True
        )
        touched = bcc_intake.sent(connection, account, email_id, message.email)
        local_mail.recount(connection, touched)
    ((copy, thread, *_),) = copies_of(db)
    assert emails.octets(db, EmailId(copy)) == octets
    row = threads.get(db, ThreadId(thread))
    assert row is not None
    assert not row.is_unread
    (view,) = [one for one in mailboxes.all(db, account) if one.name == "Copies"]
    assert view.is_view
    assert view.total_threads == 1
    assert SafeText("Quote") == row.subject
