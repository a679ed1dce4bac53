"""Keys that come faster than they are carried out: each goes where it was meant for."""

from __future__ import annotations

from collections.abc import Callable

import crm_rows
import makers
import pytest
import told
import waiting
from forms import facts_of, linked, press, quiet, typed
from screens import settled, text, the_screen
from textual.events import Key
from textual.pilot import Pilot

from mail.types import ThreadId
from store.crm.items import ItemRef
from store.database import Database
from tui.app import DealboxApp
from tui.items.frame import Tab
from tui.screens.item import ItemPage
from tui.screens.note import Note
from tui.widgets.compose_body import ComposeBody


@pytest.fixture
def thread_id(db: Database) -> ThreadId:
    return told.a_conversation(db, makers.an_account(db), "First words", "Second words")


@pytest.fixture
def deal(db: Database, thread_id: ThreadId) -> ItemRef:
    return linked(db, thread_id, crm_rows.a_person(db, "Ana Lima", "ana@acme.example"))


async def at_once(app: DealboxApp, pilot: Pilot[int], *keys: str) -> None:
    """Press keys as a line brings them that was slow: all of them before the first is carried out."""
    for key in keys:
        character = key if len(key) == 1 else {"space": " ", "comma": ","}.get(key)
        app.post_message(Key(key, character))
    await quiet(pilot)


async def until(pilot: Pilot[int], holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    await waiting.until_true(holds)
    await pilot.pause()


def planned(db: Database) -> list[tuple[str, str]]:
    return db.read().execute("SELECT subject, type FROM activity").fetchall()


async def test_what_is_typed_right_after_tab_is_in_the_next_field(db: Database, deal: ItemRef) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "T")
        await at_once(app, pilot, *"Ring", "tab", *"call", "tab", *"fri", "enter", *"30")
        await until(pilot, lambda: typed(app, "duration_min") == "30")
        fields = {each: typed(app, each) for each in ("subject", "type", "due_at", "duration_min")}
        assert fields == {"subject": "Ring", "type": "call", "due_at": "fri", "duration_min": "30"}
        await at_once(app, pilot, "shift+tab", *"mon", "up", *"meeting")
        await until(pilot, lambda: typed(app, "type") == "meeting")
        assert typed(app, "due_at") == "mon"


async def test_a_form_that_is_saved_at_once_has_everything_typed_before(db: Database, deal: ItemRef) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "T")
        await at_once(app, pilot, *"Ring", "tab", *"call", "ctrl+x")
        await until(pilot, lambda: planned(db))
    assert planned(db) == [("Ring", "call")]


async def test_a_note_typed_before_its_dialog_is_there_is_no_row_of_commands(
    db: Database, deal: ItemRef
) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "o")
        assert isinstance(app.screen, ItemPage)
        await at_once(app, pilot, "m", *"Done", "space", *"ax")
        await until(pilot, lambda: isinstance(app.screen, Note))
        await quiet(pilot)
        assert app.screen.query_one(ComposeBody).text == "Done ax"


async def test_a_form_typed_and_saved_ahead_of_the_page_is_whole(db: Database, deal: ItemRef) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "o")
        await at_once(app, pilot, "t", *"Ring", "tab", *"call", "ctrl+x")
        await until(pilot, lambda: planned(db))
    assert planned(db) == [("Ring", "call")]


async def test_keys_pressed_while_a_page_carries_something_out_come_after_it(
    db: Database, deal: ItemRef
) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "o")
        await at_once(app, pilot, "w", "R", "w", "2")
        page = app.screen
        assert isinstance(page, ItemPage)
        await until(pilot, lambda: page.tab is Tab.TIMELINE)
    assert facts_of(db, deal).values["status"] == "won"


async def test_what_is_wrong_is_still_said_when_the_last_letters_come_with_the_key_that_saves(
    db: Database, deal: ItemRef
) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "T")
        await at_once(app, pilot, *"Ring", "tab", *"coffee", "ctrl+x")
        await until(pilot, lambda: "is none of" in text(app))
        await at_once(app, pilot, "x", "escape")
        await until(pilot, lambda: "esc once more" in text(app))
        await at_once(app, pilot, "escape")
        await until(pilot, lambda: app.screen is app.mail)
