"""The events of a timeline as they are shown, read by the rows that tell of them, each kind of a page at once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from mail.types import ThreadId
from store.crm import timeline_changes, users
from store.crm.item_refs import PageKind, PageRef
from store.links import link_history


class EntryKind(StrEnum):
    """What kind of event it was."""

    MAIL_IN = "in"
    MAIL_OUT = "out"
    LINK = "link"
    ACTIVITY = "activity"
    NOTE = "note"
    CHANGE = "change"
    MADE = "made"


class Moment(NamedTuple):
    """A time and what it is: received, in the CRM since, entered, due, completed .."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. `by` is who it came from or who did it; `count` is of conversations linked together.

    `thread_id` leads to the conversation, `page` to the activity; `body` is the note in full.
    """

    kind: EntryKind
    at: int
    text: str
    by: str = ""
    moments: tuple[Moment, ...] = ()
    preview: str = ""
    body: str = ""
    thread_id: ThreadId | None = None
    page: PageRef | None = None
    note_id: str = ""
    count: int = 1
    is_done: bool = False
    is_pinned: bool = False


class Key(NamedTuple):
    """When it happened, and which row tells of it; `rows` are the threads of a link."""

    at: int
    kind: EntryKind
    id: Any
    rows: tuple[int, ...] = ()


def read(connection: sqlite3.Connection, item: PageRef, keys: Sequence[Key]) -> list[Entry]:
    """Return the events of one page, each kind of them read at once."""
    readers = {
        EntryKind.MAIL_IN: _read_mail,
        EntryKind.MAIL_OUT: _read_mail,
        EntryKind.ACTIVITY: _read_activities,
        EntryKind.NOTE: _read_notes,
        EntryKind.CHANGE: _read_changes,
        EntryKind.MADE: _read_made,
    }
    found: dict[tuple[EntryKind, Any], Entry] = {}
    for kind, read in readers.items():
        wanted = json.dumps([key.id for key in keys if key.kind is kind])
        if wanted != "[]":
            found.update({(kind, row_id): entry for row_id, entry in read(connection, item, wanted)})
    return [
        _link(connection, key)
        if key.kind is EntryKind.LINK
        else found.get((key.kind, key.id)) or _created(connection, item, key.at)
        for key in keys
    ]


_Read = Iterable[tuple[Any, Entry]]


class _Mail(NamedTuple):
    email_id: int
    is_outgoing: int
    received_at: int
    registered_at: int
    linked_at: int | None
    subject: str
    from_name: str
    from_email: str
    preview: str
    thread_id: int


def _read_mail(connection: sqlite3.Connection, item: PageRef, ids: str) -> _Read:
    rows = connection.execute(
        "SELECT e.id, e.is_outgoing, e.received_at, e.registered_at, l.at, e.subject, e.from_name, e.from_email,"
        " e.preview, e.thread_id FROM json_each(?) j CROSS JOIN email e ON e.id = j.value"
        " LEFT JOIN item_link l ON l.thread_id = e.thread_id AND l.item_kind = ? AND l.item_id = ?",
        (ids, item.kind.value, item.id),
    ).fetchall()
    emails = [_Mail._make(row) for row in rows]
    recipients = _recipients(connection, json.dumps([mail.email_id for mail in emails if mail.is_outgoing]))
    for mail in emails:
        whom = recipients.get(mail.email_id, "nobody")
        yield (
            mail.email_id,
            Entry(
                EntryKind.MAIL_OUT if mail.is_outgoing else EntryKind.MAIL_IN,
                mail.received_at,
                mail.subject,
                by=f"to {whom}" if mail.is_outgoing else mail.from_name or mail.from_email,
                moments=_moments(mail),
                preview=mail.preview,
                thread_id=ThreadId(mail.thread_id),
            ),
        )


def _moments(mail: _Mail) -> tuple[Moment, ...]:
    """Return when it was received, when it entered the store, and when it came to this item if that was later."""
    moments = [
        Moment("sent" if mail.is_outgoing else "received", mail.received_at),
        Moment("in the CRM", mail.registered_at),
    ]
    if mail.linked_at is not None and mail.linked_at > mail.registered_at:
        moments.append(Moment("linked", mail.linked_at))
    return tuple(moments)


def _recipients(connection: sqlite3.Connection, ids: str) -> dict[int, str]:
    """Return the first of those each message went to, and how many more there are."""
    rows = connection.execute(
        "SELECT p.email_id, coalesce(nullif(p.name, ''), nullif(a.name, ''), p.email),"
        " (SELECT count(*) - 1 FROM participant o WHERE o.email_id = p.email_id AND o.role IN ('to', 'cc', 'bcc'))"
        " FROM json_each(?) j CROSS JOIN participant p ON p.email_id = j.value AND p.role = 'to' AND p.position = 0"
        " JOIN address a ON a.id = p.address_id",
        (ids,),
    ).fetchall()
    return {email_id: f"{name} and {more} more" if more > 0 else name for email_id, name, more in rows}


def _read_activities(connection: sqlite3.Connection, _item: PageRef, ids: str) -> _Read:
    rows = connection.execute(
        "SELECT a.id, a.type, a.subject, a.note, a.entered_at, a.due_at, a.done_at, coalesce(u.name, '')"
        " FROM json_each(?) j CROSS JOIN activity a ON a.id = j.value LEFT JOIN workspace_user u ON u.id = a.responsible_id",
        (ids,),
    ).fetchall()
    for activity_id, kind, subject, note, entered, due, done, by in rows:
        named = (("entered", entered), ("due", due), ("completed", done))
        yield (
            activity_id,
            Entry(
                EntryKind.ACTIVITY,
                done or entered,
                f"{kind}: {subject}",
                by=by,
                moments=tuple(Moment(name, at) for name, at in named if at is not None),
                preview=note,
                page=PageRef(PageKind.ACTIVITY, activity_id),
                is_done=done is not None,
            ),
        )


def _read_notes(connection: sqlite3.Connection, _item: PageRef, ids: str) -> _Read:
    rows = connection.execute(
        "SELECT n.id, n.body, n.is_pinned, n.created_at, n.updated_at, n.rev, n.author_id FROM json_each(?) j"
        " CROSS JOIN note n ON n.id = j.value",
        (ids,),
    ).fetchall()
    names = _Names(connection)
    for note_id, body, is_pinned, created, updated, revision, by_user in rows:
        moments = [Moment("written", created)]
        if revision > 1 and updated > created:  # what was brought in is no change
            moments.append(Moment("changed", updated))
        first = body.strip().partition("\n")[0]
        yield (
            note_id,
            Entry(
                EntryKind.NOTE,
                created,
                first,
                by=names.of(by_user),
                moments=tuple(moments),
                body=body,
                note_id=note_id,
                is_pinned=bool(is_pinned),
            ),
        )


def _read_changes(connection: sqlite3.Connection, item: PageRef, ids: str) -> _Read:
    rows = connection.execute(
        "SELECT a.id, a.at, a.what, a.details, a.by_user FROM json_each(?) j CROSS JOIN audit a ON a.id = j.value",
        (ids,),
    ).fetchall()
    names = _Names(connection)
    for number, at, what, details, by_user in rows:
        by = names.of(by_user)
        if what in (link_history.UNLINKED, link_history.LINKED_AGAIN):
            yield number, _relinked(connection, at, what, json.loads(details), by)
            continue
        text = timeline_changes.sentence(connection, item, what, details)
        yield number, Entry(EntryKind.CHANGE, at, text, by=by, moments=(Moment("changed", at),))


def _relinked(connection: sqlite3.Connection, at: int, what: str, told: dict[str, Any], by: str) -> Entry:
    thread_id, text = timeline_changes.of_link(connection, what, told)
    moments = [Moment("changed", at)]
    if what == link_history.UNLINKED:
        moments = [Moment("linked", told["linked_at"]), Moment("unlinked", at)]
    return Entry(EntryKind.LINK, at, text, by=by, moments=tuple(moments), thread_id=thread_id)


def _created(connection: sqlite3.Connection, item: PageRef, at: int) -> Entry:
    query = (
        f"SELECT coalesce(u.name, '') FROM {item.kind.value} i LEFT JOIN workspace_user u ON u.id = i.created_by"  # noqa: S608 - tables are named as the kinds are
        " WHERE i.id = ?"
    )
    row = connection.execute(query, (item.id,)).fetchone()
    text = "entered into the CRM"
    return Entry(EntryKind.CHANGE, at, text, by=row[0] if row else "", moments=(Moment("entered", at),))


def _read_made(connection: sqlite3.Connection, _item: PageRef, ids: str) -> _Read:
    """Say what made an item by itself, and who connected the mailbox its mail came to."""
    rows = connection.execute(
        "SELECT c.thread_id, c.at, c.address, e.received_at, e.registered_at, a.name, a.address, coalesce(u.name, '')"
        " FROM json_each(?) j CROSS JOIN auto_created c ON c.thread_id = j.value JOIN thread t ON t.id = c.thread_id"
        " JOIN account a ON a.id = t.account_id LEFT JOIN email e ON e.id = c.email_id"
        " LEFT JOIN workspace_user u ON u.id = a.owner",
        (ids,),
    ).fetchall()
    for thread_id, at, address, received, registered, name, own, owner in rows:
        named = (("received", received), ("in the CRM", registered), ("made", at))
        yield (
            thread_id,
            Entry(
                EntryKind.MADE,
                at,
                f"made by itself from mail of {address} to {name or own}",
                by=f"{owner or own} connected the mailbox",
                moments=tuple(Moment(what, when) for what, when in named if when is not None),
                thread_id=ThreadId(thread_id),
            ),
        )


_ORIGINS: Final = {
    "auto": "by rule",
    "manual": "by hand",
    "compose": "when it was written",
    "bcc": "by its Smart BCC address",
    "conversion": "when the lead was converted",
    "import": "by an import",
}


_CHOSEN: Final = ("manual", "compose", "conversion")
"""Links that somebody made; others have nobody where no user is named."""


class _Names:
    """What users are called; nobody named is whoever sits at this screen."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._names: dict[str, str] = {}

    def of(self, user_id: str) -> str:
        if user_id not in self._names:
            query = "SELECT name FROM workspace_user WHERE id = ?"
            row = self._connection.execute(query, (user_id,)).fetchone()
            self._names[user_id] = (row[0] if row else "") if user_id else self._me()
        return self._names[user_id]

    def _me(self) -> str:
        me = users.me(self._connection)
        return me.name or "you"


def _link(connection: sqlite3.Connection, key: Key) -> Entry:
    origin, by = key.id
    (subject,) = connection.execute("SELECT subject FROM thread WHERE id = ?", (key.rows[0],)).fetchone()
    how = _ORIGINS.get(origin, origin)
    many = f"{len(key.rows)} conversations linked {how}"
    return Entry(
        EntryKind.LINK,
        key.at,
        many if len(key.rows) > 1 else f"linked {how}: {subject or '(no subject)'}",
        by=_Names(connection).of(by) if by or origin in _CHOSEN else "",
        moments=(Moment("linked", key.at),),
        thread_id=ThreadId(key.rows[0]),
        count=len(key.rows),
    )
