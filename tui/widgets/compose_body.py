"""The text of a message being written: the framework's editor, set up for mail."""

from __future__ import annotations

import re
from typing import Final

from rich.style import Style
from rich.text import Text
from textual import events
from textual.widgets import TextArea

_QUOTE: Final = re.compile(r"(?:> ?)+")
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_UNDO_STEPS: Final = 500


class ComposeBody(TextArea):
    """Wrapped, undoable text; quoted lines are coloured by how deep they are quoted."""

    COMPONENT_CLASSES = {"compose-body--quote", "compose-body--deep-quote"}

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
        self._quote_styles: tuple[Style, Style] | None = None

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
        super().notify_style_update()

    async def _on_paste(self, event: events.Paste) -> None:
        # The framework looks for the handler of each class in turn: this one stands in place of TextArea's.
        event.prevent_default()
        event.stop()
        text = _CONTROLS.sub("", event.text.replace("\r\n", "\n").replace("\r", "\n"))
        done = self._replace_via_keyboard(text, *self.selection)
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
