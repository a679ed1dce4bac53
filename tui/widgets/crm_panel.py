"""The CRM panel: what the conversation is about, who is in it, what was done last. Drawn line by line."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.strip import Strip

from store.links.panel import PanelFacts
from tui.commands.registry import Pane
from tui.widgets.crm_lines import KeyOf, Look, PanelLine, Subject, no_keys, panel_lines
from tui.widgets.pane import Drawn

_SHORT_SCREEN = 32
"""On a screen with fewer rows only what leads to action is shown (link, item, suggestions)."""
_STYLES = {look: f"crm-panel--{look.value}" for look in Look}
_CURSOR = "crm-panel--cursor"
_WHEEL_ROWS = 3


class CrmPanel(Drawn, can_focus=True):
    """Shows the facts of one conversation. With the focus it has a cursor, whose line Enter acts on."""

    pane: ClassVar[Pane] = Pane.PANEL
    COMPONENT_CLASSES = {*_STYLES.values(), _CURSOR}

    def __init__(
        self, *, is_whole: bool = False, now: Callable[[], float] = time.time, key_of: KeyOf = no_keys
    ) -> None:
        """`is_whole`: show everything, however few rows the screen has. `key_of` gives the keys to name."""
        super().__init__()
        self.facts: PanelFacts | None = None
        self.first = self.cursor = 0
        self._is_whole = is_whole
        self._now = now
        self._key_of = key_of
        self._lines: tuple[PanelLine, ...] = ()

    def show(self, facts: PanelFacts | None) -> None:
        """Show these facts, or nothing; the same facts are not drawn again, and the same conversation keeps the cursor."""
        if facts == self.facts and self._lines:
            return
        if facts is None or self.facts is None or facts.thread_id != self.facts.thread_id:
            self.first = self.cursor = 0
        self.facts = facts
        self._lay_out()

    @property
    def subject(self) -> Subject | None:
        """What the line under the cursor is about."""
        return self._lines[self.cursor].subject if self.cursor < len(self._lines) else None

    def _lay_out(self) -> None:
        self.fit()
        self.refresh(layout=self._is_whole)

    def fit(self) -> None:
        self._lines = self._draw(max(self.size.width - 1, 1))  # a margin of one cell at the left
        self.cursor = max(0, min(self.cursor, len(self._lines) - 1))
        self.first = self._clamp(self.first)

    def _draw(self, width: int) -> tuple[PanelLine, ...]:
        is_short = self.app.size.height < _SHORT_SCREEN and not self._is_whole
        return panel_lines(self.facts, width, int(self._now()), is_short=is_short, key_of=self._key_of)

    # -- moving

    def move(self, rows: int) -> None:
        """Move the cursor down by `rows`, past empty lines; without one, scroll."""
        if self._is_whole:
            self._scroll(rows)
            return
        step = 1 if rows > 0 else -1
        cursor, last = self.cursor, len(self._lines) - 1
        for _ in range(abs(rows)):
            following = cursor + step
            while 0 <= following <= last and not self._lines[following].text:
                following += step
            if not 0 <= following <= last:
                break
            cursor = following
        if cursor != self.cursor:
            self.cursor = cursor
            self.first = self._clamp(
                min(self.first, cursor) if step < 0 else max(self.first, cursor - self.size.height + 1)
            )
            self.refresh()

    def _scroll(self, rows: int) -> None:
        first = self._clamp(self.first + rows)
        if first != self.first:
            self.first = first
            self.refresh()

    def page(self, pages: float) -> None:
        """Move by a part of what is visible."""
        self.move(round(pages * self.size.height))

    def top(self) -> None:
        """Go to the first line."""
        self.move(-len(self._lines))

    def bottom(self) -> None:
        """Go to the last line."""
        self.move(len(self._lines))

    def _clamp(self, first: int) -> int:
        return max(0, min(first, len(self._lines) - self.size.height))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines there are, for a panel as high as its text."""
        return len(self._draw(max(width - 1, 1)))

    # -- drawing and the mouse

    def render_line(self, y: int) -> Strip:
        width, style, at = self.size.width, self.rich_style, self.first + y
        if at >= len(self._lines):
            return Strip.blank(width, style)
        text, look, _ = self._lines[at]
        style += self.get_component_rich_style(_STYLES[look], partial=True)
        is_here = at == self.cursor and self.has_focus and not self._is_whole
        if is_here:
            style += self.get_component_rich_style(_CURSOR, partial=True)
        strip = Strip([Segment(f"{'>' if is_here else ' '}{text}", style)])
        return strip.adjust_cell_length(width, style)

    def on_click(self, event: events.Click) -> None:
        at = self.first + event.get_content_offset_capture(self).y
        if at < len(self._lines) and self._lines[at].text:
            self.cursor = at
            self.refresh()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._scroll(_WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._scroll(-_WHEEL_ROWS)
