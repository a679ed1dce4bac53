"""The pipeline board as text: which columns fit, what stands in their heads and in cards. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from rich.cells import cell_len

from store.crm.board import Card, Column, Totals, total
from store.crm.items import ItemKind
from tui.content import line
from tui.format import count, fit, plural, short_date, shorten
from tui.widgets.crm_lines import money

LEAST_CELLS: Final = 20
"""A column is at least so wide, but for terminals that are not."""
EDGE_CELLS: Final = 9
"""What is at either side for the columns that do not fit."""
HEAD_LINES: Final = 3
CARD_LINES: Final = 3
_WIDE_CELLS: Final = 30
_DAY_S: Final = 86_400


class Part(StrEnum):
    """How a piece of the board looks: names its style."""

    PLAIN = ""
    TITLE = "title"
    FOCUS = "focus"
    DIM = "dim"
    WARN = "warn"
    LATE = "late"


class Words(NamedTuple):
    """A piece of a line."""

    text: str
    part: Part = Part.PLAIN


class Plan(NamedTuple):
    """Which columns are on screen, how wide, and the cells at either side that sum up the others."""

    first: int
    shown: int
    cells: int
    left: int
    right: int

    @property
    def columns(self) -> range:
        """Return the numbers of the columns on screen."""
        return range(self.first, self.first + self.shown)

    def start(self, column: int) -> int:
        """Return the cell a column begins in."""
        return self.left + (column - self.first) * (self.cells + 1)


def plan(width: int, columns: int, cursor: int, first: int) -> Plan:
    """Return how columns stand in a width so that the cursor's is on screen, moving as little as that needs."""
    fitting = (width + 1) // (LEAST_CELLS + 1)
    if columns <= fitting:
        return Plan(0, columns, (width - columns + 1) // max(columns, 1), 0, 0)
    shown = max(1, (width - 2 * EDGE_CELLS + 1) // (LEAST_CELLS + 1))
    first = max(min(first, cursor, columns - shown), cursor - shown + 1, 0)
    left = EDGE_CELLS if first > 0 else 0
    right = EDGE_CELLS if first + shown < columns else 0
    return Plan(first, shown, max(1, (width - left - right - shown + 1) // shown), left, right)


def amounts(totals: Totals, cells: int | None = None) -> str:
    """Return sums of several currencies, "12,400 EUR + 900 USD": shorter ones where there is no room for them."""
    sums = [(currency, amount) for currency, amount in sorted(totals.items()) if amount]
    whole = " + ".join(money(amount.quantize(Decimal(1)), currency) for currency, amount in sums)
    if cells is None or cell_len(whole) <= cells:
        return whole
    short = [short_money(amount, currency) for currency, amount in sums]
    for shown in range(len(short), 0, -1):
        more = f" +{len(short) - shown}" if shown < len(short) else ""
        text = " + ".join(short[:shown]) + more
        if cell_len(text) <= cells:
            return text
    return shorten(short[0], cells) if short else ""


def short_money(value: Decimal, currency: str) -> str:
    """Return "1.2M EUR", "340k EUR", "9,900 EUR": at most nine cells for up to a hundred million."""
    size = abs(value)
    for least, unit in ((10**9, "G"), (10**6, "M"), (10**4, "k")):
        if size >= least:
            scaled = value / (1000 if unit == "k" else least)
            digits = 0 if abs(scaled) >= 10 else 1
            return f"{scaled:,.{digits}f}{unit} {line(currency)}".rstrip()
    return money(value.quantize(Decimal(1)), currency)


def head(column: Column, cells: int, *, is_current: bool, sign: str) -> tuple[Words, Words]:
    """Return the two lines over a column: its name and count, its sums."""
    number = f" {count(len(column.item_ids))} "
    name = fit(
        shorten(f"{sign if is_current else ' '}{line(column.stage.name)}", cells - len(number)),
        cells - len(number),
    )
    return (
        Words(name + number, Part.FOCUS if is_current else Part.TITLE),
        Words(fit(f" {amounts(column.totals, cells - 1)}", cells), Part.DIM),
    )


def edge(columns: Sequence[Column], kind: ItemKind, *, is_left: bool) -> tuple[str, ...]:
    """Return the lines that sum up the columns that do not fit, to one side of those that do."""
    totals, _ = total(columns)
    number = sum(len(column.item_ids) for column in columns)
    counted = plural(number, kind.value)
    sums = [short_money(amount, currency) for currency, amount in sorted(totals.items()) if amount]
    lines = (
        f"< {len(columns)} more" if is_left else f"{len(columns)} more >",
        counted if len(counted) < EDGE_CELLS else count(number),
        "",
        *sums,
    )
    return lines if is_left else tuple(f" {each}" for each in lines)


def card(shown: Card, cells: int, now: int, *, has_owner: bool = False) -> tuple[tuple[Words, ...], ...]:
    """Return the lines of a card: its title; whom it is with and how long it stands here; its value and what is next.

    With `has_owner` wide cards say whose they are.
    """
    room = cells - 1
    stands = f"{max(0, now - shown.since) // _DAY_S} d"
    age = Words(f"{stands}!", Part.WARN) if shown.is_rotten else Words(stands, Part.DIM)
    value = "" if shown.value is None else money(shown.value, shown.currency)
    if cell_len(value) > room - 7 and shown.value is not None:
        value = short_money(shown.value, shown.currency)
    return (
        (Words(fit(shorten(line(shown.title), room), room), Part.TITLE),),
        _both(Words(_who(shown, has_owner=has_owner and cells >= _WIDE_CELLS), Part.DIM), age, room),
        _both(Words(value), _next(shown, now), room),
    )


def _who(shown: Card, *, has_owner: bool) -> str:
    owner = line(shown.owner).partition(" ")[0] if has_owner else ""
    return f"{line(shown.who)}{f' ({owner})' if owner else ''}".strip()


def _next(shown: Card, now: int) -> Words:
    """Return when the next thing is to be done: "late 3 d", "14:00", "22 Nov"; a warning when nothing is planned."""
    if not shown.has_next:
        return Words("no plan", Part.DIM)
    if shown.next_at is None:
        return Words("planned", Part.DIM)
    if shown.next_at < now:
        late = now - shown.next_at
        return Words(f"late {late // _DAY_S} d" if late >= _DAY_S else "late", Part.LATE)
    return Words(short_date(shown.next_at, now).strip(), Part.DIM)


def _both(left: Words, right: Words, room: int) -> tuple[Words, ...]:
    space = room - cell_len(right.text) - 1
    if space < 4:
        return (Words(fit(shorten(left.text, room), room), left.part),)
    return (Words(fit(shorten(left.text, space), space + 1), left.part), right)
