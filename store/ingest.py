"""What an account told us, put into the store: emails, places, threads, index, state and event."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from mail.changes import ChangeBatch, RemoteEmail
from mail.types import AccountId, Email, MailboxId, MailboxKey, RemoteKey, ThreadId
from store import conversations, email_ids, events, ingest_rows, mailboxes, placements, removal, threads
from store.database import SLICE, Database
from store.ingest_fill import Filled as Filled
from store.ingest_fill import fill as fill
from store.links import awaited, bcc_intake
from store.sending import bounces


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as told by the account. `email` is None when it was known before, or nothing of it was told.

    `packed_body` is ingest_rows.pack(email.body), when that was done in the process that parsed: then the body of
    `email` may be empty.
    """

    remote: RemoteEmail
    email: Email | None
    packed_body: bytes | None = None


_Gone = tuple[MailboxKey, RemoteKey]
_Work = tuple[Sequence[Arrival], Sequence[_Gone]]


def hash_of(message: bytes) -> bytes:
    """Return the identity of octets, as in Email.octets_hash."""
    return blake2b(message, digest_size=16).digest()


def identity_of(remote: RemoteEmail) -> bytes | None:
    """Return what makes a message the same one wherever it lies; None when only its keywords were told."""
    if remote.message is None and remote.header is None:
        return None
    return remote.identity or hash_of(remote.message or remote.header or b"")


def known_octets(db: Database, account_id: AccountId, hashes: Iterable[bytes]) -> set[bytes]:
    """Return those of the identities whose email the account has in the store already: no need to parse them."""
    return set(ingest_rows.emails_by_hash(db.read(), account_id, set(hashes)))


