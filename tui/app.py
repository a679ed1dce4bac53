"""The screen's program: themes, keys, the watcher and the worker around the mail screen."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import App
from textual.filter import LineFilter, NoColor

from store.database import Database, open_store
from store.settings import Settings
from tui import themes
from tui.commands.registry import commands
from tui.guard import AsciiSigns, OutputGuard, PlainDefaults
from tui.hangup import watch_terminal
from tui.keymap import Keymap, key_name, user_keymap
from tui.screens.mail import MailScreen
from tui.watcher import StoreChanged, Watcher
from tui.worker_care import WorkerCare


class DealboxApp(App[int]):
    """One terminal's screen over the store."""

    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar = []
    TITLE = "dealbox"

    def __init__(
        self,
        db: Database,
        settings: Settings,
        keymap: Keymap,
        *,
        notices: Sequence[str] = (),
        has_worker: bool = True,
    ) -> None:
        """`notices` are said at the start; without `has_worker` nothing is synced, as in tests."""
        self.theme_name = themes.chosen(settings.theme)
        super().__init__(ansi_color=themes.is_ansi(self.theme_name))
        self.no_color = self.theme_name == "none"
        for theme in themes.THEMES:
            self.register_theme(theme)
        self.theme = themes.textual_name(self.theme_name)
        self.animation_level = "none"
        self.mail = MailScreen(db, settings, keymap)
        self._db = db
        self._notices = tuple(notices)
        self._has_worker = has_worker
        self._own_filters: list[LineFilter] = [OutputGuard()]
        if themes.is_ansi(self.theme_name):
            self._own_filters.append(PlainDefaults())
        if settings.glyphs == "ascii":
            self._own_filters.append(AsciiSigns())
        if self.no_color:
            self._own_filters.insert(0, NoColor())

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Let nothing through to the terminal that it would act on."""
        if self.no_color:  # Textual would only turn colours to grey
            return self._own_filters
        return [*super().get_line_filters(), *self._own_filters]

    def get_default_screen(self) -> MailScreen:
        """Begin with the mail screen."""
        return self.mail

    def on_mount(self) -> None:
        self.mail.call_after_refresh(self._begin)

    async def _begin(self) -> None:
        """Start what the first frame did not need."""
        await self.mail.complete()
        gc.freeze()
        gc.enable()
        self.run_worker(Watcher(self._db, self.mail.post_message).run(), group="watcher")
        if self._has_worker:
            care = WorkerCare(self._db, self.mail.warn, self.mail.say)
            self.run_worker(care.run(), group="worker")
        if self._notices:
            self.mail.warn("; ".join(self._notices))

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded and self._is_command(event):
            return
        await super().on_event(event)

    def _is_command(self, event: events.Key) -> bool:
        """Give a key to the mail screen's keymap; False when it is text or belongs to a dialog."""
        if self.screen is not self.mail or self.mail.is_typing:
            return False
        return self.mail.dispatcher.press(key_name(event.key, event.character))


__all__ = ["DealboxApp", "StoreChanged", "run_screen"]


def run_screen(directory: Path, settings: Settings, *, has_worker: bool = True) -> int:
    """Show the screen over the data in `directory` until the user leaves it, and return the exit code."""
    gc.disable()  # what is made up to the first frame stays: looking through it costs 15 % of the start
    db = open_store(directory, is_screen=True)
    keymap, problems = user_keymap(commands(), settings.keys)
    app = DealboxApp(db, settings, keymap, notices=problems, has_worker=has_worker)
    watch_terminal(db.close)
    try:
        app.run(mouse=settings.mouse)
        return app.return_code or 0
    finally:
        db.close()
