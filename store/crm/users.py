"""The users of the workspace, and which of them sits at this screen."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from mail.addresses import normalise
from store.database import Database


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user of the workspace. `id` is empty for the owner of a store that no user of the workspace owns.

    `edits` is own or seen: which items they may change. `can_manage`: may set what others may do.
    """

    id: str
    name: str
    email: str
    aliases: tuple[str, ...]
    is_admin: bool
    is_active: bool
    team: str
    edits: str = "seen"
    can_manage: bool = False


NOBODY_ELSE = UserRow("", "", "", (), is_admin=True, is_active=True, team="", can_manage=True)
"""Who is alone with their CRM: may do everything."""
_USERS = (
    "SELECT id, name, email, aliases, is_admin, is_active, team, edits, can_manage FROM workspace_user WHERE deleted_at IS NULL"
    " ORDER BY name, id LIMIT 10000"
)


def me(connection: sqlite3.Connection) -> UserRow:
    """Return the user whose address is one of an account's, of several the one of the first account."""
    users: dict[str, UserRow] = {}
    for user in _all(connection):
        for address in (user.email, *user.aliases):
            users.setdefault(normalise(address), user)
    accounts = connection.execute("SELECT address, aliases FROM account ORDER BY id LIMIT 1000").fetchall()
    for address, aliases in accounts:
        for own in (address, *json.loads(aliases)):
            if own and (user_found := users.get(normalise(own))):
                return user_found
    return NOBODY_ELSE


def all(db: Database) -> tuple[UserRow, ...]:
    """Return the users of the workspace by name, also those who are not active."""
    return _all(db.read())


def _all(connection: sqlite3.Connection) -> tuple[UserRow, ...]:
    rows = connection.execute(_USERS).fetchall()
    return tuple(
        UserRow(
            user_id,
            name,
            email,
            tuple(aliases.split()),
            bool(is_admin),
            bool(is_active),
            team,
            edits,
            bool(manages),
        )
        for user_id, name, email, aliases, is_admin, is_active, team, edits, manages in rows
    )
