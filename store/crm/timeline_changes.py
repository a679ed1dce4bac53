"""What was changed about an item, as a sentence: the lines that store.crm.audit writes."""

from __future__ import annotations

import json
import sqlite3
import time
from typing import Any, Final

from mail.ids import ThreadId
from store.crm import items
from store.crm.item_refs import PageRef
from store.crm.items import ItemKind, ItemRef
from store.links import link_history

_PLAIN: Final = {
    "created": "entered into the CRM",
    "deleted": "deleted",
    "restored": "restored",
    "unmerged": "no longer merged into another",
    "reopened": "reopened",
    "won": "won",
    "completed": "completed",
    "canceled": "canceled",
    "archived": "archived",
    "unarchived": "taken out of the archive",
    "converted": "converted to a deal",
    "done": "completed",
    "undone": "to be done again",
}
_CAPTIONS: Final = {
    "person_id": "person",
    "org_id": "organization",
    "expected_close": "expected close",
    "visible_to": "visible to",
    "first_name": "first name",
    "last_name": "last name",
    "time_zone": "time zone",
    "start_date": "start",
    "end_date": "end",
    "source_lead_id": "source lead",
    "due_at": "due",
    "duration_min": "minutes",
    "responsible_id": "responsible",
}
_SEEN_BY: Final = {"owner": "the owner and followers", "team": "the owner's team", "company": "everybody"}
_NAMED: Final = {
    "person_id": "SELECT name FROM person WHERE id = ?",
    "org_id": "SELECT name FROM organization WHERE id = ?",
    "source_lead_id": "SELECT title FROM lead WHERE id = ?",
}
_MOST_COLUMNS: Final = 20
_MOST_CHARACTERS: Final = 1_000


def sentence(connection: sqlite3.Connection, item: PageRef, what: str, details: str) -> str:
    """Return a line of the audit in words; the word it was written with when we do not know it."""
    told: dict[str, Any] = json.loads(details)
    match what:
        case "stage" | "owner":
            return f"{what}: {told.get('from') or 'none'} -> {told.get('to') or 'none'}"
        case "lost":
            return f"lost: {told['reason']}" if told.get("reason") else "lost"
        case "merged":
            return f"merged into {_title(connection, item, told.get('into'))}"
        case "took_in" | "gave_back":
            return f"{told.get('name')} {'merged into it' if what == 'took_in' else 'is apart from it again'}"
        case "edited":
            return _edited(connection, told.get("columns", {}))
        case "entry":
            return f"{told['noun']} {told['name']}: {_did(connection, told)}"
        case _:
            return _PLAIN.get(what, what)


def _did(connection: sqlite3.Connection, told: dict[str, Any]) -> str:
    """Say what was done with a note or an activity of an item."""
    columns = told.get("columns", {})
    if "body" in columns:
        return "changed"
    if "is_pinned" in columns:
        return "pinned" if columns["is_pinned"][1] else "no longer pinned"
    return _edited(connection, columns) if columns else _PLAIN.get(told["did"], told["did"])


def _edited(connection: sqlite3.Connection, columns: dict[str, list[Any]]) -> str:
    parts = []
    for name, (before, after) in list(columns.items())[:_MOST_COLUMNS]:
        caption = _CAPTIONS.get(name, name.replace("_", " "))
        parts.append(f"{caption}: {_value(connection, name, before)} -> {_value(connection, name, after)}")
    more = len(columns) - _MOST_COLUMNS
    return "; ".join(parts) + (f"; and {more} more" if more > 0 else "")


def _value(connection: sqlite3.Connection, column: str, value: Any) -> str:
    if value is None or value == "":
        return "none"
    if column in _NAMED:
        row = connection.execute(_NAMED[column], (value,)).fetchone()
        return row[0] if row else "somebody who is gone"
    if column in ("due_at", "done_at"):
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(value))
    if column == "visible_to":
        return _SEEN_BY.get(value, str(value))
    text = str(value)
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}..."


def _title(connection: sqlite3.Connection, item: PageRef, other_id: str | None) -> str:
    name = "name" if item.kind in ("person", "organization") else "title"
    query = f"SELECT {name} FROM {item.kind.value} WHERE id = ?"  # noqa: S608 - tables are named as the kinds are
    row = connection.execute(query, (other_id,)).fetchone()
    return row[0] if row else "one that is gone"


def of_link(connection: sqlite3.Connection, what: str, told: dict[str, Any]) -> tuple[ThreadId | None, str]:
    """Return which conversation was taken away from an item or came back to it, and that in words (store.links.link_history)."""
    verb = "unlinked" if what == link_history.UNLINKED else "linked again"
    row = connection.execute(
        "SELECT id, subject FROM thread WHERE id = coalesce((SELECT thread_id FROM thread_alias WHERE old_id = ?1), ?1)",
        (told["thread"],),
    ).fetchone()
    if row is None:
        return None, f"{verb}: a conversation that is gone"
    kind, _, item_id = told.get("instead", "").partition(":")
    card = items.card(connection, ItemRef(ItemKind(kind), item_id)) if item_id else None
    instead = f", which is about {card.title} now" if card else ""
    return ThreadId(row[0]), f"{verb}: {row[1] or '(no subject)'}{instead}"
