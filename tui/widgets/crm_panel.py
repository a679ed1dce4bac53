"""The CRM panel: what the conversation is about, who is in it, what was done last. Drawn line by line."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.strip import Strip

from store.panel import PanelFacts
from tui.commands.registry import Pane
from tui.widgets.crm_lines import Look, PanelLine, panel_lines
from tui.widgets.pane import Drawn

_SHORT_SCREEN = 32
"""On a screen with fewer rows only what leads to action is shown (link, item, suggestions)."""
_STYLES = {look: f"crm-panel--{look.value}" for look in Look}
_WHEEL_ROWS = 3


class CrmPanel(Drawn, can_focus=True):
    """Shows the facts of one conversation; scrolls when they are longer than the screen."""

    pane: ClassVar[Pane] = Pane.PANEL
    COMPONENT_CLASSES = set(_STYLES.values())

    def __init__(self, *, is_whole: bool = False, now: Callable[[], float] = time.time) -> None:
        """`is_whole`: show everything, however few rows the screen has."""
        super().__init__()
        self.facts: PanelFacts | None = None
        self.first = 0
        self._is_whole = is_whole
        self._now = now
        self._lines: tuple[PanelLine, ...] = ()

    def show(self, facts: PanelFacts | None) -> None:
        """Show these facts, or nothing; the same facts are not drawn again."""
        if facts == self.facts and self._lines:
            return
        self.facts = facts
        self.first = 0
        self._lay_out()

    def _lay_out(self) -> None:
        self.fit()
        self.refresh(layout=self._is_whole)

    def fit(self) -> None:
        self._lines = self._draw(max(self.size.width - 1, 1))  # a margin of one cell at the left
        self.first = self._clamp(self.first)

    def _draw(self, width: int) -> tuple[PanelLine, ...]:
        is_short = self.app.size.height < _SHORT_SCREEN and not self._is_whole
        return panel_lines(self.facts, width, int(self._now()), is_short=is_short)

    # -- moving

    def move(self, rows: int) -> None:
        """Scroll down by `rows`."""
        first = self._clamp(self.first + rows)
        if first != self.first:
            self.first = first
            self.refresh()

    def page(self, pages: float) -> None:
        """Scroll by a part of what is visible."""
        self.move(round(pages * self.size.height))

    def top(self) -> None:
        """Go to the first line."""
        self.move(-self.first)

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
        text, look = self._lines[at]
        style += self.get_component_rich_style(_STYLES[look], partial=True)
        return Strip([Segment(f" {text}", style)]).adjust_cell_length(width, style)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(_WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-_WHEEL_ROWS)
