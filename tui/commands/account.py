"""Accounts: add one, sign in again, unlock the passwords."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from textual.content import Content

from tui.commands.registry import command
from tui.content import line

if TYPE_CHECKING:
    from store.rows import AccountRow
    from tui.screens.mail import MailScreen

_GROUP = "Program"


@command("account.add", "Add an account", "g A", group=_GROUP)
async def add(screen: MailScreen) -> None:
    """Set up an account by its e-mail address."""
    from tui import signing_in  # dialogs, and what speaks to the child: only when wanted

    await _told(screen, signing_in.add_account(screen))
    await screen.reload()


@command("account.sign_in", "Sign in to an account again", "g S", group=_GROUP)
async def sign_in(screen: MailScreen) -> None:
    """Give an account another password, or sign in with the browser again."""
    from tui import account_plan, signing_in  # see add

    known = [each for each in screen.listings.accounts if each.kind == account_plan.KIND]
    if not known:
        screen.say("No account here needs a sign-in")
        return
    account = known[0] if len(known) == 1 else await _picked(screen, known)
    if account is not None:
        await _told(screen, signing_in.sign_in_again(screen, account))


@command("account.unlock", "Unlock the passwords", "g U", group=_GROUP)
async def unlock(screen: MailScreen) -> None:
    """Give the passphrase of the file of passwords to the worker."""
    from tui import signing_in  # see add

    await _told(screen, signing_in.unlock(screen))


async def _picked(screen: MailScreen, known: list[AccountRow]) -> AccountRow | None:
    from tui.screens.pick import Choice, Picker  # see add

    known.sort(key=lambda each: each.status != "sign_in")
    choices = [
        Choice(each, Content.assemble(line(each.name), (f"  {line(each.status_text)}", "dim")), each.name)
        for each in known
    ]
    return await screen.ask(Picker("Sign in to", choices))


async def _told(screen: MailScreen, doing: Awaitable[str]) -> None:
    from tui.signing_in import GivenUp  # see add

    try:
        screen.say(await doing)
    except GivenUp as error:
        if str(error):
            screen.warn(str(error))
