"""Messages of our own making, which lie in a mailbox here before the account has them: drafts, and copies of what was sent."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Collection

from mail.operations import Applied, Save
from mail.types import MailboxKey, RemoteKey


def save_operation(connection: sqlite3.Connection, placement_id: int) -> Save:
    """Return what to ask the account for, so that it has the message too."""
    key, keywords, received_at, octets, replaces = connection.execute(
        "SELECT s.key, p.remote_keywords, e.received_at, o.octets, l.replaces FROM placement p"
        " JOIN mailbox s ON s.id = p.remote_mailbox_id JOIN email e ON e.id = p.email_id"
        " JOIN email_octets o ON o.email_id = e.id LEFT JOIN local_copy l ON l.email_id = e.id WHERE p.id = ?",
        (placement_id,),
    ).fetchone()
    old = None if replaces is None else RemoteKey(replaces)
    return Save(MailboxKey(key), zlib.decompress(octets), old, frozenset(keywords.split()), received_at)


def saved(connection: sqlite3.Connection, placement_id: int, applied: Applied) -> Collection[int]:
    """Note where the account keeps the message; return the emails whose places changed by that."""
    from store import outcomes  # which calls us

    (account_id, email_id) = connection.execute(
        "SELECT e.account_id, e.id FROM placement p JOIN email e ON e.id = p.email_id WHERE p.id = ?",
        (placement_id,),
    ).fetchone()
    connection.execute("DELETE FROM local_copy WHERE email_id = ?", (email_id,))
    return outcomes.follow(connection, account_id, placement_id, applied)
