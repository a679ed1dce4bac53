"""The people offered while a recipient is typed: a few lines below the field, over whatever is there."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from mail.types import Address
from tui.content import line
from tui.format import fit, shorten

_MOST = 8
_CELLS = 76


class Suggestions(Static):
    """A list the field above it moves in; it never takes the keys."""

    def __init__(self) -> None:
        super().__init__(id="suggestions", markup=False)
        self.display = False
        self._found: tuple[tuple[Address, str], ...] = ()
        self._at = 0

    @property
    def is_open(self) -> bool:
        """Whether anybody is offered."""
        return bool(self.display)

    @property
    def chosen(self) -> Address | None:
        """Who is highlighted."""
        return self._found[self._at][0] if self._found else None

    def show(self, found: Sequence[tuple[Address, str]], *, below: Widget) -> None:
        """Offer people, each with what is known of them, under a field; nobody takes the list away."""
        self._found, self._at = tuple(found[:_MOST]), 0
        if not self._found:
            self.close()
            return
        width = min(_CELLS, self.screen.size.width)
        x = max(0, min(below.region.x, self.screen.size.width - width))
        self.styles.offset = (x, below.region.bottom)
        self.styles.width, self.styles.height = width, len(self._found)
        self._draw()
        self.display = True

    def close(self) -> None:
        """Offer nobody."""
        self.display = False
        self._found = ()

    def move(self, rows: int) -> None:
        """Highlight another."""
        self._at = max(0, min(self._at + rows, len(self._found) - 1))
        self._draw()

    def _draw(self) -> None:
        cells = min(_CELLS, self.screen.size.width)
        self.update(
            Content("\n").join(
                _offered(person, about, cells, is_chosen=number == self._at)
                for number, (person, about) in enumerate(self._found)
            )
        )


def _offered(person: Address, about: str, cells: int, *, is_chosen: bool) -> Content:
    marker = "> " if is_chosen else "  "
    who = f"{line(person.name)} <{line(person.email)}>" if person.name else line(person.email)
    room = cells - 2
    who_cells = room if not about else max(room * 3 // 5, room - len(about) - 2)
    text = fit(shorten(who, who_cells), who_cells)
    rest = fit(f"  {shorten(line(about), room - who_cells - 2)}", room - who_cells) if about else ""
    style = "reverse" if is_chosen else ""
    return Content.assemble((f"{marker}{text}", style), (rest, f"dim {style}".strip()))
