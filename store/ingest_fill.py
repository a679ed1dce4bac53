"""Bodies that come after their headers, put into the store: text, files, index, thread."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mail.search_text import search_text
from mail.types import AccountId, Address, Body, Email, EmailId, SafeText, ThreadId
from store import events, ingest_rows, recent_text, threads
from store.database import SLICE, Database
from store.links import bcc_intake
from store.sending import bounces

MOST_ATTEMPTS: Final = 5
"""After so many failures a message is shown with the reason instead of its body."""
_NO_BODY: Final = Body(None, None)
_ROLES: Final = ("from", "sender", "reply_to", "to", "cc", "bcc")


@dataclass(frozen=True, slots=True)
class Filled:
    """A message known by its header, parsed whole.

    `packed_body` is ingest_rows.pack(email.body), when that was done in the process that parsed; then the body of
    `email` may be empty. `packed_octets` are its octets, zlib-compressed, where they are to be kept. `problem` says
    why there is nothing to read.
    """

    email_id: EmailId
    email: Email
    packed_body: bytes | None = None
    packed_octets: bytes | None = None
    problem: str | None = None


def fill(
    db: Database, account_id: AccountId, filled: Sequence[Filled], *, at_once: int | None = None
) -> frozenset[ThreadId]:
    """Give emails known by their headers their bodies, and return the threads that touches.

    It is one transaction, or several when somebody waits to write or when there are more than `at_once`, at most SLICE. One that has
    its body already, or that is gone, is left as it is.
    """
    ordered = sorted({one.email_id: one for one in filled}.values(), key=lambda one: one.email_id)
    size = SLICE if at_once is None else min(SLICE, at_once)
    work = deque(ordered[start : start + size] for start in range(0, len(ordered), size))
    touched: set[ThreadId] = set()
    db.give_way()
    while work:
        with db.write(is_durable=False) as connection:
            page = _Page(connection, account_id)
            while work:
                page.take(work.popleft())
                if work and (at_once is not None or db.is_wanted()):
                    break
            touched |= page.record()
        if work:
            db.give_way()
    return frozenset(touched)


class _Page:
    """One transaction's part of what is filled."""

    def __init__(self, connection: sqlite3.Connection, account_id: AccountId) -> None:
        self._connection = connection
        self._account_id = account_id
        self._touched: set[ThreadId] = set()
        self._words: list[recent_text.Change] = []

    def take(self, filled: Sequence[Filled]) -> None:
        """Take in a slice, ascending by id."""
        heads = self._heads(filled)
        some = [one for one in filled if one.email_id in heads]
        self._words += self._changed_words(some, {email_id: head[1] for email_id, head in heads.items()})
        self._touched.update(ThreadId(head[0]) for head in heads.values())
        self._update(some)
        self._insert(some)
        self._touched |= bcc_intake.verify(self._connection, [(one.email_id, one.email) for one in some])
        self._note_problems(some)

    def record(self) -> frozenset[ThreadId]:
        """Recount the threads, record the event and index the words, last as ingest_rows.index says."""
        mailbox_ids = threads.summarise(self._connection, self._touched)
        if self._touched:
            events.record(self._connection, "mail", mailbox_ids=mailbox_ids, thread_ids=self._touched)
        ingest_rows.reindex(self._connection, self._words)
        return frozenset(self._touched)

    def _heads(self, filled: Iterable[Filled]) -> dict[int, tuple[int, str]]:
        rows = self._connection.execute(
            "SELECT e.id, e.thread_id, e.subject FROM json_each(?) j CROSS JOIN email e ON e.id = j.value "
            "WHERE e.is_header_only AND e.account_id = ?",
            (json.dumps([one.email_id for one in filled]), self._account_id),
        ).fetchall()
        return {email_id: (thread_id, subject) for email_id, thread_id, subject in rows}

    def _changed_words(
        self, filled: Sequence[Filled], subjects: dict[int, str]
    ) -> Iterable[recent_text.Change]:
        """Return the words as they went into the index with the header, and as they are now."""
        people = self._people(filled)
        for one in filled:
            words = one.email.search_text
            told = people.get(one.email_id, ())
            if one.email.subject == subjects[one.email_id] and _everyone(one.email) == told:
                subject, names = words.subject, words.people
            else:  # what was told of the header is what is stored
                addresses = [Address(SafeText(name), SafeText(email)) for name, email in told]
                head = search_text(subjects[one.email_id], addresses, _NO_BODY, ())
                subject, names = head.subject, head.people
            yield (
                (one.email_id, subject, names, "", ""),
                (one.email_id, subject, names, words.body, words.files),
            )

    def _people(self, filled: Iterable[Filled]) -> dict[int, tuple[tuple[str, str], ...]]:
        found: dict[int, list[tuple[int, int, str, str]]] = {}
        for email_id, role, position, name, email in self._connection.execute(
            "SELECT email_id, role, position, name, email FROM json_each(?) CROSS JOIN participant "
            "ON email_id = value",
            (json.dumps([one.email_id for one in filled]),),
        ).fetchall():
            found.setdefault(email_id, []).append((_ROLES.index(role), position, name, email))
        return {
            email_id: tuple((name, email) for _, _, name, email in sorted(rows))
            for email_id, rows in found.items()
        }

    def _update(self, filled: Iterable[Filled]) -> None:
        self._connection.executemany(
            "UPDATE email SET preview = ?, has_attachment = ?, is_bulk = ?, is_auto_reply = ?, problem = ?, "
            "bounce = ?, is_header_only = 0 WHERE id = ?",
            [
                (
                    one.email.preview,
                    ingest_rows.has_attachment(one.email),
                    one.email.is_bulk,
                    one.email.is_auto_reply,
                    _problem(one),
                    bounces.dumps(one.email.bounce),
                    one.email_id,
                )
                for one in filled
            ],
        )

    def _insert(self, filled: Sequence[Filled]) -> None:
        self._connection.executemany(
            "INSERT INTO email_body (email_id, body) VALUES (?, ?)",
            [(one.email_id, one.packed_body or ingest_rows.pack(one.email.body)) for one in filled],
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO email_octets (email_id, octets) VALUES (?, ?)",
            [(one.email_id, one.packed_octets) for one in filled if one.packed_octets is not None],
        )
        reports = [(one.email_id, one.email.bounce) for one in filled]
        self._touched |= bounces.keep(self._connection, reports)
        ingest_rows.insert_attachments(self._connection, [(one.email_id, one.email) for one in filled])

    def _note_problems(self, filled: Iterable[Filled]) -> None:
        """Forget the wishes that came true; keep a note of what a newer version may read."""
        now = int(time.time())
        self._connection.executemany(
            "DELETE FROM body_wish WHERE email_id = ?",
            [(one.email_id,) for one in filled if not _problem(one)],
        )
        self._connection.executemany(
            "INSERT INTO body_wish (email_id, attempts, not_before, reason) VALUES (?1, ?2, ?3, ?4) "
            "ON CONFLICT DO UPDATE SET attempts = ?2, wanted_at = NULL, reason = ?4",
            [(one.email_id, MOST_ATTEMPTS, now, _problem(one)) for one in filled if _problem(one)],
        )


def _problem(filled: Filled) -> str | None:
    return filled.problem or filled.email.problem


def _everyone(email: Email) -> tuple[tuple[str, str], ...]:
    groups = (email.from_, email.sender, email.reply_to, email.to, email.cc, email.bcc)
    return tuple((person.name, person.email) for group in groups for person in group)
