"""A line to type in, with earlier lines offered below it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from mail.folding import fold
from tui.content import line
from tui.format import shorten
from tui.screens.dialog import Dialog


class AskOffered(Dialog[str]):
    """Enter gives what was typed, or what down and up went to. Esc gives nothing."""

    BINDINGS = [
        Binding("down,ctrl+n", "move(1)", show=False, priority=True),
        Binding("up,ctrl+p", "move(-1)", show=False, priority=True),
    ]

    def __init__(self, title: Content, offered: Sequence[str], *, placeholder: str = "") -> None:
        """The line may stay empty."""
        super().__init__()
        self._title = title
        self._placeholder = placeholder
        self._offered = tuple(line(each) for each in offered)
        self._shown: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._title)
            typed = Input(placeholder=self._placeholder, select_on_focus=False)
            typed.cursor_blink = False
            yield typed
            options = OptionList(markup=False)
            options.can_focus = False
            yield options
            hint = "Enter goes on   down takes one of these   Esc leaves everything as it is"
            yield Static(Content.styled(hint, "dim"))

    def on_mount(self) -> None:
        self._show("")

    def on_input_changed(self, event: Input.Changed) -> None:
        self._show(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        at = self.query_one(OptionList).highlighted
        self.dismiss(event.value.strip() if at is None else self._shown[at])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._shown[event.option_index])

    def action_move(self, rows: int) -> None:
        options = self.query_one(OptionList)
        if not self._shown:
            return
        at = rows - 1 if options.highlighted is None else options.highlighted + rows
        options.highlighted = None if at < 0 else min(at, len(self._shown) - 1)

    def _show(self, typed: str) -> None:
        wanted = fold(typed.strip())
        self._shown = tuple(each for each in self._offered if wanted in fold(each))
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(Content(shorten(each, self.row_cells))) for each in self._shown])
        options.highlighted = None
