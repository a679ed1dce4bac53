"""Finding messages again by their Message-ID: when an answer was lost, or a server does not say where it put them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from mail import message_ids
from mail.types import MailboxKey
from providers.imap.line import Line
from providers.imap.session import Fetched, UidSet

_ONE_BY_ONE: Final = 3
_NEWEST: Final = 2_000
"""Among so many of the newest messages of a mailbox, many that were put there a moment ago are looked for."""
_FIELD: Final = re.compile(rb"(?is)^message-id[ \t]*:(.*?)(?=\r?\n[^ \t]|\Z)", re.MULTILINE)
ITEMS: Final = "INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"


class Facts(NamedTuple):
    """What tells a copy from another message: copies keep all of it (RFC 3501 §6.4.7)."""

    message_id: str
    size: int | None
    received_at: int | None


def facts(line: Line, uids: UidSet) -> dict[int, Facts]:
    """Return what there is to know of messages in the open mailbox; those that are gone are left out."""
    return {one.uid: _facts(one) for one in line.session.fetch(uids, ITEMS)}


def _facts(fetched: Fetched) -> Facts:
    return Facts(
        message_id_of(fetched.sections.get("HEADER.FIELDS", b"")), fetched.size, fetched.internal_date
    )


def message_id_of(header: bytes) -> str:
    """Return the Message-ID a header names, without brackets; "" when it names none."""
    end = header.find(b"\r\n\r\n")
    found = _FIELD.search(header if end < 0 else header[:end])
    return (message_ids.one(found[1].decode("utf-8", "replace")) or "") if found else ""


def by_message_id(line: Line, mailbox: MailboxKey, wanted: Iterable[str]) -> dict[str, UidSet]:
    """Return the messages with these Message-IDs, marked ones left out; the mailbox is open afterwards. Raises Refused, RetryLater."""
    grouped: dict[str, list[int]] = {}
    for uid, one in facts_by_message_id(line, mailbox, wanted).items():
        grouped.setdefault(one.message_id, []).append(uid)
    return {name: UidSet.from_uids(uids) for name, uids in grouped.items()}


def facts_by_message_id(line: Line, mailbox: MailboxKey, wanted: Iterable[str]) -> dict[int, Facts]:
    """Return what there is to know of those messages, by uid.

    The mailbox is opened anew: some servers show a message just added only then.
    """
    names = {name for name in wanted if name}
    if not names:
        return {}
    selected = line.select_anew(mailbox)
    if not selected.exists:
        return {}
    if len(names) <= _ONE_BY_ONE:
        candidates = UidSet()
        for name in names:  # a search is for a part of the field: "7@x" is found in "17@x"
            candidates |= line.session.search(f"UNDELETED HEADER Message-ID {quoted(name)}")
    else:
        newest = sorted(line.session.search("UNDELETED"))[-max(_NEWEST, 2 * len(names)) :]
        candidates = UidSet.from_uids(newest)
    found = facts(line, candidates) if candidates else {}
    return {uid: one for uid, one in found.items() if one.message_id in names}


def quoted(text: str) -> str:
    """Write text as a quoted string of IMAP; what cannot stand in one is left out, a search is for substrings."""
    clean = "".join(letter for letter in text if letter.isprintable())
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'
