"""dealbox account list and remove over an account on a server."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable

import pytest
from stored import a_stored_email, mailboxes_of

from mail.drafts import Draft
from mail.types import AccountId, Address, Role, SafeText
from store import accounts, actions
from store.database import Database
from store.secret import secrets
from store.secret.files import HeldKey, VaultSecrets
from store.secret.secrets import AccountSecrets
from store.sending import drafts, submissions
from tui.cli import main as cli

Run = Callable[..., int]
PASSPHRASE = "a long passphrase"


@pytest.fixture
def run(db: Database, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    return lambda *words: cli.main(["--data", str(db.directory), "account", *words])


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return an_account(db)


def an_account(db: Database, **config: str) -> AccountId:
    return accounts.add(db, "imap", "Work", "ana@acme.example", {"imap_host": "imap.acme.example", **config})


def own_secrets(db: Database, account_id: AccountId, held: HeldKey | None = None) -> AccountSecrets:
    account = accounts.get(db, account_id)
    assert account is not None
    return AccountSecrets(secrets.open_secrets(db.directory, held), account)


def answering(monkeypatch: pytest.MonkeyPatch, lines: str, passphrase: str = "") -> None:
    monkeypatch.setattr("tui.cli.ask.is_somebody_there", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: passphrase)


def a_draft(subject: str) -> Draft:
    ana = Address(SafeText("Ana"), SafeText("ana@acme.example"))
    return Draft(sender=ana, to=(ana,), subject=subject, body="Hello\n")


def test_removing_deletes_the_secrets_and_says_what_stays(
    run: Run, db: Database, account_id: AccountId, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets.choose(db.directory, "plain")
    kept = own_secrets(db, account_id)
    kept.put("password", "hunter2")
    assert run("remove", "Work", "--yes") == 0
    out = capsys.readouterr().out
    assert "stay at imap.acme.example: nothing was deleted there" in out
    assert kept.get("password") is None and accounts.all(db) == ()
    assert all(b"hunter2" not in path.read_bytes() for path in db.directory.glob("secrets*"))


def test_what_is_nowhere_else_is_said_before_it_is_lost(
    run: Run,
    db: Database,
    account_id: AccountId,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    boxes = mailboxes_of(db, account_id)
    one = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.move(db, [one.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    submissions.queue(db, drafts.begin(db, account_id, a_draft("Sent soon")).id)
    drafts.begin(db, account_id, a_draft("Half written"))
    answering(monkeypatch, "n\n")
    assert run("remove", "1") == 1
    err = capsys.readouterr().err
    assert "1 change of yours that the server was not asked for yet" in err
    assert "1 message that nobody got yet" in err
    assert "1 draft with words that are not at the server" in err
    answering(monkeypatch, "yes\n")
    assert run("remove", "1") == 0
    assert accounts.all(db) == ()


def test_locked_passwords_are_deleted_with_the_passphrase(
    run: Run, db: Database, account_id: AccountId, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = HeldKey()
    VaultSecrets(db.directory, held).create(PASSPHRASE)
    secrets.choose(db.directory, "file")
    kept = own_secrets(db, account_id, held)
    kept.put("password", "hunter2")
    monkeypatch.delenv("DEALBOX_KEY_FILE", raising=False)
    answering(monkeypatch, "y\n", PASSPHRASE)
    assert run("remove", "1") == 0
    assert kept.get("password") is None


@pytest.mark.parametrize("passphrase", ["", "wrong"])
def test_locked_passwords_that_cannot_be_deleted_are_told(
    run: Run,
    db: Database,
    account_id: AccountId,
    passphrase: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    VaultSecrets(db.directory, HeldKey()).create(PASSPHRASE)
    secrets.choose(db.directory, "file")
    monkeypatch.delenv("DEALBOX_KEY_FILE", raising=False)
    if passphrase:
        answering(monkeypatch, "y\n", passphrase)
    assert run("remove", "1", "--yes") == 0
    assert "password stays in a file under your passphrase" in capsys.readouterr().err
    assert accounts.all(db) == ()


def test_a_password_of_the_users_own_command_is_theirs_and_an_ended_browser_sign_in_too(
    run: Run, db: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    an_account(db, sign_in="google")
    secrets.choose(db.directory, "command", "pass show {name}")
    assert run("remove", "1", "--yes") == 0
    told = capsys.readouterr()
    assert "yours to delete" in told.err and "myaccount.google.com" in told.out


def test_the_list_says_how_far_an_account_on_a_server_is(
    run: Run, db: Database, account_id: AccountId, capsys: pytest.CaptureFixture[str]
) -> None:
    boxes = mailboxes_of(db, account_id)
    one = a_stored_email(db, account_id, boxes[Role.INBOX])
    with db.write() as connection:
        connection.execute("UPDATE email SET is_header_only = 1")
    actions.move(db, [one.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    assert run("list") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == "1  ana@acme.example  imap  connecting  imap.acme.example"
    assert second.strip() == "never in step yet, 1 text still to come, 1 operation to carry out"
    accounts.set_status(db, account_id, "live")
    assert run("list", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["bodies_to_fetch"], row["operations_waiting"], row["imap"]) == (1, 1, "imap.acme.example")
    assert row["synced_at"] and row["status"] == "live"
