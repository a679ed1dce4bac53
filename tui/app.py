"""The screen's program: themes, keys, the watcher and the worker around the mail screen."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App
from textual.filter import LineFilter, NoColor

from store.database import Database, open_store
from store.settings import Settings
from tui import bridge, glyphs, themes
from tui.guard import AsciiSigns, OutputGuard, PlainDefaults
from tui.hangup import watch_terminal
from tui.screens.mail import MailScreen
from tui.widgets.pane import Keeping, Quietable

if TYPE_CHECKING:
    from rich.console import RenderableType


class DealboxApp(App[int]):
    """One terminal's screen over the store."""

    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar = []
    TITLE = "dealbox"

    def __init__(
        self, db: Database, settings: Settings, *, settings_path: Path | None = None, has_worker: bool = True
    ) -> None:
        """`settings_path` is read again when it changes. Without `has_worker` nothing is synced, as in tests."""
        self.theme_name = themes.chosen(settings.theme)
        super().__init__(ansi_color=themes.is_ansi(self.theme_name))
        self.no_color = self.theme_name == "none"
        for theme in themes.THEMES:
            self.register_theme(theme)
        # Not by setting self.theme: every style would be read twice, 20 ms before the first frame.
        self.set_reactive(App.theme, themes.textual_name(self.theme_name))
        self.stylesheet.set_variables(self.get_css_variables())
        self.animation_level = "none"
        self.mail = MailScreen(db, settings)
        self._db = db
        self._has_worker = has_worker
        self._settings_path = settings_path
        self._own_filters = _filters(self.theme_name, is_ascii=self.mail.glyphs.is_ascii)

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
        from tui.offer import offer_drafts
        from tui.watcher import Watcher
        from tui.worker_care import WorkerCare

        later = Path(__file__).with_name("later.tcss")
        self.stylesheet.add_source(later.read_text("utf-8"), read_from=(str(later), ""))
        await self.mail.complete()
        self.run_worker(offer_drafts(self.mail), group="drafts")
        gc.freeze()
        gc.enable()
        watcher = Watcher(self._db, self.mail.post_message, since=self.mail.listings.read_since)
        self.run_worker(watcher.run(), group="watcher")
        if self._has_worker:
            care = WorkerCare(self._db, self.mail.warn, self.mail.say)
            self.run_worker(care.run(), group="worker")
        if self._settings_path is not None:
            from tui.settings_care import SettingsCare

            self.run_worker(
                SettingsCare(self._settings_path, self.take, self.mail.warn).run(), group="settings"
            )

    def exit(
        self, result: int | None = None, return_code: int = 0, message: RenderableType | None = None
    ) -> None:
        """Keep what is being written while it is still on the screen, then leave."""
        self._keep_unsaved()
        super().exit(result, return_code, message)

    def keep(self) -> None:
        """Keep what is being written, and close the store: the terminal is gone."""
        try:
            self._keep_unsaved()
        finally:
            bridge.finish(2.0)
            self._db.close()

    def _keep_unsaved(self) -> None:
        self.mail.keep_drafts()
        for screen in self.screen_stack:
            if isinstance(screen, Keeping):
                screen.keep_now()

    def take(self, settings: Settings) -> None:
        """Let other settings be in force; the mouse waits for the next start."""
        from tui import settings_care

        self.theme_name = themes.chosen(settings.theme)
        self.no_color = self.theme_name == "none"
        self._own_filters = _filters(self.theme_name, is_ascii=glyphs.chosen(settings.glyphs).is_ascii)
        self.ansi_color = themes.is_ansi(self.theme_name)
        self.theme = themes.textual_name(self.theme_name)
        settings_care.apply(self.mail, settings)
        self.refresh(layout=True)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded and self._is_command(event):
            return
        await super().on_event(event)

    def _is_command(self, event: events.Key) -> bool:
        """Give a key to the mail screen's keymap; False when it is text or belongs to a dialog."""
        if self.screen is not self.mail:
            if isinstance(self.screen, Quietable):
                self.screen.quiet()
            return False
        if self.mail.is_typing:
            return False
        return self.mail.dispatcher.press(event.key, event.character)


def _filters(theme_name: str, *, is_ascii: bool) -> list[LineFilter]:
    """Return what every strip passes before the terminal."""
    filters: list[LineFilter] = [NoColor()] if theme_name == "none" else []
    filters.append(OutputGuard())
    if themes.is_ansi(theme_name):
        filters.append(PlainDefaults())
    if is_ascii:
        filters.append(AsciiSigns())
    return filters


def run_screen(
    directory: Path, settings: Settings, *, settings_path: Path | None = None, has_worker: bool = True
) -> int:
    """Show the screen over the data in `directory` until the user leaves it, and return the exit code."""
    gc.disable()  # what is made up to the first frame stays: looking through it costs 15 % of the start
    db = open_store(directory, is_screen=True)
    app = DealboxApp(db, settings, settings_path=settings_path, has_worker=has_worker)
    watch_terminal(app.keep)
    try:
        app.run(mouse=settings.mouse)
        return app.return_code or 0
    finally:
        bridge.finish()
        db.close()
