"""The mailboxes pane: accounts, their mailboxes and views, with the number of unread conversations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from tui.commands.registry import Pane
from tui.content import line
from tui.format import fit
from tui.listing import Entry, Listing
from tui.widgets.pane import Drawn


class Mailboxes(Drawn, can_focus=True):
    """A short list with a cursor of its own; the mailbox on screen is marked with ">"."""

    pane: ClassVar[Pane] = Pane.MAILBOXES
    COMPONENT_CLASSES = {"mailboxes--cursor", "mailboxes--account", "mailboxes--unread", "mailboxes--open"}

    class Chosen(Message):
        """A mailbox is wanted in the list."""

        def __init__(self, listing: Listing) -> None:
            super().__init__()
            self.listing = listing

    def __init__(self) -> None:
        super().__init__()
        self.entries: tuple[Entry, ...] = ()
        self.cursor = 0
        self.first = 0
        self._open: Listing | None = None

    def show(self, entries: Sequence[Entry], opened: Listing | None) -> None:
        """Show these lines, and which of them the list shows."""
        if (tuple(entries), opened) == (self.entries, self._open):
            return
        before, chosen = self.entries, self.chosen
        self.entries = tuple(entries)
        if opened == self._open and len(before) == len(self.entries) and self.chosen == chosen:
            self._refresh_changed(before)  # numbers, mostly: while mail comes in, several times a second
            return
        if opened != self._open or chosen is None:
            chosen = opened
        self._open = opened
        self.cursor = next((i for i, each in enumerate(self.entries) if each.listing == chosen), 0)
        self._go(self.cursor)

    def _refresh_changed(self, before: tuple[Entry, ...]) -> None:
        lines = range(self.first, min(self.first + self.size.height, len(before)))
        changed = [line for line in lines if before[line] != self.entries[line]]
        if changed:
            self.refresh(*(Region(0, line - self.first, self.size.width, 1) for line in changed))

    @property
    def chosen(self) -> Listing | None:
        """What the cursor stands on."""
        return self.entries[self.cursor].listing if self.cursor < len(self.entries) else None

    def choose(self) -> None:
        """Ask for the mailbox under the cursor."""
        if self.chosen is not None:
            self.post_message(self.Chosen(self.chosen))

    def move(self, rows: int) -> None:
        """Go down by `rows`, over the names of accounts."""
        step = 1 if rows > 0 else -1
        index, left = self.cursor, abs(rows)
        while left and 0 <= index + step < len(self.entries):
            index += step
            left -= self.entries[index].listing is not None
        if self.entries and self.entries[index].listing is not None:
            self._go(index)

    def page(self, pages: float) -> None:
        """Go down by a part of what is visible."""
        self.move(round(pages * self.size.height) or 1)

    def top(self) -> None:
        """Go to the first mailbox."""
        self.cursor = -1
        self.move(1)

    def bottom(self) -> None:
        """Go to the last mailbox."""
        self.move(len(self.entries))

    def _go(self, index: int) -> None:
        self.cursor = max(0, min(index, len(self.entries) - 1))
        self.fit()
        self.refresh()

    def fit(self) -> None:
        height = max(1, self.size.height)
        last_first = len(self.entries) - height
        self.first = max(min(self.first, self.cursor, last_first), self.cursor - height + 1, 0)

    def render_line(self, y: int) -> Strip:
        width, index = self.size.width, self.first + y
        style = self.rich_style
        if index >= len(self.entries):
            return Strip.blank(width, style)
        entry = self.entries[index]
        part = self._part(entry, index)
        if part:
            style += self.get_component_rich_style(part, partial=True)
        return Strip([Segment(self._text(entry, width), style)], width)

    def _part(self, entry: Entry, index: int) -> str:
        if entry.listing is None:
            return "mailboxes--account"
        if index == self.cursor and self.has_focus:
            return "mailboxes--cursor"
        if entry.listing == self._open:
            return "mailboxes--open"
        return "mailboxes--unread" if entry.waiting else ""

    def _text(self, entry: Entry, width: int) -> str:
        if entry.listing is None:
            return fit(line(entry.text), width)
        mark = ">" if entry.listing == self._open else " "
        number = f" {entry.waiting:,}" if entry.waiting else ""
        name = fit(mark + "  " * (entry.depth - 1) + line(entry.text), max(1, width - len(number)))
        return name + number

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-1)

    def on_click(self, event: events.Click) -> None:
        if self.first + event.y < len(self.entries):
            self._go(self.first + event.y)
            self.choose()
