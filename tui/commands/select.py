"""Marking conversations. Actions apply to the marked ones while there are any."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from mail.types import ThreadId
from store.rows import ThreadRow
from tui.commands.registry import Pane, command
from tui.format import plural

if TYPE_CHECKING:
    from tui.screens.mail import MailScreen

_GROUP = "Select"
_LIST = frozenset({Pane.LIST})
_ROWS_AT_ONCE = 640


@command("select.toggle", "Select or not", "x", group=_GROUP, panes=_LIST)
def toggle(screen: MailScreen) -> None:
    """Mark the conversation under the cursor, or unmark it."""
    screen.thread_list.toggle_mark()
    screen.update_frame()


@command("select.range", "Select a range", "V", group=_GROUP, panes=_LIST)
def select_range(screen: MailScreen) -> None:
    """Mark from here to wherever the cursor goes; pressed again, keep the marks."""
    screen.thread_list.toggle_range()
    screen.update_frame()
    if screen.thread_list.is_ranging:
        screen.say(f"Selecting a range: move, then {screen.key_of('select.range')} again to keep it")


async def _mark(screen: MailScreen, wanted: Callable[[ThreadRow], bool]) -> None:
    """Mark the rows that are wanted, going through the whole list without holding up the keys."""
    shown, marked = screen.thread_list, set[ThreadId]()
    source = shown.source
    for index in range(source.count):
        row = source.row(index)
        if row is not None and wanted(row):
            marked.add(row.thread_id)
        if index % _ROWS_AT_ONCE == _ROWS_AT_ONCE - 1:
            await asyncio.sleep(0)
    shown.mark_only(marked)
    screen.update_frame()
    screen.say(f"Selected {plural(len(marked), 'conversation')}")


@command("select.all", "All", "* a", group=_GROUP, panes=_LIST)
async def select_all(screen: MailScreen) -> None:
    """Mark every conversation of the list."""
    await _mark(screen, lambda row: True)


@command("select.none", "None", "* n", group=_GROUP, panes=_LIST)
def select_none(screen: MailScreen) -> None:
    """Unmark everything."""
    screen.thread_list.mark_only(())
    screen.update_frame()


@command("select.read", "Read", "* r", group=_GROUP, panes=_LIST)
async def select_read(screen: MailScreen) -> None:
    """Mark what is read."""
    await _mark(screen, lambda row: not row.is_unread)


@command("select.unread", "Unread", "* u", group=_GROUP, panes=_LIST)
async def select_unread(screen: MailScreen) -> None:
    """Mark what is unread."""
    await _mark(screen, lambda row: row.is_unread)


@command("select.starred", "Starred", "* s", group=_GROUP, panes=_LIST)
async def select_starred(screen: MailScreen) -> None:
    """Mark what has a star."""
    await _mark(screen, lambda row: row.is_flagged)


@command("select.unstarred", "Unstarred", "* t", group=_GROUP, panes=_LIST)
async def select_unstarred(screen: MailScreen) -> None:
    """Mark what has no star."""
    await _mark(screen, lambda row: not row.is_flagged)


@command("select.unlinked", "Not linked", "* k", group=_GROUP, panes=_LIST)
async def select_unlinked(screen: MailScreen) -> None:
    """Mark what is linked to no deal, lead or project."""
    await _mark(screen, lambda row: row.item_kind is None)


@command("select.same_people", "From the same people", "* f", group=_GROUP, panes=_LIST)
async def select_same_people(screen: MailScreen) -> None:
    """Mark the conversations with the same people as the one under the cursor."""
    current = screen.thread_list.current
    if current is not None:
        await _mark(screen, lambda row: row.participants == current.participants)
