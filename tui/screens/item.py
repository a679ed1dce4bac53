"""An item in full: its card, its people, what was done last and its notes."""

from __future__ import annotations

import time

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from store.panel import PanelFacts
from tui.screens.dialog import Dialog
from tui.widgets.crm_panel import CrmPanel


class ItemScreen(Dialog[None]):
    """The panel's facts over the whole width, scrolled with j and k. q goes back."""

    BINDINGS = [
        Binding("q,enter,O", "cancel", show=False),
        Binding("j,down", "move(1)", show=False),
        Binding("k,up", "move(-1)", show=False),
        Binding("space,pagedown,ctrl+d", "move(10)", show=False),
        Binding("backspace,pageup,ctrl+u", "move(-10)", show=False),
    ]

    def __init__(self, facts: PanelFacts) -> None:
        super().__init__()
        self._facts = facts

    def compose(self) -> ComposeResult:
        with Vertical():
            yield CrmPanel(is_whole=True, now=time.time)

    def on_mount(self) -> None:
        panel = self.query_one(CrmPanel)
        panel.styles.height = "auto"
        panel.styles.max_height = "70vh"  # the dialog takes 80% with its border; the rest is scrolled to
        panel.show(self._facts)

    def action_move(self, rows: int) -> None:
        self.query_one(CrmPanel).move(rows)
