"""Accounts that a team works in: who is a member, and what becomes of conversations when an account is a team's or no longer."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Final

from mail.ids import AccountId

SCOPES: Final = ("personal", "team")
# What a mailbox of one's own keeps to oneself, a team's keeps to its members.
_OWN_VISIBILITY: Final = {"personal": "private", "team": "team"}


def members(connection: sqlite3.Connection, account_id: AccountId) -> tuple[str, ...]:
    """Return the ids of the users who work in an account, by their names."""
    rows = connection.execute(
        "SELECT m.user_id FROM account_member m JOIN workspace_user u ON u.id = m.user_id AND u.deleted_at IS NULL"
        " WHERE m.account_id = ? ORDER BY u.name, u.id",
        (account_id,),
    ).fetchall()
    return tuple(user_id for (user_id,) in rows)


def set_members(connection: sqlite3.Connection, account_id: AccountId, user_ids: Sequence[str]) -> None:
    """Let these users be the members; those who stay keep what they may do."""
    ids = json.dumps(list(user_ids))
    connection.execute(
        "DELETE FROM account_member WHERE account_id = ? AND user_id NOT IN (SELECT value FROM json_each(?))",
        (account_id, ids),
    )
    connection.execute(
        "INSERT OR IGNORE INTO account_member (account_id, user_id) SELECT ?, value FROM json_each(?)",
        (account_id, ids),
    )


def visibility_in(scope: str, visibility: str) -> str:
    """Return what a visibility becomes in an account of this scope: shared stays shared."""
    return visibility if visibility == "shared" else _OWN_VISIBILITY[scope]


def set_scope(connection: sqlite3.Connection, account_id: AccountId, scope: str) -> None:
    """Let an account be one person's or a team's, and its conversations be kept to whom that means."""
    connection.execute("UPDATE account SET scope = ? WHERE id = ?", (scope, account_id))
    connection.execute(
        "UPDATE thread SET visibility = ?1 WHERE account_id = ?2 AND visibility NOT IN ('shared', ?1)",
        (_OWN_VISIBILITY[scope], account_id),
    )


def unshared(connection: sqlite3.Connection, account_id: AccountId) -> int:
    """Return how many conversations of an account are kept to its owner or its members."""
    row = connection.execute(
        "SELECT count(*) FROM thread WHERE account_id = ? AND visibility <> 'shared'", (account_id,)
    ).fetchone()
    return int(row[0])
