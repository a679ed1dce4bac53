"""Which thread an arriving email belongs to, kept true in `thread_ref` by the rules of mail.threading."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from mail.threading import ThreadFacts, base_subject, is_reused, join, partition, refs_of
from mail.types import AccountId, EmailId, ThreadId
from store.links import slots

REUSED = 0
"""The `thread_id` of a Message-ID that several different messages carry: it joins nothing."""


FACTS: Final = (
    "id, message_id, refs, subject, sent_at,"
    " CASE WHEN bcc_token IS NULL THEN NULL WHEN is_bcc_verified THEN bcc_token ELSE '' END"
)
"""The columns of an email that facts() takes."""


def facts(
    email_id: int,
    message_id: str | None,
    refs: str,
    subject: str,
    sent_at: int | None,
    channel: str | None = None,
) -> ThreadFacts:
    """Return what threading needs of an email, from the columns it is stored in (FACTS).

    `channel` is None but for copies. What came by Smart BCC is tied to what came by the same secret; a duplicate made
    here, and what somebody else sent there, to nothing ("").
    """
    if channel == "":
        return ThreadFacts(email_id, None, (), _base(subject), sent_at)
    return ThreadFacts(email_id, message_id, tuple(refs.split()), _base(subject), sent_at, channel or "")


@lru_cache(maxsize=4_096)
def _base(subject: str) -> str:
    return base_subject(subject)  # the same for most emails of a conversation


@dataclass(slots=True)
class Placed:
    """Where the new emails go. `touched` are all threads to recount; `torn` may have to be taken apart."""

    thread_of: dict[int, ThreadId] = field(default_factory=dict)
    touched: set[ThreadId] = field(default_factory=set)
    torn: set[ThreadId] = field(default_factory=set)


class _Threads:
    """The threads a batch meets: what the store has, and what the batch has changed so far."""

    def __init__(self, connection: sqlite3.Connection, account_id: AccountId, known: dict[int, int]) -> None:
        self.of_ref = known
        self.stored_ref = dict(known)
        self.sizes: dict[int, int] = _sizes(connection, known.values())
        self.stored = frozenset(self.sizes)
        self.merged: dict[int, int] = {}
        self.torn: set[int] = set()
        self._next: int = _next_id(connection)

    def root(self, thread_id: int) -> int:
        """Return the thread that `thread_id` has become part of."""
        while thread_id in self.merged:
            thread_id = self.merged[thread_id]
        return thread_id

    def place(self, refs: Sequence[int]) -> int:
        """Find or make the thread of an email that ties `refs` together."""
        existing = {one: self.root(self.of_ref[one]) for one in refs if self.of_ref.get(one)}
        decision = join(existing, refs, self.sizes)
        thread_id = decision.thread_id
        if thread_id is None:
            thread_id = self._next
            self._next += 1
        for other in decision.merge:
            self.merged[other] = thread_id
            self.sizes[thread_id] = self.sizes.get(thread_id, 0) + self.sizes.get(other, 0)
        for one in refs:
            if self.of_ref.get(one) != REUSED:
                self.of_ref[one] = thread_id
        self.sizes[thread_id] = self.sizes.get(thread_id, 0) + 1
        return thread_id

    def tear(self, own: int) -> None:
        """Let a Message-ID join nothing any more; the thread it held together may fall apart."""
        thread_id = self.of_ref.get(own)
        if thread_id:
            self.torn.add(thread_id)
        self.of_ref[own] = REUSED


def place(
    connection: sqlite3.Connection,
    account_id: AccountId,
    emails: Sequence[ThreadFacts],
    copies_by_bcc: Collection[int] = (),
) -> Placed:
    """Decide the threads of new emails and carry out the merges that takes; the caller inserts the emails.

    After that it calls tear_apart() with `torn`, and summarises `touched`. `copies_by_bcc` are those that came by Smart BCC.
    """
    refs = {email.id: refs_of(email) for email in emails}
    known = _known(connection, account_id, refs.values())
    copies = _copies(connection, account_id, emails, refs, known)
    threads = _Threads(connection, account_id, known)
    joined: dict[int, int] = {}
    for email in emails:
        own = refs[email.id][0] if email.message_id and refs[email.id] else None
        if own is not None and is_reused((copies.setdefault(own, email),), email):
            threads.tear(own)
        joined[email.id] = threads.place(refs[email.id])
    placed = Placed()
    placed.thread_of = {email_id: ThreadId(threads.root(thread)) for email_id, thread in joined.items()}
    by_bcc = {placed.thread_of[email_id] for email_id in copies_by_bcc}
    new = set(placed.thread_of.values()) - threads.stored
    _insert_threads(connection, account_id, new - by_bcc)
    _insert_threads(connection, account_id, new & by_bcc, origin="smart_bcc")
    placed.touched = set(placed.thread_of.values()) | _merge(connection, threads)
    placed.torn = {ThreadId(threads.root(thread)) for thread in threads.torn}
    _keep_refs(connection, account_id, threads)
    return placed


def _known(
    connection: sqlite3.Connection, account_id: AccountId, refs: Iterable[Sequence[int]]
) -> dict[int, int]:
    every = json.dumps(sorted({one for group in refs for one in group}))
    return dict(
        connection.execute(
            "SELECT ref, thread_id FROM json_each(?2) CROSS JOIN thread_ref ON account_id = ?1 AND ref = value",
            (account_id, every),
        ).fetchall()
    )


def _copies(
    connection: sqlite3.Connection,
    account_id: AccountId,
    emails: Sequence[ThreadFacts],
    refs: Mapping[int, Sequence[int]],
    known: Mapping[int, int],
) -> dict[int, ThreadFacts]:
    """Return by ref one stored email for each Message-ID of the new ones. Of an id not reused all copies are alike."""
    asked = {
        (email.message_id, email.channel): refs[email.id][0]
        for email in emails
        if email.message_id and refs[email.id]
    }
    wanted = json.dumps([message_id for (message_id, _), own in asked.items() if known.get(own)])
    rows = connection.execute(
        f"SELECT {FACTS} FROM (SELECT e.* FROM json_each(?2) j "  # noqa: S608 - our own names
        "CROSS JOIN email e ON e.account_id = ?1 AND e.message_id = j.value)",
        (account_id, wanted),
    ).fetchall()
    found = (facts(*row) for row in rows)
    return {
        asked[one.message_id, one.channel]: one
        for one in found
        if one.message_id and (one.message_id, one.channel) in asked
    }


def _sizes(connection: sqlite3.Connection, thread_ids: Iterable[int]) -> dict[int, int]:
    return dict(
        connection.execute(
            "SELECT t.id, t.email_count FROM json_each(?) j CROSS JOIN thread t ON t.id = j.value",
            (json.dumps(sorted(set(thread_ids))),),
        ).fetchall()
    )


def _insert_threads(
    connection: sqlite3.Connection,
    account_id: AccountId,
    thread_ids: Iterable[ThreadId],
    *,
    origin: str = "sync",
) -> None:
    connection.executemany(
        "INSERT INTO thread (id, uuid, account_id, owner, visibility, origin) "
        "SELECT ?, ?, id, owner, default_visibility, ? FROM account WHERE id = ?",
        [(thread_id, str(uuid.uuid4()), origin, account_id) for thread_id in sorted(thread_ids)],
    )


def add_copy(connection: sqlite3.Connection, account_id: AccountId) -> ThreadId:
    """Make an empty conversation for a duplicate, which no Message-ID leads to."""
    thread_id = _next_id(connection)
    _insert_threads(connection, account_id, [thread_id], origin="duplicate")
    return thread_id


def join_late(connection: sqlite3.Connection, account_id: AccountId, email_id: EmailId) -> set[ThreadId]:
    """Let an email that was tied to nothing so far join what its ids lead to; return the threads that touches."""
    row = connection.execute(f"SELECT {FACTS}, thread_id FROM email WHERE id = ?", (email_id,)).fetchone()  # noqa: S608 - our own names
    old = ThreadId(row[-1])
    placed = place(connection, account_id, [facts(*row[:-1])], [email_id])
    new = placed.thread_of[email_id]
    is_there = connection.execute("SELECT 1 FROM email WHERE thread_id = ? LIMIT 1", (new,)).fetchone()
    if new != old:
        merge(connection, *((old, new) if is_there else (new, old)))
    return placed.touched | {old, new} | tear_apart(connection, account_id, placed.torn)


def _next_id(connection: sqlite3.Connection) -> ThreadId:
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'thread'").fetchone()
    return ThreadId((row[0] if row else 0) + 1)


def _merge(connection: sqlite3.Connection, threads: _Threads) -> set[ThreadId]:
    pairs = [(threads.root(old), old) for old in threads.merged if old in threads.stored]
    for new, old in pairs:
        merge(connection, ThreadId(old), ThreadId(new))
    return {ThreadId(thread_id) for pair in pairs for thread_id in pair}


def merge(connection: sqlite3.Connection, old: ThreadId, new: ThreadId) -> None:
    """Make thread `old` part of `new`: its emails, ids, aliases, link, what was chosen in it and what it made.

    Of two visibilities the narrower one stays.
    """
    both = (new, old)
    connection.execute("UPDATE email SET thread_id = ? WHERE thread_id = ?", both)
    connection.execute("UPDATE thread_ref SET thread_id = ? WHERE thread_id = ?", both)
    connection.execute("UPDATE thread_alias SET thread_id = ? WHERE thread_id = ?", both)
    connection.execute("INSERT INTO thread_alias (thread_id, old_id) VALUES (?, ?)", both)
    connection.execute(
        "UPDATE thread SET visibility = CASE WHEN 'private' IN (visibility, other) THEN 'private' "
        "WHEN 'shared' IN (visibility, other) THEN 'shared' ELSE visibility END "
        "FROM (SELECT visibility AS other FROM thread WHERE id = ?2) WHERE id = ?1",
        both,
    )
    connection.execute("UPDATE OR IGNORE participant_override SET thread_id = ? WHERE thread_id = ?", both)
    connection.execute("UPDATE OR IGNORE auto_created SET thread_id = ? WHERE thread_id = ?", both)
    slots.merge(connection, kept=new, merged=old)
    connection.execute("DELETE FROM thread WHERE id = ?", (old,))


def _keep_refs(connection: sqlite3.Connection, account_id: AccountId, threads: _Threads) -> None:
    rows = [
        (account_id, one, threads.root(thread) if thread else REUSED)
        for one, thread in sorted(threads.of_ref.items())
        if threads.stored_ref.get(one) != thread or thread in threads.merged
    ]
    connection.executemany(
        "INSERT INTO thread_ref (account_id, ref, thread_id) VALUES (?, ?, ?) "
        "ON CONFLICT (account_id, ref) DO UPDATE SET thread_id = excluded.thread_id",
        rows,
    )


def tear_apart(
    connection: sqlite3.Connection, account_id: AccountId, thread_ids: Iterable[ThreadId]
) -> set[ThreadId]:
    """Divide threads that only a reused Message-ID held together, and return all threads that came of it.

    The largest part keeps the thread's id, and with it what hangs on it.
    """
    result: set[ThreadId] = set()
    for thread_id in sorted(thread_ids):
        emails = {
            row[0]: facts(*row)
            for row in connection.execute(
                f"SELECT {FACTS} FROM email WHERE thread_id = ?",  # noqa: S608 - our own names
                (thread_id,),
            ).fetchall()
        }
        refs = {email_id: refs_of(email) for email_id, email in emails.items()}
        known = _known(connection, account_id, refs.values())
        reused = {one for one, thread in known.items() if thread == REUSED}
        parts = sorted(partition(list(emails.values()), reused), key=lambda part: (-len(part), min(part)))
        result.add(thread_id)
        for part in parts[1:]:
            tied = {one for email_id in part for one in refs[email_id] if one not in reused}
            result.add(_split_off(connection, account_id, [EmailId(email_id) for email_id in part], tied))
    return result


def _split_off(
    connection: sqlite3.Connection, account_id: AccountId, email_ids: Sequence[EmailId], refs: Iterable[int]
) -> ThreadId:
    thread_id = _next_id(connection)
    is_copy = connection.execute(
        "SELECT 1 FROM email WHERE id = ? AND bcc_token IS NOT NULL", (email_ids[0],)
    ).fetchone()
    _insert_threads(connection, account_id, [thread_id], origin="smart_bcc" if is_copy else "sync")
    connection.executemany(
        "UPDATE email SET thread_id = ? WHERE id = ?", [(thread_id, email_id) for email_id in email_ids]
    )
    connection.executemany(
        "UPDATE thread_ref SET thread_id = ? WHERE account_id = ? AND ref = ?",
        [(thread_id, account_id, one) for one in refs],
    )
    return thread_id
