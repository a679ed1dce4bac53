"""The popup that shows how a sequence of keys may go on."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from tui.format import fit, shorten
from tui.widgets.pane import Drawn

_LINES_KEPT = 4  # of the screen: the top line, the status line, our own heading, and one of what lies below


class WhichKey(Drawn):
    """Columns of "i  Inbox", or a sentence, over the bottom of the screen; it has no place while closed."""

    COMPONENT_CLASSES = {"which-key--key"}

    def __init__(self) -> None:
        super().__init__(id="which-key")
        self._begun = ""
        self._entries: tuple[tuple[str, str], ...] = ()
        self._notice = ""

    @property
    def is_open(self) -> bool:
        """Whether keys are shown."""
        return bool(self._entries)

    @property
    def is_notice(self) -> bool:
        """Whether a sentence is shown."""
        return bool(self._notice)

    def show(self, begun: str, entries: Sequence[tuple[str, str]]) -> None:
        """Show what may follow the keys `begun`, as (keys, title); nothing closes it."""
        self._begun, self._entries, self._notice = begun, tuple(entries), ""
        self.refresh()

    def tell(self, text: str) -> None:
        """Show a sentence of any length; an empty one closes it."""
        self._entries, self._notice = (), text
        self.refresh()

    def height_for(self, width: int) -> int:
        """Return the lines needed at a width; 0 while closed."""
        if self._notice:
            return len(self._lines(width))
        return 1 + -(-len(self._entries) // self._columns(width)) if self._entries else 0

    def _lines(self, width: int) -> list[str]:
        from tui.wrap import wrap  # 5 ms of the first frame, which shows no sentence

        return [self._notice[start:end] for start, end in wrap(self._notice, max(1, width - 2))]

    def _column(self, width: int) -> int:
        """Return the cells of a column: titles are whole, unless there is no room for all of them below each other."""
        whole = max((cell_len(key) + cell_len(title) + 4 for key, title in self._entries), default=1)
        room = max(1, self.app.size.height - _LINES_KEPT)
        needed = -(-len(self._entries) // room)
        return min(whole, max(1, width // max(needed, 1)))

    def _columns(self, width: int) -> int:
        return max(1, width // self._column(width))

    def render_line(self, y: int) -> Strip:
        width, style = self.size.width, self.rich_style
        if self._notice:
            lines = self._lines(width)
            text = f" {lines[y]}" if y < len(lines) else ""
            return Strip([Segment(text, style)]).adjust_cell_length(width, style)
        if not self._entries:  # a dialog may be painted over a popup that is closed and not laid out yet
            return Strip.blank(width, style)
        if y == 0:
            return Strip([Segment(fit(f" {self._begun} ...", width), style)], width)
        columns, column = self._columns(width), min(self._column(width), width)
        lines_each = -(-len(self._entries) // columns)
        segments: list[Segment] = []
        key_style = style + self.get_component_rich_style("which-key--key", partial=True)
        for key, title in self._entries[y - 1 :: lines_each]:
            segments.append(Segment(f" {key} ", key_style))
            room = max(0, column - cell_len(key) - 2)
            segments.append(Segment(fit(shorten(f" {title}", max(0, room - 1)), room), style))
        return Strip(segments).adjust_cell_length(width, style)
