"""What is still to be fetched from accounts that tell mail by its header: bodies, and single parts on demand."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from mail.ids import AccountId, EmailId, MailboxKey, RemoteKey, ThreadId
from store import events, part_files
from store.database import Database
from store.mailboxes import LOCAL

MOST_ATTEMPTS: Final = 5
"""After so many failures a message is shown with the reason instead of its body."""
_FIRST_DELAY_S: Final = 30
_LONGEST_DELAY_S: Final = 6 * 3_600
_PARSER: Final = "parser_version"


class BodyWanted(NamedTuple):
    """A message known by its header, and where the account has it."""

    email_id: EmailId
    mailbox: MailboxKey
    key: RemoteKey
    size_octets: int
    attempts: int
    is_draft: bool = False


class PartWanted(NamedTuple):
    """A part somebody waits for, "" for the message as it came, and where the account has the message."""

    email_id: EmailId
    part: str
    mailbox: MailboxKey
    key: RemoteKey
    attempts: int


class PartState(NamedTuple):
    """How it stands with a part: `state` is wanted, there or failed; `reason` is for the user."""

    state: str
    path: Path | None
    reason: str


# One of the places that the account knows of; of a copy made here, those of what it was made from.
_PLACE: Final = (
    "JOIN placement p ON p.id = (SELECT min(q.id) FROM placement q JOIN mailbox b ON b.id = q.remote_mailbox_id"  # noqa: S608 - our own names
    f" WHERE q.email_id IN (e.id, e.copy_of) AND b.gone_at IS NULL AND substr(q.remote_key, 1, {len(LOCAL)}) <> '{LOCAL}')"
    " JOIN mailbox m ON m.id = p.remote_mailbox_id"
)
_WANTED: Final = (
    "SELECT e.id, m.key, p.remote_key, e.size_octets, w.attempts, e.draft FROM body_wish w"  # noqa: S608 - our own names
    f" CROSS JOIN email e ON e.id = w.email_id {_PLACE}"
    " WHERE w.wanted_at IS NOT NULL AND w.not_before <= ?2 AND e.is_header_only AND e.account_id = ?1"
    " AND e.id NOT IN (SELECT value FROM json_each(?3)) ORDER BY w.wanted_at DESC, e.id DESC LIMIT ?4"
)
_NEWEST: Final = (
    "SELECT e.id, m.key, p.remote_key, e.size_octets, coalesce(w.attempts, 0), e.draft"  # noqa: S608 - our own names
    f" FROM email e INDEXED BY email_header_only {_PLACE} LEFT JOIN body_wish w ON w.email_id = e.id"
    " WHERE e.is_header_only AND e.account_id = ?1 AND coalesce(w.not_before, 0) <= ?2"
    " AND e.id NOT IN (SELECT value FROM json_each(?3)) ORDER BY e.id DESC LIMIT ?4"
)
_WANTED_PART: Final = (
    "SELECT e.id, f.part, m.key, p.remote_key, f.attempts FROM fetched_part f"  # noqa: S608 - our own names
    f" CROSS JOIN email e ON e.id = f.email_id {_PLACE}"
    " WHERE f.state = 'wanted' AND f.not_before <= ?2 AND e.account_id = ?1 ORDER BY f.wanted_at DESC LIMIT 1"
)


def want(db: Database, email_ids: Collection[EmailId]) -> None:
    """Let the bodies of these emails be fetched before others; what has its body already needs nothing."""
    ids = json.dumps(list(email_ids))
    query = "SELECT 1 FROM json_each(?) j CROSS JOIN email e ON e.id = j.value WHERE e.is_header_only LIMIT 1"
    if db.read().execute(query, (ids,)).fetchone() is None:
        return
    with db.write() as connection:
        connection.execute(
            "INSERT INTO body_wish (email_id, wanted_at) "
            "SELECT e.id, ? FROM json_each(?) j CROSS JOIN email e ON e.id = j.value WHERE e.is_header_only "
            "ON CONFLICT DO UPDATE SET wanted_at = excluded.wanted_at, not_before = 0",
            (int(time.time()), ids),
        )


def next_bodies(
    db: Database,
    account_id: AccountId,
    now: int,
    *,
    octets: int = 4_000_000,
    limit: int = 200,
    without: Collection[EmailId] = (),
) -> tuple[BodyWanted, ...]:
    """Return what to fetch next, up to `octets` but at least one: what somebody waits for, then the newest.

    `without` are those on their way already.
    """
    connection = db.read()
    arguments = (account_id, now, json.dumps(list(without)), limit)
    rows = connection.execute(_WANTED, arguments).fetchall()
    if len(rows) < limit:
        rows += connection.execute(_NEWEST, arguments).fetchall()
    found = {row[0]: BodyWanted._make(row) for row in reversed(rows)}
    chosen: list[BodyWanted] = []
    for email_id in dict.fromkeys(row[0] for row in rows):
        octets -= found[email_id].size_octets
        if chosen and (octets < 0 or len(chosen) == limit):
            break
        chosen.append(found[email_id])
    return tuple(chosen)


def failed(db: Database, account_id: AccountId, failures: Iterable[tuple[BodyWanted, str]], now: int) -> None:
    """Note why bodies could not be fetched, for later; after MOST_ATTEMPTS the reason is shown in their place."""
    from mail.parse import placeholder  # it loads all that parses
    from store.ingest_fill import Filled, fill

    again: list[tuple[int, int, int, str]] = []
    given_up: list[Filled] = []
    for body, reason in failures:
        attempts = body.attempts + 1
        if attempts < MOST_ATTEMPTS:
            again.append((body.email_id, attempts, now + _delay_s(attempts), reason))
        else:
            given_up.append(Filled(body.email_id, placeholder(b"", reason), problem=reason))
    _put_off(db, again)
    fill(db, account_id, given_up)


def postpone(db: Database, body: BodyWanted, reason: str, now: int) -> None:
    """Let others be fetched before one whose fetching broke the connection; it is tried again however often it does."""
    attempts = min(body.attempts + 1, MOST_ATTEMPTS - 1)
    _put_off(db, [(body.email_id, attempts, now + _delay_s(attempts), reason)])


def _put_off(db: Database, rows: Sequence[tuple[int, int, int, str]]) -> None:
    if not rows:
        return
    with db.write(is_durable=False) as connection:
        connection.executemany(
            "INSERT INTO body_wish (email_id, attempts, not_before, reason) SELECT ?1, ?2, ?3, ?4 "
            "WHERE EXISTS (SELECT 1 FROM email WHERE id = ?1) ON CONFLICT DO UPDATE SET "
            "attempts = excluded.attempts, not_before = excluded.not_before, reason = excluded.reason",
            rows,
        )


def _delay_s(attempts: int) -> int:
    delay: int = _FIRST_DELAY_S * 4 ** (attempts - 1)
    return min(delay, _LONGEST_DELAY_S)


def remaining(db: Database, account_id: AccountId) -> int:
    """Return how many bodies are still to be fetched."""
    # Two counts by index: what lies nowhere is little, and looking at every row takes long.
    row = db.read().execute(
        "SELECT (SELECT count(*) FROM email INDEXED BY email_header_only WHERE is_header_only AND account_id = ?1)"
        " - (SELECT count(*) FROM email INDEXED BY email_orphan"
        " WHERE orphaned_at IS NOT NULL AND is_header_only AND account_id = ?1)",
        (account_id,),
    )
    return int(row.fetchone()[0])


def failures(db: Database, account_id: AccountId) -> tuple[int, str]:
    """Return how many bodies could not be fetched so far, and why the one tried last could not."""
    query = (
        "SELECT count(*), coalesce(max(w.not_before || ' ' || w.reason), '') FROM body_wish w"
        " CROSS JOIN email e ON e.id = w.email_id WHERE w.attempts > 0 AND e.is_header_only AND e.account_id = ?"
    )
    count, last = db.read().execute(query, (account_id,)).fetchone()
    return int(count), str(last).partition(" ")[2]


def next_time(db: Database, account_id: AccountId) -> int | None:
    """Return when something that failed may be tried again, None when nothing waits for that."""
    row = (
        db.read()
        .execute(
            "SELECT min(at) FROM (SELECT min(w.not_before) AS at FROM body_wish w CROSS JOIN email e ON e.id = w.email_id"
            " WHERE e.is_header_only AND e.account_id = ?1 UNION ALL SELECT min(f.not_before) FROM fetched_part f"
            " CROSS JOIN email e ON e.id = f.email_id WHERE f.state = 'wanted' AND e.account_id = ?1)",
            (account_id,),
        )
        .fetchone()
    )
    return None if row[0] is None else int(row[0])


def is_awaited(db: Database, account_id: AccountId, now: int) -> bool:
    """Say whether somebody waits for a body or a part whose time has come."""
    return bool(next_part(db, account_id, now)) or bool(
        db.read().execute(_WANTED, (account_id, now, "[]", 1)).fetchone()
    )


def retry_unread(db: Database, version: int) -> int:
    """Let what an older version of the parser could not read be fetched again; return how many messages that is."""
    connection = db.read()
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (_PARSER,)).fetchone()
    if row is not None and row[0] == str(version):
        return 0
    with db.write(is_durable=False) as connection:
        ids = connection.execute(
            "SELECT w.email_id FROM body_wish w CROSS JOIN email e ON e.id = w.email_id WHERE NOT e.is_header_only"
        ).fetchall()
        # They are placeholders: no words of theirs are in the index but those of the header.
        connection.executemany("DELETE FROM email_body WHERE email_id = ?", ids)
        connection.executemany("DELETE FROM email_octets WHERE email_id = ?", ids)
        connection.executemany("DELETE FROM attachment WHERE email_id = ?", ids)
        connection.executemany("UPDATE email SET is_header_only = 1 WHERE id = ?", ids)
        connection.executemany("DELETE FROM body_wish WHERE email_id = ?", ids)
        connection.execute("REPLACE INTO meta (key, value) VALUES (?, ?)", (_PARSER, str(version)))
    return len(ids)


def want_part(db: Database, email_id: EmailId, part: str) -> None:
    """Let a part be fetched into a file, "" the whole message; what is there already stays there longer.

    Raises ValueError when `part` is not the number of a part.
    """
    is_there = part_file(db, email_id, part) is not None
    with db.write() as connection:
        connection.execute(
            "INSERT INTO fetched_part (email_id, part, state, file, wanted_at) "
            "SELECT id, ?2, 'wanted', ?3, ?4 FROM email WHERE id = ?1 ON CONFLICT DO UPDATE SET wanted_at = ?4, "
            "state = CASE WHEN ?5 THEN state ELSE 'wanted' END, attempts = 0, not_before = 0, reason = ''",
            (email_id, part, part_files.name(email_id, part), int(time.time()), is_there),
        )


def next_part(db: Database, account_id: AccountId, now: int) -> PartWanted | None:
    """Return the part that was asked for last, of those whose time has come."""
    row = db.read().execute(_WANTED_PART, (account_id, now)).fetchone()
    return None if row is None else PartWanted._make(row)


def keep_part(db: Database, wanted: PartWanted, write: Callable[[BinaryIO], None]) -> Path:
    """Let `write` write a part into its file, note that it is there, and return it. What `write` raises is passed on."""
    file, size_octets = part_files.write(db, wanted.email_id, wanted.part, write)
    with db.write(is_durable=False) as connection:
        connection.execute(
            "UPDATE fetched_part SET state = 'there', file = ?, size_octets = ?, reason = '' "
            "WHERE email_id = ? AND part = ?",
            (file, size_octets, wanted.email_id, wanted.part),
        )
        _tell(connection, wanted.email_id)
    part_files.purge(db, int(time.time()))
    return part_files.directory(db) / file


def part_failed(db: Database, wanted: PartWanted, reason: str, now: int, *, is_final: bool = False) -> None:
    """Note why a part could not be fetched; it is tried again later, unless that is of no use or was tried enough."""
    attempts = wanted.attempts + 1
    is_over = is_final or attempts >= MOST_ATTEMPTS
    with db.write(is_durable=False) as connection:
        connection.execute(
            "UPDATE fetched_part SET state = ?, attempts = ?, not_before = ?, reason = ? WHERE email_id = ? AND part = ?",
            (
                "failed" if is_over else "wanted",
                attempts,
                now + _delay_s(attempts),
                reason,
                wanted.email_id,
                wanted.part,
            ),
        )
        _tell(connection, wanted.email_id)


def part_state(db: Database, email_id: EmailId, part: str) -> PartState | None:
    """Return how it stands with a part, None when nobody asked for it."""
    row = (
        db.read()
        .execute(
            "SELECT state, file, reason FROM fetched_part WHERE email_id = ? AND part = ?", (email_id, part)
        )
        .fetchone()
    )
    if row is None:
        return None
    path = part_files.find(db, row[1]) if row[0] == "there" else None
    return PartState(row[0], path, row[2])


def part_file(db: Database, email_id: EmailId, part: str) -> Path | None:
    """Return the file of a fetched part, "" for the message as it came; None when it is not there."""
    state = part_state(db, email_id, part)
    return None if state is None else state.path


def _tell(connection: sqlite3.Connection, email_id: EmailId) -> None:
    row = connection.execute("SELECT thread_id FROM email WHERE id = ?", (email_id,)).fetchone()
    if row is not None:
        events.record(connection, "mail", thread_ids=[ThreadId(row[0])])
