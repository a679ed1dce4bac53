"""What a search asks, as a tree. Made from text by mail.query.parse, carried out by store.searches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final


class Field(StrEnum):
    """Where words are looked for; ANY is all of them."""

    ANY = "any"
    SUBJECT = "subject"
    BODY = "body"
    FILENAME = "filename"


class Party(StrEnum):
    """In which of its addresses a message names somebody; WITH is any of them."""

    FROM = "from"
    TO = "to"
    CC = "cc"
    BCC = "bcc"
    WITH = "with"


class Mark(StrEnum):
    """What a message or its conversation can be."""

    UNREAD = "unread"
    READ = "read"
    STARRED = "starred"
    UNSTARRED = "unstarred"
    DRAFT = "draft"
    ANSWERED = "answered"
    FORWARDED = "forwarded"
    OUTGOING = "outgoing"
    INCOMING = "incoming"
    LINKED = "linked"
    UNLINKED = "unlinked"
    BULK = "bulk"


class Comparison(StrEnum):
    """How a fact is compared with a value."""

    EQUAL = "="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Text:
    """Words side by side, searched as mail.folding folds them; the last may be the beginning of a longer one."""

    words: str
    is_prefix: bool = False
    field: Field = Field.ANY


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody by a part of name or address."""

    party: Party
    text: str


@dataclass(frozen=True, slots=True)
class HasAttachment:
    """Something is attached."""


@dataclass(frozen=True, slots=True)
class Is:
    """It is so marked."""

    mark: Mark


@dataclass(frozen=True, slots=True)
class In:
    """It lies in a mailbox, by role or name."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class Before:
    """Received before a day began."""

    day: date


@dataclass(frozen=True, slots=True)
class After:
    """Received on a day or later."""

    day: date


@dataclass(frozen=True, slots=True)
class On:
    """Received from one day to another, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Newer:
    """Received in the last so many hours."""

    hours: int


@dataclass(frozen=True, slots=True)
class Older:
    """Received more than so many hours ago."""

    hours: int


@dataclass(frozen=True, slots=True)
class Larger:
    """Of more octets."""

    octets: int


@dataclass(frozen=True, slots=True)
class Smaller:
    """Of fewer octets."""

    octets: int


@dataclass(frozen=True, slots=True)
class MessageId:
    """With this Message-ID, without its angle brackets."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of the linked item or the conversation: item, deal.stage, deal.value, waiting, opened."""

    name: str
    comparison: Comparison
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    """Everything but."""

    part: Query


@dataclass(frozen=True, slots=True)
class And:
    """All of these, two or more; none at all is everything."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of these, two or more."""

    parts: tuple[Query, ...]


Leaf = (
    Text | Participant | HasAttachment | Is | In | Before | After | On | Newer | Older | Larger | Smaller | MessageId | Fact
)  # fmt: skip
Query = And | Or | Not | Leaf

EVERYTHING: Final = And(())
