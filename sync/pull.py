"""What the account tells, put into the store: pages are read, parsed and written at the same time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Final

from mail.changes import ChangeBatch, RemoteEmail, State
from mail.types import AccountId, MailboxKey, RemoteKey
from providers.errors import StateExpired
from providers.protocol import MailboxChoice, Provider
from store import accounts, doorbell, ingest, mailbox_choices, mailboxes
from store.database import Database
from sync.frames import Header, Parsed, Whole, Work
from sync.parsers import Answer, Parsers
from sync.writing_beside import Writer

_FIRST_PAGE: Final = 256
_PAGE: Final = 1_000
_POLITE_PAGE: Final = 48
"""Messages in one transaction while somebody else is about: they wait for no more than its end."""
_POLITE_FOR_S: Final = 5.0
_FIRST_REMOTE_PAGE: Final = 200
_REMOTE_PAGE: Final = 2_000
_POLITE_REMOTE_PAGE: Final = 500
"""Of accounts that tell headers: their pages cost a way to a server and back, their messages little."""
_HEADERS_AT_ONCE: Final = 500
_POLITE_HEADERS_AT_ONCE: Final = 80
"""Messages of such a page in one transaction: somebody who comes to write waits for its end."""
_AHEAD: Final = 2
_FIRST_AHEAD_MESSAGES: Final = 128
_AHEAD_MESSAGES: Final = 1_000
_AHEAD_OCTETS: Final = 12 * 1024 * 1024
"""So much is read before the oldest page is written, so that the children always have work; at first less, because
somebody waits for the first page."""
_PROGRESS_EVERY_S: Final = 0.25
_LARGE: Final = 200
"""So many messages to come are a first sync, which is worth a bar."""


@dataclass(frozen=True, slots=True)
class StoreMemory:
    """What the cache knows of one account, lent to its adapter."""

    db: Database
    account_id: AccountId

    def known(self, mailbox: MailboxKey) -> dict[RemoteKey, frozenset[str]]:
        """Return the keywords of every message in `mailbox`, as the account last told them."""
        return mailboxes.known(self.db, self.account_id, mailbox)

    def choices(self) -> dict[MailboxKey, MailboxChoice]:
        """Return what the user chose of the account's mailboxes."""
        return {
            key: MailboxChoice(choice.is_synced, choice.since_days)
            for key, choice in mailbox_choices.all(self.db, self.account_id).items()
        }


@dataclass(frozen=True, slots=True)
class _Page:
    """A page on its way: the identity of each message told, and the Emails that are being made of some."""

    batch: ChangeBatch
    identities: tuple[bytes | None, ...]
    parsed: tuple[bytes, ...]
    emails: Answer | None
    size_octets: int


def pull(
    db: Database,
    account_id: AccountId,
    provider: Provider,
    parsers: Parsers,
    between_pages: Callable[[], bool],
    after_writing: Callable[[], None] = lambda: None,
) -> bool:
    """Take in everything the account has to tell; False when `between_pages` said to stop before the end.

    `after_writing` is called when a page is in the store, from the thread that wrote it. Raises RetryLater, SignInAgain. What was not written is told again.
    """
    try:
        return _Pull(db, account_id, provider, parsers, after_writing).run(between_pages)
    except StateExpired:
        accounts.forget_state(db, account_id)
        return _Pull(db, account_id, provider, parsers, after_writing).run(between_pages)


