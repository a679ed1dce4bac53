"""Changing who works here and what they may do."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Final

from mail.addresses import normalise
from mail.text import safe_line
from store import events
from store.crm import audit as crm_audit
from store.database import Database

_COLUMNS: Final = frozenset({"name", "team", "edits", "is_admin", "is_active", "can_manage"})


class BadUser(Exception):
    """Nothing was changed; the text says why."""


def add(db: Database, name: str, email: str) -> str:
    """Add a colleague, who may see what the company sees and change it; return their id. Raises BadUser."""
    address, shown = normalise(email), safe_line(name).strip()
    if "@" not in address:
        raise BadUser(f"{safe_line(email)!r} is no address")
    if not shown:
        raise BadUser("a user needs a name")
    now, user_id = int(time.time()), str(uuid.uuid4())
    with db.write() as connection:
        if connection.execute(
            "SELECT 1 FROM workspace_user WHERE email = ? AND deleted_at IS NULL", (address,)
        ).fetchone():
            raise BadUser(f"{address} is a user already")
        connection.execute(
            "INSERT INTO workspace_user (id, name, email, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
            (user_id, shown, address, now, now),
        )
        events.record(connection, "items")
    return user_id


def change(db: Database, email: str, changes: Mapping[str, str | int], *, by: str) -> None:
    """Set columns of the user with an address: name, team, edits, is_admin, is_active, can_manage. Raises BadUser.

    Rights are written down in the audit, under who gave them.
    """
    address, now = normalise(email), int(time.time())
    with db.write() as connection:
        row = connection.execute(
            "SELECT id FROM workspace_user WHERE email = ? AND deleted_at IS NULL", (address,)
        ).fetchone()
        if row is None:
            raise BadUser(f"{safe_line(email)} is no user: dealbox user list shows them")
        for column, value in changes.items():
            if column not in _COLUMNS:
                raise ValueError(column)
            connection.execute(
                f"UPDATE workspace_user SET {column} = ?, updated_at = ?, rev = rev + 1 WHERE id = ?",  # noqa: S608 - one of ours
                (value, now, row[0]),
            )
        crm_audit.write(connection, now, by, "rights", f"user:{row[0]}", changes)
        events.record(connection, "items")
