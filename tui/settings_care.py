"""Read the settings again when their file changes, in every screen that is open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from store import settings
from store.settings import Settings, SettingsError
from tui import glyphs
from tui.bridge import in_store
from tui.widgets.bar import Rule

if TYPE_CHECKING:
    from tui.screens.mail import MailScreen

_LOOK_EVERY_S: Final = 1.0
Stamp = tuple[int, int, int] | None


class SettingsCare:
    """Looks at the file once a second. A file with mistakes changes nothing, and the user hears of them."""

    def __init__(self, path: Path, take: Callable[[Settings], None], warn: Callable[[str], None]) -> None:
        self._path = path
        self._take = take
        self._warn = warn
        self._seen = self._stamp()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Read the file if it is another than before."""
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            chosen = await in_store(settings.load, self._path)
        except SettingsError as error:
            self._warn(f"{error}. The settings stay as they were.")
            return
        self._take(chosen)

    def _stamp(self) -> Stamp:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino


def apply(screen: MailScreen, chosen: Settings) -> None:
    """Let other settings be in force in the mail screen, and say so."""
    is_other_mouse = chosen.mouse != screen.settings.mouse
    screen.settings = chosen
    signs = screen.glyphs = glyphs.chosen(chosen.glyphs)
    screen.thread_list.set_look(signs, chosen.date_style, is_jumping=chosen.jump_scroll)
    for rule in screen.query(Rule):
        rule.set_character(signs.horizontal if rule.id == "rule" else signs.vertical)
    screen.reader.set_ascii(is_ascii=signs.is_ascii)
    screen.reader.conversation.is_html = not chosen.prefer_plain
    screen.dispatcher.use(chosen.keys)
    tell_keys(screen)
    screen.arrange_panes()
    if screen.dispatcher.problems:
        screen.warn("; ".join(screen.dispatcher.problems))
    else:
        later = "; the mouse waits for the next start" if is_other_mouse else ""
        screen.say(f"The settings were read again{later}")


def tell_keys(screen: MailScreen) -> None:
    """Let what the reader says name the user's own keys."""
    told = screen.reader.conversation
    told.save_key, told.raw_key = screen.key_of("reader.save"), screen.key_of("reader.headers")
