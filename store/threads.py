"""Threads: one row each, and their places in the lists of mailboxes and views."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final

from mail.ids import AccountId, MailboxId, ThreadId
from store import summaries
from store.database import Database
from store.rows import ThreadRow
from store.summaries import Line, Listed

ROW: Final = (
    "t.account_id, {is_unread}, t.is_flagged, t.has_attachment, t.has_draft, t.email_count, t.subject, "
    "t.participants, t.preview, t.item_kind, t.visibility, CASE WHEN t.is_to_file THEN (SELECT CASE d.reason "
    "WHEN 'ambiguous' THEN '!' WHEN 'unknown_contact' THEN '' ELSE '?' END FROM link_decision d "
    "WHERE d.thread_id = t.id) ELSE '' END"
)
"""The columns of ThreadRow after its key; `t` is the thread."""

_ROW_OF_THREAD: Final = ROW.format(is_unread="t.unread_count > 0")

_LINES: Final = (
    "SELECT e.thread_id, e.id, e.received_at, e.seen, e.flagged, e.draft, e.is_outgoing, e.has_attachment, "
    "e.from_name, e.from_email, e.subject, e.preview, p.mailbox_id "
    "FROM json_each(?) CROSS JOIN email e ON e.thread_id = value "
    "CROSS JOIN placement p ON p.email_id = e.id AND NOT p.is_destroyed ORDER BY e.thread_id"
)
_LISTED: Final = "SELECT mailbox_id, at, thread_id, is_unread FROM json_each(?) CROSS JOIN mailbox_thread ON thread_id = value"
_UPDATE: Final = (
    "UPDATE thread SET subject=?, participants=?, preview=?, started_at=?, last_at=?, last_in_at=?, "
    "last_out_at=?, email_count=?, unread_count=?, is_flagged=?, has_attachment=?, has_draft=? WHERE id=?"
)
_EMPTY: Final = "UPDATE thread SET email_count=0, unread_count=0, is_flagged=0, has_draft=0 WHERE id=?"


def get(db: Database, thread_id: ThreadId) -> ThreadRow | None:
    """Return a thread, also under an id it had before it was merged; None when it is gone."""
    return rows(db, [thread_id]).get(thread_id)


def rows(db: Database, thread_ids: Sequence[ThreadId]) -> dict[ThreadId, ThreadRow]:
    """Return threads by the ids asked for, merged ones under their old ids too."""
    found = (
        db.read()
        .execute(
            f"SELECT value, t.last_at, t.id, {_ROW_OF_THREAD} FROM json_each(?) "  # noqa: S608 - our own names
            "LEFT JOIN thread_alias a ON a.old_id = value JOIN thread t ON t.id = coalesce(a.thread_id, value)",
            (json.dumps(list(thread_ids)),),
        )
        .fetchall()
    )
    return {ThreadId(row[0]): ThreadRow._make(row[1:]) for row in found}


def resolve(db: Database, thread_id: ThreadId) -> ThreadId:
    """Return the id a thread has now that it may have been merged into another."""
    return thread_now(db.read(), thread_id)


def thread_now(connection: sqlite3.Connection, thread_id: int) -> ThreadId:
    """Do what resolve() does, on a connection that may be in a transaction."""
    row = connection.execute("SELECT thread_id FROM thread_alias WHERE old_id = ?", (thread_id,)).fetchone()
    return ThreadId(row[0] if row else thread_id)


def by_uuid(db: Database, uuid: str) -> ThreadId | None:
    """Return the thread with that uuid, None when there is none."""
    row = db.read().execute("SELECT id FROM thread WHERE uuid = ?", (uuid,)).fetchone()
    return None if row is None else ThreadId(row[0])


def by_message_id(db: Database, account_id: AccountId, message_id: str) -> ThreadId | None:
    """Return the thread of a message by its Message-ID, without angle brackets, not that of a copy; None when there is none."""
    query = "SELECT thread_id FROM email WHERE account_id = ? AND message_id = ? ORDER BY bcc_token IS NOT NULL LIMIT 1"
    row = db.read().execute(query, (account_id, message_id)).fetchone()
    return None if row is None else ThreadId(row[0])


def summarise(connection: sqlite3.Connection, thread_ids: Iterable[ThreadId]) -> frozenset[MailboxId]:
    """Recount threads and their places in lists inside a write transaction; return the mailboxes that list them, or did.

    A thread merged away or with no email in sight leaves every list.
    """
    ids = json.dumps(sorted(thread_ids))
    before = {Listed._make(row) for row in connection.execute(_LISTED, (ids,)).fetchall()}
    after: set[Listed] = set()
    changed: list[tuple[object, ...]] = []
    views = _views(connection, ids)
    lines = map(Line._make, connection.execute(_LINES, (ids,)).fetchall())
    threads = {thread_id: list(group) for thread_id, group in groupby(lines, attrgetter("thread_id"))}
    recipients = _recipients(connection, threads.values())
    for thread_id, group in threads.items():
        view, is_to_file = views[thread_id]
        after.update(summaries.lists(group, view, is_to_file=is_to_file))
        changed.append((*summaries.summary(group, view.hidden, recipients.get(thread_id, ())), thread_id))
    connection.executemany(_UPDATE, changed)
    connection.executemany(
        _EMPTY, [(thread_id,) for thread_id in json.loads(ids) if thread_id not in threads]
    )
    relist(connection, before, after)
    return frozenset(MailboxId(row.mailbox_id) for row in before | after)


def relist(connection: sqlite3.Connection, before: set[Listed], after: set[Listed]) -> None:
    """Make the rows of lists those of `after` where they were those of `before`, and count them."""
    gone, new = before - after, after - before
    connection.executemany(
        "DELETE FROM mailbox_thread WHERE mailbox_id = ? AND at = ? AND thread_id = ?",
        [row[:3] for row in gone],
    )
    connection.executemany(
        "INSERT INTO mailbox_thread (mailbox_id, at, thread_id, is_unread) VALUES (?, ?, ?, ?)", sorted(new)
    )
    connection.executemany(
        "UPDATE mailbox SET total_threads = total_threads + ?, unread_threads = unread_threads + ? WHERE id = ?",
        [
            (total, unread, mailbox_id)
            for mailbox_id, (total, unread) in summaries.differences(gone, new).items()
        ],
    )


def _views(connection: sqlite3.Connection, ids: str) -> dict[int, tuple[summaries.Views, bool]]:
    """Return the views of each thread's account, and whether the thread is in the queue of those to file."""
    facts = connection.execute(
        "SELECT t.id, t.account_id, t.is_to_file FROM json_each(?) CROSS JOIN thread t ON t.id = value",
        (ids,),
    ).fetchall()
    views = {
        account_id: summaries.views_of(
            connection.execute(
                "SELECT id, role, key IS NULL FROM mailbox WHERE account_id = ?", (account_id,)
            ).fetchall()
        )
        for account_id in {fact[1] for fact in facts}
    }
    return {thread_id: (views[account_id], bool(to_file)) for thread_id, account_id, to_file in facts}


