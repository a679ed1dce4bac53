"""LIST, with the counts of every mailbox where the server tells both at once (RFC 5258, 5819, 6154)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from providers.imap import arguments, names
from providers.imap.answers import Listed, Status
from providers.imap.conversation import Answer, Conversation
from providers.imap.refusals import Refused
from providers.imap.tokens import Garbled

_MOST: Final = 200_000


def list_mailboxes(speaking: Conversation, offered: frozenset[str], *, with_status: bool) -> list[Listed]:
    """Return every mailbox once; what cannot be read is left out."""
    options = []
    if "SPECIAL-USE" in offered and ("LIST-EXTENDED" in offered or "LIST-STATUS" in offered):
        options.append(b"SPECIAL-USE")
    if with_status and "LIST-STATUS" in offered:
        options.append(b"STATUS (%b)" % _status_items(offered))
    if not options:
        return _told(speaking.run(b'LIST "" "*"'))
    try:
        return _told(speaking.run(b'LIST "" "*" RETURN (%b)' % b" ".join(options)))
    except Refused:
        return _told(speaking.run(b'LIST "" "*"'))


def status(speaking: Conversation, offered: frozenset[str], mailbox: str) -> Status:
    """Return the counts of one mailbox; empty when the answer cannot be read."""
    answers = speaking.run(b"STATUS ", arguments.mailbox(mailbox), b" (%b)" % _status_items(offered))
    for answer in answers:
        if answer.kind == b"STATUS":
            try:
                return names.status(answer.tokens())[1]
            except Garbled:
                continue
    return Status()


def _status_items(offered: frozenset[str]) -> bytes:
    items = [item for item in names.STATUS_ITEMS if item != "HIGHESTMODSEQ" or "CONDSTORE" in offered]
    return " ".join(items).encode("ascii")


def _told(answers: list[Answer]) -> list[Listed]:
    found: dict[str, Listed] = {}
    counts: dict[str, Status] = {}
    for answer in answers[:_MOST]:
        try:
            if answer.kind == b"LIST":
                listed = names.listed(answer.tokens())
                found[listed.name] = listed
            elif answer.kind == b"STATUS":
                name, told = names.status(answer.tokens())
                counts[name] = told
        except Garbled:
            continue
    return [replace(listed, status=counts.get(listed.name)) for listed in found.values()]
