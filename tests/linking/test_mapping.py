from __future__ import annotations

from pathlib import Path

import pytest

from linking.exchange import mapping


def fields(headings: str, kind: str | None = None, file: str = "") -> tuple[str, list[str]]:
    found = mapping.guess(headings.split(","), kind, file=file)
    return found.kind, [column.field for column in found.columns]


@pytest.mark.parametrize(
    ("headings", "kind", "expected"),
    [
        ("Person - Name*,Person - Email (Work),Person - Organization", "person", ["name", "email.work", "organization"]),
        ("Deal – Title,Organization - Name,Person - Email - Home", "deal", ["title", "organization", "person_email"]),
        ("Organization - Name,Organization - Address", "organization", ["name", "address"]),
        ("Activity - Subject,Activity - Deal,Deal - ID", "activity", ["subject", "deal", "deal_id"]),
        ("Record ID,Company name,Company Domain Name", "organization", ["id", "name", "domain"]),
        ("ID,Nachname,Vorname,Telefon geschäftlich", "person", ["id", "last_name", "first_name", "phone.work"]),
        ("Название сделки,Стадия сделки,Ответственный,Что-то", "deal", ["title", "stage", "owner", ""]),
        ("Product name,Unit price", "product", ["name", "price"]),
    ],
)  # fmt: skip
def test_headings_tell_the_kind_and_the_fields(headings: str, kind: str, expected: list[str]) -> None:
    assert fields(headings) == (kind, expected)


def test_the_name_of_the_file_decides_between_kinds_that_fit_alike(tmp_path: Path) -> None:
    headings = "Title,Value,Person,Organization"
    assert fields(headings, file="my_leads.csv")[0] == "lead"
    with pytest.raises(mapping.CannotMap, match=r"say --kind deal\|lead\|project"):
        fields(headings)


def test_headings_of_nothing_known_are_listed() -> None:
    with pytest.raises(mapping.CannotMap, match=r"it is not clear what the rows are.*'foo', 'bar'"):
        fields("foo,bar")


@pytest.mark.parametrize(
    ("headings", "source"),
    [
        ("Deal - Title", "pipedrive"),
        ("Record ID,Deal Name", "hubspot"),
        ("ID,Ответственный", "bitrix24"),
        ("Title,Value", "csv"),
    ],
)
def test_the_program_that_wrote_a_file_is_told_by_its_headings(headings: str, source: str) -> None:
    assert mapping.source_of(headings.split(",")) == source


def test_what_was_chosen_is_remembered_for_just_these_headings(tmp_path: Path) -> None:
    chosen = mapping.with_options(mapping.guess(["Name", "Shoe"], "person"), ["shoe=custom:Shoe size"])
    mapping.remember(tmp_path, chosen)
    assert mapping.recall(tmp_path, ["NAME ", "shoe"]) == mapping.Chosen(
        "person", (mapping.Column("NAME ", "name"), mapping.Column("shoe", "custom:Shoe size"))
    )
    assert mapping.recall(tmp_path, ["Name"]) is None
    assert (tmp_path / "import-mappings.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "[]", "{", '{"x": 1}'])
def test_a_broken_memory_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "import-mappings.json").write_text(text)
    assert mapping.recall(tmp_path, ["Name"]) is None


def test_every_field_and_heading_of_the_table_is_one_that_can_be_asked_for() -> None:
    for kind in mapping.KINDS:
        for field in mapping.fields(kind):
            assert mapping.guess([field], kind).columns[0].field, (kind, field)


def test_what_was_remembered_of_fewer_columns_is_forgotten(tmp_path: Path) -> None:
    mapping.remember(tmp_path, mapping.guess(["Name", "Email"], "person"))
    path = tmp_path / "import-mappings.json"
    path.write_text(path.read_text().replace('"name",', ""))
    assert mapping.recall(tmp_path, ["Name", "Email"]) is None
