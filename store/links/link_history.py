"""What became of the links of conversations, told in the timelines of the items they were linked to.

A link that holds is told by its own row. Written into the audit is what no row says any more: that it was taken away or
replaced, and that undo put it back. Rules that correct themselves while older mail comes are not told.
"""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, Final

from mail.ids import ThreadId
from store.crm import audit

if TYPE_CHECKING:
    from store.links.slots import Slot

UNLINKED: Final = "unlinked"
LINKED_AGAIN: Final = "linked_again"
_BY_RULE: Final = "auto"
_BECAME_ANOTHER: Final = "conversion"


def tell(
    connection: sqlite3.Connection, thread_id: ThreadId, before: Slot | None, after: Slot | None
) -> None:
    """Write that a conversation lost what it was linked to, or has it back, inside the transaction that does it."""
    lost, found = _name(before), _name(after)
    if lost == found or _is_renamed(before, after):
        return
    now = int(time.time())
    if before is not None and lost is not None and not _is_by_rule(before, after):
        details = {
            "thread": thread_id,
            "linked_at": before.at,
            "origin": before.origin,
            "instead": found or "",
        }
        audit.write(connection, now, after.by if after else "", UNLINKED, lost, details)
    if after is not None and found is not None and after.at < now and _was_told(connection, found, thread_id):
        audit.write(connection, now, after.by, LINKED_AGAIN, found, {"thread": thread_id})


def _name(slot: Slot | None) -> str | None:
    return None if slot is None or slot.item_id is None else f"{slot.item_kind}:{slot.item_id}"


def _is_renamed(before: Slot | None, after: Slot | None) -> bool:
    """Say whether the link is the same one, to what its item was merged into or made of."""
    if before is None or after is None or before.item_id is None or after.item_id is None:
        return False
    return before.at == after.at or _BECAME_ANOTHER in (before.origin, after.origin)


def _is_by_rule(before: Slot, after: Slot | None) -> bool:
    return before.origin == _BY_RULE and (after is None or after.origin == _BY_RULE)


def _was_told(connection: sqlite3.Connection, item: str, thread_id: ThreadId) -> bool:
    row = connection.execute(
        "SELECT 1 FROM audit WHERE object = ? AND what = ? AND details ->> 'thread' = ? LIMIT 1",
        (item, UNLINKED, thread_id),
    ).fetchone()
    return row is not None
