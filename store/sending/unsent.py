"""Messages not sent: how many there are; and those never written in go without a trace, as if nobody had pressed the key."""

from __future__ import annotations

from store import events
from store.database import Database


def forget(db: Database, draft_id: int) -> bool:
    """Remove a draft nothing was ever written in, and say whether it was one."""
    with db.write() as connection:
        cursor = connection.execute(
            "DELETE FROM draft WHERE id = ? AND revision = 1 AND email_id IS NULL AND state = 'writing'",
            (draft_id,),
        )
        is_gone = cursor.rowcount > 0
        if is_gone:
            events.record(connection, "drafts")
    return is_gone


def count(db: Database) -> int:
    """Return how many messages are being written, up to a hundred."""
    rows = db.read().execute(
        "SELECT 1 FROM draft d WHERE state = 'writing' AND (email_id IS NULL OR revision <> saved_revision"
        " OR EXISTS (SELECT 1 FROM placement p WHERE p.email_id = d.email_id AND NOT p.is_destroyed)) LIMIT 100"
    )
    return len(rows.fetchall())


def revision(db: Database, draft_id: int) -> int | None:
    """Return which revision of a draft is kept, None when it is being written no more."""
    row = (
        db.read()
        .execute("SELECT revision FROM draft WHERE id = ? AND state = 'writing'", (draft_id,))
        .fetchone()
    )
    return None if row is None else int(row[0])
