"""The list under a line that is typed in: rows drawn one by one, only those that are seen."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from tui.widgets.pane import Drawn

_WHEEL_ROWS = 3
Label = Callable[[int], Content]


class ChoiceList(Drawn):
    """A list with one row highlighted, which never takes the focus. It marks at the right which part of it is seen."""

    COMPONENT_CLASSES = {"choice-list--cursor", "choice-list--told"}

    class Chosen(Message):
        """A row was clicked on."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.first = 0
        self._highlighted: int | None = None
        self._label: Label = lambda _index: Content("")
        self._told = ""
        self._drawn: dict[tuple[int, bool], Strip] = {}

    def show(self, count: int, label: Label, told: str = "") -> None:
        """Show so many rows from the first on, `label` saying how each looks when it is drawn; without any, `told`."""
        was_high = max(self.count, 1)
        self.count, self._label, self._told = count, label, told
        self.first = 0
        self._highlighted = 0 if count else None
        self._drawn.clear()
        self.refresh(layout=max(count, 1) != was_high)

    @property
    def texts(self) -> list[str]:
        """What the rows say; what is said instead when there is none."""
        return [self._label(index).plain for index in range(self.count)] or [self._told]

    @property
    def highlighted(self) -> int | None:
        """The row that Enter would take; None when there is none."""
        return self._highlighted

    def go(self, index: int) -> None:
        """Highlight a row, the last or first where there are not so many, scrolling as far as that needs."""
        if self._highlighted is not None:
            self._highlighted = max(0, min(index, self.count - 1))
            self._keep_visible()
            self.refresh()

    def move(self, rows: int) -> None:
        """Go down by `rows`."""
        self.go((self._highlighted or 0) + rows)

    def fit(self) -> None:
        self._drawn.clear()
        self._keep_visible()

    def _keep_visible(self) -> None:
        at, height = self._highlighted or 0, max(1, self.size.height)
        self.first = max(0, min(self.first, self.count - height))
        self.first = min(max(self.first, at - height + 1), at)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return as many lines as there are rows."""
        return max(self.count, 1)

    # -- drawing

    @property
    def row_cells(self) -> int:
        """Cells of a row, beside a blank and the mark of what is seen."""
        return max(self.size.width - 2, 1)

    def render_line(self, y: int) -> Strip:
        index, width = self.first + y, self.size.width
        if index >= self.count:
            told = self._told if not self.count and y == 0 else ""
            style = self.rich_style + self.get_component_rich_style("choice-list--told", partial=True)
            return Strip([Segment(told, style)]).adjust_cell_length(width, self.rich_style)
        is_cursor = index == self._highlighted
        row = self._drawn.get((index, is_cursor))
        if row is None:
            row = self._drawn[index, is_cursor] = self._draw(index, is_cursor=is_cursor)
        return Strip.join([row, Strip([Segment(" ", self._mark(y))])]) if width > 1 else row

    def _draw(self, index: int, *, is_cursor: bool) -> Strip:
        style = self.visual_style
        if is_cursor:
            style += self.get_visual_style("choice-list--cursor")
        return (
            Strip(self._label(index).render_segments(style))
            .adjust_cell_length(max(self.size.width - 1, 1), style.rich_style)
            .simplify()
        )

    def _mark(self, y: int) -> Style:
        """Return how the last cell of a line looks: reversed beside the part of the list that is seen."""
        height = self.size.height
        if self.count <= height:
            return self.rich_style
        size = max(1, height * height // self.count)
        start = self.first * (height - size) // max(1, self.count - height)
        dim = self.rich_style + self.get_component_rich_style("choice-list--told", partial=True)
        return dim + Style(reverse=True) if start <= y < start + size else self.rich_style

    def notify_style_update(self) -> None:
        self._drawn.clear()
        super().notify_style_update()

    # -- the mouse

    def on_click(self, event: events.Click) -> None:
        index = self.first + event.get_content_offset_capture(self).y
        if index < self.count:
            self.post_message(self.Chosen(index))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(_WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-_WHEEL_ROWS)
