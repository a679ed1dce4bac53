"""Messages as FETCH tells them, as what the cache is told: by header, and whole where they are few and small."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from mail import identity
from mail.changes import RemoteEmail
from mail.types import MailboxKey
from providers.imap import convert
from providers.imap.gmail import Labels
from providers.imap.line import Line
from providers.imap.refusals import Oversized
from providers.imap.session import Fetched, UidSet

WHOLE_OCTETS: Final = 256 * 1024
"""A message this small comes whole when it is new, and few are."""
_FIELDS: Final = (
    "DATE FROM SENDER REPLY-TO TO CC BCC SUBJECT MESSAGE-ID IN-REPLY-TO REFERENCES LIST-ID LIST-UNSUBSCRIBE PRECEDENCE "
    "AUTO-SUBMITTED X-AUTO-RESPONSE-SUPPRESS CONTENT-TYPE RETURN-PATH X-DEALBOX-DRAFT X-DEALBOX-REVISION "
    "DELIVERED-TO X-ORIGINAL-TO ENVELOPE-TO X-ENVELOPE-TO X-DELIVERED-TO"
)
_FACTS: Final = "FLAGS INTERNALDATE RFC822.SIZE"
_HEADER: Final = f"{_FACTS} BODY.PEEK[HEADER.FIELDS ({_FIELDS})]"
# One octet more than is kept: a message that fills it is not whole, whatever RFC822.SIZE says.
_BEGINNING: Final = f"{_FACTS} BODY.PEEK[]<0.{WHOLE_OCTETS + 1}>"


class Window:
    """Some messages of one mailbox as they were fetched: newest first, with those that are marked as deleted apart."""

    def __init__(self) -> None:
        self.fetched: list[Fetched] = []
        self.deleted: list[int] = []
        self.unreadable: list[int] = []
        self.unanswered = UidSet()


def fetch(line: Line, mailbox: MailboxKey, uids: UidSet, *, is_whole: bool, has_labels: bool) -> Window:
    """Fetch a window of a mailbox that is open. Raises RetryLater."""
    items = _BEGINNING if is_whole else _HEADER
    if has_labels:
        items += " X-GM-MSGID X-GM-THRID X-GM-LABELS"
    window = Window()
    found: list[Fetched] = []
    waiting = [uids]
    while waiting:
        wanted = waiting.pop()
        line.select(mailbox)
        try:
            for one in line.session.fetch(wanted, items):
                found.append(one)  # noqa: PERF402 - those before an Oversized count
        except Oversized as error:
            left = wanted - UidSet.from_uids(one.uid for one in found)
            poison = error.uid if len(left) != 1 else left.lowest
            if poison is not None and poison in left:
                window.unreadable.append(poison)
                waiting.append(left - UidSet.from_uids([poison]))
            else:
                waiting += _halves(left)
            waiting = [one for one in waiting if one]
    answers = {one.uid: one for one in found if one.uid in uids}
    for uid in sorted(answers, reverse=True):
        if answers[uid].flags is not None and convert.is_deleted(answers[uid].flags or ()):
            window.deleted.append(uid)
        else:
            window.fetched.append(answers[uid])
    window.unanswered = uids - UidSet.from_uids((*answers, *window.unreadable))
    return window


def _halves(uids: UidSet) -> list[UidSet]:
    half = newest(uids, len(uids) // 2)
    return [half, uids - half]


def newest(uids: UidSet, count: int) -> UidSet:
    """Return the highest numbers of a set."""
    left = count
    kept: list[tuple[int, int]] = []
    for start, end in reversed(uids.ranges):
        if left <= 0:
            break
        kept.append((max(start, end - left + 1), end))
        left -= end - kept[-1][0] + 1
    return UidSet(kept)


def remote_emails(
    window: Window, mailbox: MailboxKey, uidvalidity: int, labels: Labels | None, now: int
) -> Iterator[tuple[int, tuple[RemoteEmail, ...]]]:
    """Yield what the cache is told of each message, newest first: more than one place where it has labels."""
    if labels is not None and mailbox != labels.all_mail:
        labels = None  # what lies in trash or junk shows there only, whatever labels it keeps
    for one in window.fetched:
        yield one.uid, tuple(_places(one, mailbox, uidvalidity, labels, now))
    for uid in window.unreadable:
        key = convert.key_of(uidvalidity, uid)
        problem = (
            f"The server's answer about this message is too large to be taken in ({mailbox}, number {uid})."
        )
        yield uid, (RemoteEmail(mailbox, key, frozenset(), now, None, problem=problem),)


def _places(
    one: Fetched, mailbox: MailboxKey, uidvalidity: int, labels: Labels | None, now: int
) -> Iterable[RemoteEmail]:
    octets = one.sections.get("")
    message = octets if octets is not None and len(octets) <= WHOLE_OCTETS else None
    header = _header(octets) if octets is not None else one.sections.get("HEADER.FIELDS", b"")
    received_at = now if one.internal_date is None else one.internal_date
    size = len(message or b"") if one.size is None else one.size
    own = identity.of(header, size, received_at)
    for where in (mailbox, *(labels.mailboxes_of(one.labels or ()) if labels else ())):
        yield RemoteEmail(
            where,
            convert.key_of(uidvalidity, one.uid),
            convert.keywords_of(one.flags or ()),
            received_at,
            message,
            header=header,
            size_octets=size,
            identity=own if one.gmail_id is None else b"gmail:%x" % one.gmail_id,
            thread_key=None if one.gmail_thread is None else f"gmail:{one.gmail_thread:x}",
        )


def _header(octets: bytes) -> bytes:
    end = octets.find(b"\r\n\r\n")
    return octets if end < 0 else octets[: end + 4]
