"""A line to type in over a list: what every dialog shares that finds something by what is typed."""

from __future__ import annotations

from typing import TypeVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from tui.screens.dialog import Dialog
from tui.widgets.choice_list import ChoiceList

T = TypeVar("T")


class TypedList(Dialog[T]):
    """Up and down (or Ctrl+n, Ctrl+p) move in the list while the keys go to the line."""

    BINDINGS = [
        Binding("down,ctrl+n", "move(1)", show=False, priority=True),
        Binding("up,ctrl+p", "move(-1)", show=False, priority=True),
        Binding("pagedown", "move(10)", show=False, priority=True),
        Binding("pageup", "move(-10)", show=False, priority=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.choices = ChoiceList()

    def line_and_list(self, placeholder: str, typed: str = "") -> ComposeResult:
        """Make the line, which begins with `typed`, and the empty list under it."""
        typed_in = Input(typed, placeholder=placeholder, select_on_focus=False)
        typed_in.cursor_blink = False
        yield typed_in
        yield self.choices

    def action_move(self, rows: int) -> None:
        self.choices.move(rows)

    @property
    def row_cells(self) -> int:
        """Cells of a row of the list."""
        return self.choices.row_cells
