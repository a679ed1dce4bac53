"""dealbox account mailboxes."""

from __future__ import annotations

import json
from collections.abc import Callable

import makers
import pytest
from makers import ARCHIVE, INBOX, JUNK, a_batch, a_remote, an_email

from mail.types import AccountId, MailboxKey, Role
from store import accounts, ingest, mailbox_choices
from store.database import Database
from store.ingest import Arrival
from store.links import decisions
from store.mailbox_choices import Choice
from tui.cli import main as cli

DEALS = makers.RemoteMailbox(MailboxKey("Work/Deals"), "Work/Deals", None)
Run = Callable[..., int]


@pytest.fixture
def run(db: Database) -> Run:
    return lambda *words: cli.main(["--data", str(db.directory), "account", "mailboxes", *words])


@pytest.fixture
def account_id(db: Database) -> AccountId:
    account_id = accounts.add(db, "imap", "Work", "ana@acme.example", {})
    remotes = [a_remote("a", DEALS), a_remote("b", INBOX)]
    batch = a_batch(remotes, mailboxes=(INBOX, JUNK, ARCHIVE, DEALS))
    ingest.apply(db, account_id, batch, [Arrival(remote, an_email()) for remote in remotes])
    return account_id


def choices(db: Database, account_id: AccountId) -> dict[MailboxKey, Choice]:
    return mailbox_choices.all(db, account_id)


def test_mailboxes_are_listed(run: Run, account_id: AccountId, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("Work") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["Inbox", "Archive", "Junk", "Work/Deals"]
    assert lines[0].split()[1:] == ["all", "mail", "inbox", "1", "message", "here"]


def test_several_choices_are_made_at_once(
    run: Run, db: Database, account_id: AccountId, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (
        "--skip",
        "Archive",
        "--since",
        "90",
        "work/deals",
        "--role",
        "junk",
        "Work/Deals",
        "--role",
        "none",
        "Junk",
    )
    assert run("ana@acme.example", *words, "--json") == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["Work/Deals"] == {
        "name": "Work/Deals",
        "role": "junk",
        "is_role_chosen": True,
        "is_synced": True,
        "since_days": 90,
        "messages": 1,
    }
    assert not rows["Archive"]["is_synced"] and rows["Junk"]["role"] is None
    assert choices(db, account_id)[DEALS.key] == Choice(since_days=90, role=Role.JUNK)


def test_what_is_skipped_is_said_to_stay_at_the_server_and_can_come_back(
    run: Run, db: Database, account_id: AccountId, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("1", "--skip", "Archive") == 0
    told = capsys.readouterr()
    assert "nothing is deleted at the server" in told.err
    assert "not synced" in next(line for line in told.out.splitlines() if line.startswith("Archive"))
    assert run("1", "--sync", "Archive", "--role", "default", "Archive") == 0
    assert choices(db, account_id)[ARCHIVE.key] == Choice()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--skip", "Inbox"), "the inbox is always synced"),
        (("--role", "archive", "INBOX"), "the inbox stays the inbox"),
        (("--role", "odd", "Junk"), "is not what a mailbox can be for"),
        (("--since", "often", "Junk"), "is no number of days"),
        (("--since", "99999999", "Junk"), "is no number of days"),
        (("--skip", "Jnuk"), "there is no mailbox 'Jnuk'; there are Inbox, Archive, Junk"),
        (("--skip", "Junk", "--sync", "Junk"), "cannot be both"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    words: tuple[str, ...],
    sentence: str,
    run: Run,
    db: Database,
    account_id: AccountId,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("Work", "--skip", "Archive", *words) == 2
    assert sentence in capsys.readouterr().err
    assert choices(db, account_id) == {}


def test_spam_may_be_left_in_the_inbox_which_stays_what_it_is(
    run: Run, db: Database, account_id: AccountId, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("Work", "--role", "junk", "Inbox") == 0
    told = capsys.readouterr()
    assert "inbox with spam" in told.out and "nothing of this account is linked by itself" in told.err
    assert decisions.settings(db.read()).accounts[account_id].is_spam_the_inbox
    assert run("Work", "--role", "junk", "Work/Deals") == 0
    assert "inbox with spam" not in capsys.readouterr().out
    assert not decisions.settings(db.read()).accounts[account_id].is_spam_the_inbox
    assert run("Work", "--role", "default", "Inbox") == 0


def test_a_maildir_is_read_whole(run: Run, db: Database, capsys: pytest.CaptureFixture[str]) -> None:
    makers.an_account(db)
    assert run("Me", "--skip", "Archive") == 2
    assert "read whole" in capsys.readouterr().err
    assert run("Me") == 0
    assert "No mailbox is known yet" in capsys.readouterr().err
