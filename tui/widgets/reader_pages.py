"""A conversation as one tall page: which message and row is at which height, laid out only as far as it is looked at."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import NamedTuple

from tui.widgets.document_rows import Row

FIRST_ROWS = 400
"""So many rows of a message are laid out before it is shown; the rest follows while nothing else is to be done."""


class Place(NamedTuple):
    """A row of the conversation: stays true when messages above it grow or fold."""

    section: int
    row: int


@dataclass(slots=True)
class _Section:
    rows: list[Row] = field(default_factory=list)
    rest: Iterator[Row] | None = None

    def grow(self, rows: int) -> None:
        """Lay out at most so many rows more."""
        if self.rest is None:
            return
        before = len(self.rows)
        self.rows.extend(islice(self.rest, rows))
        if len(self.rows) - before < rows:
            self.rest = None


class Pages:
    """Sections of rows, one below the other."""

    def __init__(self) -> None:
        self._sections: list[_Section] = []
        self._starts: list[int] = [0]

    @property
    def height(self) -> int:
        """The number of rows laid out so far."""
        return self._starts[-1]

    @property
    def is_whole(self) -> bool:
        """Whether every row there is has been laid out."""
        return all(section.rest is None for section in self._sections)

    def fill(self, sections: Iterable[Iterator[Row]]) -> None:
        """Start anew with these sections."""
        self._sections = [_Section(rest=rows) for rows in sections]
        for section in self._sections:
            section.grow(FIRST_ROWS)
        self._measure()

    def put(self, index: int, rows: Iterator[Row]) -> None:
        """Lay one section out anew, as far as it was before."""
        laid_out = len(self._sections[index].rows)
        section = self._sections[index] = _Section(rest=rows)
        section.grow(max(FIRST_ROWS, laid_out))
        self._measure()

    def grow(self, rows: int) -> None:
        """Lay out about so many rows more, from the top down."""
        section = next((one for one in self._sections if one.rest is not None), None)
        if section is not None:
            section.grow(rows)
            self._measure()

    def row(self, y: int) -> Row | None:
        """Return the row at a height, None below the last."""
        if not 0 <= y < self.height:
            return None
        place = self.place(y)
        return self._sections[place.section].rows[place.row]

    def place(self, y: int) -> Place:
        """Return which row of which section is at a height; the nearest when there is none."""
        y = max(0, min(y, self.height - 1))
        section = max(bisect_right(self._starts, y, hi=len(self._sections)) - 1, 0)
        return Place(section, y - self._starts[section])

    def y(self, place: Place) -> int:
        """Return the height of a place; of the nearest row left when its section has become shorter."""
        if place.section >= len(self._sections):
            return max(self.height - 1, 0)
        section = self._sections[place.section]
        return self._starts[place.section] + max(0, min(place.row, len(section.rows) - 1))

    def rows(self, index: int) -> tuple[Row, ...]:
        """Return the rows of a section laid out so far."""
        return tuple(self._sections[index].rows)

    def _measure(self) -> None:
        self._starts = [0, *accumulate(len(section.rows) for section in self._sections)]
