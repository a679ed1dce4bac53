"""One account's thread: the user's operations, then what the account tells, then wait; and again after trouble."""

from __future__ import annotations

import contextlib
import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from mail.types import AccountId
from providers.connect import REMOTE_KINDS, connect
from providers.errors import ProviderError, RetryLater, SignInAgain
from providers.protocol import Provider
from store import accounts, fetching, ingest, outbox
from store.database import Database
from store.rows import AccountRow
from store.secret_files import HeldKey
from sync import backoff
from sync.bodies import fetch_bodies
from sync.companions import Fetching, Watching
from sync.lane import ChildFailed
from sync.lending import LentSecrets
from sync.parsers import Parsers
from sync.pull import StoreMemory, pull
from sync.push import push, seconds_to_next

log = logging.getLogger(__name__)

_SHORTEST_REST_S: Final = 1.0
_PAUSE_S: Final = 0.5
_LONGEST_SERVICE_S: Final = 5.0
_KEPT_ORPHANS_S: Final = 86_400
_PURGE_EVERY_S: Final = 3_600.0


class AccountThread:
    """Keeps one account in step until stopped. Its trouble is its own: other accounts go on.

    Operations and changes are this thread's work. An account on a server has companions with connections of their own.
    """

    def __init__(self, db: Database, account: AccountRow, parsers: Parsers, held: HeldKey) -> None:
        self.account = account
        self.is_resting = False
        self._db = db
        self._parsers = parsers
        self._held = held
        self._is_stopping = False
        self._is_pulling = False
        self._woken = threading.Event()
        self._provider: Provider | None = None
        self._failures = 0
        self._requests = 0
        self._purged_at: float | None = None
        self._companions = self._make_companions() if account.kind in REMOTE_KINDS else None
        self._thread = threading.Thread(target=self._run, name=f"account-{account.id}")

    def _make_companions(self) -> _Companions:
        name = f"account-{self.account.id}"

        def provider() -> Provider:
            return connection(self._db, self.account, self._held)

        def fetch(provider: Provider, may_go_on: Callable[[], bool]) -> float | None:
            if not fetch_bodies(self._db, self.account.id, provider, self._parsers, may_go_on):
                return backoff.LONGEST_S
            at = fetching.next_time(self._db, self.account.id)
            return None if at is None else max(at - time.time(), _SHORTEST_REST_S)

        return _Companions(
            Watching(f"{name}-watching", provider, self._notice),
            Fetching(f"{name}-fetching", provider, fetch, lambda: self._is_pulling),
        )

    def start(self) -> None:
        """Begin."""
        self._thread.start()
        for companion in self._companions or ():
            companion.start()

    def wake(self) -> None:
        """Look at the outbox and at the account now."""
        self._woken.set()
        provider = self._provider
        if provider is not None:
            provider.notice()
            provider.interrupt()

    def glance(self) -> None:
        """Let the companions see what the screen wants of them."""
        companions, now = self._companions, int(time.time())
        if companions is not None and fetching.is_awaited(self._db, self.account.id, now):
            companions.fetching.wake()

    def stop(self) -> None:
        """End after the transaction and the operation going on."""
        self._is_stopping = True
        for companion in self._companions or ():
            companion.stop()
        self.wake()

    def join(self) -> None:
        """Wait for the end."""
        for companion in self._companions or ():
            companion.join()
        self._thread.join()

    @property
    def is_alive(self) -> bool:
        """Say whether it still runs; it ends by itself when its account was removed."""
        return self._thread.is_alive()

    @property
    def is_busy(self) -> bool:
        """Say whether there is work that a worker nobody looks at should finish first."""
        at_work = self._companions is not None and self._companions.fetching.is_working
        return at_work or not self.is_resting

    def _notice(self) -> None:
        provider = self._provider
        if provider is not None:
            provider.notice()
        self._woken.set()

    def _run(self) -> None:
        while not self._is_stopping and accounts.get(self._db, self.account.id) is not None:
            delay_s = self._connected()
            self.is_resting = True
            self._woken.wait(delay_s)
            self._woken.clear()
            self.is_resting = False
        for companion in self._companions or ():
            companion.stop()

    def _connected(self) -> float:
        """Work until something goes wrong; return how long to stay away then."""
        try:
            self._requests = accounts.sync_requests(self._db)
            with connected(self._db, self.account, self._held) as provider:
                self._provider = provider
                while not self._is_stopping:
                    self._round(provider)
                    self._failures = 0
                    self._rest(provider)
            return 0.0
        except Exception as error:  # noqa: BLE001 - the outermost loop of a thread
            if is_gone(self._db, self.account.id):
                self._is_stopping = True
                return 0.0
            self._failures += 1
            return report(self._db, self.account.id, error, self._failures, self._requests)
        finally:
            self._provider = None
            for companion in self._companions or ():
                companion.forbid()

    def _round(self, provider: Provider) -> None:
        self._requests = accounts.sync_requests(self._db)
        self._is_pulling = True
        try:
            is_complete = sync_once(self._db, self.account.id, provider, self._parsers, self._may_go_on)
        finally:
            self._is_pulling = False
        if is_complete:
            say_live(self._db, self.account.id, self._requests)
            self._purge()
        if self._companions is not None:
            self._companions.fetching.wake()
            if self._companions.fetching.is_shut_out:
                fetch_bodies(self._db, self.account.id, provider, self._parsers, lambda: False)

    def _may_go_on(self) -> bool:
        """Between two pages: the account answers, so the companions may come, and there may be bodies to fetch."""
        for companion in self._companions or ():
            companion.allow()
        if self._companions is not None:
            self._companions.fetching.wake()
        return not self._is_stopping

    def _purge(self) -> None:
        now = time.monotonic()
        if self._purged_at is None or now - self._purged_at > _PURGE_EVERY_S:
            self._purged_at = now
            ingest.purge_orphans(self._db, self.account.id, int(time.time()) - _KEPT_ORPHANS_S)

    def _rest(self, provider: Provider) -> None:
        wait_s = seconds_to_next(self._db, self.account.id)
        self.is_resting = wait_s is None
        if not self._woken.is_set():
            # An operation that waits for another one is due and cannot be asked: look again, but not at once.
            longest_s = provider.capabilities.look_every_s
            self._wait(
                provider, longest_s if wait_s is None else min(max(wait_s, _SHORTEST_REST_S), longest_s)
            )
        self.is_resting = False
        self._serve(provider)

    def _wait(self, provider: Provider, timeout_s: float) -> None:
        if self._companions is None or self._companions.watching.is_shut_out:
            provider.wait(timeout_s)
        else:
            self._woken.wait(timeout_s)

    def _serve(self, provider: Provider) -> None:
        """Carry out what the user does as they do it; the account is looked at when they pause, or in the end."""
        ends_at = time.monotonic() + _LONGEST_SERVICE_S
        while self._woken.is_set() and not self._is_stopping and time.monotonic() < ends_at:
            self._woken.clear()
            if not push(self._db, self.account.id, provider) and self._companions is not None:
                return  # woken by news of the account: look now
            self._woken.wait(_PAUSE_S)


