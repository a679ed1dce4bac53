"""Commands of the reader: between messages, folds, headers, links, attachments."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from mail import files
from mail.types import EmailId, Link
from store.database import Database
from tui.bridge import in_store
from tui.commands.motion import open_next_unread
from tui.commands.registry import Pane, command
from tui.commands.yank import copy
from tui.format import plural

if TYPE_CHECKING:
    from tui.screens.attachments import SaveWish
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

    await screen.preview.shown()
    try:
        await screen.reader.cycle_headers()
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
    from store import emails
    from tui.screens.attachments import Attachments  # OptionList costs 10 ms at start

    await screen.preview.shown()
    email = screen.reader.email
    if email is None:
        screen.say("No message to save")
        return
    wish = await screen.ask(Attachments(email.attachments, email.size_octets, screen.settings.downloads))
    if wish is None:
        return
    try:
        paths = await in_store(save_wish, screen.db, email.id, email.subject, wish)
    except (OSError, emails.OctetsGone) as error:
        screen.warn(f"Not saved: {error}")
        return
    except KeyError as error:
        screen.warn(f"Not saved: the message has no part {error}; save the message as it came instead")
        return
    where = str(paths[0]) if len(paths) == 1 else f"{plural(len(paths), 'file')} in {wish.directory}"
    screen.say(f"Saved {where}")


def save_wish(db: Database, email_id: EmailId, subject: str, wish: SaveWish) -> list[Path]:
    """Write what the user wished for; return where it lies. Raises OSError, OctetsGone, KeyError for a part not there."""
    from mail import parse  # 30 ms at start, for what few do
    from store import emails

    message = emails.octets(db, email_id)
    wish.directory.mkdir(parents=True, exist_ok=True)
    if wish.is_message:
        return [files.save(wish.directory, f"{subject or 'message'}.eml", message)]
    return [files.save(wish.directory, one.name, parse.part(message, one.part)) for one in wish.attachments]
