"""Lay messages out in rows: folded to one line or open with headers, body and attachments. Pure: no store, no clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mail.addresses import domain
from mail.types import Address, Attachment, Document, SafeText
from store.rows import EmailRow
from tui.content import line
from tui.format import fit, full_date, plural, short_date, shorten, size
from tui.widgets.document_rows import Row, RowKind, document_rows, text_rows

if TYPE_CHECKING:
    from mail.dsn import Bounce

_MOST_PEOPLE = 12
"""So many recipients are named in short headers; the rest are counted."""
_CLOCKS_DIFFER_S = 600
"""A message that says it was sent so much earlier or later than it came shows both times."""
_FROM_CELLS = 20
_BECAME = {
    "failed": "Not delivered to",
    "delayed": "Delayed on its way to",
    "delivered": "Delivered to",
}
_STILL_THERE = "The text of this message is being fetched; it comes as soon as the account can be reached."
_WIDTH_OF_FULL_DATE = 60


class Headers(StrEnum):
    """How much of a message's head is shown."""

    SHORT = "short"
    FULL = "full"
    RAW = "raw"

    @property
    def next(self) -> Headers:
        """What comes after: short, full, raw, short."""
        order = list(Headers)
        return order[(order.index(self) + 1) % len(order)]


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message and how the user looks at it. `document` is None until it is read, or when there is no text.

    `subject` is the subject when it says something new in this conversation, else "".
    `toggled` are the blocks whose fold the user turned around. `save_key` and `raw_key` are named in hints.
    """

    email: EmailRow
    is_open: bool
    is_unread: bool
    subject: str = ""
    headers: Headers = Headers.SHORT
    fields: tuple[tuple[str, SafeText], ...] = ()
    raw: SafeText | None = None
    is_loaded: bool = False
    document: Document | None = None
    notice: str = ""
    toggled: frozenset[int] = frozenset()
    save_key: str = "S"
    raw_key: str = "H"


def message_rows(view: MessageView, width: int, now: int) -> Iterator[Row]:
    """Yield the rows of one message at `width` cells."""
    if not view.is_open:
        yield _folded(view, width, now)
        return
    yield _head(view, width, now)
    yield from _header_rows(view, width)
    yield Row(RowKind.BLANK, "")
    if view.headers is Headers.RAW:
        yield from text_rows(view.raw if view.raw is not None else "Reading ...", width, RowKind.TEXT)
    else:
        yield from _body_rows(view, width)
    yield Row(RowKind.BLANK, "")


def subject_rows(subject: str, width: int) -> Iterator[Row]:
    """Yield the conversation's subject, which heads it."""
    yield from text_rows(line(subject) or "(no subject)", width, RowKind.SUBJECT)
    yield Row(RowKind.BLANK, "")


def person(address: Address) -> SafeText:
    """Return an address in full: "Ana Ruiz <ana@example.com>"."""
    name, email = line(address.name), line(address.email)
    return SafeText(f"{name} <{email}>") if name and name != email else email


def sender(email: EmailRow) -> str:
    """Return who wrote the message, in a word or two."""
    if email.is_outgoing:
        return "me"
    if not email.from_:
        return "(no sender)"
    return line(email.from_[0].name) or line(email.from_[0].email)


