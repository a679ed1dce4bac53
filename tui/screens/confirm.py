"""A question answered with y or n."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui.screens.dialog import Dialog


class Confirm(Dialog[bool]):
    """Ask before something that cannot be taken back. Enter does nothing: the answer is y or n."""

    BINDINGS = [
        Binding("y", "dismiss(True)", show=False),
        Binding("n,q", "dismiss(False)", show=False),
    ]

    def __init__(self, question: Content) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._question)
            yield Static(Content.styled("y yes   n no", "dim"))
