"""What happened with an item, newest first: mail, links, activities, notes and changes, a page at a time.

Three times are kept apart and named: when mail was received, when it was registered in the CRM, and when an activity was
entered and completed.
"""

from __future__ import annotations

import json
import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Final

from mail.types import ThreadId
from store.crm import item_conversations, timeline_entries
from store.crm.item_conversations import MaySee, never
from store.crm.item_refs import COLUMN_OF, PageKind, PageRef
from store.crm.timeline_entries import Entry as Entry
from store.crm.timeline_entries import EntryKind as EntryKind
from store.crm.timeline_entries import Key
from store.crm.timeline_entries import Moment as Moment
from store.database import Database

PAGE: Final = 64
KEPT_PAGES: Final = 16
MOST: Final = 50_000
"""Of each kind of event, the newest."""
_TOGETHER_S: Final = 3600

# What lies nowhere any more, in the trash or is still a draft is no event. The same message may lie in two accounts.
_EMAILS: Final = (
    "SELECT e.received_at, e.is_outgoing, e.id, e.message_id FROM json_each(?) j CROSS JOIN email e ON e.thread_id = j.value"
    " WHERE NOT e.draft AND EXISTS (SELECT 1 FROM placement p WHERE p.email_id = e.id AND NOT p.is_destroyed"
    " AND p.mailbox_id NOT IN (SELECT id FROM mailbox WHERE role IN ('trash', 'junk')))"
    " ORDER BY e.id DESC LIMIT ?"
)
_LINKS: Final = "SELECT at, origin, by_user, thread_id FROM item_link WHERE item_kind = ? AND item_id = ? ORDER BY at DESC LIMIT ?"
_AUDIT: Final = (
    "SELECT line.at, line.id, coalesce(t.thread_id, line.thread_id) FROM (SELECT at, id,"
    " CASE WHEN what IN ('unlinked', 'linked_again') THEN details ->> 'thread' END AS thread_id"
    " FROM audit WHERE object = ? ORDER BY at DESC LIMIT ?) line"
    " LEFT JOIN thread_alias t ON t.old_id = line.thread_id"
)
_MADE: Final = "SELECT at, thread_id FROM auto_created WHERE item_kind = ? AND item_id = ? LIMIT ?"


def _of_item(table: str, at: str) -> dict[PageKind, str]:
    return {
        kind: (
            f"SELECT {at}, id FROM {table} WHERE {column} = ? AND deleted_at IS NULL ORDER BY 1 DESC LIMIT ?"  # noqa: S608 - our own columns
        )
        for kind, column in COLUMN_OF.items()
    }


_NOTES: Final = _of_item("note", "created_at")
_ACTIVITIES: Final = {
    **_of_item("activity", "coalesce(done_at, entered_at)"),
    PageKind.ACTIVITY: "SELECT coalesce(done_at, entered_at), id FROM activity WHERE id = ? LIMIT ?",
}


class Timeline:
    """The events of one item, read when it is made or refreshed; what is read on a key press is one page."""

    def __init__(self, db: Database, item: PageRef, may_see: MaySee = never) -> None:
        self.item = item
        self._db = db
        self._may_see = may_see
        self._keys: list[Key] = []
        self._pages: OrderedDict[int, list[Entry]] = OrderedDict()
        self.refresh()

    @property
    def count(self) -> int:
        """Return how many events there are."""
        return len(self._keys)

    def refresh(self) -> None:
        """Look again what happened."""
        connection = self._db.read()
        threads = item_conversations.keys(connection, self.item, self._may_see)
        shown = [key.thread_id for key in threads]
        found = [*_mail(connection, shown), *_links(connection, self.item, shown)]
        found += _changes(connection, self.item, self._may_see)
        found += _own_events(connection, self.item)
        self._keys = sorted(found, key=itemgetter(0), reverse=True)
        self._pages.clear()

    def row(self, index: int) -> Entry | None:
        """Return the event at an index, None outside the list."""
        if not 0 <= index < len(self._keys):
            return None
        number, offset = divmod(index, PAGE)
        page = self._pages.get(number)
        if page is None:
            wanted = self._keys[number * PAGE : (number + 1) * PAGE]
            page = self._pages[number] = timeline_entries.read(self._db.read(), self.item, wanted)
            if len(self._pages) > KEPT_PAGES:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(number)
        return page[offset]


