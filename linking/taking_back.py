"""Taking back what mail of a stranger made by itself, with one key that is undone by another."""

from __future__ import annotations

import sqlite3
import time

from linking import standing
from mail.types import ThreadId
from store import threads, undo
from store.crm import changes as crm_changes
from store.crm.changes import Change
from store.database import Database
from store.links import auto_created, decisions, exceptions, slots
from store.links.auto_created import Made
from store.links.links import CannotLink as CannotLink
from store.rows import ActionRow
from store.undo import Step


def take_back(db: Database, thread_id: ThreadId) -> ActionRow:
    """Undo all that a conversation made by itself, and let its sender make nothing again; undoable itself.

    A person who has become part of other things stays. Raises CannotLink when it made nothing, or the user may not.
    """
    thread_id = threads.resolve(db, thread_id)
    now = int(time.time())
    with db.write() as connection:
        made = auto_created.read(connection, thread_id)
        if made is None:
            raise CannotLink("nothing was made by itself from this conversation")
        if (refusal := standing.refusal_to_edit(connection, made.item)) is not None:
            raise CannotLink(refusal)
        keeps_person = auto_created.has_more(connection, made)
        steps = _undone(connection, made, now, keeps_person=keeps_person)
        title = f"Took back what mail of {made.address} made; it makes nothing any more"
        action = undo.record(connection, title, steps, now)
        exceptions.note(connection, now, "add_exception", made.address, "no_create")
        decisions.mark(connection, [thread_id])
    warning = "The person stays: other items are about them" if keeps_person else ""
    return action._replace(warning=warning, thread_ids=frozenset({thread_id}))


def _undone(connection: sqlite3.Connection, made: Made, now: int, *, keeps_person: bool) -> tuple[Step, ...]:
    gone = {"deleted_at": now}
    changes = [Change("activity", {"id": made.activity_id}, gone)] if made.activity_id else []
    changes.append(Change(made.item.kind.value, {"id": made.item.id}, gone))
    if made.person_id and not keeps_person:
        changes.append(Change("person", {"id": made.person_id}, gone))
    changes.append(Change("auto_created", {"thread_id": int(made.thread_id)}, None))
    exception = exceptions.change_to(connection, made.address, "no_create", "taken back")
    if exception is not None:
        changes.append(exception)
    steps = crm_changes.apply(connection, [one for one in changes if _is_there(connection, one)], now)
    slot = slots.read(connection, made.thread_id)
    if slot is None or (slot.item_kind, slot.item_id) != (made.item.kind.value, made.item.id):
        return steps
    link = Step("item", made.thread_id, slots.dumps(slot), slots.dumps(None))
    undo.carry_out(connection, [link], now=now)
    return (*steps, link)


def _is_there(connection: sqlite3.Connection, change: Change) -> bool:
    """Say whether a change is of a row that is there, or makes one: what is gone already is not deleted again."""
    if change.values is None or "deleted_at" not in change.values:
        return True
    row = crm_changes.read(connection, change.table, change.key)
    return row is not None and row["deleted_at"] is None
