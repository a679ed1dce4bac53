from __future__ import annotations

from pathlib import Path

import pytest

from linking.exchange import vcards
from store import items
from store.database import Database
from store.items import ItemCard, ItemKind

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
    assert [(count.added, count.changed, count.unchanged) for count in counts] == [(0, 0, 3), (0, 0, 1)]


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
