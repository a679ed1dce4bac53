"""What dialogs have in common: they lie over the screen, answer once, and go away with q or Esc where no text is typed."""

from __future__ import annotations

from typing import TypeVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

T = TypeVar("T")
_WIDTH = 72  # as later.tcss says; before the first layout there is nothing else to ask


class Dialog(ModalScreen[T]):
    """A question over the mail screen. Dismissed without an answer it gives None."""

    BINDINGS = [Binding("escape", "cancel", show=False)]

    @property
    def row_cells(self) -> int:
        """Cells of one line of a list in the dialog, beside its scroll bar."""
        inside = (
            self.query_one(Vertical).content_size.width or min(_WIDTH, self.app.size.width * 96 // 100) - 4
        )
        return max(inside - 1, 1)

    def action_cancel(self) -> None:
        self.dismiss(None)
