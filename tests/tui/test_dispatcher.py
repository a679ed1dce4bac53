from __future__ import annotations

import asyncio
import sqlite3

from screens import an_inbox, lines, settled, the_screen

from store.database import Database


async def test_a_failure_stays_told_when_more_was_typed_meanwhile(db: Database) -> None:
    an_inbox(db, 5)
    async with the_screen(db) as (app, pilot):
        go_on = asyncio.Event()

        async def fail() -> None:
            await go_on.wait()
            raise sqlite3.OperationalError("database is locked")

        app.mail.dispatcher.later("Archive", fail)
        await pilot.press("j", "j")
        go_on.set()
        await settled(app, pilot)
        assert "Archive failed: database is locked" in lines(app)[-1]
        assert app.mail.thread_list.cursor == 0


async def test_a_store_that_others_write_to_is_told_in_words(db: Database) -> None:
    an_inbox(db, 5)
    async with the_screen(db) as (app, pilot):

        async def fail() -> None:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error

        app.mail.dispatcher.later("Archive (in trash: recover)", fail)
        await settled(app, pilot)
        assert "Archive failed: something else keeps writing to the store; try again" in lines(app)[-1]


async def test_a_command_that_takes_long_says_that_keys_wait_for_it(db: Database) -> None:
    an_inbox(db, 5)
    async with the_screen(db) as (app, pilot):
        go_on = asyncio.Event()

        async def wait() -> None:
            await go_on.wait()

        app.mail.dispatcher.later("Archive", wait)
        async with asyncio.timeout(30):
            while "Archive: not done yet" not in lines(app)[-1]:
                await pilot.pause(0.1)
        go_on.set()
        await settled(app, pilot)
        assert "not done yet" not in lines(app)[-1]
