"""Pick one of a list by typing a part of it: mailboxes, accounts, commands, items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from mail.folding import fold
from tui.screens.dialog import Dialog

T = TypeVar("T")
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """One line to pick: what it stands for, how it looks, and the words that find it."""

    value: T
    label: Content
    words: str


class Picker(Dialog[T], Generic[T]):
    """A filter line over a list. Enter picks, up and down (or Ctrl+n, Ctrl+p) move, Esc leaves."""

    BINDINGS = [
        Binding("down,ctrl+n", "move(1)", show=False, priority=True),
        Binding("up,ctrl+p", "move(-1)", show=False, priority=True),
        Binding("pagedown", "move(10)", show=False, priority=True),
        Binding("pageup", "move(-10)", show=False, priority=True),
    ]

    def __init__(self, title: str, choices: Sequence[Choice[T]]) -> None:
        super().__init__()
        self._title = title
        self._choices = [(fold(choice.words), choice) for choice in choices]
        self._shown: list[Choice[T]] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled(self._title, "bold"))
            filter_line = Input(placeholder="type to filter")
            filter_line.cursor_blink = False
            yield filter_line
            options = OptionList(markup=False)
            options.can_focus = False
            yield options

    def on_mount(self) -> None:
        self._filter("")

    @on(Input.Changed)
    def _on_typed(self, event: Input.Changed) -> None:
        self._filter(event.value)

    @on(Input.Submitted)
    def _on_submitted(self) -> None:
        index = self.query_one(OptionList).highlighted
        if index is not None and index < len(self._shown):
            self.dismiss(self._shown[index].value)

    @on(OptionList.OptionSelected)
    def _on_clicked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._shown[event.option_index].value)

    def action_move(self, rows: int) -> None:
        options = self.query_one(OptionList)
        if self._shown:
            at = (options.highlighted or 0) + rows
            options.highlighted = max(0, min(at, len(self._shown) - 1))

    def _filter(self, typed: str) -> None:
        words = fold(typed).split()
        found = [choice for text, choice in self._choices if all(word in text for word in words)]
        self._shown = found[:_SHOWN]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(choice.label) for choice in self._shown])
        options.highlighted = 0 if self._shown else None

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.dismiss(None)
