from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from linking.exchange import csv_items
from linking.exchange.report import ImportReport
from store.crm import items
from store.crm.items import ItemCard
from store.database import Database

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

    monkeypatch.setattr("store.crm.item_index.add_items", fail)
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


def test_a_person_is_named_by_parts_and_one_without_any_is_left_out(db: Database, directory: Path) -> None:
    report = imported(db, directory, persons="id,first_name,last_name\n1,Ana,Lima\n2,,\n")
    assert card(db, "person:1").title == "Ana Lima"
    assert reasons(report) == ["persons.csv:3: has no name"]


def test_an_address_that_is_none_is_noted_and_the_person_comes_in(db: Database, directory: Path) -> None:
    report = imported(db, directory, persons="id,name,emails\n1,Ana,ana at acme;ana@acme.example\n")
    assert [str(notice) for notice in report.notices] == [
        "persons.csv:2: “ana at acme” is not an e-mail address: left out"
    ]
    assert db.read().execute("SELECT email FROM person_email").fetchall() == [("ana@acme.example",)]


def test_notes_come_in_with_what_they_are_about_and_one_without_words_does_not(
    db: Database, directory: Path
) -> None:
    report = imported(
        db,
        directory,
        deals="id,title\n1,A\n",
        notes="id,body,deal_id,pinned\n1,Call back,1,yes\n2,,1,\n",
    )
    assert reasons(report) == ["notes.csv:3: has no body"]
    ref = items.find(db, "deal:1")
    assert ref is not None
    assert db.read().execute("SELECT body, is_pinned, deal_id FROM note").fetchall() == [
        ("Call back", 1, ref.id)
    ]


def test_more_stages_than_anyone_has_are_left_out(db: Database, directory: Path) -> None:
    rows = "".join(f"{n},D{n},Stage called {n}\n" for n in range(csv_items.MOST_STEPS + 1))
    report = imported(db, directory, deals="id,title,stage\n" + rows)
    (reason,) = {text.partition(": ")[2].partition("” ")[2] for text in reasons(report)}
    assert reason == "would be one stage more than 50"
    (steps,) = (
        db.read().execute("SELECT count(*) FROM stage GROUP BY pipeline_id ORDER BY count(*) DESC").fetchone()
    )
    assert steps == csv_items.MOST_STEPS


def test_an_activity_that_is_done_without_a_time_was_done_when_it_was_due(
    db: Database, directory: Path
) -> None:
    text = "id,subject,due_at,done\n1,Call,2023-11-14T22:13:20Z,1\n2,Meet,2023-11-14T22:13:20Z,0\n"
    imported(db, directory, activities=text)
    rows = db.read().execute("SELECT subject, done_at FROM activity ORDER BY subject").fetchall()
    assert rows == [("Call", 1_700_000_000), ("Meet", None)]


def test_an_archived_project_knows_since_when(db: Database, directory: Path) -> None:
    imported(
        db,
        directory,
        projects="id,title,status,closed_at,stage\n1,Move,archived,2023-11-14T22:13:20Z,Kick-off\n",
    )
    row = db.read().execute("SELECT status, archived_at FROM project").fetchone()
    assert row == ("open", 1_700_000_000)
    assert card(db, "project:1").stage == "Kick-off"


def test_labels_are_made_once_and_shared_by_all_that_have_them(db: Database, directory: Path) -> None:
    imported(db, directory, deals="id,title,labels\n1,A,hot;new\n2,B,hot\n")
    imported(db, directory, leads="id,title,labels\n1,C,new\n")
    rows = db.read().execute(
        "SELECT l.name, group_concat(i.item_kind) FROM label l JOIN item_label i ON i.label_id = l.id"
        " GROUP BY l.id ORDER BY l.name"
    )
    assert {name: sorted(kinds.split(",")) for name, kinds in rows} == {
        "hot": ["deal", "deal"],
        "new": ["deal", "lead"],
    }


def test_an_empty_directory_brings_nothing_in_and_rings_no_bell(db: Database, directory: Path) -> None:
    before = db.read().execute("SELECT count(*) FROM event").fetchone()
    assert imported(db, directory).as_text() == "nothing to import was found"
    assert db.read().execute("SELECT count(*) FROM event").fetchone() == before


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


def test_what_does_not_say_who_sees_it_is_for_its_owner(db: Database, directory: Path) -> None:
    imported(db, directory, deals="id,title\n1,Printers\n", leads="id,title,visible_to\n1,Labels,company\n")
    seen = db.read().execute("SELECT visible_to FROM deal UNION ALL SELECT visible_to FROM lead").fetchall()
    assert seen == [("owner",), ("company",)]
