"""Link conversations to items by hand."""

from __future__ import annotations

from mail.types import ThreadId
from store import links
from store.database import Database
from store.items import ItemRef
from store.links import CannotLink as CannotLink
from store.links import Visibility as Visibility
from store.rows import ActionRow


def link(db: Database, thread_id: ThreadId, item: ItemRef) -> ActionRow:
    """Link a whole conversation to a deal, lead or project at the user's wish. Raises CannotLink."""
    return links.link(db, thread_id, item, origin="manual")


def unlink(db: Database, thread_id: ThreadId) -> ActionRow:
    """Take the link away at the user's wish; no rule links the conversation again. Raises CannotLink."""
    return links.unlink(db, thread_id)


def set_visibility(db: Database, thread_id: ThreadId, visibility: Visibility) -> ActionRow:
    """Share a conversation, or make it private again, at the user's wish. Raises CannotLink."""
    return links.set_visibility(db, thread_id, visibility)
