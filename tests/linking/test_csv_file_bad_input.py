from __future__ import annotations

import csv
from pathlib import Path

import pytest
from imported import a_colleague, counts, imported, rows

from linking.exchange import mapping
from linking.exchange.csv_cells import Settings
from linking.exchange.sheets import Unreadable
from store import accounts
from store.crm import items
from store.crm.items import ItemKind
from store.database import Database

DEALS = (
    "Deal - ID,Deal - Title,Deal - Organization,Deal - Contact person,Person - Email - Work,Deal - Value,Deal - Currency,"
    "Deal - Stage,Deal - Status,Deal - Owner,Deal - Deal created,Deal - Won time,Deal - Label\n"
    '1,Printers,Acme,Ana Lima,ana@acme.example,"1.234,50",EUR,Proposal,Open,Noa,2026-01-02 10:00:00,,hot\n'
    "2,Desks,Acme,Ana Lima,ana@acme.example,12 400 EUR,,Demo,Won,Noa,2026-01-02 10:00:00,2026-02-02 10:00:00,\n"
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path


# -- bad input


def test_two_persons_with_one_address_are_both_kept_and_told(db: Database, place: Path) -> None:
    report = imported(
        db,
        place,
        "ID,Name,Email\n1,Ana Lima,office@acme.example\n2,Bob Ng,office@acme.example\n",
        kind="person",
    )
    assert counts(report)["person"] == (2, 0, 0)
    assert [str(each) for each in report.notices] == [
        "file.csv:3: office@acme.example is the address of Ana Lima too: both are kept; dealbox duplicates lists them"
    ]


def test_a_person_is_known_by_any_address_and_by_name_only_within_the_organization(
    db: Database, place: Path
) -> None:
    imported(
        db, place, "Name,Email,Organization\nAna Lima,ana@acme.example; a@home.example,Acme\n", kind="person"
    )
    again = "Name,Email,Organization,Phone\nAna,A@HOME.example,,1\nAna Lima,,Acme,2\nAna Lima,,Vega,3\n"
    assert counts(imported(db, place, again, kind="person"))["person"] == (1, 2, 0)
    assert rows(db, "SELECT p.name, o.name, count(*) FROM person p JOIN organization o ON o.id = p.org_id"
                    " JOIN person_phone t ON t.person_id = p.id GROUP BY p.id ORDER BY o.name") == [
        ("Ana Lima", "Acme", 2), ("Ana Lima", "Vega", 1),
    ]  # fmt: skip


def test_a_person_with_my_own_address_is_refused_with_the_reason(db: Database, place: Path) -> None:
    accounts.add(db, "maildir", "Work", "me@corp.example", {}, ["sales@corp.example"])
    report = imported(db, place, "Name,Email\nMe,Sales@corp.example\n", kind="person")
    assert "sales@corp.example is an address of your own" in report.rejects[0].reason
    report = imported(db, place, "Title,Contact,Contact email\nDeal,Me,me@corp.example\n", kind="deal")
    assert "that address is left out" in report.notices[0].reason
    assert rows(db, "SELECT count(*) FROM person_email") == [(0,)]


def test_a_row_that_cannot_be_brings_nothing_in_not_even_its_company(db: Database, place: Path) -> None:
    rejects = place / "left.csv"
    text = 'Title,Value,Organization\nA,12x4,Acme\n"=HYPERLINK(""x"")",many,Vega\n,,Omega\nB,5,Beta\n'
    report = imported(db, place, text, kind="deal", rejects=rejects)
    assert [str(each) for each in report.rejects] == [
        "file.csv:2: “12x4” is not an amount",
        "file.csv:3: “many” is not an amount",
        "file.csv:4: has no title",
    ]
    assert rows(db, "SELECT name FROM organization") == [("Beta",)]
    assert list(csv.reader(rejects.read_text().splitlines())) == [
        ["line", "reason", "Title", "Value", "Organization"],
        ["2", "“12x4” is not an amount", "A", "12x4", "Acme"],
        ["3", "“many” is not an amount", '\'=HYPERLINK("x")', "many", "Vega"],
        ["4", "has no title", "", "", "Omega"],
    ]
    assert rejects.stat().st_mode & 0o777 == 0o600


def test_a_formula_in_a_cell_is_kept_as_text(db: Database, place: Path) -> None:
    imported(db, place, "Name,Email\n=HYPERLINK(1),a@acme.example\n'=A1,b@acme.example\n", kind="person")
    assert rows(db, "SELECT name FROM person ORDER BY name") == [("=A1",), ("=HYPERLINK(1)",)]


def test_an_organization_without_a_name_is_refused(db: Database, place: Path) -> None:
    report = imported(
        db,
        place,
        "Record ID,Company name,Company Domain Name\n1,,acme.example\n2,Vega,https://www.vega.example/de\n",
    )
    assert [str(each) for each in report.rejects] == ["file.csv:2: has no name: an organization needs one"]
    assert rows(db, "SELECT domain FROM organization_domain") == [("vega.example",)]


def test_money_in_three_currencies_and_ways_of_writing(db: Database, place: Path) -> None:
    text = 'Title,Value\nA,"1.234,50 €"\nB,"$1,234.50"\nC,12 400 CHF\nD,\n'
    imported(db, place, text, kind="deal")
    assert rows(db, "SELECT value, currency FROM deal ORDER BY title") == [
        ("1234.50", "EUR"), ("1234.50", "USD"), ("12400", "CHF"), (None, ""),
    ]  # fmt: skip
    report = imported(db, place, "Title,Value,Currency\nE,5 €,USD\n", kind="deal")
    assert report.rejects[0].reason == "is in EUR by its amount and in USD by its currency"


def test_a_stage_that_is_not_here_is_told_and_the_first_one_taken_unless_it_is_mapped(
    db: Database, place: Path
) -> None:
    text = "Title,Stage,Pipeline\nA,Haggling,Renewals\nB,Demo,\n"
    report = imported(db, place, text, kind="deal")
    assert [str(each) for each in report.notices] == [
        "file.csv:2: there is no pipeline “Renewals”: put into Sales",
        "file.csv:2: there is no stage “Haggling” in the pipeline Sales: put into Qualified; or say --stage-map",
    ]
    imported(db, place, text.replace("A,", "C,"), kind="deal", stage_map={"haggling": "Negotiation"})
    assert rows(db, "SELECT d.title, s.name FROM deal d JOIN stage s ON s.id = d.stage_id ORDER BY 1") == [
        ("A", "Qualified"), ("B", "Demo"), ("C", "Negotiation"),
    ]  # fmt: skip


def test_an_owner_nobody_knows_is_told_once_and_the_item_is_mine(db: Database, place: Path) -> None:
    a_colleague(db, "Me", "me@corp.example")
    accounts.add(db, "maildir", "Work", "me@corp.example", {})
    report = imported(db, place, "Title,Owner\nA,Zoe\nB,Zoe\nC,me@corp.example\n", kind="deal")
    assert len(report.notices) == 1 and "owner “Zoe” is no user here" in report.notices[0].reason
    assert rows(db, "SELECT DISTINCT owner_id FROM deal") == [("u1",)]


def test_dates_that_could_be_two_are_refused_until_the_order_is_said(db: Database, place: Path) -> None:
    text = "Title,Expected close date\nA,03/04/2026\nB,25/04/2026\n"
    report = imported(db, place, text, kind="deal")
    assert "could be two dates: say --date-order" in report.rejects[0].reason
    imported(db, place, text, kind="deal", settings=Settings(date_order="mdy"), source="us")
    assert rows(db, "SELECT expected_close FROM deal ORDER BY title") == [("2026-03-04",), ("2026-04-25",)]


def test_nothing_comes_in_more_visible_than_it_was(db: Database, place: Path) -> None:
    imported(
        db, place, "Title,Visible to\nA,Entire company\nB,Item owner\nC,Something new\nD,\n", kind="deal"
    )
    assert rows(db, "SELECT visible_to FROM deal ORDER BY title") == [
        ("company",),
        ("owner",),
        ("owner",),
        ("owner",),
    ]


def test_ragged_rows_nuls_and_quotes_never_closed_are_refused_line_by_line(db: Database, place: Path) -> None:
    text = 'Name,Email\nA\0na,a@acme.example\nBob,b@acme.example,more\n"Eve,e@acme.example\nDan,d@acme.example\nZoe\n'
    report = imported(db, place, text, kind="person")
    assert [str(each) for each in report.rejects] == [
        "file.csv:3: has 3 fields where the heading has 2",
        "file.csv:4: opens a quote that is never closed",
    ]
    assert rows(db, "SELECT name FROM person ORDER BY name") == [("Ana",), ("Dan",), ("Zoe",)]


def test_headings_that_are_missing_or_there_twice_are_told(db: Database, place: Path) -> None:
    report = imported(db, place, "Name,,Name,Email\nAna,x,Anna,a@acme.example\n", kind="person")
    assert [each.reason for each in report.notices] == [
        "column 2 has no heading and is left out",
        "column “Name” is one more for name: it counts where the first is empty",
    ]
    assert rows(db, "SELECT name FROM person") == [("Ana",)]


def test_a_needed_heading_that_is_not_known_refuses_the_file_with_the_list(db: Database, place: Path) -> None:
    with pytest.raises(
        mapping.CannotMap, match=r"no column is the title of a deal: say which with --map.*'Foo', 'Bar'"
    ):
        imported(db, place, "Foo,Bar\n1,2\n", kind="deal")
    assert counts(imported(db, place, "Foo,Bar\n1,2\n", kind="deal", maps=("foo=title",)))["deal"] == (
        1,
        0,
        0,
    )


def test_an_empty_file_is_refused(db: Database, place: Path) -> None:
    with pytest.raises(Unreadable, match="is empty"):
        imported(db, place, "", kind="deal")


def test_rows_without_an_id_are_the_same_next_time_and_alike_ones_are_several(
    db: Database, place: Path
) -> None:
    text = "Title,Contact,Value\nPrinters,Ana,5\nPrinters,Ana,7\nPrinters,Ana,7\n"
    assert counts(imported(db, place, text, kind="deal"))["deal"] == (2, 0, 1)
    assert counts(imported(db, place, text, kind="deal"))["deal"] == (0, 0, 3)
    report = imported(db, place, "ID,Title\n1,A\n1,B\n", kind="deal")
    assert [str(each) for each in report.rejects] == [
        "file.csv:3: id 1 stands on line 2 already, with other values"
    ]


def test_an_interrupted_import_leaves_nothing_behind(
    db: Database, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("store.crm.item_index.add_items", fail)
    with pytest.raises(KeyboardInterrupt):
        imported(db, place, DEALS)
    assert rows(db, "SELECT count(*) FROM person") == rows(db, "SELECT count(*) FROM label") == [(0,)]


def test_remarks_beyond_the_first_are_counted(db: Database, place: Path) -> None:
    report = imported(db, place, "Title,Value\n" + "A,x\n" * 250, kind="deal")
    assert (len(report.rejects), report.unlisted) == (200, {"rejects": 50})
    assert "250 left out" in report.as_text() and "left out: ... and 50 more" in report.as_text()


def test_new_items_are_found_by_the_picker(db: Database, place: Path) -> None:
    imported(db, place, DEALS)
    assert [card.title for card in items.search(db, "acme", kinds=[ItemKind.PERSON])] == ["Ana Lima"]
