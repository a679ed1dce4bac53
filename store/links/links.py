"""What a conversation is about, set by hand or by a rule; undoable on the same stack as mail."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from typing import Final, Literal

from mail.types import ThreadId
from store import undo
from store.crm import audit as crm_audit
from store.crm import items
from store.crm.items import ItemCard, ItemKind, ItemRef
from store.database import Database
from store.links import slots
from store.links.slots import Slot
from store.links.slots import merge as merge
from store.rows import ActionRow
from store.undo import Step

Visibility = Literal["private", "shared", "team"]
"""Who sees a conversation: its owner, everybody who sees what it is linked to, or the members of a team account (V01-V17)."""


LEAD_HISTORY: Final = "lead_history"
"""The slot that keeps the lead of a conversation beside the deal made of it."""


class CannotLink(Exception):
    """Nothing was linked; the text says why and what to do instead."""


def slot(db: Database, thread_id: ThreadId) -> Slot | None:
    """Return what the conversation is linked to; ask the user before it is replaced."""
    connection = db.read()
    return slots.read(connection, slots.thread_now(connection, thread_id))


def is_fixed(connection: sqlite3.Connection, thread_id: ThreadId) -> str | None:
    """Say why what the conversation is about cannot be changed, None when it can (M96)."""
    row = connection.execute(
        "SELECT l.title FROM item_link i JOIN lead l ON l.id = i.item_id JOIN item_link d ON d.thread_id = i.thread_id"
        " AND d.slot = 'item' AND d.item_kind = 'deal' AND d.item_id = l.converted_deal_id"
        " WHERE i.thread_id = ? AND i.slot = ?",
        (slots.thread_now(connection, thread_id), LEAD_HISTORY),
    ).fetchone()
    if row is None:
        return None
    return (
        f"the conversation came with the lead {row[0]} and belongs to it and to the deal made of it;"
        " detach it from the lead before you change the deal"
    )


def must_be_free(connection: sqlite3.Connection, thread_id: ThreadId) -> None:
    """Raise CannotLink where what the conversation is about cannot be changed."""
    if why := is_fixed(connection, thread_id):
        raise CannotLink(why)


def link(
    db: Database,
    thread_id: ThreadId,
    item: ItemRef,
    *,
    origin: str = "manual",
    reason: str = "",
) -> ActionRow:
    """Let the conversation be about `item`, in place of what it was about; the title says what was replaced.

    Raises CannotLink.
    """
    now = int(time.time())
    with db.write() as connection:
        thread = thread_of(connection, thread_id)
        card = linkable(connection, item)
        before = slots.read(connection, thread)
        after = Slot(item.kind.value, item.id, origin, "", now, reason)
        if before is not None and (before.item_kind, before.item_id) == (after.item_kind, after.item_id):
            return ActionRow(0, f"Already linked to {card.title}", "nothing")
        must_be_free(connection, thread)
        title = f"Linked to {card.title}{_instead_of(connection, before)}"
        action = _set(connection, thread, before, after, title)
        note(connection, now, "link", thread, _named(item))
    return action


def unlink(db: Database, thread_id: ThreadId) -> ActionRow:
    """Let the conversation be about no item, and keep rules from linking it; it need not be linked. Raises CannotLink."""
    now = int(time.time())
    with db.write() as connection:
        thread = thread_of(connection, thread_id)
        before = slots.read(connection, thread)
        if before is not None and before.item_id is None:
            return ActionRow(0, "Left unlinked already", "nothing")
        must_be_free(connection, thread)
        after = Slot(None, None, "manual", "", now, "unlinked by hand")
        if before is None or before.item_kind is None or before.item_id is None:
            action = _set(connection, thread, before, after, "Left unlinked: no rule will link it")
            note(connection, now, "unlink", thread, {})
        else:
            item = ItemRef(ItemKind(before.item_kind), before.item_id)
            card = items.card(connection, item)
            title = f"Unlinked from {card.title if card else 'an item that is gone'}"
            action = _set(connection, thread, before, after, title)
            note(connection, now, "unlink", thread, _named(item))
    return action


def set_visibility(db: Database, thread_id: ThreadId, visibility: Visibility) -> ActionRow:
    """Let the conversation be private, or be seen by all who may see what it is linked to. Raises CannotLink."""
    now = int(time.time())
    with db.write() as connection:
        thread = thread_of(connection, thread_id)
        (before,) = connection.execute("SELECT visibility FROM thread WHERE id = ?", (thread,)).fetchone()
        if before == visibility:
            return ActionRow(0, f"The conversation is {visibility} already", "nothing")
        step = Step("visibility", thread, before, visibility)
        undo.carry_out(connection, [step], now=now)
        action = undo.record(connection, f"Made the conversation {visibility}", [step], now)
        note(connection, now, "visibility", thread, {"before": before, "after": visibility})
    return action


def _set(
    connection: sqlite3.Connection, thread_id: ThreadId, before: Slot | None, after: Slot, title: str
) -> ActionRow:
    step = Step("item", thread_id, slots.dumps(before), slots.dumps(after))
    undo.carry_out(connection, [step], now=after.at)
    return undo.record(connection, title, [step], after.at)


def thread_of(connection: sqlite3.Connection, thread_id: ThreadId) -> ThreadId:
    """Return a conversation's id of today. Raises CannotLink, also for one message: conversations are linked whole."""
    thread = slots.thread_now(connection, thread_id)
    if connection.execute("SELECT 1 FROM thread WHERE id = ?", (thread,)).fetchone():
        return thread
    raise CannotLink(of_one_message(connection, thread_id) or f"there is no conversation {thread_id}")


def of_one_message(connection: sqlite3.Connection, email_id: int) -> str | None:
    """Say what to do where somebody means one message of a conversation (M10, M11), None when it is no message's id."""
    row = connection.execute("SELECT thread_id FROM email WHERE id = ?", (email_id,)).fetchone()
    if row is None:
        return None
    return (
        f"{email_id} is one message; a conversation is linked as a whole: link conversation {row[0]}, "
        "or forward the message to Smart BCC to have a duplicate that is linked on its own"
    )


def linkable(connection: sqlite3.Connection, item: ItemRef) -> ItemCard:
    """Return an item that conversations can be linked to. Raises CannotLink."""
    if not item.kind.fills_the_slot:
        raise CannotLink(
            f"a conversation is linked to a deal, lead or project; a {item.kind.value} is linked by its address"
        )
    card = items.card(connection, item)
    if card is None or card.status == "deleted":
        raise CannotLink(f"there is no {item.kind.value} {item.id}")
    return card


def _instead_of(connection: sqlite3.Connection, before: Slot | None) -> str:
    if before is None or before.item_kind is None or before.item_id is None:
        return ""
    card = items.card(connection, ItemRef(ItemKind(before.item_kind), before.item_id))
    return f" instead of {card.title}" if card else ""


def _named(item: ItemRef) -> dict[str, str]:
    return {"kind": item.kind.value, "id": item.id}


def note(
    connection: sqlite3.Connection, now: int, what: str, thread_id: ThreadId, details: Mapping[str, str]
) -> None:
    """Write into the audit what this screen's user did to a conversation's link."""
    crm_audit.write(connection, now, "", what, f"thread:{thread_id}", details)
