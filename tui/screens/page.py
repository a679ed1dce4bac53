"""A page of text to scroll over the screen: a preview, a list of keys."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.screens.dialog import Dialog


class Page(Dialog[None]):
    """q or Esc leaves it; j, k, Space and the arrows scroll."""

    BINDINGS = [
        Binding("q,P,question_mark,f1,enter", "cancel", show=False),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("space,ctrl+d,pagedown,ctrl+f", "scroll(15)", show=False),
        Binding("backspace,ctrl+u,pageup,ctrl+b", "scroll(-15)", show=False),
        Binding("G,end", "scroll(99999)", show=False),
        Binding("g,home", "scroll(-99999)", show=False),
    ]

    def __init__(self, title: str, text: Content) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled(f"{self._title}  (q closes, j k scroll)", "bold"))
            with VerticalScroll(can_focus=False):
                yield Static(self._text)

    def action_scroll(self, rows: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)
