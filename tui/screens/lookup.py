"""A list that is looked up in the store while one types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from tui.screens.typed_list import TypedList
from tui.widgets.choice_list import ChoiceList

Row = TypeVar("Row")
Answer = TypeVar("Answer")


class Found(NamedTuple, Generic[Row]):
    """What fits the words, best first, and what to say when nothing does."""

    rows: tuple[Row, ...]
    otherwise: str = "nothing found"


class Lookup(TypedList[Answer], Generic[Row, Answer]):
    """Enter takes the highlighted row, Esc leaves everything as it is. Those who inherit say what is found and how it looks."""

    def __init__(self, headings: Iterable[Content], placeholder: str) -> None:
        super().__init__()
        self._headings = tuple(headings)
        self._placeholder = placeholder
        self._rows: tuple[Row, ...] = ()
        self._words: str | None = None  # what was typed when `_rows` was looked for

    async def look(self, words: str) -> Found[Row]:
        """Return what fits the words typed so far, which may be none."""
        raise NotImplementedError

    def label(self, row: Row, words: str) -> Content:
        """Return a row of what fits `words` as one line of `row_cells` cells."""
        raise NotImplementedError

    def answer(self, row: Row) -> Answer:
        """Return what the dialog answers with when this row is taken."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        with Vertical():
            for heading in self._headings:
                yield Static(heading, classes="heading")
            yield from self.line_and_list(self._placeholder)

    def on_mount(self) -> None:
        self._search("")

    def on_input_changed(self, event: Input.Changed) -> None:
        self._search(event.value)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value != self._words:  # typed ahead of the list: take the first of what was typed
            await self._show(event.value)
        if self.choices.highlighted is not None:
            self._take(self.choices.highlighted)

    def on_choice_list_chosen(self, event: ChoiceList.Chosen) -> None:
        self._take(event.index)

    def _take(self, index: int) -> None:
        self.dismiss(self.answer(self._rows[index]))

    @work(exclusive=True)
    async def _search(self, words: str) -> None:
        await self._show(words)

    async def _show(self, words: str) -> None:
        found = await self.look(words)
        if not self.is_attached:
            return
        self._rows, self._words = found.rows, words
        self.choices.show(
            len(found.rows), lambda index: self.label(found.rows[index], words), found.otherwise
        )
