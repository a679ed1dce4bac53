"""Handing messages to a submission server, and what is known afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from servers.certificates import Authority
from servers.dovecot import ALICE, PASSWORD, Dovecot, User
from servers.fake_smtp import Act, FakeSmtp, Moment
from servers.ports import LOOPBACK, free_ports
from servers.relay import Relay

from providers import oauth
from providers.errors import OutcomeUnknown, Rejected, RetryLater, SignInAgain
from providers.smtp import Submitted, Submitter

SENDER, BOB, CARLA = "alice@example.com", "bob@example.com", "carla@example.com"
MESSAGE = b"Subject: Quote\r\n\r\n.one dot\r\nEnd\r\n"


class Held:
    """Secrets in memory."""

    def __init__(self, **secrets: str) -> None:
        self.secrets = secrets

    def get(self, name: str) -> str | None:
        return self.secrets.get(name)

    def put(self, name: str, value: str) -> None:
        self.secrets[name] = value

    def refreshing(self, name: str) -> AbstractContextManager[None]:
        return nullcontext()


def submitter(port: int, *, command_s: float = 20, answer_s: float = 30, **config: str) -> Submitter:
    known = {"smtp_host": "localhost", "smtp_port": str(port), "smtp_security": "none", "username": "alice"}
    return Submitter(known | config, Held(password="secret"), command_s=command_s, answer_s=answer_s)


@pytest.fixture
def server() -> Iterator[FakeSmtp]:
    with FakeSmtp() as started:
        yield started


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_a_message_arrives_octet_by_octet(server: FakeSmtp) -> None:
    assert submitter(server.port).submit(SENDER, [BOB, CARLA], MESSAGE) == Submitted((BOB, CARLA), {}, {})
    (accepted,) = server.accepted
    assert (accepted.sender, accepted.recipients, accepted.message, accepted.signed_in_as) == (
        SENDER,
        (BOB, CARLA),
        MESSAGE,
        "alice",
    )


def test_bare_line_ends_cannot_end_the_message_early(server: FakeSmtp) -> None:
    submitter(server.port).submit(SENDER, [BOB], b"Subject: x\n\nHello\n.\nMAIL FROM:<x>\r.\rEnd")
    (accepted,) = server.accepted
    assert accepted.message == b"Subject: x\r\n\r\nHello\r\n.\r\nMAIL FROM:<x>\r\n.\r\nEnd\r\n"


@pytest.mark.parametrize(
    "moment",
    [Moment.GREETING, Moment.EHLO, Moment.AUTH, Moment.MAIL, Moment.RCPT, Moment.DATA, Moment.BODY],
)
@pytest.mark.parametrize("act", [Act.CUT, Act.RESET])
def test_a_line_cut_before_the_dot_is_tried_again_later(server: FakeSmtp, moment: Moment, act: Act) -> None:
    """F57: before DATA and in the middle of it nothing was sent, and that is known: what is cut is more than a line holds."""
    server.fault(moment, act, octets=10)
    with pytest.raises(RetryLater):
        submitter(server.port).submit(SENDER, [BOB], MESSAGE * (500_000 if moment is Moment.BODY else 1))
    assert server.accepted == []


@pytest.mark.parametrize("act", [Act.CUT, Act.RESET, Act.STALL])
@pytest.mark.parametrize("is_accepted", [True, False])
def test_an_answer_lost_after_the_dot_leaves_the_outcome_unknown(
    server: FakeSmtp, act: Act, is_accepted: bool
) -> None:
    """F57: after the dot."""
    server.fault(Moment.DOT, act, is_accepted=is_accepted)
    with pytest.raises(OutcomeUnknown):
        submitter(server.port, answer_s=1).submit(SENDER, [BOB], MESSAGE)


@pytest.mark.parametrize("act", [Act.CUT, Act.RESET])
def test_a_line_cut_after_the_answer_changes_nothing(server: FakeSmtp, act: Act) -> None:
    """F57: after the 250 and before QUIT."""
    server.fault(Moment.ANSWERED, act)
    assert submitter(server.port).submit(SENDER, [BOB], MESSAGE).taken == (BOB,)


def test_an_answer_that_is_none_leaves_the_outcome_unknown(server: FakeSmtp) -> None:
    server.reply(Moment.DOT, b"what was that")
    with pytest.raises(OutcomeUnknown):
        submitter(server.port).submit(SENDER, [BOB], MESSAGE)


def test_the_answer_to_the_dot_is_waited_for_longer_than_any_other(server: FakeSmtp) -> None:
    """F58: the answer after nine minutes, here longer than a command may take."""
    go_on = threading.Event()
    fault = server.fault(Moment.DOT, Act.WAIT, until=go_on)
    threading.Timer(1.5, go_on.set).start()
    assert submitter(server.port, command_s=0.5).submit(SENDER, [BOB], MESSAGE).taken == (BOB,)
    assert fault.struck.is_set()


def test_the_final_answer_has_ten_minutes() -> None:
    """F58: RFC 5321 §4.5.3.2.6."""
    assert Submitter({}, Held())._answer_s == 600


def test_one_refused_recipient_does_not_keep_the_others_from_it(server: FakeSmtp) -> None:
    """F58: one of three is refused, one is put off by a greylist."""
    server.refused = {CARLA: b"550 5.1.1 nobody \x1b[31mhere", "dan@example.com": b"451 4.7.1 try in a while"}
    submitted = submitter(server.port).submit(SENDER, [BOB, CARLA, "dan@example.com"], MESSAGE)
    assert submitted.taken == (BOB,)
    assert "550 5.1.1 nobody" in submitted.refused[CARLA]
    assert "\x1b" not in submitted.refused[CARLA]
    assert "451" in submitted.postponed["dan@example.com"]
    assert server.accepted[0].recipients == (BOB,)


def test_nothing_is_sent_when_nobody_would_get_it(server: FakeSmtp) -> None:
    server.refused = {BOB: b"550 5.1.1 no"}
    assert submitter(server.port).submit(SENDER, [BOB], MESSAGE).taken == ()
    assert not any(command.startswith(b"DATA") for command in server.commands)


@pytest.mark.parametrize(
    ("moment", "reply", "error"),
    [
        (Moment.GREETING, b"421 4.3.2 too busy", RetryLater),
        (Moment.MAIL, b"451 4.3.0 later", RetryLater),
        (Moment.MAIL, b"553 5.7.1 not your address", Rejected),
        (Moment.MAIL, b"530 5.7.0 sign in first", SignInAgain),
        (Moment.RCPT, b"421 4.7.0 closing", RetryLater),
        (Moment.DATA, b"554 5.5.1 no", Rejected),
        (Moment.DATA, b"452 4.3.1 no room", RetryLater),
        (Moment.DOT, b"552 5.3.4 message too large", Rejected),
        (Moment.DOT, b"450 4.7.1 greylisted", RetryLater),
        (Moment.DOT, b"421 4.3.0 closing", RetryLater),
        (Moment.AUTH, b"454 4.7.0 temporary failure", RetryLater),
        (Moment.AUTH, b"535 5.7.8 no", SignInAgain),
    ],
)
def test_what_the_server_says_decides_what_is_done_next(
    server: FakeSmtp, moment: Moment, reply: bytes, error: type[Exception]
) -> None:
    """F58: 421, 452, 552 and 4xx, wherever they are said."""
    server.reply(moment, reply)
    with pytest.raises(error) as raised:
        submitter(server.port).submit(SENDER, [BOB], MESSAGE)
    assert reply.split(b" ", 1)[1].decode() in str(raised.value) or moment is Moment.GREETING


def test_a_message_larger_than_the_server_takes_is_not_sent() -> None:
    """F58: 552, known before."""
    with FakeSmtp(extensions=("SIZE 1000",)) as server:
        with pytest.raises(Rejected, match=r"up to 0\.0 MB"):
            submitter(server.port).submit(SENDER, [BOB], MESSAGE * 100)
        submitter(server.port).submit(SENDER, [BOB], MESSAGE)
        assert b"MAIL FROM:<alice@example.com> SIZE=%d" % len(MESSAGE) in server.commands


def test_a_server_that_says_why_while_the_message_comes_is_heard(server: FakeSmtp) -> None:
    """F58: 552 in the middle of the message."""
    server.fault(Moment.BODY, Act.REPLY, reply=b"552 5.3.4 too large", octets=10)
    with pytest.raises((Rejected, RetryLater)):
        submitter(server.port).submit(SENDER, [BOB], MESSAGE * 50_000)


def test_octets_outside_ascii_are_sent_only_where_they_can_be_carried() -> None:
    with FakeSmtp(extensions=("8BITMIME",)) as server:
        submitter(server.port).submit(SENDER, [BOB], MESSAGE + b"\xc3\xa9\r\n")
        assert b"MAIL FROM:<alice@example.com> BODY=8BITMIME" in server.commands
    with FakeSmtp(extensions=()) as server, pytest.raises(Rejected, match="not ASCII"):
        submitter(server.port).submit(SENDER, [BOB], MESSAGE + b"\xc3\xa9\r\n")


def test_addresses_outside_ascii_need_a_server_that_knows_them() -> None:
    with FakeSmtp(extensions=("SMTPUTF8", "8BITMIME")) as server:
        assert submitter(server.port).submit("é@example.com", ["ñ@example.com"], MESSAGE).taken
    with FakeSmtp(extensions=()) as server:
        submitted = submitter(server.port).submit(SENDER, ["ñ@example.com"], MESSAGE)
        assert "outside ASCII" in submitted.refused["ñ@example.com"]
        with pytest.raises(Rejected, match="outside ASCII"):
            submitter(server.port).submit("é@example.com", [BOB], MESSAGE)


@pytest.mark.parametrize("mechanisms", [("PLAIN", "LOGIN"), ("LOGIN",)])
def test_passwords_may_have_any_letters(mechanisms: tuple[str, ...]) -> None:
    asked: list[tuple[str, str]] = []
    with FakeSmtp(
        mechanisms=mechanisms, is_right=lambda user, secret: asked.append((user, secret)) is None
    ) as server:
        config = {
            "smtp_host": LOOPBACK,
            "smtp_port": str(server.port),
            "smtp_security": "none",
            "username": "zoë",
        }
        Submitter(config, Held(password="pässwörd")).submit(SENDER, [BOB], MESSAGE)
    assert asked == [("zoë", "pässwörd")]


def test_a_server_without_a_sign_in_or_an_account_without_a_password_is_told_in_words() -> None:
    with FakeSmtp(mechanisms=()) as server:
        with pytest.raises(SignInAgain, match="nobody sign in"):
            submitter(server.port).submit(SENDER, [BOB], MESSAGE)
        config = {"smtp_host": LOOPBACK, "smtp_port": str(server.port), "smtp_security": "none"}
        with pytest.raises(SignInAgain, match="No password"):
            Submitter(config, Held()).submit(SENDER, [BOB], MESSAGE)
        assert Submitter(config | {"sign_in": "none"}, Held()).submit(SENDER, [BOB], MESSAGE).taken
    with pytest.raises(SignInAgain, match="how it sends"):
        Submitter({}, Held()).submit(SENDER, [BOB], MESSAGE)


def test_a_server_that_is_not_there_is_tried_again_later() -> None:
    (port,) = free_ports(1)
    with pytest.raises(RetryLater):
        submitter(port).submit(SENDER, [BOB], MESSAGE)


@pytest.mark.parametrize("mechanisms", [("XOAUTH2",), ("OAUTHBEARER",)])
def test_a_token_the_server_does_not_take_is_renewed_once(
    mechanisms: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """F46: the token ends while a message is sent; only the safe part is done again."""
    tokens = {None: "old", "old": "new"}
    monkeypatch.setattr(oauth, "access_token", lambda config, secrets, refused=None: tokens[refused])
    with FakeSmtp(mechanisms=mechanisms, is_right=lambda user, secret: secret == "new") as server:
        assert submitter(server.port, sign_in="google").submit(SENDER, [BOB], MESSAGE).taken == (BOB,)
        assert len(server.accepted) == 1
        tokens["old"] = "old"
        with pytest.raises(SignInAgain):
            submitter(server.port, sign_in="google").submit(SENDER, [BOB], MESSAGE)
        assert len(server.accepted) == 1


def test_tls_from_the_start_and_after_starttls_carry_the_message(authority: Authority) -> None:
    tls, ca_file = authority.good().server_context(), str(authority.file)
    with FakeSmtp(tls=tls) as server:
        assert (
            submitter(server.port, smtp_security="tls", ca_file=ca_file).submit(SENDER, [BOB], MESSAGE).taken
        )
    with FakeSmtp(starttls=tls) as server:
        assert (
            submitter(server.port, smtp_security="starttls", ca_file=ca_file)
            .submit(SENDER, [BOB], MESSAGE)
            .taken
        )


def test_a_server_that_does_not_offer_starttls_gets_nothing(server: FakeSmtp) -> None:
    """F23: STARTTLS stripped on the way."""
    with pytest.raises(SignInAgain, match="does not offer STARTTLS"):
        submitter(server.port, smtp_security="starttls").submit(SENDER, [BOB], MESSAGE)
    assert not any(command.startswith((b"AUTH", b"MAIL")) for command in server.commands)


def test_words_slipped_in_before_tls_end_the_connection(authority: Authority) -> None:
    """F23: STARTTLS injection."""
    with FakeSmtp(starttls=authority.good().server_context(), injected=b"250 AUTH PLAIN\r\n") as server:
        with pytest.raises(SignInAgain, match="in clear"):
            submitter(server.port, smtp_security="starttls", ca_file=str(authority.file)).submit(
                SENDER, [BOB], MESSAGE
            )
        assert not any(command.startswith((b"AUTH", b"MAIL")) for command in server.commands)


@pytest.mark.parametrize("kind", ["expired", "wrong_host", "self_signed"])
def test_a_certificate_that_is_not_good_is_refused_unless_it_is_pinned(
    authority: Authority, kind: str
) -> None:
    """F23: expired, wrong host, self-signed."""
    certificate = getattr(authority, kind)()
    with FakeSmtp(tls=certificate.server_context()) as server:
        known = {"smtp_security": "tls", "ca_file": str(authority.file)}
        with pytest.raises(SignInAgain, match="certificate"):
            submitter(server.port, **known).submit(SENDER, [BOB], MESSAGE)
        assert server.commands == []
        pinned = submitter(server.port, smtp_pin=certificate.sha256, **known)
        assert pinned.submit(SENDER, [BOB], MESSAGE).taken
        with pytest.raises(SignInAgain, match="another than the pinned"):
            submitter(server.port, smtp_pin="0" * 64, **known).submit(SENDER, [BOB], MESSAGE)


def test_a_real_submission_server_takes_and_delivers(dovecot: Dovecot, relay: Relay, user: User) -> None:
    config = {
        "smtp_host": "localhost",
        "smtp_port": str(dovecot.ports["submissions"]),
        "smtp_security": "tls",
        "ca_file": str(dovecot.ca_file),
        "username": user.address,
    }
    recipient = f"somebody-{user.address}".replace("@example.com", "@elsewhere.example")
    submitted = Submitter(config, Held(password=PASSWORD)).submit(
        user.address, [recipient, ALICE.address, "x@a.bounce.example"], MESSAGE
    )
    assert submitted.taken == (recipient, ALICE.address)
    assert "no such domain" in submitted.refused["x@a.bounce.example"]
    (caught,) = relay.wait_for(recipient)
    assert caught.message.endswith(MESSAGE.split(b"\r\n\r\n")[1])
    with pytest.raises(SignInAgain, match="user name or the password"):
        Submitter(config, Held(password="wrong")).submit(user.address, [recipient], MESSAGE)
    starttls = config | {"smtp_port": str(dovecot.ports["submission"]), "smtp_security": "starttls"}
    assert Submitter(starttls, Held(password=PASSWORD)).submit(user.address, [recipient], MESSAGE).taken
