"""A message to be answered, forwarded or looked at closely that is still at its account: fetched while the user goes on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from store import emails, fetching
from store.database import Database
from tui.bridge import in_store
from tui.format import size

if TYPE_CHECKING:
    from mail.types import EmailId
    from store.rows import EmailRow
    from tui.screens.mail import MailScreen

_LOOK_EVERY_S: Final = 0.3


async def fetch(screen: MailScreen, email: EmailRow, *, is_whole: bool) -> None:
    """Ask for the text of a message, or for all of it, and say when it is here; nothing is opened by itself."""
    what = size(email.size_octets) if is_whole else "its text"
    screen.say(f"Still at the account: fetching {what}, go on meanwhile")
    await in_store(fetching.want, screen.db, [email.id])
    if is_whole:
        await in_store(fetching.want_part, screen.db, email.id, "")
    while True:
        state = await in_store(_state, screen.db, email.id, is_whole)
        if state is not None:
            break
        await asyncio.sleep(_LOOK_EVERY_S)
    if state:
        screen.warn(f"Not fetched: {state}")
    else:
        screen.say("The message is here now: press the key again")


def _state(db: Database, email_id: EmailId, is_whole: bool) -> str | None:
    """Return why it will not come, "" once it is here, None while it is on its way."""
    email = emails.get(db, email_id)
    part = fetching.part_state(db, email_id, "") if is_whole else None
    if email is None or (is_whole and part is None):
        return "the message is gone"
    if part is not None and part.state == "failed":
        return part.reason
    is_on_its_way = email.is_header_only or (part is not None and part.path is None)
    return None if is_on_its_way else ""
