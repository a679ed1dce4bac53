"""The program itself: leave it, put it aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.registry import command

if TYPE_CHECKING:
    from tui.screens.mail import MailScreen

_GROUP = "Program"


@command("app.suspend", "Put dealbox aside (fg brings it back)", "ctrl+z", group=_GROUP)
def suspend(screen: MailScreen) -> None:
    """Go back to the shell that started dealbox."""
    screen.app.action_suspend_process()


@command("app.quit", "Quit", "Q", group=_GROUP)
def quit_program(screen: MailScreen) -> None:
    """Leave dealbox. Everything is saved already."""
    screen.app.exit()
