"""Messages of our own making that the account is yet to have: what is asked of it, and what becomes of them then.

store.sending.own_mail makes them. Nothing heavy is imported here: screens load this.
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Collection
from typing import Final

from mail.operations import Applied, Save
from mail.types import AccountId, MailboxKey, RemoteKey, ThreadId
from store import email_ids, events, placements, threads
from store.placements import LOCAL


def save_operation(connection: sqlite3.Connection, placement_id: int) -> Save:
    """Return what the account is to be asked: the message, and what it takes the place of."""
    row = connection.execute(
        "SELECT m.key, o.octets, l.replaces, p.remote_keywords, e.id FROM placement p"
        " JOIN local_copy l ON l.email_id = p.email_id JOIN email e ON e.id = p.email_id"
        " JOIN email_octets o ON o.email_id = e.id JOIN mailbox m ON m.id = p.remote_mailbox_id"
        " WHERE p.id = ? AND substr(p.remote_key, 1, ?) = ?",
        (placement_id, len(LOCAL), LOCAL),
    ).fetchone()
    if row is None:
        raise LookupError(f"placement {placement_id} has nothing to be saved")
    key, octets, replaces, keywords, email_id = row
    return Save(
        MailboxKey(key),
        zlib.decompress(octets),
        RemoteKey(replaces) if replaces else None,
        frozenset(keywords.split()),
        email_ids.received_at(email_id),
    )


def saved(connection: sqlite3.Connection, placement_id: int, applied: Applied) -> Collection[int]:
    """Note that the account has the message now: it lies under the account's own key, and what it replaced is gone.

    Returns the emails whose threads are still to be recounted: none, it was done here.
    """
    row = connection.execute(
        "SELECT p.email_id, p.remote_mailbox_id, p.remote_key, p.is_destroyed, l.replaces FROM placement p"
        " LEFT JOIN local_copy l ON l.email_id = p.email_id WHERE p.id = ?",
        (placement_id,),
    ).fetchone()
    if row is None:
        return ()
    email_id, mailbox_id, local_key, is_destroyed, replaces = row
    touched = {thread_of(connection, email_id)}
    if replaces is not None and replaces != applied.key:
        touched |= _forget_place(connection, mailbox_id, replaces)
    if is_destroyed and _waiting_for(connection, local_key):
        if applied.key is not None:
            touched |= _forget_place(connection, mailbox_id, applied.key)
        touched |= _release(connection, placement_id, local_key, applied.key)
    elif applied.key is not None:
        connection.execute("DELETE FROM local_copy WHERE email_id = ?", (email_id,))
        touched |= _follow(connection, placement_id, mailbox_id, applied)
    recount(connection, touched)
    return ()


def refused(connection: sqlite3.Connection, placement_id: int) -> None:
    """Note that the account will not take the message: it stays here, and what waited for it goes on."""
    row = connection.execute(
        "SELECT p.email_id, p.remote_key, l.replaces FROM placement p JOIN local_copy l ON l.email_id = p.email_id"
        " WHERE p.id = ? AND p.is_destroyed",
        (placement_id,),
    ).fetchone()
    if row is not None and _waiting_for(connection, row[1]):
        recount(connection, _release(connection, placement_id, row[1], row[2]))


def _waiting_for(connection: sqlite3.Connection, local_key: str) -> tuple[int, int, int] | None:
    """Return placement, email and whether it is to be destroyed, of the newer copy that waits for an older one's save."""
    row: tuple[int, int, int] | None = connection.execute(
        "SELECT p.id, l.email_id, p.is_destroyed FROM local_copy l JOIN placement p ON p.email_id = l.email_id"
        " WHERE l.replaces = ?",
        (local_key,),
    ).fetchone()
    return row


