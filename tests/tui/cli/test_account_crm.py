"""dealbox account crm, bcc, copy and exceptions."""

from __future__ import annotations

import json
from collections.abc import Callable

import crm_rows
import makers
import pytest
import told

from mail.types import AccountId, ThreadId
from store.database import Database
from store.links import account_crm, exceptions, links
from tui.cli import main as cli

Run = Callable[..., int]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db, "me@corp.example")


@pytest.fixture
def run(db: Database, account: AccountId) -> Run:
    return lambda *words: cli.main(["--data", str(db.directory), *words])


def test_the_settings_of_an_account_are_shown(run: Run, capsys: Captured) -> None:
    assert run("account", "crm", "1") == 0
    shown = capsys.readouterr().out
    assert "Link mail by itself       on" in shown
    assert "Mail of strangers makes   nothing" in shown
    assert "Smart BCC address         me+crm-" in shown


def test_settings_are_changed_from_the_shell(
    run: Run, db: Database, account: AccountId, capsys: Captured
) -> None:
    users = tuple(crm_rows.a_user(db, name, f"{name}@corp.example") for name in ("bo", "cy"))
    changes = ["--auto-link", "off", "--creates", "deal", "--stage", "demo", "--activity", "call"]
    more = ["--due-days", "3", "--visibility", "shared", "--responsible", "bo", "cy@corp.example"]
    assert run("account", "crm", "me@corp.example", *changes, *more) == 0
    settings = account_crm.get(db, account)
    assert (settings.auto_link, settings.creates, settings.responsible) == (False, "deal", users)
    assert (settings.activity_type, settings.activity_days) == ("call", 3)
    assert "bo, cy in turn" in capsys.readouterr().out
    assert run("account", "crm", "1", "--responsible", "none", "--json") == 0
    told_of = json.loads(capsys.readouterr().out)
    assert told_of["responsible"] == []
    assert (told_of["stage"], told_of["default_visibility"]) == ("Demo", "shared")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--stage", "nowhere"], "there are Qualified, Contact made"),
        (["--responsible", "nobody"], "dealbox user add"),
        (["--due-days", "999"], "0 to 365"),
        (["--bcc-alias", "nowhere"], "is no address"),
        (["--visibility", "team"], "private or shared"),
    ],
)
def test_what_cannot_be_is_bad_use_with_what_can(
    run: Run, capsys: Captured, words: list[str], said: str
) -> None:
    assert run("account", "crm", "1", *words) == cli.USAGE_ERROR
    assert said in capsys.readouterr().err


def test_who_did_not_connect_the_account_may_only_look(run: Run, db: Database, capsys: Captured) -> None:
    """M100."""
    crm_rows.a_user(db, "Me", "me@corp.example")
    boss = crm_rows.a_user(db, "Boss", "boss@corp.example")
    with db.write() as connection:
        connection.execute("UPDATE account SET owner = ?", (boss,))
    assert run("account", "crm", "1") == 0
    assert "Boss connected this account." in capsys.readouterr().err
    assert run("account", "crm", "1", "--creates", "lead") == cli.FAILURE
    assert "only who connected the mailbox" in capsys.readouterr().err
    assert run("bcc", "--rotate") == cli.FAILURE


def test_addresses_are_printed_and_replaced(run: Run, db: Database, capsys: Captured) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    assert run("bcc") == 0
    universal = capsys.readouterr().out.strip()
    assert universal.startswith("me+crm-")
    assert run("bcc", f"deal:{deal.id}") == 0
    of_deal = capsys.readouterr().out.strip()
    assert of_deal.startswith("me+d-")
    assert run("bcc", "1", "Renewal", "--rotate") == 0
    told_of = capsys.readouterr()
    assert told_of.out.strip() not in (of_deal, universal)
    assert "ordinary mail" in told_of.err


def test_with_several_accounts_the_one_meant_is_asked_for(run: Run, db: Database, capsys: Captured) -> None:
    makers.an_account(db, "home@corp.example")
    assert run("bcc") == cli.USAGE_ERROR
    assert "say the ACCOUNT" in capsys.readouterr().err
    assert run("bcc", "2") == 0
    assert capsys.readouterr().out.startswith("home+crm-")


def test_a_conversation_is_copied(run: Run, db: Database, account: AccountId, capsys: Captured) -> None:
    thread = told.a_conversation(db, account, "First words")
    deal = crm_rows.a_deal(db, "Renewal")
    assert run("copy", str(thread), "Renewal") == 0
    shown = capsys.readouterr().out
    assert "Copied 1 message to Renewal: conversation " in shown
    slot = links.slot(db, ThreadId(int(shown.split()[-1])))
    assert slot is not None
    assert slot.item_id == deal.id
    crm_rows.a_person(db, "Ana", "ana@acme.example")
    assert run("copy", str(thread), "Ana") == cli.FAILURE
    assert "not to a person" in capsys.readouterr().err


def test_exceptions_are_added_listed_and_removed(run: Run, db: Database, capsys: Captured) -> None:
    assert run("exceptions", "list") == 0
    assert "There are no exceptions" in capsys.readouterr().err
    assert run("exceptions", "add", "X.example", "--effect", "no_create", "--comment", "a \x1b[31mshop") == 0
    capsys.readouterr()
    assert run("exceptions", "list") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("@x.example makes no lead or deal (a ")
    assert "\x1b" not in shown
    assert run("exceptions", "list", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["pattern"], row["effect"]) == ("@x.example", "no_create")
    assert run("exceptions", "remove", "@x.example", "--effect", "block") == cli.FAILURE
    assert run("exceptions", "remove", "@x.example") == 0
    assert exceptions.all(db) == ()


def test_what_is_no_address_is_bad_use(run: Run, capsys: Captured) -> None:
    assert run("exceptions", "add", "two words") == cli.USAGE_ERROR
    assert run("exceptions", "remove", "localhost") == cli.USAGE_ERROR
    assert "is no domain" in capsys.readouterr().err
