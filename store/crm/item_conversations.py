"""The conversations of an item, newest first: a list source for its page, whatever the item is.

Conversations of a deal, lead or project are those linked to it, or to the deal it became. Those of a person are all in
which an address of theirs takes part; those of an organization are those of its persons. Trash and spam are left out,
and what the user may not see.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from typing import Final

from mail.types import ThreadId
from store import threads
from store.crm import item_refs, items, users
from store.crm.item_refs import PageKind, PageRef
from store.database import Database
from store.keyed_list import KeyedList
from store.links import contacts
from store.rows import ThreadKey, ThreadRow

MOST: Final = 50_000
"""An item's newest conversations, of which so many are listed."""
_MOST_ADDRESSES: Final = 2_000
_LOOKED_AT: Final = 500

_IN_SIGHT: Final = (
    "SELECT max(m.at) AS at, m.thread_id, t.account_id, t.owner, t.visibility FROM ({threads}) l"
    " CROSS JOIN mailbox_thread m ON m.thread_id = l.thread_id"
    " AND m.mailbox_id IN (SELECT id FROM mailbox WHERE role = 'all' AND key IS NULL)"
    " CROSS JOIN thread t ON t.id = m.thread_id GROUP BY m.thread_id ORDER BY at DESC, m.thread_id DESC LIMIT :most"
)
_LINKED: Final = "SELECT thread_id FROM item_link WHERE item_kind = :kind AND item_id = :id"
_OF_ADDRESSES: Final = (
    "SELECT DISTINCT e.thread_id FROM json_each(:addresses) j CROSS JOIN address a ON a.email = j.value"
    " CROSS JOIN participant p ON p.address_id = a.id CROSS JOIN email e ON e.id = p.email_id"
    " WHERE NOT EXISTS (SELECT 1 FROM participant_override o WHERE o.thread_id = e.thread_id AND o.email = a.email"
    " AND (o.person_id IS NULL OR o.person_id NOT IN (SELECT value FROM json_each(:persons))))"
)
_OVERRIDDEN: Final = (
    "SELECT o.thread_id FROM json_each(:persons) j CROSS JOIN participant_override o ON o.person_id = j.value"
)
_OF_PEOPLE: Final = f"{_LINKED} UNION {_OF_ADDRESSES} UNION {_OVERRIDDEN}"
_OF_SOURCE: Final = (
    "SELECT e.thread_id FROM activity a CROSS JOIN email e ON e.id = a.source_email_id WHERE a.id = :id"
)
_SOURCES: Final = {
    PageKind.DEAL: _LINKED,
    PageKind.LEAD: _LINKED,
    PageKind.PROJECT: _LINKED,
    PageKind.PERSON: _OF_PEOPLE,
    PageKind.ORGANIZATION: _OF_PEOPLE,
    PageKind.ACTIVITY: _OF_SOURCE,
}


MaySee = Callable[[sqlite3.Connection, ThreadId], bool]
"""Says whether this screen's user may see a shared conversation of another's mailbox (linking.rights)."""


def never(_connection: sqlite3.Connection, _thread_id: ThreadId) -> bool:
    """See nothing of other people's mailboxes."""
    return False


def keys(
    connection: sqlite3.Connection, item: PageRef, may_see: MaySee = never, limit: int = MOST
) -> list[ThreadKey]:
    """Return where the item's conversations stand, newest first. Nothing of an item that was deleted (link-M14)."""
    source = _SOURCES.get(item.kind)
    if source is None or item_refs.is_deleted(connection, item):
        return []
    persons = item_refs.persons_of(connection, item)
    rows = connection.execute(
        _IN_SIGHT.format(threads=source),
        {
            "kind": item.kind.value,
            "id": item.id,
            "persons": json.dumps(persons),
            "addresses": json.dumps(_addresses(connection, persons)),
            "most": limit,
        },
    ).fetchall()
    is_own = _ownership(connection)
    return [
        ThreadKey(at, thread_id)
        for at, thread_id, account_id, owner, visibility in rows
        if is_own(account_id, owner) or (visibility == "shared" and may_see(connection, thread_id))
    ]


def seen(
    connection: sqlite3.Connection, thread_ids: Sequence[int], may_see: MaySee = never
) -> frozenset[ThreadId]:
    """Return those of some conversations that the user may see, wherever they lie and whatever they are linked to."""
    is_own = _ownership(connection)
    rows = connection.execute(
        "SELECT t.id, t.account_id, t.owner, t.visibility FROM json_each(?) j CROSS JOIN thread t ON t.id = j.value",
        (json.dumps(thread_ids),),
    ).fetchall()
    return frozenset(
        ThreadId(thread_id)
        for thread_id, account_id, owner, visibility in rows
        if is_own(account_id, owner) or (visibility == "shared" and may_see(connection, thread_id))
    )


def _ownership(connection: sqlite3.Connection) -> Callable[[int, str], bool]:
    """Return what tells conversations of this screen's user: of their own mailboxes, and of team accounts they work in."""
    me = users.me(connection).id
    teams = dict(
        connection.execute(
            "SELECT id, owner IN ('', ?1) OR EXISTS (SELECT 1 FROM account_member m WHERE m.account_id = account.id"
            " AND m.user_id = ?1) FROM account WHERE scope = 'team' LIMIT 1000",
            (me,),
        ).fetchall()
    )
    return lambda account_id, owner: bool(teams[account_id]) if account_id in teams else owner in ("", me)


def _addresses(connection: sqlite3.Connection, persons: list[str]) -> list[str]:
    """Return the addresses of persons but our own: what reached us says nothing about them (link-L45)."""
    rows = connection.execute(
        "SELECT DISTINCT e.email FROM json_each(?) j CROSS JOIN person_email e ON e.person_id = j.value LIMIT ?",
        (json.dumps(persons), _MOST_ADDRESSES),
    ).fetchall()
    we = contacts.ours(connection)
    return [email for (email,) in rows if not we.include(email)]


def linked(db: Database, item: PageRef, thread_ids: Sequence[ThreadId]) -> frozenset[ThreadId]:
    """Return which of these conversations are linked to the item already."""
    rows = db.read().execute(
        "SELECT l.thread_id FROM json_each(?) j CROSS JOIN item_link l ON l.thread_id = j.value"
        " WHERE l.item_kind = ? AND l.item_id = ?",
        (json.dumps(thread_ids), item.kind.value, item.id),
    )
    return frozenset(ThreadId(thread_id) for (thread_id,) in rows.fetchall())


def offered(db: Database, item: PageRef, may_see: MaySee, limit: int) -> tuple[ThreadRow, ...]:
    """Return the newest conversations of an item's people that are linked to nothing, for linking them to it."""
    connection = db.read()
    card = items.card(connection, item.item) if item.item is not None else None
    if card is None:
        return ()
    pages = [PageRef(PageKind.PERSON, card.person_id)] if card.person_id else []
    pages += [PageRef(PageKind.ORGANIZATION, card.organization_id)] if card.organization_id else []
    found = [key.thread_id for page in pages for key in keys(connection, page, may_see, _LOOKED_AT)]
    rows = threads.rows(db, list(dict.fromkeys(found)))
    return tuple(row for row in rows.values() if row.item_kind is None)[:limit]


class ItemConversations(KeyedList):
    """The conversations of one item as a list."""

    def __init__(self, db: Database, item: PageRef, may_see: MaySee = never) -> None:
        self.item = item
        self.may_see = may_see
        super().__init__(db, lambda: keys(db.read(), item, may_see))
