from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from linking.exchange import csv_items
from store.crm import items, models, records
from store.crm.items import ItemKind, ItemRef
from store.database import Database


def a_crm(directory: Path, **files: list[dict[str, object]]) -> Path:
    directory.mkdir(exist_ok=True)
    for name, rows in files.items():
        with (directory / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, sorted({key for row in rows for key in row}))
            writer.writeheader()
            writer.writerows(rows)
    return directory


@pytest.fixture
def crm(db: Database, tmp_path: Path) -> Database:
    directory = a_crm(
        tmp_path / "crm",
        users=[{"id": 1, "name": "Noa", "email": "noa@me.example"}],
        organizations=[{"id": 1, "name": "Żabka Łódź", "domain": "zabka.example"}],
        persons=[{"id": 1, "name": "Ana Lima", "emails": "ana@zabka.example;a@home.example", "org_id": 1}],
        deals=[
            {"id": 1, "title": "Old tender", "status": "lost", "created_at": "2026-05-01", "person_id": 1},
            {"id": 2, "title": "Printers", "value": "1,234.50", "currency": "EUR", "stage": 4, "person_id": 1,
             "owner_id": 1, "created_at": "2026-01-01", "expected_close": "2026-12-01"},
            {"id": 3, "title": "Printers again", "created_at": "2026-03-01", "stage": "Demo"},
        ],
        projects=[{"id": 1, "title": "Roll-out", "org_id": 1, "created_at": "2025-01-01", "stage": 2}],
        activities=[{"id": 1, "subject": "Call Ana", "type": "call", "deal_id": 2, "due_at": "2026-12-02T10:00:00Z"},
                    {"id": 2, "subject": "Done", "deal_id": 2, "due_at": "2026-01-02", "done": 1}],
    )  # fmt: skip
    csv_items.import_directory(db, directory, dry_run=False)
    return db


def titles(db: Database, words: str, **options: object) -> list[str]:
    return [card.title for card in items.search(db, words, **options)]  # type: ignore[arg-type] # limit and kinds


def test_a_card_shows_everything_about_an_item(crm: Database) -> None:
    ref = items.find(crm, "deal:2")
    assert ref is not None
    card = items.get(crm, ref)
    assert card is not None
    assert (card.title, card.status, card.is_open) == ("Printers", "open", True)
    assert (card.stage, card.stage_position, card.stage_count) == ("Proposal", 4, 5)
    assert (card.value, card.currency) == (Decimal("1234.50"), "EUR")
    assert (card.owner, card.person, card.organization) == ("Noa", "Ana Lima", "Żabka Łódź")
    assert card.expected_close == "2026-12-01"
    assert card.external_ref == "2"
    assert card.next_activity is not None and card.next_activity.subject == "Call Ana"


def test_the_picker_shows_open_items_first_and_of_those_the_newest(crm: Database) -> None:
    assert titles(crm, "ana") == ["Printers", "Ana Lima", "Old tender"]
    assert titles(crm, "print") == ["Printers again", "Printers"]
    assert titles(crm, "")[:3] == ["Printers again", "Printers", "Roll-out"]


def test_the_picker_finds_by_organization_and_address_however_they_are_spelt(crm: Database) -> None:
    assert set(titles(crm, "zabka lodz")) == {"Printers", "Roll-out", "Żabka Łódź", "Ana Lima", "Old tender"}
    assert titles(crm, "a@home") == ["Ana Lima"]


def test_the_picker_can_be_kept_to_kinds_and_to_a_number(crm: Database) -> None:
    assert titles(crm, "", kinds=[ItemKind.PERSON]) == ["Ana Lima"]
    assert len(titles(crm, "", limit=2)) == 2


@pytest.mark.parametrize("words", ['"', "*", "AND", "a*b OR", "NEAR(", "\x00", "ana\x1b", "🙂"])
def test_no_words_can_break_the_search(crm: Database, words: str) -> None:
    items.search(crm, words)


@pytest.mark.parametrize("text", ["deal", "deal:99", "boat:1", "", ":"])
def test_an_item_that_is_not_there_is_not_found(crm: Database, text: str) -> None:
    assert items.find(crm, text) is None


def test_an_item_is_found_by_its_own_id_and_by_the_one_it_came_with(crm: Database) -> None:
    ref = items.find(crm, "project:1")
    assert ref is not None
    assert items.find(crm, f"project:{ref.id}") == ref


def test_a_card_of_what_never_was_is_none(crm: Database) -> None:
    assert items.get(crm, ItemRef(ItemKind.LEAD, "x")) is None


def test_the_models_have_the_columns_of_the_tables(db: Database) -> None:
    for table, model in models.MODELS.items():
        columns = {row[1]: bool(row[3]) for row in db.read().execute(f"PRAGMA table_info({table})")}
        assert set(model._meta.columns) == columns.keys(), table


def test_saving_again_counts_the_revision_up(crm: Database) -> None:
    ref = items.find(crm, "deal:2")
    assert ref is not None
    with crm.write() as connection:
        row = {"id": ref.id, "title": "Printers, more", "created_at": 1, "updated_at": 2}
        records.save(connection, "deal", [row], keeps={"created_at"})
        records.reindex(connection)
    assert crm.read().execute("SELECT rev, created_at > 1 FROM deal WHERE id = ?", (ref.id,)).fetchone() == (
        2,
        1,
    )
    assert titles(crm, "more") == ["Printers, more"]
