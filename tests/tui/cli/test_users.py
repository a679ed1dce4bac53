"""dealbox user: colleagues and their rights."""

from __future__ import annotations

import json
from collections.abc import Callable

import crm_rows
import makers
import pytest

from store.database import Database
from tui.cli import main as cli

Run = Callable[..., int]


@pytest.fixture
def run(db: Database) -> Run:
    makers.an_account(db)
    return lambda *words: cli.main(["--data", str(db.directory), "user", *words])


def test_a_colleague_is_added_listed_and_given_rights(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    assert "You work alone" in capsys.readouterr().err
    assert run("add", "Bo \x1b[31mRed", "Bo@Dealbox.example") == 0
    assert run("set", "bo@dealbox.example", "--edits", "own", "--team", "North", "--can-manage", "on") == 0
    capsys.readouterr()
    assert run("list") == 0
    shown = capsys.readouterr().out
    assert "bo@dealbox.example, team North, changes their own items, and CRM settings" in shown
    assert "\x1b" not in shown
    assert run("set", "bo@dealbox.example", "--admin", "on", "--name", "Bo Hansen") == 0
    capsys.readouterr()
    assert run("list", "--json") == 0
    (user,) = json.loads(capsys.readouterr().out)
    assert (user["name"], user["is_admin"], user["edits"], user["is_active"]) == (
        "Bo Hansen",
        True,
        "own",
        True,
    )
    assert run("set", "bo@dealbox.example", "--active", "off") == 0
    capsys.readouterr()
    run("list")
    assert "not active: sees nothing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "status", "reason"),
    [
        (("add", "Bo", "nowhere"), 2, "'nowhere' is no address"),
        (("add", " ", "bo@dealbox.example"), 2, "a user needs a name"),
        (("set", "bo@dealbox.example"), 2, "say what to change"),
        (("set", "bo@dealbox.example", "--name", " "), 2, "a user needs a name"),
        (("set", "bo@dealbox.example", "--team", "x"), 2, "bo@dealbox.example is no user"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    run: Run, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], status: int, reason: str
) -> None:
    assert run(*words) == status
    assert reason in capsys.readouterr().err


def test_one_address_is_one_user(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert [run("add", name, "bo@dealbox.example") for name in ("Bo", "Boris")] == [0, 2]
    assert "is a user already" in capsys.readouterr().err


def test_rights_are_given_by_who_has_them(run: Run, db: Database, capsys: pytest.CaptureFixture[str]) -> None:
    crm_rows.a_user(db, "Me", "me@dealbox.example")
    assert run("set", "me@dealbox.example", "--admin", "on") == 1
    assert "only an administrator" in capsys.readouterr().err
