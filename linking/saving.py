"""Save a conversation in the CRM by hand: linked to an item, with the answer planned, as mail of strangers does by itself (M23)."""

from __future__ import annotations

import sqlite3
import time
from typing import Final

from linking import earlier, standing
from mail import subjects
from mail.types import AccountId, ThreadId
from store import undo
from store.crm import activities
from store.crm import changes as crm_changes
from store.crm.changes import Change
from store.crm.items import ItemRef
from store.database import Database
from store.links import account_crm, links, slots
from store.links.links import CannotLink as CannotLink
from store.links.slots import Slot
from store.rows import ActionRow
from store.steps import Step

_DAY_S: Final = 86_400
_LONGEST: Final = 200


def save(db: Database, thread_id: ThreadId, item: ItemRef) -> ActionRow:
    """Link a conversation to an item and plan the answer, in one action. Raises CannotLink.

    The answer is of whoever is responsible for the item; none is planned where we wrote last, or one is planned already.
    """
    now = int(time.time())
    refusal = standing.refusal_to_link(db.read(), thread_id, item)
    if refusal is not None:
        raise CannotLink(refusal)
    with db.write() as connection:
        thread = links.thread_of(connection, thread_id)
        card = links.linkable(connection, item)
        steps = _link(connection, thread, item, now)
        is_first = bool(steps) and slots.loads(steps[0].before) is None
        undo.carry_out(connection, steps, now=now)
        planned = crm_changes.apply(connection, plan(connection, thread, item, now), now)
        if not steps and not planned:
            return ActionRow(0, f"Saved with {card.title} already", "nothing")
        what = [*(["linked"] if steps else []), *(["an answer planned"] if planned else [])]
        action = undo.record(
            connection, f"Saved with {card.title}: {', '.join(what)}", [*steps, *planned], now
        )
    return action._replace(hint=earlier.offer_of(db.read(), [thread]).sentence if is_first else "")


def _link(connection: sqlite3.Connection, thread: ThreadId, item: ItemRef, now: int) -> list[Step]:
    before = slots.read(connection, thread)
    if before is not None and (before.item_kind, before.item_id) == (item.kind.value, item.id):
        return []
    links.must_be_free(connection, thread)
    links.note(connection, now, "link", thread, {"kind": item.kind.value, "id": item.id})
    after = Slot(item.kind.value, item.id, "manual", "", now, "")
    return [Step("item", thread, slots.dumps(before), slots.dumps(after))]


_NEWEST: Final = (
    "SELECT e.id, e.is_outgoing, e.subject, coalesce(nullif(e.from_name, ''), e.from_email), e.account_id,"
    " EXISTS (SELECT 1 FROM activity a WHERE a.source_email_id = e.id AND a.deleted_at IS NULL AND a.done_at IS NULL)"
    " FROM email e WHERE e.thread_id = ? AND NOT e.draft ORDER BY e.id DESC LIMIT 1"
)


def plan(connection: sqlite3.Connection, thread_id: ThreadId, item: ItemRef, now: int) -> list[Change]:
    """Return what plans the answer to a conversation, as its account has it; nothing where none is owed."""
    row = connection.execute(_NEWEST, (thread_id,)).fetchone()
    if row is None or row[1] or row[5]:
        return []
    email_id, _, subject, sender, account_id, _ = row
    chosen = account_crm.read(connection, AccountId(account_id))
    values: dict[str, object] = {
        "type": chosen.activity_type,
        "due_at": now + chosen.activity_days * _DAY_S,
        "source_email_id": email_id,
    }
    about = subjects.base(subject).strip() or f"Mail of {sender}"
    return [activities.addition(connection, item, f"Answer: {about[:_LONGEST]}", values, now)]
