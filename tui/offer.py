"""What is said at the start: that messages wait to be written on. Loads nothing of what writing takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.sending import unsent
from tui.bridge import in_store
from tui.format import plural

if TYPE_CHECKING:
    from tui.screens.mail import MailScreen


async def offer_drafts(screen: MailScreen) -> None:
    """Say that drafts wait, in the status line and nowhere else: the keys stay where they are."""
    number = await in_store(unsent.count, screen.db)
    if number:
        what = "it" if number == 1 else "them"
        screen.say(f"{plural(number, 'unsent draft')}: {screen.key_of('compose.resume')} resumes {what}")
