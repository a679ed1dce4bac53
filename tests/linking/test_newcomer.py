from __future__ import annotations

import crm_rows
import makers
import pytest
import told
from hypothesis import given
from hypothesis import strategies as st
from makers import an_address, an_email

from linking import panel, service
from linking.newcomer import Newcomer, as_newcomer, is_machine
from mail.signature_facts import SignatureFacts
from mail.types import AccountId, Block, BlockKind, Body, Document, Email, SafeText
from store.database import Database
from store.links import newcomer_facts
from store.links.newcomer_facts import Stranger

SIGNATURE = "-- \nZed Ray\nHead of Purchasing\nFar Ltd\nTel: +44 20 7946 0958"


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return makers.an_account(db)


def a_message(
    email: str = "zed@far.example", name: str = "Zed Ray", signature: str = SIGNATURE, **changes: object
) -> Email:
    blocks = (Block(BlockKind.TEXT, SafeText("We take it.")), Block(BlockKind.SIGNATURE, SafeText(signature)))
    return an_email(from_=(an_address(email, name),), body=Body(Document(blocks), None), **changes)


def found(db: Database, account_id: AccountId, *messages: Email) -> Newcomer | None:
    return panel.for_thread(db, told.tell(db, account_id, *messages)[0]).newcomer


def an_organization(db: Database, name: str, domain: str) -> str:
    organization_id = crm_rows.a_row(db, "organization", name=name)
    with db.write() as connection:
        connection.execute("INSERT INTO organization_domain VALUES (?, ?)", (organization_id, domain))
    return organization_id


def test_a_sender_the_crm_does_not_know_is_offered_with_what_they_sign_with(
    db: Database, account_id: AccountId
) -> None:
    assert found(db, account_id, a_message()) == Newcomer(
        "zed@far.example", "Zed Ray", "Head of Purchasing", "+44 20 7946 0958", "Far Ltd", None
    )


def test_the_organization_of_their_domain_is_offered_before_the_one_they_sign_with(
    db: Database, account_id: AccountId
) -> None:
    far = an_organization(db, "Far Trading", "far.example")
    offered = found(db, account_id, a_message("zed@uk.far.example"))
    assert offered is not None
    assert (offered.organization, offered.organization_id) == ("Far Trading", far)


def test_a_domain_of_everybody_or_of_two_organizations_names_none(db: Database) -> None:
    an_organization(db, "Mail", "gmail.com")
    an_organization(db, "One", "two.example")
    an_organization(db, "Two", "two.example")
    for email in ("zed@gmail.com", "zed@two.example", "zed", ""):
        assert newcomer_facts.organization_of(db.read(), email) == (None, "")


def test_a_known_sender_is_nobody_new(db: Database, account_id: AccountId) -> None:
    crm_rows.a_person(db, "Zed Ray", "zed@far.example")
    assert found(db, account_id, a_message()) is None


def test_a_recipient_is_offered_when_the_sender_is_known(db: Database, account_id: AccountId) -> None:
    crm_rows.a_person(db, "Zed Ray", "zed@far.example")
    offered = found(db, account_id, a_message(cc=(an_address("bea.loy@near.example"),)))
    assert offered == Newcomer("bea.loy@near.example", "Bea Loy")


def test_the_newest_signature_counts(db: Database, account_id: AccountId) -> None:
    first = a_message(signature="-- \nZed Ray\nBuyer")
    again = a_message(in_reply_to=(str(first.message_id),), signature="-- \nZed Ray\nChief Buyer")
    offered = found(db, account_id, first, again)
    assert offered is not None and offered.title == "Chief Buyer"


def test_of_a_very_large_message_no_signature_is_read(db: Database, account_id: AccountId) -> None:
    (thread_id,) = told.tell(db, account_id, a_message())
    with db.write() as connection:
        connection.execute("UPDATE email_body SET body = zeroblob(200001)")
    assert panel.for_thread(db, thread_id).newcomer == Newcomer("zed@far.example", "Zed Ray")


def test_machines_newsletters_and_lists_are_no_people(db: Database, account_id: AccountId) -> None:
    assert found(db, account_id, a_message("no-reply@far.example")) is None
    assert found(db, account_id, a_message(is_bulk=True)) is None
    assert found(db, account_id, a_message(is_auto_reply=True)) is None
    assert found(db, account_id, a_message(list_id="news.far.example")) is None


def test_somebody_said_to_be_nobody_is_not_offered(db: Database, account_id: AccountId) -> None:
    (thread_id,) = told.tell(db, account_id, a_message())
    service.set_person(db, thread_id, "zed@far.example", None)
    assert panel.for_thread(db, thread_id).newcomer is None


@pytest.mark.parametrize(
    "email",
    ["noreply@x.example", "do-not-reply@x.example", "Mailer-Daemon@x.example", "bounce@x.example", "bounces+1@x.example", "notifications@x.example", "newsletter@x.example", "no_reply-7@x.example"],
)  # fmt: skip
def test_an_address_that_nobody_reads_is_known_by_its_name(email: str) -> None:
    assert is_machine(email)


@pytest.mark.parametrize(
    "email", ["ana@x.example", "norbert@x.example", "info@x.example", "newman@x.example", ""]
)
def test_an_address_somebody_reads_is_no_machine(email: str) -> None:
    assert not is_machine(email)


@pytest.mark.parametrize(
    ("header", "signed", "name"),
    [("Ray, Zed", "Z. Ray", "Zed Ray"), ("zed@far.example", "Zed Ray", "Zed Ray"), ("", "", "Zed Ray")],
)
def test_the_name_comes_from_the_header_else_the_signature_else_the_address(
    header: str, signed: str, name: str
) -> None:
    stranger = Stranger("zed.ray@far.example", header, None, False, "", None)
    assert as_newcomer(stranger, SignatureFacts(name=signed)).name == name


@given(name=st.text(max_size=40), email=st.text(max_size=40), text=st.text(max_size=500))
def test_no_name_or_address_breaks_the_offer(name: str, email: str, text: str) -> None:
    found = as_newcomer(
        Stranger(email, name, None, False, "", None), SignatureFacts(name=text[:30], phone=text)
    )
    assert found.email == email
    is_machine(email)
