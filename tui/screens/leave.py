"""What becomes of a message that is not sent now."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui.screens.dialog import Dialog


class Leave(Dialog[str]):
    """Answers "discard" or "postpone"; every other way out goes on writing."""

    BINDINGS = [
        Binding("d", "dismiss('discard')", show=False),
        Binding("p", "dismiss('postpone')", show=False),
        Binding("q,n,e", "cancel", show=False),
    ]

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content("Discard this message, or keep it in Drafts?"))
            yield Static(Content.styled("d discard   p postpone   Esc go on writing", "dim"))
