"""Bodies and parts that were not told with their headers, fetched and put into the store: what somebody waits for first."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from mail.types import AccountId, EmailId, MailboxKey, RemoteKey
from providers.errors import Rejected, RetryLater
from providers.protocol import Provider
from store import accounts, doorbell, fetching, ingest
from store.database import Database
from store.fetching import BodyWanted, PartWanted
from store.ingest import Filled
from sync.frames import Fetched
from sync.parsers import Answer, Parsers
from sync.writing_beside import Writer

PARSER_VERSION: Final = 1
"""Raise it when mail.parse reads what it could not read before: then that is fetched again."""
_BATCH_OCTETS: Final = 4_000_000
_BATCH: Final = 400
_POLITE_BATCH_OCTETS: Final = 1_000_000
_POLITE_BATCH: Final = 48
"""While somebody else is about, who may soon wait for one message or to write."""
_POLITE_AT_ONCE: Final = 24
_POLITE_FOR_S: Final = 5.0
_AHEAD: Final = 2
"""Batches on their way: one is parsed while the next is fetched."""
_PROGRESS_EVERY_S: Final = 1.0
_LARGE: Final = 200
"""So many bodies to come are worth a count."""
_NOT_GIVEN: Final = "The account did not give this message."
_NOT_THERE: Final = "The account says that this message is no longer there."


def fetch_bodies(
    db: Database,
    account_id: AccountId,
    provider: Provider,
    parsers: Parsers,
    may_go_on: Callable[[], bool],
    *,
    is_brief: Callable[[], bool] = lambda: False,
) -> bool:
    """Fetch all that is due of an account; False when `may_go_on`, asked after each batch, said to stop before the end.

    While it `is_brief` batches are small, because something else goes before. Raises RetryLater, SignInAgain,
    ChildFailed. What was not written is fetched again.
    """
    fetching.retry_unread(db, PARSER_VERSION)
    return _Bodies(db, account_id, provider, parsers, is_brief=is_brief).run(may_go_on)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Messages on their way, in the order in which they were handed to the parsers."""

    bodies: tuple[BodyWanted, ...]
    emails: Answer


