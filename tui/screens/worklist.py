"""What the screens a salesman works off have in common: they are hosts of the verbs, follow the store, and end with q."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from itertools import count as counting
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar, cast

from textual import events
from textual.content import Content
from textual.renderables.blank import Blank
from textual.screen import ModalScreen, Screen

from store import actions
from store import events as store_events
from store.database import Database, StoreUnusable
from store.rows import ActionRow
from store.settings import Settings
from tui import frame, glyphs
from tui.bridge import in_store
from tui.content import line
from tui.items import pages, worklist_keys
from tui.items.worklist_keys import ScreenKey
from tui.keymap import key_name
from tui.widgets.bar import Bar

if TYPE_CHECKING:
    from tui.app import DealboxApp
    from tui.items.host import Host
    from tui.screens.mail import MailScreen

T = TypeVar("T")
_FAILURES: Final = (sqlite3.Error, StoreUnusable, OSError)
_LOOK_EVERY_S: Final = 0.5
_numbers = counting(1)


class Worklist(Screen[None]):
    """A screen over the mail. Those of its kind say what their keys are, what they show, and how it is read."""

    CSS_PATH = "worklist.tcss"
    AUTO_FOCUS = ""
    KEYS: Sequence[ScreenKey] = ()
    TITLE_OF_HELP: ClassVar[str] = ""

    def __init__(self, host: Host) -> None:
        super().__init__(name=f"worklist-{next(_numbers)}")
        self.glyphs = glyphs.chosen(host.settings.glyphs)
        self.top, self.status = Bar(id="worklist-top"), Bar(id="worklist-status")
        self._host = host
        self._pressed: tuple[str, ...] = ()
        self._said: tuple[str, bool, bool] = ("", False, False)
        self._seen = (-1, -1)
        self._was_left = False
        self._one_at_a_time = asyncio.Lock()
        self._is_opening = False
        self._held: list[events.Key] = []

    def render(self) -> Blank:  # type: ignore[override]  # as the framework itself returns it
        # Where the theme leaves the background to the terminal, the framework would draw the whole mail below first.
        return Blank(self.app.styles.background)

    async def on_mount(self) -> None:
        await self.reload()
        self.set_interval(_LOOK_EVERY_S, self._look)

    async def read(self) -> None:
        """Read what is shown, the cursor staying where it is."""
        raise NotImplementedError

    def update_frame(self) -> None:
        """Draw the lines around what is shown; the status line is drawn by update_status."""
        raise NotImplementedError

    # -- a host of the verbs

    @property
    def db(self) -> Database:
        """The store."""
        return self._host.db

    @property
    def settings(self) -> Settings:
        """The user's settings."""
        return self._host.settings

    @property
    def mail(self) -> MailScreen:
        """The mail screen under everything."""
        return cast("DealboxApp", self.app).mail

    async def ask(self, dialog: ModalScreen[T]) -> T | None:
        """Show a dialog and return its answer, None when it was dismissed. Only inside run()."""
        return await self.app.push_screen_wait(dialog)

    def say(self, text: str, *, can_undo: bool = False) -> None:
        """Say something in the status line until the next key."""
        self._said = (text, False, can_undo)
        self.update_status()

    def warn(self, text: str) -> None:
        """Say that something went wrong."""
        self._said = (text, True, False)
        self.update_status()

    def quiet(self) -> None:
        """Take back what was said: the user pressed a key."""
        if self._said[0]:
            self._said = ("", False, False)
            self.update_status()

    def update_status(self) -> None:
        """Draw the status line: the message of the moment, else the keys."""
        message, is_warning, can_undo = self._said
        pieces = frame.status_line(
            message,
            is_warning=is_warning,
            undo_key="z" if can_undo else "",
            pairs=worklist_keys.hints(self.KEYS),
            room=self.size.width,
        )
        self.status.show(pieces)

    # -- following the store

    async def reload(self) -> None:
        """Read everything that is shown again."""
        self._seen = (self.db.data_version(), await in_store(store_events.newest, self.db))
        await self.read()
        if self.is_attached:
            self.update_frame()
            self.update_status()

    async def _look(self) -> None:
        """Look whether others changed something, which costs 5 microseconds when nobody did."""
        version = self.db.data_version()
        if not self.is_current or self._one_at_a_time.locked() or version == self._seen[0]:
            return
        if await in_store(store_events.newest, self.db) != self._seen[1]:
            await self.reload()
        else:
            self._seen = (version, self._seen[1])

    def on_screen_suspend(self) -> None:
        self._was_left = True
        self.app.screen.call_after_refresh(self._pass_on)

    async def on_screen_resume(self, event: events.ScreenResume) -> None:
        if not self._was_left:
            event.refresh_styles = (
                False  # mounting has just found them: an eighth of the time until it is painted
            )
        if self._was_left and self.is_current:
            self._was_left = False
            await self.reload()

    # -- doing

    def run(self, work: Callable[[], Awaitable[object]]) -> None:
        """Do something with the store or dialogs after what was begun before; then show what became of it.

        Keys that come meanwhile go to what it opens, if it opens something: a note typed ahead is no row of commands.
        """
        self._is_opening = True
        self.run_worker(self._run(work), group="verbs")

    async def _run(self, work: Callable[[], Awaitable[object]]) -> None:
        async with self._one_at_a_time:
            try:
                await work()
            except _FAILURES as error:
                self.warn(f"Not done: {error}")
            try:
                if self.is_attached:
                    await self.reload()
            finally:
                self._pass_on()

    def _pass_on(self) -> None:
        """Let keys that waited be pressed where the user is now."""
        self._is_opening = False
        held, self._held = self._held, []
        for each in held:
            self.app.post_message(events.Key(each.key, each.character))

    def action_undo(self) -> None:
        self.run(lambda: self._step(actions.undo, "Nothing to undo"))

    def action_redo(self) -> None:
        self.run(lambda: self._step(actions.redo, "Nothing to redo"))

    async def _step(self, step: Callable[[Database], ActionRow | None], nothing: str) -> None:
        row = await in_store(step, self.db)
        if row is None:
            self.say(nothing)
            return
        (self.warn if row.state == "final" else self.say)(line(row.title))
        if row.draft_id is not None:
            await self.mail.writing.resume(row.draft_id)

    async def action_redraw(self) -> None:
        await self.reload()
        self.refresh(layout=True)

    def action_leave(self) -> None:
        pages.leave(self)

    def action_help(self) -> None:
        from tui.screens.page import Page

        rows = [Content.assemble((f"  {'  '.join(each.keys):<24}", "bold"), each.title) for each in self.KEYS]
        self.app.push_screen(Page(self.TITLE_OF_HELP, Content("\n").join(rows)))

    # -- keys

    @property
    def is_typing(self) -> bool:
        """Whether keys are text now."""
        return False

    async def on_key(self, event: events.Key) -> None:
        if self.is_typing:
            return
        event.stop()
        event.prevent_default()
        if self._is_opening or not self.is_current:
            self._held.append(event)
            if not self.is_current:  # it came while something was being opened
                self.app.screen.call_after_refresh(self._pass_on)
            return
        pressed = (*self._pressed, key_name(event.key, event.character))
        self._pressed = ()
        if len(pressed) > 1 and pressed[-1] in ("escape", "ctrl+c"):
            return
        key = worklist_keys.find(self.KEYS, pressed)
        if key is not None:
            await self.run_action(key.action)
        elif worklist_keys.is_beginning(self.KEYS, pressed):
            self._pressed = pressed
        elif pages.go(self, pressed):
            return
        elif len(pressed[-1]) == 1:
            self.say(self.unknown(pressed))

    def unknown(self, pressed: tuple[str, ...]) -> str:
        """Return what is said of keys that mean nothing here."""
        return f"{' '.join(pressed)} is not a key here; ? shows those that are"

    def on_resize(self, _event: events.Resize) -> None:
        self.update_frame()
        self.update_status()