def _mail(connection: sqlite3.Connection, threads: Sequence[ThreadId]) -> list[Key]:
    rows = connection.execute(_EMAILS, (json.dumps(threads), MOST)).fetchall()
    seen: set[str] = set()
    keys: list[Key] = []
    for at, is_outgoing, email_id, message_id in rows:
        if message_id is not None:
            if message_id in seen:
                continue
            seen.add(message_id)
        keys.append(Key(at, EntryKind.MAIL_OUT if is_outgoing else EntryKind.MAIL_IN, email_id))
    return keys


def _links(connection: sqlite3.Connection, item: PageRef, shown: Iterable[ThreadId]) -> list[Key]:
    """Return the links made, those of one hour, origin and user together: a first sync makes thousands at once."""
    rows = connection.execute(_LINKS, (item.kind.value, item.id, MOST)).fetchall()
    listed = set(shown)
    keys: list[Key] = []
    last: tuple[str, str] | None = None
    for at, origin, by, thread_id in rows:
        if thread_id not in listed:
            continue
        if last == (origin, by) and keys[-1].at - at < _TOGETHER_S:
            keys[-1] = keys[-1]._replace(rows=(*keys[-1].rows, thread_id))
        else:
            keys.append(Key(at, EntryKind.LINK, (origin, by), (thread_id,)))
        last = origin, by
    return keys


def _changes(connection: sqlite3.Connection, item: PageRef, may_see: MaySee) -> list[Key]:
    """Return what was changed; of links that were taken away only those of conversations the user may see."""
    rows = connection.execute(_AUDIT, (item.address, MOST)).fetchall()
    unlinked = sorted({thread_id for _, _, thread_id in rows if thread_id is not None})
    seen = item_conversations.seen(connection, unlinked, may_see) if unlinked else frozenset()
    return [
        Key(at, EntryKind.CHANGE, number, () if thread_id is None else (thread_id,))
        for at, number, thread_id in rows
        if thread_id is None or thread_id in seen
    ]


def _own_events(connection: sqlite3.Connection, item: PageRef) -> list[Key]:
    keys: list[Key] = []
    for kind, queries in ((EntryKind.NOTE, _NOTES), (EntryKind.ACTIVITY, _ACTIVITIES)):
        if item.kind in queries:
            rows = connection.execute(queries[item.kind], (item.id, MOST)).fetchall()
            keys += [Key(at, kind, row_id) for at, row_id in rows]
    if not _is_told(connection, item):
        keys += _creation(connection, item)
    rows = connection.execute(_MADE, (item.kind.value, item.id, MOST)).fetchall()
    return keys + [Key(at, EntryKind.MADE, thread_id) for at, thread_id in rows]


def _is_told(connection: sqlite3.Connection, item: PageRef) -> bool:
    """Say whether a line of the audit tells when it was entered: not of what was brought in by an import."""
    query = "SELECT 1 FROM audit WHERE object = ? AND what = 'created' LIMIT 1"
    return connection.execute(query, (item.address,)).fetchone() is not None


def _creation(connection: sqlite3.Connection, item: PageRef) -> list[Key]:
    if item.kind is PageKind.ACTIVITY:
        return []
    query = f"SELECT created_at FROM {item.kind.value} WHERE id = ?"  # noqa: S608 - tables are named as the kinds are
    return [Key(at, EntryKind.CHANGE, 0) for (at,) in connection.execute(query, (item.id,)).fetchall()]