class _Companions(NamedTuple):
    watching: Watching
    fetching: Fetching


def connection(db: Database, account: AccountRow, held: HeldKey) -> Provider:
    """Return a provider of the account's own."""
    secrets = LentSecrets(db.directory, held, account)
    return connect(account.kind, account.config, StoreMemory(db, account.id), secrets)


@contextlib.contextmanager
def connected(db: Database, account: AccountRow, held: HeldKey) -> Iterator[Provider]:
    """Connect to the account for as long as the block lasts; operations cut short are asked again."""
    outbox.requeue_running(db, account.id)
    provider = connection(db, account, held)
    try:
        yield provider
    finally:
        provider.close()


def sync_once(
    db: Database, account_id: AccountId, provider: Provider, parsers: Parsers, may_go_on: Callable[[], bool]
) -> bool:
    """Push, then pull with a push between two pages; False when it was told to stop before the end."""

    def between_pages() -> bool:
        push(db, account_id, provider)
        return may_go_on()

    return between_pages() and pull(db, account_id, provider, parsers, between_pages) and between_pages()


def say_live(db: Database, account_id: AccountId, requests: int) -> None:
    """Note that the cache agrees with the account, as it was when there had been so many requests to sync."""
    accounts.set_status(db, account_id, "live", answered_requests=requests)


def is_gone(db: Database, account_id: AccountId) -> bool:
    """Say whether the account was removed: then its trouble is nobody's."""
    try:
        return accounts.get(db, account_id) is None
    except sqlite3.Error:
        return False


def report(db: Database, account_id: AccountId, error: Exception, failures: int, requests: int) -> float:
    """Tell the user what is wrong and what to do; return how long to wait before trying again, in seconds."""
    status, text, delay_s = judge(error, failures, random.random())
    if not isinstance(error, ProviderError):
        log.error("account %s: %s", account_id, text, exc_info=error)
    with contextlib.suppress(sqlite3.Error):  # a full disk takes no status either
        accounts.set_status(db, account_id, status, text, answered_requests=requests)
    return delay_s


def judge(error: Exception, failures: int, chance: float) -> tuple[str, str, float]:
    """Return the status, the words for the user and the seconds to wait that an error means."""
    match error:
        case SignInAgain():
            return "sign_in", str(error), backoff.SIGN_IN_S
        case RetryLater():
            return "waiting", str(error), backoff.delay_s(failures, chance, error.after_s)
        case ChildFailed():
            return "error", str(error), backoff.delay_s(failures, chance)
        case sqlite3.Error() if "full" in str(error):
            return (
                "error",
                "The disk is full: make room, sync goes on by itself.",
                backoff.delay_s(failures, chance),
            )
        case sqlite3.Error():
            return (
                "error",
                f"The store cannot be written ({error}): run dealbox doctor.",
                backoff.delay_s(failures, chance),
            )
        case _:
            text = f"Sync failed ({type(error).__name__}: {error}); it is tried again. See worker.log."
            return "error", text, backoff.delay_s(failures, chance)
