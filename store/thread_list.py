"""Threads in the order a list shows them, read a page at a time; nothing is held but a few pages.

Any page of any mailbox is cheap: it continues after its neighbour, or is counted off from the beginning of its days,
because how many threads each three days have is stored. Only mailboxes of one account listed together, where a thread may
stand twice, are counted row by row.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mail.ids import MailboxId, ThreadId
from store import threads
from store.database import Database
from store.rows import ThreadKey, ThreadRow

if TYPE_CHECKING:
    from store.searches import SearchList as SearchList

PAGE: Final = 64
KEPT_PAGES: Final = 64
_SPAN_SHIFT: Final = 18
"""mailbox_span.span = at >> _SPAN_SHIFT."""
_NEWEST_PLACE: Final = (
    "AND NOT EXISTS (SELECT 1 FROM mailbox_thread AS o WHERE o.thread_id = f.thread_id "
    "AND o.mailbox_id IN ({}) AND (o.at, o.mailbox_id) > (f.at, f.mailbox_id))"
)


def __getattr__(name: str) -> object:
    if name == "SearchList":  # loaded when somebody searches: it would make the first list 20 ms later
        from store.searches import SearchList

        return SearchList
    raise AttributeError(name)


class ThreadList:
    """The threads of a mailbox or view, or of several as one (unified mailboxes), newest first."""

    def __init__(self, db: Database, mailbox_ids: Sequence[MailboxId]) -> None:
        self._db = db
        self._mailbox_ids = tuple(dict.fromkeys(mailbox_ids))
        self._pages: OrderedDict[int, list[ThreadRow]] = OrderedDict()
        self._ends: dict[int, ThreadKey] = {}
        self._once = ""
        self.count = 0
        self.refresh()

    def refresh(self) -> None:
        """Forget what was read and count anew: call when these mailboxes changed."""
        self._pages.clear()
        self._ends.clear()
        rows = (
            self._db.read()
            .execute(
                "SELECT m.account_id, m.total_threads FROM json_each(?) j CROSS JOIN mailbox m ON m.id = j.value",
                (json.dumps(self._mailbox_ids),),
            )
            .fetchall()
        )
        # Two mailboxes of one account can both hold a thread; threads of two accounts are never the same.
        can_repeat = len({account_id for account_id, _ in rows}) < len(rows)
        self._once = (
            _NEWEST_PLACE.format(",".join(str(int(one)) for one in self._mailbox_ids)) if can_repeat else ""
        )
        self.count = self._count() if can_repeat else sum(total for _, total in rows)

    def row(self, index: int) -> ThreadRow | None:
        """Return the row at an index, None outside the list."""
        if not 0 <= index < self.count:
            return None
        number, offset = divmod(index, PAGE)
        page = self._pages.get(number)
        if page is None:
            page = self._pages[number] = self._fetch(number)
            if len(page) == PAGE:
                self._ends[number] = page[-1].key
            if len(self._pages) > KEPT_PAGES:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(number)
        return page[offset] if offset < len(page) else None

    def rank(self, key: ThreadKey) -> int:
        """Return how many rows stand before `key` now: its index, if it is still there."""
        if not self._mailbox_ids:
            return 0
        if self._once:
            keys = self._keys("AND (at, thread_id) > (?, ?)")
            query = f"SELECT count(*) FROM ({keys})"  # noqa: S608 - our own names and numbers
            return int(self._db.read().execute(query, key * len(self._mailbox_ids)).fetchone()[0])
        span = key.at >> _SPAN_SHIFT
        later = sum(held for one, held in self._spans() if one > span)
        end = (span + 1) << _SPAN_SHIFT
        keys = self._keys("AND (at, thread_id) > (?, ?) AND at < ?")
        query = f"SELECT count(*) FROM ({keys})"  # noqa: S608 - our own names and numbers
        parameters = (*key, end) * len(self._mailbox_ids)
        return later + int(self._db.read().execute(query, parameters).fetchone()[0])

    def find(self, thread_id: ThreadId) -> ThreadKey | None:
        """Return where a thread stands, also under an id it had before it was merged; None when it is not listed."""
        thread_id = threads.resolve(self._db, thread_id)
        row = (
            self._db.read()
            .execute(
                "SELECT max(at) FROM mailbox_thread WHERE thread_id = ? AND mailbox_id IN (SELECT value FROM json_each(?))",
                (thread_id, json.dumps(self._mailbox_ids)),
            )
            .fetchone()
        )
        return None if row[0] is None else ThreadKey(row[0], thread_id)

    def _fetch(self, number: int) -> list[ThreadRow]:
        start = number * PAGE
        before = self._ends.get(number - 1)
        if before is not None:
            return self._read("AND (at, thread_id) < (?, ?)", "DESC", before, PAGE, 0)
        after = self._pages.get(number + 1)
        if after:
            return self._read("AND (at, thread_id) > (?, ?)", "ASC", after[0].key, PAGE, 0)[::-1]
        if not self._once:
            end, skipped = self._days_of(start)
            return self._read("AND at < ?", "DESC", (end,), PAGE, start - skipped)
        if start > self.count // 2:
            end = min(start + PAGE, self.count)
            return self._read("", "ASC", (), end - start, self.count - end)[::-1]
        return self._read("", "DESC", (), PAGE, start)

    def _read(
        self, where: str, direction: str, key: tuple[int, ...], limit: int, offset: int
    ) -> list[ThreadRow]:
        keys = self._keys(where)
        query = (
            f"SELECT k.at, k.thread_id, {threads.ROW.format(is_unread='k.is_unread')} FROM "  # noqa: S608 - our own names and numbers
            f"(SELECT at, thread_id, is_unread FROM ({keys}) ORDER BY at {direction}, thread_id {direction} "
            f"LIMIT ? OFFSET ?) k CROSS JOIN thread t ON t.id = k.thread_id "
            f"ORDER BY k.at {direction}, k.thread_id {direction}"
        )
        parameters = (*key * len(self._mailbox_ids), limit, offset)
        return list(map(ThreadRow._make, self._db.read().execute(query, parameters).fetchall()))

    def _days_of(self, index: int) -> tuple[int, int]:
        """Return when the days of the row at an index end, and how many rows are later than that."""
        skipped = 0
        for span, held in self._spans():
            if skipped + held > index:
                return (span + 1) << _SPAN_SHIFT, skipped
            skipped += held
        return 0, skipped

    def _spans(self) -> list[tuple[int, int]]:
        rows = self._db.read().execute(
            "SELECT span, sum(threads) FROM json_each(?) CROSS JOIN mailbox_span ON mailbox_id = value "
            "GROUP BY span ORDER BY span DESC",
            (json.dumps(self._mailbox_ids),),
        )
        return rows.fetchall()

    def _keys(self, where: str = "") -> str:
        part = "SELECT at, thread_id, is_unread FROM mailbox_thread AS f WHERE mailbox_id = {} {} {}"
        parts = [part.format(int(one), where, self._once) for one in self._mailbox_ids or (0,)]
        return " UNION ALL ".join(parts)

    def _count(self) -> int:
        query = f"SELECT count(*) FROM ({self._keys()})"  # noqa: S608 - our own names and numbers
        return int(self._db.read().execute(query).fetchone()[0])
