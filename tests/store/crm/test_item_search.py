from __future__ import annotations

import crm_rows
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.crm.item_search import ItemSearch
from store.crm.items import ItemKind, ItemRef
from store.database import Database


def titles(
    db: Database, text: str, *, kinds: tuple[ItemKind, ...] = tuple(ItemKind), first: tuple[ItemRef, ...] = ()
) -> list[str]:
    return [card.title for card in ItemSearch(db, kinds=kinds, first=lambda: first).find(text)]


@pytest.fixture
def crm(db: Database) -> Database:
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    crm_rows.a_deal(db, "Falcon licences", ana)
    crm_rows.a_deal(db, "Falcon training")
    crm_rows.a_deal(db, "Old falcon", status="lost")
    return db


@pytest.mark.parametrize(
    "typed",
    [
        "flacon licnces",
        "falcon licnces",
        "falcn licen",
        "Falcom Lizences",
        "fallcon licencse",
        "flac licn",
        "aflcon",
    ],
)
def test_slips_of_the_pen_still_find_the_item(crm: Database, typed: str) -> None:
    assert "Falcon licences" in titles(crm, typed)[:2]  # of the same second as the other that is open


@pytest.mark.parametrize("typed", ["galcon licences", "alcon licen", "ffalcon", "walc", "licences xalcon"])
def test_a_wrong_first_letter_still_finds_the_item(crm: Database, typed: str) -> None:
    assert "Falcon licences" in titles(crm, typed)[:2]


@pytest.mark.parametrize("typed", ["gal", "9alcon", "gilcon", "galcon nothing"])
def test_a_wrong_first_letter_is_forgiven_only_where_the_rest_of_a_word_is_right(
    crm: Database, typed: str
) -> None:
    assert titles(crm, typed) == []


def test_a_first_letter_is_taken_for_wrong_only_where_nothing_begins_so(crm: Database) -> None:
    crm_rows.a_deal(crm, "Galcon")
    assert titles(crm, "galcon") == ["Galcon"]


def test_of_very_many_words_with_another_first_letter_some_are_found(crm: Database) -> None:
    for letter in "abcdeghijklmnopqr":
        crm_rows.a_deal(crm, f"{letter}xnument")
    assert 10 < len(titles(crm, "zxnument")) < 17


def test_a_number_is_not_taken_for_another(crm: Database) -> None:
    crm_rows.a_deal(crm, "Quotation 20461")
    assert titles(crm, "20461") == ["Quotation 20461"]
    assert titles(crm, "20416") == []
    assert titles(crm, "quotatoin 20461") == ["Quotation 20461"]


def test_beginnings_of_words_come_before_near_words(crm: Database) -> None:
    crm_rows.a_deal(crm, "Falkon")
    assert set(titles(crm, "falc")[:3]) == {"Falcon training", "Falcon licences", "Old falcon"}
    assert titles(crm, "falc")[-1] == "Falkon"


def test_items_given_as_first_stand_on_top_wherever_they_match(crm: Database) -> None:
    old = crm_rows.a_deal(crm, "Falcon spares", status="won")
    assert titles(crm, "falcon", first=(old,))[0] == "Falcon spares"
    assert titles(crm, "", first=(old,))[0] == "Falcon spares"
    assert titles(crm, "training", first=(old,)) == ["Falcon training"]


def test_an_item_is_named_by_its_kind_and_id(crm: Database) -> None:
    ref = crm_rows.a_deal(crm, "Nothing like it")
    assert titles(crm, f"deal:{ref.id}")[0] == "Nothing like it"


def test_only_the_kinds_asked_for_are_found(crm: Database) -> None:
    assert titles(crm, "lima", kinds=(ItemKind.PERSON,)) == ["Ana Lima"]
    assert titles(crm, "limma", kinds=(ItemKind.PERSON,)) == ["Ana Lima"]
    assert titles(crm, "lima", kinds=(ItemKind.LEAD,)) == []


def test_a_word_like_no_other_finds_nothing(crm: Database) -> None:
    assert titles(crm, "qqqqqqq") == []
    assert titles(crm, "xy") == []


def test_a_list_that_is_full_of_beginnings_asks_for_no_near_words(crm: Database) -> None:
    search = ItemSearch(crm)
    assert len(search.find("falcon", 2)) == 2
    assert search._words == {}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60))
def test_no_text_breaks_the_search(crm: Database, text: str) -> None:
    ItemSearch(crm).find(text)


@pytest.mark.parametrize(
    "text",
    ['"', "*", "AND", "a*b OR", "NEAR(fal", "\x00", "deal:", "x" * 9_000, "a " * 9_000, "契約書", "\ud800"],
)
def test_no_syntax_of_the_index_can_be_typed(crm: Database, text: str) -> None:
    ItemSearch(crm).find(text)
