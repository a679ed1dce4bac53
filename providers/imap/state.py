"""What an account's State remembers: of each mailbox, up to where it was told, and which numbers are still to come."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from mail.changes import RemoteMailbox, State
from mail.types import MailboxKey, Role
from providers.errors import StateExpired
from providers.imap.uid_set import UidSet

_VERSION: Final = 1
FIRST: Final = 200
"""So much of a mailbox comes before older mail of any other."""


class Counts(NamedTuple):
    """What a server says of a mailbox without opening it; None is what it does not say."""

    uidvalidity: int
    uidnext: int | None
    messages: int
    modseq: int | None


@dataclass(frozen=True, slots=True)
class Box:
    """One mailbox. Of what lies below `uidnext`, all but `todo` was told, with the flags as of `modseq` or later.

    `counts` is what the server said at the look that found it so, None when the next look is to examine it whatever
    it says. `exists` is how many messages there were. `older_modseq` is that of the look before (Gmail, F16).
    `hidden` are messages marked \\Deleted that still lie there. `doubted` is how many seemed to be gone at the last
    look, too many to believe at once. `renumberings` counts epochs that followed each other without rest;
    `is_renumbering` holds until the keys of earlier epochs are told to be gone. `frozen_until` is when a mailbox that
    is numbered anew every time is looked at again. `first` counts the newest that were told, up to FIRST. `unanswered`
    is how many numbers the server had no answer for: positive until they were looked for once more.
    """

    role: Role | None
    counts: Counts | None = None
    uidvalidity: int = 0
    uidnext: int = 1
    modseq: int | None = None
    older_modseq: int | None = None
    exists: int = 0
    todo: UidSet = field(default_factory=UidSet)
    hidden: UidSet = field(default_factory=UidSet)
    checked_at: int = 0
    doubted: int = 0
    renumberings: int = 0
    is_renumbering: bool = False
    frozen_until: int = 0
    since_days: int = 0
    first: int = 0
    unanswered: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """The mailboxes as they were told, and how far each of those that hold messages was told."""

    mailboxes: tuple[RemoteMailbox, ...] = ()
    boxes: Mapping[MailboxKey, Box] = field(default_factory=dict)


def dumps(account: Account) -> State:
    """Write it as text, the same text for the same facts."""
    return State(
        json.dumps(
            {
                "version": _VERSION,
                "mailboxes": [[one.key, one.name, one.role] for one in account.mailboxes],
                "boxes": {key: _fields(box) for key, box in account.boxes.items()},
            },
            separators=(",", ":"),
        )
    )


def _fields(box: Box) -> list[object]:
    return [
        box.role,
        box.counts,
        box.uidvalidity,
        box.uidnext,
        box.modseq,
        box.older_modseq,
        box.exists,
        str(box.todo),
        str(box.hidden),
        box.checked_at,
        box.doubted,
        box.renumberings,
        box.is_renumbering,
        box.frozen_until,
        box.since_days,
        box.first,
        box.unanswered,
    ]


def loads(state: State | None) -> Account:
    """Read it back. Raises StateExpired when it is not ours: then everything is compared anew."""
    if state is None:
        return Account()
    try:
        facts = json.loads(state)
        if facts["version"] != _VERSION:
            raise StateExpired("The account was last read by another version of the program.")
        return Account(
            tuple(
                RemoteMailbox(MailboxKey(key), name, Role(role) if role else None)
                for key, name, role in facts["mailboxes"]
            ),
            {MailboxKey(key): _box(*fields) for key, fields in facts["boxes"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateExpired("The memory of this account is damaged; it is compared anew.") from error


def _box(
    role: str | None,
    counts: list[int] | None,
    uidvalidity: int,
    uidnext: int,
    modseq: int | None,
    older_modseq: int | None,
    exists: int,
    todo: str,
    hidden: str,
    *rest: int,
) -> Box:
    checked_at, doubted, renumberings, is_renumbering, frozen_until, since_days, first, unanswered = rest
    return Box(
        Role(role) if role else None,
        Counts(*counts) if counts else None,
        uidvalidity,
        uidnext,
        modseq,
        older_modseq,
        exists,
        _uids(todo),
        _uids(hidden),
        checked_at,
        doubted,
        renumberings,
        bool(is_renumbering),
        frozen_until,
        since_days,
        first,
        unanswered,
    )


def _uids(text: str) -> UidSet:
    return UidSet.parse(text.encode()) if text else UidSet()
