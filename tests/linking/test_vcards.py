from __future__ import annotations

from pathlib import Path

import crm_rows
import pytest

from linking.exchange import export, vcards
from store import accounts
from store.crm import items
from store.crm.items import ItemCard, ItemKind
from store.database import Database

CARDS = """\
BEGIN:VCARD
VERSION:3.0
UID:u-1
N:Lima;Ana;;;
FN:Ana Lima
ORG:Acme;Purchasing
TITLE:Head of purchasing
EMAIL;TYPE=home:ana@home.example
EMAIL;TYPE=work,pref:Ana@Acme.example
TEL;TYPE=cell:+351 900 100 200
CATEGORIES:VIP,Iberia
NOTE:Prefers mail.\\nAnswers late.
END:VCARD
BEGIN:VCARD
VERSION:4.0
FN:Bob Ng
EMAIL;PREF=1:bob@acme.example
TEL;VALUE=uri:tel:+1-555-0100
ORG:Acme
END:VCARD
BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Pi=C3=B1=C3=B3n;Hugo
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Hugo Pi=C3=B1=
=C3=B3n
EMAIL;INTERNET;PREF:hugo@vega.example
END:VCARD
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "people.vcf"
    path.write_text(text, newline="")
    return path


def persons(db: Database) -> dict[str, ItemCard]:
    return {card.title: card for card in items.search(db, "", kinds=[ItemKind.PERSON])}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_cards_of_every_version_become_persons(db: Database, tmp_path: Path, end: str) -> None:
    report = vcards.import_file(db, written(tmp_path, CARDS.replace("\n", end)), dry_run=False)
    assert report.rejects == ()
    found = persons(db)
    assert found.keys() == {"Ana Lima", "Bob Ng", "Hugo Piñón"}
    assert found["Ana Lima"].stage == "Head of purchasing"
    assert found["Ana Lima"].organization_id == found["Bob Ng"].organization_id
    primary = "SELECT email FROM person_email WHERE is_primary ORDER BY email"
    assert db.read().execute(primary).fetchall() == [
        ("ana@acme.example",),
        ("bob@acme.example",),
        ("hugo@vega.example",),
    ]
    assert db.read().execute("SELECT body FROM note").fetchall() == [("Prefers mail.\nAnswers late.",)]
    assert db.read().execute("SELECT name FROM label ORDER BY name").fetchall() == [("Iberia",), ("VIP",)]


def test_importing_twice_changes_nothing(db: Database, tmp_path: Path) -> None:
    path = written(tmp_path, CARDS)
    vcards.import_file(db, path, dry_run=False)
    counts = vcards.import_file(db, path, dry_run=False).counts
    assert [(count.added, count.changed, count.unchanged) for count in counts] == [(0, 0, 3)]


def test_a_broken_card_is_left_out_by_its_line_and_the_others_come_in(db: Database, tmp_path: Path) -> None:
    text = "junk\nBEGIN:VCARD\nVERSION:3.0\nno colon here\nEND:VCARD\n" + CARDS
    report = vcards.import_file(db, written(tmp_path, text), dry_run=False)
    assert [(reject.file, reject.line) for reject in report.rejects] == [("people.vcf", 2)]
    assert len(persons(db)) == 3


def test_a_file_without_cards_says_so(db: Database, tmp_path: Path) -> None:
    report = vcards.import_file(db, written(tmp_path, "hello"), dry_run=False)
    assert [str(reject) for reject in report.rejects] == ["people.vcf: has no vCard in it"]


def test_a_dry_run_writes_nothing(db: Database, tmp_path: Path) -> None:
    report = vcards.import_file(db, written(tmp_path, CARDS), dry_run=True)
    assert report.counts[0].added == 3
    assert persons(db) == {}


def test_what_a_terminal_would_act_on_does_not_come_in(db: Database, tmp_path: Path) -> None:
    text = (
        "BEGIN:VCARD\nVERSION:3.0\nFN:Eve\x1b]0;x\x07 \u202eevil\nN:Eve;;;;\nEMAIL:eve@x.example\nEND:VCARD\n"
    )
    vcards.import_file(db, written(tmp_path, text), dry_run=False)
    (name,) = persons(db)
    assert "\x1b" not in name and "\x07" not in name and "\u202e" not in name


def a_card(*lines: str) -> str:
    return "\n".join(["BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD", ""])


def test_a_file_in_utf16_is_read(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "people.vcf"
    path.write_bytes(a_card("FN:Zoë", "N:;Zoë;;;").encode("utf-16"))
    assert vcards.import_file(db, path, dry_run=False).rejects == ()
    assert persons(db).keys() == {"Zoë"}


def test_a_file_in_western_european_octets_is_read(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "people.vcf"
    path.write_bytes(a_card("FN:Zoë", "N:;Zoë;;;").encode("cp1252"))
    vcards.import_file(db, path, dry_run=False)
    assert persons(db).keys() == {"Zoë"}


def test_a_card_that_never_ends_is_one_reject(db: Database, tmp_path: Path) -> None:
    text = a_card("FN:Ana", "N:;Ana;;;") + "BEGIN:VCARD\nVERSION:3.0\nFN:Half a c"
    report = vcards.import_file(db, written(tmp_path, text), dry_run=False)
    assert [reject.line for reject in report.rejects] == [6]
    assert persons(db).keys() == {"Ana"}


def test_a_card_of_nobody_is_left_out(db: Database, tmp_path: Path) -> None:
    report = vcards.import_file(db, written(tmp_path, a_card("FN:", "N:;;;;")), dry_run=False)
    assert [reject.reason for reject in report.rejects] == ["the card has neither a name nor an address"]


def test_a_card_larger_than_any_is_left_out(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vcards, "_MOST_CARD_OCTETS", 20)
    report = vcards.import_file(db, written(tmp_path, a_card("FN:Ana", "N:;Ana;;;")), dry_run=False)
    assert [reject.reason for reject in report.rejects] == ["the card is larger than 5 MB"]


def test_an_equal_card_twice_is_one_and_a_different_one_is_left_out(db: Database, tmp_path: Path) -> None:
    ana = a_card("FN:Ana", "N:;Ana;;;", "EMAIL:ana@acme.example")
    other = a_card("FN:Anna", "N:;Anna;;;", "EMAIL:ana@acme.example")
    report = vcards.import_file(db, written(tmp_path, ana + ana + other), dry_run=False)
    assert report.counts[0].added == 1
    assert [str(reject) for reject in report.rejects] == [
        "people.vcf:13: the same person stands on line 1 already, with other values"
    ]


def test_an_address_that_is_none_is_noted(db: Database, tmp_path: Path) -> None:
    text = a_card("FN:Ana", "N:;Ana;;;", "EMAIL:call me", "EMAIL:mailto:ana@acme.example")
    report = vcards.import_file(db, written(tmp_path, text), dry_run=False)
    assert [notice.line for notice in report.notices] == [1]
    assert db.read().execute("SELECT email FROM person_email").fetchall() == [("ana@acme.example",)]


def test_without_a_full_name_the_parts_the_organization_or_the_address_name_the_person(
    db: Database, tmp_path: Path
) -> None:
    text = (
        a_card("FN:", "N:Lima;Ana;;;")
        + a_card("FN:", "N:;;;;", "ORG:Acme")
        + a_card("FN:", "N:;;;;", "EMAIL:bob@acme.example")
        + "BEGIN:VCARD\nVERSION:4.0\nFN:\nORG:\nEMAIL:eve@acme.example\nEND:VCARD\n"
    )
    report = vcards.import_file(db, written(tmp_path, text), dry_run=False)
    assert report.rejects == ()
    assert persons(db).keys() == {"Ana Lima", "Acme", "bob@acme.example", "eve@acme.example"}


def test_pictures_are_left_out_and_empty_lines_say_nothing(db: Database, tmp_path: Path) -> None:
    text = a_card(
        "FN:Ana", "N:;Ana;;;", "PHOTO;ENCODING=b:" + "A" * 60, " " + "A" * 60, "TITLE:", "NOTE: ", "TEL:", "ORG:Acme",
        "CATEGORIES:",
    )  # fmt: skip
    report = vcards.import_file(db, written(tmp_path, text), dry_run=False)
    assert report.rejects == ()
    assert persons(db)["Ana"].stage == ""
    assert db.read().execute("SELECT count(*) FROM note").fetchone() == (0,)
    assert db.read().execute("SELECT count(*) FROM person_phone").fetchone() == (0,)


def test_a_note_in_base64_is_read(db: Database, tmp_path: Path) -> None:
    text = a_card("FN:Ana", "N:;Ana;;;", "NOTE;ENCODING=b:Q2FsbCBiYWNr")
    report = vcards.import_file(db, written(tmp_path, text), dry_run=False)
    assert report.rejects == ()
    assert db.read().execute("SELECT body FROM note").fetchall() == [("Call back",)]


def test_a_card_that_never_ends_takes_no_other_with_it(db: Database, tmp_path: Path) -> None:
    text = "BEGIN:VCARD\nVERSION:3.0\nFN:Half\n" + a_card("FN:Ana", "N:;Ana;;;")
    report = vcards.import_file(db, written(tmp_path, text), dry_run=False)
    assert [reject.line for reject in report.rejects] == [1]
    assert persons(db).keys() == {"Ana"}


def test_an_agent_is_no_person_of_its_own(db: Database, tmp_path: Path) -> None:
    agent = "AGENT:\nBEGIN:VCARD\nVERSION:2.1\nN:Friday;Fred\nEND:VCARD"
    text = f"BEGIN:VCARD\nVERSION:2.1\nN:Lima;Ana\n{agent}\nEMAIL:ana@acme.example\nEND:VCARD\n"
    vcards.import_file(db, written(tmp_path, text), dry_run=False)
    assert "Fred Friday" not in persons(db)


def test_address_and_website_become_fields_and_types_labels(db: Database, tmp_path: Path) -> None:
    text = a_card(
        "FN:Ana", "N:;Ana;;;", "ADR:;;;;;;", "ADR;TYPE=work:;;1 Road;Porto;;4000;Portugal", "URL:https://ana.example",
        "EMAIL;TYPE=HOME:ana@home.example", "TEL;TYPE=cell,voice:+351 1",
    )  # fmt: skip
    vcards.import_file(db, written(tmp_path, text), dry_run=False)
    fields = "SELECT f.name, f.type, v.value FROM custom_value v JOIN custom_field f ON f.id = v.field_id ORDER BY 1"
    assert db.read().execute(fields).fetchall() == [
        ("Address", "address", "1 Road, 4000, Porto, Portugal"),
        ("Website", "text", "https://ana.example"),
    ]
    assert db.read().execute("SELECT label FROM person_email").fetchall() == [("home",)]
    assert db.read().execute("SELECT label FROM person_phone").fetchall() == [("mobile",)]


def test_a_card_of_somebody_known_by_address_adds_what_is_missing(db: Database, tmp_path: Path) -> None:
    crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    text = a_card("UID:7", "FN:Ana", "N:;Ana;;;", "TITLE:Chief", "EMAIL:ANA@acme.example", "TEL:+351 1")
    report = vcards.import_file(db, written(tmp_path, text), dry_run=False)
    assert (report.counts[0].added, report.counts[0].changed) == (0, 1)
    assert persons(db).keys() == {"Ana Lima"}
    assert [str(conflict) for conflict in report.conflicts] == [
        "people.vcf:1: person Ana Lima: name stays “Ana Lima”, the file says “Ana”",
        "people.vcf:1: person Ana Lima: title stays “Buyer”, the file says “Chief”",
    ]


def test_a_card_that_is_newer_than_what_is_here_replaces_it(db: Database, tmp_path: Path) -> None:
    crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    for revised, title in (
        ("20010101T000000Z", "Buyer"),
        ("lately", "Buyer"),
        ("2036-01-01T00:00:00Z", "Chief"),
    ):
        text = a_card(
            "UID:7", "FN:Ana Lima", "N:;;;;", "TITLE:Chief", "EMAIL:ana@acme.example", f"REV:{revised}"
        )
        vcards.import_file(db, written(tmp_path, text), dry_run=False)
        assert persons(db)["Ana Lima"].stage == title


def test_a_card_with_an_address_of_ones_own_is_left_out_whole(db: Database, tmp_path: Path) -> None:
    accounts.add(db, "maildir", "Work", "me@corp.example", {})
    text = a_card("FN:Me", "N:;Me;;;", "ORG:Corp", "EMAIL:me@corp.example")
    report = vcards.import_file(db, written(tmp_path, text), dry_run=False)
    assert "an address of your own" in report.rejects[0].reason
    assert items.search(db, "") == ()


def test_our_own_cards_come_back(db: Database, tmp_path: Path) -> None:
    vcards.import_file(
        db, written(tmp_path, CARDS + a_card("FN:" + "Ü" * 80 + ", \\; x", "N:;;;;")), dry_run=False
    )
    export.export(db, tmp_path / "out", ["vcf"])
    text = (tmp_path / "out" / "persons.vcf").read_bytes()
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    report = vcards.import_file(db, tmp_path / "out" / "persons.vcf", dry_run=True)
    assert (report.counts[0].added, report.rejects, report.conflicts) == (0, (), ())