def _release(
    connection: sqlite3.Connection, placement_id: int, local_key: str, key: str | None
) -> set[ThreadId]:
    """Let the newer copy be saved now in place of `key`, under which the account has the older one.

    Where the newer one is to be destroyed by now it is not saved first: what is at the account is destroyed instead.
    """
    waiting = _waiting_for(connection, local_key)
    if waiting is None:
        return set()
    newer, newer_email, is_destroyed = waiting
    if not is_destroyed:
        connection.execute("UPDATE local_copy SET replaces = ? WHERE email_id = ?", (key, newer_email))
        queue(connection, newer)
        return _drop(connection, placement_id)
    if key is None:
        return _drop(connection, placement_id) | _drop(connection, newer)
    connection.execute(
        "DELETE FROM local_copy WHERE email_id = (SELECT email_id FROM placement WHERE id = ?)",
        (placement_id,),
    )
    connection.execute("UPDATE placement SET remote_key = ? WHERE id = ?", (key, placement_id))
    connection.execute(
        "UPDATE operation SET placement_id = ? WHERE placement_id = ? AND kind = 'destroy'"
        " AND state IN ('pending', 'running')",
        (placement_id, newer),
    )
    return _drop(connection, newer)


def _drop(connection: sqlite3.Connection, placement_id: int) -> set[ThreadId]:
    """Remove a place, and its email where that lies nowhere else; return the thread."""
    (email_id,) = connection.execute(
        "SELECT email_id FROM placement WHERE id = ?", (placement_id,)
    ).fetchone()
    thread_id = thread_of(connection, email_id)
    drop_placement(connection, placement_id)
    return {thread_id, *drop_if_nowhere(connection, email_id)}


def _forget_place(connection: sqlite3.Connection, mailbox_id: int, key: str) -> set[ThreadId]:
    """Remove what sync told meanwhile of a message that a newer one has replaced."""
    row = connection.execute(
        "SELECT id, email_id FROM placement WHERE remote_mailbox_id = ? AND remote_key = ?", (mailbox_id, key)
    ).fetchone()
    if row is None:
        return set()
    thread_id = thread_of(connection, row[1])
    drop_placement(connection, row[0])
    return {thread_id, *drop_if_nowhere(connection, row[1])}


def _follow(
    connection: sqlite3.Connection, placement_id: int, mailbox_id: int, applied: Applied
) -> set[ThreadId]:
    """Let the placement have the key the account gave; what sync told of it meanwhile becomes one with it."""
    twin = connection.execute(
        "SELECT id FROM placement WHERE remote_mailbox_id = ? AND remote_key = ? AND id <> ?",
        (mailbox_id, applied.key, placement_id),
    ).fetchone()
    if twin is not None:
        return replace_by_told(connection, placement_id, twin[0])
    connection.execute(
        "UPDATE placement SET remote_key = ?, path = ? WHERE id = ?",
        (applied.key, applied.path, placement_id),
    )
    return set()


def replace_by_told(connection: sqlite3.Connection, ours: int, told: int) -> set[ThreadId]:
    """Let a placement the account told of take the place of ours, with what the user still wants of it.

    Where the account made another message of it (Message-ID rewritten, fields added), both ids lead to one conversation.
    """
    our_email, wanted, is_destroyed = connection.execute(
        "SELECT email_id, mailbox_id, is_destroyed FROM placement WHERE id = ?", (ours,)
    ).fetchone()
    (their_email,) = connection.execute("SELECT email_id FROM placement WHERE id = ?", (told,)).fetchone()
    connection.execute(
        "UPDATE operation SET state = 'cancelled', finished_at = ? WHERE placement_id = ? AND kind = 'save'"
        " AND state IN ('pending', 'running')",
        (int(time.time()), ours),
    )
    connection.execute("UPDATE operation SET placement_id = ? WHERE placement_id = ?", (told, ours))
    connection.execute(
        "UPDATE action_step SET subject = ? WHERE field IN ('mailbox', 'destroyed') AND subject = ?",
        (told, ours),
    )
    connection.execute(
        "UPDATE placement SET mailbox_id = ?, is_destroyed = ? WHERE id = ?", (wanted, is_destroyed, told)
    )
    connection.execute("DELETE FROM placement WHERE id = ?", (ours,))
    connection.execute("DELETE FROM local_copy WHERE email_id = ?", (our_email,))
    touched = {thread_of(connection, our_email)}
    if their_email != our_email:
        touched |= _become(connection, our_email, their_email)
    placements.follow_keywords(connection, [their_email])
    return touched


