"""What dialogs have in common: they lie over the screen, answer once, and go away with q or Esc where no text is typed."""

from __future__ import annotations

from typing import TypeVar

from textual import events, on
from textual.binding import Binding
from textual.containers import Vertical
from textual.css.styles import RulesMap
from textual.screen import ModalScreen, Screen
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

T = TypeVar("T")
_LOW = 16
"""Lines of a screen below which a dialog takes all of them, and nothing for looks."""
_WIDTH = 72  # as later.tcss says; before the first layout there is nothing else to ask


class Below(Visual):
    """The screen under a dialog as it is painted. The framework's own way of drawing it takes ten times as long."""

    def __init__(self, screen: Screen[object]) -> None:
        self._screen = screen

    def render_strips(
        self, width: int, height: int | None, style: Style, options: RenderOptions
    ) -> list[Strip]:
        """Return the lines of the screen, with nothing left to click on."""
        painted = self._screen._compositor.render_strips()  # there is no public way to what is painted
        return [strip.discard_meta() for strip in painted[:height]]

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """Return the width of the screen."""
        return self._screen.size.width

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Return the height of the screen."""
        return self._screen.size.height


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

    def render(self) -> Below:  # type: ignore[override]  # every widget may render what draws itself
        """Draw the screen that the dialog lies over; the dialog's own widgets come on top."""
        screens = self.app.screen_stack
        return Below(screens[screens.index(self) - 1])

    @on(events.ScreenResume)
    def _note_height(self) -> None:
        self.set_class(self.app.size.height < _LOW, "-low")

    @on(events.Resize)
    def _keep_layout(self, event: events.Resize) -> None:
        # The framework lays a new screen out, tells it of its size, and would then lay it out and paint it once more.
        if event.size == self.outer_size:
            event.prevent_default()
        self.set_class(event.size.height < _LOW, "-low")

    def action_cancel(self) -> None:
        self.dismiss(None)