def apply(
    db: Database,
    account_id: AccountId,
    batch: ChangeBatch,
    arrivals: Sequence[Arrival],
    *,
    at_once: int | None = None,
) -> frozenset[ThreadId]:
    """Put a page of changes into the store, and return the threads it touched.

    It is one transaction, or several when somebody waits to write or when there are more than `at_once` messages;
    the state is committed with the last one, and telling the page again is harmless. `arrivals` are the upserted of
    the batch.
    """
    touched: set[ThreadId] = set()
    work = _work(arrivals, batch.destroyed)
    slices = len(work) if at_once is None else max(1, at_once // SLICE)
    db.give_way()
    while True:
        with db.write(is_durable=False) as connection:
            page = _Page(connection, account_id, batch)
            left = len(work) - slices
            while work:
                page.take(*work.popleft())
                if work and (len(work) <= left or db.is_wanted()):
                    break
            else:
                page.finish()
            touched |= page.record()
        if not work:
            return frozenset(touched)
        db.give_way()


def _work(arrivals: Sequence[Arrival], destroyed: Sequence[_Gone]) -> deque[_Work]:
    # Oldest first, because the index is written out whenever a rowid is not greater than the last.
    latest = {(arrival.remote.mailbox, arrival.remote.key): arrival for arrival in arrivals}
    ordered = sorted(latest.values(), key=lambda arrival: arrival.remote.received_at)
    work: deque[_Work] = deque()
    for start in range(0, len(ordered), SLICE):
        work.append((ordered[start : start + SLICE], ()))
    # A move told as both must be seen as one, so what goes is done after all that comes.
    for start in range(0, len(destroyed), SLICE):
        work.append(((), destroyed[start : start + SLICE]))
    return work


class _Page:
    """One transaction's part of a page of changes."""

    def __init__(self, connection: sqlite3.Connection, account_id: AccountId, batch: ChangeBatch) -> None:
        self._connection = connection
        self._account_id = account_id
        self._batch = batch
        self._touched: set[ThreadId] = set()
        told = mailboxes.Told()
        if batch.mailboxes is not None:
            told = mailboxes.ensure(connection, account_id, batch.mailboxes)
        told = told.and_then(mailboxes.follow_choices(connection, account_id))
        self._are_mailboxes_new = told.is_new
        self._touched |= threads.in_mailboxes(connection, told.rehidden)
        self._mailbox_ids = mailboxes.ids_by_key(connection, account_id)
        self._renumbered = frozenset(
            self._mailbox_ids[key] for key in batch.renumbered if key in self._mailbox_ids
        )
        self._owner = ingest_rows.owner(connection, account_id)
        self._intake = bcc_intake.Intake(connection, account_id, self._mailbox_ids)
        self._ids = email_ids.Ids(connection)
        self._new: list[ingest_rows.NewEmail] = []

    def take(self, arrivals: Sequence[Arrival], destroyed: Sequence[_Gone]) -> None:
        """Take in a slice of what came and what went."""
        if arrivals:
            newest = len(self._new)
            email_ids = self._take_emails(arrivals)
            touched = placements.upsert(self._connection, self._places(arrivals, email_ids), self._renumbered)
            # A new email in one place has the keywords it came with, and its thread is known to be touched.
            places = Counter(email_ids)
            self._follow(touched - {new.id for new in self._new[newest:] if places[new.id] == 1})
        if destroyed:
            gone = [(self._mailbox_ids[key], remote) for key, remote in destroyed if key in self._mailbox_ids]
            self._follow(placements.destroy(self._connection, gone))

    def finish(self) -> None:
        """Commit to how far the account has told us; what lay in mailboxes that are gone goes with them."""
        if not self._batch.has_more_changes:
            self._follow(
                placements.destroy(self._connection, placements.in_gone(self._connection, self._account_id))
            )
        self._connection.execute(
            "UPDATE account SET remote_state = ? WHERE id = ?", (self._batch.new_state, self._account_id)
        )

    def record(self) -> frozenset[ThreadId]:
        """Recount what was touched, record the event and index what is new; return the threads."""
        mailbox_ids = threads.summarise(self._connection, self._touched)
        awaited.link(self._connection, int(time.time()), self._touched)
        if not self._batch.has_more_changes:
            mailboxes.forget_gone(self._connection, self._account_id)
        if self._are_mailboxes_new:
            events.record(self._connection, "mailboxes")
        if self._touched:
            events.record(self._connection, "mail", mailbox_ids=mailbox_ids, thread_ids=self._touched)
        ingest_rows.index(self._connection, sorted(self._new, key=lambda email: email.id))
        self._intake.index()
        return frozenset(self._touched)

    def _take_emails(self, arrivals: Sequence[Arrival]) -> list[int | None]:
        """Insert the emails that are new; return the email of each arrival, None where no octets were told."""
        hashes = [_hash(arrival) for arrival in arrivals]
        wanted = {octets_hash for octets_hash in hashes if octets_hash is not None}
        known = ingest_rows.emails_by_hash(self._connection, self._account_id, wanted)
        new: dict[bytes, ingest_rows.NewEmail] = {}
        places: dict[bytes | None, list[MailboxKey]] = defaultdict(list)
        for arrival, octets_hash in zip(arrivals, hashes, strict=True):
            places[octets_hash].append(arrival.remote.mailbox)
        self._ids.prepare(arrival.remote.received_at for arrival in arrivals)
        for arrival, octets_hash in zip(arrivals, hashes, strict=True):
            if octets_hash is not None and octets_hash not in known and octets_hash not in new:
                email_id = self._ids.after(arrival.remote.received_at)
                email = _email(arrival)
                told = ingest_rows.new_email(email_id, arrival.remote, email, arrival.packed_body)
                new[octets_hash] = self._intake.mark(told, places[octets_hash])
        if new:
            self._insert(sorted(new.values(), key=lambda email: email.id))
            lying = [(one.id, key) for octets_hash, one in new.items() for key in places[octets_hash]]
            self._touched |= self._intake.take(list(new.values()), lying)
        known.update((octets_hash, email.id) for octets_hash, email in new.items())
        return [None if octets_hash is None else known[octets_hash] for octets_hash in hashes]

    def _insert(self, emails: Sequence[ingest_rows.NewEmail]) -> None:
        copies = [email.id for email in emails if email.bcc_token is not None]
        facts = [email.facts() for email in emails]
        placed = conversations.place(self._connection, self._account_id, facts, copies)
        sent = {key for key, mailbox_id in self._mailbox_ids.items() if mailbox_id in self._owner.sent}
        ingest_rows.insert(self._connection, self._owner, emails, placed.thread_of, sent)
        self._new += emails
        self._touched |= bounces.keep(self._connection, [(new.id, new.email.bounce) for new in emails])
        self._touched |= placed.touched
        self._touched |= conversations.tear_apart(self._connection, self._account_id, placed.torn)

    def _places(self, arrivals: Sequence[Arrival], email_ids: Sequence[int | None]) -> list[placements.Place]:
        return [
            placements.Place(
                self._mailbox_id(arrival.remote.mailbox),
                arrival.remote.key,
                email_id,
                " ".join(sorted(arrival.remote.keywords)),
                arrival.remote.path,
                arrival.remote.problem,
            )
            for arrival, email_id in zip(arrivals, email_ids, strict=True)
        ]

    def _mailbox_id(self, key: MailboxKey) -> MailboxId:
        if key not in self._mailbox_ids:
            self._mailbox_ids[key] = mailboxes.add_untold(self._connection, self._account_id, key)
            self._are_mailboxes_new = True
        return self._mailbox_ids[key]

    def _follow(self, email_ids: Collection[int]) -> None:
        if not email_ids:
            return
        placements.follow_keywords(self._connection, email_ids)
        placements.mark_orphans(self._connection, email_ids)
        rows = self._connection.execute(
            "SELECT DISTINCT e.thread_id FROM json_each(?) j CROSS JOIN email e ON e.id = j.value",
            (json.dumps(sorted(email_ids)),),
        )
        self._touched.update(ThreadId(row[0]) for row in rows.fetchall())


def _hash(arrival: Arrival) -> bytes | None:
    if arrival.email is not None:
        return arrival.remote.identity or arrival.email.octets_hash
    return identity_of(arrival.remote)


def _email(arrival: Arrival) -> Email:
    if arrival.email is not None:
        return arrival.email
    # It was known when the caller asked, and has been purged since.
    from mail.parse import parse, parse_header

    remote = arrival.remote
    if remote.message is None and remote.header is not None:
        return parse_header(remote.header, remote.size_octets or 0)
    return parse(remote.message or b"")


def purge_orphans(db: Database, account_id: AccountId, older_than: int) -> int:
    """Remove the emails that have lain nowhere since before the time `older_than`, and return how many.

    Their threads go with them when nothing is left in them.
    """
    count = 0
    while True:
        db.give_way()
        rows = db.read().execute(
            "SELECT id FROM email WHERE orphaned_at < ? AND account_id = ? LIMIT ?",
            (older_than, account_id, SLICE),
        )
        email_ids = [row[0] for row in rows.fetchall()]
        if not email_ids:
            return count
        with db.write(is_durable=False) as connection:
            touched = removal.remove_emails(connection, email_ids)
            threads.summarise(connection, touched)
            removal.remove_empty_threads(connection, touched)
            events.record(connection, "mail", thread_ids=touched)
        count += len(email_ids)
