from __future__ import annotations

from pathlib import Path

import pytest

from linking.exchange import sheets

COLUMNS = {"id": "id", "title": "title"}


def a_sheet(tmp_path: Path, octets: bytes) -> sheets.Sheet:
    path = tmp_path / "deals.csv"
    path.write_bytes(octets)
    return sheets.read(path, COLUMNS)


def test_a_field_over_many_lines_is_numbered_by_its_first(tmp_path: Path) -> None:
    found = a_sheet(tmp_path, b'id,title\n1,"two\nlines"\n2,one\n')
    assert [(line.number, line["title"]) for line in found.lines] == [(2, "two\nlines"), (4, "one")]


def test_rows_of_nothing_are_passed_over_and_missing_fields_are_empty(tmp_path: Path) -> None:
    (line,) = a_sheet(tmp_path, b"id,title\n,\n  ,\n7\n").lines
    assert (line["id"], line["title"]) == ("7", "")


def test_a_file_larger_than_any_crm_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_OCTETS", 10)
    found = a_sheet(tmp_path, b"id,title\n1,A\n")
    assert found.lines == ()
    assert [(each.line, each.reason) for each in found.rejects] == [(0, "is larger than 0 MB")]


def test_a_heading_that_is_no_heading_refuses_the_file(tmp_path: Path) -> None:
    (reject,) = a_sheet(tmp_path, b"id," + b"x" * 200_000 + b"\n1,A\n").rejects
    assert reject.line == 0 and "field larger than" in reject.reason


def test_a_row_that_cannot_be_read_is_left_out_and_the_next_come_in(tmp_path: Path) -> None:
    found = a_sheet(tmp_path, b"id,title\n1," + b"x" * 200_000 + b"\n2,B\n")
    assert [(each.line, "field larger than" in each.reason) for each in found.rejects] == [(2, True)]
    assert [line["id"] for line in found.lines] == ["2"]


def test_half_a_utf16_file_is_read_as_far_as_anything_can(tmp_path: Path) -> None:
    assert a_sheet(tmp_path, b"\xff\xfei\x00d\x00,").lines == ()
    (line,) = a_sheet(tmp_path, "id\n1\n".encode("utf-16")).lines
    assert line["id"] == "1"


def test_an_empty_file_has_nothing_to_read_or_refuse(tmp_path: Path) -> None:
    found = a_sheet(tmp_path, b"")
    assert (found.lines, found.rejects, found.notices) == ((), (), ())


def test_what_a_terminal_would_act_on_is_not_in_headings(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,a\x1b[2Jb\u202e  c\n1,2\n")
    with sheets.Table(path) as table:
        assert table.headings == ("id", "a[2Jb c")


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"%PDF-1.7"])
def test_files_of_other_kinds_are_refused_with_what_to_do(tmp_path: Path, start: bytes) -> None:
    (reject,) = a_sheet(tmp_path, start + b"\nid,title\n").rejects
    assert "open it in a spreadsheet and save it as CSV" in reject.reason


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("-cmd", "'-cmd"), ("\tx", "'\tx"), ("'=x", "''=x"), ("+x", "'+x"),
        ("-5.50", "-5.50"), ("+49 (30) 1-2; +49 3", "+49 (30) 1-2; +49 3"), ("'quoted'", "'quoted'"), ("", ""),
    ],
)  # fmt: skip
def test_what_a_spreadsheet_takes_for_a_formula_is_written_as_text_and_read_as_it_was(
    cell: str, written: str
) -> None:
    assert sheets.neutral(cell) == written
    assert sheets.plain(written) == cell


def test_a_file_that_is_no_text_is_refused_unless_its_encoding_is_said(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_bytes(b"id,title\n" + bytes(range(1, 256)) * 20)
    with pytest.raises(sheets.Unreadable, match="is not text: open it in the program it is from"):
        sheets.Table(path)
    with sheets.Table(path, encoding="cp437") as table:
        assert table.headings == ("id", "title")