class _Pull:
    def __init__(
        self,
        db: Database,
        account_id: AccountId,
        provider: Provider,
        parsers: Parsers,
        after_writing: Callable[[], None],
    ) -> None:
        self._db = db
        self._account_id = account_id
        self._provider = provider
        self._parsers = parsers
        self._after_writing = after_writing
        self._writer = Writer(db)
        self._progress = Progress(db, account_id)
        self._is_remote = provider.capabilities.is_remote
        self._written = 0
        self._read_state: State | None = accounts.remote_state(db, account_id)
        self._written_state = self._read_state

    def run(self, between_pages: Callable[[], bool]) -> bool:
        if self._read_state is None:
            self._parsers.prepare()
        with self._writer:
            if not self._take_in(between_pages):
                return False
        self._progress.end()
        return True

    def _take_in(self, between_pages: Callable[[], bool]) -> bool:
        on_their_way: deque[_Page] = deque()
        has_more = True
        while has_more or on_their_way:
            if has_more and not self._are_enough(on_their_way):
                batch = self._provider.changes(self._read_state, limit=self._page_size())
                self._read_state, has_more = batch.new_state, batch.has_more_changes
                on_their_way.append(self._parse(batch))
                continue
            self._writer.wait()
            page = on_their_way.popleft()
            if has_more and self._is_remote and self._written:  # the server works while we write
                self._writer.begin(partial(self._write, page))
            else:
                self._write(page)
            if not between_pages():
                return False
        return True

    def _are_enough(self, pages: Collection[_Page]) -> bool:
        if self._is_remote and not self._written:
            return bool(pages)  # somebody waits for the first, and reading another takes long
        wanted = min(_AHEAD_MESSAGES, _FIRST_AHEAD_MESSAGES + 2 * self._written)
        return len(pages) >= _AHEAD and (
            sum(len(page.batch.upserted) for page in pages) >= wanted
            or sum(page.size_octets for page in pages) >= _AHEAD_OCTETS
        )

    def _page_size(self) -> int:
        if self._is_remote:
            if self._read_state is None:
                return _FIRST_REMOTE_PAGE
            return _POLITE_REMOTE_PAGE if self._must_be_polite() else _REMOTE_PAGE
        if self._must_be_polite():
            return _POLITE_PAGE
        return _FIRST_PAGE if self._read_state is None else _PAGE

    def _at_once(self) -> int | None:
        if not self._is_remote:
            return None
        return _POLITE_HEADERS_AT_ONCE if self._must_be_polite() else _HEADERS_AT_ONCE

    def _must_be_polite(self) -> bool:
        directory = self._db.directory
        return self._db.was_wanted(_POLITE_FOR_S) or doorbell.is_anybody_else_there(
            directory, doorbell.WORKER
        )

    def _parse(self, batch: ChangeBatch) -> _Page:
        identities = tuple(map(ingest.identity_of, batch.upserted))
        work = {
            identity: _work(remote, identity)
            for identity, remote in zip(identities, batch.upserted, strict=True)
            if identity is not None
        }
        for identity in ingest.known_octets(self._db, self._account_id, work):
            del work[identity]
        emails = self._parsers.submit(list(work.values())) if work else None
        return _Page(batch, identities, tuple(work), emails, sum(map(_size, work.values())))

    def _write(self, page: _Page) -> None:
        batch = page.batch
        emails = {} if page.emails is None else dict(zip(page.parsed, page.emails.result(), strict=True))
        arrivals = [
            _arrival(remote, None if identity is None else emails.get(identity))
            for remote, identity in zip(batch.upserted, page.identities, strict=True)
        ]
        if (
            arrivals
            or batch.destroyed
            or batch.mailboxes is not None
            or batch.new_state != self._written_state
            or mailboxes.are_choices_due(self._db, self._account_id)
        ):
            ingest.apply(self._db, self._account_id, batch, arrivals, at_once=self._at_once())
            self._written_state = batch.new_state
        self._written += len(arrivals)
        self._progress.add(len(arrivals), batch.remaining)
        self._after_writing()


def _arrival(remote: RemoteEmail, parsed: Parsed | None) -> ingest.Arrival:
    if remote.problem is not None:
        from mail.parse import placeholder  # it loads all that parses, which is the children's

        # Octets of our own making, so that two messages nobody can read are not taken for one.
        octets = f"X-Unreadable: {remote.mailbox}/{remote.key}\r\n\r\n".encode("utf-8", "replace")
        return ingest.Arrival(remote, placeholder(octets, remote.problem))
    if parsed is None:
        return ingest.Arrival(remote, None)
    return ingest.Arrival(remote, parsed.email, parsed.packed_body)


def _work(remote: RemoteEmail, identity: bytes) -> Work:
    if remote.message is not None:
        return Whole(remote.message, identity)
    return Header(remote.header or b"", remote.size_octets or 0)


def _size(work: Work) -> int:
    return len(work if isinstance(work, bytes) else work.octets)


class Progress:
    """The bar of a first sync, told a few times a second."""

    def __init__(self, db: Database, account_id: AccountId) -> None:
        self._db = db
        self._account_id = account_id
        self._done = 0
        self._told_at: float | None = None

    def add(self, count: int, remaining: int | None) -> None:
        """Count messages written; `remaining` are still to come, None when that is not known."""
        self._done += count
        if remaining is None or (self._told_at is None and remaining < _LARGE):
            return
        now = time.monotonic()
        if self._told_at is None:
            accounts.set_status(self._db, self._account_id, "backfilling")
            accounts.set_progress(
                self._db, self._account_id, 0, 0
            )  # a bar left by a sync cut short has its own clock
        elif now - self._told_at < _PROGRESS_EVERY_S:
            return
        self._told_at = now
        accounts.set_progress(self._db, self._account_id, self._done, self._done + remaining)

    def end(self) -> None:
        """Take the bar away."""
        if self._told_at is not None:
            accounts.set_progress(self._db, self._account_id, 0, 0)
