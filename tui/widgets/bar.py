"""Lines of the screen's frame: the top line, the status line, the strip, the rules between panes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from tui.content import line
from tui.format import fit
from tui.widgets.pane import Drawn


class Piece(NamedTuple):
    """Some text of a bar; `part` is "", title, focus, dim, warn or key."""

    text: str
    part: str = ""


class Bar(Drawn):
    """One line of text. Only the cells that change are sent to the terminal."""

    COMPONENT_CLASSES = {"bar--title", "bar--focus", "bar--dim", "bar--warn", "bar--key"}

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._left: tuple[Piece, ...] = ()
        self._right: tuple[Piece, ...] = ()
        self._drawn: Strip | None = None
        self._styles_made: dict[str, Style] = {}

    def show(self, left: Sequence[Piece], right: Sequence[Piece] = ()) -> None:
        """Show pieces from the left side, and pieces against the right side that have the first claim to the room."""
        if (tuple(left), tuple(right)) == (self._left, self._right):
            return
        self._left, self._right = tuple(left), tuple(right)
        before, self._drawn = self._drawn, None
        if before is None or not self.is_attached:
            self.refresh()
            return
        span = _changed(before, self.render_line(0))
        if span is not None:
            self.refresh(Region(span[0], 0, span[1] - span[0], 1))

    @property
    def text(self) -> str:
        """What the bar says."""
        return "".join(piece.text for piece in (*self._left, *self._right))

    def render_line(self, y: int) -> Strip:
        if self._drawn is None or self._drawn.cell_length != self.size.width:
            self._drawn = self._draw(self.size.width)
        return self._drawn

    def _draw(self, width: int) -> Strip:
        base = self.rich_style
        right = [(line_keeping_blanks(piece.text), self._style(piece.part)) for piece in self._right]
        right_width = min(width, sum(cell_len(text) for text, _ in right))
        left = [Segment(line_keeping_blanks(piece.text), self._style(piece.part)) for piece in self._left]
        strip = Strip(left).adjust_cell_length(width - right_width, base)
        if right:
            tail = Strip([Segment(text, style) for text, style in right]).crop(0, right_width)
            strip = Strip.join([strip, tail])
        return strip.simplify()

    def _style(self, part: str) -> Style:
        style = self._styles_made.get(part)
        if style is None:
            style = self.rich_style
            if part:
                style += self.get_component_rich_style(f"bar--{part}", partial=True)
            self._styles_made[part] = style
        return style

    def notify_style_update(self) -> None:
        self._drawn = None
        self._styles_made.clear()
        super().notify_style_update()


def line_keeping_blanks(text: str) -> str:
    """Return one safe line whose runs of blanks stay: they are columns of ours."""
    if text.isascii() and text.isprintable():
        return text
    return " ".join(line(word) for word in text.split(" "))


def _changed(before: Strip, after: Strip) -> tuple[int, int] | None:
    """Return the first and the past-the-end cell that differ, None when none does."""
    width = after.cell_length
    if before.cell_length != width:
        return 0, width
    old, new = _cells(before), _cells(after)
    if len(old) != width or len(new) != width:  # a wide character: cells and characters do not match
        return None if before == after else (0, width)
    differing = [index for index in range(width) if old[index] != new[index]]
    return (differing[0], differing[-1] + 1) if differing else None


def _cells(strip: Strip) -> list[tuple[str, Style | None]]:
    return [(character, segment.style) for segment in strip for character in segment.text]


class Rule(Drawn):
    """A line between panes: `character` repeated, down or across, with a title when across."""

    COMPONENT_CLASSES = {"rule--title", "rule--focus"}

    def __init__(self, character: str, *, id: str) -> None:
        super().__init__(id=id)
        self._character = character
        self._title = ""
        self._is_focused = False

    def set_character(self, character: str) -> None:
        """Draw the line with another character."""
        self._character = character
        self.refresh()

    def show(self, title: str, *, is_focused: bool) -> None:
        """Put a title into the line; the one of the pane with the focus is reversed."""
        if (title, is_focused) != (self._title, self._is_focused):
            self._title, self._is_focused = title, is_focused
            if self.is_attached:
                self.refresh()

    def render_line(self, y: int) -> Strip:
        width, style = self.size.width, self.rich_style
        if not self._title:
            return Strip([Segment(self._character * width, style)], width)
        title = line_keeping_blanks(self._title)
        title = fit(title, min(cell_len(title), max(0, width - 3)))
        name = "rule--focus" if self._is_focused else "rule--title"
        titled = style + self.get_component_rich_style(name, partial=True)
        rest = max(0, width - 1 - cell_len(title))
        return Strip(
            [
                Segment(self._character, style),
                Segment(title, titled),
                Segment(self._character * rest, style),
            ]
        ).adjust_cell_length(width, style)
