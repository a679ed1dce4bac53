"""Which pane lies where: a pure function of the terminal's size and what the user is doing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

READER_MEASURE = 72  # reader text is never narrower than this when the window allows
_OVERLAY = 36
_DRAWER = 32


class Box(NamedTuple):
    """A rectangle of cells."""

    x: int
    y: int
    width: int
    height: int


class Wishes(NamedTuple):
    """What the user does and asked for. None means: as the size suggests."""

    is_reading: bool = False
    is_panel_wanted: bool | None = None
    is_mailboxes_wanted: bool | None = None
    is_preview_wanted: bool = True


class Places(NamedTuple):
    """Where everything lies; a pane that is None is not shown. `rule` is the line between list and reader."""

    top: Box
    status: Box
    list: Box | None
    reader: Box | None = None
    rule: Box | None = None
    mailboxes: Box | None = None
    panel: Box | None = None
    strip: Box | None = None
    separators: tuple[Box, ...] = ()
    row_lines: int = 1
    is_panel_overlay: bool = False
    is_mailboxes_overlay: bool = False

    def boxes(self) -> Mapping[str, Box]:
        """Return the boxes of what is shown, by the name of the pane."""
        names = ("top", "status", "list", "reader", "rule", "mailboxes", "panel", "strip")
        return {name: box for name in names if (box := getattr(self, name)) is not None}


@dataclass(slots=True)
class _Row:
    """The panes side by side: what is left of the width while they take their parts."""

    left: int
    right: int
    height: int
    separators: list[Box] = field(default_factory=list)

    def take_left(self, width: int) -> Box:
        """Cut a pane and a separator off the left side."""
        box = Box(self.left, 1, width, self.height)
        self.separators.append(Box(self.left + width, 1, 1, self.height))
        self.left += width + 1
        return box

    def take_right(self, width: int) -> Box:
        """Cut a pane and a separator off the right side."""
        box = Box(self.right - width, 1, width, self.height)
        self.separators.append(Box(self.right - width - 1, 1, 1, self.height))
        self.right -= width + 1
        return box


def breakpoint_of(width: int, height: int) -> str:
    """Return the name under which choices of panes are remembered: xs, s, m, l, xl by width, tall or short."""
    name = (
        "xs" if width < 80 else "s" if width < 100 else "m" if width < 120 else "l" if width < 180 else "xl"
    )
    return f"{name}-{'short' if height < 32 else 'tall'}"


def arrange(width: int, height: int, wishes: Wishes) -> Places:
    """Return the layout of tui.md §5.2 for a terminal of this size."""
    top, status = Box(0, 0, width, 1), Box(0, height - 1, width, 1)
    has_panel = width >= 100 and wishes.is_panel_wanted is not False
    has_strip = not has_panel
    row = _Row(0, width, max(1, height - 2 - has_strip))
    strip = Box(0, height - 2, width, 1) if has_strip else None
    mailboxes = panel = None
    if _has_docked_mailboxes(width, height, wishes):
        mailboxes = row.take_left(19 if width >= 180 else 17)
    if has_panel:
        panel = row.take_right(37 if width >= 180 else 35 if width >= 120 else 31)
    drawer = _drawer(width, row.height, wishes) if mailboxes is None else None
    overlay = _overlay(width, row.height, wishes) if panel is None else None
    places = _list_and_reader(row, width, height, wishes)
    return Places(
        top,
        status,
        **places,  # type: ignore[arg-type]  # built from the fields of this class
        mailboxes=mailboxes or drawer,
        panel=panel or overlay,
        strip=strip,
        separators=tuple(row.separators),
        is_mailboxes_overlay=drawer is not None,
        is_panel_overlay=overlay is not None,
    )


def _has_docked_mailboxes(width: int, height: int, wishes: Wishes) -> bool:
    if width < 120 or wishes.is_mailboxes_wanted is False:
        return False
    # While reading, the reader's measure comes first, unless there is room or the user asked for them.
    return not wishes.is_reading or width >= 180 or wishes.is_mailboxes_wanted is True


def _drawer(width: int, height: int, wishes: Wishes) -> Box | None:
    return Box(0, 1, min(_DRAWER, width), height) if wishes.is_mailboxes_wanted else None


def _overlay(width: int, height: int, wishes: Wishes) -> Box | None:
    if width >= 100 or not wishes.is_panel_wanted:
        return None
    if width < 80:
        return Box(0, 1, width, height)
    return Box(width - _OVERLAY, 1, _OVERLAY, height)


def _list_and_reader(row: _Row, width: int, height: int, wishes: Wishes) -> dict[str, object]:
    x, wide = row.left, row.right - row.left
    whole = Box(x, 1, wide, row.height)
    if not wishes.is_preview_wanted and not wishes.is_reading:
        return {"list": whole}
    if width >= 180 and height >= 32:
        list_width = min(59, wide - READER_MEASURE - 1)
        row.separators.append(Box(x + list_width, 1, 1, row.height))
        return {
            "list": Box(x, 1, list_width, row.height),
            "reader": Box(x + list_width + 1, 1, wide - list_width - 1, row.height),
            "row_lines": 2 if list_width < 64 and height >= 45 else 1,
        }
    if width >= 100 and height >= 32:
        list_height = (row.height - 1) // 3
        return {
            "list": Box(x, 1, wide, list_height),
            "rule": Box(x, 1 + list_height, wide, 1),
            "reader": Box(x, 2 + list_height, wide, row.height - list_height - 1),
        }
    return {"list": None, "reader": whole} if wishes.is_reading else {"list": whole}
