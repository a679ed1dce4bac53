"""What is done with the activity under the cursor of the list of activities."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Final

from textual.content import Content

from store.crm import activities
from store.crm.activities import ActivityRow
from tui.content import line
from tui.items import planning
from tui.items.host import Host
from tui.screens.offered import AskOffered
from tui.writing import send_time

_OFFERED: Final = ("in 1 h", "tomorrow 9", "in 2 d", "mon 9", "in 1 w")


async def done(host: Host, activity: ActivityRow) -> None:
    """Mark it done; z takes that back."""
    await planning.done_or_not(host, activity.id, is_done=not activity.is_done)


async def reschedule(host: Host, activity: ActivityRow) -> None:
    """Let the user say in words when it is due instead."""
    title = Content.assemble("When is ", (line(activity.subject), "bold"), " due?")
    words = await host.ask(AskOffered(title, _OFFERED, placeholder=send_time.EXAMPLES))
    if not words:
        return
    at = send_time.parse(words, datetime.fromtimestamp(time.time()).astimezone())
    if at is None:
        host.warn(f"{line(words)} is no time to come; write {send_time.EXAMPLES}")
        return
    due = {"due_at": int(at.timestamp())}
    await planning.change(host, activity.id, partial(activities.edit, host.db, activity.id, due))


async def edit(host: Host, activity: ActivityRow) -> None:
    """Let the user change it."""
    await planning.edit_activity(host, activity.id)


async def new(host: Host, activity: ActivityRow) -> None:
    """Let the user plan something else about the same item."""
    if activity.item is None:
        host.say("It is about nothing: plan something from the page of an item")
    else:
        await planning.add_activity(host, activity.item)


async def delete(host: Host, activity: ActivityRow) -> None:
    """Delete it; z takes that back."""
    await planning.change(host, activity.id, partial(activities.delete, host.db, activity.id))


DOING: Final[dict[str, Callable[[Host, ActivityRow], Awaitable[None]]]] = {
    "done": done,
    "reschedule": reschedule,
    "edit": edit,
    "new": new,
    "delete": delete,
}
