from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from linking.exchange import csv_items
from linking.exchange.report import ImportReport
from store import items
from store.database import Database
from store.items import ItemCard

SHARED = Path(__file__).parents[3] / "shared" / "corpus" / "make_corpus.py"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "crm").mkdir()
    return tmp_path / "crm"


def imported(db: Database, directory: Path, *, dry_run: bool = False, **files: str | bytes) -> ImportReport:
    for name, text in files.items():
        octets = text if isinstance(text, bytes) else text.encode()
        (directory / f"{name}.csv").write_bytes(octets)
    return csv_items.import_directory(db, directory, dry_run=dry_run)


def counts(report: ImportReport) -> dict[str, tuple[int, int, int]]:
    return {count.kind: (count.added, count.changed, count.unchanged) for count in report.counts}


def reasons(report: ImportReport) -> list[str]:
    return [str(reject) for reject in report.rejects]


def card(db: Database, text: str) -> ItemCard:
    ref = items.find(db, text)
    assert ref is not None
    found = items.get(db, ref)
    assert found is not None
    return found


def test_one_file_alone_is_enough(db: Database, directory: Path) -> None:
    report = imported(db, directory, deals="id,title\n1,Printers\n")
    assert counts(report) == {"deal": (1, 0, 0)}
    assert card(db, "deal:1").title == "Printers"


def test_importing_again_changes_nothing_and_a_changed_row_replaces_what_it_was(
    db: Database, directory: Path
) -> None:
    imported(db, directory, persons="id,name,emails\n1,Ana,a@x.example;b@x.example\n2,Bob,\n")
    assert counts(imported(db, directory)) == {"person": (0, 0, 2)}
    report = imported(db, directory, persons="id,name,emails\n1,Ana Lima,b@x.example\n2,Bob,\n")
    assert counts(report) == {"person": (0, 1, 1)}
    assert card(db, "person:1").title == "Ana Lima"
    assert db.read().execute("SELECT email FROM person_email").fetchall() == [("b@x.example",)]


def test_a_dry_run_reports_the_same_and_writes_nothing(db: Database, directory: Path) -> None:
    report = imported(db, directory, deals="id,title\n1,Printers\n,No id\n", dry_run=True)
    assert counts(report) == {"deal": (1, 0, 0)}
    assert reasons(report) == ["deals.csv:3: has no id"]
    assert items.find(db, "deal:1") is None


@pytest.mark.parametrize(
    "octets",
    [
        "\ufeffid;title;value\n1;Größe;1.234,50\n".encode(),
        "id\ttitle\tvalue\r\n1\tGröße\t1234.50\r\n".encode(),
        'id,title,value\n1,Größe,"1,234.50"\n'.encode("cp1252"),
        "id,title,value\n1,Größe,1234.5\n".encode("utf-16"),
        "ID, Deal - Title ,VALUE,,\n1,Größe,EUR 1 234.50,,\n".encode(),
    ],
)
def test_files_are_read_as_different_programs_write_them(
    db: Database, directory: Path, octets: bytes
) -> None:
    report = imported(db, directory, deals=octets)
    assert reasons(report) == []
    assert (card(db, "deal:1").title, float(card(db, "deal:1").value or 0)) == ("Größe", 1234.5)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",x,,,,,", "has no id"),
        ("1,,,,,,", "has no title"),
        ("1,x,12x4,,,,", "“12x4” is not an amount"),
        ("1,x,,euros,,,", "“euros” is not a currency; write EUR, USD ..."),
        ("1,x,,,sold,,", "“sold” is not allowed; write open, won, lost, deleted, archived"),
        ("1,x,,,,soon,", "“soon” is not a time; write 2026-11-22T08:14:00Z"),
        ("1,x,,,,,99", "stage 99 is not from 1 to 50"),
        ("1,x,,,,,1,more", "has 8 fields where the heading has 7"),
    ],
)
def test_a_row_that_cannot_be_is_left_out_with_its_line_and_why(
    db: Database, directory: Path, row: str, reason: str
) -> None:
    report = imported(
        db, directory, deals=f"id,title,value,currency,status,created_at,stage\n\n{row}\n2,ok,,,,,\n"
    )
    assert reasons(report) == [f"deals.csv:3: {reason}"]
    assert counts(report) == {"deal": (1, 0, 0)}


