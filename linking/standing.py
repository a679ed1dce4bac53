"""The rules of linking.rights, asked of the store: what this store's user may do, and what a change shows to whom."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import replace
from typing import Final, cast

from linking import rights
from linking.rights import Conversation, Item, Viewer
from mail.types import ThreadId
from store.crm import items, users
from store.crm.items import ItemKind, ItemRef
from store.links import contacts, sharing
from store.links.sharing import Colleague, SharedItem, Standing

_MOST_NAMES: Final = 3


def viewer(connection: sqlite3.Connection) -> Viewer:
    """Return who uses this store; where the workspace does not know them they may do everything."""
    me = users.me(connection).id
    own = sharing.connected(connection, me)
    for colleague in sharing.colleagues(connection):
        if colleague.id == me:
            return _viewer(colleague._replace(accounts=colleague.accounts | own))
    return Viewer(me, is_admin=True, accounts=own)


def can_see(connection: sqlite3.Connection, thread_id: ThreadId) -> bool:
    """Say whether the user sees a conversation, and everything that is told of it."""
    we, standing = viewer(connection), sharing.standing(connection, thread_id)
    return standing is not None and rights.can_see(we, _conversation(standing, we.id))


def refusal_to_link(connection: sqlite3.Connection, thread_id: ThreadId, item: ItemRef) -> str | None:
    """Return why the user may not link a conversation to an item, None when they may."""
    we, standing, target = viewer(connection), *_both(connection, thread_id, item)
    if standing is None or target is None:
        return None  # that there is none is said by who looks for it
    return rights.refusal_to_link(we, _conversation(standing, we.id), target)


def refusal_to_unlink(connection: sqlite3.Connection, thread_id: ThreadId) -> str | None:
    """Return why the user may not take a conversation's link away, None when they may."""
    we, standing = viewer(connection), sharing.standing(connection, thread_id)
    return None if standing is None else rights.refusal_to_change(we, _conversation(standing, we.id))


def refusal_to_share(
    connection: sqlite3.Connection, thread_id: ThreadId, visibility: rights.Visibility
) -> str | None:
    """Return why the user may not set the visibility of a conversation, None when they may."""
    we, standing = viewer(connection), sharing.standing(connection, thread_id)
    if standing is None:
        return None
    return rights.refusal_to_share(we, _conversation(standing, we.id), visibility)


def refusal_to_edit(connection: sqlite3.Connection, item: ItemRef) -> str | None:
    """Return why the user may not change an item, None when they may."""
    found = sharing.shared_item(connection, item)
    return None if found is None else rights.refusal_to_edit(viewer(connection), _item(found))


class Audiences:
    """Who sees conversations; what is the same for all of them is read once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._me = users.me(connection).id
        self._us = contacts.ours(connection)
        self._colleagues = sharing.colleagues(connection)
        self._viewers = [_viewer(colleague) for colleague in self._colleagues]

    def of(self, thread_id: ThreadId) -> dict[str, str]:
        """Return who sees a conversation as it is now: names by the ids of users."""
        found = self._conversation(thread_id)
        return {} if found is None else self._named(rights.audience(self._viewers, found))

    def by_sharing(self, thread_id: ThreadId) -> tuple[str, ...]:
        """Return the names of those who would see a conversation once it is shared, and do not now."""
        before = self._conversation(thread_id)
        if before is None:
            return ()
        after = rights.audience(self._viewers, replace(before, visibility="shared"))
        return tuple(self._named(after - rights.audience(self._viewers, before)).values())

    def _conversation(self, thread_id: ThreadId) -> Conversation | None:
        standing = sharing.standing(self._connection, thread_id, self._us)
        return None if standing is None else _conversation(standing, self._me)

    def _named(self, user_ids: Collection[str]) -> dict[str, str]:
        return {one.id: one.name for one in self._colleagues if one.id in user_ids}


def audience(connection: sqlite3.Connection, thread_id: ThreadId) -> dict[str, str]:
    """Return who sees a conversation as it is now: names by the ids of users."""
    return Audiences(connection).of(thread_id)


def shown_by_link(connection: sqlite3.Connection, thread_id: ThreadId, item: ItemRef) -> tuple[str, ...]:
    """Return the names of those who would see a conversation once it is linked to `item`, and do not now."""
    standing, target = _both(connection, thread_id, item)
    if standing is None or target is None:
        return ()
    me = users.me(connection).id
    before = _conversation(standing, me)
    fills = item.kind.fills_the_slot
    kept = [one for one in standing.items if not (fills and one.ref.kind.fills_the_slot)]
    after = replace(before, items=(*map(_item, kept), target))
    return _new_viewers(connection, before, after)


def shown_without(connection: sqlite3.Connection, thread_id: ThreadId, person_id: str) -> tuple[str, ...]:
    """Return the names of those who would see a conversation once a person has no part in it, and may not now."""
    standing = sharing.standing(connection, thread_id)
    if standing is None:
        return ()
    person = items.card(connection, ItemRef(ItemKind.PERSON, person_id))
    gone = {person_id, person.organization_id if person else None}
    before = _conversation(standing, users.me(connection).id)
    kept = [one for one in standing.items if one.ref.kind.fills_the_slot or one.ref.id not in gone]
    return _new_viewers(connection, before, replace(before, items=tuple(map(_item, kept))))


def shown_by_sharing(connection: sqlite3.Connection, thread_id: ThreadId) -> tuple[str, ...]:
    """Return the names of those who would see a conversation once it is shared, and do not now."""
    return Audiences(connection).by_sharing(thread_id)


def named(names: tuple[str, ...]) -> str:
    """Return "Ana, Bo, Cy and 4 more"."""
    some = ", ".join(names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return f"{some} and {more} more" if more > 0 else some


def _new_viewers(
    connection: sqlite3.Connection, before: Conversation, after: Conversation
) -> tuple[str, ...]:
    everybody = {colleague.id: colleague for colleague in sharing.colleagues(connection)}
    viewers = [_viewer(colleague) for colleague in everybody.values()]
    new = rights.audience(viewers, after) - rights.audience(viewers, before)
    return tuple(colleague.name for colleague in everybody.values() if colleague.id in new)


def _both(
    connection: sqlite3.Connection, thread_id: ThreadId, item: ItemRef
) -> tuple[Standing | None, Item | None]:
    target = sharing.shared_item(connection, item)
    return sharing.standing(connection, thread_id), None if target is None else _item(target)


def _viewer(colleague: Colleague) -> Viewer:
    return Viewer(
        colleague.id,
        colleague.is_admin,
        colleague.is_active,
        colleague.team,
        colleague.accounts,
        "own" if colleague.edits == "own" else "seen",
        colleague.can_manage,
    )


def _item(item: SharedItem) -> Item:
    return Item(item.title, item.owner_id, cast(rights.VisibleTo, item.visible_to), item.team, item.followers)


def _conversation(standing: Standing, me: str) -> Conversation:
    return Conversation(
        standing.account_id,
        standing.owner_id or me,
        cast(rights.AccountScope, standing.scope),
        cast(rights.Visibility, standing.visibility),
        tuple(map(_item, standing.items)),
    )
