"""The one place of a conversation for a deal, lead or project. Read and set here only, so that its copy in `thread` agrees."""

from __future__ import annotations

import json
import sqlite3
import uuid
from dataclasses import asdict, dataclass

from mail.types import ThreadId
from store.links import link_history, to_file
from store.threads import thread_now as thread_now


@dataclass(frozen=True, slots=True)
class Slot:
    """What fills the place, since when and why. `item_id` None: emptied by hand, so no rule may fill it again."""

    item_kind: str | None
    item_id: str | None
    origin: str
    by: str
    at: int
    reason: str


def read(connection: sqlite3.Connection, thread_id: ThreadId) -> Slot | None:
    """Return what fills the place, None when nothing ever did."""
    row = connection.execute(
        "SELECT item_kind, item_id, origin, by_user, at, reason FROM item_link"
        " WHERE thread_id = ? AND slot = 'item'",
        (thread_id,),
    ).fetchone()
    return Slot(*row) if row else None


def put(connection: sqlite3.Connection, thread_id: ThreadId, slot: Slot | None) -> None:
    """Let the place hold `slot`; None lets it be as if nothing ever had. The caller lets store.links.to_file.follow it."""
    before = read(connection, thread_id)
    link_history.tell(connection, thread_id, before, slot)
    if before is not None and before.origin != "auto" and slot is not None and slot.origin == "auto":
        _judge_what_came_meanwhile(connection, thread_id, before.at)
    if slot is None:
        connection.execute("DELETE FROM item_link WHERE thread_id = ? AND slot = 'item'", (thread_id,))
    else:
        connection.execute(
            "INSERT INTO item_link (thread_id, slot, uuid, item_kind, item_id, origin, by_user, at, reason)"
            " VALUES (?, 'item', ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (thread_id, slot) DO UPDATE SET item_kind = excluded.item_kind,"
            " item_id = excluded.item_id, origin = excluded.origin, by_user = excluded.by_user,"
            " at = excluded.at, reason = excluded.reason",
            (thread_id, str(uuid.uuid4()), *asdict(slot).values()),
        )
    connection.execute(
        "UPDATE thread SET item_kind = ?, item_id = ? WHERE id = ?",
        (slot.item_kind if slot else None, slot.item_id if slot else None, thread_id),
    )


def _judge_what_came_meanwhile(connection: sqlite3.Connection, thread_id: ThreadId, since: int) -> None:
    """Let a conversation that is the rules' again be judged anew if mail came while it was a person's."""
    connection.execute(
        "INSERT INTO link_due (thread_id, email_id) SELECT DISTINCT thread_id, 0 FROM email"
        " WHERE thread_id = ? AND registered_at >= ? ON CONFLICT DO UPDATE SET email_id = 0",
        (thread_id, since),
    )


def merge(connection: sqlite3.Connection, kept: ThreadId, merged: ThreadId) -> None:
    """Carry what `merged` is linked to over to `kept`, before the row of `merged` is deleted.

    One slot stays one: what a person chose goes before what a rule chose, then an item before none, then the newer.
    """
    ours, theirs = read(connection, kept), read(connection, merged)
    if theirs is not None and (ours is None or _weight(theirs) > _weight(ours)):
        put(connection, kept, theirs)
    elif theirs is not None:
        link_history.tell(connection, kept, theirs, ours)
    connection.execute(
        "UPDATE OR IGNORE item_link SET thread_id = ? WHERE thread_id = ? AND slot <> 'item'", (kept, merged)
    )
    connection.execute("DELETE FROM item_link WHERE thread_id = ?", (merged,))
    to_file.follow(connection, [kept])


def _weight(slot: Slot) -> tuple[bool, bool, int]:
    return slot.origin != "auto", slot.item_id is not None, slot.at


def dumps(slot: Slot | None) -> str:
    """Return the slot as JSON, for the steps of an action."""
    return json.dumps(asdict(slot) if slot else None)


def loads(text: str) -> Slot | None:
    """Return the slot that dumps() wrote."""
    fields = json.loads(text)
    return Slot(**fields) if fields else None