def test_an_equal_row_twice_is_one_and_a_different_one_is_left_out(db: Database, directory: Path) -> None:
    report = imported(db, directory, deals="id,title\n1,A\n1,A\n1,B\n")
    assert counts(report) == {"deal": (1, 0, 0)}
    assert reasons(report) == ["deals.csv:4: id 1 stands on line 2 already, with other values"]


def test_unknown_columns_and_references_are_noted_and_the_rest_comes_in(
    db: Database, directory: Path
) -> None:
    report = imported(db, directory, deals="id,title,colour,person_id\n1,A,red,7\n2,B,,8\n")
    assert [str(notice) for notice in report.notices] == [
        "deals.csv:1: column “colour” is not known and was left out",
        "deals.csv:2: person_id “7” leads nowhere (and 1 more): left empty",
    ]
    assert counts(report) == {"deal": (2, 0, 0)}


def test_references_lead_to_rows_of_earlier_imports(db: Database, directory: Path) -> None:
    imported(db, directory, persons="id,name\n7,Ana\n")
    (directory / "persons.csv").unlink()
    imported(db, directory, deals="id,title,person_id\n1,A,7\n")
    assert card(db, "deal:1").person == "Ana"


def test_stages_are_meant_by_number_or_name_and_made_when_they_are_missing(
    db: Database, directory: Path
) -> None:
    text = "id,title,stage,pipeline\n1,A,2,\n2,B,proposal,\n3,C,Signing,\n4,D,2,Partners\n"
    imported(db, directory, deals=text)
    stages = [(card(db, f"deal:{n}").stage, card(db, f"deal:{n}").stage_position) for n in (1, 2, 3, 4)]
    assert stages == [("Contact made", 2), ("Proposal", 4), ("Signing", 6), ("Stage 2", 2)]


def test_closed_items_know_when_they_were_closed(db: Database, directory: Path) -> None:
    text = "id,title,status,closed_at\n1,A,won,2026-01-02T00:00:00Z\n2,B,lost,2026-01-02\n3,C,deleted,2026-01-02\n"
    imported(db, directory, deals=text)
    rows = db.read().execute("SELECT title, won_at, lost_at, deleted_at FROM deal ORDER BY title").fetchall()
    at = 1_767_312_000
    assert rows == [("A", at, None, None), ("B", None, at, None), ("C", None, None, at)]


def test_an_interrupted_import_leaves_nothing_behind(
    db: Database, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("store.records.reindex", fail)
    with pytest.raises(KeyboardInterrupt):
        imported(db, directory, persons="id,name\n1,Ana\n", deals="id,title\n1,A\n")
    assert db.read().execute("SELECT count(*) FROM person").fetchone() == (0,)
    assert db.read().execute("SELECT count(*) FROM external_ref").fetchone() == (0,)


def test_what_a_terminal_would_act_on_does_not_come_in(db: Database, directory: Path) -> None:
    imported(db, directory, deals="id,title\n1,A\x1b[2J\u202eB\n")
    assert "\x1b" not in card(db, "deal:1").title and "\u202e" not in card(db, "deal:1").title


def test_a_link_comes_true_when_its_mail_is_there(db: Database, directory: Path) -> None:
    report = imported(
        db,
        directory,
        deals="id,title\n1,A\n",
        links="message_id,kind,item\n<m@x.example>,deal,1\n<n@x>,deal,9\n",
    )
    assert reasons(report) == [
        "links.csv:3: needs a message_id, a kind (deal, lead, project) and the id of such an item"
    ]
    assert db.read().execute("SELECT message_id, item_kind FROM awaited_link").fetchall() == [
        ("m@x.example", "deal")
    ]


@pytest.mark.skipif(not SHARED.exists(), reason="the shared corpus is not here")
def test_the_crm_of_the_corpus_comes_in_whole(db: Database, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-P",
        str(SHARED),
        str(tmp_path / "corpus"),
        "--messages",
        "300",
        "--seed",
        "7",
        "--crm",
    ]
    subprocess.run(command, check=True, capture_output=True)
    report = csv_items.import_directory(db, tmp_path / "corpus" / "crm", dry_run=False)
    assert report.rejects == () and report.notices == ()
    assert counts(report).keys() >= {
        "user",
        "organization",
        "person",
        "deal",
        "lead",
        "project",
        "activity",
        "product",
    }
