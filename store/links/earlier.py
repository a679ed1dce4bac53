"""Conversations of the user's own by who takes part in them: what sharing them is asked about."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from typing import Final

from mail.types import ThreadId
from store.crm import users

_BY_ADDRESS: Final = (
    "SELECT DISTINCT t.id FROM json_each(?1) j CROSS JOIN address a ON a.email = j.value"
    " CROSS JOIN participant p ON p.address_id = a.id AND p.role <> 'sender' CROSS JOIN email e ON e.id = p.email_id"
    " CROSS JOIN thread t ON t.id = e.thread_id AND t.visibility = 'shared' ORDER BY t.id DESC LIMIT ?2"
)
# A machine's mail is private even where sharing is usual (V27), and spam is nobody's conversation.
_PRIVATE: Final = (
    "SELECT t.id FROM json_each(?1) j CROSS JOIN thread t ON t.id = j.value JOIN account a ON a.id = t.account_id"
    " WHERE t.visibility <> 'shared' AND (t.owner IN ('', ?2) OR a.scope = 'team')"
    " AND NOT EXISTS (SELECT 1 FROM link_decision d WHERE d.thread_id = t.id AND d.reason IN ('bulk', 'blocked'))"
    " ORDER BY j.key"
)


def shared_with(connection: sqlite3.Connection, emails: Collection[str], limit: int) -> list[ThreadId]:
    """Return the conversations that are shared and in which one of the addresses takes part, the newest first."""
    rows = connection.execute(_BY_ADDRESS, (json.dumps(sorted(emails)), limit)).fetchall()
    return [ThreadId(thread_id) for (thread_id,) in rows]


def not_shared(connection: sqlite3.Connection, thread_ids: Collection[ThreadId]) -> list[ThreadId]:
    """Return those of some conversations that are not shared and whose owner may share them, in the same order."""
    rows = connection.execute(_PRIVATE, (json.dumps(list(thread_ids)), users.me(connection).id)).fetchall()
    return [ThreadId(thread_id) for (thread_id,) in rows]
