"""The mail screen: mailboxes, list, reader and CRM panel, the frame around them, and what they do together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.layout import Layout
from textual.reactive import Reactive
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from mail.ids import ThreadId
from store.database import Database
from store.rows import ThreadRow
from store.settings import Settings
from tui import frame, glyphs, layout
from tui.commands.registry import Command, Pane
from tui.dispatcher import Dispatcher
from tui.layout import Places, Wishes
from tui.listings import Listings
from tui.preview import Preview
from tui.said import Said
from tui.screens.placement import PaneLayout
from tui.widgets.bar import Bar, Rule
from tui.widgets.mailboxes import Mailboxes
from tui.widgets.pane import Scrollable
from tui.widgets.thread_list import ThreadList
from tui.widgets.which_key import WhichKey

if TYPE_CHECKING:
    from store.links.panel import PanelFacts
    from tui.items.pages import Behind
    from tui.watcher import StoreChanged
    from tui.widgets.crm_panel import CrmPanel
    from tui.widgets.prompt import Asked, Prompt
    from tui.widgets.reader import Reader
    from tui.writing.open_drafts import Writing

T = TypeVar("T")
_SEPARATORS = 3
_PAINT_AGAIN_S = 0.3


class MailScreen(Screen[None]):
    """Everything the user sees of mail. Commands act on it through the attributes and methods without underscore."""

    focused = Reactive[Widget | None](None, repaint=False)  # the panes draw their focus themselves

    def __init__(self, db: Database, settings: Settings) -> None:
        super().__init__()
        self.db = db
        self.settings = settings
        self.glyphs = glyphs.chosen(settings.glyphs)
        self.thread_list = ThreadList(
            glyphs=self.glyphs, is_jumping=settings.jump_scroll, date_style=settings.date_style
        )
        self.mailboxes = Mailboxes()
        self.which_key = WhichKey()
        self.listings = Listings(self)
        self.preview = Preview(self)
        self.dispatcher = Dispatcher(self, settings.keys)
        self.pane = Pane.LIST
        self.is_reading = False
        self.drafts_open = 0
        self.repeat: Callable[[], Awaitable[None]] | None = None
        self.behind: Behind | None = None
        self._top, self._status, self._strip = Bar(id="top"), Bar(id="status"), Bar(id="strip")
        self._rule = Rule(self.glyphs.horizontal, id="rule")
        self._choices: dict[str, tuple[bool | None, bool | None]] = {}
        self.said = Said(self, self._status)
        self._prompt: Prompt | None = None
        self._is_styled = False

    def update_node_styles(self, animate: bool = True) -> None:
        # The framework asks for it when the screen comes first, though every style has just been worked out.
        if self._is_styled:
            super().update_node_styles(animate)
        self._is_styled = True

    def compose(self) -> ComposeResult:
        self.thread_list.id, self.mailboxes.id = "list", "mailboxes"
        yield from (self.thread_list, self.mailboxes, self._top, self._status)

    def on_mount(self) -> None:
        self.listings.start()
        self.thread_list.focus()

    async def complete(self) -> None:
        """Add what the first frame did not need: reader and panel, whose modules take as long to load as all others."""
        from tui.settings_care import tell_keys

        self.reader.id, self.crm_panel.id = "reader", "panel"
        tell_keys(self)
        separators = [Rule(self.glyphs.vertical, id=f"separator-{number}") for number in range(_SEPARATORS)]
        await self.mount(self.reader, self.crm_panel, self._rule, *separators, self._strip, self.which_key)
        self.arrange_panes()
        self.run_worker(self.dispatcher.consume(), group="commands", exit_on_error=True)
        self.preview.show_now()

    @cached_property
    def reader(self) -> Reader:
        """The reader, made when it is first wanted."""
        from tui.widgets.reader import Reader

        return Reader(self.db, prefer_plain=self.settings.prefer_plain, is_ascii=self.glyphs.is_ascii)

    @cached_property
    def crm_panel(self) -> CrmPanel:
        """The CRM panel, made when it is first wanted."""
        from tui.widgets.crm_panel import CrmPanel

        return CrmPanel(key_of=self.key_of)

    @cached_property
    def writing(self) -> Writing:
        """The messages being written, from the first one on."""
        from tui.writing.open_drafts import Writing

        return Writing(self)

    def keep_drafts(self) -> None:
        """Keep what is being written before this returns."""
        if "writing" in self.__dict__:
            self.writing.keep_now()

    @property
    def is_complete(self) -> bool:
        """Whether reader and panel are there."""
        return "crm_panel" in self.__dict__ and self.crm_panel.is_attached

    # -- layout

    @property
    def layout(self) -> Layout:
        """Place the panes by tui.layout instead of style sheets."""
        return PaneLayout(self._places_at, self.which_key.height_for)

    @property
    def places(self) -> Places:
        """Where everything lies now."""
        return self._places_at(*self.size)

    def _places_at(self, width: int, height: int) -> Places:
        panel, boxes = self._choices.get(layout.breakpoint_of(width, height), (None, None))
        if panel is None and not self.settings.crm_pane:
            panel = False
        if boxes is None and not self.settings.mailbox_pane:
            boxes = False
        wishes = Wishes(self.is_reading, panel, boxes, self.settings.preview_pane)
        return layout.arrange(width, height, wishes)

    def arrange_panes(self) -> None:
        """Lay the panes out anew after something they depend on changed."""
        places = self.places
        self.thread_list.set_row_lines(places.row_lines)
        self.mailboxes.set_class(places.is_mailboxes_overlay, "overlay")
        if self.is_complete:
            self.crm_panel.set_class(places.is_panel_overlay, "overlay")
            self.preview.catch_up()
        if self.pane not in self.visible_panes():
            self.focus_pane(Pane.READER if self.is_reading else Pane.LIST)
        self._lay_out()
        self.update_frame()

    def _lay_out(self) -> None:
        # Asked of a child: a screen keeps the arrangement it has while only itself is to be laid out.
        self._top.refresh(layout=True)

    def on_resize(self, event: events.Resize) -> None:
        self.arrange_panes()

    def choose_panes(self, *, panel: bool | None = None, mailboxes: bool | None = None) -> None:
        """Show or hide a pane; remembered for terminals of about this size."""
        name = layout.breakpoint_of(*self.size)
        before = self._choices.get(name, (None, None))
        self._choices[name] = (
            before[0] if panel is None else panel,
            before[1] if mailboxes is None else mailboxes,
        )
        self.arrange_panes()

    # -- panes and focus

    def widget_of(self, pane: Pane) -> Widget:
        """Return the widget of a pane."""
        match pane:
            case Pane.LIST:
                return self.thread_list
            case Pane.READER:
                return self.reader
            case Pane.MAILBOXES:
                return self.mailboxes
            case Pane.PANEL:
                return self.crm_panel

    def visible_panes(self) -> list[Pane]:
        """Return the panes on screen, from left to right."""
        places = self.places
        shown = {
            Pane.MAILBOXES: places.mailboxes,
            Pane.LIST: places.list,
            Pane.READER: places.reader,
            Pane.PANEL: places.panel,
        }
        return [pane for pane, box in shown.items() if box is not None]

    def focus_pane(self, pane: Pane) -> None:
        """Send the keys to a pane."""
        self.pane = pane
        self.set_focus(self.widget_of(pane), scroll_visible=False)
        self.update_frame()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        pane = getattr(event.widget, "pane", None)
        if isinstance(pane, Pane) and pane is not self.pane:
            self.pane = pane
            self.update_frame()

    @property
    def scrollable(self) -> Scrollable:
        """The pane that the motion keys move in."""
        widget = self.widget_of(self.pane)
        return widget if isinstance(widget, Scrollable) else self.thread_list

    @property
    def is_reader_shown(self) -> bool:
        """Whether the reader is on screen and shows something."""
        return self.places.reader is not None and self.reader.thread_id is not None

    # -- what commands act on

    @property
    def open_thread(self) -> ThreadRow | None:
        """The conversation being read."""
        return self.preview.row if self.is_reading else None

    def current_thread(self) -> ThreadRow | None:
        """Return the conversation being read, else the one under the cursor."""
        return self.open_thread or self.thread_list.current

    def selected_threads(self) -> tuple[ThreadId, ...]:
        """Return the marked conversations, else the current one."""
        if self.thread_list.marked:
            return tuple(sorted(self.thread_list.marked))
        current = self.current_thread()
        return (current.thread_id,) if current is not None else ()

    def read_thread(self) -> None:
        """Show the conversation under the cursor in the reader and send the keys there."""
        if self.thread_list.current is None:
            return
        self.is_reading = True
        self.arrange_panes()
        self.focus_pane(Pane.READER)
        self.preview.show_now(is_opened=True)

    def leave_reader(self) -> None:
        """Go back to the list."""
        if self.is_reading:
            self.is_reading = False
            self.arrange_panes()
            self.preview.follow_now()
        self.focus_pane(Pane.LIST)

    async def reload(self) -> None:
        """Read the list and the open conversation again."""
        await self.listings.reload()
        if self.is_complete:
            await self.preview.reload()

    def follow(self) -> None:
        """Show the thread under the cursor in reader and panel, once the cursor rests."""
        self.preview.soon()

    @on(ThreadList.CursorMoved)
    def _on_cursor_moved(self) -> None:
        self.preview.soon()

    @on(ThreadList.Opened)
    def _on_opened(self) -> None:
        self.dispatcher.run_id("move.open")

    @on(Mailboxes.Chosen)
    def _on_mailbox_chosen(self, event: Mailboxes.Chosen) -> None:
        if self.places.is_mailboxes_overlay:
            self.choose_panes(mailboxes=False)
        self.listings.open(event.listing)

    def on_reader_link_clicked(self, event: Reader.LinkClicked) -> None:
        from tui.commands.reader import choose_link  # it imports this module

        self.dispatcher.later("Open the link", lambda: choose_link(self, event.link))

    def on_reader_files_clicked(self) -> None:
        self.dispatcher.run_id("reader.save")

    def on_reader_moved(self) -> None:
        self.update_frame()

    async def on_store_changed(self, event: StoreChanged) -> None:
        if event.rows:
            await self.reload()
        else:
            await self.listings.look_at_accounts()
        for row in event.rows:
            if row.text:
                (self.warn if row.kind == "rejected" else self.say)(row.text)

    # -- the status line

    def say(self, text: str, *, can_undo: bool = False) -> None:
        """Say something in the status line until the next key."""
        self.said.say(text, undo_key=self.key_of("app.undo") if can_undo else "")

    def warn(self, text: str) -> None:
        """Say in the status line that something went wrong."""
        self.said.say(text, is_warning=True)

    def quiet(self) -> None:
        """Take back what was said: the user pressed a key."""
        self.said.quiet()

    def key_of(self, command_id: str) -> str:
        """Return the key to tell the user for a command; one without keys is named for the `:` line."""
        return next(iter(self.dispatcher.keymap.keys_of(command_id)), f":{command_id}")

    def update_frame(self) -> None:
        """Draw the top line, the rule and the status line."""
        titles = {
            Pane.MAILBOXES: "Mailboxes",
            Pane.LIST: frame.list_title(self.listings.facts()),
            Pane.READER: (self.reader.subject if self.is_complete else "") or "Reader",
            Pane.PANEL: "CRM",
        }
        places = self.places
        self._top.show(frame.top_line(places, titles, self.pane, self.glyphs))
        marker = self.glyphs.focus if self.pane is Pane.READER else " "
        self._rule.show(f"{marker}{titles[Pane.READER]} ", is_focused=self.pane is Pane.READER)
        self.said.update()

    def show_strip(self, facts: PanelFacts | None) -> None:
        """Say in one line what the conversation is about, where the panel has no room."""
        self._strip.show(frame.strip(facts, self.key_of("view.panel"), self.key_of("link.accept")))

    # -- dialogs, the prompt and the popup

    async def ask(self, dialog: ModalScreen[T]) -> T | None:
        """Show a dialog and return its answer, None when it was dismissed. Only inside an async command."""
        return await self.app.push_screen_wait(dialog)

    @property
    def is_typing(self) -> bool:
        """Whether keys are text now."""
        return self._prompt is not None and self._prompt.display

    async def ask_line(
        self,
        asked: Asked,
        text: str = "",
        *,
        typed: Callable[[str], None] | None = None,
        complete: Callable[[str], str] | None = None,
    ) -> str | None:
        """Let the user type a line over the status line; None when it was given up. Only inside an async command."""
        from tui.widgets.prompt import Prompt  # the framework's first widget: 10 ms nobody should wait for

        if self._prompt is None:
            self._prompt = Prompt()
            await self.mount(self._prompt)
        self.call_after_refresh(self.dispatcher.type_held)
        try:
            return await self._prompt.ask(asked, text, typed=typed, complete=complete)
        finally:
            self.focus_pane(self.pane)

    def on_screen_suspend(self) -> None:
        self.app.screen.call_after_refresh(self.dispatcher.type_held)

    def show_which_key(self, pressed: tuple[str, ...], commands: list[tuple[str, Command]]) -> None:
        """Show how a sequence may go on."""
        self.which_key.show(" ".join(pressed), [(keys, command.title) for keys, command in commands])
        self._lay_out()

    def show_notice(self, text: str) -> None:
        """Show what is too long for the status line above it; an empty text takes it away."""
        if text or self.which_key.is_notice:
            self.which_key.tell(text)
            self._lay_out()
            self.set_timer(_PAINT_AGAIN_S, self.which_key.refresh)  # at first it may go unpainted

    def hide_which_key(self) -> None:
        """Take the popup away."""
        if self.which_key.is_open:
            self.which_key.show("", ())
            self._lay_out()
