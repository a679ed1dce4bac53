"""How a session begins, and what it refuses to begin with."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from imap_sessions import not_signed_in
from servers.certificates import Authority
from servers.scripted_imap import Act, Close, Expect, ScriptedImap, Send, Stall, StartTls, answer

from providers import tls
from providers.errors import RetryLater, SignInAgain
from providers.imap.refusals import TooManyConnections
from providers.imap.session import Endpoint, Session, SignIn

PLAIN = b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN ID ENABLE CONDSTORE] ready\r\n"
PREAUTH = (
    Send(b"* PREAUTH welcome\r\n"),
    *answer(b"CAPABILITY", b"* CAPABILITY IMAP4rev1 STARTTLS\r\n{tag} OK\r\n"),
)
DONE = b"{tag} OK [CAPABILITY IMAP4rev1 IDLE] in\r\n"
HIDDEN = base64.b64encode(b"\0alice\0correct-horse")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def test_one_round_trip_signs_in_where_the_greeting_tells_enough() -> None:
    with ScriptedImap((Send(PLAIN), *answer(b"AUTHENTICATE PLAIN " + HIDDEN, DONE))) as server:
        with not_signed_in(server) as session:
            session.connect()
            session.connect()
            assert session.capabilities == {"IMAP4REV1", "IDLE"}
        assert len(server.commands) == 1


def test_what_is_offered_after_sign_in_is_what_counts() -> None:
    """F19."""
    script = (
        Send(b"* OK [CAPABILITY IMAP4rev1 MOVE] ready\r\n"),
        *answer(b'LOGIN "alice" "correct-horse"', b"{tag} OK in\r\n"),
        *answer(b"CAPABILITY", b"* CAPABILITY IMAP4rev1 UIDPLUS\r\n{tag} OK\r\n"),
        *answer(b"NOOP", b"* CAPABILITY IMAP4rev1 IDLE\r\n{tag} OK\r\n"),
    )
    with ScriptedImap(script) as server, not_signed_in(server) as session:
        session.connect()
        assert session.capabilities == {"IMAP4REV1", "UIDPLUS"}
        session.noop()
        assert session.capabilities == {"IMAP4REV1", "IDLE"}


def test_enabling_and_saying_who_we_are_costs_no_round_trip() -> None:
    told = b"* OK [CAPABILITY IMAP4rev1 QRESYNC CONDSTORE ENABLE ID LIST-STATUS] ready\r\n"
    script = (
        Send(told),
        *answer(b"LOGIN", told.removeprefix(b"* OK ").join((b"{tag} OK ", b""))),
        Expect(b"ENABLE QRESYNC\r"),
        Expect(b"ID "),
        Expect(b"LIST"),
        Send(b"* ENABLED QRESYNC\r\nd2 OK\r\n* ID NIL\r\nd3 OK\r\n* LIST () NIL INBOX\r\n{tag} OK\r\n"),
    )
    with ScriptedImap(script) as server, not_signed_in(server) as session:
        session.connect()
        assert [mailbox.name for mailbox in session.list_mailboxes(with_status=True)] == ["INBOX"]
        assert session.enabled == {"QRESYNC"}


def test_a_server_that_allows_no_password_is_not_told_one() -> None:
    """F19."""
    with ScriptedImap((Send(b"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] ready\r\n"), Stall())) as server:
        with not_signed_in(server) as session, pytest.raises(SignInAgain):
            session.connect()
        assert server.commands == []


def test_a_server_that_knows_us_already_is_told_nothing() -> None:
    """F19."""
    script = (*PREAUTH, *answer(b"NOOP", b"{tag} OK\r\n"))
    with ScriptedImap(script) as server, not_signed_in(server) as session:
        session.connect()
        session.noop()
        assert not [each for each in server.commands if b"LOGIN" in each or b"AUTHENTICATE" in each]
        assert server.commands


@pytest.mark.parametrize(
    ("greeting", "kind"),
    [
        (b"* BYE Too many connections from your address\r\n", TooManyConnections),
        (b"* BYE [UNAVAILABLE] restarting\r\n", RetryLater),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", RetryLater),
        (b"220 smtp ready\r\n", RetryLater),
        (b"", RetryLater),
        (b"* OK" + b"x" * 1_100_000, RetryLater),
        (b"* OK [CAPABILITY POP3] ready\r\n", RetryLater),
    ],
)
def test_who_does_not_greet_as_a_mail_server_is_tried_later(greeting: bytes, kind: type[Exception]) -> None:
    """F19, F22."""
    with ScriptedImap((Send(greeting), Close())) as server, not_signed_in(server) as session:
        with pytest.raises(kind):
            session.connect()
        assert not session.is_open


def test_a_server_that_says_nothing_is_not_waited_for_long() -> None:
    """F2."""
    with (
        ScriptedImap((Stall(),)) as server,
        not_signed_in(server, read_s=0.3) as session,
        pytest.raises(RetryLater),
    ):
        session.connect()


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"{tag} NO [AUTHENTICATIONFAILED] no: correct-horse\r\n", SignInAgain),
        (b"{tag} BAD unknown command AUTHENTICATE PLAIN " + HIDDEN + b"\r\n", SignInAgain),
        (b"{tag} NO [UNAVAILABLE] later\r\n", RetryLater),
        (b"{tag} BAD Request is throttled. Suggested Backoff Time: 1000 milliseconds\r\n", RetryLater),
        (b"* BYE idle for too long\r\n", RetryLater),
    ],
)
def test_a_refused_sign_in_says_why_and_no_secret(said: bytes, kind: type[Exception]) -> None:
    with (
        ScriptedImap((Send(PLAIN), *answer(b"AUTHENTICATE", said))) as server,
        not_signed_in(server) as session,
    ):
        with pytest.raises(kind) as refused:
            session.connect()
        assert "correct-horse" not in str(refused.value)
        assert HIDDEN.decode() not in str(refused.value)
        assert not session.is_open


def test_a_secret_outside_ascii_is_sent_as_it_is() -> None:
    secret = 'pä"ss\\wörd'
    script = (Send(b"* OK [CAPABILITY IMAP4rev1] ready\r\n"), *answer(b"LOGIN", DONE))
    with ScriptedImap(script) as server:
        with not_signed_in(server, sign_in=SignIn('a"b', "password", lambda: secret)) as session:
            session.connect()
        assert server.commands[0].startswith(b'LOGIN "a\\"b" {%d}' % len(secret.encode()))
        assert server.commands[0].endswith(secret.encode())


def test_without_initial_response_the_server_asks_first() -> None:
    script = (
        Send(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n"),
        *answer(b"AUTHENTICATE PLAIN\r", b"+ \r\n"),
        Expect(b""),
        Send(b"d1" + DONE.removeprefix(b"{tag}")),
    )
    with ScriptedImap(script) as server, not_signed_in(server) as session:
        session.connect()
        assert session.is_open


@pytest.mark.parametrize("kind", ["xoauth2", "oauthbearer"])
def test_a_token_that_is_refused_says_why_in_a_question(kind: str) -> None:
    question = base64.b64encode(json.dumps({"status": "401", "schemes": "Bearer"}).encode())
    script = (
        Send(b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=OAUTHBEARER] ready\r\n"),
        *answer(b"AUTHENTICATE " + kind.upper().encode(), b"+ " + question + b"\r\n"),
        Expect(b""),
        Send(b"d1 NO [AUTHENTICATIONFAILED] Invalid credentials\r\n"),
    )
    sign_in = SignIn("alice", kind, lambda: "token")  # type: ignore[arg-type] # parametrized
    with (
        ScriptedImap(script) as server,
        not_signed_in(server, sign_in=sign_in) as session,
        pytest.raises(SignInAgain, match="401"),
    ):
        session.connect()


def test_a_server_that_takes_no_tokens_is_not_told_one() -> None:
    with ScriptedImap((Send(PLAIN), Stall())) as server:
        sign_in = SignIn("alice", "xoauth2", lambda: "token")
        with not_signed_in(server, sign_in=sign_in) as session, pytest.raises(SignInAgain):
            session.connect()


def test_a_server_that_takes_the_other_kind_of_token_gets_that() -> None:
    script = (
        Send(b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER] ready\r\n"),
        *answer(b"AUTHENTICATE OAUTHBEARER", DONE),
    )
    with ScriptedImap(script) as server:
        with not_signed_in(server, sign_in=SignIn("a,b", "xoauth2", lambda: "token")) as session:
            session.connect()
        said = base64.b64decode(server.commands[0].split()[2])
        assert said == b"n,a=a=2Cb,\x01auth=Bearer token\x01\x01"


STARTTLS = b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n"
GO_ON = b"{tag} OK go on\r\n"


def test_nothing_said_before_tls_counts_after_it(authority: Authority) -> None:
    """F23."""
    script = (
        Send(STARTTLS),
        *answer(b"STARTTLS", GO_ON),
        StartTls(authority.good().server_context()),
        *answer(b"CAPABILITY", b"* CAPABILITY IMAP4rev1\r\n{tag} OK\r\n"),
        *answer(b"LOGIN", DONE),
    )
    with (
        ScriptedImap(script) as server,
        not_signed_in(server, security="starttls", tls=authority.client_context()) as session,
    ):
        session.connect()
        assert session.is_open


@pytest.mark.parametrize(
    "script",
    [
        (Send(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n"), Stall()),  # stripped
        (*PREAUTH, Stall()),
        (Send(STARTTLS), *answer(b"STARTTLS", b"{tag} BAD no\r\n"), Stall()),
        (Send(STARTTLS), *answer(b"STARTTLS", GO_ON + b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"), Stall()),
        (Send(STARTTLS), *answer(b"STARTTLS", GO_ON + b"*"), Stall()),
    ],
)
def test_no_password_is_said_where_tls_was_talked_away(authority: Authority, script: tuple[Act, ...]) -> None:
    """F23."""
    with ScriptedImap(script) as server:
        with not_signed_in(server, security="starttls", tls=authority.client_context()) as session:
            with pytest.raises(SignInAgain):
                session.connect()
            assert not session.is_open
        assert not any(b"LOGIN" in command or b"AUTH" in command for command in server.commands)


@pytest.mark.parametrize("kind", ["expired", "not_yet_valid", "wrong_host", "self_signed"])
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_that_is_wrong_is_refused_with_its_reason(
    authority: Authority, kind: str, security: str
) -> None:
    """F23."""
    wrong = getattr(authority, kind)().server_context()
    script: tuple[Act, ...] = (Send(STARTTLS), *answer(b"STARTTLS", GO_ON), StartTls(wrong), Stall())
    with (
        ScriptedImap(script, tls=wrong if security == "tls" else None) as server,
        not_signed_in(server, security=security, tls=authority.client_context()) as session,
        pytest.raises(SignInAgain, match="certificate"),
    ):
        session.connect()


def test_a_pinned_certificate_is_believed_and_no_other(authority: Authority) -> None:
    """F23."""
    certificate = authority.self_signed()
    script = (Send(PLAIN), *answer(b"AUTHENTICATE", DONE))
    with ScriptedImap(script, tls=certificate.server_context()) as server:
        context = tls.context(pin=certificate.sha256)
        with not_signed_in(server, security="tls", tls=context) as session:
            session.connect()
        context = tls.context(pin="0" * 64)
        with (
            not_signed_in(server, security="tls", tls=context) as session,
            pytest.raises(SignInAgain, match="pinned"),
        ):
            session.connect()


def test_no_password_is_said_in_clear_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """F23."""
    monkeypatch.setattr("providers.imap.wire.Wire.is_loopback", property(lambda wire: False))
    with ScriptedImap((Send(PLAIN), Stall())) as server:
        with not_signed_in(server) as session, pytest.raises(SignInAgain, match="clear"):
            session.connect()
        assert server.commands == []


def test_a_server_that_is_not_there_is_tried_later(tmp_path: Path) -> None:
    with ScriptedImap((Stall(),)) as server:
        port = server.port
    for host in ("localhost", "nowhere.invalid"):
        session = Session(Endpoint(host, port, "none"), SignIn("a", "password", lambda: "b"))
        with pytest.raises(RetryLater, match=host):
            session.connect()


def test_a_session_of_icloud_is_never_asked_for_what_it_does_wrong() -> None:
    from providers.imap.quirks import without_wrong

    offered = frozenset({"QRESYNC", "CONDSTORE"})
    assert without_wrong(offered, "imap.mail.me.com") == {"CONDSTORE"}
    assert without_wrong(offered, "P03-IMAP.mail.me.com.") == {"CONDSTORE"}
    assert without_wrong(offered, "imap.example.com") == offered


def test_a_secret_is_in_no_representation() -> None:
    assert "correct-horse" not in repr(SignIn("alice", "password", lambda: "correct-horse"))
