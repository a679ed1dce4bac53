"""Where messages lie, as the account tells it, under what the user wants meanwhile."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from mail.keywords import ANSWERED, DRAFT, FLAGGED, FORWARDED, SEEN
from mail.types import AccountId, MailboxId, RemoteKey
from store import events
from store.mailboxes import COPY as COPY
from store.mailboxes import LOCAL as LOCAL

_KEYWORDS: Final = (SEEN, FLAGGED, DRAFT, ANSWERED, FORWARDED)
"""In the order of the columns seen, flagged, draft, answered, forwarded."""


class Place(NamedTuple):
    """A message in a mailbox as told. `email_id` is None when no octets were told; then `problem` may say why."""

    mailbox_id: MailboxId
    key: RemoteKey
    email_id: int | None
    keywords: str
    path: str | None
    problem: str | None


class _Stored(NamedTuple):
    mailbox_id: int
    key: str
    id: int
    email_id: int
    keywords: str
    path: str | bytes | None
    is_destroyed: int


_FIND: Final = (
    "SELECT p.remote_mailbox_id, p.remote_key, p.id, p.email_id, p.remote_keywords, p.path, p.is_destroyed "
    "FROM json_each(?2) j CROSS JOIN placement p ON p.remote_mailbox_id = ?1 AND p.remote_key = j.value"
)


def upsert(
    connection: sqlite3.Connection, places: Sequence[Place], renumbered: Collection[MailboxId] = ()
) -> set[int]:
    """Keep what the account told of each place; return the emails it concerns.

    In `renumbered` mailboxes a message told under a key of a new epoch takes over the place it had in another one.
    """
    stored = _find(connection, [(place.mailbox_id, place.key) for place in places])
    if renumbered:
        stored |= _taken_over(
            connection, [place for place in places if place.mailbox_id in renumbered], stored
        )
    new: list[Place] = []
    changed: list[tuple[object, ...]] = []
    replaced: list[_Stored] = []
    unreadable: list[Place] = []
    touched: set[int] = set()
    for place in places:
        row = stored.get((place.mailbox_id, place.key))
        if row is not None and place.email_id in (None, row.email_id):
            path = row.path if place.path is None else storable(place.path)
            if (place.keywords, path) != (row.keywords, row.path) or row.is_destroyed:
                changed.append((place.keywords, path, row.id))
                touched.add(row.email_id)
        elif place.email_id is None:
            unreadable.append(place)
        else:
            new.append(place)
            touched.add(place.email_id)
            if row is not None:
                replaced.append(row)
    touched.update(row.email_id for row in replaced)
    _delete(connection, [row.id for row in replaced])
    _insert(connection, new)
    connection.executemany(_UPDATE, changed)
    unreadable += [place for place in new if place.problem is not None]  # shown by a placeholder
    _note_unreadable(connection, unreadable, [place for place in new if place.problem is None])
    return touched


_UPDATE: Final = (
    "UPDATE placement SET remote_keywords = ?1, path = ?2, is_destroyed = is_destroyed AND EXISTS "
    "(SELECT 1 FROM open_operation o WHERE o.placement_id = ?3 AND o.kind = 'destroy') WHERE id = ?3"
)


def storable(path: str | None) -> str | bytes | None:
    """Return a path as SQLite takes it: octets when it is not UTF-8."""
    if path is None or path.isascii():
        return path
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def _find(
    connection: sqlite3.Connection, keys: Iterable[tuple[MailboxId, RemoteKey]]
) -> dict[tuple[int, str], _Stored]:
    found: dict[tuple[int, str], _Stored] = {}
    for mailbox_id, group in groupby(sorted(keys), key=lambda pair: pair[0]):
        wanted = json.dumps([key for _, key in group])
        for row in connection.execute(_FIND, (mailbox_id, wanted)).fetchall():
            found[row[:2]] = _Stored._make(row)
    return found


def _taken_over(
    connection: sqlite3.Connection, places: Iterable[Place], stored: Mapping[tuple[int, str], _Stored]
) -> dict[tuple[int, str], _Stored]:
    """Give the places that messages had before their mailbox was numbered anew the keys they have now."""
    found: dict[tuple[int, str], _Stored] = {}
    taken: set[int] = set()
    for place in places:
        if place.email_id is None or (place.mailbox_id, place.key) in stored:
            continue
        rows = connection.execute(_OF_EMAIL, (place.email_id, place.mailbox_id)).fetchall()
        old = next(
            (
                row
                for row in map(_Stored._make, rows)
                if row.id not in taken and _is_older(row.key, place.key)
            ),
            None,
        )
        if old is not None:
            taken.add(old.id)
            connection.execute("UPDATE placement SET remote_key = ? WHERE id = ?", (place.key, old.id))
            found[place.mailbox_id, place.key] = old._replace(key=place.key)
    return found


_OF_EMAIL: Final = (
    "SELECT remote_mailbox_id, remote_key, id, email_id, remote_keywords, path, is_destroyed FROM placement "
    "WHERE email_id = ? AND remote_mailbox_id = ? ORDER BY id"
)


def _is_older(key: str, new_key: str) -> bool:
    return key.partition(".")[0] != new_key.partition(".")[0] and not key.startswith(LOCAL)


def _insert(connection: sqlite3.Connection, places: Sequence[Place]) -> None:
    connection.executemany(
        "INSERT INTO placement (email_id, mailbox_id, remote_mailbox_id, remote_key, remote_keywords, path) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                place.email_id,
                place.mailbox_id,
                place.mailbox_id,
                place.key,
                place.keywords,
                storable(place.path),
            )
            for place in places
        ],
    )


def _note_unreadable(
    connection: sqlite3.Connection, unreadable: Sequence[Place], readable: Sequence[Place]
) -> None:
    now = int(time.time())
    connection.executemany(
        "INSERT INTO unreadable (remote_mailbox_id, remote_key, attempts, reason, last_at) VALUES (?, ?, 1, ?, ?) "
        "ON CONFLICT DO UPDATE SET attempts = attempts + 1, reason = excluded.reason, last_at = excluded.last_at",
        [
            (place.mailbox_id, place.key, place.problem or "the account did not give its octets", now)
            for place in unreadable
        ],
    )
    if connection.execute("SELECT 1 FROM unreadable LIMIT 1").fetchone():
        connection.executemany(
            "DELETE FROM unreadable WHERE remote_mailbox_id = ? AND remote_key = ?",
            [(place.mailbox_id, place.key) for place in readable],
        )


def destroy(connection: sqlite3.Connection, keys: Collection[tuple[MailboxId, RemoteKey]]) -> set[int]:
    """Take away the places the account no longer has; return the emails it concerns.

    Where the same email has come to lie somewhere else since, another program moved it: then the place keeps its
    identity there, so that what the user still wants of it, and undo, follow it.
    """
    if not keys:
        return set()
    gone = list(_find(connection, keys).values())
    heirs = _heirs(connection, gone)
    for row in gone:
        if row.id in heirs:
            _move(connection, row.id, heirs[row.id])
    _delete(connection, [row.id for row in gone if row.id not in heirs])
    connection.executemany(
        "DELETE FROM unreadable WHERE remote_mailbox_id = ? AND remote_key = ?", [tuple(key) for key in keys]
    )
    return {row.email_id for row in gone}


def _heirs(connection: sqlite3.Connection, gone: Sequence[_Stored]) -> dict[int, int]:
    ids = [row.id for row in gone]
    rows = connection.execute(
        "SELECT q.email_id, q.id FROM json_each(?1) CROSS JOIN placement q ON q.email_id = value "
        "WHERE NOT q.is_destroyed AND q.id NOT IN (SELECT value FROM json_each(?2)) AND NOT EXISTS "
        "(SELECT 1 FROM open_operation o WHERE o.placement_id = q.id) ORDER BY q.id",
        (json.dumps(sorted({row.email_id for row in gone})), json.dumps(ids)),
    ).fetchall()
    others: dict[int, list[int]] = {}
    for email_id, placement_id in rows:
        others.setdefault(email_id, []).append(placement_id)
    heirs: dict[int, int] = {}
    for row in gone:
        candidates = others.get(row.email_id, [])
        if candidates and candidates[-1] > row.id:
            heirs[row.id] = candidates.pop()
    return heirs


def _move(connection: sqlite3.Connection, placement_id: int, heir: int) -> None:
    values = connection.execute(
        "SELECT mailbox_id, remote_mailbox_id, remote_key, remote_keywords, path FROM placement WHERE id = ?",
        (heir,),
    ).fetchone()
    connection.execute("DELETE FROM placement WHERE id = ?", (heir,))
    connection.execute(
        "UPDATE placement SET mailbox_id = CASE WHEN EXISTS "
        "(SELECT 1 FROM open_operation o WHERE o.placement_id = ?6 AND o.kind = 'move') THEN mailbox_id ELSE ?1 END, "
        "remote_mailbox_id = ?2, remote_key = ?3, remote_keywords = ?4, path = ?5, is_destroyed = is_destroyed AND "
        "EXISTS (SELECT 1 FROM open_operation o WHERE o.placement_id = ?6 AND o.kind = 'destroy') WHERE id = ?6",
        (*values, placement_id),
    )


_IS_GONE: Final = "the message is no longer there"


def _delete(connection: sqlite3.Connection, placement_ids: Collection[int]) -> None:
    if not placement_ids:
        return
    ids = json.dumps(list(placement_ids))
    cancelled = connection.execute(
        "UPDATE operation SET state = 'cancelled', finished_at = ?, error = ? "
        "WHERE state = 'pending' AND placement_id IN (SELECT value FROM json_each(?)) RETURNING kind",
        (int(time.time()), _IS_GONE, ids),
    ).fetchall()
    if any(kind != "destroy" for (kind,) in cancelled):
        events.record(connection, "rejected", text=f"Not carried out: {_IS_GONE}")
    # One under way may be asked again: not of the message that gets the number of this place next.
    connection.execute(
        "UPDATE operation SET placement_id = -placement_id "
        "WHERE state = 'running' AND placement_id IN (SELECT value FROM json_each(?))",
        (ids,),
    )
    connection.execute("DELETE FROM placement WHERE id IN (SELECT value FROM json_each(?))", (ids,))


def in_gone(connection: sqlite3.Connection, account_id: AccountId) -> list[tuple[MailboxId, RemoteKey]]:
    """Return the places in mailboxes that the account no longer has; messages it never had stay."""
    rows = connection.execute(
        "SELECT remote_mailbox_id, remote_key FROM mailbox m CROSS JOIN placement ON remote_mailbox_id = m.id "
        "WHERE m.account_id = ? AND m.gone_at IS NOT NULL AND substr(remote_key, 1, ?) <> ?",
        (account_id, len(LOCAL), LOCAL),
    ).fetchall()
    return [(MailboxId(mailbox_id), RemoteKey(key)) for mailbox_id, key in rows]


def follow_keywords(connection: sqlite3.Connection, email_ids: Collection[int]) -> None:
    """Let emails have the keywords any of their places has, but for those an open operation is to change."""
    ids = json.dumps(sorted(email_ids))
    asked = _asked(connection, ids)
    rows = connection.execute(
        "SELECT e.id, e.seen, e.flagged, e.draft, e.answered, e.forwarded, p.remote_keywords "
        "FROM json_each(?) CROSS JOIN email e ON e.id = value CROSS JOIN placement p ON p.email_id = e.id "
        "WHERE NOT p.is_destroyed ORDER BY e.id",
        (ids,),
    ).fetchall()
    changed: list[tuple[int, ...]] = []
    for email_id, group in groupby(rows, key=lambda row: int(row[0])):
        lines = list(group)
        have = tuple(lines[0][1:6])
        told = {keyword for line in lines for keyword in line[6].split()}
        kept = asked.get(email_id, frozenset())
        want = tuple(
            have[column] if keyword in kept else int(keyword in told)
            for column, keyword in enumerate(_KEYWORDS)
        )
        if want != have:
            changed.append((*want, email_id))
    connection.executemany(
        "UPDATE email SET seen = ?, flagged = ?, draft = ?, answered = ?, forwarded = ? WHERE id = ?", changed
    )


def _asked(connection: sqlite3.Connection, ids: str) -> dict[int, frozenset[str]]:
    asked: dict[int, frozenset[str]] = {}
    for email_id, payload in connection.execute(
        "SELECT p.email_id, o.payload FROM json_each(?) CROSS JOIN placement p ON p.email_id = value "
        "CROSS JOIN open_operation o ON o.placement_id = p.id WHERE o.kind = 'set_keywords'",
        (ids,),
    ).fetchall():
        change = json.loads(payload)
        asked[email_id] = asked.get(email_id, frozenset()).union(change["add"], change["remove"])
    return asked


def mark_orphans(connection: sqlite3.Connection, email_ids: Collection[int]) -> None:
    """Note since when an email lies nowhere, and forget it when it lies somewhere again."""
    ids = json.dumps(sorted(email_ids))
    connection.execute(
        "UPDATE email SET orphaned_at = ? WHERE id IN (SELECT value FROM json_each(?)) AND orphaned_at IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM placement WHERE email_id = email.id)",
        (int(time.time()), ids),
    )
    connection.execute(
        "UPDATE email SET orphaned_at = NULL WHERE id IN (SELECT value FROM json_each(?)) "
        "AND orphaned_at IS NOT NULL AND EXISTS (SELECT 1 FROM placement WHERE email_id = email.id)",
        (ids,),
    )
