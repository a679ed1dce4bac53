from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pty_terminal import PtyTerminal
from servers.certificates import Authority
from servers.dovecot import Dovecot, User
from servers.fake_tokens import CLIENT_ID, FakeTokens
from waiting import until

from store import accounts, worker_process
from store.database import open_store
from store.secret import secrets
from store.secret.files import HeldKey, VaultSecrets
from store.secret.secrets import AccountSecrets, Kind
from tui.cli import browser as cli_browser

DEALBOX = [str(Path(sys.executable).with_name("dealbox"))]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data directory, for us and for what we start; no keyring answers."""
    monkeypatch.setenv("DEALBOX_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    return tmp_path / "data"


def run(
    *words: str, told: str = "", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run dealbox without a terminal."""
    return subprocess.run(
        [*DEALBOX, *words],
        input=told,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env={**os.environ, **(env or {})},
    )


def servers(dovecot: Dovecot, *, trusted: bool = True) -> list[str]:
    words = ["--imap", f"localhost:{dovecot.ports['imaps']}", "--smtp"]
    words += [f"localhost:{dovecot.ports['submissions']}", "--security", "tls"]
    return words + (["--ca-file", str(dovecot.ca_file)] if trusted else [])


def status_of(data: Path) -> str:
    """Return how the one account there is is doing."""
    db = open_store(data, is_screen=False)
    try:
        return accounts.all(db)[0].status
    finally:
        db.close()


def kept(data: Path, kind: Kind) -> tuple[dict[str, str], str | None]:
    """Return the config of the one account there is, and its password."""
    db = open_store(data, is_screen=False)
    try:
        (account,) = accounts.all(db)
        assert secrets.chosen(data) is not None
        place = secrets.open_secrets(data, HeldKey())
        assert place.kind == kind
        if isinstance(place, VaultSecrets):
            place.unlock("correct horse")
        return account.config, AccountSecrets(place, account).get("password")
    finally:
        db.close()


def test_an_account_is_added_by_a_script(data: Path, dovecot: Dovecot, user: User) -> None:
    words = ["account", "add", user.address, *servers(dovecot), "--password-stdin", "--plain-secrets"]
    ended = run(*words, told=f"{user.password}\n")
    assert ended.returncode == 0, ended.stderr
    assert f"Added account 1: {user.address}" in ended.stdout
    assert user.password not in ended.stdout + ended.stderr
    config, password = kept(data, "plain")
    assert password == user.password
    assert config == {
        "username": user.address,
        "sign_in": "password",
        "imap_host": "localhost",
        "imap_port": str(dovecot.ports["imaps"]),
        "imap_security": "tls",
        "smtp_host": "localhost",
        "smtp_port": str(dovecot.ports["submissions"]),
        "smtp_security": "tls",
        "ca_file": str(dovecot.ca_file),
    }
    again = run(*words, told=f"{user.password}\n")
    assert again.returncode == 1 and "already account 1" in again.stderr
    removed = run("account", "remove", user.address, "--yes")
    assert removed.returncode == 0 and "stay at localhost" in removed.stdout
    assert user.password not in "".join(path.read_text() for path in data.glob("secrets.*"))


def test_another_password_is_tried_before_it_is_kept(data: Path, dovecot: Dovecot, user: User) -> None:
    words = ["account", "add", user.address, *servers(dovecot), "--password-stdin", "--plain-secrets"]
    assert run(*words, told=f"{user.password}\n").returncode == 0
    wrong = run("account", "sign-in", "1", "--password-stdin", told="wrong\n")
    assert wrong.returncode == 1 and "refused the user name or the password" in wrong.stderr
    assert kept(data, "plain")[1] == user.password
    right = run("account", "sign-in", "1", "--password-stdin", told=f"{user.password}\n")
    assert right.returncode == 0 and "Signed in" in right.stdout
    assert run("account", "sign-in", "nobody").returncode == 2


