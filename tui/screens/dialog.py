"""What dialogs have in common: they lie over the screen, answer once, and go away with q or Esc where no text is typed."""

from __future__ import annotations

from typing import TypeVar

from textual.binding import Binding
from textual.screen import ModalScreen

T = TypeVar("T")


class Dialog(ModalScreen[T]):
    """A question over the mail screen. Dismissed without an answer it gives None."""

    BINDINGS = [Binding("escape", "cancel", show=False)]

    def action_cancel(self) -> None:
        self.dismiss(None)
