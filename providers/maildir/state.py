"""What a Maildir's State remembers: the mailboxes told, when each was last looked at, and what could not be read."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final

from mail.changes import RemoteMailbox, State
from mail.types import MailboxKey, RemoteKey, Role
from providers.errors import StateExpired
from providers.maildir.files import Snapshot

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Told:
    """How far the account has told. `page` is more than 0 in the middle of a pass: then only the page counts."""

    mailboxes: tuple[RemoteMailbox, ...] = ()
    looks: dict[MailboxKey, Snapshot] = field(default_factory=dict)
    unreadable: dict[MailboxKey, frozenset[RemoteKey]] = field(default_factory=dict)
    page: int = 0


def dumps(told: Told) -> State:
    """Write it as text, the same text for the same facts."""
    return State(
        json.dumps(
            {
                "version": _VERSION,
                "mailboxes": [[one.key, one.name, one.role] for one in told.mailboxes],
                "looks": {key: [one.new_ns, one.cur_ns, one.looked_ns] for key, one in told.looks.items()},
                "unreadable": {key: sorted(keys) for key, keys in told.unreadable.items() if keys},
                "page": told.page,
            },
            separators=(",", ":"),
        )
    )


def loads(state: State | None) -> Told:
    """Read it back. Raises StateExpired when it is not ours: then everything is compared anew."""
    if state is None:
        return Told()
    try:
        facts = json.loads(state)
        if facts["version"] != _VERSION:
            raise StateExpired("The mailbox was last read by another version of the program.")
        return Told(
            tuple(
                RemoteMailbox(key, name, Role(role) if role else None)
                for key, name, role in facts["mailboxes"]
            ),
            {key: Snapshot(*times) for key, times in facts["looks"].items()},
            {key: frozenset(keys) for key, keys in facts["unreadable"].items()},
            facts["page"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateExpired("The memory of this Maildir is damaged; it is read anew.") from error
