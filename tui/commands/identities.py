"""Who the user writes as."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.registry import command

if TYPE_CHECKING:
    from tui.screens.mail import MailScreen


@command("account.identities", "Who you write as, and signatures", "g I", group="Accounts")
async def identities(screen: MailScreen) -> None:
    """List names, addresses and signatures one can write with, and change them."""
    known = screen.listings.accounts
    if not known:
        screen.say("There is no account yet")
        return
    from tui.screens.identities import Identities  # dialogs load the framework's widgets: only when wanted

    await screen.ask(Identities(screen.db, known, screen.settings.editor))
