"""What a message being written is about, and which messages were sent a moment ago."""

from __future__ import annotations

import time

from mail.drafts import from_json
from mail.presend import RECENT_S, digest
from store.crm.items import ItemRef
from store.database import Database
from store.rows import DraftRow
from store.sending import drafts


def link(db: Database, draft_id: int, item: ItemRef) -> DraftRow:
    """Let a draft be about an item; its conversation is linked when it is sent. Raises drafts.NotOpen."""
    with db.write() as connection:
        connection.execute(
            "UPDATE draft SET item_kind = ?, item_id = ? WHERE id = ?", (item.kind.value, item.id, draft_id)
        )
    row = drafts.get(db, draft_id)
    if row is None:
        raise drafts.NotOpen("There is no such draft.")
    return row


def recent(db: Database) -> tuple[tuple[str, int], ...]:
    """Return digests of what was sent in the last minutes, with the times."""
    rows = db.read().execute(
        "SELECT content, updated_at FROM draft WHERE state IN ('sending', 'sent') AND updated_at > ?"
        " ORDER BY id DESC LIMIT 50",
        (int(time.time()) - RECENT_S,),
    )
    return tuple((digest(from_json(content)), at) for content, at in rows.fetchall())
