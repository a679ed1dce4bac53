"""The companions of an account on a server, and when they are woken."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from providers.connect import connect
from providers.protocol import Provider
from store import fetching
from store.database import Database
from store.rows import AccountRow
from store.secret.files import HeldKey
from store.sending import submitting
from sync import backoff
from sync.bodies import fetch_bodies
from sync.companions import Fetching, Sending, Watching
from sync.lending import LentSecrets
from sync.parsers import Parsers
from sync.pull import StoreMemory
from sync.submit import Look, submit_due

_SHORTEST_REST_S: Final = 1.0


def connection(db: Database, account: AccountRow, held: HeldKey) -> Provider:
    """Return a provider of the caller's own, which connects when it is first asked for something."""
    secrets = LentSecrets(db.directory, held, account)
    return connect(account.kind, account.config, StoreMemory(db, account.id), secrets)


class Crew:
    """One companion that waits for news, one that fetches bodies, one that sends."""

    def __init__(
        self,
        db: Database,
        account: AccountRow,
        parsers: Parsers,
        held: HeldKey,
        *,
        on_news: Callable[[], None],
        look: Look,
        is_pulling: Callable[[], bool],
    ) -> None:
        """`on_news` is called when the account may have changed, `look` to have it looked at and wait for that."""
        self._db = db
        self._account = account
        self._parsers = parsers
        self._secrets = LentSecrets(db.directory, held, account)
        self._look = look
        self._is_pulling = is_pulling
        self._seen: tuple[int, ...] = ()
        name = f"account-{account.id}"

        def connected() -> Provider:
            return connection(db, account, held)

        self.watching = Watching(f"{name}-watching", connected, on_news)
        self.fetching = Fetching(f"{name}-fetching", connected, on_news, self._fetch, is_pulling)
        self.sending = Sending(f"{name}-sending", self._send)
        self._all = (self.watching, self.fetching, self.sending)

    def _fetch(self, provider: Provider, may_go_on: Callable[[], bool]) -> float | None:
        # Headers go before: by them every message is listed and found.
        if not fetch_bodies(
            self._db, self._account.id, provider, self._parsers, may_go_on, is_brief=self._is_pulling
        ):
            return backoff.LONGEST_S
        at = fetching.next_time(self._db, self._account.id)
        return None if at is None else max(at - time.time(), _SHORTEST_REST_S)

    def _send(self) -> float | None:
        return submit_due(self._db, self._account, self._secrets, self._look)

    def start(self) -> None:
        """Begin; nobody works before they are allowed to."""
        for companion in self._all:
            companion.start()

    def allow(self) -> None:
        """Let them work: the account answers."""
        for companion in self._all:
            companion.allow()

    def forbid(self) -> None:
        """Let them wait: the account does not answer."""
        for companion in self._all:
            companion.forbid()

    def stop(self) -> None:
        """Let them end soon."""
        for companion in self._all:
            companion.stop()

    def join(self) -> None:
        """Wait until they have ended."""
        for companion in self._all:
            companion.join()

    def follow(self) -> None:
        """Look at what a pull has brought: bodies to fetch, and copies of what was sent."""
        self.fetching.wake()
        self.sending.wake()

    def glance(self) -> None:
        """Look at what the screen wants: a body somebody waits for, a message to send."""
        if fetching.is_awaited(self._db, self._account.id, int(time.time())):
            self.fetching.wake()
        seen = submitting.signature(self._db, self._account.id)
        if seen != self._seen:
            self._seen = seen
            self.sending.wake()

    @property
    def is_busy(self) -> bool:
        """Say whether one of them does what should be finished before the worker ends."""
        return self.fetching.is_working or self.sending.is_working
