"""Link conversations to items by hand, and say who sees them; what the user has no right to is refused with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from linking import earlier, standing
from linking.earlier import Offer as Offer
from mail.types import ThreadId
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import links, many_links, thread_people
from store.links.links import CannotLink as CannotLink
from store.links.links import Visibility as Visibility
from store.rows import ActionRow

Origin = Literal["manual", "compose"]
"""Where a user linked it: in the list or panel, or while writing."""


def link(db: Database, thread_id: ThreadId, item: ItemRef, *, origin: Origin = "manual") -> ActionRow:
    """Link a whole conversation to a deal, lead or project at the user's wish. Raises CannotLink."""
    _unless(standing.refusal_to_link(db.read(), thread_id, item))
    is_first = links.slot(db, thread_id) is None
    done = links.link(db, thread_id, item, origin=origin)
    return done._replace(hint=earlier.offer_of(db.read(), [thread_id]).sentence if is_first else "")


def link_all(db: Database, thread_ids: Sequence[ThreadId], item: ItemRef) -> ActionRow:
    """Link several conversations to a deal, lead or project in one action. Raises CannotLink: then none was linked."""
    for thread_id in thread_ids:
        _unless(standing.refusal_to_link(db.read(), thread_id, item))
    new = [thread_id for thread_id in thread_ids if links.slot(db, thread_id) is None]
    done = many_links.link(db, thread_ids, item)
    return done._replace(hint=earlier.offer_of(db.read(), new).sentence)


def unlink(db: Database, thread_id: ThreadId) -> ActionRow:
    """Take the link away at the user's wish; no rule links the conversation again. Raises CannotLink."""
    return unlink_all(db, (thread_id,))


def unlink_all(db: Database, thread_ids: Sequence[ThreadId]) -> ActionRow:
    """Take the links of several conversations away in one action. Raises CannotLink: then none was."""
    for thread_id in thread_ids:
        _unless(standing.refusal_to_unlink(db.read(), thread_id))
    return many_links.unlink(db, thread_ids)


def set_visibility(db: Database, thread_id: ThreadId, visibility: Visibility) -> ActionRow:
    """Share a conversation, or make it private again, at the user's wish. Raises CannotLink."""
    return set_visibility_all(db, (thread_id,), visibility)


def set_visibility_all(db: Database, thread_ids: Sequence[ThreadId], visibility: Visibility) -> ActionRow:
    """Let several conversations be seen by whom the user wishes, in one action. Raises CannotLink: then none is."""
    for thread_id in thread_ids:
        _unless(standing.refusal_to_share(db.read(), thread_id, visibility))
    return many_links.set_visibility(db, thread_ids, visibility)


def shareable(db: Database, items: Sequence[ItemRef]) -> Offer:
    """Return which conversations of items could be shared with those who see what they are linked to (D12, M18)."""
    return earlier.together([earlier.offer(db.read(), item) for item in items])


def audience_change(db: Database, thread_id: ThreadId, item: ItemRef) -> str | None:
    """Return what linking to `item` would show to whom, for the user to confirm; None when nobody sees more by it."""
    names = standing.shown_by_link(db.read(), thread_id, item)
    return f"The conversation is shared: this link shows it to {standing.named(names)}." if names else None


def person_change(db: Database, thread_id: ThreadId, person_id: str) -> str | None:
    """Return to whom the conversation would be shown once a person has no part in it; None when nobody sees more."""
    names = standing.shown_without(db.read(), thread_id, person_id)
    return (
        f"The conversation is shared: without them it is shown to {standing.named(names)}." if names else None
    )


def sharing_change(db: Database, thread_id: ThreadId) -> str | None:
    """Return to whom sharing would show the conversation, for the user to confirm; None when nobody sees more by it."""
    names = standing.shown_by_sharing(db.read(), thread_id)
    return f"This shows the conversation to {standing.named(names)}." if names else None


def set_main(db: Database, thread_id: ThreadId, item: ItemRef) -> ActionRow:
    """Take a person or organization as the conversation's main one at the user's wish (D1). Raises CannotLink."""
    _unless(standing.refusal_to_link(db.read(), thread_id, item))
    try:
        return thread_people.set_main(db, thread_id, item)
    except thread_people.NotThere as error:
        raise CannotLink(str(error)) from error


def clear_main(db: Database, thread_id: ThreadId, kind: ItemKind) -> ActionRow:
    """Let no person or organization be the main one by hand any more. Raises CannotLink."""
    _unless(standing.refusal_to_unlink(db.read(), thread_id))
    return thread_people.clear_main(db, thread_id, kind)


def set_person(db: Database, thread_id: ThreadId, email: str, person_id: str | None) -> ActionRow:
    """Take an address of a conversation for another person, or for nobody, at the user's wish (M09). Raises CannotLink."""
    _unless(standing.refusal_to_unlink(db.read(), thread_id))
    try:
        return thread_people.set_person(db, thread_id, email, person_id)
    except thread_people.NotThere as error:
        raise CannotLink(str(error)) from error


def _unless(refusal: str | None) -> None:
    if refusal is not None:
        raise CannotLink(refusal)
