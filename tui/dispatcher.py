"""From key presses to running commands: sequences, the which-key popup, and one command after the other."""

from __future__ import annotations

import asyncio
import inspect
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from textual.events import Key

from store.database import StoreUnusable
from tui.commands.registry import Command, Pane, by_id, commands

if TYPE_CHECKING:
    from tui.keymap import Keymap
    from tui.screens.mail import MailScreen

_POPUP_AFTER_S = 0.3
_SLOW_S = 1.0


class Dispatcher:
    """Holds the keys of an unfinished sequence and what was pressed while a command runs.

    What a command opens gets the keys that were pressed meanwhile: "r" and a few words typed ahead are an answer's
    words, and must never be taken for commands.
    """

    def __init__(self, screen: MailScreen, user_keys: Mapping[str, str | Sequence[str]]) -> None:
        self.problems: list[str] = []
        self._screen = screen
        self._user_keys = user_keys
        self._pressed: tuple[str, ...] = ()
        self._popup: asyncio.TimerHandle | None = None
        self._queue: asyncio.Queue[tuple[str, Callable[[], Awaitable[None] | None]]] = asyncio.Queue()
        self._is_busy = False
        self._held: list[tuple[str, str | None]] = []

    @cached_property
    def keymap(self) -> Keymap:
        """Which keys run which commands, made when first wanted; `problems` are those of the user's keys."""
        from tui.keymap import user_keymap

        keymap, self.problems = user_keymap(commands(), self._user_keys)
        return keymap

    def use(self, user_keys: Mapping[str, str | Sequence[str]]) -> None:
        """Take other keys of the user's; `problems` says which of them cannot be."""
        self._forget()
        self._user_keys = user_keys
        self.__dict__.pop("keymap", None)
        _ = self.keymap

    def press(self, pressed_key: str, character: str | None = None) -> bool:
        """Take a key; False when it means nothing here and no sequence is begun."""
        from tui.keymap import Waiting, key_name  # like the keymap: not needed for the first frame

        if self._must_wait:
            self._held.append((pressed_key, character))
            return True
        key = key_name(pressed_key, character)
        began = bool(self._pressed)
        if began and key in ("escape", "ctrl+c"):
            self._forget()
            return True
        pressed = (*self._pressed, key)
        found = self.keymap.find(self._screen.pane, pressed)
        if isinstance(found, Waiting):
            self._pressed = pressed
            self._popup_later()
            return True
        self._forget()
        if found is not None:
            self._screen.quiet()
            self.run(found)
            return True
        if began:
            self._screen.warn(f"{' '.join(pressed)} is not a key here; ? shows those that are")
        return began

    def run(self, command: Command) -> None:
        """Run a command: at once when it can, else after those before it, or once the screen is complete."""
        if self._must_wait or inspect.iscoroutinefunction(command.run):
            self.later(command.title, lambda: command.run(self._screen))
        else:
            command.run(self._screen)

    @property
    def _must_wait(self) -> bool:
        return self._is_busy or not self._queue.empty() or not self._screen.is_complete

    def type_held(self) -> None:
        """Press the keys that waited once more, now that what they were meant for is open."""
        held, self._held = self._held, []
        for key, character in held:
            self._screen.app.post_message(Key(key, character))

    def forget_held(self) -> None:
        """Forget the keys that waited: what they were meant for is not opened."""
        self._held.clear()

    def _press_held(self) -> None:
        while self._held and not self._must_wait:
            self.press(*self._held.pop(0))

    def later(self, title: str, run: Callable[[], Awaitable[None] | None]) -> None:
        """Run something after the commands that wait; `title` is for saying that it failed."""
        self._queue.put_nowait((title, run))

    def run_id(self, command_id: str) -> None:
        """Run the command named `command_id`."""
        self.run(by_id(command_id))

    def hints(self, pane: Pane) -> list[tuple[str, str]]:
        """Return the keys the status line shows in a pane, with their words; the key of the help comes last."""
        shown = [each for each in commands() if each.hint and pane in each.panes]
        shown.sort(key=lambda each: each.id == "find.help")
        return [(keys[0], each.hint) for each in shown if (keys := self.keymap.keys_of(each.id))]

    async def consume(self) -> None:
        """Run the commands that wait, one after the other, until cancelled; first say what is wrong with the user's keys."""
        if self.problems:
            self._screen.warn("; ".join(self.problems))
        self._press_held()
        while True:
            title, run = await self._queue.get()
            self._is_busy = True
            slow = asyncio.get_running_loop().call_later(_SLOW_S, self._say_slow, title)
            try:
                awaitable = run()
                if awaitable is not None:
                    await awaitable
            except (sqlite3.Error, StoreUnusable, OSError) as error:
                self._held.clear()  # meant for what came of it; and their first would take the warning away
                self._screen.warn(f"{_short(title)} failed: {_why(error)}")
            finally:
                slow.cancel()
                self._screen.said.take_back(_slow(title))
                self._is_busy = False
                if self._screen.app.screen is self._screen:
                    self._press_held()
                self._queue.task_done()

    def _say_slow(self, title: str) -> None:
        """Say what the keys wait for, where nothing is open that asks the user."""
        if self._screen.app.screen is self._screen and not self._screen.is_typing:
            self._screen.say(_slow(title))

    async def idle(self) -> None:
        """Wait until every command begun so far has ended."""
        await self._queue.join()

    def _popup_later(self) -> None:
        if self._popup is not None:
            self._popup.cancel()
        if self._screen.which_key.is_open:
            self._show_popup()
        else:
            self._popup = asyncio.get_running_loop().call_later(_POPUP_AFTER_S, self._show_popup)

    def _show_popup(self) -> None:
        self._popup = None
        self._screen.show_which_key(
            self._pressed, self.keymap.continuations(self._screen.pane, self._pressed)
        )

    def _forget(self) -> None:
        if self._popup is not None:
            self._popup.cancel()
            self._popup = None
        if self._pressed:
            self._pressed = ()
            self._screen.hide_which_key()


def _slow(title: str) -> str:
    return f"{_short(title)}: not done yet; what you type waits for it"


def _short(title: str) -> str:
    """Return a title without what it says in brackets of other places."""
    return title.partition(" (")[0]


def _why(error: Exception) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    return (
        "something else keeps writing to the store; try again" if code == sqlite3.SQLITE_BUSY else str(error)
    )
