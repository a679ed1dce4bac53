"""Commands of the reader: between messages, folds, headers, links, attachments."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

from mail.types import Link
from tui.commands.motion import open_next_unread
from tui.commands.registry import Pane, command
from tui.commands.yank import copy

if TYPE_CHECKING:
    from tui.screens.mail import MailScreen

_READER = frozenset({Pane.READER})


@command("reader.next", "Next message of the conversation", "n", group="Reader", panes=_READER, hint="next")
def next_message(screen: MailScreen) -> None:
    """Go to the next message, opening it."""
    if not screen.reader.go_message(1):
        screen.say("That was the last message")


@command("reader.previous", "Previous message of the conversation", "p", group="Reader", panes=_READER)
def previous_message(screen: MailScreen) -> None:
    """Go to the message before, opening it."""
    if not screen.reader.go_message(-1):
        screen.say("That was the first message")


@command("reader.next_unread", "Next unread message, or conversation", "N", group="Reader", panes=_READER)
def next_unread(screen: MailScreen) -> None:
    """Go to the next unread message here, else open the next unread conversation of the list."""
    if not screen.reader.go_next_unread() and not open_next_unread(screen):
        screen.say("No more unread conversations below")


@command("reader.scroll", "Scroll on, then next unread", "space", group="Reader", panes=_READER)
def scroll_on(screen: MailScreen) -> None:
    """Scroll a page; at the end go where reader.next_unread goes."""
    if screen.reader.is_at_end:
        next_unread(screen)
    else:
        screen.reader.page(1)


@command("reader.toggle_message", "Open or fold the message", "enter", "o", group="Reader", panes=_READER)
def toggle_message(screen: MailScreen) -> None:
    """Open the current message, or fold it to one line."""
    screen.reader.toggle_message()


@command("reader.fold", "Fold or unfold quoted text", "h", group="Reader", panes=_READER, hint="fold")
def fold(screen: MailScreen) -> None:
    """Fold or unfold what is at the top of the reader."""
    screen.reader.toggle_fold()


@command("reader.headers", "Headers short, full, raw", "H", group="Reader", panes=_READER)
async def headers(screen: MailScreen) -> None:
    """Show more of the current message's head; after the raw message, less again."""
    from store import emails  # 15 ms at start: loaded when wanted, here and below
    from tui import fetch_first

    await screen.preview.shown()
    email = screen.reader.email
    try:
        await screen.reader.cycle_headers()
    except emails.OctetsNotHere:
        if email is not None:
            fetching = fetch_first.fetch(screen, email, is_whole=True)
            screen.run_worker(fetching, group="fetching", exit_on_error=True)
    except emails.OctetsGone as error:
        screen.warn(str(error))


@command("reader.form", "Plain text or HTML", "t", group="Reader", panes=_READER)
def form(screen: MailScreen) -> None:
    """Show the current message in its other form."""
    if not screen.reader.toggle_form():
        screen.say("This message has only one form")


@command("reader.wide", "Wrap at 100 columns or at the window", "W", group="Reader", panes=_READER)
def wide(screen: MailScreen) -> None:
    """Use the whole width for text, or at most 100 columns."""
    screen.reader.toggle_wide()


@command("reader.links", "Links: where they lead, open, copy", "g h", group="Reader", panes=_READER)
async def links(screen: MailScreen) -> None:
    """List the links of the current message."""
    await screen.preview.shown()
    await choose_link(screen, None)


async def choose_link(screen: MailScreen, chosen: Link | None) -> None:
    """Show where the links lead, beginning at `chosen`; open or copy the one the user takes."""
    from tui.screens.links import Links  # OptionList costs 10 ms at start

    if not screen.reader.links:
        screen.say("This message has no links")
        return
    choice = await screen.ask(Links(screen.reader.links, chosen=chosen))
    if choice is None:
        return
    if choice.is_copy:
        copy(screen, choice.link.url, "the address of the link")
    else:
        _open(screen, choice.link)


def _open(screen: MailScreen, link: Link) -> None:
    """Hand a link to the user's opener, away from our terminal."""
    opener = shlex.split(screen.settings.opener)
    try:
        subprocess.Popen(  # the address is one argument, never read by a shell
            [*opener, link.url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, IndexError) as error:
        screen.warn(
            f"Cannot run {screen.settings.opener!r} ({error}): set opener in the settings, or copy with y"
        )
        return
    screen.say(f"Opened {link.host}")


@command("reader.save", "Save attachments, or the message", "S", group="Reader", hint="save", panes=_READER)
async def save(screen: MailScreen) -> None:
    """Ask what to save and where, then write files that did not exist before."""
    from tui.screens.attachments import Attachments  # OptionList costs 10 ms at start
    from tui.writing import saving

    await screen.preview.shown()
    email = screen.reader.email
    if email is None:
        screen.say("No message to save")
        return
    wish = await screen.ask(Attachments(email.attachments, email.size_octets, screen.settings.downloads))
    if wish is None:
        return
    screen.run_worker(saving.save(screen, email, wish), group="saving", exit_on_error=True)
