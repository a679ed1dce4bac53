from __future__ import annotations

from screens import an_inbox, lines, settled, the_screen

from mail.types import AccountId
from store import accounts
from store.database import Database
from tui.bridge import in_store
from tui.format import clock


def note_sync(db: Database, account_id: AccountId) -> None:
    with db.write() as connection:
        connection.execute("UPDATE account SET synced_at = 3600 WHERE id = ?", (account_id,))


async def test_the_time_of_the_last_sync_is_kept_up_to_date(db: Database) -> None:
    account, _, _ = an_inbox(db, 3)
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await pilot.pause(0.3)
        await in_store(note_sync, db, account)
        for _ in range(60):
            await pilot.pause(0.05)
            if f"synced {clock(3600)}" in lines(app)[-1]:
                break
        assert f"synced {clock(3600)}" in lines(app)[-1]


async def test_sync_now_asks_the_worker_through_the_store(db: Database) -> None:
    an_inbox(db, 3)
    before = accounts.sync_requests(db)
    async with the_screen(db) as (app, pilot):
        await pilot.press("dollar_sign")
        await settled(app, pilot)
        assert lines(app)[-1].startswith(" Looking for new mail")
    assert accounts.sync_requests(db) == before + 1
