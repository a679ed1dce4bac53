"""Mailboxes of accounts: which are synced, how far back, and what each is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from tui.bridge import in_store
from tui.commands.registry import Pane, command
from tui.content import line
from tui.format import plural

if TYPE_CHECKING:
    from store.rows import AccountRow
    from tui.screens.mail import MailScreen


@command(
    "account.mailboxes",
    "Choose what is synced",
    "=",
    group="Accounts",
    panes=frozenset({Pane.MAILBOXES}),
    hint="mailboxes",
)
async def mailboxes(screen: MailScreen) -> None:
    """Choose which mailboxes are synced, how far back, and what each is for."""
    from store import mailbox_choices  # dialogs load the framework's widgets: only when wanted
    from tui import account_plan
    from tui.screens.mailbox_choices import MailboxChoices

    account = await _account(screen)
    if account is None:
        return
    rows = await in_store(mailbox_choices.listed, screen.db, account.id)
    shown = screen.mailboxes.chosen
    chosen = shown.mailbox_ids[0] if shown is not None and len(shown.mailbox_ids) == 1 else None
    is_whole = account.kind != account_plan.KIND
    choices = await screen.ask(MailboxChoices(account.name, rows, chosen, is_read_whole=is_whole))
    if choices:
        await in_store(mailbox_choices.change, screen.db, account.id, choices)
        await screen.reload()
        screen.say(f"Chosen anew for {plural(len(choices), 'mailbox', 'mailboxes')}")


async def _account(screen: MailScreen) -> AccountRow | None:
    """Return the account under the cursor of the pane, else the one that is shown, else ask."""
    known = screen.listings.accounts
    if not known:
        screen.say("There is no account yet")
        return None
    shown = screen.mailboxes.chosen if screen.pane is Pane.MAILBOXES else None
    wanted = screen.listings.account_id
    if shown is not None and len(shown.sources) == 1:
        wanted = shown.sources[0][0]
    if len(known) == 1:
        return known[0]
    found = [each for each in known if each.id == wanted]
    return found[0] if found else await _picked(screen, known)


async def _picked(screen: MailScreen, known: tuple[AccountRow, ...]) -> AccountRow | None:
    from tui.screens.pick import Choice, Picker  # see mailboxes

    lines = [Choice(each, Content(line(each.name)), f"{each.name} {each.address}") for each in known]
    return await screen.ask(Picker("Mailboxes of which account?", lines))