def test_a_script_is_told_the_fingerprint_it_may_pin(data: Path, dovecot: Dovecot, user: User) -> None:
    words = ["account", "add", user.address, *servers(dovecot, trusted=False)]
    words += ["--password-stdin", "--plain-secrets"]
    refused = run(*words, told=f"{user.password}\n")
    assert refused.returncode == 1 and "signed by itself, or by an authority" in refused.stderr
    pin = refused.stderr.rpartition("--pin ")[2].strip()
    assert run(*words, "--pin", pin, told=f"{user.password}\n").returncode == 0
    config, _ = kept(data, "plain")
    assert config["imap_pin"] == config["smtp_pin"] == pin


def test_a_server_without_anybody_keeps_passwords_under_a_key_file(
    data: Path, dovecot: Dovecot, user: User, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("correct horse\n")
    words = ["account", "add", user.address, *servers(dovecot), "--password-stdin"]
    nowhere = run(*words, told=f"{user.password}\n")
    assert nowhere.returncode == 2 and "--plain-secrets" in nowhere.stderr
    ended = run(*words, told=f"{user.password}\n", env={"DEALBOX_KEY_FILE": str(tmp_path / "key")})
    assert ended.returncode == 0, ended.stderr
    assert kept(data, "file")[1] == user.password


def test_a_command_of_the_users_gives_the_password(
    data: Path, dovecot: Dovecot, user: User, tmp_path: Path
) -> None:
    pw = tmp_path / "pw"
    pw.write_text(f'#!/bin/sh\ntest "$1" = dealbox/{user.address}/password && echo {user.password}\n')
    pw.chmod(0o700)
    settings = tmp_path / "config.toml"
    settings.write_text(f'secret_cmd = "{pw} dealbox/{{name}}"\n')
    ended = run("account", "add", user.address, *servers(dovecot), env={"DEALBOX_CONFIG": str(settings)})
    assert ended.returncode == 0, ended.stderr
    assert kept(data, "command")[1] == user.password
    assert not (data / "secrets.json").exists() and not (data / "secrets.vault").exists()


@pytest.mark.parametrize(
    ("words", "status", "why"),
    [
        (["account", "add"], 2, "Nobody is here to ask"),
        (["account", "add", "nobody"], 2, "not an address"),
        (["account", "add", "ana@example.com", "~/Mail"], 2, "maildir PATH"),
        (["account", "add", "maildir"], 2, "which Maildir"),
        (["account", "add", "ana@tuta.com"], 1, "no IMAP"),
        (["account", "add", "ana@gmail.com", "--imap", "no server"], 1, "is not a server"),
        (["unlock"], 1, "dealbox account add"),
    ],
)
def test_what_cannot_be_done_is_told(data: Path, words: list[str], status: int, why: str) -> None:
    ended = run(*words)
    assert (ended.returncode, why in ended.stderr) == (status, True), ended.stderr


class Talk:
    """A conversation with dealbox at a terminal."""

    def __init__(self, terminal: PtyTerminal) -> None:
        self._terminal = terminal
        self._read = 0

    def expect(self, words: str) -> None:
        """Wait until `words` come after those expected before."""
        if words.encode() not in self._terminal.octets[self._read :]:
            self._terminal.read(until=words.encode(), timeout_s=60)
        at = self._terminal.octets.find(words.encode(), self._read)
        assert at >= 0, bytes(self._terminal.octets[self._read :])
        self._read = at + len(words)

    def answer(self, question: str, answer: str) -> None:
        """Type `answer` when asked `question`."""
        self.expect(question)
        self._terminal.send(f"{answer}\n")


@pytest.fixture
def no_worker_after(data: Path) -> Iterator[None]:
    yield
    run("worker", "stop")


@pytest.mark.usefixtures("no_worker_after")
def test_a_person_is_asked_what_is_needed(data: Path, dovecot: Dovecot, user: User) -> None:
    words = ["account", "add", *servers(dovecot, trusted=False)]
    with PtyTerminal([*DEALBOX, *words], columns=100, rows=40) as terminal:
        talk = Talk(terminal)
        talk.answer("Your e-mail address:", user.address)
        talk.answer("Use these?", "what?")
        talk.answer("Use these?", "")
        talk.answer("New passphrase", "correct horse")
        talk.answer("Once more", "correct horse")
        talk.answer("Password:", "wrong")
        talk.answer("Trust it, and no other", "y")
        talk.expect("refused the user name")
        talk.answer("Password:", user.password)
        talk.expect("Added account 1")  # the other port has the same certificate
        assert user.password.encode() not in terminal.octets and b"correct horse" not in terminal.octets
    config, password = kept(data, "file")
    assert password == user.password and len(config["smtp_pin"]) == 64
    until(lambda: status_of(data) == "live")  # the worker has the passphrase: nobody is asked for it again


@pytest.fixture
def tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dovecot: Dovecot, user: User
) -> Iterator[FakeTokens]:
    authority = Authority(tmp_path / "tls")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    with FakeTokens(
        authority.good().server_context(), address=user.address, make_token=lambda: dovecot.token(user)
    ) as server:
        yield server


