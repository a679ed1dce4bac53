from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from servers.certificates import Authority
from servers.dovecot import Dovecot, User
from servers.fake_imap import EXCHANGE_ONLINE, FULL, FakeImap
from servers.fake_smtp import FakeSmtp
from servers.fake_tokens import CLIENT_ID, INVALID_GRANT, TOO_MANY, FakeTokens
from servers.imap_faults import When, say
from servers.scripted_imap import ScriptedImap, Stall
from servers.users import ALICE

from mail.types import AccountId
from store import accounts, worker_process
from store.database import Database
from store.health.findings import Finding
from store.secret import secrets
from store.secret.files import HeldKey, VaultSecrets
from store.secret.secrets import AccountSecrets
from sync import examine

Add = Callable[..., AccountId]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def add(db: Database) -> Add:
    """Add the account of `address`, its password kept in a plain file."""
    secrets.choose(db.directory, "plain")

    def added(address: str, secret: str | None = None, name: str = "password", **config: str) -> AccountId:
        account_id = accounts.add(db, "imap", "Work", address, {"username": address, **config})
        account = accounts.get(db, account_id)
        assert account is not None
        if secret is not None:
            AccountSecrets(secrets.open_secrets(db.directory), account).put(name, secret)
        return account_id

    return added


def at(dovecot: Dovecot, **more: str) -> dict[str, str]:
    return {
        "imap_host": "localhost",
        "imap_port": str(dovecot.ports["imaps"]),
        "imap_security": "tls",
        "smtp_host": "localhost",
        "smtp_port": str(dovecot.ports["submissions"]),
        "smtp_security": "tls",
        "sign_in": "password",
        "ca_file": str(dovecot.ca_file),
        **more,
    }


def at_fake(server: FakeImap | ScriptedImap, **more: str) -> dict[str, str]:
    return {"imap_host": "localhost", "imap_port": str(server.port), "imap_security": "none", **more}


def found(db: Database, *, longest_s: float = examine.LONGEST_S) -> list[Finding]:
    return list(examine.findings(db, is_online=True, longest_s=longest_s))


def told(findings: list[Finding], level: str, about: str = "") -> list[str]:
    return [each.text for each in findings if each.level == level and about in ("", each.about)]


def one(findings: list[Finding], level: str, about: str) -> str:
    (text,) = told(findings, level, about)
    return text


def test_servers_that_are_well_are_told_with_everything_there_is_to_know(
    db: Database, add: Add, dovecot: Dovecot, user: User
) -> None:
    add(user.address, user.password, **at(dovecot))
    findings = found(db)
    assert {each.level for each in findings} == {"note"}
    assert {each.account for each in findings} == {user.address}
    imap, smtp = told(findings, "note", "connection")
    assert "IMAP at localhost" in imap and "greets after" in imap and "TLS 1.3" in imap
    assert "SMTP at localhost" in smtp and "offers to sign in by " in smtp and "PLAIN" in smtp
    assert "is verified, issued by CN=dealbox test authority" in told(findings, "note", "certificate")[0]
    imap, smtp = told(findings, "note", "sign_in")
    assert imap == "Work: signing in to IMAP works" and smtp.startswith("Work: signing in to SMTP works")
    assert "all that makes sync quick" in one(findings, "note", "capability")
    assert "0 MB of 10.2 GB are used (0%)" in one(findings, "note", "quota")
    assert "is not known" in one(findings, "note", "clock")


