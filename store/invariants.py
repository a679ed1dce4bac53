"""What must be true of the store at any moment: for tests, and for doctor."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

from mail.threading import partition
from store import conversations
from store.database import Database
from store.links import to_file

MOST: Final = 20
"""Findings of one kind that are told; more of them say no more."""

# Each selects what is wrong; the text before it says what it is.
_WRONG: Final = (
    (
        "thread counts that are not those of its emails",
        "WITH live AS (SELECT DISTINCT e.* FROM email e JOIN placement p ON p.email_id = e.id AND NOT p.is_destroyed) "
        "SELECT t.id, t.email_count, count(l.id) FROM thread t LEFT JOIN live l ON l.thread_id = t.id "
        "GROUP BY t.id HAVING t.email_count <> count(l.id)",
    ),
    (
        "threads whose unread count is not that of its emails in sight",
        "WITH place AS (SELECT e.thread_id, e.id, NOT (e.seen OR e.draft) AS unread, "
        "max(coalesce(m.role, '') NOT IN ('trash', 'junk')) AS in_sight FROM email e "
        "JOIN placement p ON p.email_id = e.id AND NOT p.is_destroyed JOIN mailbox m ON m.id = p.mailbox_id GROUP BY e.id), "
        "whole AS (SELECT thread_id, max(in_sight) AS any_in_sight FROM place GROUP BY thread_id), "
        "counted AS (SELECT p.thread_id, sum(p.unread) AS n FROM place p JOIN whole w USING (thread_id) "
        "WHERE p.in_sight = w.any_in_sight GROUP BY p.thread_id) "
        "SELECT t.id, t.unread_count, c.n FROM thread t LEFT JOIN counted c ON c.thread_id = t.id "
        "WHERE t.unread_count <> coalesce(c.n, 0)",
    ),
    (
        "rows of lists that should not be there",
        "SELECT mailbox_id, at, thread_id, is_unread FROM mailbox_thread EXCEPT SELECT * FROM wanted_list",
    ),
    (
        "rows that lists lack",
        "SELECT * FROM wanted_list EXCEPT SELECT mailbox_id, at, thread_id, is_unread FROM mailbox_thread",
    ),
    (
        "mailbox counters that are not those of its list",
        "SELECT m.id, m.total_threads, m.unread_threads, count(f.thread_id), coalesce(sum(f.is_unread), 0) "
        "FROM mailbox m LEFT JOIN mailbox_thread f ON f.mailbox_id = m.id GROUP BY m.id "
        "HAVING m.total_threads <> count(f.thread_id) OR m.unread_threads <> coalesce(sum(f.is_unread), 0)",
    ),
    (
        "counts of days that are not those of their list",
        "SELECT mailbox_id, at >> 18, count(*) FROM mailbox_thread GROUP BY 1, 2 "
        "EXCEPT SELECT mailbox_id, span, threads FROM mailbox_span UNION ALL "
        "SELECT mailbox_id, span, threads FROM mailbox_span WHERE threads AND NOT EXISTS "
        "(SELECT 1 FROM mailbox_thread f WHERE f.mailbox_id = mailbox_span.mailbox_id AND f.at >> 18 = span)",
    ),
    (
        "emails marked as lying nowhere that lie somewhere, or the reverse",
        "SELECT id FROM email e WHERE (orphaned_at IS NULL) <> EXISTS (SELECT 1 FROM placement WHERE email_id = e.id)",
    ),
    (
        "emails of no thread",
        "SELECT id FROM email e WHERE NOT EXISTS (SELECT 1 FROM thread WHERE id = e.thread_id)",
    ),
    (
        "threads with no email",
        "SELECT id FROM thread t WHERE NOT EXISTS (SELECT 1 FROM email WHERE thread_id = t.id)",
    ),
    (
        "Message-IDs of no thread",
        "SELECT ref FROM thread_ref r WHERE thread_id <> 0 AND NOT EXISTS (SELECT 1 FROM thread WHERE id = r.thread_id)",
    ),
    (
        "aliases that lead to no thread, or from one",
        "SELECT old_id FROM thread_alias a WHERE NOT EXISTS (SELECT 1 FROM thread WHERE id = a.thread_id) "
        "OR EXISTS (SELECT 1 FROM thread WHERE id = a.old_id)",
    ),
    (
        "emails that the index lacks, or index entries of no email",
        "SELECT id FROM (SELECT id FROM email EXCEPT SELECT id FROM email_text_docsize) UNION ALL "
        "SELECT id FROM (SELECT id FROM email_text_docsize EXCEPT SELECT id FROM email)",
    ),
    (
        "recent emails that the index of them lacks, or entries there of no email",
        "SELECT id FROM (SELECT id FROM email_text_docsize WHERE id >= (SELECT CAST(value AS INTEGER) FROM meta "
        "WHERE key = 'recent_from') EXCEPT SELECT id FROM email_recent_docsize) UNION ALL "
        "SELECT id FROM (SELECT id FROM email_recent_docsize EXCEPT SELECT id FROM email_text_docsize)",
    ),
    (
        "emails known by their header alone that have a body",
        "SELECT id FROM email e WHERE is_header_only AND EXISTS (SELECT 1 FROM email_body WHERE email_id = e.id)",
    ),
    (
        "what messages became, told by emails that are no reports",
        "SELECT email_id FROM bounce_about b WHERE NOT EXISTS "
        "(SELECT 1 FROM email WHERE id = b.email_id AND bounce IS NOT NULL)",
    ),
    (
        "conversations that wait to be linked without need, or do not and should",
        f"SELECT id, is_to_file FROM thread t WHERE {to_file.IS_WRONG}",  # noqa: S608 - our own words
    ),
    (
        "conversations whose item is not that of their link",
        "SELECT t.id, t.item_kind, t.item_id, l.item_kind, l.item_id FROM thread t LEFT JOIN item_link l"
        " ON l.thread_id = t.id AND l.slot = 'item' WHERE (t.item_kind, t.item_id) IS NOT (l.item_kind, l.item_id)",
    ),
    ("references to rows that are gone", 'SELECT "table", rowid, parent FROM pragma_foreign_key_check'),
)

# Worked out in SQL, apart from store.summaries: two ways to the same rows.
_WANTED_LIST: Final = """
CREATE TEMP VIEW wanted_list AS
WITH place AS (
    SELECT e.account_id, e.thread_id, e.received_at, NOT (e.seen OR e.draft) AS unread, e.flagged, m.id AS mailbox_id,
           coalesce(m.role, '') IN ('trash', 'junk') AS hidden
    FROM main.email e JOIN main.placement p ON p.email_id = e.id AND NOT p.is_destroyed
    JOIN main.mailbox m ON m.id = p.mailbox_id),
