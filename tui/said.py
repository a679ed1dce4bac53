"""What the status line says: the message of the moment, else the keys; and how the accounts are doing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.cells import cell_len

from tui import frame

if TYPE_CHECKING:
    from tui.screens.mail import MailScreen
    from tui.widgets.bar import Bar


class Said:
    """Holds the message of the moment. One that is too long for the line lies above it until the next key."""

    def __init__(self, screen: MailScreen, bar: Bar) -> None:
        self._screen = screen
        self._bar = bar
        self._message, self._is_warning, self._undo_key = "", False, ""

    def say(self, text: str, *, is_warning: bool = False, undo_key: str = "") -> None:
        """Say something until the next key; `undo_key` takes it back."""
        self._message, self._is_warning, self._undo_key = text, is_warning, undo_key
        is_long = cell_len(text) + 2 > self._screen.size.width > 0
        self._screen.show_notice(text if is_long else "")
        self.update()

    def take_back(self, text: str) -> None:
        """Take this back unless something else was said since."""
        if self._message == text:
            self.say("")

    def quiet(self) -> None:
        """Take back what was said."""
        if self._message:
            self.say("")

    def update(self) -> None:
        """Draw the line."""
        screen = self._screen
        width = screen.size.width
        right = frame.sync_state(screen.listings.accounts, int(time.time()), screen.glyphs, width // 2)
        if screen.drafts_open:
            right = (*frame.drafts_open(screen.drafts_open, screen.key_of("compose.resume")), *right)
        left = frame.status_line(
            "" if screen.which_key.is_notice else self._message,
            is_warning=self._is_warning,
            undo_key=self._undo_key,
            pairs=screen.dispatcher.hints(screen.pane) if screen.is_complete else (),
            room=width - frame.width(right),
        )
        is_full = bool(self._message) and frame.width((*left, *right)) > width
        self._bar.show(left, () if is_full else right)
