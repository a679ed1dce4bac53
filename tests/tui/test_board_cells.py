"""What is drawn of the pipeline board."""

from __future__ import annotations

from decimal import Decimal

import pytest

from store.crm.board import Card, Column, Stage
from store.crm.items import ItemKind, ItemRef
from tui.widgets import board_cells
from tui.widgets.board_cells import Part

DAY = 86_400


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("950", "950 EUR"), ("9900", "9,900 EUR"), ("12400", "12k EUR"), ("340000", "340k EUR"),
        ("1240000", "1.2M EUR"), ("98000000", "98M EUR"), ("5000000000", "5.0G EUR"), ("-1240000", "-1.2M EUR"),
    ],
)  # fmt: skip
def test_large_sums_are_shortened(value: str, text: str) -> None:
    assert board_cells.short_money(Decimal(value), "EUR") == text


def test_currencies_are_never_added_and_those_without_room_are_counted() -> None:
    totals = {"EUR": Decimal(1240000), "USD": Decimal("5000.4"), "GBP": Decimal(70), "CHF": Decimal(0)}
    assert board_cells.amounts(totals) == "1,240,000 EUR + 70 GBP + 5,000 USD"
    assert board_cells.amounts(totals, 30) == "1.2M EUR + 70 GBP + 5,000 USD"
    assert board_cells.amounts(totals, 20) == "1.2M EUR + 70 GBP +1"
    assert board_cells.amounts(totals, 12) == "1.2M EUR +2"
    assert board_cells.amounts({}, 12) == ""


@pytest.mark.parametrize(
    ("width", "shown"), [(40, 1), (60, 2), (80, 3), (104, 5), (120, 5), (200, 5)], ids=str
)
def test_as_many_columns_are_shown_as_fit(width: int, shown: int) -> None:
    plan = board_cells.plan(width, 5, 0, 0)
    assert plan.shown == shown
    for cursor in range(5):
        plan = board_cells.plan(width, 5, cursor, plan.first)
        assert cursor in plan.columns
        assert plan.start(plan.columns[-1]) + plan.cells + plan.right <= width


def test_the_columns_move_no_more_than_the_cursor_needs() -> None:
    assert board_cells.plan(80, 5, 2, 0).first == 0
    assert board_cells.plan(80, 5, 3, 0).first == 1
    assert board_cells.plan(80, 5, 2, 2).first == 2
    assert board_cells.plan(80, 5, 1, 2).first == 1


def test_a_card_marks_what_rots_and_what_is_late() -> None:
    now = 100 * DAY
    card = Card(
        ItemRef(ItemKind.DEAL, "d"), "Printers", "Acme", "", Decimal(12400), "EUR", now - 9 * DAY, now - 9 * DAY,
        is_rotten=True, next_at=now - 2 * DAY, has_next=True,
    )  # fmt: skip
    _, second, third = board_cells.card(card, 24, now)
    assert (second[-1].text, second[-1].part) == ("9 d!", Part.WARN)
    assert (third[-1].text, third[-1].part) == ("late 2 d", Part.LATE)


def test_a_wide_card_says_whose_it_is() -> None:
    card = Card(
        ItemRef(ItemKind.DEAL, "d"), "Printers", "Acme", "Bea", None, "", 0, 0,
        is_rotten=False, next_at=None, has_next=False,
    )  # fmt: skip
    told = [
        board_cells.card(card, cells, 0, has_owner=has)[1][0].text.strip()
        for cells, has in ((40, True), (24, True), (40, False))
    ]
    assert told == ["Acme (Bea)", "Acme", "Acme"]


def test_the_head_of_a_column_says_how_many_stand_there() -> None:
    column = Column(Stage("s", "Negotiation", 85, None), ("a", "b"), {"EUR": Decimal(5)})
    first, second = board_cells.head(column, 20, is_current=True, sign=">")
    assert first.text == ">Negotiation      2 " and first.part is Part.FOCUS
    assert second.text.strip() == "5 EUR"
