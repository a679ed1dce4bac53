"""What becomes of items: stage, won, lost, open again, archived, deleted, restored, owned and followed; undoable."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from store import undo
from store.crm import changes as crm_changes
from store.crm import item_checks, stages, users
from store.crm.changes import Change
from store.crm.item_checks import BadItem, with_article
from store.crm.item_edits import existing, name_of, present
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.rows import ActionRow

_Row = Mapping[str, Any]
_Plan = tuple[str, Sequence[Change]]
"""What the action is called and what it changes; nothing when it is so already."""


def set_stage(db: Database, item: ItemRef, stage_id: str) -> ActionRow:
    """Move a deal to another stage, also of another pipeline, or a project to another phase. Raises BadItem."""

    def plan(connection: sqlite3.Connection, row: _Row, now: int) -> _Plan:
        if item.kind not in stages.COLUMN:
            raise BadItem("", f"{with_article(item.kind.value)} has no stages")
        column = stages.COLUMN[item.kind]
        if row[column] == stage_id:
            return f"{name_of(item, row)} is there already", ()
        stage = stages.chosen(connection, item.kind, stage_id)
        values: dict[str, object] = {column: stage.id}
        if item.kind is ItemKind.DEAL:
            values |= {"pipeline_id": stage.pipeline, "stage_changed_at": now}
        return f"Moved {name_of(item, row)} to {stage.name}", [_change(item, values)]

    return _act(db, item, plan)


def win(db: Database, item: ItemRef) -> ActionRow:
    """Let a deal be won now. Raises BadItem."""

    def plan(_: sqlite3.Connection, row: _Row, now: int) -> _Plan:
        _must_be(item, ItemKind.DEAL, "won")
        if row["status"] == "won":
            return f"{name_of(item, row)} is won already", ()
        values = {"status": "won", "won_at": now, "lost_at": None, "lost_reason": ""}
        return f"Won {name_of(item, row)}", [_change(item, values), *_closed_until(item, row, now)]

    return _act(db, item, plan)


def lose(db: Database, item: ItemRef, reason: str = "") -> ActionRow:
    """Let a deal be lost now. Raises BadItem."""

    def plan(connection: sqlite3.Connection, row: _Row, now: int) -> _Plan:
        _must_be(item, ItemKind.DEAL, "lost")
        why = item_checks.line(connection, "lost_reason", reason)
        if row["status"] == "lost" and row["lost_reason"] == why:
            return f"{name_of(item, row)} is lost already", ()
        title = f"Lost {name_of(item, row)}{f': {why}' if why else ''}"
        if row["status"] == "lost":
            return title, [_change(item, {"lost_reason": why})]
        values = {"status": "lost", "lost_at": now, "lost_reason": why, "won_at": None}
        return title, [_change(item, values), *_closed_until(item, row, now)]

    return _act(db, item, plan)


def complete(db: Database, item: ItemRef) -> ActionRow:
    """Let a project be completed now. Raises BadItem."""
    return _close_project(db, item, "completed", "Completed")


def cancel(db: Database, item: ItemRef) -> ActionRow:
    """Let a project be canceled now. Raises BadItem."""
    return _close_project(db, item, "canceled", "Canceled")


def _close_project(db: Database, item: ItemRef, status: str, done: str) -> ActionRow:
    def plan(_: sqlite3.Connection, row: _Row, now: int) -> _Plan:
        _must_be(item, ItemKind.PROJECT, status)
        if row["status"] == status:
            return f"{name_of(item, row)} is {status} already", ()
        changes = [_change(item, {"status": status, "closed_at": now}), *_closed_until(item, row, now)]
        return f"{done} {name_of(item, row)}", changes

    return _act(db, item, plan)


def reopen(db: Database, item: ItemRef) -> ActionRow:
    """Let a closed deal, lead or project be worked on again; mail of the time between is still judged as it stood (D10).

    Raises BadItem: a lead that was converted goes on as its deal.
    """

    def plan(_: sqlite3.Connection, row: _Row, now: int) -> _Plan:
        if not item.kind.fills_the_slot:
            raise BadItem("", f"{with_article(item.kind.value)} is never closed")
        if row["status"] == "open":
            return f"{name_of(item, row)} is open already", ()
        if row["status"] == "converted":
            raise BadItem("", f"{name_of(item, row)} was converted: it goes on as a deal")
        values: dict[str, object] = {"status": "open", **dict.fromkeys(_CLOSED_BY[item.kind])}
        if item.kind is ItemKind.DEAL:
            values["lost_reason"] = ""
        return f"Reopened {name_of(item, row)}", [_change(item, values), *_closed_until(item, row, now)]

    return _act(db, item, plan)


def archive(db: Database, item: ItemRef) -> ActionRow:
    """Put a deal, lead or project aside: it keeps its conversations, and gets no more of them by rules. Raises BadItem."""

    def plan(_: sqlite3.Connection, row: _Row, now: int) -> _Plan:
        if not item.kind.fills_the_slot:
            raise BadItem("", f"{with_article(item.kind.value)} cannot be archived; delete it instead")
        if _is_archived(item, row):
            return f"{name_of(item, row)} is archived already", ()
        if item.kind is not ItemKind.LEAD:
            return f"Archived {name_of(item, row)}", [_change(item, {"archived_at": now})]
        if row["status"] == "converted":
            raise BadItem("", f"{name_of(item, row)} was converted: archive its deal instead")
        return f"Archived {name_of(item, row)}", [_change(item, {"status": "archived", "closed_at": now})]

    return _act(db, item, plan)


def unarchive(db: Database, item: ItemRef) -> ActionRow:
    """Take a deal, lead or project out of the archive. Raises BadItem."""

    def plan(_: sqlite3.Connection, row: _Row, now: int) -> _Plan:
        if not item.kind.fills_the_slot or not _is_archived(item, row):
            return f"{name_of(item, row)} is not archived", ()
        if item.kind is ItemKind.LEAD:
            changes = [_change(item, {"status": "open", "closed_at": None}), *_closed_until(item, row, now)]
        else:
            changes = [
                _change(item, {"archived_at": None}),
                *_closed_period(item, row["archived_at"], now),
            ]
        return f"Took {name_of(item, row)} out of the archive", changes

    return _act(db, item, plan)


def delete(db: Database, item: ItemRef) -> ActionRow:
    """Delete an item. Conversations about it keep their link, shown as deleted, and restore() brings it back (M14)."""

    def plan(_: sqlite3.Connection, row: _Row, now: int) -> _Plan:
        if row["deleted_at"] is not None:
            return f"{name_of(item, row)} is deleted already", ()
        return f"Deleted {item.kind.value} {name_of(item, row)}", [_change(item, {"deleted_at": now})]

    return _act(db, item, plan, also_deleted=True)


def restore(db: Database, item: ItemRef) -> ActionRow:
    """Bring a deleted item back. Raises BadItem: one that was merged is part of another."""

    def plan(_: sqlite3.Connection, row: _Row, now: int) -> _Plan:
        if row["deleted_at"] is None:
            return f"{name_of(item, row)} is not deleted", ()
        if row["merged_into"] is not None:
            raise BadItem(
                "", f"{name_of(item, row)} was merged into another {item.kind.value}; undo that instead"
            )
        changes = [_change(item, {"deleted_at": None})]
        if item.kind.fills_the_slot:
            changes += _closed_period(item, row["deleted_at"], now)
        return f"Restored {item.kind.value} {name_of(item, row)}", changes

    return _act(db, item, plan, also_deleted=True)


def assign(db: Database, item: ItemRef, user_id: str) -> ActionRow:
    """Let an item have another owner, "" for nobody. Raises BadItem."""

    def plan(connection: sqlite3.Connection, row: _Row, _: int) -> _Plan:
        if row["owner_id"] == user_id:
            return f"{name_of(item, row)} has that owner already", ()
        owner = item_checks.user(connection, "owner_id", user_id)
        found = connection.execute("SELECT name FROM workspace_user WHERE id = ?", (owner,)).fetchone()
        title = f"Gave {name_of(item, row)} to {found[0] if found else 'nobody'}"
        return title, [_change(item, {"owner_id": owner})]

    return _act(db, item, plan)


def follow(db: Database, item: ItemRef, on: bool) -> ActionRow:
    """Let this screen's user follow an item, or no longer. Raises BadItem where the workspace does not know them."""

    def plan(connection: sqlite3.Connection, row: _Row, _: int) -> _Plan:
        me = users.me(connection)
        if not me.id:
            raise BadItem("", "following is for users of a workspace; you have this CRM to yourself")
        key = {"item_kind": item.kind.value, "item_id": item.id, "user_id": me.id}
        is_so = crm_changes.read(connection, "item_follower", key) is not None
        if is_so == on:
            return f"You {'follow' if on else 'do not follow'} {name_of(item, row)} already", ()
        title = f"{'Followed' if on else 'Stopped following'} {name_of(item, row)}"
        return title, [Change("item_follower", key, {} if on else None)]

    return _act(db, item, plan)


