"""dealbox import, export and duplicates."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import crm_rows
import pytest

from store.crm import import_runs, item_edits, items
from store.database import Database
from tui.cli import main as cli

Run = Callable[..., int]
Output = pytest.CaptureFixture[str]
DEALS = "Deal Name,Amount,Kind of wood\nPrinters,5 EUR,Oak\nDesks,x,Elm\n"


@pytest.fixture
def run(db: Database) -> Run:
    return lambda *words: cli.main(["--data", str(db.directory), *map(str, words)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "deals.csv"
    path.write_text(DEALS)
    return path


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def say(lines: str) -> None:
        monkeypatch.setattr("tui.cli.ask.is_somebody_there", lambda: True)
        monkeypatch.setattr(sys, "stdin", io.StringIO(lines))

    return say


def test_a_file_comes_in_without_questions_where_nobody_is_there(
    run: Run, file: Path, tmp_path: Path, capsys: Output
) -> None:
    assert run("import", "csv", file, "--rejects", tmp_path / "left.csv") == 0
    output = capsys.readouterr()
    assert output.out.splitlines() == ["deal: 1 added, 0 changed, 0 unchanged", "1 left out"]
    assert "left out: deals.csv:3: “x” is not an amount" in output.err
    assert "column “Kind of wood” is not known" in output.err
    assert (tmp_path / "left.csv").exists()
    assert run("import", "csv", file, "--rejects", tmp_path / "left.csv") == 2
    assert "is there already" in capsys.readouterr().err


def test_a_dry_run_says_the_same_as_json(run: Run, db: Database, file: Path, capsys: Output) -> None:
    assert run("import", "csv", file, "--dry-run", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["counts"] == [{"kind": "deal", "added": 1, "changed": 0, "unchanged": 0}]
    assert items.search(db, "printers") == ()


def test_each_column_is_asked_for_and_the_answers_are_remembered(
    run: Run, db: Database, file: Path, capsys: Output, answers: Callable[[str], None]
) -> None:
    answers("\n?\nnonsense\nvalue\ncustom:Wood\n")
    assert run("import", "csv", file) == 0
    asked = capsys.readouterr().err
    assert "1/3 Deal Name (“Printers”, “Desks”) [title]: " in asked
    assert "a deal has no field 'nonsense': there is " in asked
    assert "--kind deal --map 'Deal Name=title' --map Amount=value --map 'Kind of wood=custom:Wood'" in asked
    assert db.read().execute("SELECT value FROM custom_value").fetchall() == [("Oak",)]
    answers("\n")
    assert run("import", "csv", file) == 0
    assert "The columns as last time [yes]: " in capsys.readouterr().err
    answers("no\n-\n-\n-\n")
    assert run("import", "csv", file) == 2
    assert "no column is the title of a deal" in capsys.readouterr().err


def test_the_same_is_chosen_by_options_without_questions(
    run: Run, db: Database, file: Path, answers: Callable[[str], None]
) -> None:
    answers("")
    words = (
        "--kind",
        "deal",
        "--map",
        "deal name=title",
        "--map",
        "Amount=-",
        "--map",
        "Kind of wood=custom:Wood",
    )
    assert run("import", "csv", file, *words) == 0
    assert db.read().execute("SELECT count(*) FROM custom_value").fetchone() == (2,)


def test_the_kind_of_rows_and_a_doubtful_encoding_are_asked_for(
    run: Run, db: Database, tmp_path: Path, answers: Callable[[str], None]
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("Name,Email\n名称名称,a@acme.example\n".encode("gb18030"))
    answers("gb18030\nboat\nperson\n\n\n")
    assert run("import", "csv", path, "--kind", "person") == 0
    path.write_text("Title,Value,Person,Organization\nA,5,Ana,Acme\n")
    answers("boat\nlead\n" + "\n" * 4)
    assert run("import", "csv", path) == 0
    assert [card.kind.value for card in items.search(db, "acme", kinds=[items.ItemKind.LEAD])] == ["lead"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--map", "nothing=title"), "there is no column 'nothing'"),
        (("--map", "nothing"), "write HEADING=field"),
        (("--delimiter", "ab"), "--delimiter is one character"),
        (("--stage-map", "x"), "write THEIRS=OURS"),
        (("--currency", "gold"), "is not a currency"),
    ],
)
def test_bad_use_is_told(run: Run, file: Path, capsys: Output, words: tuple[str, ...], reason: str) -> None:
    assert run("import", "csv", file, *words) == 2
    assert reason in capsys.readouterr().err


def test_files_that_are_not_there_or_none_are_told(run: Run, tmp_path: Path, capsys: Output) -> None:
    assert run("import", "csv", tmp_path / "none.csv") == 1
    assert run("import", "json", tmp_path / "none.json") == 1
    (tmp_path / "empty.csv").write_text("")
    assert run("import", "csv", tmp_path / "empty.csv", "--kind", "deal") == 1
    assert "empty.csv is empty" in capsys.readouterr().err
    (tmp_path / "x.json").write_text("[]")
    assert run("import", "json", tmp_path / "x.json") == 1
    assert "x.json is not what export writes" in capsys.readouterr().err


def test_what_is_exported_comes_back(run: Run, db: Database, tmp_path: Path, capsys: Output) -> None:
    crm_rows.a_deal(db, "Printers", crm_rows.a_person(db, "Ana Lima", "ana@acme.example"))
    assert run("export", tmp_path / "out") == 0
    output = capsys.readouterr()
    assert "deal: 1" in output.out.splitlines() and "Mail is not among it" in output.err
    assert run("export", tmp_path / "out") == 1
    assert "is not empty" in capsys.readouterr().err
    assert run("export", tmp_path / "more", "--format", "xlsx") == 2
    for words in (("crm", tmp_path / "out"), ("json", tmp_path / "out" / "dealbox.json")):
        assert run("import", *words) == 0
    assert len(items.search(db, "printers")) == 1


def test_duplicates_are_listed_with_the_command_that_merges_them(
    run: Run, db: Database, capsys: Output
) -> None:
    assert run("duplicates") == 0
    assert "Nothing looks like a duplicate" in capsys.readouterr().err
    ids = sorted(crm_rows.a_person(db, name, "office@acme.example") for name in ("Ana Lima", "Bob"))
    assert run("duplicates") == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].endswith("(of 2): the address office@acme.example")
    assert shown[1] == f"  dealbox item merge person:{ids[1]} person:{ids[0]}"
    assert run("duplicates", "--json") == 0
    (group,) = json.loads(capsys.readouterr().out)
    assert (group["kind"], [each["id"] for each in group["items"]]) == ("person", ids)


def test_the_last_import_is_taken_back(run: Run, db: Database, file: Path, capsys: Output) -> None:
    assert run("import", "undo") == 1
    assert "there is no import that could be taken back" in capsys.readouterr().err
    run("import", "csv", file)
    (card,) = items.search(db, "printers")
    item_edits.edit(db, card.ref, {"title": "Plotters"})
    capsys.readouterr()
    assert run("import", "undo") == 0
    output = capsys.readouterr()
    assert output.out == "The import of deals.csv is taken back.\n"
    assert output.err == "1 rows stay, because they were changed since.\n"


def test_an_import_beside_another_waits_for_its_turn(
    run: Run, db: Database, file: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.crm.import_runs._LOCK_WAIT_S", 0.0)
    with import_runs.alone(db):
        assert run("import", "csv", file) == 1
        assert run("import", "undo") == 1
    assert capsys.readouterr().err.count("another import is under way: try again when it is done") == 2


def test_an_import_that_is_stopped_says_that_nothing_came_in(
    run: Run, db: Database, file: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("store.crm.item_index.add_items", stop)
    assert run("import", "csv", file) == 130
    assert "Stopped: nothing of it came in." in capsys.readouterr().err
    assert items.search(db, "printers") == ()


def test_a_directory_and_a_file_are_told_apart(run: Run, file: Path, tmp_path: Path, capsys: Output) -> None:
    for words in (
        ("csv", tmp_path),
        ("vcard", tmp_path),
        ("crm", file),
        ("csv", tmp_path / "x"),
        ("crm", tmp_path / "x"),
    ):
        assert run("import", *words) == 1
    told = capsys.readouterr().err
    assert told.count(f"{tmp_path} is a directory: say dealbox import crm {tmp_path}") == 2
    assert f"{file} is a file: say dealbox import csv {file}" in told
    assert "there is no file" in told and "there is no directory" in told
