"""Going to a mailbox, a view or an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from mail.types import AccountId, Role
from tui import listing
from tui.commands.registry import command
from tui.content import line

if TYPE_CHECKING:
    from tui.listing import Entry, Listing
    from tui.screens.mail import MailScreen

_GROUP = "Go to"


def _go(screen: MailScreen, role: Role) -> None:
    wanted = listing.with_role(role, screen.listings.mailboxes, screen.listings.account_id)
    if not wanted.mailbox_ids:
        screen.say(f"There is no {wanted.title} mailbox yet")
        return
    screen.listings.open(wanted)


@command("goto.inbox", "Inbox", "g i", group=_GROUP)
def inbox(screen: MailScreen) -> None:
    """Show the inbox."""
    _go(screen, Role.INBOX)


@command("goto.starred", "Starred", "g s", group=_GROUP)
def starred(screen: MailScreen) -> None:
    """Show starred conversations."""
    _go(screen, Role.FLAGGED)


@command("goto.sent", "Sent", "g t", group=_GROUP)
def sent(screen: MailScreen) -> None:
    """Show what was sent."""
    _go(screen, Role.SENT)


@command("goto.drafts", "Drafts", "g d", group=_GROUP)
def drafts(screen: MailScreen) -> None:
    """Show drafts."""
    _go(screen, Role.DRAFTS)


@command("goto.all", "All mail", "g a", group=_GROUP)
def all_mail(screen: MailScreen) -> None:
    """Show everything but trash and spam."""
    _go(screen, Role.ALL)


@command("goto.trash", "Trash", "g x", group=_GROUP)
def trash(screen: MailScreen) -> None:
    """Show the trash."""
    _go(screen, Role.TRASH)


@command("goto.spam", "Spam", "g !", group=_GROUP)
def spam(screen: MailScreen) -> None:
    """Show spam."""
    _go(screen, Role.JUNK)


@command("goto.unread", "Unread", "g u", group=_GROUP)
def unread(screen: MailScreen) -> None:
    """Show unread conversations."""
    _go(screen, Role.UNREAD)


@command("goto.mailbox", "Mailbox...", "g l", group=_GROUP)
async def mailbox(screen: MailScreen) -> None:
    """Pick a mailbox by a part of its name."""
    from tui.screens.pick import Choice, Picker  # dialogs load the framework's widgets: only when wanted

    entries = listing.entries(screen.listings.accounts, screen.listings.mailboxes)
    choices = [
        Choice(entry.listing, _label(entry), entry.listing.title) for entry in entries if entry.listing
    ]
    picked: Listing | None = await screen.ask(Picker("Go to mailbox", choices))
    if picked is not None:
        screen.listings.open(picked)


def _label(entry: Entry) -> Content:
    title = entry.listing.title if entry.listing else entry.text
    numbers = f"  {entry.waiting:,}" if entry.waiting else ""
    return Content.assemble(line(title), (numbers, "dim"))


@command("goto.account", "Account...", "g m", "@", group=_GROUP)
async def account(screen: MailScreen) -> None:
    """Pick the account that the other `g` keys lead to, or all of them together."""
    from tui.screens.pick import Choice, Picker  # see mailbox

    choices = [Choice(AccountId(0), Content("All accounts"), "all accounts")]
    choices += [
        Choice(
            each.id,
            Content.assemble(line(each.name), (f"  {line(each.address)}", "dim")),
            f"{each.name} {each.address}",
        )
        for each in screen.listings.accounts
    ]
    picked = await screen.ask(Picker("Show account", choices))
    if picked is not None:
        screen.listings.account_id = picked or None
        _go(screen, Role.INBOX)
