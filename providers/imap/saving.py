"""Adding what was written here: drafts and copies of what was sent, each once however often it is asked."""

from __future__ import annotations

import re
from typing import Final

from mail.operations import Applied, CreateMailbox, Destroy, Save
from mail.types import MailboxKey
from providers.errors import Rejected
from providers.imap import convert, finding, mailboxes
from providers.imap.doing import Hand, explain
from providers.imap.labelling import LabelHand
from providers.imap.line import Line
from providers.imap.refusals import Refused
from providers.imap.session import UidSet

# What tells one state of a draft from the next, which has the same Message-ID.
_REVISION: Final = re.compile(rb"(?im)^(x-dealbox-(?:draft|revision))[ \t]*:[ \t]*([^\r\n]*)")
_LEVEL_LIMIT: Final = 100
_CANNOT: Final = "Use levels of 1 to 100 letters."


def save(line: Line, hand: Hand | LabelHand, operation: Save, shown_in: MailboxKey) -> Applied:
    """Add a message unless it is there, then remove the one it replaces. Raises Rejected, RetryLater.

    `shown_in` is the mailbox whose uids are told of it: another one where mailboxes are labels.
    """
    try:
        place = _find(line, operation.message, shown_in)
        if place is None:
            place = _append(line, operation, shown_in)
    except Refused as error:
        raise explain(error, operation.mailbox) from error
    key = convert.key_of(*place)
    if operation.replaces is not None and operation.replaces != key:
        epoch, _ = convert.numbers_of(operation.replaces)
        if epoch == place[0]:
            hand.destroy([Destroy(operation.mailbox, operation.replaces)])
    return Applied(operation.mailbox, key)


def _find(line: Line, message: bytes, mailbox: MailboxKey) -> tuple[int, int] | None:
    """Return where an earlier try, or the server by itself, put the message: the newest of several."""
    header = message[: _end_of_header(message)]
    message_id = finding.message_id_of(header)
    if not message_id:
        return None
    uids = finding.by_message_id(line, mailbox, (message_id,)).get(message_id, UidSet())
    if uids and (revision := _REVISION.search(header)):
        value = revision[2].decode("latin-1").strip()
        uids = _with_revision(line, uids, revision[1].decode().upper(), value)
    if not uids:
        return None
    return (line.select(mailbox).uidvalidity or 0, uids.highest)


def _with_revision(line: Line, uids: UidSet, field: str, value: str) -> UidSet:
    found = []
    for one in line.session.fetch(uids, f"BODY.PEEK[HEADER.FIELDS ({field})]"):
        said = one.sections.get("HEADER.FIELDS", b"").partition(b":")[2].strip().decode("latin-1")
        if said == value:
            found.append(one.uid)
    return UidSet.from_uids(found)


def _append(line: Line, operation: Save, shown_in: MailboxKey) -> tuple[int, int]:
    session = line.session
    flags = convert.flags_of(operation.keywords)
    placed = session.append(operation.mailbox, operation.message, flags, operation.received_at)
    line.forget()  # some servers show what was added only to those who open the mailbox again
    place = placed if placed and shown_in == operation.mailbox else None
    place = place or _find(line, operation.message, shown_in)
    if place is None:
        raise Rejected("The server took the message and does not show it; look for it in its web mail.")
    return place


def _end_of_header(message: bytes) -> int:
    end = message.find(b"\r\n\r\n")
    return len(message) if end < 0 else end + 2


def create_mailbox(line: Line, operation: CreateMailbox) -> Applied:
    """Make a mailbox below the personal namespace, and subscribe to it. Raises Rejected, RetryLater."""
    levels = operation.name.split("/")
    if any(not level.strip() or len(level) > _LEVEL_LIMIT or not level.isprintable() for level in levels):
        raise Rejected(f"“{operation.name}” cannot be the name of a mailbox. {_CANNOT}")
    session = line.session
    listed = session.list_mailboxes()
    for one in listed:
        key = MailboxKey(one.name)
        if one.is_selectable and convert.name_of(key, one.delimiter) == operation.name:
            return Applied(key)
    delimiter, prefix = mailboxes.namespace(listed)
    if delimiter is not None and delimiter != "/" and any(delimiter in level for level in levels):
        raise Rejected(
            f"“{operation.name}” cannot be the name of a mailbox here: “{delimiter}” parts levels."
        )
    key = convert.mailbox_of(operation.name, delimiter, prefix)
    try:
        session.create(key)
        session.subscribe(key)
    except Refused as error:
        raise Rejected(f"The server refused to make the mailbox “{operation.name}”: {error}") from error
    return Applied(key)
