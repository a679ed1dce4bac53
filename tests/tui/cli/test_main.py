"""The program for scripts: what it prints, where, and with which exit status."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pty_terminal import PtyTerminal

from store import paths, schema, worker_process
from store.database import open_store
from tui.cli import main as cli
from tui.cli import worker as cli_worker

DEALBOX = [sys.executable, "-P", "-c", "import sys; from tui.cli.main import main; sys.exit(main())"]

Run = Callable[..., int]


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data directory whose worker, should one be started, is stopped after the test."""
    directory = tmp_path / "data"
    directory.mkdir(mode=0o700)
    yield directory
    if worker_process.is_worker_running(directory):
        cli_worker.stop_worker(directory)


@pytest.fixture
def run(data: Path) -> Run:
    return lambda *words: cli.main(["--data", str(data), *map(str, words)])


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    root = tmp_path / "Mail"
    for folder in ("", ".Sent"):
        for part in ("cur", "new", "tmp"):
            (root / folder / part).mkdir(parents=True)
    put(
        root,
        "Ana <ana@acme.example>",
        "nadia@hv.example",
        "Quote for ten printers",
        "Please send a quotation.",
    )
    put(root, "Bo <bo@beta.example>", "nadia@hv.example", "Lunch", "Hummus on Thursday?")
    put(root / ".Sent", "Nadia <Nadia@HV.example>", "ana@acme.example", "Hello", "Nice to meet you.")
    return root


def put(folder: Path, sender: str, to: str, subject: str, text: str) -> bytes:
    number = len(list(folder.glob("cur/*"))) + 1
    octets = (
        f"From: {sender}\nTo: {to}\nSubject: {subject}\nDate: Mon, 2 Nov 2026 10:0{number}:00 +0000\n"
        f"Message-ID: <{subject.replace(' ', '-')}@test.example>\n\n{text}\n"
    ).encode()
    (folder / "cur" / f"17936676{number}0.M{number}.test:2,S").write_bytes(octets)
    return octets


