"""Making a deal of a lead: the deal takes its place in conversations, and the lead stays beside it as history (D19)."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from mail.folding import fold
from mail.types import ThreadId
from store import undo
from store.crm import changes as crm_changes
from store.crm import item_edits, item_slots
from store.crm.changes import Change
from store.crm.item_checks import BadItem, with_article
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import links, slots
from store.rows import ActionRow

_TAKEN_OVER: Final = (
    "title",
    "person_id",
    "org_id",
    "value",
    "currency",
    "expected_close",
    "owner_id",
    "visible_to",
)


def convert(
    db: Database, lead: ItemRef, values: Mapping[str, object] | None = None
) -> tuple[ItemRef, ActionRow]:
    """Make a deal of a lead: what `values` do not say of the deal is as the lead has it. Raises BadItem.

    Conversations about the lead are about the deal from now on, and keep the lead as well; notes and activities, labels,
    followers and fields with the same names are the deal's too.
    """
    now = int(time.time())
    with db.write() as connection:
        row = _convertible(connection, lead)
        inherited = {name: row[name] for name in _TAKEN_OVER}
        planned = item_edits.additions(connection, ItemKind.DEAL, values or {}, now, inherited=inherited)
        deal = planned.ref
        (making, *more) = planned.changes
        making = replace(making, values={**(making.values or {}), "source_lead_id": lead.id})
        conversations = item_slots.steps_to(connection, lead, deal, origin="conversion", by="", at=now)
        changes = [
            making,
            *more,
            Change(
                "lead",
                {"id": lead.id},
                {"status": "converted", "converted_deal_id": deal.id, "closed_at": now},
            ),
            *_shown_on(connection, lead, deal),
            *_marks(connection, lead, deal),
            *item_slots.awaiting(connection, lead, deal),
            *(_history(ThreadId(step.subject), lead, now) for step in conversations),
        ]
        rows = crm_changes.apply(connection, changes, now)
        undo.carry_out(connection, conversations, now=now)
        title = f"Converted {row['title']} to a deal"
        action = undo.record(connection, title, [*rows, *conversations], now)
    return deal, action._replace(warning=planned.warning)


def detach_lead_history(db: Database, thread_id: ThreadId) -> ActionRow:
    """Let a conversation be about the deal alone, so that it can be linked to something else. Raises BadItem."""
    now = int(time.time())
    with db.write() as connection:
        key: dict[str, object] = {
            "thread_id": slots.thread_now(connection, thread_id),
            "slot": links.LEAD_HISTORY,
        }
        row = crm_changes.read(connection, "item_link", key)
        if row is None:
            raise BadItem("", "the conversation belongs to no converted lead")
        lead = crm_changes.read(connection, "lead", {"id": row["item_id"]})
        steps = crm_changes.apply(connection, [Change("item_link", key, None)], now)
        title = f"Detached the conversation from the lead {lead['title'] if lead else 'that is gone'}"
        action = undo.record(connection, title, steps, now)
    return action


def _convertible(connection: sqlite3.Connection, lead: ItemRef) -> dict[str, Any]:
    if lead.kind is not ItemKind.LEAD:
        raise BadItem("", f"{with_article(lead.kind.value)} cannot be converted; a lead can")
    row = item_edits.present(connection, lead)
    if row["status"] == "converted":
        raise BadItem("", f"{row['title']} was converted already")
    return row


def _shown_on(connection: sqlite3.Connection, lead: ItemRef, deal: ItemRef) -> list[Change]:
    changes = []
    for table in ("activity", "note"):
        rows = connection.execute(
            f"SELECT id FROM {table} WHERE lead_id = ? AND deal_id IS NULL ORDER BY id",  # noqa: S608 - our own tables
            (lead.id,),
        ).fetchall()
        changes += [Change(table, {"id": row_id}, {"deal_id": deal.id}) for (row_id,) in rows]
    return changes


def _marks(connection: sqlite3.Connection, lead: ItemRef, deal: ItemRef) -> list[Change]:
    """Return what gives the deal the lead's labels, followers, and what stands in fields both kinds have."""
    changes = []
    for table, column in (("item_label", "label_id"), ("item_follower", "user_id")):
        rows = connection.execute(
            f"SELECT {column} FROM {table} WHERE item_kind = 'lead' AND item_id = ? ORDER BY 1",  # noqa: S608 - our own tables
            (lead.id,),
        ).fetchall()
        changes += [
            Change(table, {"item_kind": "deal", "item_id": deal.id, column: value}, {}) for (value,) in rows
        ]
    fields = connection.execute(
        "SELECT id, item_kind, name, type FROM custom_field WHERE deleted_at IS NULL AND item_kind IN ('lead', 'deal')"
    ).fetchall()
    of_deals = {(fold(name), type): field_id for field_id, kind, name, type in fields if kind == "deal"}
    same = {field_id: of_deals.get((fold(name), type)) for field_id, _, name, type in fields}
    filled = connection.execute(
        "SELECT field_id, value FROM custom_value WHERE item_kind = 'lead' AND item_id = ? ORDER BY 1",
        (lead.id,),
    ).fetchall()
    return changes + [
        Change(
            "custom_value",
            {"item_kind": "deal", "item_id": deal.id, "field_id": same[field_id]},
            {"value": value},
        )
        for field_id, value in filled
        if same.get(field_id)
    ]


def _history(thread_id: ThreadId, lead: ItemRef, now: int) -> Change:
    values = {
        "uuid": str(uuid.uuid4()),
        "item_kind": lead.kind.value,
        "item_id": lead.id,
        "origin": "conversion",
        "at": now,
    }
    return Change("item_link", {"thread_id": thread_id, "slot": links.LEAD_HISTORY}, values)
