"""What is to be done: overdue, today, the days to come; done, put off and opened from the keyboard."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult

from store.crm import activities
from store.crm.activities import ActivityRow
from store.crm.item_refs import PageKind, PageRef
from tui.bridge import in_store
from tui.format import count
from tui.items import worklist_keys
from tui.screens.worklist import Worklist
from tui.widgets import activity_lines
from tui.widgets.activity_lines import DayRow, Days
from tui.widgets.bar import Piece
from tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from tui.items.host import Host

_EMPTY = "Nothing is due in the next 14 days. T in the mail plans something about a conversation's item."


class DayList(LineList):
    """A list whose cursor stands on activities, never on a heading."""

    @property
    def rows(self) -> tuple[DayRow, ...]:
        """The lines shown."""
        return self.source.listed if isinstance(self.source, Days) else ()

    @property
    def activity(self) -> ActivityRow | None:
        """The activity under the cursor."""
        return self.rows[self.cursor].activity if self.cursor < len(self.rows) else None

    def show(self, source: Days) -> None:  # type: ignore[override]  # no other rows have headings
        super().show(source)
        self.go(self.cursor)

    def go(self, index: int) -> None:
        index = max(0, min(index, self.count - 1))
        is_down = index >= self.cursor
        below = [at for at in range(index, self.count) if self.rows[at].activity]
        above = [at for at in range(index, -1, -1) if at < self.count and self.rows[at].activity]
        for found in (below, above) if is_down else (above, below):
            if found:
                super().go(found[0])
                self._show_heading()
                return

    def _show_heading(self) -> None:
        """Scroll so that the heading over the first activity is seen with it."""
        if self.cursor == self.first and self.cursor and not self.rows[self.cursor - 1].activity:
            self.first -= 1
            self.refresh()


class Activities(Worklist):
    """What this screen's user is to do, or everybody."""

    KEYS = worklist_keys.ACTIVITIES
    TITLE_OF_HELP = "Keys of the activities"

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.list = DayList(id="activities", empty_text=_EMPTY)
        self.is_mine = True
        self._due: tuple[ActivityRow, ...] = ()

    def compose(self) -> ComposeResult:
        yield from (self.top, self.list, self.status)

    # -- reading

    async def read(self) -> None:
        now = int(time.time())
        before = self.list.activity
        due = await in_store(partial(activities.due, self.db, now, mine=self.is_mine))
        if not self.is_attached:
            return
        self._due = due
        rows = activity_lines.rows(due, now)
        self.list.show(Days(rows, has_people=not self.is_mine))
        if before is not None:
            self._go_to(before.id)
        self.set_focus(self.list, scroll_visible=False)

    def _go_to(self, activity_id: str) -> None:
        for at, row in enumerate(self.list.rows):
            if row.activity is not None and row.activity.id == activity_id:
                self.list.go(at)

    def update_frame(self) -> None:
        days = [activity_lines.day(each.due_at, int(time.time())) for each in self._due]
        told = [
            "Activities",
            f"{count(days.count('Overdue'))} overdue",
            f"{count(days.count('Today'))} today",
            f"{count(len(days))} in all",
            "mine" if self.is_mine else "everybody's",
        ]
        self.top.show((Piece(f" {'  '.join(told)}", "title"),))

    # -- moving

    def action_move(self, rows: int) -> None:
        self.list.move(rows)

    def action_page(self, pages: float) -> None:
        self.list.page(pages)

    def action_top(self) -> None:
        self.list.top()

    def action_bottom(self) -> None:
        self.list.bottom()

    # -- doing

    def _with(self, name: str) -> None:
        from tui.items import activity_doing

        activity = self.list.activity
        if activity is None:
            self.say("Nothing is to be done here")
        else:
            self.run(partial(activity_doing.DOING[name], self, activity))

    def action_done(self) -> None:
        self._with("done")

    def action_reschedule(self) -> None:
        self._with("reschedule")

    def action_edit(self) -> None:
        self._with("edit")

    def action_new(self) -> None:
        self._with("new")

    def action_delete(self) -> None:
        self._with("delete")

    def action_mine(self) -> None:
        self.is_mine = not self.is_mine
        self.run(self.read)

    def action_open(self) -> None:
        activity = self.list.activity
        if activity is not None:
            about = PageRef.of(activity.item) if activity.item is not None else None
            self._show(about or PageRef(PageKind.ACTIVITY, activity.id))

    def action_conversation(self) -> None:
        if self.list.activity is not None:
            self._show(PageRef(PageKind.ACTIVITY, self.list.activity.id))

    def _show(self, page: PageRef) -> None:
        from tui.screens.item import ItemPage

        self.app.push_screen(ItemPage(self, page))

    @on(LineList.Opened)
    def _on_opened(self) -> None:
        self.action_open()
