"""What a thread looks like in a list, worked out from its emails. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from mail.ids import Role

HIDDEN: Final = frozenset({Role.TRASH.value, Role.JUNK.value})
"""What lies only there is out of sight: it is in no view, and makes no thread unread elsewhere (RFC 8621 §2)."""
MOST_NAMES: Final = 4
_VIEWS: Final = (Role.ALL, Role.FLAGGED, Role.UNREAD, Role.UNLINKED)


class Line(NamedTuple):
    """An email in one of the mailboxes where the user wants it; one that lies in two has two lines."""

    thread_id: int
    email_id: int
    received_at: int
    seen: int
    flagged: int
    draft: int
    is_outgoing: int
    has_attachment: int
    from_name: str
    from_email: str
    subject: str
    preview: str
    mailbox_id: int


class Listed(NamedTuple):
    """A thread's row in one mailbox or view."""

    mailbox_id: int
    at: int
    thread_id: int
    is_unread: int


class Summary(NamedTuple):
    """The columns of a thread that follow from its emails, in the order of threads.UPDATE."""

    subject: str
    participants: str
    preview: str
    started_at: int
    last_at: int
    last_in_at: int | None
    last_out_at: int | None
    email_count: int
    unread_count: int
    is_flagged: int
    has_attachment: int
    has_draft: int


@dataclass(frozen=True, slots=True)
class Views:
    """Mailboxes of one account that mean something here: those out of sight, and our views by role."""

    hidden: frozenset[int]
    all: int
    flagged: int
    unread: int
    unlinked: int


def lists(lines: Sequence[Line], views: Views, *, is_to_file: bool = False) -> list[Listed]:
    """Return where a thread is listed, given all its lines, and whether it waits to be linked (store.links.to_file)."""
    newest: dict[int, int] = {}
    hidden_unread: set[int] = set()
    is_unread = 0
    for line in lines:
        unread = not (line.seen or line.draft)
        places = [line.mailbox_id]
        if line.mailbox_id in views.hidden:
            if unread:
                hidden_unread.add(line.mailbox_id)
        else:
            places.append(views.all)
            if line.flagged:
                places.append(views.flagged)
            if unread:
                is_unread = 1
                places.append(views.unread)
        for place in places:
            if line.received_at > newest.get(place, -1):
                newest[place] = line.received_at
    if is_to_file and views.all in newest:
        newest[views.unlinked] = newest[views.all]
    thread_id = lines[0].thread_id
    return [
        Listed(place, at, thread_id, int(place in hidden_unread) if place in views.hidden else is_unread)
        for place, at in newest.items()
    ]


def summary(lines: Sequence[Line], hidden: frozenset[int], recipients: Sequence[str] = ()) -> Summary:
    """Return the summary of a thread, given all its lines; `recipients` of one that only the owner wrote in.

    Emails out of sight count only in a thread that is out of sight as a whole; email_count counts all.
    """
    every = sorted({line.email_id: line for line in lines}.values(), key=lambda line: line.email_id)
    visible = {line.email_id for line in lines if line.mailbox_id not in hidden}
    counted = [line for line in every if line.email_id in visible] or every
    sent = [line for line in counted if not line.draft]
    newest = (sent or counted)[-1]
    return Summary(
        subject=every[0].subject,
        participants=participants(counted, recipients),
        preview=newest.preview,
        started_at=every[0].received_at,
        last_at=newest.received_at,
        last_in_at=max((line.received_at for line in sent if not line.is_outgoing), default=None),
        last_out_at=max((line.received_at for line in sent if line.is_outgoing), default=None),
        email_count=len(every),
        unread_count=sum(1 for line in counted if not (line.seen or line.draft)),
        is_flagged=int(any(line.flagged for line in counted)),
        has_attachment=int(any(line.has_attachment for line in counted)),
        has_draft=int(any(line.draft for line in counted)),
    )


def participants(lines: Iterable[Line], recipients: Sequence[str] = ()) -> str:
    """Return who wrote, in the order they first did: "Ana Lima" alone, else "Ana, Bob, me"; at most MOST_NAMES."""
    names: dict[str, str] = {}
    for line in lines:
        key = "" if line.is_outgoing else line.from_email.casefold()
        names.setdefault(key, line.from_name or line.from_email)
    if names.keys() == {""}:
        return f"To: {_joined(recipients)}" if recipients else "me"
    if len(names) == 1:
        return next(iter(names.values()))
    return _joined([short_name(name) if key else "me" for key, name in names.items()])


def short_name(name: str) -> str:
    """Return the word a person is called by: "Ana" of "Ana Lima" and of "Lima, Ana", "ana" of an address."""
    if "@" in name and " " not in name:
        return name.partition("@")[0] or name
    last, comma, first = name.partition(", ")
    words = (first if comma and first and " " not in last else name).split()
    word = words[0].strip("\"',;") if words else ""
    return word or name


def _joined(names: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(names))
    if len(distinct) > MOST_NAMES:
        distinct = [distinct[0], "…", *distinct[-2:]]
    return ", ".join(distinct)


def only_own(lines: Iterable[Line]) -> bool:
    """Say whether the owner wrote every email of a thread, so that a list had better name whom it went to."""
    return all(line.is_outgoing for line in lines)


def views_of(mailboxes: Iterable[tuple[int, str | None, int]]) -> Views:
    """Return what an account's mailboxes mean, given (id, role, is a view)."""
    views: dict[str, int] = {}
    hidden: set[int] = set()
    for mailbox_id, role, is_view in mailboxes:
        if is_view and role:
            views[role] = mailbox_id
        elif role in HIDDEN:
            hidden.add(mailbox_id)
    return Views(frozenset(hidden), *(views[role.value] for role in _VIEWS))


def differences(before: Iterable[Listed], after: Iterable[Listed]) -> Mapping[int, tuple[int, int]]:
    """Return by mailbox how many threads, and how many unread ones, it lists more than before."""
    counts: dict[int, list[int]] = {}
    for sign, rows in ((-1, before), (1, after)):
        for row in rows:
            count = counts.setdefault(row.mailbox_id, [0, 0])
            count[0] += sign
            count[1] += sign * row.is_unread
    return {mailbox_id: (total, unread) for mailbox_id, (total, unread) in counts.items() if total or unread}