def _act(
    db: Database,
    item: ItemRef,
    plan: Callable[[sqlite3.Connection, _Row, int], _Plan],
    *,
    also_deleted: bool = False,
) -> ActionRow:
    now = int(time.time())
    with db.write() as connection:
        row = existing(connection, item) if also_deleted else present(connection, item)
        title, changes = plan(connection, row, now)
        if not changes:
            return ActionRow(0, title, "nothing")
        action = undo.record(connection, title, crm_changes.apply(connection, changes, now), now)
    return action


def _change(item: ItemRef, values: Mapping[str, object]) -> Change:
    return Change(item.kind.value, {"id": item.id}, values)


def _must_be(item: ItemRef, kind: ItemKind, what: str) -> None:
    if item.kind is not kind:
        raise BadItem("", f"{with_article(item.kind.value)} cannot be {what}; {with_article(kind.value)} can")


_CLOSED_BY: Final = {
    ItemKind.DEAL: ("won_at", "lost_at"),
    ItemKind.LEAD: ("closed_at",),
    ItemKind.PROJECT: ("closed_at",),
}


def _is_archived(item: ItemRef, row: _Row) -> bool:
    if item.kind is ItemKind.LEAD:
        return bool(row["status"] == "archived")
    return row["archived_at"] is not None


def _closed_until(item: ItemRef, row: _Row, now: int) -> list[Change]:
    """Remember how long an item was closed. One that came closed, nobody knows since when, was never open."""
    if row["status"] == "open":
        return []
    times = [row[name] for name in _CLOSED_BY[item.kind] if row[name] is not None]
    return _closed_period(item, min(times, default=row["created_at"]), now)


def _closed_period(item: ItemRef, closed_at: int, now: int) -> list[Change]:
    key = {"item_kind": item.kind.value, "item_id": item.id, "closed_at": closed_at}
    return [Change("closed_period", key, {"reopened_at": now})]
