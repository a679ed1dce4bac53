"""The dialog where one chooses which mailboxes are synced."""

from __future__ import annotations

import makers
import pytest
from makers import ARCHIVE, INBOX, JUNK, a_batch, a_remote, an_email
from screens import settled, text, the_screen
from textual.pilot import Pilot

from mail.types import AccountId, MailboxKey, Role
from store import accounts, ingest, mailbox_choices
from store.database import Database
from store.ingest import Arrival
from store.mailbox_choices import Choice
from tui.app import DealboxApp
from tui.commands.registry import Pane
from tui.screens.mailbox_choices import MailboxChoices

DEALS = makers.RemoteMailbox(MailboxKey("Deals"), "Deals [x]", None)


def an_imap_account(db: Database, name: str = "Work") -> AccountId:
    account_id = accounts.add(db, "imap", name, f"{name.lower()}@acme.example", {})
    remotes = [a_remote("a", DEALS), a_remote("b", INBOX)]
    batch = a_batch(remotes, mailboxes=(INBOX, JUNK, ARCHIVE, DEALS))
    ingest.apply(db, account_id, batch, [Arrival(remote, an_email()) for remote in remotes])
    return account_id


async def opened(app: DealboxApp, pilot: Pilot[int]) -> MailboxChoices:
    await settled(app, pilot)
    app.mail.focus_pane(Pane.MAILBOXES)
    await pilot.press("=")
    await pilot.pause()
    dialog = app.screen
    assert isinstance(dialog, MailboxChoices)
    return dialog


def chosen(db: Database, account_id: AccountId) -> dict[MailboxKey, Choice]:
    return mailbox_choices.all(db, account_id)


async def test_choices_are_kept_with_enter(db: Database) -> None:
    account_id = an_imap_account(db)
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await opened(app, pilot)
        shown = text(app)
        assert "Mailboxes of Work" in shown and "Deals [x]" in shown
        assert "What is not synced leaves dealbox" in shown
        await pilot.press("j", "space", "j", "j", "d")
        await pilot.press("delete", "backspace", "3", "0", "enter", "r", "j", "u", "n", "enter")
        await pilot.pause()
        assert "2 changes: enter keeps" in text(app) and "last 30 days" in text(app)
        assert chosen(db, account_id) == {}
        await pilot.press("enter")
        await settled(app, pilot)
        assert chosen(db, account_id) == {
            ARCHIVE.key: Choice(is_synced=False),
            DEALS.key: Choice(since_days=30, role=Role.JUNK),
        }
        assert "Chosen anew for 2 mailboxes" in text(app)


async def test_esc_leaves_everything_as_it_was(db: Database) -> None:
    account_id = an_imap_account(db)
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await opened(app, pilot)
        await pilot.press("j", "space", "escape")
        await settled(app, pilot)
        assert chosen(db, account_id) == {} and app.screen is app.mail


async def test_what_is_taken_back_is_no_change(db: Database) -> None:
    account_id = an_imap_account(db)
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await opened(app, pilot)
        await pilot.press("j", "space", "space", "enter")
        await settled(app, pilot)
        assert chosen(db, account_id) == {} and app.screen is app.mail


async def test_the_inbox_stays_what_it_is(db: Database) -> None:
    account_id = an_imap_account(db)
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await opened(app, pilot)
        await pilot.press("k", "space")
        await pilot.pause()
        assert "The inbox is always synced" in text(app)
        await pilot.press("r")
        await pilot.pause()
        assert (
            "spam is left here" in text(app) and "archive" not in text(app).partition("What is")[2].casefold()
        )
        await pilot.press("escape", "enter")
        await settled(app, pilot)
        assert chosen(db, account_id) == {}


async def test_spam_may_be_left_in_the_inbox(db: Database) -> None:
    account_id = an_imap_account(db)
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await opened(app, pilot)
        await pilot.press("k", "r", "j", "u", "n", "enter", "enter")
        await settled(app, pilot)
        assert chosen(db, account_id)[INBOX.key] == Choice(role=Role.JUNK)


async def test_a_number_of_days_that_cannot_be_is_asked_again(db: Database) -> None:
    an_imap_account(db)
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        dialog = await opened(app, pilot)
        await pilot.press("j", "d", *["backspace"] * 5, "9", "9", "9", "9", "9", "enter")
        await pilot.pause()
        assert "A number from 0 to 36,500" in text(app)
        await pilot.press("escape", "escape")
        await settled(app, pilot)
        assert not dialog.is_running


async def test_of_a_maildir_only_roles_can_be_chosen(db: Database) -> None:
    account_id = makers.an_account(db)
    ingest.apply(db, account_id, a_batch(mailboxes=(INBOX, DEALS)), [])
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await opened(app, pilot)
        await pilot.press("j", "space")
        await pilot.pause()
        assert "A Maildir is read whole" in text(app)
        await pilot.press("d", "r", "a", "r", "c", "enter", "enter")
        await settled(app, pilot)
        assert chosen(db, account_id) == {DEALS.key: Choice(role=Role.ARCHIVE)}


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_it_fits_small_terminals(db: Database, size: tuple[int, int]) -> None:
    an_imap_account(db)
    async with the_screen(db, size=size) as (app, pilot):
        await settled(app, pilot)
        app.mail.dispatcher.run_id("account.mailboxes")
        await pilot.pause()
        assert isinstance(app.screen, MailboxChoices)
        shown = text(app)
        assert "Mailboxes of Work" in shown and "all mail" in shown and "enter keep" in shown


async def test_with_several_accounts_the_one_under_the_cursor_is_meant(db: Database) -> None:
    an_imap_account(db)
    an_imap_account(db, "Home")
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        app.mail.focus_pane(Pane.MAILBOXES)
        await pilot.press("G", "=")
        await pilot.pause()
        shown = text(app)
        assert "Mailboxes of Home" in shown
        await pilot.press("escape")
        await settled(app, pilot)
        await pilot.press("g", "g", "=")
        await pilot.pause()
        assert "Mailboxes of which account?" in text(app)
        await pilot.press("w", "o", "r", "k", "enter")
        await pilot.pause()
        assert "Mailboxes of Work" in text(app)


async def test_without_an_account_there_is_nothing_to_choose(db: Database) -> None:
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        app.mail.dispatcher.run_id("account.mailboxes")
        await settled(app, pilot)
        assert "There is no account yet" in text(app)
