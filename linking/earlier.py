"""Earlier conversations of somebody who comes into the CRM: nothing is shown to others by that, sharing is offered (D12, M18)."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from linking import standing
from mail.types import ThreadId
from store import undo
from store.crm import item_conversations
from store.crm.item_refs import PageRef
from store.crm.items import ItemRef
from store.links import earlier, links, sharing
from store.steps import Step

MOST: Final = 5_000
"""The newest conversations of an item that are looked at."""
_SOON: Final = 200
"""So many are counted on the way; of more it is said that there are more."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Conversations that could be shared, newest first, and the names of those who would see any of them then.

    `has_more`: others were not looked at.
    """

    thread_ids: tuple[ThreadId, ...] = ()
    names: tuple[str, ...] = ()
    has_more: bool = False

    @property
    def sentence(self) -> str:
        """Return "12 conversations can be shared", "" when there is none."""
        count = len(self.thread_ids)
        if not count:
            return ""
        more = "more than " if self.has_more else ""
        return f"{more}{count:,} conversation{'' if count == 1 else 's'} can be shared"


def offer(connection: sqlite3.Connection, item: ItemRef, limit: int = MOST) -> Offer:
    """Return what of an item's conversations is not shared and would be seen by more people if it were."""
    if not sharing.has_colleagues(connection):
        return Offer()
    keys = item_conversations.keys(connection, PageRef.of(item), limit=limit + 1)
    private = earlier.not_shared(connection, [key.thread_id for key in keys[:limit]])
    return _offer(connection, private, has_more=len(keys) > limit)


def offer_of(connection: sqlite3.Connection, thread_ids: Sequence[ThreadId]) -> Offer:
    """Return the same of conversations, of many of them only for the first ones."""
    if not sharing.has_colleagues(connection):
        return Offer()
    private = earlier.not_shared(connection, thread_ids[:_SOON])
    return _offer(connection, private, has_more=len(thread_ids) > _SOON)


def together(offers: Sequence[Offer]) -> Offer:
    """Return several offers as one; a conversation of two of them comes once."""
    return Offer(
        tuple(dict.fromkeys(one for each in offers for one in each.thread_ids)),
        tuple(dict.fromkeys(name for each in offers for name in each.names)),
        any(each.has_more for each in offers),
    )


def soon(connection: sqlite3.Connection, item: ItemRef) -> Offer:
    """Return what offer() does of the newest conversations alone: for what is said in passing."""
    return offer(connection, item, _SOON)


def _offer(connection: sqlite3.Connection, thread_ids: Sequence[ThreadId], *, has_more: bool) -> Offer:
    audiences = standing.Audiences(connection)
    shown = {thread_id: audiences.by_sharing(thread_id) for thread_id in thread_ids}
    names = dict.fromkeys(name for some in shown.values() for name in some)
    return Offer(tuple(one for one, some in shown.items() if some), tuple(names), has_more)


class Held:
    """The conversations with some addresses that are shared, as they were before somebody got these addresses."""

    def __init__(
        self, connection: sqlite3.Connection, emails: Collection[str], *, but: ThreadId | None = None
    ) -> None:
        """`but` is a conversation of which the user was asked."""
        self._connection = connection
        self._before: dict[ThreadId, dict[str, str]] = {}
        if emails and sharing.has_colleagues(connection):
            found = earlier.shared_with(connection, emails, MOST)
            audiences = standing.Audiences(connection)
            self._before = {one: audiences.of(one) for one in found if one != but}

    def back(self, now: int) -> list[Step]:
        """Make private what more people would see than before, in the same transaction, and return what that changed."""
        audiences = standing.Audiences(self._connection)
        steps = [
            Step("visibility", thread_id, "shared", "private")
            for thread_id, before in self._before.items()
            if audiences.of(thread_id).keys() - before.keys()
        ]
        undo.carry_out(self._connection, steps, now=now)
        for step in steps:
            told = {"before": step.before, "after": step.after}
            links.note(self._connection, now, "visibility", ThreadId(step.subject), told)
        return steps
