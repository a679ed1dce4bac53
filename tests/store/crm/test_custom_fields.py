from __future__ import annotations

import crm_rows
import pytest

from store import actions
from store.crm import custom_fields
from store.crm.custom_fields import FieldRow
from store.crm.item_edits import BadItem
from store.crm.items import ItemKind, ItemRef
from store.database import Database


@pytest.fixture
def deal(db: Database) -> ItemRef:
    return crm_rows.a_deal(db, "Falcon")


def a_field(db: Database, type: str = "text", *choices: str, name: str = "Region") -> FieldRow:
    return custom_fields.add(db, ItemKind.DEAL, name, type, choices)[0]


def held(db: Database, item: ItemRef) -> dict[str, str]:
    return {each.field.name: each.value for each in custom_fields.values(db.read(), item)}


@pytest.mark.parametrize(
    ("type", "typed", "kept"),
    [
        ("text", " North\tand\x1b[1m south ", "North and[1m south"),
        ("number", "12,5", "12.5"),
        ("number", "-3", "-3"),
        ("money", "1,234.50 eur", "1234.50 EUR"),
        ("money", "12EUR", "12 EUR"),
        ("date", "2026-11-22", "2026-11-22"),
        ("choice", "NORTH", "North"),
        ("yes_no", "Y", "yes"),
        ("yes_no", "0", "no"),
        ("address", "Main Street 1\n1000 Town", "Main Street 1\n1000 Town"),
    ],
)
def test_a_field_keeps_what_its_type_allows(
    db: Database, deal: ItemRef, type: str, typed: str, kept: str
) -> None:
    field = a_field(db, type, *(["North", "South"] if type == "choice" else []))
    assert custom_fields.set_value(db, deal, field.id, typed).title == "Changed Region of Falcon"
    assert held(db, deal)["Region"] == kept


@pytest.mark.parametrize(
    ("type", "typed", "sentence"),
    [
        ("number", "many", "Region: “many” is not a number"),
        ("number", "1e5", "Region: “1e5” is not a number"),
        ("money", "12", "Region: write an amount and its currency, like 1234.50 EUR"),
        ("money", "1.2.3 EUR", "“1.2.3” is not an amount; write it like 1234.50"),
        ("date", "tomorrow", "“tomorrow” is not a date; write it like 2026-11-22"),
        ("choice", "West", "Region: choose North, South, not “West”"),
        ("yes_no", "maybe", "Region: “maybe” is neither yes nor no"),
    ],
)
def test_what_a_type_does_not_allow_is_refused(
    db: Database, deal: ItemRef, type: str, typed: str, sentence: str
) -> None:
    field = a_field(db, type, *(["North", "South"] if type == "choice" else []))
    with pytest.raises(BadItem) as caught:
        custom_fields.set_value(db, deal, field.id, typed)
    assert (caught.value.field, str(caught.value)) == (field.id, sentence)


def test_a_value_is_changed_emptied_and_brought_back(db: Database, deal: ItemRef) -> None:
    field = a_field(db)
    custom_fields.set_value(db, deal, field.id, "North")
    custom_fields.set_value(db, deal, field.id, "South")
    custom_fields.set_value(db, deal, field.id, "")
    assert custom_fields.set_value(db, deal, field.id, " ").state == "nothing"
    found = [held(db, deal)["Region"]]
    for _ in range(3):
        actions.undo(db)
        found.append(held(db, deal)["Region"])
    assert found == ["", "South", "North", ""]


def test_a_field_is_renamed_and_keeps_what_is_in_it(db: Database, deal: ItemRef) -> None:
    field = a_field(db)
    custom_fields.set_value(db, deal, field.id, "North")
    assert custom_fields.rename(db, field.id, "Area").title == "Renamed the field Region to Area"
    assert held(db, deal) == {"Area": "North"}
    assert custom_fields.rename(db, field.id, "Area").state == "nothing"


def test_a_deleted_field_is_gone_everywhere_until_undo_brings_it_back(db: Database, deal: ItemRef) -> None:
    field = a_field(db)
    custom_fields.set_value(db, deal, field.id, "North")
    custom_fields.delete(db, field.id)
    assert held(db, deal) == {}
    with pytest.raises(BadItem, match="there is no such field any more"):
        custom_fields.set_value(db, deal, field.id, "South")
    actions.undo(db)
    assert held(db, deal) == {"Region": "North"}


def test_each_kind_of_item_has_its_own_fields(db: Database, deal: ItemRef) -> None:
    field, _ = custom_fields.add(db, ItemKind.LEAD, "Region")
    assert custom_fields.all(db, ItemKind.DEAL) == ()
    with pytest.raises(BadItem, match="Region is a field of a lead, not of a deal"):
        custom_fields.set_value(db, deal, field.id, "x")


@pytest.mark.parametrize(
    ("name", "type", "choices", "field"),
    [
        ("", "text", (), "name"),
        ("REGION", "text", (), "name"),
        ("Size", "colour", (), "type"),
        ("Size", "choice", (), "choices"),
        ("Size", "choice", (" ",), "choices"),
        ("Size", "text", ("S",), "choices"),
    ],
)
def test_a_field_that_cannot_be_is_refused(
    db: Database, name: str, type: str, choices: tuple[str, ...], field: str
) -> None:
    a_field(db)
    with pytest.raises(BadItem) as caught:
        custom_fields.add(db, ItemKind.DEAL, name, type, choices)
    assert caught.value.field == field


def test_fields_stand_in_the_order_they_were_made(db: Database) -> None:
    for name in ("b", "a", "c"):
        a_field(db, name=name)
    assert [field.name for field in custom_fields.all(db, ItemKind.DEAL)] == ["b", "a", "c"]
