"""The list of threads: one or two lines each, drawn line by line from a paged source of any length."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.cache import LRUCache
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from mail.ids import ThreadId
from store.rows import ThreadKey, ThreadRow
from tui.commands.registry import Pane
from tui.glyphs import UNICODE, Glyphs
from tui.widgets import thread_rows
from tui.widgets.pane import Drawn
from tui.widgets.thread_rows import DATES, Dates, Look, RowState, RowStyles
from tui.widgets.thread_source import EmptySource, ThreadSource
from tui.wrap import wrap

_WHEEL_ROWS = 3
Seen = tuple[ThreadRow | None, RowState | None]
_NOTHING: Final[Seen] = (None, None)


class ThreadList(Drawn, can_focus=True):
    """A list whose cursor is a thread, not a row number: what arrives above moves nothing on screen."""

    pane: ClassVar[Pane] = Pane.LIST
    COMPONENT_CLASSES = {
        "thread-list--unread",
        "thread-list--dim",
        "thread-list--marked",
        "thread-list--cursor",
        "thread-list--cursor-blurred",
    }

    class CursorMoved(Message):
        """The cursor stands on another thread, or the list was read anew."""

    class Opened(Message):
        """The thread under the cursor is wanted in the reader."""

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        is_jumping: bool = False,
        date_style: str = "short",
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self.source: ThreadSource = EmptySource()
        self.cursor = 0
        self.first = 0  # the row at the top
        self.marked: set[ThreadId] = set()
        self._key: ThreadKey | None = None
        self._range_from: ThreadKey | None = None
        self._marked_before_range: frozenset[ThreadId] = frozenset()
        self._row_lines = 1
        self._empty_text = ""
        self._date_style = date_style
        self._shows_ages = False
        self._look = Look(glyphs, DATES[date_style])
        self._is_jumping = is_jumping
        self._now = now
        self._strips: LRUCache[tuple[object, ...], tuple[Strip, ...]] = LRUCache(512)
        self._styles_made: dict[bool, RowStyles] = {}
        self._painted: dict[int, Seen] = {}

    # -- what it shows

    def show(self, source: ThreadSource) -> None:
        """Show another list from its top, with nothing marked."""
        self.source = source
        self.cursor = self.first = 0
        self.marked.clear()
        self._range_from = None
        self._remember()
        self.refresh()
        self.post_message(self.CursorMoved())

    def change(self, source: ThreadSource) -> None:
        """Take the rows from another source: reload() shows them around the same cursor."""
        self.source = source

    def set_look(self, glyphs: Glyphs, date_style: str, *, is_jumping: bool) -> None:
        """Draw rows with other signs and dates; `is_jumping` scrolls by half a page."""
        self._date_style = date_style
        self._look = Look(glyphs, self._dates(), self._look.is_outgoing)
        self._is_jumping = is_jumping
        self._strips.clear()
        self.refresh()

    def name_recipients(self, is_wanted: bool) -> None:
        """Say in each row whom mail went to rather than who wrote."""
        if is_wanted != self._look.is_outgoing:
            self._look = Look(self._look.glyphs, self._look.dates, is_wanted)
            self._strips.clear()

    def show_ages(self, is_wanted: bool) -> None:
        """Say in each row how long ago its time is, however times are written elsewhere."""
        if is_wanted != self._shows_ages:
            self._shows_ages = is_wanted
            self._look = self._look._replace(dates=self._dates())
            self._strips.clear()

    def _dates(self) -> Dates:
        return DATES["relative" if self._shows_ages else self._date_style]

    def set_empty_text(self, text: str) -> None:
        """Say this while the list is empty."""
        if text != self._empty_text:
            self._empty_text = text
            if not self.source.count:
                self.refresh()

    def reload(self) -> None:
        """Read the list again: the same thread stays under the cursor, on the same line of the screen.

        At the top of the list new rows push it down instead, as long as it stays in sight: there new mail is looked for.
        When it has gone, the thread that took its place is under the cursor.
        """
        screen_line, is_at_top = self.cursor - self.first, self.first == 0
        self.source.refresh()
        if self._key is not None:
            at = self.source.find(self._key.thread_id) if self._cursor_moved_along(self._key) else self._key
            self.cursor = self._clamp(self.source.rank(at or self._key))
        else:
            self.cursor = self._clamp(self.cursor)
        self.first = max(0, min(self.cursor - screen_line, self.source.count - 1))
        if is_at_top and self.cursor < self.visible_rows:
            self.first = 0
        self._remember()
        self._mark_range()
        self._refresh_changed()

    def _seen(self, line: int) -> Seen:
        index = self.first + line
        row = self.source.row(index)
        return row, None if row is None else RowState(index == self.cursor, row.thread_id in self.marked)

    def _refresh_changed(self) -> None:
        """Repaint the rows that show something else than is painted: over a slow line every octet counts."""
        was_empty = self._painted.get(0, _NOTHING)[0] is None
        if was_empty or not self.source.count:  # then what an empty list says comes or goes
            self.refresh()
            return
        lines = range(-(-self.size.height // self._row_lines))
        changed = [line for line in lines if self._painted.get(line) != self._seen(line)]
        if changed:
            self.refresh(*(self._region(self.first + line) for line in changed))

    def _cursor_moved_along(self, key: ThreadKey) -> bool:
        """Say whether the cursor's thread stands elsewhere now: a new message took it to the top."""
        row = self.source.row(self.source.rank(key))
        return row is None or row.thread_id != key.thread_id

    @property
    def current(self) -> ThreadRow | None:
        """The row under the cursor."""
        return self.source.row(self.cursor)

    def set_row_lines(self, lines: int) -> None:
        """Draw rows on one line or on two."""
        if lines != self._row_lines:
            self._row_lines = lines
            self._strips.clear()
            self._keep_cursor_visible()
            self.refresh()

    @property
    def visible_rows(self) -> int:
        """How many whole rows fit."""
        return max(1, self.size.height // self._row_lines)

    # -- the cursor

    def go(self, index: int) -> None:
        """Put the cursor on a row, scrolling as far as that needs."""
        index = self._clamp(index)
        if index == self.cursor:
            return
        old, self.cursor = self.cursor, index
        self._remember()
        if self._range_from is not None:
            self._mark_range()
        if self._keep_cursor_visible() or self._range_from is not None:
            self.refresh()
        else:
            self.refresh(self._region(old), self._region(index))
        self.post_message(self.CursorMoved())

    def go_to_thread(self, thread_id: ThreadId) -> bool:
        """Put the cursor on a thread; False when the list does not have it."""
        key = self.source.find(thread_id)
        if key is None:
            return False
        self.go(self.source.rank(key))
        return True

    def go_to_first(self, thread_ids: Iterable[ThreadId]) -> None:
        """Put the cursor on the uppermost of these threads, when the list has any of them."""
        keys = [key for thread_id in thread_ids if (key := self.source.find(thread_id)) is not None]
        if keys:
            self.go(self.source.rank(max(keys)))

    def return_to(self, cursor: int, first: int) -> None:
        """Put the cursor on a row, with the row at the top that was there before."""
        self.first = max(0, min(first, self.source.count - 1))
        self.go(cursor)
        self.refresh()

    def move(self, rows: int) -> None:
        """Go down by `rows`."""
        self.go(self.cursor + rows)

    def page(self, pages: float) -> None:
        """Scroll by a part of the visible rows; the cursor stays on its line of the screen."""
        rows = round(pages * self.visible_rows) or (1 if pages > 0 else -1)
        last_first = max(0, self.source.count - self.visible_rows)
        first = max(0, min(self.first + rows, last_first))
        if first != self.first:
            self.first = first
            self.refresh()
        self.go(self.cursor + rows)

    def top(self) -> None:
        """Go to the newest thread."""
        self.go(0)

    def bottom(self) -> None:
        """Go to the oldest thread."""
        self.go(self.source.count - 1)

    def next_where(self, wanted: Callable[[ThreadRow], bool], *, limit: int = 2000) -> bool:
        """Put the cursor on the next row that is wanted, looking at most `limit` rows ahead; False when none is."""
        for index in range(self.cursor + 1, min(self.cursor + 1 + limit, self.source.count)):
            row = self.source.row(index)
            if row is not None and wanted(row):
                self.go(index)
                return True
        return False

    # -- marks

    def toggle_mark(self) -> None:
        """Mark or unmark the thread under the cursor."""
        row = self.current
        if row is None:
            return
        self.marked ^= {row.thread_id}
        self.refresh(self._region(self.cursor))

    def toggle_range(self) -> None:
        """Begin a range of marks at the cursor, or end it and keep the marks."""
        self._range_from = None if self._range_from is not None else self._key
        self._marked_before_range = frozenset(self.marked)
        self._mark_range()
        self.refresh()

    @property
    def is_ranging(self) -> bool:
        """Whether moving the cursor marks."""
        return self._range_from is not None

    def mark_only(self, thread_ids: Iterable[ThreadId]) -> None:
        """Mark exactly these threads."""
        self.marked = set(thread_ids)
        self._range_from = None
        self._refresh_changed()

    def _mark_range(self) -> None:
        if self._range_from is None:
            return
        start = self.source.rank(self._range_from)
        low, high = sorted((start, self.cursor))
        rows = (self.source.row(index) for index in range(low, high + 1))
        self.marked = set(self._marked_before_range) | {row.thread_id for row in rows if row is not None}

    # -- drawing

    def render_line(self, y: int) -> Strip:
        index, part = divmod(y, self._row_lines)
        width = self.size.width
        row, state = self._painted[index] = self._seen(index)
        if row is None or state is None:
            return self._blank(y, width)
        now = int(self._now())
        today = (now - time.timezone) // 86_400  # the row's date is drawn for this day
        key = (row, state, self.has_focus, width, today)
        strips = self._strips.get(key)
        if strips is None:
            strips = self._strips[key] = self._draw(row, state, width, now)
        return strips[part]

    def _draw(self, row: ThreadRow, state: RowState, width: int, now: int) -> tuple[Strip, ...]:
        if self._row_lines == 2:
            return thread_rows.two_lines(row, state, self._row_styles(), self._look, width, now)
        return (thread_rows.one_line(row, state, self._row_styles(), self._look, width, now),)

    def _blank(self, y: int, width: int) -> Strip:
        style = self.rich_style
        if self.source.count or not self._empty_text:
            return Strip.blank(width, style)
        room = max(width - 2, 1)
        lines = [text[start:end] for text in self._empty_text.split("\n") for start, end in wrap(text, room)]
        above = max(0, self.size.height // 3 - len(lines) // 2)
        text = lines[y - above] if 0 <= y - above < len(lines) else ""
        return Strip([Segment(text.center(width)[:width], style)], width)

    def _row_styles(self) -> RowStyles:
        made = self._styles_made.get(self.has_focus)
        if made is None:
            base = self.rich_style
            name = "thread-list--cursor" if self.has_focus else "thread-list--cursor-blurred"
            made = self._styles_made[self.has_focus] = RowStyles(
                plain=base,
                unread=base + self._part("thread-list--unread"),
                dim=base + self._part("thread-list--dim"),
                marked=self._part("thread-list--marked"),
                cursor=base + self._part(name),
            )
        return made

    def _part(self, name: str) -> Style:
        return self.get_component_rich_style(name, partial=True)

    def notify_style_update(self) -> None:
        self._strips.clear()
        self._styles_made.clear()
        super().notify_style_update()

    # -- scrolling and the mouse

    def _clamp(self, index: int) -> int:
        return max(0, min(index, self.source.count - 1))

    def _remember(self) -> None:
        row = self.source.row(self.cursor)
        self._key = row.key if row is not None else None

    def _region(self, index: int) -> Region:
        return Region(0, (index - self.first) * self._row_lines, self.size.width, self._row_lines)

    def _keep_cursor_visible(self) -> bool:
        """Scroll so far that the cursor is visible; True when that was needed."""
        rows = self.visible_rows
        # over a slow line: one repaint for half a page of steps instead of one for each
        ahead = rows // 2 if self._is_jumping else 0
        if self.cursor < self.first:
            self.first = max(0, self.cursor - ahead)
        elif self.cursor >= self.first + rows:
            self.first = min(self.cursor - rows + 1 + ahead, max(0, self.source.count - rows))
            self.first = max(self.first, self.cursor - rows + 1)
        else:
            return False
        return True

    def fit(self) -> None:
        self._keep_cursor_visible()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._wheel(_WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._wheel(-_WHEEL_ROWS)

    def _wheel(self, rows: int) -> None:
        first = max(0, min(self.first + rows, self.source.count - self.visible_rows))
        if first != self.first:
            self.first = first
            self.go(max(first, min(self.cursor, first + self.visible_rows - 1)))
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        index = self.first + event.y // self._row_lines
        if index < self.source.count:
            self.go(index)
            if event.chain > 1:
                self.post_message(self.Opened())
