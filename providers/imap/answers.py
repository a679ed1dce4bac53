"""What a server says, as values: messages, mailboxes, what changed by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from providers.imap.tokens import Node
from providers.imap.uid_set import UidSet

NO_SECTIONS: Mapping[str, bytes] = MappingProxyType({})
NO_OTHERS: Mapping[str, Node] = MappingProxyType({})


class Fetched(NamedTuple):
    """What one FETCH answer tells of a message; None is what it does not tell.

    A tuple, for there are 100,000 of them in a sweep. `flags` are as the server writes them ("\\Seen", "$label1").
    `internal_date` is seconds since 1970. `sections` has what was asked of BODY[..] by the section's name in upper
    case, without its field names and origin: "", "HEADER", "HEADER.FIELDS", "1.2", "1.2.MIME". A section the server
    answered NIL to is not in it. `others` has items without a field of their own, as "BODYSTRUCTURE" and "EMAILID".
    """

    uid: int
    flags: frozenset[str] | None = None
    internal_date: int | None = None
    size: int | None = None
    modseq: int | None = None
    gmail_id: int | None = None
    gmail_thread: int | None = None
    labels: frozenset[str] | None = None
    sections: Mapping[str, bytes] = NO_SECTIONS
    others: Mapping[str, Node] = NO_OTHERS


@dataclass(frozen=True, slots=True)
class Status:
    """What STATUS tells of a mailbox; None is what the server did not tell, or told as 0 where 0 is no value."""

    messages: int | None = None
    uidnext: int | None = None
    uidvalidity: int | None = None
    highestmodseq: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One mailbox of LIST.

    `name` is the name as it goes over the wire, each octet a character: what every other method takes.
    `attributes` are in lower case, as "\\sent" and "\\noselect".
    """

    name: str
    delimiter: str | None
    attributes: frozenset[str]
    status: Status | None = None

    @property
    def is_selectable(self) -> bool:
        """Tell whether it can hold mail."""
        return not self.attributes & {"\\noselect", "\\nonexistent"}


@dataclass(frozen=True, slots=True)
class Selected:
    """What SELECT tells; `vanished` and `changed` only when it was asked with `qresync` and the epoch is the same."""

    exists: int
    uidvalidity: int | None
    uidnext: int | None
    highestmodseq: int | None
    is_readonly: bool
    permanent_flags: frozenset[str] | None
    vanished: UidSet
    changed: tuple[Fetched, ...]


@dataclass(frozen=True, slots=True)
class Unsolicited:
    """What the server told of the selected mailbox by itself since it was last asked for.

    `expunged` counts messages that went without their UIDs being told. `is_incomplete`: more happened than this says.
    """

    exists: int | None = None
    vanished: UidSet = field(default_factory=UidSet)
    expunged: int = 0
    changed: tuple[Fetched, ...] = ()
    is_incomplete: bool = False

    def __bool__(self) -> bool:
        """Tell whether anything happened."""
        return bool(
            self.exists is not None or self.vanished or self.expunged or self.changed or self.is_incomplete
        )
