"""Somebody who writes on the screen, in tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import screens
import waiting
from textual.events import Paste
from textual.pilot import Pilot
from textual.screen import ModalScreen

from mail.drafts import Draft
from store.database import Database
from store.rows import DraftRow
from store.sending import drafts
from store.settings import Settings
from tui.app import DealboxApp
from tui.screens.compose import ComposeScreen


class Writer:
    """Somebody at the keys of a screen."""

    def __init__(self, app: DealboxApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def ask(self, *keys: str) -> None:
        """Press keys that open a dialog of the mail screen's: its command ends only with the answer."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type by pasting: a key at a time takes a test long."""
        assert self.app.screen.focused is not None
        self.app.screen.focused.post_message(Paste(text))
        await self.settle()

    async def settle(self) -> None:
        await screens.settled(self.app, self.pilot)
        choices = [
            each for each in self.app.workers if each.group in ("journal", "drafts") and not each.is_finished
        ]
        if choices:
            await self.app.workers.wait_for_complete(choices)
        await self.pilot.pause()
        await waiting.until_true(
            lambda: not self._is_choosing or isinstance(self.app.screen, ModalScreen), "the choice is made"
        )

    @property
    def _is_choosing(self) -> bool:
        return any(each.group == "choice" and not each.is_finished for each in self.app.workers)

    async def send(self) -> None:
        await self.press("ctrl+x")
        await self.press("y")

    @property
    def compose(self) -> ComposeScreen:
        assert isinstance(self.app.screen, ComposeScreen)
        return self.app.screen

    @property
    def draft(self) -> Draft:
        return self.compose.draft()

    @property
    def shown(self) -> str:
        return screens.text(self.app)


@asynccontextmanager
async def a_writer(
    db: Database, *, size: tuple[int, int] = (80, 24), settings: Settings | None = None
) -> AsyncIterator[Writer]:
    async with screens.the_screen(db, size=size, settings=settings) as (app, pilot):
        writer = Writer(app, pilot)
        await writer.settle()
        yield writer


def only_draft(db: Database) -> DraftRow:
    """Return the one message being written."""
    (row,) = drafts.open_drafts(db)
    return row
