"""What is shown: the CRM panel, the mailboxes, the screen itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store import accounts
from tui import frame
from tui.bridge import in_store
from tui.commands.registry import Pane, command

if TYPE_CHECKING:
    from tui.screens.mail import MailScreen

_GROUP = "View"


@command("view.panel", "Show or hide the CRM panel", "i", group=_GROUP, hint="CRM")
def panel(screen: MailScreen) -> None:
    """Show or hide the CRM panel; where it has no room of its own it lies over the list."""
    is_shown = screen.places.panel is not None
    screen.choose_panes(panel=not is_shown)
    if screen.places.is_panel_overlay:
        screen.focus_pane(Pane.PANEL)


@command("view.mailboxes", "Show or hide the mailboxes", "g L", group=_GROUP)
def mailboxes(screen: MailScreen) -> None:
    """Show or hide the mailboxes; where they have no room of their own they lie over the list."""
    is_shown = screen.places.mailboxes is not None
    screen.choose_panes(mailboxes=not is_shown)
    if screen.places.mailboxes is not None:
        screen.focus_pane(Pane.MAILBOXES)


@command("view.redraw", "Draw the screen anew", "ctrl+l", group=_GROUP)
def redraw(screen: MailScreen) -> None:
    """Draw everything again, over whatever another program left on the terminal."""
    screen.app.refresh(layout=True)


@command("view.sync", "Sync now", "$", group=_GROUP)
async def sync(screen: MailScreen) -> None:
    """Ask the worker to look at every account now; the status line shows when they were in step last."""
    if not screen.listings.accounts:
        screen.say(f"There is no account yet: {screen.key_of('account.add')} adds one")
        return
    await in_store(accounts.request_sync, screen.db)
    told = "; ".join(filter(None, map(frame.trouble, screen.listings.accounts)))
    screen.say(f"Looking again. {told}" if told else "Looking for new mail")
