"""The page of a deal, lead, project, person, organization, activity or product: its head, its mail, its timeline, all its fields."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.css.scalar import Scalar
from textual.widget import Widget

from mail.text import safe_block
from store.crm import item_page
from store.crm.item_conversations import ItemConversations
from store.crm.item_page import PageFacts
from store.crm.item_refs import PageRef
from store.crm.items import ItemRef
from store.crm.timeline import Timeline
from store.database import Database
from tui.bridge import in_store
from tui.content import line
from tui.items import frame
from tui.items import keys as item_keys
from tui.items.frame import TABS, Tab
from tui.screens.worklist import Worklist
from tui.widgets import item_lines, timeline_lines
from tui.widgets.bar import Bar, Rule
from tui.widgets.item_lines import ItemLine, OpenPage, OpenThread, ShowLine, ShowText, Target
from tui.widgets.line_list import LineList, Lines
from tui.widgets.thread_list import ThreadList

if TYPE_CHECKING:
    from tui.items.host import Host
    from tui.items.page_doing import Doing

WIDE: Final = 100
"""Columns from which on people, activities and notes stand beside the lists."""
_ABOUT_CELLS: Final = 38
_REST: Final = Scalar.parse("1fr")


class Entries:
    """A timeline as lines: two for each event."""

    def __init__(self, source: Timeline) -> None:
        self._source = source

    @property
    def count(self) -> int:
        """How many events there are."""
        return self._source.count

    def lines(self, index: int, width: int, now: int) -> Sequence[ItemLine]:
        """Return the lines of an event."""
        entry = self._source.row(index)
        return timeline_lines.entry_lines(entry, width, now) if entry is not None else ()


class ItemPage(Worklist):
    """A page over the whole screen. It is a host of the verbs, and goes back to where it was opened with q."""

    CSS_PATH = "item.tcss"

    def __init__(self, host: Host, item: PageRef | ItemRef) -> None:
        super().__init__(host)
        self.ref = PageRef.of(item)
        self.KEYS = item_keys.of(self.ref.kind)
        self.facts: PageFacts | None = None
        self.tab = Tab.CONVERSATIONS
        self.conversations: ItemConversations | None = None
        self._list_before = Tab.CONVERSATIONS
        self._timeline_event = -1
        self._doing: Doing | None = None
        self._tabs = Bar(id="item-tabs")
        self._head = LineList(id="item-head", has_cursor=False)
        self._separator = Rule(self.glyphs.vertical, id="item-separator")
        self._lists = Vertical(id="item-lists")
        self.about = LineList(id="item-about")
        self.timeline = LineList(
            id="item-timeline", row_lines=timeline_lines.ENTRY_LINES, empty_text="Nothing happened yet"
        )
        self.details = LineList(id="item-details")
        self.threads = ThreadList(
            glyphs=self.glyphs,
            is_jumping=host.settings.jump_scroll,
            date_style=host.settings.date_style,
        )
        self.threads.id = "item-threads"

    # -- what it is made of

    def compose(self) -> ComposeResult:
        yield self.top
        yield self._head
        yield self._tabs
        with Horizontal(id="item-body"):
            yield self.about
            yield self._separator
            with self._lists:
                yield self.threads  # the others when they are first looked at: each costs 10 ms
        yield self.status

    # -- reading

    async def read(self) -> None:
        """Read everything that is shown again; cursors stay where they are."""
        facts, conversations = await in_store(_read, self.db, self.ref)
        if not self.is_attached:
            return
        self.facts, self.conversations = facts, conversations
        is_first = self.threads.source.count == 0 and self.threads.cursor == 0
        self.threads.change(conversations)
        if is_first:
            self.threads.show(conversations)
        else:
            self.threads.reload()
        self.threads.set_empty_text(frame.empty_text(self.ref, facts))
        if facts is not None:
            self.about.show(Lines(lambda width, now: item_lines.about_lines(facts, width, now)))
            self.details.show(Lines(lambda width, now: item_lines.detail_lines(facts, width, now)))
        await self._read_timeline()
        self._arrange()

    async def _read_timeline(self) -> None:
        """Read the timeline where it is looked at, unless nothing happened since."""
        if self.tab is Tab.TIMELINE and self._timeline_event != self._seen[1]:
            self._timeline_event = self._seen[1]
            source = await in_store(_timeline, self.db, self.ref)
            if self.is_attached:
                self.timeline.show(Entries(source))
                self.update_frame()

    # -- layout

    @property
    def is_wide(self) -> bool:
        """Whether people, activities and notes stand beside the lists."""
        return self.size.width >= WIDE

    def on_resize(self, _event: events.Resize) -> None:
        self._arrange()

    def _arrange(self) -> None:
        lines = self._head_lines()
        self._head.show(Lines(lambda _width, _now: lines))
        if self._head.styles.height != Scalar.from_number(len(lines)):
            self._head.styles.height = len(lines)
        width = Scalar.from_number(_ABOUT_CELLS + (self.size.width - WIDE) // 8)
        if self.about.styles.width != (width if self.is_wide else _REST):
            self.about.styles.width = width if self.is_wide else _REST
        shown: dict[Widget, bool] = {
            self.about: self.is_wide or self.tab is Tab.ABOUT,
            self._separator: self.is_wide,
            self._lists: self.is_wide or self.tab is not Tab.ABOUT,
            **{widget: tab is self._shown_list for tab, widget in self.lists.items()},
        }
        for widget, is_shown in shown.items():
            if widget.display != is_shown:  # every change costs a layout
                widget.display = is_shown
        self.set_focus(self.pane, scroll_visible=False)
        self.call_after_refresh(self.update_frame)  # how long a list is shows once it is laid out

    @property
    def _shown_list(self) -> Tab:
        return self._list_before if self.tab is Tab.ABOUT else self.tab

    @property
    def lists(self) -> dict[Tab, ThreadList | LineList]:
        """The lists of which one is shown."""
        return {
            Tab.CONVERSATIONS: self.threads,
            Tab.TIMELINE: self.timeline,
            Tab.DETAILS: self.details,
        }

    @property
    def pane(self) -> ThreadList | LineList:
        """What the motion keys move in."""
        return self.about if self.tab is Tab.ABOUT else self.lists[self.tab]

    def _head_lines(self) -> tuple[ItemLine, ...]:
        if self.facts is None:
            return ()
        keys = {"restore": "R"}
        room = max(self.size.width - 2, 20)
        lines = item_lines.head_lines(self.facts, room, int(time.time()), keys=keys)
        return lines[: max(1, self.size.height // 5)] if lines else ()

    def update_frame(self) -> None:
        """Draw the title and the names of the lists."""
        self.top.show(*frame.top(self.ref, self.facts))
        pane = self.pane
        total = pane.source.count if pane.source is not None else 0
        tabs = frame.tabs(self.tab, self.threads.source.count)
        self._tabs.show(tabs, frame.position(pane.cursor, total))

    # -- moving

    def action_move(self, rows: int) -> None:
        self.pane.move(rows)
        self.update_frame()

    def action_page(self, pages: float) -> None:
        self.pane.page(pages)
        self.update_frame()

    def action_top(self) -> None:
        self.pane.top()
        self.update_frame()

    def action_bottom(self) -> None:
        self.pane.bottom()
        self.update_frame()

    async def action_turn(self, step: int) -> None:
        at = TABS.index(self.tab)
        await self.action_tab(TABS[(at + step) % len(TABS)].value)

    async def action_tab(self, name: str) -> None:
        tab = Tab(name)
        if tab in self.lists and not self.lists[tab].is_attached:
            await self._lists.mount(self.lists[tab])
        if self.tab is not Tab.ABOUT:
            self._list_before = self.tab
        self.tab = tab
        self._arrange()
        await self._read_timeline()

    def action_help(self) -> None:
        from tui.screens.page import Page

        rows = [
            Content.assemble((f"  {keys:<25} ", "bold"), title)
            if keys
            else Content.styled(f"\n{title}", "bold")
            for keys, title in item_keys.help_lines(self.ref.kind)
        ]
        self.app.push_screen(Page(f"Keys of the page of a {self.ref.kind.value}", Content("\n").join(rows)))

    def unknown(self, pressed: tuple[str, ...]) -> str:
        """Return what is said of keys that mean nothing here, or not for this kind."""
        other = item_keys.elsewhere(pressed)
        if other is None:
            return super().unknown(pressed)
        return f"{other.title}: not of a {self.ref.kind.value}"

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self.ref.address)
        self.say(f"Copied {line(self.ref.address)}")

    def action_verb(self, name: str) -> None:
        self.run(partial(self.doing.do, name))

    @property
    def doing(self) -> Doing:
        """What is done with the item from here."""
        if self._doing is None:
            from tui.items.page_doing import Doing  # the verbs load the forms: only when wanted

            self._doing = Doing(self)
        return self._doing

    # -- going elsewhere

    def action_open(self) -> None:
        target: Target | None = None
        if self.pane is self.threads:
            row = self.threads.current
            target = OpenThread(row.thread_id) if row is not None else None
        elif isinstance(self.pane, LineList) and self.pane.current is not None:
            target = self.pane.current.target
        self.follow(target)

    def follow(self, target: Target | None) -> None:
        """Go where a line leads."""
        from tui.items import pages as item_pages

        match target:
            case OpenThread():
                item_pages.read(self, target.thread_id)
            case OpenPage():
                if target.page != self.ref:
                    self.app.push_screen(ItemPage(self, target.page))
            case ShowText():
                self.run(partial(self.doing.show_note, target.note_id, target.title))
            case ShowLine():
                from tui.screens.page import Page

                self.app.push_screen(Page(line(target.title), Content(safe_block(target.text))))
            case None:
                self.say("This line leads nowhere")

    @on(ThreadList.Opened)
    @on(LineList.Opened)
    def _on_opened(self) -> None:
        self.action_open()

    @on(ThreadList.CursorMoved)
    def _on_cursor_moved(self) -> None:
        self.update_frame()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        tabs: dict[object, Tab] = {widget: tab for tab, widget in self.lists.items()}
        tab = {**tabs, self.about: Tab.ABOUT}.get(event.widget)
        if tab is not None and tab is not self.tab:
            if self.tab is not Tab.ABOUT:
                self._list_before = self.tab
            self.tab = tab
            self.update_frame()


def _read(db: Database, page: PageRef) -> tuple[PageFacts | None, ItemConversations]:
    from linking import standing  # the CRM behind it: not on the event loop's way

    return item_page.read(db, page), ItemConversations(db, page, standing.can_see)


def _timeline(db: Database, page: PageRef) -> Timeline:
    from linking import standing

    return Timeline(db, page, standing.can_see)
