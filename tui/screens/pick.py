"""Pick one of a list by typing a part of it: mailboxes, accounts, commands, items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from mail.folding import fold
from tui.screens.typed_list import TypedList
from tui.widgets.choice_list import ChoiceList

T = TypeVar("T")
_SHOWN = 200
_BY_NAME = 3


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """One line to pick: what it stands for, how it looks, and the words that find it.

    `right` stands against the right side. `name` finds it too, and is shown only when nothing else did. The cursor
    begins on the one that `is_now`.
    """

    value: T
    label: Content
    words: str
    right: str = ""
    name: str = ""
    is_now: bool = False


def rank(typed: str, words: str, name: str = "") -> int | None:
    """Return how well folded words fit what was typed, less being better; None when they do not.

    First what begins so, then what has words beginning so, then what has the letters anywhere, then names.
    """
    wanted = typed.split()
    if words.startswith(typed.strip()):
        return 0
    starts = words.split()
    if all(any(start.startswith(word) for start in starts) for word in wanted):
        return 1
    if all(word in words for word in wanted):
        return 2
    return _BY_NAME if all(word in f"{words} {name}" for word in wanted) else None


class Picker(TypedList[T]):
    """A filter line over a list. Enter picks, Esc leaves."""

    def __init__(self, title: str, choices: Sequence[Choice[T]], typed: str = "") -> None:
        """`typed` is what the filter line begins with."""
        super().__init__()
        self._title = title
        self._typed = typed
        self._choices = [(fold(choice.words), fold(choice.name), choice) for choice in choices]
        self._shown: list[tuple[int, Choice[T]]] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled(self._title, "bold"))
            yield from self.line_and_list("type to filter", self._typed)

    def on_mount(self) -> None:
        self._filter(self._typed)
        now = (index for index, (_, choice) in enumerate(self._shown) if choice.is_now)
        self.choices.go(next(now, 0))

    @on(Input.Changed)
    def _on_typed(self, event: Input.Changed) -> None:
        self._filter(event.value)

    @on(Input.Submitted)
    def _on_submitted(self) -> None:
        if self.choices.highlighted is not None:
            self.dismiss(self.highlighted)

    @on(ChoiceList.Chosen)
    def _on_clicked(self, event: ChoiceList.Chosen) -> None:
        self.dismiss(self._shown[event.index][1].value)

    def fitting(self, typed: str) -> list[tuple[int, Choice[T]]]:
        """Return what fits the words typed, best first, each with how well."""
        wanted = fold(typed)
        ranked = [(rank(wanted, words, name), choice) for words, name, choice in self._choices]
        found = [(how, choice) for how, choice in ranked if how is not None]
        return sorted(found, key=lambda each: each[0])[:_SHOWN]

    @property
    def highlighted(self) -> T | None:
        """What Enter would take."""
        at = self.choices.highlighted
        return self._shown[at][1].value if at is not None else None

    def _filter(self, typed: str) -> None:
        self._shown = self.fitting(typed)
        self.choices.show(len(self._shown), lambda index: self._line(*self._shown[index]), "nothing fits")

    def _line(self, how: int, choice: Choice[T]) -> Content:
        label = (
            Content.assemble(choice.label, (f"  {choice.name}", "dim")) if how == _BY_NAME else choice.label
        )
        blanks = self.row_cells - label.cell_length - len(choice.right)
        return (
            Content.assemble(label, " " * max(blanks, 2), (choice.right, "bold")) if choice.right else label
        )

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.dismiss(None)