def _recipients(connection: sqlite3.Connection, threads: Iterable[Sequence[Line]]) -> dict[int, list[str]]:
    newest = {
        max(line.email_id for line in lines): lines[0].thread_id
        for lines in threads
        if summaries.only_own(lines)
    }
    if not newest:
        return {}
    found: dict[int, list[str]] = {}
    for email_id, name, email in connection.execute(
        "SELECT email_id, name, email FROM json_each(?) CROSS JOIN participant ON email_id = value "
        "WHERE role IN ('to', 'cc', 'bcc') ORDER BY email_id, role DESC, position",
        (json.dumps(sorted(newest)),),
    ).fetchall():
        found.setdefault(newest[email_id], []).append(name or email)
    return {
        thread_id: names if len(names) == 1 else [summaries.short_name(name) for name in names]
        for thread_id, names in found.items()
    }


def in_mailboxes(connection: sqlite3.Connection, mailbox_ids: Iterable[MailboxId]) -> set[ThreadId]:
    """Return every thread with a message in one of the mailboxes, however many."""
    found = connection.execute(
        "SELECT DISTINCT e.thread_id FROM json_each(?) CROSS JOIN placement p ON p.mailbox_id = value "
        "CROSS JOIN email e ON e.id = p.email_id",
        (json.dumps(sorted(mailbox_ids)),),
    ).fetchall()
    return {ThreadId(row[0]) for row in found}
