from __future__ import annotations

import smtplib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.certificates import Authority
from servers.fake_smtp import Act, FakeSmtp, Moment
from servers.ports import LOOPBACK

MESSAGE = b"Subject: Quote\r\n\r\n.one dot\r\nEnd\r\n"


@pytest.fixture
def server() -> Iterator[FakeSmtp]:
    with FakeSmtp() as started:
        yield started


def client(server: FakeSmtp) -> smtplib.SMTP:
    return smtplib.SMTP(LOOPBACK, server.port, local_hostname="client", timeout=30)


def send(server: FakeSmtp, *recipients: str) -> dict[str, tuple[int, bytes]]:
    with client(server) as smtp:
        smtp.login("alice", "secret")
        return smtp.sendmail("alice@example.com", recipients or ["bob@example.com"], MESSAGE)


def test_what_is_accepted_is_remembered_octet_by_octet(server: FakeSmtp) -> None:
    send(server)
    (accepted,) = server.accepted
    assert (accepted.sender, accepted.recipients, accepted.message, accepted.signed_in_as) == (
        "alice@example.com",
        ("bob@example.com",),
        MESSAGE,
        "alice",
    )


@pytest.mark.parametrize("moment", [Moment.EHLO, Moment.MAIL, Moment.RCPT, Moment.DATA, Moment.BODY])
@pytest.mark.parametrize("act", [Act.CUT, Act.RESET])
def test_a_connection_cut_before_the_dot_delivers_nothing(server: FakeSmtp, moment: Moment, act: Act) -> None:
    fault = server.fault(moment, act)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(server)
    assert fault.struck.is_set()
    assert server.accepted == []
    send(server)
    assert len(server.accepted) == 1


@pytest.mark.parametrize("is_accepted", [True, False])
def test_an_answer_lost_after_the_dot_says_nothing_of_the_message(
    server: FakeSmtp, is_accepted: bool
) -> None:
    server.fault(Moment.DOT, Act.CUT, is_accepted=is_accepted)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(server)
    assert len(server.accepted) == is_accepted


def test_a_connection_cut_after_the_answer_has_delivered(server: FakeSmtp) -> None:
    server.fault(Moment.ANSWERED, Act.CUT)
    send(server)
    assert len(server.accepted) == 1


def test_some_recipients_are_refused_and_the_others_get_the_mail(server: FakeSmtp) -> None:
    server.refused["nobody@example.com"] = b"550 5.1.1 nobody of that name"
    refused = send(server, "bob@example.com", "nobody@example.com")
    assert list(refused) == ["nobody@example.com"]
    assert server.accepted[0].recipients == ("bob@example.com",)


@pytest.mark.parametrize(
    "reply", [b"421 4.3.2 later", b"451 4.7.1 greylisted", b"452 4.3.1 full", b"552 5.3.4 big"]
)
def test_a_refusal_at_the_dot_is_heard_and_nothing_is_taken(server: FakeSmtp, reply: bytes) -> None:
    server.reply(Moment.DOT, reply)
    with pytest.raises(smtplib.SMTPDataError) as error:
        send(server)
    assert error.value.smtp_code == int(reply[:3])
    assert server.accepted == []


def test_a_slow_answer_comes_when_the_test_lets_it(server: FakeSmtp) -> None:
    now = threading.Event()
    fault = server.fault(Moment.DOT, Act.WAIT, until=now)
    sender = threading.Thread(target=send, args=(server,))
    sender.start()
    assert fault.struck.wait(30)
    now.set()
    sender.join(30)
    assert len(server.accepted) == 1


def test_wrong_secrets_are_refused_by_password_and_by_token() -> None:
    with FakeSmtp(is_right=lambda user, secret: (user, secret) == ("alice", "right")) as server:
        with client(server) as smtp, pytest.raises(smtplib.SMTPAuthenticationError):
            smtp.login("alice", "wrong")
        with client(server) as smtp:
            smtp.login("alice", "right")
        with client(server) as smtp, pytest.raises(smtplib.SMTPAuthenticationError):
            smtp.ehlo()
            smtp.auth(
                "XOAUTH2", lambda challenge=None: "" if challenge else "user=alice\x01auth=Bearer old\x01\x01"
            )
        with client(server) as smtp:
            smtp.ehlo()
            smtp.auth("OAUTHBEARER", lambda challenge=None: "n,a=alice,\x01auth=Bearer right\x01\x01")


def test_signing_in_waits_for_starttls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with FakeSmtp(starttls=authority.good().server_context()) as server:
        with client(server) as smtp:
            smtp.ehlo()
            assert not smtp.has_extn("auth")
            smtp.starttls(context=authority.client_context())
            smtp.login("alice", "secret")
        with client(server) as smtp:
            smtp.ehlo()
            assert smtp.has_extn("starttls")


def test_tls_can_be_there_from_the_start(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = authority.client_context()
    with (
        FakeSmtp(tls=authority.good().server_context()) as server,
        smtplib.SMTP_SSL(LOOPBACK, server.port, local_hostname="client", context=context, timeout=30) as smtp,
    ):
        smtp.login("alice", "secret")


def test_words_can_be_injected_behind_the_answer_to_starttls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    injected = b"250 smuggled\r\n"
    with FakeSmtp(starttls=authority.good().server_context(), injected=injected) as server:
        smtp = client(server)
        smtp.ehlo()
        smtp.sock.sendall(b"STARTTLS\r\n")
        assert smtp.sock.recv(1000).endswith(injected)
        smtp.close()
