"""The page of a deal, lead, project, person, organization, activity or product: its head, its mail, its timeline, all its fields."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from enum import StrEnum
from itertools import count as counting
from typing import TYPE_CHECKING, Final, TypeVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.css.scalar import Scalar
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from store import events as store_events
from store import item_page, timeline
from store.database import Database, StoreUnusable
from store.item_conversations import ItemConversations
from store.item_page import PageFacts
from store.item_refs import PageRef
from store.items import ItemRef
from store.settings import Settings
from store.timeline import Timeline
from tui import frame, item_keys
from tui.bridge import in_store
from tui.content import line
from tui.format import count
from tui.glyphs import ASCII, UNICODE
from tui.keymap import key_name
from tui.widgets import item_lines
from tui.widgets.bar import Bar, Piece, Rule
from tui.widgets.item_lines import ItemLine, OpenPage, OpenThread, ShowText, Target
from tui.widgets.line_list import LineList, Lines
from tui.widgets.thread_list import ThreadList

if TYPE_CHECKING:
    from tui.app import DealboxApp
    from tui.item_doing import Doing
    from tui.item_verbs import Host
    from tui.screens.mail import MailScreen

T = TypeVar("T")
FAILURES: Final = (sqlite3.Error, StoreUnusable, OSError)
WIDE: Final = 100
"""Columns from which on people, activities and notes stand beside the lists."""
_ABOUT_CELLS: Final = 38
_REST: Final = Scalar.parse("1fr")
_LOOK_EVERY_S: Final = 0.5
_numbers = counting(1)


class Tab(StrEnum):
    """What the keys move in."""

    CONVERSATIONS = "conversations"
    TIMELINE = "timeline"
    DETAILS = "details"
    ABOUT = "about"


_ORDER: Final = tuple(Tab)


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
        return item_lines.entry_lines(entry, width, now) if entry is not None else ()

    def entry(self, index: int) -> timeline.Entry | None:
        """Return the event itself."""
        return self._source.row(index)


class ItemPage(Screen[None]):
    """A page over the whole screen. It is a host of the verbs, and goes back to where it was opened with q."""

    CSS_PATH = "item.tcss"
    AUTO_FOCUS = ""
    BINDINGS = [
        Binding("tab", "turn(1)", show=False),
        Binding("shift+tab", "turn(-1)", show=False),
    ]

    def __init__(self, host: Host, item: PageRef | ItemRef) -> None:
        super().__init__(name=f"item-page-{next(_numbers)}")
        self.ref = PageRef.of(item)
        self.facts: PageFacts | None = None
        self.tab = Tab.CONVERSATIONS
        self.conversations: ItemConversations | None = None
        self._host = host
        self._glyphs = ASCII if host.settings.glyphs == "ascii" else UNICODE
        self._pressed: tuple[str, ...] = ()
        self._said: tuple[str, bool, bool] = ("", False, False)
        self._seen_event = -1
        self._seen_version = -1
        self._list_before = Tab.CONVERSATIONS
        self._timeline_event = -1
        self._is_reading = False
        self._was_left = False
        self._doing: Doing | None = None
        self._top, self._tabs, self._status = Bar(id="item-top"), Bar(id="item-tabs"), Bar(id="item-status")
        self._head = LineList(id="item-head", has_cursor=False)
        self._separator = Rule(self._glyphs.vertical, id="item-separator")
        self._lists = Vertical(id="item-lists")
        self.about = LineList(id="item-about")
        self.timeline = LineList(
            id="item-timeline", row_lines=item_lines.ENTRY_LINES, empty_text="Nothing happened yet"
        )
        self.details = LineList(id="item-details")
        self.threads = ThreadList(
            glyphs=self._glyphs,
            is_jumping=host.settings.jump_scroll,
            date_style=host.settings.date_style,
        )
        self.threads.id = "item-threads"

    # -- what it is made of

    def compose(self) -> ComposeResult:
        yield self._top
        yield self._head
        yield self._tabs
        with Horizontal(id="item-body"):
            yield self.about
            yield self._separator
            with self._lists:
                yield self.threads  # the others when they are first looked at: each costs 10 ms
        yield self._status

    async def on_mount(self) -> None:
        self._arrange()
        await self.reload()
        self.set_interval(_LOOK_EVERY_S, self._look)

    @property
    def db(self) -> Database:
        """The store."""
        return self._host.db

    @property
    def settings(self) -> Settings:
        """The user's settings."""
        return self._host.settings

    @property
    def mail(self) -> MailScreen:
        """The mail screen under everything."""
        return cast("DealboxApp", self.app).mail

    # -- reading

    async def reload(self) -> None:
        """Read everything that is shown again; cursors stay where they are."""
        newest, facts, conversations = await in_store(_read, self.db, self.ref)
        if not self.is_attached:
            return
        self._seen_event, self.facts, self.conversations = newest, facts, conversations
        is_first = self.threads.source.count == 0 and self.threads.cursor == 0
        self.threads.change(conversations)
        if is_first:
            self.threads.show(conversations)
        else:
            self.threads.reload()
        self.threads.set_empty_text(self._empty_text())
        if facts is not None:
            self.about.show(Lines(lambda width, now: item_lines.about_lines(facts, width, now)))
            self.details.show(Lines(lambda width, now: item_lines.detail_lines(facts, width, now)))
        await self._read_timeline()
        self._arrange()

    async def _read_timeline(self) -> None:
        """Read the timeline where it is looked at, unless nothing happened since."""
        if self.tab is Tab.TIMELINE and self._timeline_event != self._seen_event:
            self._timeline_event = self._seen_event
            source = await in_store(_timeline, self.db, self.ref)
            if self.is_attached:
                self.timeline.show(Entries(source))
                self.update_frame()

    async def _look(self) -> None:
        """Look whether others changed something, which costs 5 microseconds when nobody did."""
        if self._is_reading or not self.is_current:
            return
        version = self.db.data_version()
        if version == self._seen_version:
            return
        self._is_reading = True
        try:
            self._seen_version = version
            if await in_store(store_events.newest, self.db) != self._seen_event:
                await self.reload()
        finally:
            self._is_reading = False

    def on_screen_suspend(self) -> None:
        self._was_left = True

    async def on_screen_resume(self) -> None:
        if self._was_left and self.is_current:
            self._was_left = False
            await self.reload()

    def _empty_text(self) -> str:
        if self.facts is None:
            return f"There is no {self.ref.address} here any more.\n\nq goes back"
        if self.facts.is_deleted:
            return (
                f"This {self.ref.kind.value} was deleted.\nIts conversations come back when it is restored."
            )
        match self.ref.kind.value:
            case "person" | "organization":
                return "No conversation with an address of theirs yet.\nc writes to them"
            case "product":
                return "Mail is with the deals: 4 lists those it is in."
            case "activity":
                return "No mail belongs to this activity."
            case kind:
                return f"No conversation is linked to this {kind} yet.\nL links one, c writes to its people"

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
        """Draw the title, the names of the lists and the status line."""
        facts = self.facts
        title = item_lines.title(facts) if facts else self.ref.address
        right = item_lines.standing(facts) if facts else ""
        part = "title" if facts is None or facts.is_open else "warn"
        self._top.show((Piece(f" {title}", "title"),), (Piece(f" {right} ", part),) if right else ())
        self._tabs.show(self._tab_pieces(), self._position())
        message, is_warning, can_undo = self._said
        pairs = item_keys.hints(self.ref.kind)
        width = self.size.width
        self._status.show(
            frame.status_line(
                message, is_warning=is_warning, undo_key="z" if can_undo else "", pairs=pairs, room=width
            )
        )

    def _tab_pieces(self) -> list[Piece]:
        pieces: list[Piece] = []
        for number, tab in enumerate(_ORDER, 1):
            total = f" {count(self.threads.source.count)}" if tab is Tab.CONVERSATIONS else ""
            name = f" {number} {tab.value.title()}{total} "
            pieces += [Piece(name, "focus" if tab is self.tab else ""), Piece(" ")]
        return pieces

    def _position(self) -> tuple[Piece, ...]:
        pane = self.pane
        total = pane.source.count if pane.source is not None else 0
        return (Piece(f" {count(pane.cursor + 1)}/{count(total)} ", "dim"),) if total else ()

    # -- what it says

    def say(self, text: str, *, can_undo: bool = False) -> None:
        """Say something in the status line until the next key."""
        self._said = (text, False, can_undo)
        self.update_frame()

    def warn(self, text: str) -> None:
        """Say that something went wrong."""
        self._said = (text, True, False)
        self.update_frame()

    def quiet(self) -> None:
        """Take back what was said: the user pressed a key."""
        if self._said[0]:
            self._said = ("", False, False)
            self.update_frame()

    async def ask(self, dialog: ModalScreen[T]) -> T | None:
        """Show a dialog and return its answer, None when it was dismissed."""
        return await self.app.push_screen_wait(dialog)

    # -- keys

    async def on_key(self, event: events.Key) -> None:
        pressed = (*self._pressed, key_name(event.key, event.character))
        self._pressed = ()
        event.stop()
        event.prevent_default()
        if len(pressed) > 1 and pressed[-1] in ("escape", "ctrl+c"):
            return
        key = item_keys.find(pressed, self.ref.kind)
        if key is not None:
            await self.run_action(key.action)
        elif item_keys.is_beginning(pressed):
            self._pressed = pressed
        elif other := item_keys.elsewhere(pressed):
            self.say(f"{other.title}: not of a {self.ref.kind.value}")
        elif len(pressed[-1]) == 1:
            self.say(f"{' '.join(pressed)} is not a key here; ? shows those that are")

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
        at = _ORDER.index(self.tab)
        await self.action_tab(_ORDER[(at + step) % len(_ORDER)].value)

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
            Content.assemble((f"  {keys:<24}", "bold"), title)
            if keys
            else Content.styled(f"\n{title}", "bold")
            for keys, title in item_keys.help_lines(self.ref.kind)
        ]
        self.app.push_screen(Page(f"Keys of the page of a {self.ref.kind.value}", Content("\n").join(rows)))

    async def action_redraw(self) -> None:
        await self.reload()
        self.refresh(layout=True)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self.ref.address)
        self.say(f"Copied {line(self.ref.address)}")

    def action_verb(self, name: str) -> None:
        self.run_worker(self.doing.do(name), group="verbs", exit_on_error=True)

    @property
    def doing(self) -> Doing:
        """What is done with the item from here."""
        if self._doing is None:
            from tui.item_doing import Doing  # the verbs load the forms: only when wanted

            self._doing = Doing(self)
        return self._doing

    # -- going elsewhere

    def action_leave(self) -> None:
        from tui import item_pages

        item_pages.leave(self)

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
        from tui import item_pages

        match target:
            case OpenThread():
                item_pages.read(self, target.thread_id)
            case OpenPage():
                if target.page != self.ref:
                    self.app.push_screen(ItemPage(self, target.page))
            case ShowText():
                self.run_worker(self.doing.show_note(target.note_id, target.title), group="verbs")
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


def _read(db: Database, page: PageRef) -> tuple[int, PageFacts | None, ItemConversations]:
    from linking import standing  # the CRM behind it: not on the event loop's way

    newest = store_events.newest(db)
    return newest, item_page.read(db, page), ItemConversations(db, page, standing.can_see)


def _timeline(db: Database, page: PageRef) -> Timeline:
    from linking import standing

    return Timeline(db, page, standing.can_see)
