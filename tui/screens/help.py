"""The keys that work in a pane, by what they are for."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.commands.reference import sections
from tui.commands.registry import Pane
from tui.format import fit
from tui.keymap import Keymap
from tui.screens.dialog import Dialog

_NAMES = {
    Pane.LIST: "the list",
    Pane.READER: "the reader",
    Pane.PANEL: "the CRM panel",
    Pane.MAILBOXES: "the mailboxes",
}


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
            with VerticalScroll(can_focus=False):
                yield Static(Content("\n").join(lines))

    def action_scroll(self, rows: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)
