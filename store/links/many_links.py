"""What several conversations are about and who sees them, set in one action."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence

from mail.types import ThreadId
from store import undo
from store.crm.items import ItemRef
from store.database import Database
from store.links import links, slots
from store.links.links import Visibility
from store.links.slots import Slot
from store.rows import ActionRow
from store.undo import Step


def link(db: Database, thread_ids: Sequence[ThreadId], item: ItemRef) -> ActionRow:
    """Let all these conversations be about `item`, in one action; those that were already stay as they are.

    Raises CannotLink, and then none was linked.
    """
    if len(thread_ids) == 1:
        return links.link(db, thread_ids[0], item)
    now = int(time.time())
    after = Slot(item.kind.value, item.id, "manual", "", now, "")

    def step(connection: sqlite3.Connection, thread: ThreadId) -> Step | None:
        before = slots.read(connection, thread)
        if before is not None and (before.item_kind, before.item_id) == (after.item_kind, after.item_id):
            return None
        links.must_be_free(connection, thread)
        links.note(connection, now, "link", thread, {"kind": item.kind.value, "id": item.id})
        return Step("item", thread, slots.dumps(before), slots.dumps(after))

    with db.write() as connection:
        title = f"to {links.linkable(connection, item).title}"
        action = _all(connection, thread_ids, step, ("Linked", title), f"Already linked {title}", now)
    return action


def unlink(db: Database, thread_ids: Sequence[ThreadId]) -> ActionRow:
    """Let all these conversations be about no item, in one action, and keep rules from linking them. Raises CannotLink."""
    if len(thread_ids) == 1:
        return links.unlink(db, thread_ids[0])
    now = int(time.time())
    after = Slot(None, None, "manual", "", now, "unlinked by hand")

    def step(connection: sqlite3.Connection, thread: ThreadId) -> Step | None:
        before = slots.read(connection, thread)
        if before is not None and before.item_id is None:
            return None
        links.must_be_free(connection, thread)
        linked = {"kind": before.item_kind or "", "id": before.item_id or ""} if before else {}
        links.note(connection, now, "unlink", thread, linked)
        return Step("item", thread, slots.dumps(before), slots.dumps(after))

    with db.write() as connection:
        said = ("Unlinked", "for good: no rule will link them")
        action = _all(connection, thread_ids, step, said, "Left unlinked already", now)
    return action


def set_visibility(db: Database, thread_ids: Sequence[ThreadId], visibility: Visibility) -> ActionRow:
    """Let all these conversations be private, shared or for the team, in one action. Raises CannotLink."""
    if len(thread_ids) == 1:
        return links.set_visibility(db, thread_ids[0], visibility)
    now = int(time.time())

    def step(connection: sqlite3.Connection, thread: ThreadId) -> Step | None:
        (before,) = connection.execute("SELECT visibility FROM thread WHERE id = ?", (thread,)).fetchone()
        if before == visibility:
            return None
        links.note(connection, now, "visibility", thread, {"before": before, "after": visibility})
        return Step("visibility", thread, before, visibility)

    with db.write() as connection:
        action = _all(
            connection, thread_ids, step, ("Made", visibility), f"They are {visibility} already", now
        )
    return action


def _all(
    connection: sqlite3.Connection,
    thread_ids: Sequence[ThreadId],
    step: Callable[[sqlite3.Connection, ThreadId], Step | None],
    said: tuple[str, str],
    nothing: str,
    now: int,
) -> ActionRow:
    """Carry out what `step` says of each conversation; `said` stands before and behind how many there were."""
    threads = dict.fromkeys(links.thread_of(connection, thread_id) for thread_id in thread_ids)
    steps = [one for one in (step(connection, thread) for thread in threads) if one is not None]
    if not steps:
        return ActionRow(0, nothing, "nothing")
    undo.carry_out(connection, steps, now=now)
    many = f"{len(steps)} conversation{'s' if len(steps) > 1 else ''}"
    return undo.record(connection, f"{said[0]} {many} {said[1]}", steps, now)
