"""What the reader reads from the store, each function in one call off the event loop."""

from __future__ import annotations

from collections.abc import Iterable

from mail.keywords import SEEN
from mail.text import safe_block
from mail.types import Body, EmailId, SafeText, ThreadId
from store import emails, fetching
from store.database import Database
from store.rows import EmailRow

_RAW_SHOWN_OCTETS = 1_000_000


def conversation(
    db: Database, thread_id: ThreadId
) -> tuple[tuple[EmailRow, ...], dict[EmailId, Body | None]]:
    """Read a conversation and the bodies it is opened at: of its first unread messages, else of its newest."""
    rows = emails.in_thread(db, thread_id)
    unread = [row.id for row in rows if SEEN not in row.keywords]
    return rows, bodies(db, unread[:2] or [row.id for row in rows[-1:]])


def bodies(db: Database, email_ids: Iterable[EmailId]) -> dict[EmailId, Body | None]:
    """Read these bodies; those that are still at the account are fetched before others."""
    found = {email_id: emails.body(db, email_id) for email_id in email_ids}
    missing = [email_id for email_id, body in found.items() if body is None]
    if missing:
        fetching.want(db, missing)
    return found


def raw(db: Database, email_id: EmailId) -> SafeText:
    """Read a message's octets as text; of one of many megabytes its beginning. Raises OctetsGone."""
    octets = emails.octets(db, email_id)
    shown = safe_block(octets[:_RAW_SHOWN_OCTETS].decode("utf-8", "replace"))
    rest = len(octets) - _RAW_SHOWN_OCTETS
    return SafeText(f"{shown}\n[{rest:,} octets more: save the message to read them]") if rest > 0 else shown
