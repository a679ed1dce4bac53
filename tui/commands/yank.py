"""Commands that copy: to the clipboard of the terminal (OSC 52), so that they work over SSH."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mail.text import safe_block
from tui import one_time_code
from tui.bridge import in_store
from tui.commands.registry import Pane, command
from tui.content import line
from tui.format import count

if TYPE_CHECKING:
    from mail.types import ThreadId
    from store.crm.items import ItemCard
    from store.database import Database
    from tui.screens.mail import MailScreen

_READER = frozenset({Pane.READER})
_CONVERSATIONS = frozenset({Pane.LIST, Pane.READER})
_MOST_OCTETS = 74_000
"""Terminals drop an OSC 52 longer than 100,000 octets of base64."""


def copy(screen: MailScreen, text: str, what: str) -> None:
    """Put text on the clipboard and say so; nothing but what the user asked for is ever put there."""
    octets = safe_block(text).encode()
    if len(octets) > _MOST_OCTETS:
        screen.warn(f"{what} is too long for the clipboard: {count(len(octets))} octets")
        return
    screen.app.copy_to_clipboard(octets.decode())
    screen.say(f"Copied {what}")


@command("yank.link", "Copy a link", "y l", group="Copy", panes=_READER)
async def link(screen: MailScreen) -> None:
    """Copy the only link of the message, or the one the user picks."""
    from tui.screens.links import Links  # OptionList costs 10 ms at start

    await screen.preview.shown()
    found = screen.reader.links
    if not found:
        screen.say("This message has no links")
    elif len(found) == 1:
        copy(screen, found[0].url, f"the link to {found[0].host}")
    elif choice := await screen.ask(Links(found, is_copying=True)):
        copy(screen, choice.link.url, f"the link to {choice.link.host}")


@command("yank.address", "Copy the sender's address", "y a", group="Copy", panes=_READER)
async def address(screen: MailScreen) -> None:
    """Copy who wrote the current message; of a message of our own, who it went to."""
    await screen.preview.shown()
    email = screen.reader.email
    people = () if email is None else email.to if email.is_outgoing else email.from_
    if people:
        copy(screen, people[0].email, people[0].email)
    else:
        screen.say("This message names no address")


@command("yank.message_id", "Copy the Message-ID", "y m", group="Copy", panes=_READER)
async def message_id(screen: MailScreen) -> None:
    """Copy the Message-ID of the current message."""
    await screen.preview.shown()
    email = screen.reader.email
    if email is not None and email.message_id:
        copy(screen, f"<{email.message_id}>", "the Message-ID")
    else:
        screen.say("This message has no Message-ID")


@command("yank.body", "Copy the text of the message", "y b", group="Copy", panes=_READER)
async def body(screen: MailScreen) -> None:
    """Copy the text of the current message as it is shown, folded parts included."""
    await screen.preview.shown()
    text = screen.reader.body_text
    if text:
        copy(screen, text, "the text of the message")
    else:
        screen.say("This message has no text")


@command("yank.code", "Copy the one-time code", "y c", group="Copy", panes=_READER)
async def code(screen: MailScreen) -> None:
    """Copy the code of a sign-in message."""
    await screen.preview.shown()
    email = screen.reader.email
    found = one_time_code.find(f"{email.subject}\n{screen.reader.body_text}") if email is not None else None
    if found:
        copy(screen, found, f"the code {found}")
    else:
        screen.say("No code found in this message")


@command(
    "yank.item", "Copy what it is linked to, or the Message-ID", "y y", group="Copy", panes=_CONVERSATIONS
)
async def item(screen: MailScreen) -> None:
    """Copy the name of the linked item as dealbox link takes it, and its title; unlinked, the newest Message-ID."""
    row = screen.current_thread()
    if row is None:
        screen.say("No conversation")
        return
    card, message_id = await in_store(_item_and_message_id, screen.db, row.thread_id)
    if card is not None:
        name = f"{card.kind.value}:{card.external_ref or card.id}"
        copy(screen, f"{name} {line(card.title)}", f"{name} {line(card.title)}")
    elif message_id:
        copy(screen, f"<{message_id}>", "the Message-ID: the conversation is not linked")
    else:
        screen.say("Nothing to copy: the conversation is not linked and has no Message-ID")


def _item_and_message_id(db: Database, thread_id: ThreadId) -> tuple[ItemCard | None, str | None]:
    from store import emails
    from store.links import panel

    messages = emails.in_thread(db, thread_id)
    newest = messages[-1].message_id if messages else None
    return panel.for_thread(db, thread_id).item, newest
