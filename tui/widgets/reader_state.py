"""What the reader knows of the conversation it shows: which messages are open, how each is looked at. No widget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mail.keywords import SEEN
from mail.threading import base_subject
from mail.types import Body, Document, EmailId, Link, SafeText
from store.rows import EmailRow
from tui.widgets.reader_layout import Headers, MessageView, message_rows, subject_rows
from tui.widgets.reader_pages import Pages


@dataclass(slots=True)
class Message:
    """One message of the conversation and how the user looks at it."""

    email: EmailRow
    is_open: bool
    was_unread: bool
    is_html: bool
    headers: Headers = Headers.SHORT
    fields: tuple[tuple[str, SafeText], ...] = ()
    raw: SafeText | None = None
    is_loaded: bool = False
    body: Body | None = None
    toggled: set[int] = field(default_factory=set)

    @property
    def document(self) -> Document | None:
        """The rendering shown: the one asked for, or the only one there is."""
        if self.body is None:
            return None
        first, second = self.body.plain, self.body.html
        if self.is_html:
            first, second = second, first
        return first if first is not None and first.blocks else second or first

    @property
    def links(self) -> tuple[Link, ...]:
        """The numbered links of what is shown."""
        return self.document.links if self.document else ()


class Conversation:
    """Messages oldest first, laid out on pages. Section 0 is the subject; message i is section i + 1."""

    def __init__(self, pages: Pages, *, is_html: bool) -> None:
        """`is_html`: messages that have both are shown as HTML first, those shown from now on."""
        self.messages: list[Message] = []
        self.current = 0
        self.subject = ""
        self.pages = pages
        self.is_html = is_html
        self.save_key, self.raw_key = "S", "H"  # what an unreadable message tells the user to press
        self._width = 80
        self._now = 0

    def show(self, emails: Iterable[EmailRow], *, keep: bool) -> None:
        """Take the messages of a conversation; with `keep`, those shown before stay as the user had them."""
        known = {one.email.id: one for one in self.messages} if keep else {}
        chosen = self.email.id if keep and self.email else None
        rows = list(emails)
        self.messages = []
        for row in rows:
            old = known.get(row.id)
            is_unread = SEEN not in row.keywords
            if old is None:
                self.messages.append(Message(row, is_unread or row is rows[-1], is_unread, self.is_html))
            else:
                old.is_loaded = old.is_loaded and old.email.is_header_only == row.is_header_only
                old.email = row
                self.messages.append(old)
        self.subject = rows[0].subject if rows else ""
        self.current = self._start(chosen)

    def _start(self, chosen: EmailId | None) -> int:
        for index, message in enumerate(self.messages):
            if message.email.id == chosen or (chosen is None and message.was_unread):
                return index
        return max(len(self.messages) - 1, 0)

    @property
    def message(self) -> Message | None:
        """The current message."""
        return self.messages[self.current] if self.messages else None

    @property
    def email(self) -> EmailRow | None:
        """The current message's row."""
        return self.message.email if self.message else None

    @property
    def emails(self) -> tuple[EmailRow, ...]:
        """The rows of all its messages."""
        return tuple(message.email for message in self.messages)

    def take_bodies(self, bodies: Mapping[EmailId, Body | None]) -> list[int]:
        """Keep bodies that were read; return the messages they belong to."""
        taken = []
        for index, message in enumerate(self.messages):
            if message.email.id in bodies and not message.is_loaded:
                message.body, message.is_loaded = bodies[message.email.id], True
                taken.append(index)
        return taken

    def unloaded(self, indexes: Iterable[int]) -> list[EmailId]:
        """Return which of these messages are open but not yet read."""
        chosen = (self.messages[index] for index in indexes if 0 <= index < len(self.messages))
        return [one.email.id for one in chosen if one.is_open and not one.is_loaded]

    def next_unread(self) -> int | None:
        """Return the next message below the current one that was unread when the conversation was opened."""
        later = range(self.current + 1, len(self.messages))
        return next((index for index in later if self.messages[index].was_unread), None)

    # -- changing how a message is looked at

    def toggle_form(self) -> bool:
        """Change between plain text and HTML; False when the message has only one of them."""
        message = self.message
        if message is None or message.body is None or not (message.body.plain and message.body.html):
            return False
        message.is_html = not message.is_html
        message.toggled.clear()
        return True

    def toggle_block(self, index: int, block: int) -> None:
        """Fold or unfold one block of a message."""
        self.messages[index].toggled ^= {block}

    # -- laying out

    def lay_out(self, width: int, now: int) -> None:
        """Lay everything out anew at `width` cells."""
        self._width, self._now = max(width, 10), now
        subject = subject_rows(self.subject, self._width)
        messages = (message_rows(self.view(one), self._width, now) for one in self.messages)
        self.pages.fill([subject, *messages] if self.messages else [])

    def lay_out_message(self, index: int) -> None:
        """Lay one message out anew."""
        self.pages.put(index + 1, message_rows(self.view(self.messages[index]), self._width, self._now))

    def view(self, message: Message) -> MessageView:
        """Return the message as it is looked at now."""
        is_new = base_subject(message.email.subject) != base_subject(self.subject)
        return MessageView(
            email=message.email,
            is_open=message.is_open,
            is_unread=message.was_unread,
            subject=message.email.subject if is_new else "",
            headers=message.headers,
            fields=message.fields,
            raw=message.raw,
            is_loaded=message.is_loaded,
            document=message.document,
            notice=(message.body.notice or "") if message.body else "",
            toggled=frozenset(message.toggled),
            save_key=self.save_key,
            raw_key=self.raw_key,
        )
