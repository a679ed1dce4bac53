"""What changed in the store, told to the screen: by the doorbell at once, and by looking now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.message import Message

from store import events
from store.database import Database
from store.doorbell import Doorbell
from store.rows import EventRow
from tui.bridge import in_store

_LOOK_EVERY_S = 0.5
_REPAINT_PAUSE_S = 0.25  # at most four repaints a second, however fast the worker writes
_AT_ONCE = 200


class StoreChanged(Message):
    """Others, or we ourselves, changed the store. Many changes may come as one message.

    Without rows it is nothing but how the accounts are doing.
    """

    def __init__(self, rows: tuple[EventRow, ...]) -> None:
        super().__init__()
        self.rows = rows

    @property
    def kinds(self) -> frozenset[str]:
        """What kinds of things changed."""
        return frozenset(row.kind for row in self.rows)


class Watcher:
    """Looks at the store when the bell rings, and every half second at a number that costs 5 microseconds."""

    def __init__(self, db: Database, post: Callable[[Message], object], *, since: int) -> None:
        """`since` is the newest event from before the screen read what it shows."""
        self._db = db
        self._post = post
        self._bell = Doorbell(db.directory, "screen")
        self._rang = asyncio.Event()
        self._seen_version = -1
        self._seen_event = since

    async def run(self) -> None:
        """Watch until cancelled."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._bell.fileno(), self._on_bell)
        try:
            while True:
                await self._look()
                await asyncio.sleep(_REPAINT_PAUSE_S)
                await self._wait()
        finally:
            loop.remove_reader(self._bell.fileno())
            self._bell.close()

    async def _wait(self) -> None:
        """Wait for the bell or the next look; return when something may have changed."""
        while True:
            try:
                await asyncio.wait_for(self._rang.wait(), _LOOK_EVERY_S)
            except TimeoutError:
                if self._db.data_version() == self._seen_version:
                    continue
            self._rang.clear()
            return

    def _on_bell(self) -> None:
        self._bell.drain()
        self._rang.set()

    async def _look(self) -> None:
        version, self._seen_version = self._seen_version, self._db.data_version()
        is_silent = version not in (-1, self._seen_version)
        while True:
            rows = await in_store(events.since, self._db, self._seen_event, _AT_ONCE)
            if not rows:
                if is_silent:
                    self._post(StoreChanged(()))
                return
            is_silent = False
            self._seen_event = rows[-1].seq
            self._post(StoreChanged(rows))
            if len(rows) < _AT_ONCE:
                return
