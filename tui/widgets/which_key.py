"""The popup that shows how a sequence of keys may go on."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from tui.format import fit

_COLUMN = 26


class WhichKey(Widget):
    """Columns of "i  Inbox" over the bottom of the screen; it has no place while closed."""

    COMPONENT_CLASSES = {"which-key--key"}

    def __init__(self) -> None:
        super().__init__(id="which-key")
        self._begun = ""
        self._entries: tuple[tuple[str, str], ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether there is anything to show."""
        return bool(self._entries)

    def show(self, begun: str, entries: Sequence[tuple[str, str]]) -> None:
        """Show what may follow the keys `begun`, as (keys, title); nothing closes it."""
        self._begun, self._entries = begun, tuple(entries)
        self.refresh()

    def height_for(self, width: int) -> int:
        """Return the lines needed at a width; 0 while closed."""
        if not self._entries:
            return 0
        return 1 + -(-len(self._entries) // self._columns(width))

    def _columns(self, width: int) -> int:
        return max(1, width // _COLUMN)

    def render_line(self, y: int) -> Strip:
        width, style = self.size.width, self.rich_style
        if y == 0:
            return Strip([Segment(fit(f" {self._begun} ...", width), style)], width)
        columns = self._columns(width)
        lines = -(-len(self._entries) // columns)
        segments: list[Segment] = []
        key_style = style + self.get_component_rich_style("which-key--key", partial=True)
        for key, title in self._entries[y - 1 :: lines]:
            segments.append(Segment(f" {key} ", key_style))
            segments.append(Segment(fit(f" {title}", max(0, _COLUMN - cell_len(key) - 2)), style))
        return Strip(segments).adjust_cell_length(width, style)
