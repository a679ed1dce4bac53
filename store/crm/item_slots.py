"""The conversations about an item, and mail that is still to come about it, when the item becomes another."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Final

from mail.types import ThreadId
from store.crm.changes import KEYS, Change
from store.crm.items import ItemRef
from store.links import slots
from store.links.slots import Slot
from store.steps import Step


def of_item(connection: sqlite3.Connection, item: ItemRef) -> list[ThreadId]:
    """Return the conversations whose place the item fills."""
    rows = connection.execute(
        "SELECT thread_id FROM item_link WHERE item_kind = ? AND item_id = ? AND slot = 'item' ORDER BY thread_id",
        (item.kind.value, item.id),
    )
    return [ThreadId(thread_id) for (thread_id,) in rows.fetchall()]


def steps_to(connection: sqlite3.Connection, item: ItemRef, other: ItemRef, **changes: object) -> list[Step]:
    """Return what lets those conversations be about `other`, linked as before but for `changes` of their Slot."""
    steps = []
    for thread_id in of_item(connection, item):
        before = slots.read(connection, thread_id)
        assert before is not None
        after: Slot = replace(before, item_kind=other.kind.value, item_id=other.id, **changes)  # type: ignore[arg-type] # fields of a Slot
        steps.append(Step("item", thread_id, slots.dumps(before), slots.dumps(after)))
    return steps


_AWAITING: Final = {
    "awaited_link": "SELECT message_id FROM awaited_link WHERE item_kind = ? AND item_id = ? ORDER BY 1",
    "bcc_token": "SELECT token FROM bcc_token WHERE item_kind = ? AND item_id = ? ORDER BY 1",
    "draft": "SELECT id FROM draft WHERE item_kind = ? AND item_id = ? AND state IN ('writing', 'sending') ORDER BY 1",
}


def awaiting(connection: sqlite3.Connection, item: ItemRef, other: ItemRef) -> list[Change]:
    """Return what lets drafts, links to mail that is not here yet and Smart BCC addresses mean `other`."""
    changes = []
    for table, query in _AWAITING.items():
        (name,) = KEYS[table]
        for (value,) in connection.execute(query, (item.kind.value, item.id)).fetchall():
            changes.append(Change(table, {name: value}, {"item_kind": other.kind.value, "item_id": other.id}))
    return changes
