"""What the motion keys ask of whichever pane has the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

if TYPE_CHECKING:
    from tui.commands.registry import Pane


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
