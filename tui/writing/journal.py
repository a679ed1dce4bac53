"""The journal of a message being written: what is on the screen is in the store at most two seconds later."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mail.drafts import Draft
from store.database import Database, StoreUnusable
from store.rows import DraftRow
from store.sending import drafts, unsent
from tui.bridge import in_store

if TYPE_CHECKING:
    from textual.timer import Timer

    from mail.types import AccountId
    from tui.screens.compose import ComposeScreen

KEEP_AFTER_S: Final = 1.5


class Journal:
    """Keeps one draft, away from the keys. `kept_at` is when it last did, None while nothing had to be kept."""

    def __init__(self, screen: ComposeScreen, db: Database, row: DraftRow) -> None:
        self.kept_at: float | None = None
        self.account_id: AccountId | None = None
        self._screen = screen
        self._db = db
        self._row = row
        self._kept = row.draft
        self._timer: Timer | None = None
        self._lock = asyncio.Lock()
        self._is_closed = False

    def changed(self) -> None:
        """Keep what is written soon; every further change until then goes with it."""
        if self._timer is None and not self._is_closed:
            self._timer = self._screen.set_timer(KEEP_AFTER_S, self.soon)

    def soon(self) -> None:
        """Keep what is written now, in the store's own threads."""
        self._stop()
        if not self._is_closed:
            self._screen.run_worker(self.keep(), group="journal", exit_on_error=True)

    async def keep(self) -> bool:
        """Keep what is written, wait until it is kept, and say whether it is."""
        self._stop()
        async with self._lock:
            if self._is_closed:
                return False
            draft = self._screen.draft()
            if self._is_kept(draft):
                return True
            try:
                row = await in_store(self._write, draft)
            except (sqlite3.Error, StoreUnusable, OSError, drafts.NotOpen) as error:
                self._screen.warn(f"Not kept: {error}")
                return False
            if row.id != self._screen.row.id:
                self._screen.warn(
                    "It was changed, sent or discarded elsewhere: what you write goes on as a new draft"
                )
            self._done(row, draft)
            self._screen.update_frame()
            return True

    def keep_now(self) -> None:
        """Keep what is written before this returns: the program or the terminal is going."""
        if self._is_closed or not self._screen.is_attached:
            return
        draft = self._screen.draft()
        if not self._is_kept(draft):
            self._done(self._write(draft), draft)

    def close(self) -> None:
        """Keep nothing more: it was sent or discarded."""
        self._is_closed = True
        self._stop()

    def _is_kept(self, draft: Draft) -> bool:
        """Say whether every word is kept, and which account it leaves by; where the cursor stands can wait."""
        is_same_account = self.account_id in (None, self._row.account_id)
        return is_same_account and replace(draft, cursor=self._kept.cursor) == self._kept

    def _write(self, draft: Draft) -> DraftRow:
        """Keep a draft; as another one when this one was sent, discarded or written elsewhere: no word may go."""
        row = self._row
        account_id = self.account_id or row.account_id
        if unsent.revision(self._db, row.id) == row.revision:
            with contextlib.suppress(drafts.NotOpen):
                revision = drafts.write(self._db, row.id, draft, account_id=account_id)
                return row._replace(revision=revision, account_id=account_id)
        return drafts.begin(self._db, account_id, draft, row.about_email_id)

    def _done(self, row: DraftRow, draft: Draft) -> None:
        if row.id != self._row.id:
            self._screen.row = row
        self._row, self._kept, self.kept_at = row, draft, time.time()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
