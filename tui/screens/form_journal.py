"""The journal of a form: what is typed is in the store at most two seconds later, and offered again where it was left."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from store.crm import unsaved_forms
from store.crm.unsaved_forms import Typed, Unsaved
from store.database import Database, StoreUnusable
from tui.bridge import in_store

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.widget import Widget

KEEP_AFTER_S: Final = 1.5
Says = Callable[[], Mapping[str, Typed]]


class FormJournal:
    """Keeps what one form says. `found` is what was left of it the last time; `form` is its name in the store."""

    def __init__(self, db: Database, form: str, found: Unsaved | None) -> None:
        self.form = form
        self.found = found
        self._db = db
        self._kept: Mapping[str, Typed] = found.fields if found is not None else {}
        self._timer: Timer | None = None
        self._lock = asyncio.Lock()
        self._is_closed = False

    def changed(self, screen: Widget, says: Says) -> None:
        """Keep what the form says soon; every further change until then goes with it."""
        if self._timer is None and not self._is_closed:
            self._timer = screen.set_timer(
                KEEP_AFTER_S, lambda: screen.run_worker(self.keep(says), group="journal")
            )

    async def keep(self, says: Says) -> None:
        """Keep what the form says, and wait until it is kept."""
        self._stop()
        async with self._lock:
            fields = says()
            if self._is_closed or fields == self._kept:
                return
            try:
                await in_store(unsaved_forms.keep, self._db, self.form, fields)
            except (sqlite3.Error, StoreUnusable, OSError):
                return  # saving the form says what is wrong; the next key tries again
            self._kept = fields

    def keep_now(self, says: Says) -> None:
        """Keep what the form says before this returns."""
        if not self._is_closed and (fields := says()) != self._kept:
            unsaved_forms.keep(self._db, self.form, fields)
            self._kept = fields

    async def close(self) -> None:
        """Keep nothing more, and forget what was kept: the form was saved or discarded."""
        self._is_closed = True
        self._stop()
        async with self._lock:
            try:
                await in_store(unsaved_forms.forget, self._db, self.form)
            except (sqlite3.Error, StoreUnusable, OSError):
                return  # it is offered once more than it should be

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None


def left_unsaved(found: Unsaved) -> str:
    """Return what is said of a form that is as it was left."""
    at, today = time.localtime(found.at), time.localtime()
    day = "" if at[:3] == today[:3] else f" on {at.tm_mday} {time.strftime('%b', at)}"
    return f"Not saved{day} at {time.strftime('%H:%M', at)}: ctrl+x saves it, esc twice discards it."


async def opened(db: Database, form: str) -> FormJournal:
    """Return the journal of a form that is about to be shown."""
    return FormJournal(db, form, await in_store(unsaved_forms.get, db, form))