def _become(connection: sqlite3.Connection, our_email: int, their_email: int) -> set[ThreadId]:
    ours, theirs = thread_of(connection, our_email), thread_of(connection, their_email)
    if ours != theirs:
        from store import conversations

        conversations.merge(connection, theirs, ours)
    connection.execute("UPDATE draft SET email_id = ? WHERE email_id = ?", (their_email, our_email))
    connection.execute("UPDATE submission SET email_id = ? WHERE email_id = ?", (their_email, our_email))
    return {ours, theirs, *drop_if_nowhere(connection, our_email)}


def may_be_joined(connection: sqlite3.Connection, account_id: AccountId) -> bool:
    """Say whether join_told would find anything."""
    return connection.execute(f"{_TOLD_TOO} LIMIT 1", (len(LOCAL), LOCAL, account_id)).fetchone() is not None


def join_told(connection: sqlite3.Connection, account_id: AccountId) -> None:
    """Let copies the account has told of since take the place of ours, where their save left no key to know them by."""
    rows = connection.execute(_TOLD_TOO, (len(LOCAL), LOCAL, account_id)).fetchall()
    touched: set[ThreadId] = set()
    for ours, told in rows:
        touched |= replace_by_told(connection, ours, told)
    recount(connection, touched)


_TOLD_TOO: Final = (
    "SELECT p.id, min(t.id) FROM local_copy l CROSS JOIN email e ON e.id = l.email_id"
    " CROSS JOIN placement p ON p.email_id = e.id AND substr(p.remote_key, 1, ?1) = ?2"
    " CROSS JOIN placement t ON t.email_id = e.id AND t.remote_mailbox_id = p.remote_mailbox_id"
    " AND substr(t.remote_key, 1, ?1) <> ?2 WHERE e.account_id = ?3 AND NOT EXISTS"
    " (SELECT 1 FROM open_operation o WHERE o.placement_id = p.id AND o.kind = 'save') GROUP BY p.id"
)


def queue(connection: sqlite3.Connection, placement_id: int) -> None:
    """Ask the account to save the message that lies there."""
    connection.execute(
        "INSERT INTO operation (account_id, placement_id, kind, target_id, created_at)"
        " SELECT m.account_id, p.id, 'save', m.id, ? FROM placement p JOIN mailbox m ON m.id = p.remote_mailbox_id"
        " WHERE p.id = ?",
        (int(time.time()), placement_id),
    )


def drop_placement(connection: sqlite3.Connection, placement_id: int) -> None:
    """Remove a place and what was still to be asked about it."""
    connection.execute(
        "UPDATE operation SET state = 'cancelled', finished_at = ?"
        " WHERE placement_id = ? AND state IN ('pending', 'running')",
        (int(time.time()), placement_id),
    )
    connection.execute("DELETE FROM placement WHERE id = ?", (placement_id,))


def drop_if_nowhere(connection: sqlite3.Connection, email_id: int) -> frozenset[ThreadId]:
    """Remove an email that lies nowhere at all; return the threads it was in."""
    if connection.execute("SELECT 1 FROM placement WHERE email_id = ?", (email_id,)).fetchone():
        return frozenset()
    from store import removal

    return removal.remove_emails(connection, [email_id])


def thread_of(connection: sqlite3.Connection, email_id: int) -> ThreadId:
    """Return the thread of an email, 0 when it is gone."""
    row = connection.execute("SELECT thread_id FROM email WHERE id = ?", (email_id,)).fetchone()
    return ThreadId(row[0] if row else 0)


def recount(connection: sqlite3.Connection, thread_ids: Collection[ThreadId]) -> None:
    """Let lists and counts of threads be right again, remove those left empty, and record the event."""
    from store import removal

    touched = {thread_id for thread_id in thread_ids if thread_id}
    lists = threads.summarise(connection, touched)
    removal.remove_empty_threads(connection, touched)
    if touched:
        events.record(connection, "mail", mailbox_ids=lists, thread_ids=touched)