sight AS (SELECT thread_id, max(unread) AS unread FROM place WHERE NOT hidden GROUP BY thread_id)
SELECT mailbox_id, max(received_at) AS at, p.thread_id,
       CASE WHEN p.hidden THEN max(p.unread) ELSE s.unread END AS is_unread
FROM place p LEFT JOIN sight s USING (thread_id) GROUP BY mailbox_id, p.thread_id
UNION ALL
SELECT v.id, max(p.received_at), p.thread_id, s.unread
FROM place p JOIN sight s USING (thread_id)
JOIN main.mailbox v ON v.account_id = p.account_id AND v.key IS NULL
WHERE NOT p.hidden AND (v.role = 'all' OR (v.role = 'flagged' AND p.flagged) OR (v.role = 'unread' AND p.unread)
       OR (v.role = 'unlinked' AND EXISTS (SELECT 1 FROM main.thread t WHERE t.id = p.thread_id AND t.is_to_file)))
GROUP BY v.id, p.thread_id
"""


def check(db: Database) -> list[str]:
    """Return everything that is not as it must be, a sentence each; it reads the whole store."""
    connection = db.read()
    connection.execute("DROP VIEW IF EXISTS temp.wanted_list")
    connection.execute(_WANTED_LIST)
    try:
        findings = [
            row[0] for row in connection.execute("PRAGMA integrity_check").fetchall() if row[0] != "ok"
        ]
        for text, query in _WRONG:
            wrong = connection.execute(f"{query} LIMIT {MOST}").fetchall()
            findings += [f"{text}: {row}" for row in wrong]
    finally:
        connection.execute("DROP VIEW temp.wanted_list")
    return findings + _guarded(connection, _index) + _threading(connection)


def _guarded(connection: sqlite3.Connection, look: Callable[[sqlite3.Connection], None]) -> list[str]:
    try:
        look(connection)
    except sqlite3.DatabaseError as error:
        return [f"the index is damaged: {error}"]
    return []


def _index(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO email_text (email_text) VALUES ('integrity-check')")
    connection.execute("INSERT INTO email_recent (email_recent) VALUES ('integrity-check')")


def _threading(connection: sqlite3.Connection) -> list[str]:
    """Compare the stored threads with those all emails together make; purged emails may still join some."""
    findings: list[str] = []
    for (account_id,) in connection.execute("SELECT id FROM account").fetchall():
        rows = connection.execute(
            f"SELECT {conversations.FACTS}, thread_id FROM email WHERE account_id = ?",  # noqa: S608 - our own names
            (account_id,),
        ).fetchall()
        reused = {
            ref
            for (ref,) in connection.execute(
                "SELECT ref FROM thread_ref WHERE account_id = ? AND thread_id = 0", (account_id,)
            ).fetchall()
        }
        thread_of = {row[0]: row[6] for row in rows}
        for part in partition([conversations.facts(*row[:6]) for row in rows], reused):
            threads = {thread_of[email_id] for email_id in part}
            if len(threads) > 1:
                findings.append(f"emails that belong together are in the threads {sorted(threads)}")
    return findings[:MOST]
