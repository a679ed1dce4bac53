"""dealbox doctor over accounts on servers, with the child that asks them."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from servers.dovecot import Dovecot, User

from store import accounts
from store.database import Database
from store.rows import AccountRow
from store.secret import secrets
from store.secret.files import HeldKey, VaultSecrets
from store.secret.secrets import AccountSecrets
from tui import examine_child
from tui.cli import ask
from tui.cli import main as cli

Run = Callable[..., int]


@pytest.fixture
def run(db: Database) -> Run:
    return lambda *words: cli.main(["--data", str(db.directory), *words])


def an_account_at(db: Database, dovecot: Dovecot, user: User, password: str) -> None:
    account = an_account(db, dovecot, user)
    secrets.choose(db.directory, "plain")
    AccountSecrets(secrets.open_secrets(db.directory), account).put("password", password)


def an_account_under_a_passphrase(db: Database, dovecot: Dovecot, user: User, passphrase: str) -> None:
    account = an_account(db, dovecot, user)
    kept = VaultSecrets(db.directory, HeldKey())
    kept.create(passphrase)
    secrets.choose(db.directory, "file")
    AccountSecrets(kept, account).put("password", user.password)


def an_account(db: Database, dovecot: Dovecot, user: User) -> AccountRow:
    config = {
        "imap_host": "localhost",
        "imap_port": str(dovecot.ports["imaps"]),
        "imap_security": "tls",
        "username": user.address,
        "sign_in": "password",
        "ca_file": str(dovecot.ca_file),
    }
    account = accounts.get(db, accounts.add(db, "imap", "Work", user.address, config))
    assert account is not None
    return account


def test_what_is_found_at_the_servers_is_told_with_the_rest(
    run: Run, db: Database, dovecot: Dovecot, user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    an_account_at(db, dovecot, user, user.password)
    assert run("doctor") == 0
    out = capsys.readouterr().out
    assert "note: Work: signing in to IMAP works" in out and "note: Work: was never in step yet" in out
    assert user.password not in out


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("open sesame", "note: Work: signing in to IMAP works"),
        ("wrong words", "note: Work: signing in was not tried"),
        ("", "note: Work: signing in was not tried"),
    ],
)
def test_somebody_at_a_terminal_is_asked_for_the_passphrase_of_the_passwords(
    run: Run,
    db: Database,
    dovecot: Dovecot,
    user: User,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    told: str,
) -> None:
    an_account_under_a_passphrase(db, dovecot, user, "open sesame")
    monkeypatch.setattr(ask, "is_somebody_there", lambda: True)
    monkeypatch.setattr(ask, "secret", lambda question: typed)
    run("doctor")
    captured = capsys.readouterr()
    assert told in captured.out
    assert ("That is not the passphrase" in captured.err) == (typed == "wrong words")


def test_an_error_at_a_server_is_the_status_of_the_program_and_comes_first(
    run: Run, db: Database, dovecot: Dovecot, user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    an_account_at(db, dovecot, user, "wrong")
    assert run("doctor", "--json") == 1
    findings = json.loads(capsys.readouterr().out)
    assert (findings[0]["level"], findings[0]["about"], findings[0]["account"]) == (
        "error",
        "sign_in",
        user.address,
    )
    assert "dealbox account sign-in" in findings[0]["text"]


def test_offline_no_server_is_asked(
    run: Run, db: Database, dovecot: Dovecot, user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    an_account_at(db, dovecot, user, "wrong")
    assert run("doctor", "--offline") == 0
    assert "IMAP" not in capsys.readouterr().out


def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = tmp_path / "dealbox-sync"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr("store.worker_process.command", lambda: [str(program)])


LINE = '{"level": "note", "about": "quota", "text": "Work: fine", "account": "a@b.example"}'


def test_a_child_that_fails_is_told_and_what_it_said_before_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = f"echo '{LINE}'; echo 'no json'; echo '{{\"level\": \"odd\"}}'; echo 'it is broken' >&2; exit 3"
    child(tmp_path, monkeypatch, script)
    first, second = examine_child.findings(tmp_path, is_online=True)
    assert first.text == "Work: fine"
    assert (second.level, second.text) == ("error", "the servers could not be looked at: it is broken")


def test_a_child_that_hangs_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child(tmp_path, monkeypatch, f"echo '{LINE}'; exec sleep 60")
    *_, last = examine_child.findings(tmp_path, is_online=True, longest_s=1.0)
    assert last.level == "warning" and "did not end within 1 s" in last.text
