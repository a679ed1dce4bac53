"""The dialog that says how an account takes part in the CRM."""

from __future__ import annotations

import crm_rows
import makers
import pytest
import told
from screens import settled, text, the_screen
from textual.pilot import Pilot

from mail.types import AccountId
from store.database import Database
from store.links import account_crm, exceptions
from tui.app import DealboxApp
from tui.screens.account_crm import AccountCrmSettings

STAGE = "1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1b03"


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db, "me@corp.example")


async def press(pilot: Pilot[int], *keys: str) -> None:
    await pilot.press(*keys)
    for _ in range(6):
        await pilot.pause(0.02)


async def opened(app: DealboxApp, pilot: Pilot[int]) -> AccountCrmSettings:
    await settled(app, pilot)
    await press(pilot, "comma", "equals_sign")
    await pilot.pause(0.1)
    dialog = app.screen
    assert isinstance(dialog, AccountCrmSettings)
    return dialog


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_it_shows_every_setting(db: Database, account: AccountId, size: tuple[int, int]) -> None:
    async with the_screen(db, size=size) as (app, pilot):
        await opened(app, pilot)
        shown = text(app)
        for words in ("Link mail by itself", "makes", "deals begin in", "responsible", "planned answer"):
            assert words in shown
        assert "Smart BCC address" in shown and "me+crm-" in shown and "enter change" in shown


async def test_linking_is_switched_off_and_on(db: Database, account: AccountId) -> None:
    """M113."""
    async with the_screen(db) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, "enter")
        assert not account_crm.get(db, account).auto_link
        assert "what is linked stays" in text(app)
        await press(pilot, "space")
        settings = account_crm.get(db, account)
        assert settings.auto_link and settings.auto_link_since > makers.NOW


async def test_what_strangers_make_is_chosen(db: Database, account: AccountId) -> None:
    async with the_screen(db) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, "j", "enter")
        await press(pilot, *"deal")
        await press(pilot, "enter")
        assert account_crm.get(db, account).creates == "deal"
        assert "makes a deal, from now on" in text(app)
        await press(pilot, "j", "enter")
        await press(pilot, *"demo")
        await press(pilot, "enter")
        assert account_crm.get(db, account).stage_id == STAGE


async def test_several_are_made_responsible(db: Database, account: AccountId) -> None:
    users = tuple(crm_rows.a_user(db, name, f"{name}@corp.example") for name in ("Bo", "Cy"))
    async with the_screen(db) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, "j", "j", "j", "enter")
        await press(pilot, "down", "enter")
        await press(pilot, "down", "down", "enter")
        assert "[x] Bo" in text(app) and "[x] Cy" in text(app)
        await press(pilot, "enter")
        assert account_crm.get(db, account).responsible == users
        assert "Bo, Cy in turn" in text(app)


async def test_the_planned_answer_is_chosen(db: Database, account: AccountId) -> None:
    async with the_screen(db) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, *"jjjj", "enter")
        await press(pilot, *"call", "enter")
        await press(pilot, "backspace", *"many", "enter")
        assert "A number from 0 to 365" in text(app)
        await press(pilot, *["backspace"] * 5, "3", "enter")
        settings = account_crm.get(db, account)
        assert (settings.activity_type, settings.activity_days) == ("call", 3)


async def test_new_conversations_are_shared_from_now_on(db: Database, account: AccountId) -> None:
    """V26."""
    async with the_screen(db) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, *"jjjjj", "enter")
        await press(pilot, *"shared", "enter")
        assert account_crm.get(db, account).default_visibility == "shared"


async def test_an_alias_is_set_and_what_is_no_address_is_told(db: Database, account: AccountId) -> None:
    async with the_screen(db) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, *"jjjjjj", "enter")
        await press(pilot, *"crm", "enter")
        assert "Not done: crm is no address" in text(app)
        await press(pilot, "enter")
        await press(pilot, *"crm@corp.example", "enter")
        assert account_crm.get(db, account).bcc_address == "crm@corp.example"
        assert "crm@corp.example" in text(app)


async def test_the_address_is_copied_and_replaced_after_asking(db: Database, account: AccountId) -> None:
    async with the_screen(db) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, "y")
        before = app.clipboard
        assert before.startswith("me+crm-")
        await press(pilot, "R")
        assert "Replace the universal Smart BCC address?" in text(app)
        await press(pilot, "y")
        await press(pilot, "y")
        assert app.clipboard != before and app.clipboard.startswith("me+crm-")


async def test_exceptions_are_added_listed_and_removed(db: Database, account: AccountId) -> None:
    async with the_screen(db) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, "n")
        await press(pilot, *"@x.example", "enter")
        await press(pilot, *"makes", "enter")
        assert [(one.pattern, one.effect) for one in exceptions.all(db)] == [("@x.example", "no_create")]
        assert "@x.example makes no lead or deal" in text(app)
        await press(pilot, *"jjjjjjjjj", "d")
        assert exceptions.all(db) == ()


async def test_who_did_not_connect_it_may_look_and_is_told_why_not_more(
    db: Database, account: AccountId
) -> None:
    """M100."""
    crm_rows.a_user(db, "Me", "me@corp.example")
    boss = crm_rows.a_user(db, "Boss", "boss@corp.example")
    with db.write() as connection:
        connection.execute("UPDATE account SET owner = ?", (boss,))
    async with the_screen(db, size=(100, 30)) as (app, pilot):
        await opened(app, pilot)
        assert "Boss connected this account" in text(app)
        await press(pilot, "enter")
        assert "only who connected the mailbox" in text(app)
        assert account_crm.get(db, account).auto_link


async def test_names_of_the_account_and_of_colleagues_are_no_markup(db: Database) -> None:
    account = makers.an_account(db, "me@corp.example")
    user = crm_rows.a_user(db, "[red]Bo\x1b[0m", "bo@corp.example")
    account_crm.set(db, account, responsible=(user,))
    told.a_conversation(db, account, "Words")
    async with the_screen(db) as (app, pilot):
        await opened(app, pilot)
        assert "[red]Bo" in text(app)


async def test_an_account_becomes_a_teams_after_asking_what_that_shows(
    db: Database, account: AccountId
) -> None:
    bo = crm_rows.a_user(db, "Bo", "bo@corp.example")
    told.a_conversation(db, account, "First words")
    async with the_screen(db) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, *"jjjjjjjj", "enter")
        await press(pilot, *"bo", "enter")
        await press(pilot, "enter")
        assert account_crm.get(db, account).members == (bo,)
        await press(pilot, "k", "enter")
        await press(pilot, *"team", "enter")
        assert "This shows 1 conversation" in text(app)
        await press(pilot, "n")
        assert account_crm.get(db, account).scope == "personal"
        await press(pilot, "enter")
        await press(pilot, *"team", "enter")
        await press(pilot, "y")
        assert account_crm.get(db, account).scope == "team"
        assert "its members see all of it" in text(app)
