"""The text of a message being written: the framework's editor, set up for mail."""

from __future__ import annotations

import re
from typing import Final, Self

from rich.style import Style
from rich.text import Text
from textual import events
from textual.document._document_navigator import DocumentNavigator
from textual.document._wrapped_document import WrappedDocument
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widgets import TextArea

from mail.text import typed

_QUOTE: Final = re.compile(r"(?:> ?)+")
_UNDO_STEPS: Final = 500
_MOST_ROWS: Final = 500


class _Wrapped(WrappedDocument):
    """Counts its rows without adding up every line: the framework asks at every row it draws."""

    @property
    def height(self) -> int:
        return len(self._offset_to_line_info)


class ComposeBody(TextArea):
    """Wrapped, undoable text; quoted lines are coloured by how deep they are quoted.

    A key draws only the rows it changed: the framework would draw all of them, 40 ms and 10 kB in a long answer.
    """

    COMPONENT_CLASSES = {"compose-body--quote", "compose-body--deep-quote"}

    _painted_at: tuple[Size, int] | None = None  # what the framework asks for before it has made the widget
    _rows: dict[object, Strip] | None = None

    def __init__(self, text: str) -> None:
        super().__init__(
            text,
            soft_wrap=True,
            compact=True,
            id="body",
            max_checkpoints=_UNDO_STEPS,
            highlight_cursor_line=False,
        )
        self.cursor_blink = False
        self.match_cursor_bracket = False
        self.wrapped_document = _Wrapped(self.document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)
        self._quote_styles: tuple[Style, Style] | None = None
        self._rows = {}
        self._painted: list[Strip] = []
        self._is_stale = False

    # -- drawing

    def render_line(self, y: int) -> Strip:
        rows, key = self._rows or {}, self._row_key(y)
        strip = rows.get(key)
        if strip is None:
            if len(rows) > _MOST_ROWS:
                rows = {}
            strip = rows[key] = self._render_line(y)
            self._rows = rows
        return strip

    def _row_key(self, y: int) -> object:
        """Return all that the look of a row depends on."""
        rows, at = self.wrapped_document._offset_to_line_info, y + self.scroll_offset.y
        if at >= len(rows):
            return self.size.width
        index, section = rows[at]
        (top, _), (bottom, _) = sorted(self.selection)
        selection = self.selection if top <= index <= bottom else None
        cursor = (self.selection.end, self._draw_cursor) if self.selection.end[0] == index else None
        offsets = tuple(self.wrapped_document.get_offsets(index))
        return self.document.get_line(index), section, offsets, self.size.width, selection, cursor

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        is_same_place = self._painted_at == (self.size, self.scroll_offset.y)
        if regions or layout or recompose or not repaint or not is_same_place:
            return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        if not self._is_stale:
            self._is_stale = True
            self.call_later(self._draw_changes)  # what the row depends on is changed one after the other
        return self

    def _draw_changes(self) -> None:
        self._is_stale = False
        if self._painted_at != (self.size, self.scroll_offset.y):
            super().refresh()
            return
        width = self.size.width
        for y, before in enumerate(self._painted):
            strip = self.render_line(y)
            if strip is not before:
                self._painted[y] = strip
                super().refresh(Region(0, y, width, 1))

    def render_lines(self, crop: Region) -> list[Strip]:
        place = (self.size, self.scroll_offset.y)
        if place != self._painted_at or crop.height >= self.size.height:
            self._painted_at = place
            self._painted = [self.render_line(y) for y in range(self.size.height)]
        return super().render_lines(crop)

    def get_line(self, line_index: int) -> Text:
        line = super().get_line(line_index)
        quote = _QUOTE.match(line.plain)
        if quote is not None:
            line.stylize(self._style_at(quote[0].count(">")))
        return line

    def _style_at(self, depth: int) -> Style:
        if self._quote_styles is None:
            self._quote_styles = (
                self.get_component_rich_style("compose-body--quote", partial=True),
                self.get_component_rich_style("compose-body--deep-quote", partial=True),
            )
        return self._quote_styles[depth % 2 == 0]

    def notify_style_update(self) -> None:
        self._quote_styles = None
        self._rows = None
        self._painted_at = None
        super().notify_style_update()

    async def _on_paste(self, event: events.Paste) -> None:
        # The framework looks for the handler of each class in turn: this one stands in place of TextArea's.
        event.prevent_default()
        event.stop()
        done = self._replace_via_keyboard(typed(event.text), *self.selection)
        if done is not None:
            self.move_cursor(done.end_location)

    def action_cursor_up(self, select: bool = False) -> None:
        if self.cursor_at_first_line and not select:
            self.screen.focus_previous()
        else:
            super().action_cursor_up(select)

    # -- as a draft keeps it

    @property
    def cursor_index(self) -> int:
        """Where writing goes on, in characters of the text."""
        row, column = self.cursor_location
        return sum(len(line) + 1 for line in self.document.lines[:row]) + column

    def go_to(self, index: int) -> None:
        """Put the cursor after so many characters of the text."""
        for row, line in enumerate(self.document.lines):
            if index <= len(line):
                self.move_cursor((row, index))
                return
            index -= len(line) + 1
        self.move_cursor(self.document.end)

    def take(self, text: str) -> None:
        """Put another text in place of all there is, as one step that undo takes back."""
        cursor = self.cursor_location
        self.replace(text, (0, 0), self.document.end, maintain_selection_offset=False)
        last = min(cursor[0], self.document.line_count - 1)
        self.move_cursor((last, min(cursor[1], len(self.document.get_line(last)))))
