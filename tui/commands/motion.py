"""Moving: inside a pane, between panes, from conversation to conversation, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mail.ids import Role
from tui.commands.registry import Pane, command

if TYPE_CHECKING:
    from tui.screens.mail import MailScreen

_GROUP = "Move"
_NOT_READER = frozenset(Pane) - {Pane.READER}
_LISTS = frozenset({Pane.LIST, Pane.MAILBOXES})


@command("move.down", "Down", "j", "down", group=_GROUP)
def down(screen: MailScreen) -> None:
    """Go one row down."""
    screen.scrollable.move(1)


@command("move.up", "Up", "k", "up", group=_GROUP)
def up(screen: MailScreen) -> None:
    """Go one row up."""
    screen.scrollable.move(-1)


@command("move.top", "To the top", "g g", "home", group=_GROUP)
def top(screen: MailScreen) -> None:
    """Go to the first row."""
    screen.scrollable.top()


@command("move.bottom", "To the bottom", "G", "end", group=_GROUP)
def bottom(screen: MailScreen) -> None:
    """Go to the last row."""
    screen.scrollable.bottom()


@command("move.half_page_down", "Half a page down", "ctrl+d", group=_GROUP)
def half_page_down(screen: MailScreen) -> None:
    """Go half a page down."""
    screen.scrollable.page(0.5)


@command("move.half_page_up", "Half a page up", "ctrl+u", group=_GROUP)
def half_page_up(screen: MailScreen) -> None:
    """Go half a page up."""
    screen.scrollable.page(-0.5)


@command("move.page_down", "A page down", "pagedown", "ctrl+f", group=_GROUP)
def page_down(screen: MailScreen) -> None:
    """Go a page down."""
    screen.scrollable.page(1)


@command("move.page_up", "A page up", "pageup", "ctrl+b", group=_GROUP)
def page_up(screen: MailScreen) -> None:
    """Go a page up."""
    screen.scrollable.page(-1)


@command("move.scroll", "Scroll on, then to the next unread", "space", group=_GROUP, panes=_NOT_READER)
def scroll_or_next_unread(screen: MailScreen) -> None:
    """Scroll what is read; at its end go to the next unread message, here or in the next conversation."""
    if screen.pane in (Pane.MAILBOXES, Pane.PANEL) or (
        screen.pane is Pane.LIST and not screen.is_reader_shown
    ):
        screen.scrollable.page(1)
    elif not screen.reader.scroll_or_next_unread() and not open_next_unread(screen):
        screen.say("No more unread conversations below")


@command("move.scroll_back", "Scroll back", "backspace", group=_GROUP)
def scroll_back(screen: MailScreen) -> None:
    """Scroll back what is read."""
    pane = screen.reader if screen.is_reader_shown else screen.scrollable
    pane.page(-1)


@command("move.next_conversation", "Next conversation", "J", group=_GROUP)
def next_conversation(screen: MailScreen) -> None:
    """Go to the conversation below, from any pane."""
    _step(screen, 1)


@command("move.previous_conversation", "Previous conversation", "K", group=_GROUP)
def previous_conversation(screen: MailScreen) -> None:
    """Go to the conversation above, from any pane."""
    _step(screen, -1)


def _step(screen: MailScreen, rows: int) -> None:
    if rows < 0 or not _has_open_left(screen):
        screen.thread_list.move(rows)
    if screen.is_reading:
        screen.preview.show_now(is_opened=True)


def _has_open_left(screen: MailScreen) -> bool:
    """Say whether the list lost the conversation being read, as Unread does: the cursor is on the next already."""
    opened, current = screen.open_thread, screen.thread_list.current
    return opened is not None and current is not None and opened.thread_id != current.thread_id


@command("move.next_unread", "Next unread", "N", group=_GROUP, panes=_NOT_READER)
def next_unread(screen: MailScreen) -> None:
    """Go to the next unread conversation of the list."""
    if not open_next_unread(screen):
        screen.say("No more unread conversations below")


def open_next_unread(screen: MailScreen) -> bool:
    """Go to the next unread conversation, and read it if one is being read; False when there is none."""
    current = screen.thread_list.current
    is_there = current is not None and current.is_unread and _has_open_left(screen)
    if not is_there and not screen.thread_list.next_where(lambda row: row.is_unread):
        return False
    if screen.is_reading:
        screen.preview.show_now(is_opened=True)
    return True


@command("move.next_pane", "Next pane", "tab", "right", group=_GROUP)
def next_pane(screen: MailScreen) -> None:
    """Send the keys to the pane at the right."""
    _turn(screen, 1)


@command("move.previous_pane", "Previous pane", "shift+tab", "left", group=_GROUP)
def previous_pane(screen: MailScreen) -> None:
    """Send the keys to the pane at the left."""
    _turn(screen, -1)


def _turn(screen: MailScreen, step: int) -> None:
    panes = screen.visible_panes()
    at = panes.index(screen.pane) if screen.pane in panes else 0
    screen.focus_pane(panes[(at + step) % len(panes)])


@command("move.open", "Open", "enter", "o", group=_GROUP, panes=_LISTS, hint="open")
def open_row(screen: MailScreen) -> None:
    """Read the conversation under the cursor, write on it in Drafts, or show the mailbox under it."""
    if screen.pane is Pane.MAILBOXES:
        screen.mailboxes.choose()
    elif screen.listings.shown.role is Role.DRAFTS:
        screen.dispatcher.run_id("compose.resume")
    else:
        screen.read_thread()


@command("move.back", "Back", "q", "escape", group=_GROUP)
def back(screen: MailScreen) -> None:
    """Leave the innermost thing: a range, marks, a filter, a pane that lies over others, the reader, a search."""
    if not (
        _leave_selection(screen)
        or _come_back(screen)
        or _leave_pane(screen)
        or screen.listings.leave_search()
    ):
        screen.say(f"{screen.key_of('app.quit')} quits dealbox")


def _leave_selection(screen: MailScreen) -> bool:
    if screen.pane is not Pane.LIST:
        return False
    if screen.thread_list.is_ranging or screen.thread_list.marked:
        screen.thread_list.mark_only(())
    elif screen.listings.is_filtered:
        screen.listings.filter("")
    else:
        return False
    screen.update_frame()
    return True


def _come_back(screen: MailScreen) -> bool:
    """Go back to the page of an item that the conversation was opened from."""
    if screen.behind is None:
        return False
    from tui.items import pages

    return pages.come_back(screen)


def _leave_pane(screen: MailScreen) -> bool:
    places = screen.places
    if places.is_panel_overlay or places.is_mailboxes_overlay:
        screen.choose_panes(
            panel=False if places.is_panel_overlay else None,
            mailboxes=False if places.is_mailboxes_overlay else None,
        )
    elif screen.is_reading or screen.pane is not Pane.LIST:
        screen.leave_reader()
    else:
        return False
    return True


@command("move.back_to_list", "Back to the list", "u", group=_GROUP)
def back_to_list(screen: MailScreen) -> None:
    """Leave the reader for the list."""
    screen.leave_reader()
