from __future__ import annotations

import pytest
import stored
import waiting
from screens import an_inbox, lines, settled, text, the_screen
from textual.pilot import Pilot

from mail.types import Role, ThreadId
from store import actions
from store.database import Database
from tui.app import DealboxApp

WIDE = (120, 40)


async def followed(app: DealboxApp, pilot: Pilot[int]) -> None:
    """Wait until reader and panel show the thread under the cursor."""
    await settled(app, pilot)
    await waiting.until_true(lambda: _is_followed(app), lambda: f"not {app.mail.reader.thread_id}")
    await settled(app, pilot)


def _is_followed(app: DealboxApp) -> bool:
    row = app.mail.thread_list.current
    facts = app.mail.crm_panel.facts
    thread_id: ThreadId | None = row.thread_id if row is not None else None
    return app.mail.reader.thread_id == thread_id == (facts.thread_id if facts else None)


async def test_reader_and_panel_show_the_first_row_at_the_start(db: Database) -> None:
    an_inbox(db, 3)
    async with the_screen(db, size=WIDE) as (app, pilot):
        await followed(app, pilot)
        assert "Subject 2" in lines(app)[13]


@pytest.mark.parametrize("keys", ["j", "e", "d", "G", "ez"])
async def test_reader_and_panel_follow_the_cursor_after_a_key(db: Database, keys: str) -> None:
    an_inbox(db, 5)
    async with the_screen(db, size=WIDE) as (app, pilot):
        await followed(app, pilot)
        for key in keys:
            await pilot.press(key)
            await settled(app, pilot)
        await followed(app, pilot)


@pytest.mark.parametrize(
    "keys", [("g", "x"), ("slash", *"person1", "enter"), ("backslash", *"person1", "enter")]
)
async def test_reader_and_panel_follow_to_another_list(db: Database, keys: tuple[str, ...]) -> None:
    account, boxes, _ = an_inbox(db, 3)
    stored.a_stored_email(db, account, boxes[Role.TRASH], subject="Thrown away")
    async with the_screen(db, size=WIDE) as (app, pilot):
        await followed(app, pilot)
        before = app.mail.reader.thread_id
        await pilot.press(*keys)
        await followed(app, pilot)
        assert app.mail.reader.thread_id != before


async def test_an_empty_list_leaves_reader_and_panel_empty(db: Database) -> None:
    an_inbox(db, 1)
    async with the_screen(db, size=WIDE) as (app, pilot):
        await followed(app, pilot)
        await pilot.press("e")
        await followed(app, pilot)
        assert app.mail.reader.thread_id is None
        assert "Subject 0" not in text(app)


async def test_a_reader_that_comes_into_sight_shows_the_conversation_under_the_cursor(db: Database) -> None:
    an_inbox(db, 5)
    async with the_screen(db, size=WIDE) as (app, pilot):
        await followed(app, pilot)
        await pilot.resize_terminal(80, 24)
        await pilot.press("j", "j")
        await pilot.pause(0.2)
        await settled(app, pilot)
        await pilot.resize_terminal(200, 50)
        await followed(app, pilot)


async def test_mail_going_away_elsewhere_takes_the_preview_along(db: Database) -> None:
    _, boxes, ids = an_inbox(db, 3)
    async with the_screen(db, size=WIDE) as (app, pilot):
        await followed(app, pilot)
        actions.move(db, [ids[0]], boxes[Role.INBOX], Role.ARCHIVE)
        await app.mail.reload()
        await followed(app, pilot)
        assert app.mail.reader.thread_id == ids[1]


async def test_the_next_conversation_of_a_list_that_reading_shortens_is_not_skipped(db: Database) -> None:
    _, _, ids = an_inbox(db, 4, unread=4)
    async with the_screen(db, size=WIDE) as (app, pilot):
        await pilot.press("g", "u", "enter")
        await settled(app, pilot)
        await app.mail.reload()
        await pilot.press("J")
        await settled(app, pilot)
        assert app.mail.reader.thread_id == ids[1]
        await app.mail.reload()
        await pilot.press("N")
        await settled(app, pilot)
        assert app.mail.reader.thread_id == ids[2]
