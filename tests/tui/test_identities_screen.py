"""The list of who one writes as: names, addresses and signatures changed on the screen."""

from __future__ import annotations

import makers
import pytest
from screens import settled, text, the_screen
from textual.events import Key, Paste
from textual.pilot import Pilot
from textual.widgets import Input

from mail.types import AccountId
from store import accounts
from store.database import Database
from store.sending import identities
from store.settings import Settings
from tui.app import DealboxApp
from tui.screens.identities import Identities
from tui.screens.signature import Signature
from tui.widgets.compose_body import ComposeBody


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db)


def listed(db: Database) -> list[tuple[str, str, str]]:
    rows = [row.identity for row in identities.all(db)]
    return [(one.address.email, one.address.name, one.signature) for one in rows]


async def quiet(pilot: Pilot[int]) -> None:
    """Wait until what a key began has come as far as it can without another."""
    await pilot.pause()


async def press(pilot: Pilot[int], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await quiet(pilot)


async def opened(app: DealboxApp, pilot: Pilot[int]) -> None:
    await settled(app, pilot)
    await press(pilot, "g", "I")
    assert isinstance(app.screen, Identities)


async def answers(app: DealboxApp, pilot: Pilot[int], words: str) -> None:
    app.screen.query_one(Input).value = words
    await press(pilot, "enter")


async def pastes(app: DealboxApp, pilot: Pilot[int], words: str) -> None:
    app.screen.query_one(ComposeBody).post_message(Paste(words))
    await quiet(pilot)


async def test_a_name_is_given_changed_and_emptied(db: Database, account: AccountId) -> None:
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await opened(app, pilot)
        assert "me@dealbox.example" in text(app) and "No signature: e writes one" in text(app)
        await press(pilot, "enter")
        await answers(app, pilot, "Nadia [bold]Owned[/]")
        assert "Nadia [bold]Owned[/]" in text(app)
        await press(pilot, "enter")
        await answers(app, pilot, "")
        assert listed(db) == [("me@dealbox.example", "", "")]
        await press(pilot, "q")
        assert app.screen is app.mail


async def test_a_signature_is_written_and_shown(db: Database, account: AccountId) -> None:
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, "e")
        await pastes(app, pilot, "\x1b]0;owned\x07Nadia [red]x[/]\n" + "\n".join("123456789"))
        await press(pilot, "ctrl+x")
        shown = text(app)
        assert "]0;ownedNadia [red]x[/]" in shown and "... 5 more lines" in shown and "\x1b" not in shown
        assert listed(db)[0][2] == "]0;ownedNadia [red]x[/]\n" + "\n".join("123456789")


async def test_what_is_typed_just_before_keeping_is_kept(db: Database, account: AccountId) -> None:
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, "e")
        for key in ("Z", "o", "e", "ctrl+x"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        await quiet(pilot)
        assert listed(db)[0][2] == "Zoe"


async def test_a_changed_signature_is_left_with_the_second_esc_only(db: Database, account: AccountId) -> None:
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, "e", "escape")
        assert isinstance(app.screen, Identities)
        await press(pilot, "e", "x", "escape")
        assert "It was changed" in text(app)
        await press(pilot, "y", "escape")
        assert isinstance(app.screen, Signature)
        await press(pilot, "escape")
        assert isinstance(app.screen, Identities) and listed(db) == [("me@dealbox.example", "", "")]


async def test_a_signature_that_is_too_long_is_not_taken(db: Database, account: AccountId) -> None:
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, "e")
        await pastes(app, pilot, "long line\n" * 10_240)
        await press(pilot, "ctrl+x")
        assert "It has 102,400 characters: at most 10,000 can be kept" in text(app)
        assert isinstance(app.screen, Signature) and listed(db)[0][2] == ""


async def test_an_editor_that_is_not_there_is_told(db: Database, account: AccountId) -> None:
    async with the_screen(db, size=(120, 40), settings=Settings(editor="no-such-editor")) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, "e", "ctrl+o")
        assert "There is no program 'no-such-editor'" in text(app)


async def test_an_address_is_added_put_first_and_removed(db: Database, account: AccountId) -> None:
    identities.set(db, account, "me@dealbox.example", name="Nadia")
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, "n")
        await answers(app, pilot, "sales")
        assert "is no address to write from" in text(app)
        await answers(app, pilot, "Sales@dealbox.example")
        assert app.screen.query_one(Input).value == "Nadia"
        await answers(app, pilot, "Sales")
        assert "is yours from now on" in text(app)
        await press(pilot, "K")
        assert [row[:2] for row in listed(db)] == [
            ("sales@dealbox.example", "Sales"),
            ("me@dealbox.example", "Nadia"),
        ]
        await press(pilot, "J")
        assert [row[1] for row in listed(db)] == ["Nadia", "Sales"]
        await press(pilot, "d", "n")
        assert len(listed(db)) == 2
        await press(pilot, "d", "y")
        assert listed(db) == [("me@dealbox.example", "Nadia", "")]
        row = accounts.get(db, account)
        assert row is not None and row.aliases == ()


async def test_the_address_of_the_account_stays(db: Database, account: AccountId) -> None:
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, "d")
        assert "This is the address of the account: it stays" in text(app)


async def test_an_address_that_is_there_is_not_added_again(db: Database, account: AccountId) -> None:
    identities.set(db, account, "sales@dealbox.example", name="Sales", signature="The team")
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, "n")
        await answers(app, pilot, "sales@DEALBOX.example")
        assert "You write as this one already" in text(app) and "The team" in text(app)
        assert listed(db)[1] == ("sales@dealbox.example", "Sales", "The team")


async def test_several_accounts_are_in_one_list_and_moved_apart(db: Database, account: AccountId) -> None:
    home = accounts.add(db, "imap", "Home", "me@home.example", {}, aliases=["old@home.example"])
    identities.set(db, home, "us@home.example")
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, "j")
        assert "Answers mail to old@home.example too" in text(app)
        await press(pilot, "j", "K", "K")
        emails = [email for email, _, _ in listed(db)]
        assert emails == ["me@dealbox.example", "us@home.example", "me@home.example"]
        await press(pilot, "k", "j", "n")
        assert "Home sends for it" in text(app)


async def test_an_account_that_goes_meanwhile_is_told(db: Database, account: AccountId) -> None:
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, "enter")
        accounts.remove(db, account)
        await answers(app, pilot, "Nadia")
        assert "Not done: this account was removed" in text(app)
        await press(pilot, "enter", "e", "d", "K", "q")
        assert app.is_running


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_it_fits_small_terminals(db: Database, account: AccountId, size: tuple[int, int]) -> None:
    for number in range(20):
        identities.set(db, account, f"n{number}@dealbox.example", name="Nadia " * 20, signature="long " * 900)
    async with the_screen(db, size=size) as (app, pilot):
        await opened(app, pilot)
        await press(pilot, "j")
        assert "Who you write as" in text(app) and "q closes" in text(app) and "-- " in text(app)
        await press(pilot, "e")
        assert "Signature of" in text(app) and "ctrl+x keep" in text(app)


async def test_without_an_account_there_is_nobody(db: Database) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "g", "I")
        assert "There is no account yet" in text(app)
