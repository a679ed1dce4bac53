from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage

import pytest
from servers.dovecot import Dovecot, User
from servers.peer import Peer
from servers.relay import Relay


def a_message(sender: User, recipient: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender.address, recipient, "Quote"
    message["Message-ID"] = "<quote@example.com>"
    message.set_content("Hello\n")
    return message


@contextmanager
def submission(dovecot: Dovecot, user: User) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("localhost", dovecot.ports["submission"], local_hostname="client", timeout=60) as smtp:
        smtp.starttls(context=dovecot.authority.client_context())
        smtp.login(user.address, user.password)
        yield smtp


def test_what_one_user_submits_arrives_in_the_inbox_of_the_other(
    dovecot: Dovecot, relay: Relay, user: User
) -> None:
    other = dovecot.new_user()
    with submission(dovecot, user) as smtp:
        smtp.send_message(a_message(user, other.address))
    with Peer(dovecot, other) as peer:
        assert peer.wait_until("INBOX", bool) == ["<quote@example.com>"]


def test_a_token_is_enough_to_submit_over_tls_from_the_start(
    dovecot: Dovecot, relay: Relay, user: User
) -> None:
    port, context = dovecot.ports["submissions"], dovecot.authority.client_context()
    with smtplib.SMTP_SSL("localhost", port, local_hostname="client", context=context, timeout=60) as smtp:
        smtp.ehlo()
        word = f"user={user.address}\x01auth=Bearer {dovecot.token(user)}\x01\x01"
        smtp.auth("XOAUTH2", lambda challenge=None: word)
        smtp.send_message(a_message(user, user.address))
    with Peer(dovecot, user) as peer:
        assert peer.wait_until("INBOX", bool)


@pytest.mark.parametrize("address", ["nosuch-person@example.com", "x@a.bounce.example"])
def test_a_recipient_nobody_knows_is_refused_at_once(
    dovecot: Dovecot, relay: Relay, user: User, address: str
) -> None:
    with submission(dovecot, user) as smtp:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            smtp.send_message(a_message(user, address))
        assert refused.value.recipients[address][0] == 550


def test_mail_that_cannot_be_delivered_later_comes_back(dovecot: Dovecot, relay: Relay, user: User) -> None:
    with submission(dovecot, user) as smtp:
        smtp.send_message(a_message(user, "x@a.late-bounce.example"))
    with Peer(dovecot, user) as peer:
        assert peer.wait_until("INBOX", bool)
        (octets,) = peer.messages("INBOX").values()
    report = message_from_bytes(octets)
    assert report.get_content_type() == "multipart/report"
    _, status, original = report.get_payload()
    assert status.get_content_type() == "message/delivery-status"
    assert status.get_payload(1)["Final-Recipient"] == "rfc822; x@a.late-bounce.example"
    assert original.get_payload(0)["Message-ID"] == "<quote@example.com>"


def test_mail_to_the_rest_of_the_world_is_caught(dovecot: Dovecot, relay: Relay, user: User) -> None:
    address = f"buyer-of-{user.address.replace('@', '-at-')}@customer.example"
    with submission(dovecot, user) as smtp:
        smtp.send_message(a_message(user, address))
    (caught,) = relay.wait_for(address)
    assert caught.sender == user.address
    assert message_from_bytes(caught.message)["Subject"] == "Quote"


def test_mail_from_outside_can_be_put_into_an_inbox(dovecot: Dovecot, relay: Relay, user: User) -> None:
    relay.deliver("buyer@customer.example", [user.address], a_message(user, user.address).as_bytes())
    with Peer(dovecot, user) as peer:
        assert peer.wait_until("INBOX", bool)
