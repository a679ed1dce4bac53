from __future__ import annotations

import asyncio

import waiting
from screens import an_inbox, lines, settled, the_screen
from textual.message import Message

from mail.types import AccountId, Role
from store import accounts, actions, events
from store.database import Database
from tui.bridge import in_store
from tui.format import clock
from tui.watcher import StoreChanged, Watcher


def note_sync(db: Database, account_id: AccountId) -> None:
    with db.write() as connection:
        connection.execute("UPDATE account SET synced_at = 3600 WHERE id = ?", (account_id,))


async def test_the_time_of_the_last_sync_is_kept_up_to_date(db: Database) -> None:
    account, _, _ = an_inbox(db, 3)
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await pilot.pause()
        await in_store(note_sync, db, account)
        await waiting.until_true(lambda: f"synced {clock(3600)}" in lines(app)[-1], "the time is shown")


async def test_sync_now_asks_the_worker_through_the_store(db: Database) -> None:
    an_inbox(db, 3)
    before = accounts.sync_requests(db)
    async with the_screen(db) as (app, pilot):
        await pilot.press("dollar_sign")
        await settled(app, pilot)
        assert lines(app)[-1].startswith(" Looking for new mail")
    assert accounts.sync_requests(db) == before + 1


async def test_what_changes_between_reading_the_list_and_watching_is_told(db: Database) -> None:
    _, boxes, ids = an_inbox(db, 3)
    read_since = events.newest(db)
    await in_store(actions.move, db, [ids[0]], boxes[Role.INBOX], Role.ARCHIVE)
    posted: list[Message] = []
    watching = asyncio.create_task(Watcher(db, posted.append, since=read_since).run())
    await waiting.until_true(lambda: posted, "the change is told")
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    (changed,) = posted
    assert isinstance(changed, StoreChanged)
    assert "mail" in changed.kinds


async def test_another_programs_change_is_shown_without_a_key(db: Database) -> None:
    _, boxes, ids = an_inbox(db, 3)
    async with the_screen(db) as (app, pilot):
        await pilot.pause()
        assert app.mail.listings.read_since == events.newest(db)
        await in_store(actions.move, db, [ids[0]], boxes[Role.INBOX], Role.ARCHIVE)
        await waiting.until_true(lambda: "1/2" in lines(app)[0], "one conversation less is shown")
