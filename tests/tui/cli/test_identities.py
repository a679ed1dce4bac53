"""dealbox account identities and dealbox account identity, and what they mean for an answer."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import makers
import pytest
import told

from mail.types import AccountId
from store import accounts, emails
from store.database import Database
from store.sending import identities
from tui.cli import main as cli
from tui.writing import drafting

Run = Callable[..., int]


@pytest.fixture
def account(db: Database) -> AccountId:
    return accounts.add(db, "imap", "Work", "me@dealbox.example", {})


@pytest.fixture
def run(db: Database, account: AccountId) -> Run:
    return lambda *words: cli.main(["--data", str(db.directory), "account", *words])


def listed(db: Database) -> list[tuple[str, str, str]]:
    rows = [row.identity for row in identities.all(db)]
    return [(one.address.email, one.address.name, one.signature) for one in rows]


def test_a_new_address_becomes_an_identity_and_an_alias(
    run: Run, db: Database, account: AccountId, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        run("identity", "Work", "Sales@dealbox.example", "--name", "Sales", "--signature", "The\nteam") == 0
    )
    output = capsys.readouterr()
    assert output.out.splitlines() == ["1  Sales <sales@dealbox.example>", "     The", "     team"]
    assert "counts as yours from now on" in output.err
    assert listed(db)[1] == ("sales@dealbox.example", "Sales", "The\nteam")
    row = accounts.get(db, account)
    assert row is not None and row.aliases == ("sales@dealbox.example",)


def test_what_is_changed_again_is_told_without_a_note(
    run: Run, db: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    run("identity", "1", "me@dealbox.example", "--name", "Me", "--signature", "Yours")
    assert run("identity", "1", "me@dealbox.example", "--no-signature") == 0
    assert capsys.readouterr().err == ""
    assert listed(db) == [("me@dealbox.example", "Me", "")]


def test_identities_are_listed_for_people_and_for_scripts(
    run: Run, db: Database, account: AccountId, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts.set_aliases(db, account, ["info@dealbox.example"])
    other = makers.an_account(db, "home@dealbox.example")
    identities.set(db, account, "me@dealbox.example", name="Me", signature="\n".join("0123456789"))
    assert run("identities") == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[:3] == [
        "1  Me <me@dealbox.example>",
        "   answers mail to info@dealbox.example too",
        "     0",
    ]
    assert shown[-2:] == ["     ... 2 more lines", f"{other}  home@dealbox.example"]
    assert run("identities", "Work", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [
        {
            "account": account,
            "email": "me@dealbox.example",
            "name": "Me",
            "signature": "\n".join("0123456789"),
            "aliases": ["info@dealbox.example"],
        }
    ]


def test_without_an_account_there_is_nobody(db: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--data", str(db.directory), "account", "identities"]) == 0
    assert "There is no account yet" in capsys.readouterr().err


def test_one_can_be_put_first_and_removed(
    run: Run, db: Database, account: AccountId, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("identity", "Work", "sales@dealbox.example", "--first") == 0
    assert [email for email, _, _ in listed(db)] == ["sales@dealbox.example", "me@dealbox.example"]
    assert drafting.begin(db, account).draft.sender.email == "sales@dealbox.example"
    capsys.readouterr()
    assert run("identity", "Work", "SALES@dealbox.example", "--remove") == 0
    assert "Removed sales@dealbox.example" in capsys.readouterr().out
    assert [email for email, _, _ in listed(db)] == ["me@dealbox.example"]


def test_a_signature_comes_from_a_file_or_from_standard_input(
    run: Run, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "signature"
    file.write_bytes("\ufeff-- \r\nAna Müller\r\nAcme\r\n".encode())
    assert run("identity", "Work", "me@dealbox.example", "--signature-file", str(file)) == 0
    assert listed(db)[0][2] == "Ana Müller\nAcme"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"From a pipe\n")))
    assert run("identity", "Work", "me@dealbox.example", "--signature-file", "-") == 0
    assert listed(db)[0][2] == "From a pipe"


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [
        (b"x" * 100_000, "too long"),
        (b"x" * 10_001, "has 10,001 characters"),
        (b"M\xfcller", "UTF-8"),
        (b"a\0b", "no text"),
    ],
)
def test_a_file_that_cannot_be_a_signature_is_refused(
    octets: bytes, sentence: str, run: Run, db: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "signature").write_bytes(octets)
    assert run("identity", "Work", "new@x.example", "--signature-file", str(tmp_path / "signature")) == 2
    assert sentence in capsys.readouterr().err
    assert listed(db) == [("me@dealbox.example", "", "")]


def test_a_file_that_cannot_be_read_is_told(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("identity", "Work", "me@dealbox.example", "--signature-file", str(tmp_path / "none")) == 1
    assert "No such file" in capsys.readouterr().err
    assert run("identity", "Work", "me@dealbox.example", "--signature-file", "/dev/zero") == 2
    assert "too long" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("Home", "me@dealbox.example"), "there is no account 'Home'"),
        (("Work", "nobody"), "is no address to write from"),
        (("Work", "a b@dealbox.example", "--name", "A"), "is no address to write from"),
        (("Work", "me@dealbox.example", "--remove"), "is the address of the account and stays"),
        (("Work", "other@dealbox.example", "--remove"), "no identity of this account"),
        (("Work", "sales@dealbox.example", "--remove", "--first"), "--remove goes alone"),
        (("Work", "sales@dealbox.example", "--remove", "--name", ""), "--remove goes alone"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    words: tuple[str, ...], sentence: str, run: Run, db: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("identity", *words) == 2
    assert sentence in capsys.readouterr().err
    assert listed(db) == [("me@dealbox.example", "", "")]


def test_nothing_a_terminal_acts_on_is_kept_or_printed(
    run: Run, db: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J\u202eAna\x9b"
    assert run("identity", "Work", "me@dealbox.example", "--name", hostile, "--signature", hostile) == 0
    assert run("identities") == 0
    assert run("identity", "Work", f"{hostile}@x y") == 2
    output = capsys.readouterr()
    printed = output.out + output.err
    assert not set(printed) & set("\x1b\x07\x9b\u202e") and "]0;owned[2JAna" in printed
    assert listed(db) == [("me@dealbox.example", "]0;owned[2JAna", "]0;owned[2JAna")]


def test_a_reply_to_an_alias_has_the_name_and_signature_of_that_identity(
    run: Run, db: Database, account: AccountId
) -> None:
    run("identity", "Work", "me@dealbox.example", "--name", "Nadia", "--signature", "Nadia")
    run("identity", "Work", "sales@dealbox.example", "--name", "Sales", "--signature", "The team")
    to_alias = makers.an_email("Hello", to=(makers.an_address("Sales@dealbox.example"),))
    (thread_id,) = told.tell(db, account, to_alias)
    (email,) = emails.in_thread(db, thread_id)
    draft = drafting.answer(db, email.id, "reply_all", quote="below", is_markdown=False).draft
    assert (draft.sender.name, draft.sender.email) == ("Sales", "sales@dealbox.example")
    assert draft.signature == "The team" and "The team" in draft.body and "Nadia" not in draft.body
    assert [one.email for one in (*draft.to, *draft.cc)] == ["ana@acme.example"]


def test_what_was_sent_as_an_alias_counts_as_ones_own(run: Run, db: Database, account: AccountId) -> None:
    run("identity", "Work", "sales@dealbox.example")
    sent = makers.an_email("Offer", from_=(makers.an_address("sales@dealbox.example"),))
    (thread_id,) = told.tell(db, account, sent)
    assert emails.in_thread(db, thread_id)[0].is_outgoing
