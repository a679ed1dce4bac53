"""What the panes have in common: how they are drawn, and what the motion keys ask of whichever has the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from rich.style import Style
from textual.geometry import Region, Size
from textual.reactive import Reactive
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from tui.commands.registry import Pane


class Drawn(Widget):
    """A widget drawn line by line, which the framework never scrolls: one layout and one repaint for a new size.

    Its focus shows in what it draws, never in a style sheet, so that no style is worked out when the focus moves.
    """

    virtual_size = Reactive(Size(0, 0), repaint=False)  # the framework would ask for a second layout
    _fitted = Size(0, 0)
    _own_style: Style | None = None

    @property
    def rich_style(self) -> Style:
        """The widget's colours, worked out once: the framework asks all ancestors for every line."""
        if self._own_style is None:
            self._own_style = super().rich_style
        return self._own_style

    def notify_style_update(self) -> None:
        self._own_style = None
        super().notify_style_update()

    def fit(self) -> None:
        """Make what is drawn fit the present size. Must not refresh: it is being painted."""

    def fit_once(self) -> None:
        """Fit unless that was done for this size."""
        if self._fitted != self.size:
            self._fitted = self.size
            self.fit()

    def render_lines(self, crop: Region) -> list[Strip]:
        self.fit_once()
        return super().render_lines(crop)

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Leave the styles as they are."""

    def on_resize(self) -> None:
        self.fit_once()


@runtime_checkable
class Scrollable(Protocol):
    """A pane that the motion keys move in: rows of a list, lines of a text."""

    pane: ClassVar[Pane]

    def move(self, rows: int) -> None:
        """Go down by `rows` (up when negative)."""

    def page(self, pages: float) -> None:
        """Go down by a part of what is visible: 1 is a page, -0.5 half a page up."""

    def top(self) -> None:
        """Go to the first row."""

    def bottom(self) -> None:
        """Go to the last row."""


@runtime_checkable
class Keeping(Protocol):
    """A screen with something on it that nobody saved yet."""

    def keep_now(self) -> None:
        """Keep it before this returns: the program or the terminal is going."""


@runtime_checkable
class Quietable(Protocol):
    """A screen that says things until the next key."""

    def quiet(self) -> None:
        """Take back what was said: the user pressed a key."""


@runtime_checkable
class Telling(Protocol):
    """A screen with a status line: the mail, and the pages and lists over it."""

    def say(self, text: str, *, can_undo: bool = False) -> None:
        """Say something until the next key."""

    def warn(self, text: str) -> None:
        """Say that something went wrong."""
