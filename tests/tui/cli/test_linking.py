"""dealbox why and dealbox relink: what they print, and what they do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import crm_rows
import makers
import pytest
from stored import a_stored_email, mailboxes_of

from linking import deciding, service
from mail.types import MailboxId, Role, ThreadId
from store import actions
from store.database import Database, open_store
from store.links import links
from tui.cli import main as cli

Run = Callable[..., int]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def db(data: Path) -> Iterator[Database]:
    store = open_store(data, is_screen=False)
    yield store
    store.close()


@pytest.fixture
def run(data: Path) -> Run:
    return lambda *words: cli.main(["--data", str(data), *map(str, words)])


@pytest.fixture
def inbox(db: Database) -> MailboxId:
    ana = crm_rows.a_person(db, "Ana", "ana@acme.example")
    crm_rows.a_deal(db, "Printers", ana)
    return mailboxes_of(db, makers.an_account(db))[Role.INBOX]


def a_thread(db: Database, inbox: MailboxId, *, is_judged: bool = True, **changes: object) -> ThreadId:
    account_id = db.read().execute("SELECT id FROM account").fetchone()[0]
    stored = a_stored_email(db, account_id, inbox, **changes)  # type: ignore[arg-type] # as given
    if is_judged:
        deciding.decide_due(db)
    with db.write() as connection:
        connection.execute("DELETE FROM link_due")
    return stored.thread_id


def test_why_says_what_the_rules_found(
    db: Database, run: Run, inbox: MailboxId, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("why", a_thread(db, inbox)) == 0
    head, how, _, message, _, title, item = capsys.readouterr().out.splitlines()
    assert head.endswith("  Quote")
    assert "Linked by rule to deal:" in how and how.endswith("the one open deal of these people: Printers.")
    assert message.endswith("ana@acme.example: the one open deal of these people: Printers  [linked]")
    assert title == "Items it is about:" and "Printers (open, of 2023-11-1" in item


def test_why_says_what_to_do_about_a_conversation_that_is_not_linked(
    db: Database, run: Run, inbox: MailboxId, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("why", a_thread(db, inbox, from_="x@q.example")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:3] == [
        "Not linked: nobody here is in the CRM.",
        "Add the sender to the CRM, or link it by hand.",
    ]


def test_why_says_what_a_person_did(
    db: Database, run: Run, inbox: MailboxId, capsys: pytest.CaptureFixture[str]
) -> None:
    thread_id = a_thread(db, inbox)
    service.link(db, thread_id, crm_rows.a_deal(db, "Scanners"))
    run("why", thread_id)
    assert "Linked by hand to deal:" in capsys.readouterr().out
    service.unlink(db, thread_id)
    run("why", thread_id)
    assert "Unlinked by hand: no rule links it again." in capsys.readouterr().out


def test_why_as_json_has_codes_and_candidates(
    db: Database, run: Run, inbox: MailboxId, capsys: pytest.CaptureFixture[str]
) -> None:
    ana = db.read().execute("SELECT id FROM person").fetchone()[0]
    crm_rows.a_deal(db, "Scanners", ana)
    assert run("why", a_thread(db, inbox), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["code"], told["item"], told["origin"]) == ("ambiguous", None, None)
    assert {each["title"] for each in told["candidates"]} == {"Printers", "Scanners"}
    (message,) = told["messages"]
    assert message["code"] == "ambiguous" and len(message["candidates"]) == 2
    assert message["received_at"].endswith("Z")


def test_why_as_json_names_the_item(
    db: Database, run: Run, inbox: MailboxId, capsys: pytest.CaptureFixture[str]
) -> None:
    run("why", a_thread(db, inbox), "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["code"], told["item"]["title"], told["origin"]) == ("linked", "Printers", "auto")


def test_mail_from_before_the_rules_is_linked_when_told(
    db: Database, run: Run, inbox: MailboxId, capsys: pytest.CaptureFixture[str]
) -> None:
    thread_id = a_thread(db, inbox, is_judged=False)
    run("why", thread_id, "--json")
    assert json.loads(capsys.readouterr().out)["code"] is None
    run("why", thread_id)
    assert "dealbox relink" in capsys.readouterr().out
    assert run("relink", "--dry-run") == 0
    told = capsys.readouterr()
    assert "Quote  ->  deal:" in told.out and "Printers" in told.out
    assert told.err.startswith("1 would be linked")
    assert links.slot(db, thread_id) is None
    assert run("relink", "--apply") == 0
    assert capsys.readouterr().out.endswith("Linked 1 conversation.\n")
    assert links.slot(db, thread_id) is not None
    run("relink", "--dry-run")
    assert capsys.readouterr().err == "There is nothing to link.\n"
    run("why", thread_id)
    assert "Linked by rule to deal:" in capsys.readouterr().out
    actions.undo(db)
    assert links.slot(db, thread_id) is None


def test_an_import_says_that_old_mail_is_not_linked_by_it(
    db: Database, run: Run, inbox: MailboxId, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "crm").mkdir()
    (tmp_path / "crm" / "persons.csv").write_text("id,name\n1,Bo\n")
    run("import", "crm", tmp_path / "crm")
    assert "relink" not in capsys.readouterr().err
    a_thread(db, inbox)
    run("import", "crm", tmp_path / "crm")
    assert "dealbox relink --dry-run" in capsys.readouterr().err


def test_relink_wants_to_be_told_what_to_do(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("relink")
    assert "--dry-run" in capsys.readouterr().err
