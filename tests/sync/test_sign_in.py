from __future__ import annotations

import io
import json
import queue
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from servers.certificates import Authority
from servers.dovecot import Dovecot, User
from servers.fake_smtp import FakeSmtp
from servers.fake_tokens import BLOCKED_BY_POLICY, CLIENT_ID, TOO_MANY, Device, FakeTokens
from servers.scripted_imap import GREETING, Close, Expect, ScriptedImap, Send, Stall, answer

from providers import tls
from store import worker_process
from sync import sign_in


def asked(request: dict[str, Any], *more: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every event of one request; `more` is what the user does meanwhile."""
    later: queue.Queue[Any] = queue.Queue()
    for each in more:
        later.put(each)
    return list(sign_in.answers(request, later))


def at(port: int, security: str = "tls", host: str = "localhost") -> dict[str, object]:
    return {"host": host, "port": port, "security": security}


def trial(dovecot: Dovecot, user: User, **changed: object) -> dict[str, Any]:
    request = {
        "do": "test",
        "imap": at(dovecot.ports["imaps"]),
        "smtp": at(dovecot.ports["submissions"]),
        "username": user.address,
        "sign_in": "password",
        "secret": user.password,
        "ca_file": str(dovecot.ca_file),
    }
    return {**request, **changed}


def test_servers_that_let_the_user_in_are_told_with_their_facts(dovecot: Dovecot, user: User) -> None:
    *_, last = asked(trial(dovecot, user))
    assert last["event"] == "tested"
    assert "QRESYNC" in last["imap"]["capabilities"]
    assert last["imap"]["mailboxes"] >= 1 and last["imap"]["quota_limit"] == 10_000_000
    assert "pipelining" in last["smtp"]["extensions"]
    assert last["secret"] == user.password


def test_starttls_does_as_well(dovecot: Dovecot, user: User) -> None:
    request = trial(
        dovecot,
        user,
        imap=at(dovecot.ports["imap"], "starttls"),
        smtp=at(dovecot.ports["submission"], "starttls"),
    )
    assert asked(request)[-1]["event"] == "tested"


@pytest.mark.parametrize("secret", ["wrong", "falsch-ü", ""])
def test_a_wrong_password_is_told(dovecot: Dovecot, user: User, secret: str) -> None:
    (trouble,) = asked(trial(dovecot, user, secret=secret))
    assert (trouble["kind"], trouble["protocol"]) == ("password", "imap")
    assert "refused the user name or the password" in trouble["text"]


def test_a_certificate_is_told_with_its_facts_and_can_be_pinned(dovecot: Dovecot, user: User) -> None:
    """F23: refused with the certificate's facts; a fingerprint pin is the way out."""
    (trouble,) = asked(trial(dovecot, user, ca_file=""))
    certificate = trouble["certificate"]
    assert trouble["kind"] == "certificate" and "localhost" in certificate["hosts"]
    assert tls.fingerprint(certificate["shown"]) == certificate["sha256"]
    pin = certificate["sha256"]
    assert asked(trial(dovecot, user, ca_file="", imap_pin=pin, smtp_pin=pin))[-1]["event"] == "tested"
    (changed,) = asked(trial(dovecot, user, ca_file="", imap_pin="0" * 64))
    assert changed["kind"] == "certificate" and "another than the pinned" in changed["text"]


def test_what_is_wrong_with_sending_is_told_as_such(dovecot: Dovecot, user: User) -> None:
    half, trouble = asked(trial(dovecot, user, smtp=at(1)))
    assert half["event"] == "half"
    assert (trouble["protocol"], trouble["kind"]) == ("smtp", "host")


@pytest.mark.parametrize(
    ("server", "kind", "words"),
    [
        (at(1), "host", "Nothing listens"),
        (at(993, host="nowhere.invalid"), "host", "no server called nowhere.invalid"),
        (at(0), "host", "port 0"),
    ],
)
def test_a_server_that_is_not_there_is_told(
    server: dict[str, object], kind: str, words: str, dovecot: Dovecot, user: User
) -> None:
    (trouble,) = asked(trial(dovecot, user, imap=server))
    assert trouble["kind"] == kind and words in trouble["text"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


def scripted(authority: Authority, server: ScriptedImap, **changed: object) -> dict[str, Any]:
    request = {
        "do": "test",
        "imap": at(server.port),
        "username": "ana",
        "secret": "s3cret-s3cret-s3cret-s3cret-s3cret-s3cret-s3cret",
        "ca_file": str(authority.file),
    }
    return {**request, **changed}


PLAIN = answer(rb"CAPABILITY", b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK done\r\n")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"NO [ALERT] Application-specific password required: https://support.google.com/", "app_password"),
        (b"NO [ALERT] Please log in via your web browser: https://support.google.com/", "browser"),
        (
            b"NO IMAP access is disabled for your domain. Please contact your domain administrator",
            "imap_disabled",
        ),
        (b"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", "password"),
        (b"NO [UNAVAILABLE] Temporary authentication failure", "busy"),
        (b"NO LOGIN Login error, authorization code is expired", "app_password"),
        (b"NO LOGIN failed.", "password"),
        (b"NO [LIMIT] Too many simultaneous connections.", "busy"),
        (b"NO s3cret-s3cret-s3cret-s3cret-s3cret-s3cret-s3cret \x1b]0;x\x07", "password"),
    ],
)
def test_what_servers_say_is_told_with_what_to_do(authority: Authority, said: bytes, kind: str) -> None:
    script = [Send(GREETING), *PLAIN, *answer(rb"LOGIN", b"{tag} " + said + b"\r\n"), Expect(rb"LOGOUT")]
    with ScriptedImap(script, tls=authority.good().server_context()) as server:
        (trouble,) = asked(scripted(authority, server))
    assert trouble["kind"] == kind
    assert "s3cret" not in trouble["text"] and "\x1b" not in trouble["text"]


def test_a_server_that_takes_no_password_is_sent_none(authority: Authority) -> None:
    script = [
        Send(GREETING),
        *answer(rb"CAPABILITY", b"* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2\r\n{tag} OK done\r\n"),
        Expect(rb"LOGOUT"),
    ]
    with ScriptedImap(script, tls=authority.good().server_context()) as server:
        (trouble,) = asked(scripted(authority, server))
        assert trouble["kind"] == "browser"
        assert not any(b"LOGIN" in command for command in server.commands)


def test_starttls_that_was_taken_out_is_told_and_nothing_is_sent(authority: Authority) -> None:
    """F23: STARTTLS stripping."""
    with ScriptedImap([Send(GREETING), *PLAIN]) as server:
        (trouble,) = asked(scripted(authority, server, imap=at(server.port, "starttls")))
        assert server.commands == [b"CAPABILITY"]
    assert trouble["kind"] == "starttls" and "nothing was sent" in trouble["text"]


def test_a_password_is_never_sent_over_a_network_in_clear(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ipaddress

    with ScriptedImap([Send(GREETING), *PLAIN, Expect(rb"LOGOUT")]) as server:
        # No test has a network: here this machine's own address is not taken for one.
        monkeypatch.setattr(ipaddress.IPv4Address, "is_loopback", False)
        monkeypatch.setattr(ipaddress.IPv6Address, "is_loopback", False)
        (trouble,) = asked(scripted(authority, server, imap=at(server.port, "none")))
        assert "never sent to localhost in clear" in trouble["text"]
        assert not any(b"LOGIN" in command for command in server.commands)


def test_this_machine_may_be_spoken_to_in_clear(authority: Authority) -> None:
    script = [Send(GREETING), *PLAIN, *answer(rb"LOGIN", b"{tag} NO no\r\n"), Expect(rb"LOGOUT")]
    with ScriptedImap(script) as server:
        (trouble,) = asked(scripted(authority, server, imap=at(server.port, "none")))
    assert trouble["kind"] == "password"


def test_words_slipped_in_before_tls_are_told(authority: Authority) -> None:
    """F23: STARTTLS injection, with SMTP."""
    context = authority.good().server_context()
    with ScriptedImap(
        [Send(GREETING), *PLAIN, *answer(rb"LOGIN", b"{tag} OK [CAPABILITY IMAP4rev1] in\r\n")], tls=context
    ) as imap:
        script_end = imap  # it hangs up after signing in: what is wrong there is told first
        (trouble,) = asked(scripted(authority, script_end))
        assert trouble["kind"] == "not_a_server"
    with FakeSmtp(starttls=context, injected=b"250 fine\r\n") as smtp:
        from providers import probing
        from providers.opening import Endpoint
        from providers.probing import Key, Trouble, Trust

        with pytest.raises(Trouble) as told:
            probing.smtp(
                Endpoint("localhost", smtp.port, "starttls"), Key("ana", "x"), Trust(str(authority.file))
            )
        assert "sent in clear" in str(told.value)
        assert not any(command.startswith(b"AUTH") for command in smtp.commands)


def test_a_server_that_says_nothing_is_left(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.probing.imap.__defaults__", (0.5,))
    with ScriptedImap([Stall()], tls=authority.good().server_context()) as server:
        (trouble,) = asked(scripted(authority, server))
    assert trouble["kind"] == "timeout"


def test_a_server_that_hangs_up_is_told(authority: Authority) -> None:
    with ScriptedImap([Close()], tls=authority.good().server_context()) as server:
        (trouble,) = asked(scripted(authority, server))
    assert trouble["kind"] == "not_a_server"


def test_what_the_user_says_of_servers_is_taken() -> None:
    (event,) = asked(
        {"do": "discover", "address": "ana@example.com", "imap": "mail.example.com:143", "smtp": "x.example"}
    )
    servers = event["servers"]
    assert servers["imap"] == at(143, "starttls", "mail.example.com")
    assert servers["smtp"] == at(465, "tls", "x.example")
    (event,) = asked(
        {"do": "discover", "address": "ana@gmail.com", "smtp": "relay.example:587", "username": "an"}
    )
    assert event["servers"]["imap"]["host"] == "imap.gmail.com"
    assert (event["servers"]["smtp"]["host"], event["servers"]["username"]) == ("relay.example", "an")


def test_a_provider_without_imap_is_told() -> None:
    (event,) = asked({"do": "discover", "address": "ana@tuta.com"})
    assert event["event"] == "no_servers" and event["is_final"]


@pytest.mark.parametrize(
    "request_",
    [
        {"do": "discover"},
        {"do": "discover", "address": "a@b.example", "imap": "no server!"},
        {"do": "test"},
        {"do": "test", "secret": "x", "username": "x", "imap": {"host": "x", "port": 1, "security": "?"}},
        {"do": "oauth", "sign_in": "google"},
    ],
)
def test_a_request_that_cannot_be_is_told(request_: dict[str, Any]) -> None:
    assert asked(request_)[-1]["event"] == "trouble"


def test_nothing_is_said_to_what_is_no_request() -> None:
    assert asked({"do": "dance"}) == [] == asked({})


@pytest.fixture
def tokens(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, dovecot: Dovecot, user: User
) -> Iterator[FakeTokens]:
    """A token endpoint whose tokens let `user` into `dovecot`."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    with FakeTokens(
        authority.good().server_context(), address=user.address, make_token=lambda: dovecot.token(user)
    ) as server:
        yield server


def oauth(tokens: FakeTokens, who: str, **more: object) -> dict[str, Any]:
    return {
        "do": "oauth",
        "sign_in": who,
        "oauth_client_id": CLIENT_ID,
        "client_secret": "x",
        "oauth_authority": tokens.url if who == "google" else tokens.authority,
        "username": tokens.address,
        **more,
    }


@pytest.mark.parametrize("who", ["google", "microsoft"])
def test_a_pasted_address_signs_in_and_its_token_is_tested(
    tokens: FakeTokens, dovecot: Dovecot, user: User, who: str
) -> None:
    """F49: wrong pastes do not end the sign-in."""
    later: queue.Queue[Any] = queue.Queue()
    events = sign_in.answers(oauth(tokens, who, way="browser"), later)
    opened = next(events)
    assert opened["event"] == "open"
    later.put({"do": "paste", "text": "http://127.0.0.1:1/?code=x&state=wrong"})
    assert next(events)["event"] == "paste_refused"
    later.put({"do": "paste", "text": tokens.approve(opened["address"]) + "\n"})
    (signed_in,) = events
    assert signed_in["event"] == "signed_in"
    request = trial(
        dovecot,
        user,
        sign_in=who,
        secret=signed_in["secret"],
        oauth_client_id=CLIENT_ID,
        client_secret="x",
        oauth_authority=oauth(tokens, who)["oauth_authority"],
    )
    assert asked(request)[-1]["event"] == "tested"


def test_the_browser_signs_in_by_coming_back(tokens: FakeTokens) -> None:
    events = sign_in.answers(oauth(tokens, "google"), queue.Queue())
    opened = next(events)
    end = tokens.approve(opened["address"])
    assert f":{opened['port']}/" in end
    came = threading.Thread(target=lambda: urllib.request.urlopen(end, timeout=30).close())
    came.start()
    (signed_in,) = events
    came.join()
    assert signed_in["event"] == "signed_in"


def test_a_code_signs_in(tokens: FakeTokens) -> None:
    events = sign_in.answers(oauth(tokens, "microsoft"), queue.Queue())
    shown = next(events)
    assert shown["event"] == "code" and shown["code"] and shown["address"].startswith("https://")
    tokens.device = Device.APPROVED
    (signed_in,) = events
    assert signed_in["event"] == "signed_in"


def test_where_codes_are_blocked_a_browser_is_suggested(tokens: FakeTokens) -> None:
    """F48: conditional access."""
    events = sign_in.answers(oauth(tokens, "microsoft"), queue.Queue())
    next(events)
    tokens.fail(BLOCKED_BY_POLICY)
    (trouble,) = events
    assert trouble["suggests_browser"]


def test_a_busy_token_endpoint_is_told_as_busy(tokens: FakeTokens) -> None:
    tokens.fail(TOO_MANY)
    (trouble,) = asked(oauth(tokens, "microsoft"))
    assert trouble["kind"] == "busy"


@pytest.mark.parametrize("way", ["device", "browser"])
def test_a_sign_in_can_be_given_up(tokens: FakeTokens, way: str) -> None:
    events = asked(oauth(tokens, "microsoft", way=way), {"do": "noise"}, {"do": "cancel"})
    assert events[-1]["event"] == "trouble" and "given up" in events[-1]["text"]


def test_whoever_asked_and_left_ends_the_sign_in(tokens: FakeTokens) -> None:
    source = io.StringIO(json.dumps(oauth(tokens, "google")) + "\nnot json\n[]\n")
    sink = io.StringIO()
    assert sign_in.main(source, sink) == 0
    assert [json.loads(line)["event"] for line in sink.getvalue().splitlines()] == ["open", "trouble"]


def test_the_program_answers_on_its_pipes_and_shows_no_secret(dovecot: Dovecot, user: User) -> None:
    request = trial(dovecot, user, secret="hunter2-hunter2", do="test")
    ended = subprocess.run(
        [*worker_process.command(), "--sign-in"],
        input=json.dumps(request) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(ended.stdout)["kind"] == "password"
    assert "hunter2" not in ended.stdout + ended.stderr