def test_the_program_writes_lines_of_json_without_a_secret(
    db: Database, add: Add, dovecot: Dovecot, user: User
) -> None:
    add(user.address, user.password, **at(dovecot))
    command = [*worker_process.command(), "--data", str(db.directory), "--examine"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert {"level": "note", "about": "sign_in", "account": user.address}.items() <= next(
        line for line in lines if line["about"] == "sign_in"
    ).items()
    assert user.password not in ended.stdout + ended.stderr


def test_a_wrong_password_is_an_error_that_says_where_to_give_it_anew(
    db: Database, add: Add, dovecot: Dovecot, user: User
) -> None:
    add(user.address, "wrong", **at(dovecot))
    imap, smtp = told(found(db), "error", "sign_in")
    assert imap.startswith("Work: IMAP: localhost refused the user name or the password")
    assert imap.endswith(f"Give it anew: dealbox account sign-in {user.address}")
    assert smtp.startswith("Work: SMTP: ")


def test_no_password_is_an_error_and_the_servers_are_looked_at_all_the_same(
    db: Database, add: Add, dovecot: Dovecot, user: User
) -> None:
    add(user.address, **at(dovecot))
    findings = found(db)
    assert one(findings, "error", "sign_in").startswith("Work: There is no password for this account")
    assert len(told(findings, "note", "connection")) == 2


def test_locked_passwords_are_said_to_be_locked(
    db: Database, add: Add, dovecot: Dovecot, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(user.address, **at(dovecot))
    VaultSecrets(db.directory, HeldKey()).create("a long passphrase")
    secrets.choose(db.directory, "file")
    monkeypatch.delenv("DEALBOX_KEY_FILE", raising=False)
    findings = found(db)
    assert told(findings, "error") == []
    locked = one(findings, "note", "sign_in")
    assert "locked to this command" in locked and "DEALBOX_KEY_FILE" in locked
    key_file = db.directory / "key"
    key_file.write_text("a long passphrase\n")
    monkeypatch.setenv("DEALBOX_KEY_FILE", str(key_file))
    assert "There is no password" in one(found(db), "error", "sign_in")


def test_a_certificate_of_an_unknown_authority_is_an_error_with_its_facts_and_the_way_out(
    db: Database, add: Add, dovecot: Dovecot, user: User, authority: Authority
) -> None:
    """F23: the certificate's facts and a fingerprint pin as the way out."""
    add(user.address, user.password, **at(dovecot, ca_file=str(authority.file)))
    imap, smtp = told(found(db), "error", "certificate")
    pin = dovecot.authority.good().sha256
    assert "issuer CN=dealbox test authority" in imap and "Nothing secret was sent" in imap
    assert "--pin " in imap and "--smtp-pin " in smtp
    assert len(pin) == 64


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (Authority.expired, "has expired"),
        (Authority.not_yet_valid, "is the clock of this machine right?"),
        (Authority.wrong_host, "is not for localhost"),
        (Authority.self_signed, "signed by itself"),
    ],
)
def test_wrong_certificates_are_told_apart(
    db: Database, add: Add, authority: Authority, make: Callable[[Authority], object], words: str
) -> None:
    """F23: expired, wrong host, self-signed."""
    context = make(authority).server_context()  # type: ignore[attr-defined]
    with FakeImap(tls=context) as server:
        add(
            ALICE.address, ALICE.password, **at_fake(server, imap_security="tls", ca_file=str(authority.file))
        )
        text = one(found(db), "error", "certificate")
    assert words in text and server.said(rb"LOGIN|AUTHENTICATE") == []


def test_a_certificate_that_ends_soon_is_a_warning_that_says_who_renews_it(
    db: Database, add: Add, authority: Authority
) -> None:
    soon = authority.issue("soon", ("localhost",), ends_in=timedelta(days=5, hours=1))
    with FakeImap(tls=soon.server_context()) as server:
        add(
            ALICE.address, ALICE.password, **at_fake(server, imap_security="tls", ca_file=str(authority.file))
        )
        text = one(found(db), "warning", "certificate")
    assert (
        "the certificate of localhost ends in 5 days" in text
        and "whoever runs the server has to renew it" in text
    )


def test_a_pinned_certificate_is_said_to_be_pinned_even_after_its_end(
    db: Database, add: Add, authority: Authority
) -> None:
    ended = authority.expired()
    with FakeImap(tls=ended.server_context()) as server:
        add(ALICE.address, ALICE.password, **at_fake(server, imap_security="tls", imap_pin=ended.sha256))
        findings = found(db)
    assert "only your pin keeps it in use" in one(findings, "warning", "certificate")
    assert "signing in to IMAP works" in one(findings, "note", "sign_in")


def test_starttls_that_is_not_offered_is_an_error_and_nothing_is_said(db: Database, add: Add) -> None:
    with FakeImap() as server:
        add(ALICE.address, ALICE.password, **at_fake(server, imap_security="starttls"))
        text = one(found(db), "error", "connection")
    assert "does not offer STARTTLS" in text
    assert server.said(rb"LOGIN|AUTHENTICATE") == []


@pytest.mark.parametrize(
    ("capability", "lacks"),
    [
        (FULL, []),
        (FULL.replace(" QRESYNC", ""), ["QRESYNC"]),
        (EXCHANGE_ONLINE, ["CONDSTORE", "LIST-STATUS", "SPECIAL-USE"]),
        ("IMAP4rev1", ["CONDSTORE", "IDLE", "MOVE", "UIDPLUS", "LIST-STATUS", "SPECIAL-USE"]),
    ],
)
def test_what_a_server_does_not_offer_is_said_with_what_it_means(
    db: Database, add: Add, capability: str, lacks: list[str]
) -> None:
    with FakeImap(capability=capability) as server:
        add(ALICE.address, ALICE.password, **at_fake(server))
        texts = told(found(db), "note", "capability")
    assert [text.split()[2].rstrip(":") for text in texts if text.startswith("Work: no ")] == lacks
    if "IDLE" in lacks:
        assert any("new mail is looked for every 20 s" in text for text in texts)


@pytest.mark.parametrize(
    ("used", "limit", "level", "words"),
    [
        (500_000, 1_000_000, "note", "512 MB of 1,024 MB are used (50%)"),
        (950_000, 1_000_000, "warning", "soon no mail arrives any more; empty the trash"),
        (1_000_000, 1_000_000, "error", "no mail arrives before there is room"),
    ],
)
def test_a_mailbox_that_is_nearly_full_is_told(
    db: Database, add: Add, used: int, limit: int, level: str, words: str
) -> None:
    with FakeImap(capability=f"{FULL} QUOTA") as server:
        said = b'* QUOTAROOT INBOX ""\r\n* QUOTA "" (STORAGE %d %d)\r\n{tag} OK done\r\n' % (used, limit)
        server.fault(rb"GETQUOTAROOT", say(said), when=When.BEFORE)
        add(ALICE.address, ALICE.password, **at_fake(server))
        assert words in one(found(db), level, "quota")


