"""Link conversations to items by hand, and say who sees them; what the user has no right to is refused with the reason."""

from __future__ import annotations

from linking import standing
from mail.types import ThreadId
from store import links
from store.database import Database
from store.items import ItemRef
from store.links import CannotLink as CannotLink
from store.links import Visibility as Visibility
from store.rows import ActionRow


def link(db: Database, thread_id: ThreadId, item: ItemRef) -> ActionRow:
    """Link a whole conversation to a deal, lead or project at the user's wish. Raises CannotLink."""
    _unless(standing.refusal_to_link(db.read(), thread_id, item))
    return links.link(db, thread_id, item, origin="manual")


def unlink(db: Database, thread_id: ThreadId) -> ActionRow:
    """Take the link away at the user's wish; no rule links the conversation again. Raises CannotLink."""
    _unless(standing.refusal_to_unlink(db.read(), thread_id))
    return links.unlink(db, thread_id)


def set_visibility(db: Database, thread_id: ThreadId, visibility: Visibility) -> ActionRow:
    """Share a conversation, or make it private again, at the user's wish. Raises CannotLink."""
    _unless(standing.refusal_to_share(db.read(), thread_id, visibility))
    return links.set_visibility(db, thread_id, visibility)


def audience_change(db: Database, thread_id: ThreadId, item: ItemRef) -> str | None:
    """Return what linking to `item` would show to whom, for the user to confirm; None when nobody sees more by it."""
    names = standing.shown_by_link(db.read(), thread_id, item)
    return f"The conversation is shared: this link shows it to {standing.named(names)}." if names else None


def sharing_change(db: Database, thread_id: ThreadId) -> str | None:
    """Return to whom sharing would show the conversation, for the user to confirm; None when nobody sees more by it."""
    names = standing.shown_by_sharing(db.read(), thread_id)
    return f"This shows the conversation to {standing.named(names)}." if names else None


def _unless(refusal: str | None) -> None:
    if refusal is not None:
        raise CannotLink(refusal)
