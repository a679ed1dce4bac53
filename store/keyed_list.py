"""Conversations whose order is worked out as a whole, in the shape of ThreadList: keys are held, rows are read by page."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Self

from mail.ids import ThreadId
from store import events, threads
from store.database import Database
from store.rows import ThreadKey, ThreadRow

PAGE: Final = 64
KEPT_PAGES: Final = 16


class KeyedList:
    """What `read` tells, newest first, each conversation once; it is asked again by refresh()."""

    def __init__(self, db: Database, read: Callable[[], list[ThreadKey]]) -> None:
        self._db = db
        self._read = read
        self._keys: list[ThreadKey] = []
        self._at: dict[ThreadId, int] = {}
        self._pages: OrderedDict[int, dict[ThreadId, ThreadRow]] = OrderedDict()
        self._seen_event = -1
        self.refresh()

    @classmethod
    def like(cls, other: Self) -> Self:
        """Return the same list with pages of its own, reading nothing."""
        same = cls.__new__(cls)
        same.__dict__.update(other.__dict__)
        same._pages = OrderedDict()
        return same

    @property
    def count(self) -> int:
        """Return how many conversations there are."""
        return len(self._keys)

    @property
    def thread_ids(self) -> tuple[ThreadId, ...]:
        """Return all of them, newest first."""
        return tuple(key.thread_id for key in self._keys)

    def refresh(self) -> None:
        """Look again which conversations there are, unless nothing happened since."""
        self._pages.clear()
        newest = events.newest(self._db)
        if newest == self._seen_event:
            return
        self._seen_event = newest
        self._keys = self._read()
        self._at = {key.thread_id: index for index, key in enumerate(self._keys)}

    def row(self, index: int) -> ThreadRow | None:
        """Return the row at an index, None outside the list."""
        if not 0 <= index < len(self._keys):
            return None
        number = index // PAGE
        page = self._pages.get(number)
        if page is None:
            page = self._pages[number] = self._fetch(number)
            if len(self._pages) > KEPT_PAGES:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(number)
        key = self._keys[index]
        row = page.get(key.thread_id)
        return None if row is None else row._replace(at=key.at)

    def rank(self, key: ThreadKey) -> int:
        """Return how many rows stand before `key`: its index, if it is listed."""
        return bisect_left(
            self._keys, (-key.at, -key.thread_id), key=lambda each: (-each.at, -each.thread_id)
        )

    def find(self, thread_id: ThreadId) -> ThreadKey | None:
        """Return where a conversation stands, also under an id it had before it was merged; None when it is not listed."""
        index = self._at.get(threads.resolve(self._db, thread_id))
        return None if index is None else self._keys[index]

    def _fetch(self, number: int) -> dict[ThreadId, ThreadRow]:
        wanted = [key.thread_id for key in self._keys[number * PAGE : (number + 1) * PAGE]]
        return threads.rows(self._db, wanted)