class _Bodies:
    def __init__(
        self,
        db: Database,
        account_id: AccountId,
        provider: Provider,
        parsers: Parsers,
        *,
        is_brief: Callable[[], bool],
    ) -> None:
        self._db = db
        self._account_id = account_id
        self._provider = provider
        self._parsers = parsers
        self._is_brief = is_brief
        self._on_their_way: deque[_Batch] = deque()
        self._writer = Writer(db)
        self._being_written: tuple[BodyWanted, ...] = ()
        self._done = 0
        self._told_at: float | None = None

    def run(self, may_go_on: Callable[[], bool]) -> bool:
        try:
            with self._writer:
                return self._fetch_all(may_go_on)
        finally:
            if self._told_at is not None:
                accounts.set_progress(self._db, self._account_id, 0, 0)

    def _fetch_all(self, may_go_on: Callable[[], bool]) -> bool:
        while True:
            if not self._fetch_wanted_part():
                has_more = self._read_ahead()
                if not has_more and not self._on_their_way:
                    self._writer.wait()
                    return True
                if not has_more:
                    self._write_all()
                elif len(self._on_their_way) >= _AHEAD:
                    self._write_beside(self._on_their_way.popleft())
            if not may_go_on():
                self._write_all()
                return False

    def _fetch_wanted_part(self) -> bool:
        """Fetch a part; False when nobody waits for one."""
        wanted = fetching.next_part(self._db, self._account_id, int(time.time()))
        if wanted is not None:
            self._fetch_part(wanted)
        return wanted is not None

    def _fetch_part(self, wanted: PartWanted) -> None:
        give = partial(self._provider.part, wanted.mailbox, wanted.key, wanted.part)
        now = int(time.time())
        try:
            fetching.keep_part(self._db, wanted, give)
        except Rejected as error:
            fetching.part_failed(self._db, wanted, str(error), now, is_final=True)
        except RetryLater as error:
            fetching.part_failed(self._db, wanted, str(error), now)
            raise

    def _read_ahead(self) -> bool:
        """Fetch another batch; False when there is none."""
        is_polite = self._is_brief() or self._must_be_polite()
        wanted = fetching.next_bodies(
            self._db,
            self._account_id,
            int(time.time()),
            octets=_POLITE_BATCH_OCTETS if is_polite else _BATCH_OCTETS,
            limit=_POLITE_BATCH if is_polite else _BATCH,
            without=[body.email_id for bodies in self._taken() for body in bodies],
        )
        if not wanted:
            return False
        found: dict[EmailId, bytes | None] = {}
        try:
            for mailbox, bodies in _by_mailbox(wanted):
                self._fetch(mailbox, bodies, found)
        except RetryLater as error:
            self._save(wanted, found, error)
            raise
        self._hand_over(wanted, found)
        self._note_failures(wanted, found)
        return True

    def _taken(self) -> Iterator[Sequence[BodyWanted]]:
        yield self._being_written
        yield from (batch.bodies for batch in self._on_their_way)

    def _must_be_polite(self) -> bool:
        directory = self._db.directory
        return self._db.was_wanted(_POLITE_FOR_S) or doorbell.is_anybody_else_there(
            directory, doorbell.WORKER
        )

    def _fetch(
        self, mailbox: MailboxKey, bodies: Sequence[BodyWanted], found: dict[EmailId, bytes | None]
    ) -> None:
        ids: dict[RemoteKey, list[EmailId]] = {}
        for body in bodies:  # a copy made here is fetched from where its original lies
            ids.setdefault(body.key, []).append(body.email_id)
        for key, octets in self._provider.messages(mailbox, list(ids)):
            for email_id in ids.get(key, ()):
                found[email_id] = octets

    def _hand_over(self, wanted: Sequence[BodyWanted], found: dict[EmailId, bytes | None]) -> None:
        bodies = tuple(body for body in wanted if found.get(body.email_id) is not None)
        work = [
            Fetched(octets, is_draft=bool(body.is_draft))
            for body in bodies
            if (octets := found[body.email_id]) is not None
        ]
        if work:
            self._on_their_way.append(_Batch(bodies, self._parsers.submit(work)))

    def _note_failures(self, wanted: Sequence[BodyWanted], found: dict[EmailId, bytes | None]) -> None:
        failures = [
            (body, _NOT_GIVEN if body.email_id in found else _NOT_THERE)
            for body in wanted
            if found.get(body.email_id) is None
        ]
        if failures:
            fetching.failed(self._db, self._account_id, failures, int(time.time()))

    def _save(
        self, wanted: Sequence[BodyWanted], found: dict[EmailId, bytes | None], error: RetryLater
    ) -> None:
        """Keep what came before the connection broke, and let the message that may have broken it wait."""
        self._hand_over(wanted, found)
        self._write_all()
        culprit = next((body for body in wanted if body.email_id not in found), None)
        if culprit is not None and found:
            fetching.postpone(self._db, culprit, str(error), int(time.time()))

    def _write_beside(self, batch: _Batch) -> None:
        """Write while the next batch is fetched: then the account's server works, too."""
        self._writer.wait()
        self._being_written = batch.bodies
        self._writer.begin(partial(self._write, batch))

    def _write_all(self) -> None:
        self._writer.wait()
        self._being_written = ()
        while self._on_their_way:
            self._write(self._on_their_way.popleft())

    def _write(self, batch: _Batch) -> None:
        parsed = batch.emails.result()
        filled = [
            Filled(body.email_id, one.email, one.packed_body, one.packed_octets)
            for body, one in zip(batch.bodies, parsed, strict=True)
        ]
        at_once = _POLITE_AT_ONCE if self._must_be_polite() else None
        ingest.fill(self._db, self._account_id, filled, at_once=at_once)
        self._done += len(filled)
        self._tell()

    def _tell(self) -> None:
        """Say how far it is, unless a bar tells of headers."""
        now = time.monotonic()
        if self._told_at is not None and now - self._told_at < _PROGRESS_EVERY_S:
            return
        account = accounts.get(self._db, self._account_id)
        remaining = fetching.remaining(self._db, self._account_id)
        if account is None or account.status != "live" or (self._told_at is None and remaining < _LARGE):
            return
        self._told_at = now
        accounts.set_progress(self._db, self._account_id, self._done, self._done + remaining)


def _by_mailbox(wanted: Sequence[BodyWanted]) -> list[tuple[MailboxKey, list[BodyWanted]]]:
    """Return the messages by mailbox, those first whose mailbox comes first."""
    groups: dict[MailboxKey, list[BodyWanted]] = {}
    for body in wanted:
        groups.setdefault(body.mailbox, []).append(body)
    return list(groups.items())
