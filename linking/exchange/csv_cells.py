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
        return next((found for cell, _ in self.of.get(name, ()) if (found := values.text(cell))), "")

    def raw(self, name: str) -> str:
        """Return the first that is not empty, as it is."""
        return next((cell for cell, _ in self.of.get(name, ()) if cell.strip()), "")

    def all(self, name: str) -> list[tuple[str, str]]:
        """Return every part of every such column, with the column's label."""
        return [(part, label) for cell, label in self.of.get(name, ()) for part in values.several(cell)]


def cells_of(number: int, chosen: Chosen, cells: Sequence[str]) -> Cells:
    """Return a row's cells by what their columns mean."""
    found = Cells(number)
    for column, cell in zip(chosen.columns, cells, strict=False):
        if column.field and cell.strip():
            name, _, label = (
                column.field.partition(".") if not column.field.startswith(CUSTOM) else (CUSTOM, "", "")
            )
            found.of[name].append((cell, column.field[len(CUSTOM) :] if name == CUSTOM else label))
    return found


def minutes(text: str) -> int | None:
    """Return how many minutes “1:30” or “90” is, None for an empty field."""
    hours, colon, rest = text.partition(":")
    if colon and hours.isdecimal() and rest[:2].isdecimal():
        return int(hours) * 60 + int(rest[:2])
    return values.whole(text)
