"""dealbox share, and what makes an account a team's."""

from __future__ import annotations

import json
from collections.abc import Callable

import crm_rows
import makers
import pytest
import told

from linking import panel
from mail.types import AccountId, ThreadId
from store.database import Database
from store.links import account_crm
from tui.cli import main as cli

Run = Callable[..., int]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def thread_id(db: Database, account: AccountId) -> ThreadId:
    return told.a_conversation(db, account, "First words")


@pytest.fixture
def bo(db: Database) -> str:
    return crm_rows.a_user(db, "Bo", "bo@dealbox.example")


@pytest.fixture
def run(db: Database, thread_id: ThreadId) -> Run:
    return lambda *words: cli.main(["--data", str(db.directory), *words])


def visibility(db: Database, thread_id: ThreadId) -> str:
    return panel.for_thread(db, thread_id).visibility


def test_a_conversation_is_shared_and_private_again(run: Run, db: Database, thread_id: ThreadId) -> None:
    assert run("share", str(thread_id)) == 0
    assert visibility(db, thread_id) == "shared"
    assert run("share", str(thread_id), "--to", "private") == 0
    assert visibility(db, thread_id) == "private"


def test_a_dry_run_says_who_would_see_a_conversation(
    run: Run, db: Database, thread_id: ThreadId, bo: str, capsys: Captured
) -> None:
    assert run("share", str(thread_id), "--dry-run") == 0
    assert "Nobody else" in capsys.readouterr().out
    deal = crm_rows.a_deal(db, "Renewal")
    run("link", str(thread_id), f"deal:{deal.id}")
    assert run("share", str(thread_id), "--dry-run") == 0
    assert "shows the conversation to Bo" in capsys.readouterr().out
    assert visibility(db, thread_id) == "private"


def test_a_conversation_of_ones_own_mailbox_is_not_for_a_team(
    run: Run, thread_id: ThreadId, capsys: Captured
) -> None:
    assert run("share", str(thread_id), "--to", "team") == 1
    assert "only a conversation of a team account" in capsys.readouterr().err


def test_the_conversations_of_an_item_are_shared(
    run: Run, db: Database, thread_id: ThreadId, bo: str, capsys: Captured
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    run("link", str(thread_id), "Renewal")
    capsys.readouterr()
    assert run("share", "Renewal", "--dry-run") == 0
    assert capsys.readouterr().out == "1 conversation can be shared: Bo would see it\n"
    assert run("share", f"deal:{deal.id}") == 0
    assert visibility(db, thread_id) == "shared"
    assert run("share", f"deal:{deal.id}") == 0
    assert "No private conversation" in capsys.readouterr().err


def test_the_conversations_of_an_item_are_made_private_one_by_one(run: Run, db: Database) -> None:
    crm_rows.a_deal(db, "Renewal")
    assert run("share", "Renewal", "--to", "private") == 2


def test_an_account_becomes_a_teams_once_that_was_confirmed(
    run: Run, db: Database, account: AccountId, bo: str, capsys: Captured
) -> None:
    words = ["account", "crm", "1", "--team", "on", "--members", "bo"]
    assert run(*words) == 2
    assert "Say --yes" in capsys.readouterr().err
    assert account_crm.get(db, account).scope == "personal"
    assert run(*words, "--yes", "--json") == 0
    told_of = json.loads(capsys.readouterr().out)
    assert (told_of["is_team"], told_of["members"]) == (True, ["Bo"])


def test_who_is_asked_on_a_terminal_can_leave_it_as_it_is(
    run: Run, db: Database, account: AccountId, bo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.cli.ask.is_somebody_there", lambda: True)
    words = ["account", "crm", "1", "--team", "on", "--members", "bo"]
    monkeypatch.setattr("tui.cli.ask.line", lambda _: "n")
    assert run(*words) == 1
    assert account_crm.get(db, account).scope == "personal"
    monkeypatch.setattr("tui.cli.ask.line", lambda _: "y")
    assert run(*words) == 0
    assert account_crm.get(db, account).members == (bo,)


def test_an_account_is_ones_own_again(
    run: Run, db: Database, account: AccountId, bo: str, capsys: Captured
) -> None:
    run("account", "crm", "1", "--team", "on", "--members", "bo", "--yes")
    assert run("account", "crm", "1", "--team", "off", "--members", "none") == 0
    assert "yours alone" in capsys.readouterr().out
    settings = account_crm.get(db, account)
    assert (settings.scope, settings.members) == ("personal", ())


def test_a_conversation_is_saved_with_an_item_from_the_shell(
    run: Run, db: Database, thread_id: ThreadId, bo: str, capsys: Captured
) -> None:
    crm_rows.a_deal(db, "Renewal")
    assert run("link", str(thread_id), "Renewal", "--plan") == 0
    told_of = capsys.readouterr()
    assert told_of.out == "Saved with Renewal: linked, an answer planned\n"
    assert "1 conversation can be shared: dealbox share" in told_of.err


def test_one_message_is_not_linked_and_the_refusal_says_what_to_do(
    run: Run, db: Database, thread_id: ThreadId, capsys: Captured
) -> None:
    """M10."""
    crm_rows.a_deal(db, "Renewal")
    (email_id,) = db.read().execute("SELECT max(id) FROM email").fetchone()
    assert run("link", str(email_id), "Renewal") == 2
    assert f"link conversation {thread_id}, or forward the message to Smart BCC" in capsys.readouterr().err
    assert run("link", "424242424242", "Renewal") == 2
    assert "there is no conversation" in capsys.readouterr().err