def test_the_version_is_printed_without_opening_anything(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("dealbox ")


@pytest.mark.parametrize(
    "words", [["bogus"], ["search"], ["show", "1", "--json", "--raw"], ["search", "x", "--limit", "0"]]
)
def test_bad_use_ends_with_status_2_and_a_sentence_on_stderr(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 2
    assert "dealbox" in capsys.readouterr().err


def test_every_command_of_the_command_line_leads_to_a_function() -> None:
    for module, function in cli.COMMANDS.values():
        assert callable(getattr(__import__(module, fromlist=[function]), function))


def test_every_command_stands_in_the_guide_for_scripts() -> None:
    guide = (
        (Path(__file__).parents[3] / "docs" / "scripts.md")
        .read_text("utf-8")
        .replace("`, `", "`, `dealbox worker ")
    )
    assert [words for words in cli.COMMANDS if f"dealbox {words}" not in guide] == []


def test_the_screen_is_refused_where_there_is_no_terminal(data: Path) -> None:
    finished = subprocess.run(
        [*DEALBOX, "--data", str(data)], check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert finished.returncode == 2
    assert "needs a terminal" in finished.stderr


def test_a_maildir_is_added_under_the_address_its_sent_mail_shows(
    run: Run, maildir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("account", "add", "maildir", maildir) == 0
    assert "nadia@hv.example, 3 messages in 2 mailboxes" in capsys.readouterr().out
    assert run("account", "list", "--json") == 0
    (account,) = json.loads(capsys.readouterr().out)
    assert (account["address"], account["path"]) == ("nadia@hv.example", str(maildir))


def test_the_same_maildir_is_not_added_twice(
    run: Run, maildir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("account", "add", "maildir", maildir)
    assert run("account", "add", "maildir", maildir) == 1
    assert "already the account" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "there is no directory"),
        (lambda path: path.write_text("From x\n"), "is a file"),
        (lambda path: path.mkdir(), "is no Maildir"),
    ],
)
def test_what_is_no_maildir_is_refused_with_the_reason(
    make: Callable[[Path], object],
    sentence: str,
    run: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make(tmp_path / "Other")
    assert run("account", "add", "maildir", tmp_path / "Other") == 1
    assert sentence in capsys.readouterr().err


def test_an_address_that_does_not_show_has_to_be_said(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for part in ("cur", "new"):
        (tmp_path / "Empty" / part).mkdir(parents=True)
    assert run("account", "add", "maildir", tmp_path / "Empty") == 2
    assert "--address" in capsys.readouterr().err
    assert run("account", "add", "maildir", tmp_path / "Empty", "--address", "Me@Example.TEST") == 0


def test_an_account_is_not_removed_without_yes_when_nobody_can_be_asked(
    run: Run, maildir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("account", "add", "maildir", maildir)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert run("account", "remove", "1") == 2
    assert run("account", "remove", "nadia@hv.example", "--yes") == 0
    assert run("account", "remove", "1", "--yes") == 2


def test_a_data_directory_others_can_read_is_refused(
    run: Run, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data.chmod(0o755)
    assert run("account", "list") == 1
    assert "chmod 700" in capsys.readouterr().err
    data.chmod(0o700)


@pytest.fixture
def synced(run: Run, maildir: Path) -> Run:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert run("account", "add", "maildir", maildir) == 0
        assert run("sync", "--wait") == 0
    return run


def test_sync_without_an_account_says_how_to_add_one(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sync", "--wait") == 1
    assert "account add maildir" in capsys.readouterr().err


def test_sync_wait_ends_with_1_when_an_account_cannot_be_read(
    run: Run, maildir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("account", "add", "maildir", maildir) == 0
    maildir.rename(maildir.with_name("Elsewhere"))
    assert run("sync", "--wait") == 1
    assert str(maildir) in capsys.readouterr().err


def test_sync_wait_returns_only_when_mail_delivered_just_before_can_be_found(
    synced: Run, maildir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for word in ("walnut", "cherry", "hazel"):
        put(maildir, "Ana <ana@acme.example>", "nadia@hv.example", f"About {word}", f"We like {word}.")
        assert synced("sync", "--wait") == 0
        capsys.readouterr()
        assert synced("search", word, "--json") == 0
        assert len(json.loads(capsys.readouterr().out)) == 1, word


def test_search_prints_stable_json_newest_first(synced: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert synced("search", "quotation", "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["subject"] == "Quote for ten printers"
    assert {
        "id",
        "mailboxes",
        "keywords",
        "messages",
        "item",
        "persons",
        "organizations",
        "visibility",
        "link",
    } <= set(found)
    assert found["messages"][0]["from"] == [{"name": "Ana", "email": "ana@acme.example"}]


def test_search_keeps_to_its_limit_and_shows_ids_that_show_takes(
    synced: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert synced("search", "hummus", "--limit", "1") == 0
    line = capsys.readouterr().out.strip()
    assert line.endswith("Lunch") and "\x1b" not in line
    assert synced("show", line.split()[0]) == 0
    assert "Hummus on Thursday?" in capsys.readouterr().out


def test_a_query_that_cannot_be_read_is_bad_use(synced: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert synced("search", "(") == 2
    assert "query" in capsys.readouterr().err


def test_show_raw_prints_the_octets_byte_for_byte(
    synced: Run, maildir: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    synced("search", "hummus", "--json")
    number = json.loads(capfdbinary.readouterr().out)[0]["id"]
    assert synced("show", number, "--raw") == 0
    sys.stdout.flush()
    assert capfdbinary.readouterr().out == (maildir / "cur" / "1793667620.M2.test:2,S").read_bytes()


def test_a_conversation_that_does_not_exist_is_bad_use(
    synced: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert synced("show", "999999") == 2
    assert synced("unlink", "no-such-uuid") == 2
    assert synced("show", "9" * 40) == 2


def test_a_conversation_is_linked_to_an_imported_deal_and_unlinked(
    synced: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crm = tmp_path / "crm"
    crm.mkdir()
    (crm / "deals.csv").write_text("id,title,value,currency,status\n7,Ten printers,3890,EUR,open\n")
    assert synced("import", "crm", crm, "--dry-run") == 0
    assert "would be added" in capsys.readouterr().out
    assert synced("import", "crm", crm) == 0
    capsys.readouterr()
    synced("search", "quotation", "--json")
    number = json.loads(capsys.readouterr().out)[0]["id"]
    assert synced("link", number, "deal:99") == 2
    assert synced("link", number, "deal:7") == 0
    capsys.readouterr()
    synced("show", number, "--json")
    shown = json.loads(capsys.readouterr().out)
    assert (shown["item"]["kind"], shown["link"]["origin"]) == ("deal", "manual")
    assert synced("unlink", number) == 0


def test_an_item_is_meant_by_its_title_when_just_one_has_it(
    synced: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crm = tmp_path / "crm"
    crm.mkdir()
    (crm / "deals.csv").write_text(
        "id,title,status\n7,Ten printers,open\n8,Paper,open\n9,Paper for Ana,open\n"
    )
    (crm / "leads.csv").write_text("id,title,status\n3,Paper,archived\n")
    (crm / "persons.csv").write_text("id,name\n1,Ten printers\n")
    synced("import", "crm", crm)
    synced("search", "quotation", "--json")
    number = json.loads(capsys.readouterr().out.partition("[")[2].join(["[", ""]))[0]["id"]
    assert synced("link", number, "ten  Printers") == 0
    assert capsys.readouterr().out == "Linked to Ten printers\n"
    assert synced("link", number, "Ten") == 2
    assert "there is no item 'Ten': say deal:12" in capsys.readouterr().err
    assert synced("link", number, "paper") == 2
    told = capsys.readouterr().err
    assert "2 items are called 'paper'" in told
    assert "deal:8 (open)" in told and "lead:3 (archived)" in told and "deal:9" not in told


def test_a_store_of_a_newer_dealbox_is_refused_in_one_sentence(
    run: Run, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    too_new = written_by_a_newer_dealbox(data)
    for words in (["search", "x"], ["account", "list"], ["link", "1", "deal:1"]):
        assert run(*words) == 1
        assert capsys.readouterr().err == f"dealbox: {too_new}\n"
    assert run("doctor") == 1
    assert capsys.readouterr().out == f"error: {too_new}\n"


def test_the_worker_refuses_a_store_of_a_newer_dealbox(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    too_new = written_by_a_newer_dealbox(data)
    program = "import sys; from sync.worker import main; sys.exit(main())"
    finished = subprocess.run(
        [sys.executable, "-P", "-c", program, "--data", str(data), "--once"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (finished.returncode, finished.stderr) == (1, f"dealbox-sync: {too_new}\n")


def test_the_screen_refuses_a_store_of_a_newer_dealbox_and_leaves_the_terminal_as_it_was(data: Path) -> None:
    too_new = written_by_a_newer_dealbox(data)
    with PtyTerminal([*DEALBOX, "--data", str(data)]) as terminal:
        assert terminal.wait(30) == 1
        shown = bytes(terminal.octets).decode()
    assert shown == f"dealbox: {too_new}\r\n"


def written_by_a_newer_dealbox(data: Path) -> str:
    """Make a store of version 9999 and return what is said of it."""
    open_store(data, is_screen=False).close()
    with contextlib.closing(sqlite3.connect(data / paths.STORE_NAME)) as connection:
        connection.execute("PRAGMA user_version = 9999")
    newest = schema.numbers()[-1]
    return f"this store has version 9999, this dealbox knows versions up to {newest}: update dealbox"


def test_a_reader_that_leaves_early_is_no_error(data: Path) -> None:
    program = f"{subprocess.list2cmdline(DEALBOX)} --data {data} keys | true; exit ${{PIPESTATUS[0]}}"
    finished = subprocess.run(["bash", "-c", program], check=False, capture_output=True, text=True)
    assert finished.stderr == ""


def test_settings_prints_a_file_that_is_accepted_as_it_is(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from store import settings

    assert run("settings") == 0
    file = tmp_path / "config.toml"
    file.write_text(capsys.readouterr().out)
    assert settings.load(file) == settings.Settings()


def test_worker_status_and_stop_say_what_there_is(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("worker", "status") == 0
    assert "not running" in capsys.readouterr().out
    assert run("worker", "stop") == 0
    assert "No worker" in capsys.readouterr().out