def test_a_newest_message_of_the_future_puts_the_clock_in_doubt(db: Database, add: Add) -> None:
    with FakeImap() as server:
        server.inbox.add(b"Subject: x\r\n\r\nx\r\n", (), datetime.now(UTC) + timedelta(hours=5, minutes=1))
        add(ALICE.address, ALICE.password, **at_fake(server))
        text = one(found(db), "warning", "clock")
    assert "the newest message came 5 h in the future, by the clock of this machine" in text


@pytest.mark.parametrize("host", ["localhost", "nowhere.invalid"])
def test_a_server_that_is_not_there_is_an_error(db: Database, add: Add, host: str) -> None:
    add(ALICE.address, ALICE.password, imap_host=host, imap_port="1", imap_security="tls")
    findings = found(db)
    assert "Is this machine on the network" in one(findings, "error", "connection")
    assert "no server to send through is set" in one(findings, "note", "connection")


def test_settings_that_make_no_sense_are_an_error(db: Database, add: Add) -> None:
    add(ALICE.address, ALICE.password)
    assert "does not say where its IMAP server is" in one(found(db), "error", "account")


def test_a_server_that_stalls_is_left_and_others_are_told(
    db: Database, add: Add, dovecot: Dovecot, user: User
) -> None:
    with ScriptedImap([Stall()]) as server:
        add(ALICE.address, ALICE.password, **at_fake(server))
        add(user.address, user.password, **at(dovecot))
        began = time.monotonic()
        findings = found(db, longest_s=2.0)
        assert time.monotonic() - began < 30
    assert "did not answer on port" in told(findings, "error", "connection")[0]
    assert any("signing in to SMTP works" in text for text in told(findings, "note", "sign_in"))


@pytest.fixture
def tokens(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, dovecot: Dovecot, user: User
) -> Iterator[FakeTokens]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    context = authority.good().server_context()
    with FakeTokens(context, address=user.address, make_token=lambda: dovecot.token(user)) as server:
        yield server


def google(dovecot: Dovecot, tokens: FakeTokens) -> dict[str, str]:
    return at(dovecot, sign_in="google", oauth_client_id=CLIENT_ID, oauth_authority=tokens.url)


def a_token(dovecot: Dovecot, user: User, tokens: FakeTokens, good_for_s: int) -> str:
    kept = {
        "access_token": dovecot.token(user),
        "refresh_token": tokens.refresh_token(),
        "expires_at": int(time.time()) + good_for_s,
    }
    return json.dumps(kept)


def test_a_token_is_told_with_its_age_and_the_clock_is_compared(
    db: Database, add: Add, dovecot: Dovecot, user: User, tokens: FakeTokens
) -> None:
    add(user.address, a_token(dovecot, user, tokens, 3_000), "token", **google(dovecot, tokens))
    findings = found(db)
    assert told(findings, "error") == []
    assert "access token is good for" in one(findings, "note", "token")
    assert "the clock agrees with the server's" in one(findings, "note", "clock")


def test_a_token_that_ended_is_renewed_by_looking(
    db: Database, add: Add, dovecot: Dovecot, user: User, tokens: FakeTokens
) -> None:
    add(user.address, a_token(dovecot, user, tokens, -10), "token", **google(dovecot, tokens))
    findings = found(db)
    assert any("signing in to IMAP works" in text for text in told(findings, "note", "sign_in"))
    assert "access token is good for" in one(findings, "note", "token")


@pytest.mark.parametrize(("failure", "level"), [(INVALID_GRANT, "error"), (TOO_MANY, "warning")])
def test_a_sign_in_that_ended_is_told_apart_from_one_that_cannot_be_renewed_now(
    db: Database,
    add: Add,
    dovecot: Dovecot,
    user: User,
    tokens: FakeTokens,
    failure: object,
    level: str,
) -> None:
    """F47: invalid_grant; 429 from the token endpoint."""
    add(user.address, a_token(dovecot, user, tokens, -10), "token", **google(dovecot, tokens))
    tokens.fail(failure)  # type: ignore[arg-type]
    findings = found(db)
    assert one(findings, level, "sign_in").startswith("Work: Google")
    assert "ended" in one(findings, "note", "token")


def test_sending_that_is_refused_is_told_as_such(
    db: Database, add: Add, dovecot: Dovecot, user: User
) -> None:
    with FakeSmtp(is_right=lambda name, secret: False) as smtp:
        sending = {"smtp_port": str(smtp.port), "smtp_security": "none"}
        add(user.address, user.password, **at(dovecot, **sending))
        findings = found(db)
    assert any(text.startswith("Work: SMTP: ") for text in told(findings, "error", "sign_in"))
    assert any("without encryption on this machine" in text for text in told(findings, "note", "connection"))
