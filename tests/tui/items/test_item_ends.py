"""How items end, from the keys of the conversation: completed, deleted, archived, merged; and how they come back."""

from __future__ import annotations

import crm_rows
import makers
import pytest
import told
from forms import commands, linked, press, quiet, saves, the_item
from screens import settled, text, the_screen

from mail.types import ThreadId
from store.crm import item_forms, item_states, items, users
from store.database import Database
from tui.screens.item import ItemPage


@pytest.fixture
def thread_id(db: Database) -> ThreadId:
    return told.a_conversation(db, makers.an_account(db), "First words", "Second words")


@pytest.fixture
def ana(db: Database) -> str:
    return crm_rows.a_person(db, "Ana Lima", "ana@acme.example")


@pytest.mark.parametrize(("key", "status"), [("w", "completed"), ("x", "canceled")])
async def test_a_project_is_completed_or_canceled(
    db: Database, thread_id: ThreadId, ana: str, key: str, status: str
) -> None:
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", "j")
        await saves(app, pilot)
        await press(pilot, "comma", "s")
        await commands(app, pilot, *"plan", "enter")
        assert the_item(db, thread_id).stage == "Planning"
        await commands(app, pilot, "comma", key)
        assert the_item(db, thread_id).status == status
        await commands(app, pilot, "comma", "z")
        assert the_item(db, thread_id).status == "open"


async def test_an_item_is_deleted_after_asking_and_opened_again(db: Database, thread_id: ThreadId) -> None:
    deal = linked(db, thread_id)
    crm_rows.a_note(db, deal, "Something")
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        app.mail.dispatcher.run_id("item.delete")
        await quiet(pilot)
        assert "Delete the deal Renewal?" in text(app) and "It has 1 conversation and 1 note." in text(app)
        await commands(app, pilot, "y")
        card = items.get(db, deal)
        assert card is not None and card.status == "deleted"
        await commands(app, pilot, "comma", "z")
        assert the_item(db, thread_id).status == "open"


async def test_an_archived_item_is_opened_again(db: Database, thread_id: ThreadId) -> None:
    linked(db, thread_id)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        app.mail.dispatcher.run_id("item.archive")
        await settled(app, pilot)
        assert the_item(db, thread_id).status == "archived"
        await commands(app, pilot, "comma", "z")
        assert the_item(db, thread_id).status == "open"


async def test_a_deal_goes_into_another_after_what_moves_was_said(db: Database, thread_id: ThreadId) -> None:
    linked(db, thread_id)
    kept = crm_rows.a_deal(db, "The other one")
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        app.mail.dispatcher.run_id("item.merge")
        await quiet(pilot)
        await press(pilot, *"other", "enter")
        assert "Merge Renewal into The other one?" in text(app) and "These move: 1 conversation" in text(app)
        await commands(app, pilot, "y")
        assert the_item(db, thread_id).ref == kept
        await commands(app, pilot, "z")
        assert the_item(db, thread_id).title == "Renewal"


async def test_an_item_is_followed_and_no_longer(db: Database, thread_id: ThreadId) -> None:
    deal = linked(db, thread_id)
    crm_rows.a_user(db, "Me", "me@dealbox.example")
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        for expected in (True, False):
            app.mail.dispatcher.run_id("item.follow")
            await settled(app, pilot)
            assert item_forms.is_following(db, deal) is expected


async def test_an_item_that_went_meanwhile_is_not_brought_back_by_its_form(
    db: Database, thread_id: ThreadId
) -> None:
    deal = linked(db, thread_id)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "s")
        item_states.delete(db, deal)
        await commands(app, pilot, *"nego", "enter")
        assert "Renewal was deleted; restore it first" in text(app)


async def test_the_history_of_the_person_is_a_key_away(db: Database, thread_id: ThreadId, ana: str) -> None:
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "h")
        assert isinstance(app.screen, ItemPage) and app.screen.ref.id == ana


async def test_without_a_known_person_there_is_no_history(db: Database, thread_id: ThreadId) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await commands(app, pilot, "comma", "h")
        assert "Nobody here is in the CRM: , n p adds who wrote" in text(app)


async def test_an_item_does_not_go_into_itself(db: Database, thread_id: ThreadId) -> None:
    linked(db, thread_id)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        app.mail.dispatcher.run_id("item.merge")
        await quiet(pilot)
        await commands(app, pilot, "enter")
        assert "That is the same one" in text(app)


async def test_a_merge_that_is_not_wanted_moves_nothing(db: Database, thread_id: ThreadId) -> None:
    deal = linked(db, thread_id)
    crm_rows.a_deal(db, "The other one")
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        app.mail.dispatcher.run_id("item.merge")
        await quiet(pilot)
        await press(pilot, *"other", "enter")
        await commands(app, pilot, "n")
        assert the_item(db, thread_id).ref == deal


async def test_what_an_item_goes_into_must_be_ones_own_to_change(db: Database, thread_id: ThreadId) -> None:
    deal = linked(db, thread_id)
    crm_rows.a_user(db, "Me", "me@dealbox.example", edits="own")
    bo = crm_rows.a_user(db, "Bo Kern", "bo@dealbox.example")
    item_states.assign(db, deal, users.me(db.read()).id)
    item_states.assign(db, crm_rows.a_deal(db, "The other one"), bo)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        app.mail.dispatcher.run_id("item.merge")
        await quiet(pilot)
        await press(pilot, *"other", "enter")
        await commands(app, pilot, "y")
        assert "Not done: you may see The other one but not change it" in text(app)
    assert the_item(db, thread_id).ref == deal


async def test_without_a_conversation_there_is_nothing_to_do(db: Database) -> None:
    makers.an_account(db)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        for keys in (("n", "d"), ("w",), ("h",)):
            await commands(app, pilot, "comma", *keys)
            assert "No conversation" in text(app)