def listed(attachments: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    """Return what a reader would call attachments: pictures that stand in the text are not."""
    return tuple(one for one in attachments if not (one.is_inline and one.content_id))


def _folded(view: MessageView, width: int, now: int) -> Row:
    mark = "*" if view.is_unread else "▸"
    name_cells = min(_FROM_CELLS, max(width // 4, 6))
    head = f"{mark} {fit(sender(view.email), name_cells)} "
    tail = f" {'@' if listed(view.email.attachments) else ' '} {short_date(view.email.received_at, now):>6}"
    room = max(width - name_cells - 3 - len(tail), 0)
    return Row(RowKind.FOLDED, head + fit(line(view.email.preview), room) + tail)


def _head(view: MessageView, width: int, now: int) -> Row:
    email = view.email
    mark = "*" if view.is_unread else "▾"
    who = ", ".join(person(one) for one in email.from_) or "(no sender)"
    is_narrow = width < _WIDTH_OF_FULL_DATE
    tail = "  " + (short_date(email.received_at, now) if is_narrow else full_date(email.received_at))
    room = max(width - 2 - len(tail), 0)
    return Row(RowKind.HEAD, f"{mark} {fit(shorten(who, room), room)}{tail}")


def _header_rows(view: MessageView, width: int) -> Iterator[Row]:
    if view.headers is not Headers.SHORT:
        yield from _field("Received", full_date(view.email.received_at), width)
        yield from _field("Sent", _sent(view.email), width)
        yield from _field("Registered", full_date(view.email.registered_at), width)
        yield from _field("Lies in", ", ".join(map(line, view.email.mailboxes)) or "no mailbox", width)
    if view.headers is Headers.FULL:
        for name, value in view.fields:
            yield from text_rows(f"{line(name)}: {line(value)}", width, RowKind.FIELD, "    ")
    if view.headers is Headers.SHORT:
        yield from _short_headers(view, width)


def _short_headers(view: MessageView, width: int) -> Iterator[Row]:
    email = view.email
    if view.subject:
        yield from _field("subject", line(view.subject), width)
    for name, people in (("to", email.to), ("cc", email.cc), ("bcc", email.bcc)):
        if people:
            yield from _field(name, _people(people), width)
    if _replies_elsewhere(email):
        yield from _field("replies go to", _people(email.reply_to), width)
    if email.sent_at is not None and abs(email.sent_at - email.received_at) >= _CLOCKS_DIFFER_S:
        yield from _field("sent", full_date(email.sent_at), width)


def _field(name: str, value: str, width: int) -> Iterator[Row]:
    return text_rows(f"  {name} {value}", width, RowKind.FIELD, "     ")


def _sent(email: EmailRow) -> str:
    return "the message does not say when" if email.sent_at is None else full_date(email.sent_at)


def _people(people: tuple[Address, ...]) -> str:
    named = ", ".join(person(one) for one in people[:_MOST_PEOPLE])
    return f"{named} and {len(people) - _MOST_PEOPLE} more" if len(people) > _MOST_PEOPLE else named


def _replies_elsewhere(email: EmailRow) -> bool:
    """Tell whether an answer would go to another domain than the sender's: the user should know."""
    own = {domain(one.email) for one in email.from_}
    return bool(email.reply_to) and not {domain(one.email) for one in email.reply_to} <= own


def _body_rows(view: MessageView, width: int) -> Iterator[Row]:
    if view.email.problem:
        yield from text_rows(_placeholder(view), width, RowKind.NOTICE)
    for bounce in view.email.bounces:
        yield from _bounce_rows(bounce, width)
    if view.notice:
        yield from text_rows(line(view.notice), width, RowKind.NOTICE)
    if not view.is_loaded:
        yield Row(RowKind.NOTICE, "...")
    elif view.document is not None and view.document.blocks:
        yield from document_rows(view.document, width, view.toggled)
    elif view.email.is_header_only:
        yield from text_rows(_STILL_THERE, width, RowKind.NOTICE)
    elif not view.email.problem:
        yield Row(RowKind.NOTICE, "This message has no text.")
    yield from _file_rows(view.email.attachments, width)


def _placeholder(view: MessageView) -> str:
    return (
        f"This message could not be read: {line(view.email.problem or '')}. "
        f"{view.save_key} saves it as it came, {view.raw_key} shows it raw."
    )


def _bounce_rows(bounce: Bounce, width: int) -> Iterator[Row]:
    for one in bounce.recipients:
        said = f"{_BECAME[one.action]} {line(one.email)}: {line(one.sentence)}"
        yield from text_rows(said, width, RowKind.NOTICE)


def _file_rows(attachments: tuple[Attachment, ...], width: int) -> Iterator[Row]:
    files = listed(attachments)
    pictures = len(attachments) - len(files)
    if attachments:
        yield Row(RowKind.BLANK, "")
    for number, one in enumerate(files, 1):
        tail = f"  {size(one.size_octets)}"
        room = max(width - len(tail) - 6, 8)
        yield Row(RowKind.FILE, f"  @ {number} {shorten(line(one.name), room)}{tail}")
    if pictures:
        yield Row(RowKind.FILE, f"  @ {plural(pictures, 'picture')} in the text")
