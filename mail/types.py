"""The nouns of mail, named as RFC 8621 names them. Frozen: they cross threads and processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from mail.ids import AccountId as AccountId
from mail.ids import EmailId as EmailId
from mail.ids import MailboxId as MailboxId
from mail.ids import MailboxKey as MailboxKey
from mail.ids import RemoteKey as RemoteKey
from mail.ids import Role as Role
from mail.ids import SafeText as SafeText
from mail.ids import ThreadId as ThreadId

if TYPE_CHECKING:
    from mail.dsn import Bounce


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a header (RFC 8621 §4.1.2.3). `email` keeps its spelling and may lack an "@" in broken mail."""

    name: SafeText
    email: SafeText


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is saved rather than read. `part` is its path of 1-based numbers, "2.1", as in RFC 3501 §6.4.5."""

    part: str
    name: SafeText
    media_type: str
    size_octets: int
    is_inline: bool = False
    content_id: str | None = None


class BlockKind(StrEnum):
    """What a run of lines is to a reader."""

    TEXT = "text"
    QUOTE = "quote"
    SIGNATURE = "signature"
    FORWARD = "forward"


@dataclass(frozen=True, slots=True)
class LinkSpan:
    """Characters `start` to `end` of a block's text lead to the document's link `number` (counted from 1)."""

    start: int
    end: int
    number: int


@dataclass(frozen=True, slots=True)
class Link:
    """An address a message wants opened. `url` is printable ASCII (IDNA and percent-encoded) or it is not a link."""

    number: int
    url: str
    host: str


@dataclass(frozen=True, slots=True)
class Block:
    """Lines read or folded together. Lines are logical: the reader wraps them to its width."""

    kind: BlockKind
    text: SafeText
    links: tuple[LinkSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One rendering of a message: its blocks in reading order, and its numbered links."""

    blocks: tuple[Block, ...]
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Body:
    """What the reader shows. At least one of `plain` and `html` is set unless the message has no text at all.

    `notice` is a sentence for the reader, e.g. that hidden text is shown because nothing else was there.
    """

    plain: Document | None
    html: Document | None
    notice: SafeText | None = None


@dataclass(frozen=True, slots=True)
class SearchText:
    """The words of a message as the index holds them: folded by mail.folding.fold."""

    subject: str
    people: str
    body: str
    files: str


@dataclass(frozen=True, slots=True)
class Email:
    """A message, parsed whole (RFC 5322, RFC 2045-2049). Times are whole seconds since 1970 UTC.

    `octets_hash` (16 octets, BLAKE2b) is the identity of the octets: equal octets are one Email wherever they lie.
    `problem` says why the message is only a placeholder; its octets can still be exported. Of one known by its header
    alone `may_have_attachments` is all that can be said of them. `bounce` is what it reports of another message
    (mail.dsn.bounce), where that was looked for. `delivered_to` are the addresses, normalised, that servers say it was
    delivered to; `fails_authentication` that the receiving one says its sender is not who it says (mail.authentication).
    """

    octets_hash: bytes
    size_octets: int
    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    subject: SafeText
    sent_at: int | None
    from_: tuple[Address, ...]
    sender: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    preview: SafeText
    body: Body
    attachments: tuple[Attachment, ...]
    search_text: SearchText
    list_id: str | None = None
    is_bulk: bool = False
    is_auto_reply: bool = False
    problem: SafeText | None = None
    keywords: frozenset[str] = field(default_factory=frozenset)
    may_have_attachments: bool = False
    bounce: Bounce | None = None
    delivered_to: tuple[str, ...] = ()
    fails_authentication: bool = False
