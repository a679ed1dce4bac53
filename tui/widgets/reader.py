"""The reader: a whole conversation as one text. Bodies come parsed from the store, as they are looked at."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.message import Message as Posted

from mail.text import safe_line
from mail.types import EmailId, Link, SafeText, ThreadId
from store import emails
from store.database import Database
from store.rows import EmailRow
from tui.bridge import in_store
from tui.commands.registry import Pane
from tui.widgets import reader_reads
from tui.widgets.document_rows import Row, RowKind
from tui.widgets.page_view import PageView
from tui.widgets.reader_layout import Headers
from tui.widgets.reader_pages import Place
from tui.widgets.reader_state import Conversation

_MEASURE = 100
"""Cells of the longest line, unless the user wants the whole width."""


class Reader(PageView):
    """Shows one conversation. The current message is the one commands act on."""

    pane: ClassVar[Pane] = Pane.READER

    class LinkClicked(Posted):
        """The user clicked a link of the current message: show where it leads before anything is opened."""

        def __init__(self, link: Link) -> None:
            super().__init__()
            self.link = link

    class FilesClicked(Posted):
        """The user clicked an attachment of the current message."""

    def __init__(
        self,
        db: Database,
        *,
        prefer_plain: bool = False,
        is_ascii: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(is_ascii=is_ascii)
        self.thread_id: ThreadId | None = None
        self.is_wide = False
        self.conversation = Conversation(self.pages, is_html=not prefer_plain)
        self._db = db
        self._now = now
        self._opened = 0  # how many conversations were shown: what was read for an earlier one is dropped

    # -- what it shows

    async def open_thread(self, thread_id: ThreadId) -> None:
        """Show a conversation from its first unread message, else from its newest."""
        self._opened += 1
        opened = self._opened
        rows, bodies = await in_store(reader_reads.conversation, self._db, thread_id)
        if opened != self._opened:
            return
        self.thread_id = thread_id
        self.conversation.show(rows, keep=False)
        self.conversation.take_bodies(bodies)
        self.lay_out()
        self._go_to_message(self.conversation.current)

    async def reload(self) -> None:
        """Read the conversation again: what was open stays open, what was on screen stays on screen."""
        if self.thread_id is None:
            return
        opened = self._opened
        rows = await in_store(emails.in_thread, self._db, self.thread_id)
        if opened == self._opened and rows != self.conversation.emails:
            anchor = self._message_at_top()
            self.conversation.show(rows, keep=True)
            self.lay_out()
            self.restore(self._place_of(*anchor))
            self._load_visible()

    def clear(self) -> None:
        """Show nothing."""
        self._opened += 1
        self.thread_id = None
        self.conversation.show((), keep=False)
        self.lay_out()
        self.first = 0
        self.refresh()

    @property
    def email(self) -> EmailRow | None:
        """The current message."""
        return self.conversation.email

    @property
    def subject(self) -> SafeText:
        """The subject of the conversation."""
        return safe_line(self.conversation.subject)

    @property
    def links(self) -> tuple[Link, ...]:
        """The links of the current message as it is shown."""
        return self.conversation.message.links if self.conversation.message else ()

    @property
    def body_text(self) -> str:
        """The text of the current message as it is shown, quotes included."""
        document = self.conversation.message.document if self.conversation.message else None
        return "\n".join(block.text for block in document.blocks) if document else ""

    # -- moving between messages

    def go_message(self, step: int) -> bool:
        """Go to a message further down (or up), opening it; False when there is none."""
        index = self.conversation.current + step
        if not 0 <= index < len(self.conversation.messages):
            return False
        self._show_message(index)
        return True

    def go_next_unread(self) -> bool:
        """Go to the next unread message of this conversation; False when there is none."""
        index = self.conversation.next_unread()
        if index is None:
            return False
        self._show_message(index)
        return True

    def scroll_or_next_unread(self) -> bool:
        """Scroll a page, or at the end of it go to the next unread message; False when there is nothing more."""
        if self.is_at_end:
            return self.go_next_unread()
        self.page(1)
        return True

    def _show_message(self, index: int) -> None:
        self.conversation.messages[index].is_open = True
        self.conversation.current = index
        self._lay_out_message(index)
        self._go_to_message(index)

    def _go_to_message(self, index: int) -> None:
        """Put the head of a message at the top, the subject above it when it is the first."""
        if not self.go(self.pages.y(Place(index + 1, 0)) if index else 0):
            self.moved()
        self.conversation.current = index
        self.refresh()

    def moved(self) -> None:
        """Let the message in sight be the current one, and have what is in sight read."""
        middle = self.pages.place(self.first + self.size.height // 3)
        self.conversation.current = max(middle.section - 1, 0)
        self._load_visible()

    # -- looking at a message another way

    def toggle_fold(self) -> None:
        """Fold or unfold what is at the top: its block, else the next one on screen, else the whole message."""
        found = self._fold_at_top()
        if found is None:
            self.toggle_message()
            return
        self.conversation.toggle_block(*found)
        self._lay_out_message(found[0])

    def toggle_message(self, index: int | None = None) -> None:
        """Open a message or fold it to one line; the current one unless said."""
        index = self.conversation.current if index is None else index
        if not self.conversation.messages:
            return
        message = self.conversation.messages[index]
        message.is_open = not message.is_open
        self.conversation.current = index
        self._lay_out_message(index)
        self._load_visible()

    def toggle_form(self) -> bool:
        """Show the current message as HTML instead of plain text, or back; False when it has only one of them."""
        if not self.conversation.toggle_form():
            return False
        self._lay_out_message(self.conversation.current)
        return True

    async def cycle_headers(self) -> Headers:
        """Show more of the current message's head: short, full, raw, short. Raises OctetsGone."""
        message, index, opened = self.conversation.message, self.conversation.current, self._opened
        if message is None:
            return Headers.SHORT
        message.is_open = True
        wanted = message.headers.next
        if wanted is Headers.FULL and not message.fields:
            message.fields = await in_store(emails.headers, self._db, message.email.id)
        elif wanted is Headers.RAW and message.raw is None:
            message.raw = await in_store(reader_reads.raw, self._db, message.email.id)
        message.headers = wanted
        if opened == self._opened:
            self._lay_out_message(index)
            self._load_visible()
        return wanted

    def toggle_wide(self) -> None:
        """Use the whole width for text, or at most 100 cells."""
        self.is_wide = not self.is_wide
        self.show_anew()

    def _fold_at_top(self) -> tuple[int, int] | None:
        for y in range(self.first, self.first + self.size.height):
            row = self.pages.row(y)
            if row is not None and row.block is not None:
                return self.pages.place(y).section - 1, row.block
        return None

    # -- laying out and reading

    def lay_out(self) -> None:
        """Lay the conversation out for the present size."""
        width = self.size.width if self.is_wide else min(self.size.width, _MEASURE)
        self.conversation.lay_out(width, int(self._now()))

    def _lay_out_message(self, index: int) -> None:
        anchor = self.place_at_top
        self.conversation.lay_out_message(index)
        self.restore(anchor)

    def _message_at_top(self) -> tuple[EmailId | None, int]:
        place = self.place_at_top
        messages = self.conversation.messages
        is_message = 0 < place.section <= len(messages)
        return (messages[place.section - 1].email.id if is_message else None), place.row

    def _place_of(self, email_id: EmailId | None, row: int) -> Place:
        ids = [message.email.id for message in self.conversation.messages]
        return Place(ids.index(email_id) + 1, row) if email_id in ids else Place(0, row)

    def _load_visible(self) -> None:
        """Have the open messages in sight, and on the page below, read."""
        top = max(self.place_at_top.section - 1, 0)
        below = self.pages.place(self.first + 2 * self.size.height).section
        wanted = self.conversation.unloaded(range(top, below))
        if wanted:
            self.run_worker(self._load(wanted, self._opened), group="bodies")

    async def _load(self, email_ids: list[EmailId], opened: int) -> None:
        bodies = await in_store(reader_reads.bodies, self._db, email_ids)
        if opened != self._opened:
            return
        for index in self.conversation.take_bodies(bodies):
            self._lay_out_message(index)
        self._load_visible()

    # -- drawing and the mouse

    def is_current(self, at: int) -> bool:
        """Tell whether the row heads the current message."""
        row, place = self.pages.row(at), self.pages.place(at)
        is_head = row is not None and row.kind in (RowKind.HEAD, RowKind.FOLDED)
        return is_head and place.section - 1 == self.conversation.current

    def on_click(self, event: events.Click) -> None:
        row = self.pages.row(self.first + event.y)
        index = self.pages.place(self.first + event.y).section - 1
        if row is None or index < 0 or self.is_selecting:
            return
        self.conversation.current = index
        self.refresh()
        if row.kind in (RowKind.HEAD, RowKind.FOLDED):
            self.toggle_message(index)
        elif row.kind is RowKind.FOLD and row.block is not None:
            self.conversation.toggle_block(index, row.block)
            self._lay_out_message(index)
        elif row.kind is RowKind.FILE:
            self.post_message(self.FilesClicked())
        else:
            self._click_link(row, event.x)

    def _click_link(self, row: Row, x: int) -> None:
        url = row.url_at(x)
        link = next((one for one in self.links if one.url == url), None)
        if link is not None:
            self.post_message(self.LinkClicked(link))
