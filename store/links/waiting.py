# ruff: noqa: S608 - what is put together here is our own words
"""Who owes the user an answer: conversations on their open items in which they wrote last, some days ago."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Final

from mail.ids import ThreadId
from store.crm import users
from store.database import Database
from store.keyed_list import KeyedList
from store.rows import ThreadKey

MOST: Final = 20_000
_DAY_S: Final = 86_400

_MINE: Final = {
    "deal": "i.status = 'open' AND i.archived_at IS NULL",
    "lead": "i.status = 'open'",
    "project": "i.status = 'open' AND i.archived_at IS NULL",
}
# An automatic answer is none; what lies out of sight, in trash or spam, nobody waits for. Answers come to originals,
# never to copies by Smart BCC or made here.
_UNANSWERED: Final = (
    "t.origin = 'sync' AND t.last_out_at <= :until AND (t.last_in_at IS NULL OR t.last_in_at <= t.last_out_at OR NOT EXISTS "
    "(SELECT 1 FROM email e WHERE e.thread_id = t.id AND e.received_at > t.last_out_at "
    "AND NOT (e.is_outgoing OR e.is_auto_reply OR e.draft OR e.bounce IS NOT NULL))) "
    "AND EXISTS (SELECT 1 FROM mailbox_thread f WHERE f.thread_id = t.id "
    "AND f.mailbox_id IN (SELECT id FROM mailbox WHERE key IS NULL AND role = 'all'))"
)
_KEYS: Final = (
    " UNION ALL ".join(
        f"SELECT t.last_out_at AS at, t.id FROM {kind} i CROSS JOIN thread t ON t.item_kind = '{kind}' "
        f"AND t.item_id = i.id WHERE {is_open} AND i.deleted_at IS NULL AND i.owner_id IN ('', :me) AND {_UNANSWERED}"
        for kind, is_open in _MINE.items()
    )
    + " ORDER BY 1 DESC, 2 DESC LIMIT :most"
)


def read(db: Database, days: int, *, now: Callable[[], float] = time.time) -> KeyedList:
    """Return as a list source the conversations that have waited for `days` or longer, the last asked first.

    The user's items are those they own, and those nobody does. A row's time is when the user wrote last.
    """
    return KeyedList(db, lambda: _keys(db.read(), int(now()) - days * _DAY_S))


def _keys(connection: sqlite3.Connection, until: int) -> list[ThreadKey]:
    parameters = {"until": until, "me": users.me(connection).id, "most": MOST}
    rows = connection.execute(_KEYS, parameters).fetchall()
    return [ThreadKey(at, ThreadId(thread_id)) for at, thread_id in rows]
