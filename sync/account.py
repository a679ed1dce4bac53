"""One account's thread: the user's operations, then what the account tells, then wait; and again after trouble."""

from __future__ import annotations

import contextlib
import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from mail.types import AccountId
from providers.connect import REMOTE_KINDS
from providers.errors import ProviderError, RetryLater, SignInAgain
from providers.protocol import Provider
from store import accounts, ingest, outbox, tidying
from store.database import Database
from store.rows import AccountRow
from store.secret.files import HeldKey
from sync import backoff
from sync.bodies import fetch_bodies
from sync.crew import Crew, connection
from sync.judging import judge_due
from sync.lane import ChildFailed
from sync.lending import LentSecrets
from sync.looks import Looks
from sync.parsers import Parsers
from sync.pull import pull
from sync.push import push, seconds_to_next
from sync.submit import submit_due

log = logging.getLogger(__name__)

_SHORTEST_REST_S: Final = 1.0
_PAUSE_S: Final = 0.5
_LONGEST_LOOK_S: Final = 20.0
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
        self._looks = Looks()
        self._crew: Crew | None = None
        if account.kind in REMOTE_KINDS:
            self._crew = Crew(
                db,
                account,
                parsers,
                held,
                on_news=self.wake,
                look=self._look,
                is_pulling=lambda: self._is_pulling,
            )
        self._thread = threading.Thread(target=self._run, name=f"account-{account.id}")

    def start(self) -> None:
        """Begin."""
        self._thread.start()
        if self._crew is not None:
            self._crew.start()

    def wake(self) -> None:
        """Look at the outbox and at the account now."""
        self._woken.set()
        provider = self._provider
        if provider is not None:
            provider.notice()
            provider.interrupt()

    def glance(self) -> None:
        """Let the companions see what the screen wants of them."""
        if self._crew is not None:
            self._crew.glance()

    def stop(self) -> None:
        """End after the transaction and the operation going on."""
        self._is_stopping = True
        if self._crew is not None:
            self._crew.stop()
        self._looks.give_up()
        self.wake()

    def join(self) -> None:
        """Wait for the end."""
        if self._crew is not None:
            self._crew.join()
        self._thread.join()

    @property
    def is_alive(self) -> bool:
        """Say whether it still runs; it ends by itself when its account was removed."""
        return self._thread.is_alive()

    @property
    def is_busy(self) -> bool:
        """Say whether there is work that a worker nobody looks at should finish first."""
        return not self.is_resting or (self._crew is not None and self._crew.is_busy)

    def _look(self) -> None:
        """Have the account looked at, and wait for that. Raises RetryLater."""
        number = self._looks.next
        self.wake()
        if not self._looks.wait_for(number, _LONGEST_LOOK_S):
            raise RetryLater("The account could not be looked at just now.")

    def _run(self) -> None:
        while not self._is_stopping and accounts.get(self._db, self.account.id) is not None:
            delay_s = self._connected()
            self.is_resting = True
            self._woken.wait(delay_s)
            self._woken.clear()
            self.is_resting = False
        if self._crew is not None:
            self._crew.stop()

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
            self._looks.give_up()
            if self._crew is not None:
                self._crew.forbid()

    def _round(self, provider: Provider) -> None:
        self._requests = accounts.sync_requests(self._db)
        number = self._looks.begin()
        self._is_pulling = True
        try:
            is_complete = sync_once(
                self._db, self.account.id, provider, self._parsers, self._may_go_on, self._on_page
            )
        finally:
            self._is_pulling = False
        if is_complete:
            say_live(self._db, self.account.id, self._requests)
            self._looks.end(number)
            self._purge()
        if self._crew is not None:
            self._crew.follow()
            if self._crew.fetching.is_shut_out and not fetch_bodies(
                self._db, self.account.id, provider, self._parsers, lambda: False
            ):
                self._woken.set()  # there is more: no rest yet

    def _may_go_on(self) -> bool:
        return not self._is_stopping

    def _on_page(self) -> None:
        """Let the companions come: the account answers, and there may be bodies to fetch.

        Not before, when nobody has connected yet: where only one connection is to be had, it is this thread's.
        """
        if self._crew is not None:
            self._crew.allow()
            self._crew.fetching.wake()

    def _purge(self) -> None:
        now = time.monotonic()
        if self._purged_at is None or now - self._purged_at > _PURGE_EVERY_S:
            self._purged_at = now
            ingest.purge_orphans(self._db, self.account.id, int(time.time()) - _KEPT_ORPHANS_S)
            tidying.tidy(self._db)

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
        if self._crew is None or self._crew.watching.is_shut_out:
            provider.wait(timeout_s)
        else:
            self._woken.wait(timeout_s)

    def _serve(self, provider: Provider) -> None:
        """Carry out what the user does as they do it; the account is looked at when they pause, or in the end."""
        ends_at = time.monotonic() + _LONGEST_SERVICE_S
        while self._woken.is_set() and not self._is_stopping and time.monotonic() < ends_at:
            self._woken.clear()
            if not push(self._db, self.account.id, provider) and self._crew is not None:
                return  # woken by news of the account: look now
            self._woken.wait(_PAUSE_S)


@contextlib.contextmanager
def connected(db: Database, account: AccountRow, held: HeldKey) -> Iterator[Provider]:
    """Connect to the account for as long as the block lasts; operations cut short are asked again."""
    outbox.requeue_running(db, account.id)
    provider = connection(db, account, held)
    try:
        yield provider
    finally:
        provider.close()


def finish_once(
    db: Database,
    account: AccountRow,
    provider: Provider,
    parsers: Parsers,
    held: HeldKey,
    may_go_on: Callable[[], bool],
) -> None:
    """Send what is due and fetch what is still at the account: what companions do where there are any."""
    if account.kind not in REMOTE_KINDS:
        return

    def look() -> None:
        sync_once(db, account.id, provider, parsers, may_go_on)

    submit_due(db, account, LentSecrets(db.directory, held, account), look)
    fetch_bodies(db, account.id, provider, parsers, may_go_on)
    judge_due(db, may_go_on)


def sync_once(
    db: Database,
    account_id: AccountId,
    provider: Provider,
    parsers: Parsers,
    may_go_on: Callable[[], bool],
    on_page: Callable[[], None] = lambda: None,
) -> bool:
    """Push, then pull; between two pages push, and judge each. False when it was told to stop before the end.

    `on_page` is called after each page that the account has told.
    """

    def judge() -> None:
        judge_due(db, may_go_on)

    def push_on() -> bool:
        push(db, account_id, provider)
        on_page()
        return may_go_on()

    def push_and_judge() -> bool:
        push(db, account_id, provider)
        judge()
        return may_go_on()

    return push_and_judge() and pull(db, account_id, provider, parsers, push_on, judge) and push_and_judge()


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
