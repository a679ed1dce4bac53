"""Put the widgets of the mail screen where tui.layout says, at the first layout and at every size after."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import Layout, WidgetPlacement

from tui.layout import Box, Places

if TYPE_CHECKING:
    from textual.widget import Widget

_STEADY = frozenset({"panel", "list", "top", "status"})
"""Placed last: the framework paints again whatever stands before a widget that comes or goes."""


class PaneLayout(Layout):
    """A Textual layout without containers or CSS sizes: one pure function places everything."""

    name = "panes"

    def __init__(self, places: Callable[[int, int], Places], popup_height: Callable[[int], int]) -> None:
        self._places = places
        self._popup_height = popup_height

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> list[WidgetPlacement]:
        places = self._places(size.width, size.height)
        boxes = dict(places.boxes())
        boxes |= {f"separator-{n}": box for n, box in enumerate(places.separators)}
        boxes["prompt"] = places.status
        height = min(self._popup_height(size.width), size.height - 2)
        if height:
            boxes["which-key"] = Box(0, size.height - 1 - height, size.width, height)
        return [
            WidgetPlacement(Region(*boxes[child.id]), NULL_OFFSET, NULL_SPACING, child)
            for child in sorted(children, key=lambda child: child.id in _STEADY)
            if child.id in boxes
        ]
