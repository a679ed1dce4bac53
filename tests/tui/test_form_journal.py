"""Forms that the terminal took before they were saved."""

from __future__ import annotations

import asyncio

import crm_rows
import makers
import pytest
import told
import waiting
from forms import facts_of, linked, press, saves, typed, types, writes
from screens import settled, text, the_screen

from mail.types import ThreadId
from store.crm import unsaved_forms
from store.crm.items import ItemRef
from store.database import Database
from tui.app import DealboxApp
from tui.screens import form_journal
from tui.screens.item_form import ItemForm
from tui.screens.note import Note
from tui.widgets.compose_body import ComposeBody
from tui.widgets.form_field import FormInput


@pytest.fixture
def thread_id(db: Database) -> ThreadId:
    return told.a_conversation(db, makers.an_account(db), "First words", "Second words")


@pytest.fixture
def ana(db: Database) -> str:
    return crm_rows.a_person(db, "Ana Lima", "ana@acme.example")


@pytest.fixture
def deal(db: Database, thread_id: ThreadId, ana: str) -> ItemRef:
    return linked(db, thread_id, ana)


EDITING = ("comma", "e")
NOTING = ("comma", "m")


def kept(db: Database) -> dict[str, str]:
    """Return what is kept of forms: what each field of the only one says."""
    rows = db.read().execute("SELECT form FROM unsaved_form").fetchall()
    if not rows:
        return {}
    ((form,),) = rows
    found = unsaved_forms.get(db, form)
    assert found is not None
    return {name: each.text for name, each in found.fields.items()}


async def until_kept(db: Database) -> None:
    """Wait until something is kept; two seconds is what is promised."""
    await waiting.until_true(lambda: kept(db), "something is kept")


async def test_what_is_typed_is_kept_without_being_saved(db: Database, deal: ItemRef) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, *EDITING)
        await types(app, pilot, "title", "Renewal of everything")
        await until_kept(db)
        assert kept(db) == {"title": "Renewal of everything"}


async def left(db: Database, *keys: str, **fields: str) -> None:
    """Open a form, fill it in, and leave it as a lost terminal does."""
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, *keys)
        for field, words in fields.items():
            await types(app, pilot, field, words)
        app._keep_unsaved()


async def test_a_form_that_was_left_unsaved_is_offered_again_with_the_time(
    db: Database, deal: ItemRef
) -> None:
    await left(db, *EDITING, title="Renewal of everything", value="1 USD")
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, *EDITING)
        assert "Not saved at" in text(app)
        assert typed(app, "title") == "Renewal of everything"
        await saves(app, pilot)
        assert facts_of(db, deal).values["title"] == "Renewal of everything"
        assert facts_of(db, deal).values["currency"] == "USD"
    assert kept(db) == {}


async def test_fields_nobody_touched_are_as_the_item_says_by_now(db: Database, deal: ItemRef) -> None:
    await left(db, *EDITING, title="Renewal of everything")
    with db.write() as connection:
        connection.execute("UPDATE deal SET value = '77'")
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, *EDITING)
        assert typed(app, "value") == "77 EUR"


async def test_somebody_who_was_taken_from_the_list_is_still_the_one_meant(
    db: Database, deal: ItemRef, ana: str
) -> None:
    two = [crm_rows.a_person(db, "Bo Kern", f"bo@{at}.example") for at in "xy"]
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, *EDITING)
        app.screen.query_one("#field-person_id").focus()
        await press(pilot, *"bo", "down", "tab")
        chosen = app.screen.query_one("#field-person_id", FormInput).chosen
        assert chosen in two
        app._keep_unsaved()
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, *EDITING)
        await saves(app, pilot)
    assert facts_of(db, deal).values["person_id"] == chosen


async def test_a_form_that_is_discarded_is_not_offered_again(db: Database, deal: ItemRef) -> None:
    await left(db, *EDITING, title="Renewal of everything")
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, *EDITING, "escape")
        assert isinstance(app.screen, ItemForm)
        assert "esc once more discards it" in text(app)
        await press(pilot, "escape")
        assert not isinstance(app.screen, ItemForm)
        assert kept(db) == {}
        await press(pilot, *EDITING)
        assert typed(app, "title") == "Renewal"


async def test_a_new_deal_of_one_conversation_is_not_offered_for_another(
    db: Database, thread_id: ThreadId
) -> None:
    await left(db, "comma", "n", "d", title="Something new")
    (form,) = db.read().execute("SELECT form FROM unsaved_form").fetchone()
    assert form == f"new deal of conversation {thread_id}"


async def note_of(app: DealboxApp) -> str:
    assert isinstance(app.screen, Note)
    return app.screen.query_one(ComposeBody).text


async def test_a_note_that_was_left_unsaved_is_offered_again(db: Database, deal: ItemRef) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, *NOTING)
        await writes(app, pilot, "They want it\nbefore Christmas")
        await until_kept(db)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, *NOTING)
        assert await note_of(app) == "They want it\nbefore Christmas"
        assert "Not saved at" in text(app)
        await press(pilot, "ctrl+x")
        await settled(app, pilot)
    assert db.read().execute("SELECT body FROM note").fetchall() == [("They want it\nbefore Christmas",)]
    assert kept(db) == {}


async def test_a_note_that_is_refused_is_offered_again(db: Database, deal: ItemRef) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, *NOTING)
        await writes(app, pilot, "They want it")
        with db.write() as connection:
            connection.execute("UPDATE deal SET deleted_at = 1")
        await press(pilot, "ctrl+x")
        await settled(app, pilot)
        assert "Not done" in text(app)
    assert kept(db) == {"text": "They want it"}


async def test_an_activity_that_was_left_unsaved_is_offered_again(db: Database, deal: ItemRef) -> None:
    await left(db, "T", subject="Ring Ana", due_at="fri 9")
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "T")
        assert (typed(app, "subject"), typed(app, "due_at")) == ("Ring Ana", "fri 9")


async def test_lines_of_a_field_are_kept_while_they_are_written(db: Database, deal: ItemRef) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "T")
        app.screen.query_one("#field-note").focus()
        await press(pilot, "ctrl+o")
        await writes(app, pilot, "One\nTwo")
        app._keep_unsaved()
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "T")
        app.screen.query_one("#field-note").focus()
        await press(pilot, "ctrl+o")
        assert await note_of(app) == "One\nTwo"


async def test_a_store_that_cannot_be_written_does_not_end_the_form(
    db: Database, deal: ItemRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = asyncio.Event()

    async def fails(*_args: object) -> None:
        tried.set()
        raise OSError("the disk is full")

    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, *EDITING)
        monkeypatch.setattr(form_journal, "in_store", fails)
        await types(app, pilot, "title", "Renewal of everything")
        await asyncio.wait_for(tried.wait(), 20)
        monkeypatch.undo()
        await saves(app, pilot)
    assert facts_of(db, deal).values["title"] == "Renewal of everything"