def test_the_last_address_is_pasted_at_the_terminal(
    data: Path, dovecot: Dovecot, user: User, tokens: FakeTokens
) -> None:
    words = ["account", "add", user.address, *servers(dovecot), "--plain-secrets", "--oauth", "google"]
    words += ["--client-id", CLIENT_ID, "--authority", tokens.url]
    with PtyTerminal([*DEALBOX, *words], columns=100, rows=40) as terminal:
        talk = Talk(terminal)
        talk.answer("Use these?", "")
        talk.answer("Client secret:", "not-so-secret")
        talk.expect("its page does not load:")
        shown = terminal.octets.decode()
        address = next(word for word in shown.split() if word.startswith(tokens.url))
        assert "\x1b]52;c;" in shown and "ssh -L" in shown
        terminal.send("http://127.0.0.1/?code=x&state=y\n")
        talk.expect("another sign-in")
        terminal.send(tokens.approve(address) + "\n")
        talk.expect("Added account 1")
    config, _ = kept(data, "plain")
    assert config["sign_in"] == "google" and config["oauth_client_id"] == CLIENT_ID


def test_a_qr_code_is_drawn_where_it_fits() -> None:
    code = cli_browser.qr("https://microsoft.com/devicelogin", 80, 40)
    assert 10 < len(code.splitlines()) < 30
    assert cli_browser.qr("https://microsoft.com/devicelogin", 20, 40) == ""
    assert cli_browser.qr("https://microsoft.com/devicelogin", 80, 10) == ""


def test_the_passphrase_goes_to_the_worker(data: Path) -> None:
    """A worker is started where none runs, and ends with the test."""
    data.mkdir(mode=0o700)
    secrets.choose(data, "file")
    VaultSecrets(data).create("correct horse")
    wrong = run("unlock", "--passphrase-stdin", told="wrong\n")
    assert wrong.returncode == 1 and "stay locked" in wrong.stderr
    assert not worker_process.is_worker_running(data)
    try:
        right = run("unlock", "--passphrase-stdin", told="correct horse\n")
        assert (right.returncode, right.stdout) == (0, "Unlocked.\n"), right.stderr
    finally:
        run("worker", "stop")


def test_a_damaged_file_is_restored_and_unlocked(data: Path) -> None:
    data.mkdir(mode=0o700)
    secrets.choose(data, "plain")
    place = secrets.open_secrets(data)
    place.put("a", "before")
    place.put("a", "after")
    (data / "secrets.json").write_text("{")
    ended = run("unlock", "--restore")
    assert ended.returncode == 0 and "nothing to unlock" in ended.stdout
    assert place.get("a") == "before"
