"""Forgetting what was sent, taken back or thrown away long ago: the octets first, the rest later."""

from __future__ import annotations

import time
from typing import Final

from store.crm import import_runs
from store.database import Database
from store.links import copies
from store.sending import attached, local_mail

OCTETS_S: Final = 2 * 86_400
"""For so long the octets of a message that was sent are kept: then its copy in Sent is where it will stay."""
KEPT_S: Final = 30 * 86_400
"""For so long undo can bring a discarded draft back."""

# What was refused and nobody came back to is a draft again: without its submission nothing else would open it.
_WRITE_ON: Final = (
    "UPDATE draft SET state = 'writing' WHERE state = 'sending' AND id IN (SELECT draft_id FROM submission"
    " WHERE state = 'rejected' AND finished_at < ?) AND NOT EXISTS (SELECT 1 FROM submission s"
    " WHERE s.draft_id = draft.id AND s.state IN ('queued', 'submitting', 'unknown', 'accepted'))"
)


def tidy(db: Database) -> None:
    """Remove what nobody will ask for any more; the worker's, now and then."""
    now = int(time.time())
    with db.write(is_durable=False) as connection:
        connection.execute(
            "UPDATE submission SET octets = x'' WHERE finished_at < ? AND state = 'filed' AND octets <> x''",
            (now - OCTETS_S,),
        )
        connection.execute(_WRITE_ON, (now - KEPT_S,))
        connection.execute(
            "DELETE FROM submission WHERE finished_at < ? AND state IN ('filed', 'cancelled', 'rejected')",
            (now - KEPT_S,),
        )
        connection.execute(
            "DELETE FROM draft WHERE updated_at < ? AND state IN ('sent', 'discarded')"
            " AND NOT EXISTS (SELECT 1 FROM submission s WHERE s.draft_id = draft.id)",
            (now - KEPT_S,),
        )
        local_mail.recount(connection, copies.purge(connection))
    attached.purge(db)
    import_runs.tidy(db, now)
