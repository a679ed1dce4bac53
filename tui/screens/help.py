"""The keys that work in a pane, by what they are for."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.strip import Strip
from textual.widgets import Static

from tui.commands.reference import sections
from tui.commands.registry import Pane
from tui.format import fit
from tui.keymap import Keymap
from tui.screens.dialog import Dialog
from tui.widgets.pane import Drawn

_WHEEL_ROWS = 3
_NAMES = {
    Pane.LIST: "the list",
    Pane.READER: "the reader",
    Pane.PANEL: "the CRM panel",
    Pane.MAILBOXES: "the mailboxes",
}


class Lines(Drawn):
    """Lines to scroll through, of which only those that are seen are drawn."""

    def __init__(self, lines: Sequence[Content]) -> None:
        super().__init__()
        self.first = 0
        self._lines = tuple(lines)

    def move(self, rows: int) -> None:
        """Scroll down by `rows`."""
        self.first += rows
        self.fit()
        self.refresh()

    def fit(self) -> None:
        self.first = max(0, min(self.first, len(self._lines) - self.size.height))

    def render_line(self, y: int) -> Strip:
        at, style = self.first + y, self.visual_style
        segments = self._lines[at].render_segments(style) if at < len(self._lines) else ()
        return Strip(segments).adjust_cell_length(self.size.width, style.rich_style)

    def on_mouse_scroll_down(self) -> None:
        self.move(_WHEEL_ROWS)

    def on_mouse_scroll_up(self) -> None:
        self.move(-_WHEEL_ROWS)


class Help(Dialog[None]):
    """A page to scroll; q, ? or Esc leaves it."""

    BINDINGS = [
        Binding("q,question_mark", "cancel", show=False),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("space,ctrl+d,pagedown,ctrl+f", "scroll(15)", show=False),
        Binding("backspace,ctrl+u,pageup,ctrl+b", "scroll(-15)", show=False),
        Binding("G,end", "scroll(9999)", show=False),
        Binding("g,home", "scroll(-9999)", show=False),
    ]

    def __init__(self, pane: Pane, keymap: Keymap) -> None:
        super().__init__()
        self._pane = pane
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        lines: list[Content] = []
        for group, commands in sections(self._pane, self._keymap):
            lines += [Content(""), Content.styled(group, "bold")]
            for keys, title in commands:
                lines.append(Content.assemble((fit(f"  {keys}", 22), "bold"), title))
        with Vertical():
            yield Static(Content.styled(f"Keys in {_NAMES[self._pane]}  (q closes, j k scroll)", "bold"))
            yield Lines(lines[1:])

    def action_scroll(self, rows: int) -> None:
        self.query_one(Lines).move(rows)
