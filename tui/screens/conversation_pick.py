"""Search a conversation by its words and people, to link it to the item whose page is open."""

from __future__ import annotations

import time
from typing import Final

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from linking import standing
from mail.query import QuerySyntaxError, parse
from mail.types import ThreadId
from store import searches
from store.crm import item_conversations
from store.crm.item_refs import PageRef
from store.database import Database
from store.rows import ThreadRow
from tui.bridge import in_store
from tui.content import line
from tui.format import fit, short_date, shorten
from tui.screens.dialog import Dialog
from tui.widgets.thread_rows import chip

_SHOWN: Final = 40
_DATE: Final = 6
_PEOPLE: Final = 20


class ConversationPicker(Dialog[ThreadId]):
    """Offers the newest conversations of the item's people until something is typed. Enter takes the highlighted one."""

    BINDINGS = [
        Binding("down,ctrl+n", "move(1)", show=False, priority=True),
        Binding("up,ctrl+p", "move(-1)", show=False, priority=True),
        Binding("pagedown", "move(10)", show=False, priority=True),
        Binding("pageup", "move(-10)", show=False, priority=True),
    ]

    def __init__(self, db: Database, title: Content, item: PageRef) -> None:
        super().__init__()
        self._db = db
        self._title = title
        self._item = item
        self._found: tuple[ThreadRow, ...] = ()
        self._words: str | None = None  # what was typed when `_found` was looked for

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._title)
            typed = Input(placeholder="words of the subject or text, people: from:ana offer")
            typed.cursor_blink = False
            yield typed
            options = OptionList(markup=False)
            options.can_focus = False
            yield options

    def on_mount(self) -> None:
        self._search("")

    def on_input_changed(self, event: Input.Changed) -> None:
        self._search(event.value)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value != self._words:  # typed ahead of the list: take the first of what was typed
            await self._show(event.value)
        index = self.query_one(OptionList).highlighted
        if index is not None and index < len(self._found):
            self.dismiss(self._found[index].thread_id)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._found[event.option_index].thread_id)

    def action_move(self, rows: int) -> None:
        options = self.query_one(OptionList)
        if self._found:
            options.highlighted = max(0, min((options.highlighted or 0) + rows, len(self._found) - 1))

    @work(exclusive=True)
    async def _search(self, words: str) -> None:
        await self._show(words)

    async def _show(self, words: str) -> None:
        problem = "nothing found"
        try:
            found = await in_store(_look, self._db, self._item, words)
        except QuerySyntaxError as error:
            found, problem = (), f"{error.reason}, at character {error.position + 1}"
        if not self.is_attached:
            return
        self._found, self._words = found, words
        options = self.query_one(OptionList)
        options.clear_options()
        if found:
            now = int(time.time())
            options.add_options([Option(label(row, self.row_cells, now)) for row in found])
        else:
            empty = "Their conversations are linked already, or there are none: type words to search all mail"
            options.add_option(Option(Content(line(problem) if words.strip() else empty), disabled=True))
        options.highlighted = 0 if found else None


def label(row: ThreadRow, cells: int, now: int) -> Content:
    """Return a conversation as one line: what it is linked to by a letter, who, what about, when."""
    room = max(cells - _DATE - 4, 10)
    people = min(_PEOPLE, room // 3)
    subject = line(row.subject) or "(no subject)"
    return Content.assemble(
        (f"{chip(row):2}", "dim"),
        fit(shorten(line(row.participants), people), people),
        " ",
        (fit(shorten(subject, room - people), room - people), "bold"),
        (f" {short_date(row.at, now):>{_DATE}}", "dim"),
    )


def _look(db: Database, item: PageRef, words: str) -> tuple[ThreadRow, ...]:
    if not words.strip():
        return item_conversations.offered(db, item, standing.can_see, _SHOWN)
    hits = searches.search(db, parse(_as_typed(words)), limit=_SHOWN)
    linked = item_conversations.linked(db, item, [hit.row.thread_id for hit in hits])
    return tuple(hit.row for hit in hits if hit.row.thread_id not in linked)


def _as_typed(words: str) -> str:
    """Return a query whose last word, still being typed, may be the beginning of one."""
    last = words.rsplit(maxsplit=1)[-1]
    is_plain = words == words.rstrip() and last.isalnum() and len(last) > 1
    return f"{words}*" if is_plain else words
