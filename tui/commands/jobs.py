"""What goes on behind the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.registry import command

if TYPE_CHECKING:
    from tui.screens.mail import MailScreen


@command("goto.jobs", "Jobs", "g j", group="Go to")
async def jobs(screen: MailScreen) -> None:
    """Show what accounts are still to do, why it waits and when it is tried again."""
    from tui.screens.jobs import Jobs  # dialogs load the framework's widgets: only when wanted

    await screen.ask(Jobs(screen.db))
