"""The cells of one row of another program's file, by what their columns mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from linking.exchange import values
from linking.exchange.mapping import CUSTOM, Chosen


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user says of a file beside its columns."""

    date_order: str = ""
    decimal: str = ""
    currency: str = ""
    visible_to: str = "owner"


@dataclass(slots=True)
class Cells:
    """The cells of one row by their fields, each with the headings that say more: a label, or a custom field's name."""

    number: int
    of: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))

    def text(self, name: str) -> str:
        """Return the first that is not empty, on one line."""
        if name not in self.of:
            return ""
        return next((found for cell, _ in self.of[name] if (found := values.text(cell))), "")

    def raw(self, name: str) -> str:
        """Return the first that is not empty, as it is."""
        return next((cell for cell, _ in self.of.get(name, ()) if cell.strip()), "")

    def all(self, name: str) -> list[tuple[str, str]]:
        """Return every part of every such column, with the column's label."""
        if name not in self.of:
            return []
        return [(part, label) for cell, label in self.of[name] for part in values.several(cell)]


def places(chosen: Chosen) -> tuple[tuple[str, str], ...]:
    """Return for each column its field and what its heading says more; the field is "" where it is left out."""
    return tuple(_place(column.field) for column in chosen.columns)


def _place(field: str) -> tuple[str, str]:
    if field.startswith(CUSTOM):
        return CUSTOM, field[len(CUSTOM) :]
    name, _, label = field.partition(".")
    return name, label


def cells_of(number: int, columns: Sequence[tuple[str, str]], cells: Sequence[str]) -> Cells:
    """Return a row's cells by what their columns mean, as places() says."""
    found = Cells(number)
    for (name, label), cell in zip(columns, cells, strict=False):
        if name and cell and not cell.isspace():
            found.of[name].append((cell, label))
    return found


def minutes(text: str) -> int | None:
    """Return how many minutes “1:30” or “90” is, None for an empty field."""
    hours, colon, rest = text.partition(":")
    if colon and hours.isdecimal() and rest[:2].isdecimal():
        return int(hours) * 60 + int(rest[:2])
    return values.whole(text)
