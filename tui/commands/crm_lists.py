"""The lists a salesman works off: what is to be filed, who owes an answer, the pipeline, what is to be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mail.ids import Role
from tui import listing
from tui.commands.registry import command, with_words

if TYPE_CHECKING:
    from tui.screens.mail import MailScreen

_GROUP = "Go to"
_MOST_DAYS = 365
_UNFILED = "is:unfiled is:received -is:list"


@command("goto.to_file", "To file: not linked yet", "g f", group=_GROUP)
def to_file(screen: MailScreen) -> None:
    """Show the conversations the rules left to the user: `, ,` or L links one and goes on to the next."""
    screen.listings.open(
        listing.with_role(Role.UNLINKED, screen.listings.mailboxes, screen.listings.account_id)
    )


@command("goto.unfiled", "Not linked, notices of machines too", "g F", group=_GROUP)
async def unfiled(screen: MailScreen) -> None:
    """Show everything received that is linked to nothing, also what never waits to be filed; newsletters are left out."""
    await screen.listings.search(_UNFILED)


@command("goto.waiting", "Waiting on a reply", "g w", group=_GROUP)
def waiting(screen: MailScreen) -> None:
    """Show conversations on the user's open items that nobody has answered for some days (setting waiting_days)."""
    screen.listings.open(listing.of_waiting(screen.settings.waiting_days))


@command("goto.board", "Pipeline board", "g P", group=_GROUP)
def board(screen: MailScreen) -> None:
    """Show the pipeline: stages as columns, deals as cards."""
    from tui.screens.board import Board  # it loads the CRM: only when wanted

    screen.app.push_screen(Board(screen))


@command("goto.activities", "Activities due", "g k", group=_GROUP)
def activities(screen: MailScreen) -> None:
    """Show what is overdue, due today and in the days to come."""
    from tui.screens.activities import Activities  # see board

    screen.app.push_screen(Activities(screen))


@with_words("goto.waiting")
def waiting_since(screen: MailScreen, words: str) -> None:
    """Show those that nobody has answered for as many days as `:waiting 5` says."""
    days = words.rstrip("d ")
    if not (days.isascii() and days.isdigit() and int(days) <= _MOST_DAYS):
        screen.warn(f"Write a number of days, at most {_MOST_DAYS}: waiting 5")
        return
    screen.listings.open(listing.of_waiting(int(days)))
