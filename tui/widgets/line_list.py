"""A list of rows of text with a cursor, drawn line by line from a source of any length."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.content import line
from tui.widgets.crm_lines import Look
from tui.widgets.item_lines import ItemLine
from tui.widgets.pane import Drawn

_STYLES = {look: f"line-list--{look.value}" for look in Look}
_WHEEL_ROWS = 3


class LineSource(Protocol):
    """Rows of a list; each takes as many lines as the list says."""

    @property
    def count(self) -> int:
        """How many rows there are."""

    def lines(self, index: int, width: int, now: int) -> Sequence[ItemLine]:
        """Return the lines of a row."""


class Lines:
    """Lines laid out for a width as a whole: of a text that is not long."""

    def __init__(self, lay_out: Callable[[int, int], Sequence[ItemLine]]) -> None:
        """`lay_out` takes width and clock."""
        self._lay_out = lay_out
        self._width = 0
        self._lines: tuple[ItemLine, ...] = ()

    @property
    def count(self) -> int:
        """How many lines there are at the width they were last drawn for."""
        return len(self._lines)

    def fit(self, width: int, now: int) -> None:
        """Lay the lines out for a width."""
        if width != self._width:
            self._width = width
            self._lines = tuple(self._lay_out(width, now))

    def lines(self, index: int, width: int, now: int) -> Sequence[ItemLine]:
        """Return one line."""
        self.fit(width, now)
        return self._lines[index : index + 1]


class LineList(Drawn, can_focus=True):
    """Shows rows of `row_lines` lines each; the cursor stands on one of them."""

    COMPONENT_CLASSES = {*_STYLES.values(), "line-list--cursor", "line-list--cursor-blurred"}

    class Opened(Message):
        """Enter, or two clicks, on the row under the cursor."""

    def __init__(
        self,
        *,
        id: str,
        row_lines: int = 1,
        empty_text: str = "",
        has_cursor: bool = True,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(id=id)
        self.source: LineSource | None = None
        self.cursor = 0
        self.first = 0
        self._row_lines = row_lines
        self._empty_text = empty_text
        self._has_cursor = has_cursor
        self._now = now

    def show(self, source: LineSource) -> None:
        """Show other rows, the cursor staying where it was as far as there are that many."""
        self.source = source
        self._lay_out()
        self.refresh()

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self.source.count if self.source is not None else 0

    @property
    def current(self) -> ItemLine | None:
        """The first line of the row under the cursor."""
        return self._line(self.cursor * self._row_lines)

    @property
    def visible_rows(self) -> int:
        """How many whole rows fit."""
        return max(1, self.size.height // self._row_lines)

    def fit(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        if isinstance(self.source, Lines) and self.size.width:
            self.source.fit(self._text_width, int(self._now()))
        self.cursor = max(0, min(self.cursor, self.count - 1))
        self._keep_cursor_visible()

    # -- moving

    def go(self, index: int) -> None:
        """Put the cursor on a row, scrolling as far as that needs."""
        index = max(0, min(index, self.count - 1))
        if index != self.cursor:
            self.cursor = index
            self._keep_cursor_visible()
            self.refresh()

    def move(self, rows: int) -> None:
        """Go down by `rows`."""
        self.go(self.cursor + rows)

    def page(self, pages: float) -> None:
        """Go down by a part of what is visible."""
        rows = round(pages * self.visible_rows) or (1 if pages > 0 else -1)
        self.first = max(0, min(self.first + rows, self.count - self.visible_rows))
        self.go(self.cursor + rows)

    def top(self) -> None:
        """Go to the first row."""
        self.go(0)

    def bottom(self) -> None:
        """Go to the last row."""
        self.go(self.count - 1)

    def _keep_cursor_visible(self) -> None:
        rows = self.visible_rows
        self.first = min(self.first, max(0, self.count - rows))
        if self.cursor < self.first:
            self.first = self.cursor
        elif self.cursor >= self.first + rows:
            self.first = self.cursor - rows + 1

    # -- drawing

    @property
    def _text_width(self) -> int:
        return max(self.size.width - 2, 1)  # the cursor's sign at the left, a margin at the right

    def _line(self, at: int) -> ItemLine | None:
        index, part = divmod(at, self._row_lines)
        if self.source is None or not 0 <= index < self.count:
            return None
        lines = self.source.lines(index, self._text_width, int(self._now()))
        return lines[part] if part < len(lines) else None

    def render_line(self, y: int) -> Strip:
        width, style = self.size.width, self.rich_style
        at = self.first * self._row_lines + y
        shown = self._line(at)
        if shown is None:
            text = f" {line(self._empty_text)}" if y == 0 and not self.count else ""
            style += self.get_component_rich_style(_STYLES[Look.DIM], partial=True)
            return Strip([Segment(text, style)]).adjust_cell_length(width, self.rich_style)
        is_cursor = self._has_cursor and at // self._row_lines == self.cursor
        if is_cursor:
            name = "line-list--cursor" if self.has_focus else "line-list--cursor-blurred"
            style += self.get_component_rich_style(name, partial=True)
        else:
            style += self.get_component_rich_style(_STYLES[shown.look], partial=True)
        sign = ">" if is_cursor and self.has_focus and at % self._row_lines == 0 else " "
        return Strip([Segment(f"{sign}{shown.text}", style)]).adjust_cell_length(width, style)

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Draw the cursor in the colour of the focus."""
        self.refresh()

    # -- the mouse

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._wheel(_WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._wheel(-_WHEEL_ROWS)

    def _wheel(self, rows: int) -> None:
        first = max(0, min(self.first + rows, self.count - self.visible_rows))
        if first != self.first:
            self.first = first
            self.cursor = max(first, min(self.cursor, first + self.visible_rows - 1))
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        index = self.first + event.y // self._row_lines
        if index < self.count:
            self.go(index)
            if event.chain > 1:
                self.post_message(self.Opened())
