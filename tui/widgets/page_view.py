"""A tall text drawn line by line: what is not on screen is not drawn, what nobody has scrolled to is laid out when idle."""

from __future__ import annotations

from textual import events
from textual.cache import LRUCache
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip

from tui.widgets.document_rows import Row
from tui.widgets.pane import Drawn
from tui.widgets.reader_draw import STYLES, draw, in_ascii, with_selection
from tui.widgets.reader_pages import Pages, Place

_ROWS_AT_ONCE = 1500
"""Rows of a huge text laid out between two looks at the keys."""
_WHEEL_ROWS = 3


class PageView(Drawn, can_focus=True):
    """Shows Pages and scrolls them without animation. A subclass lays them out."""

    COMPONENT_CLASSES = set(STYLES.values())

    class Moved(Message):
        """Another part of the text is visible."""

    def __init__(self, *, is_ascii: bool = False) -> None:
        super().__init__()
        self._is_ascii = is_ascii
        self.pages = Pages()
        self.first = 0  # the row at the top
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(512)

    def set_ascii(self, *, is_ascii: bool) -> None:
        """Draw signs in ASCII, or not."""
        self._is_ascii = is_ascii
        self._strips.clear()
        self.refresh()

    # -- for subclasses

    def lay_out(self) -> None:
        """Fill the pages for the present size, painting nothing yet."""
        raise NotImplementedError

    def is_current(self, at: int) -> bool:
        """Tell whether the row at a height stands for what commands act on."""
        return False

    def moved(self) -> None:
        """Take note that another part is visible."""

    def show_anew(self) -> None:
        """Lay everything out again, the same row staying at the top."""
        anchor = self.place_at_top
        self.lay_out()
        self.restore(anchor)

    @property
    def place_at_top(self) -> Place:
        """What is at the top."""
        return self.pages.place(self.first)

    def restore(self, anchor: Place) -> None:
        """Have that at the top again, wherever it is now."""
        self.first = self._clamp(self.pages.y(anchor))
        self.refresh()
        self._grow_later()

    def go(self, first: int) -> bool:
        """Have a row at the top, or as near it as the text is long; False when it is there already."""
        first = self._clamp(first)
        if first == self.first:
            return False
        self.first = first
        self.refresh()
        self.moved()
        self.post_message(self.Moved())
        return True

    # -- moving

    @property
    def is_at_end(self) -> bool:
        """Whether the last row is visible."""
        return self.first + self.size.height >= self.pages.height

    def move(self, rows: int) -> None:
        """Scroll down by `rows`."""
        self.go(self.first + rows)

    def page(self, pages: float) -> None:
        """Scroll by a part of what is visible; a whole page keeps one line in sight."""
        rows = round(pages * self.size.height)
        if abs(rows) >= self.size.height > 1:
            rows -= 1 if rows > 0 else -1
        self.go(self.first + rows)

    def top(self) -> None:
        """Go to the first row."""
        self.go(0)

    def bottom(self) -> None:
        """Go to the last row, laying out whatever is still to be laid out."""
        while not self.pages.is_whole:
            self.pages.grow(_ROWS_AT_ONCE)
        self.go(self.pages.height)

    def _clamp(self, first: int) -> int:
        return max(0, min(first, self.pages.height - self.size.height))

    def _grow_later(self) -> None:
        if not self.pages.is_whole:
            self.set_timer(0.02, self._grow)

    def _grow(self) -> None:
        if self.pages.is_whole:
            return
        anchor, end = self.place_at_top, self.pages.height
        self.pages.grow(_ROWS_AT_ONCE)
        if self.first + self.size.height > end or self.place_at_top != anchor:
            self.restore(anchor)
        else:
            self._grow_later()

    # -- drawing

    def render_line(self, y: int) -> Strip:
        at = self.first + y
        row = self.pages.row(at)
        if row is None:
            return Strip.blank(self.size.width, self.rich_style)
        key = (at, row, self.is_current(at), self.size.width)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._draw(row, at)
        selection = self.text_selection
        span = selection.get_span(at) if selection else None
        if span is not None:
            selected = self.screen.get_component_rich_style("screen--selection")
            strip = with_selection(strip, span, row.text, selected)
        return strip.apply_offsets(0, at)  # for the mouse: which characters of which row these cells are

    def _draw(self, row: Row, at: int) -> Strip:
        name = STYLES["current"] if self.is_current(at) else STYLES[row.kind.value]
        style = self.rich_style + self.get_component_rich_style(name, partial=True)
        link_style = self.get_component_rich_style(STYLES["link"], partial=True)
        return draw(in_ascii(row) if self._is_ascii else row, style, link_style, self.size.width)

    def notify_style_update(self) -> None:
        self._strips.clear()
        super().notify_style_update()

    def fit(self) -> None:
        anchor = self.place_at_top
        self.lay_out()
        self.first = self._clamp(self.pages.y(anchor))

    def on_resize(self) -> None:
        self.fit_once()
        self._grow_later()
        self.moved()

    # -- the mouse

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        rows = (self.pages.row(y) for y in range(self.pages.height))
        return selection.extract("\n".join(row.text for row in rows if row is not None)), "\n"

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(_WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-_WHEEL_ROWS)

    @property
    def is_selecting(self) -> bool:
        """Whether the mouse has just marked text: then its click means nothing more."""
        selection = self.text_selection
        return selection is not None and selection.start != selection.end
