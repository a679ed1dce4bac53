"""Who a conversation is with where somebody said so by hand: its main person and organization, and who an address is (D1, M09)."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mail.types import ThreadId
from store import undo
from store.crm import changes as crm_changes
from store.crm import items
from store.crm.changes import Change
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import slots
from store.rows import ActionRow

_SLOTS: Final = {ItemKind.PERSON: "main_person", ItemKind.ORGANIZATION: "main_org"}


class NotThere(Exception):
    """What was to be chosen is gone; the text says what."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen by hand. `people` maps addresses to a person's id, or to None: nobody of the CRM."""

    person_id: str | None
    organization_id: str | None
    people: Mapping[str, str | None]


def chosen(connection: sqlite3.Connection, thread_id: ThreadId) -> Chosen:
    """Return what somebody chose for a conversation."""
    main = dict(
        connection.execute(
            "SELECT slot, item_id FROM item_link WHERE thread_id = ? AND slot <> 'item'", (thread_id,)
        ).fetchall()
    )
    people = connection.execute(
        "SELECT email, person_id FROM participant_override WHERE thread_id = ? LIMIT 200", (thread_id,)
    ).fetchall()
    return Chosen(main.get("main_person"), main.get("main_org"), dict(people))


def set_main(db: Database, thread_id: ThreadId, item: ItemRef) -> ActionRow:
    """Take a person or organization as the conversation's main one. Raises NotThere."""
    now = int(time.time())
    with db.write() as connection:
        card = items.card(connection, item)
        if card is None or card.status == "deleted":
            raise NotThere(f"there is no {item.kind.value} {item.id}")
        key = {"thread_id": slots.thread_now(connection, thread_id), "slot": _SLOTS[item.kind]}
        before = crm_changes.read(connection, "item_link", key)
        if before is not None and before["item_id"] == item.id:
            return ActionRow(0, f"{card.title} is the main {item.kind.value} already", "nothing")
        values = {"uuid": before["uuid"] if before else str(uuid.uuid4()), "item_kind": item.kind.value}
        values |= {"item_id": item.id, "origin": "manual", "by_user": "", "at": now}
        title = f"{card.title} is the main {item.kind.value} now"
        action = _do(connection, title, [Change("item_link", key, values)], now)
    return action


def clear_main(db: Database, thread_id: ThreadId, kind: ItemKind) -> ActionRow:
    """Let nobody be chosen by hand as the conversation's main person or organization."""
    with db.write() as connection:
        key = {"thread_id": slots.thread_now(connection, thread_id), "slot": _SLOTS[kind]}
        title = f"No main {kind.value} is chosen any more"
        action = _do(connection, title, [Change("item_link", key, None)], int(time.time()))
    return action


def set_person(db: Database, thread_id: ThreadId, email: str, person_id: str | None) -> ActionRow:
    """Take an address of this conversation for a person, or for nobody (None), whatever the CRM says. Raises NotThere."""
    now = int(time.time())
    with db.write() as connection:
        who = "nobody of the CRM"
        if person_id is not None:
            card = items.card(connection, ItemRef(ItemKind.PERSON, person_id))
            if card is None or card.status == "deleted":
                raise NotThere(f"there is no person {person_id}")
            who = card.title
        key = {"thread_id": slots.thread_now(connection, thread_id), "email": email}
        values = {"person_id": person_id, "by_user": "", "at": now}
        change = Change("participant_override", key, values)
        action = _do(connection, f"{email} is {who} in this conversation", [change], now)
    return action


def _do(connection: sqlite3.Connection, title: str, changes: Sequence[Change], now: int) -> ActionRow:
    steps = crm_changes.apply(connection, changes, now)
    return undo.record(connection, title, steps, now) if steps else ActionRow(0, title, "nothing")
