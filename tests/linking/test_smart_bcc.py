"""Smart BCC addresses, and what the rules make of mail to them (L53-L58)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import crm_rows
import makers
import pytest

from linking import deciding, smart_bcc
from linking.smart_bcc import NoAddress
from mail import bcc_address
from mail.types import AccountId, ThreadId
from store import accounts, ingest, invariants
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import account_crm, contacts, links

ME = "me@corp.example"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    store = makers.a_store(tmp_path)
    yield store
    assert invariants.check(store) == []
    store.close()


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db, ME)


def a_copy(db: Database, account: AccountId, address: str, key: str = "1", **changes: Any) -> ThreadId:
    """Take in a copy of what I wrote to Ann, delivered to `address`, and let the rules look at it."""
    said: dict[str, Any] = {
        "from_": (makers.an_address(ME),),
        "to": (makers.an_address("ann@x.example"),),
        "message_id": "original@corp.example",
    }
    email = makers.an_email(**(said | changes), delivered_to=(address,))
    remote = makers.a_remote(key)
    ingest.apply(db, account, makers.a_batch([remote], state=key), [ingest.Arrival(remote, email)])
    deciding.decide_due(db)
    row = (
        db.read()
        .execute("SELECT thread_id FROM email WHERE octets_hash = ?", (email.octets_hash,))
        .fetchone()
    )
    return ThreadId(row[0])


def outcome(db: Database, thread_id: ThreadId) -> tuple[str, str | None]:
    (reason,) = (
        db.read().execute("SELECT reason FROM link_decision WHERE thread_id = ?", (thread_id,)).fetchone()
    )
    slot = links.slot(db, thread_id)
    return reason, slot.item_id if slot else None


def test_l53_a_copy_to_the_universal_address_is_linked_as_any_mail(db: Database, account: AccountId) -> None:
    deal = crm_rows.a_deal(db, "Renewal", crm_rows.a_person(db, "Ann", "ann@x.example"))
    thread = a_copy(db, account, smart_bcc.address(db, account, None))
    assert outcome(db, thread) == ("linked", deal.id)


def test_l54_a_copy_to_a_deals_address_is_linked_to_it_whatever_else_is_open(
    db: Database, account: AccountId
) -> None:
    person = crm_rows.a_person(db, "Ann", "ann@x.example")
    deals = [crm_rows.a_deal(db, title, person) for title in ("One", "Two")]
    thread = a_copy(db, account, smart_bcc.address(db, account, deals[1]))
    assert outcome(db, thread) == ("bcc_direct", deals[1].id)


def test_l55_a_copy_to_the_address_of_a_won_deal_is_linked(db: Database, account: AccountId) -> None:
    deal = crm_rows.a_deal(db, "Won", crm_rows.a_person(db, "Ann", "ann@x.example"), status="won")
    assert outcome(db, a_copy(db, account, smart_bcc.address(db, account, deal))) == ("bcc_direct", deal.id)


def test_l56_a_copy_to_the_address_of_a_deleted_deal_is_not_linked(db: Database, account: AccountId) -> None:
    deal = crm_rows.a_deal(db, "Gone", crm_rows.a_person(db, "Ann", "ann@x.example"))
    address = smart_bcc.address(db, account, deal)
    with db.write() as connection:
        connection.execute("UPDATE deal SET deleted_at = 1 WHERE id = ?", (deal.id,))
    assert outcome(db, a_copy(db, account, address)) == ("bcc_item_gone", None)


@pytest.mark.parametrize(
    "changes", [{"from_": (makers.an_address("eve@evil.example"),)}, {"fails_authentication": True}]
)
def test_l57_a_copy_that_is_not_from_the_owner_is_not_linked(
    db: Database, account: AccountId, changes: dict[str, Any]
) -> None:
    deal = crm_rows.a_deal(db, "Renewal", crm_rows.a_person(db, "Ann", "ann@x.example"))
    thread = a_copy(db, account, smart_bcc.address(db, account, deal), **changes)
    assert outcome(db, thread) == ("bcc_sender_not_verified", None)


def test_l58_a_copy_of_a_linked_mail_has_its_own_conversation_and_link(
    db: Database, account: AccountId
) -> None:
    person = crm_rows.a_person(db, "Ann", "ann@x.example")
    deals = [crm_rows.a_deal(db, title, person) for title in ("One", "Two")]
    sent = makers.an_email(
        from_=(makers.an_address(ME),),
        to=(makers.an_address("ann@x.example"),),
        message_id="original@corp.example",
    )
    remote = makers.a_remote("0", makers.SENT)
    ingest.apply(db, account, makers.a_batch([remote], state="0"), [ingest.Arrival(remote, sent)])
    (original,) = db.read().execute("SELECT id FROM thread").fetchone()
    links.link(db, original, deals[0])
    copy = a_copy(db, account, smart_bcc.address(db, account, deals[1]))
    assert copy != original
    assert outcome(db, copy) == ("bcc_direct", deals[1].id)
    slot = links.slot(db, original)
    assert slot is not None
    assert slot.item_id == deals[0].id


@pytest.mark.parametrize("kind", ["deal", None])
def test_an_address_is_the_same_until_it_is_replaced(
    db: Database, account: AccountId, kind: str | None
) -> None:
    item = crm_rows.a_deal(db, "Renewal") if kind else None
    address = smart_bcc.address(db, account, item)
    assert smart_bcc.address(db, account, item) == address
    assert smart_bcc.rotate(db, account, item) != address


def test_an_address_has_a_secret_nobody_guesses(db: Database, account: AccountId) -> None:
    found = [smart_bcc.address(db, account, crm_rows.a_deal(db, f"Deal {n}")) for n in range(20)]
    tokens = {bcc_address.token_in(address) for address in found}
    assert len(tokens) == 20
    assert all(token is not None and len(token) == 26 for token in tokens)


def test_a_person_has_no_address(db: Database, account: AccountId) -> None:
    person = ItemRef(ItemKind.PERSON, crm_rows.a_person(db, "Ann", "ann@x.example"))
    with pytest.raises(NoAddress, match="a person has none"):
        smart_bcc.address(db, account, person)


def test_what_is_not_there_has_no_address(db: Database, account: AccountId) -> None:
    with pytest.raises(NoAddress, match="there is no deal"):
        smart_bcc.address(db, account, ItemRef(ItemKind.DEAL, "nowhere"))
    with pytest.raises(NoAddress, match="no such account"):
        smart_bcc.address(db, AccountId(99), None)
    deal = crm_rows.a_deal(db, "Gone")
    with db.write() as connection:
        connection.execute("UPDATE deal SET deleted_at = 1")
    with pytest.raises(NoAddress, match="Gone is deleted"):
        smart_bcc.address(db, account, deal)


def test_an_account_without_an_address_has_none_to_give(db: Database) -> None:
    account_id = accounts.add(db, "maildir", "Archive", "", {"path": "/nowhere"})
    with pytest.raises(NoAddress, match="Archive has no address"):
        smart_bcc.address(db, account_id, None)


def test_an_alias_is_replaced_by_setting_another(db: Database, account: AccountId) -> None:
    account_crm.set(db, account, bcc_address="crm@corp.example")
    with pytest.raises(NoAddress, match="set another alias"):
        smart_bcc.rotate(db, account, None)
    deal = crm_rows.a_deal(db, "Renewal")
    assert smart_bcc.rotate(db, account, deal).startswith("crm+")


def test_smart_bcc_addresses_are_nobody_who_takes_part(db: Database) -> None:
    """Also of an account at a mail provider, whose domain is not the owner's alone."""
    account = makers.an_account(db, "me@gmail.com")
    address = smart_bcc.address(db, account, None)
    account_crm.set(db, account, bcc_address="mycrm@gmail.com")
    named = tuple(makers.an_address(one) for one in (address, "mycrm@gmail.com"))
    thread = a_copy(db, account, address, from_=(makers.an_address("me@gmail.com"),), cc=named)
    people = contacts.participants(db.read(), thread)
    assert [one.email for one in people] == ["ann@x.example"]


def test_m112_what_is_forwarded_to_an_items_address_is_a_conversation_that_is_linked_to_it(
    db: Database, account: AccountId
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    address = smart_bcc.address(db, account, deal)
    thread = a_copy(
        db,
        account,
        address,
        to=(makers.an_address(address),),
        message_id="forward@corp.example",
        references=("original@corp.example",),
    )
    assert outcome(db, thread) == ("bcc_direct", deal.id)
