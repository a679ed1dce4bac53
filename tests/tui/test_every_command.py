"""Every command in every pane it works in: over mail, over an empty mailbox, and without any account."""

from __future__ import annotations

import makers
import pytest
import screens
import told
from textual.pilot import Pilot

from store import accounts
from store.database import Database
from tui.app import DealboxApp
from tui.commands.registry import Command, Pane, commands

LEAVING = ("app.quit", "app.suspend")


def runs() -> list[tuple[Pane, Command]]:
    return [
        (pane, each) for pane in Pane for each in commands() if pane in each.panes and each.id not in LEAVING
    ]


async def run_all(app: DealboxApp, pilot: Pilot[int], pane: Pane) -> None:
    for where, command in runs():
        if where is not pane:
            continue
        if pane in app.mail.visible_panes():
            app.mail.focus_pane(pane)
        app.mail.dispatcher.run(command)
        for _ in range(4):
            await pilot.pause()
            if app.screen is not app.mail or app.mail.is_typing:
                await pilot.press("escape")
        await screens.settled(app, pilot)
        assert app.is_running, command.id


@pytest.mark.parametrize("pane", Pane)
async def test_over_mail(db: Database, pane: Pane) -> None:
    account = makers.an_account(db)
    accounts.set_status(db, account, "live")
    for number in range(6):
        told.tell(db, account, makers.an_email(f"Words {number}"), received_at=makers.NOW + 900 * number)
    async with screens.the_screen(db, size=(120, 40)) as (app, pilot):
        await screens.settled(app, pilot)
        if pane is Pane.READER:
            app.mail.read_thread()
            await screens.settled(app, pilot)
        await run_all(app, pilot, pane)


async def test_over_nothing(db: Database) -> None:
    accounts.set_status(db, makers.an_account(db), "live")
    async with screens.the_screen(db, size=(120, 40)) as (app, pilot):
        await screens.settled(app, pilot)
        await run_all(app, pilot, Pane.LIST)


async def test_without_an_account(db: Database) -> None:
    async with screens.the_screen(db) as (app, pilot):
        await screens.settled(app, pilot)
        await run_all(app, pilot, Pane.LIST)
