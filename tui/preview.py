"""Reader and CRM panel follow the cursor, but only once it rests: never on the way of a key press."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING

from mail.ids import ThreadId
from mail.keywords import SEEN
from store import threads
from store.database import Database
from store.rows import ThreadRow
from tui.bridge import in_store

if TYPE_CHECKING:
    from store.links.panel import PanelFacts
    from tui.screens.mail import MailScreen

_AFTER_S = 0.12
Show = Callable[[], Coroutine[None, None, None]]


class Preview:
    """Knows which conversation reader and panel show."""

    def __init__(self, screen: MailScreen) -> None:
        self.row: ThreadRow | None = None
        self._screen = screen
        self._timer: asyncio.TimerHandle | None = None
        self._panel_of: ThreadId | None = None
        self._panel_read: asyncio.Future[PanelFacts] | None = None
        self._is_shown = asyncio.Event()

    def soon(self) -> None:
        """Show the thread under the cursor once the cursor has rested."""
        self.stop()
        self._timer = asyncio.get_running_loop().call_later(_AFTER_S, self.follow_now)

    def follow_now(self) -> None:
        """Show the thread under the cursor, unless it is shown."""
        self.stop()
        if self._is_elsewhere():
            self.show_now()

    def catch_up(self) -> None:
        """Let a reader that has come into sight show the conversation that the panel shows."""
        is_placed = self._screen.places.reader is not None
        if is_placed and self.row is not None and self._screen.reader.thread_id != self.row.thread_id:
            self.show_now()

    def show_now(self, *, is_opened: bool = False) -> None:
        """Show the thread under the cursor. Opened, rather than followed, it will count as read."""
        self.stop()
        if self._screen.is_complete:
            self.row = self._screen.thread_list.current
            self._is_shown.clear()
            # a function rather than a coroutine: the next call may cancel this one before it begins
            show: Show = functools.partial(self._show, self.row, is_opened)
            self._screen.run_worker(show, group="preview", exclusive=True, exit_on_error=True)  # type: ignore[arg-type]  # Textual's type for a function without a result is wrong

    async def shown(self) -> None:
        """Wait until reader and panel show the conversation that was asked for last."""
        await self._is_shown.wait()

    def stop(self) -> None:
        """Forget the cursor's rest."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def reload(self) -> None:
        """Read again what is shown; when another thread took the cursor's place, show that one."""
        if self._timer is not None:
            return  # the cursor is on its way: what it leads to is read anyway
        if not self._screen.is_reading and self._is_elsewhere():
            self.show_now()
        elif self.row is not None:
            self.row = await in_store(threads.get, self._screen.db, self.row.thread_id) or self.row
            await self._screen.reader.reload()
            await self._read_panel(self.row)

    def _is_elsewhere(self) -> bool:
        row = self._screen.thread_list.current
        return (row and row.thread_id) != (self.row and self.row.thread_id)

    async def _show(self, row: ThreadRow | None, is_opened: bool) -> None:
        if row is None:
            self._show_nothing()
        else:
            await self._show_reader(row)
            if self._panel_of != row.thread_id:
                await self._read_panel(row)
        self._is_shown.set()
        self._screen.update_frame()
        if is_opened and row is not None:
            await self._mark_read(row)

    def _show_nothing(self) -> None:
        self._panel_of = None
        self._screen.reader.clear()
        self._screen.crm_panel.show(None)
        self._screen.show_strip(None)

    async def _show_reader(self, row: ThreadRow) -> None:
        reader = self._screen.reader
        if self._screen.places.reader is not None and reader.thread_id != row.thread_id:
            await reader.open_thread(row.thread_id)

    async def _read_panel(self, row: ThreadRow) -> None:
        # One at a time: a read cannot be stopped, and the store's threads are not to wait for those nobody wants now.
        while self._panel_read is not None and not self._panel_read.done():
            await asyncio.wait([self._panel_read])
        read = asyncio.ensure_future(in_store(read_panel, self._screen.db, row.thread_id))
        self._panel_read = read
        facts = await asyncio.shield(read)
        self._screen.crm_panel.show(facts)
        self._screen.show_strip(facts)
        self._panel_of = row.thread_id

    async def _mark_read(self, row: ThreadRow) -> None:
        wait_s = self._screen.settings.mark_read_after_s
        if wait_s < 0 or not row.is_unread:
            return
        if wait_s:
            await asyncio.sleep(wait_s)  # moving on cancels this worker
        await in_store(mark_read, self._screen.db, row.thread_id)


def read_panel(db: Database, thread_id: ThreadId) -> PanelFacts:
    """Return what the panel shows; linking is loaded in the thread that reads, not in the one that draws."""
    from linking import panel

    return panel.for_thread(db, thread_id)


def mark_read(db: Database, thread_id: ThreadId) -> None:
    """Mark every message of a conversation read, leaving nothing for undo."""
    from store import actions, emails

    unread = [email.id for email in emails.in_thread(db, thread_id) if SEEN not in email.keywords]
    actions.mark_emails(db, unread, SEEN, True)
