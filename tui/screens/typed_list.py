"""A line to type in over a list: what every dialog shares that finds something by what is typed."""

from __future__ import annotations

from typing import TypeVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input, OptionList

from tui.screens.dialog import Dialog

T = TypeVar("T")


class TypedList(Dialog[T]):
    """Up and down (or Ctrl+n, Ctrl+p) move in the list while the keys go to the line."""

    BINDINGS = [
        Binding("down,ctrl+n", "move(1)", show=False, priority=True),
        Binding("up,ctrl+p", "move(-1)", show=False, priority=True),
        Binding("pagedown", "move(10)", show=False, priority=True),
        Binding("pageup", "move(-10)", show=False, priority=True),
    ]

    def line_and_list(self, placeholder: str, typed: str = "") -> ComposeResult:
        """Make the line, which begins with `typed`, and the empty list under it."""
        typed_in = Input(typed, placeholder=placeholder, select_on_focus=False)
        typed_in.cursor_blink = False
        yield typed_in
        options = OptionList(markup=False)
        options.can_focus = False
        yield options

    def action_move(self, rows: int) -> None:
        options = self.query_one(OptionList)
        if options.highlighted is not None:  # else nothing fits, and the list only says so
            options.highlighted = max(0, min(options.highlighted + rows, options.option_count - 1))
