"""A screen with the page of an item, and what a test asks of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import crm_rows
import screens
import waiting
from textual.pilot import Pilot

from linking import service
from mail.types import ThreadId
from store.crm.item_refs import PageRef
from store.crm.items import ItemRef
from store.database import Database
from tui.app import DealboxApp
from tui.items import pages
from tui.screens.item import ItemPage


class Desk:
    """The app with a page on it."""

    def __init__(self, app: DealboxApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def page(self) -> ItemPage:
        shown = self.app.screen
        assert isinstance(shown, ItemPage)
        return shown

    @property
    def text(self) -> str:
        return screens.text(self.app)

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def settle(self) -> None:
        await self.pilot.pause()
        running = [each for each in self.app.workers if each.group == "preview" and not each.is_finished]
        if running:
            await self.app.workers.wait_for_complete(running)
        await self.pilot.pause()

    async def until(self, words: str) -> None:
        """Wait until the screen says something."""
        await screens.shows(self.app, words)


def ana(db: Database) -> str:
    """Insert Ana Lima of Acme GmbH, who wrote one of the conversations of screens.an_inbox()."""
    person = crm_rows.a_person(db, "Ana Lima", "person3@acme.example")
    acme = crm_rows.a_row(db, "organization", name="Acme GmbH")
    with db.write() as connection:
        connection.execute("UPDATE person SET org_id = ? WHERE id = ?", (acme, person))
    return person


def a_deal_with(db: Database, person: str, thread_ids: list[ThreadId]) -> ItemRef:
    """Insert the deal Renewal of a person, with these conversations linked by hand."""
    found = crm_rows.a_deal(db, "Renewal", person)
    for thread_id in thread_ids:
        service.link(db, thread_id, found)
    return found


@asynccontextmanager
async def the_page(
    db: Database, item: PageRef | ItemRef, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Desk]:
    async with screens.the_screen(db, size=size) as (app, pilot):
        pages.show(app.mail, item)
        desk = Desk(app, pilot)
        page = await screens.top(app, ItemPage)
        await waiting.until_true(lambda: page.facts is not None, "the facts of the item are read")
        await desk.settle()
        yield desk
