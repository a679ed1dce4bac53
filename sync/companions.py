"""Threads beside an account's own: one waits for news, one fetches bodies, one sends. Their trouble is no one else's."""

from __future__ import annotations

import logging
import random
import sqlite3
import threading
from collections.abc import Callable
from typing import Final

from providers.errors import ProviderError
from providers.protocol import Provider
from sync import backoff
from sync.lane import ChildFailed

log = logging.getLogger(__name__)

_SHUT_OUT: Final = 2
"""Failures in a row after which the account's own thread does what this one should."""
_WAIT_S: Final = 240.0
_HURRY_EVERY_S: Final = 0.2


class Companion:
    """A thread that works whenever it is woken, and again after trouble, for as long as its account is connected."""

    def __init__(self, name: str) -> None:
        self.is_working = False
        self._is_stopping = False
        self._woken = threading.Event()
        self._allowed = threading.Event()
        self._retried = threading.Event()
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        """Begin; it does nothing before it is allowed to."""
        self._thread.start()

    def allow(self) -> None:
        """Say that the account can be spoken to; when it could not be before, trouble of then is no reason to wait."""
        if not self._allowed.is_set():
            self._allowed.set()
            self._retried.set()

    def forbid(self) -> None:
        """Say that it cannot: connections are let go, which may be those that the account's own thread lacks."""
        self._allowed.clear()
        self.wake()
        self.hurry()

    def wake(self) -> None:
        """Work now."""
        self._woken.set()

    def stop(self) -> None:
        """End soon."""
        self._is_stopping = True
        self._allowed.set()
        self._retried.set()
        self.wake()

    def join(self) -> None:
        """Wait for the end."""
        while self._thread.is_alive():
            self.hurry()
            self._thread.join(_HURRY_EVERY_S)

    def hurry(self) -> None:
        """Make what is being waited for end, as far as it can be."""

    @property
    def is_shut_out(self) -> bool:
        """Say whether it is asked to stay away, as where a server takes fewer connections, or failed again and again."""
        return self._failures >= _SHUT_OUT

    @property
    def is_allowed(self) -> bool:
        """Say whether the account answers."""
        return self._allowed.is_set()

    @property
    def is_stopping(self) -> bool:
        """Say whether it is to end."""
        return self._is_stopping

    def work(self) -> float | None:
        """Do what there is to do; return in how many seconds to look again, None to wait until woken."""
        raise NotImplementedError

    def let_go(self) -> None:
        """Close what is open, after trouble and at the end."""

    def hand_over(self) -> None:
        """Let the account's own thread know that it is to do what this one should."""

    def _run(self) -> None:
        while not self._is_stopping:
            if not self._allowed.is_set():
                self.let_go()
            self._allowed.wait()
            self._woken.clear()
            self._retried.clear()
            wait_s: float | None = 0.0 if self._is_stopping else self._worked()
            # Work to do is no reason to come back sooner to who just failed.
            (self._retried if self._failures and self.is_allowed else self._woken).wait(wait_s)
        self.let_go()

    def _worked(self) -> float | None:
        self.is_working = True
        try:
            wait_s = self.work()
            self._failures = 0
            return wait_s
        except (ProviderError, ChildFailed, sqlite3.Error, OSError) as error:
            return self._troubled(error)
        except Exception as error:
            log.exception("%s", self._thread.name)
            return self._troubled(error)
        finally:
            self.is_working = False

    def _troubled(self, error: Exception) -> float:
        self.let_go()
        wish_s = getattr(error, "after_s", None)
        was_shut_out = self.is_shut_out
        self._failures += _SHUT_OUT if wish_s else 1
        log.info("%s: %s", self._thread.name, error)
        if self.is_shut_out and not was_shut_out:
            self.hand_over()
        return backoff.delay_s(self._failures, random.random(), wish_s)


class Connected(Companion):
    """A companion with a connection of its own, made when it is first needed."""

    def __init__(self, name: str, connect: Callable[[], Provider], on_news: Callable[[], None]) -> None:
        """`on_news` wakes the account's own thread, from any other."""
        super().__init__(name)
        self._connect = connect
        self._on_news = on_news
        self._provider: Provider | None = None

    @property
    def provider(self) -> Provider:
        """The connection."""
        if self._provider is None:
            self._provider = self._connect()
        return self._provider

    def let_go(self) -> None:
        """Close the connection."""
        provider, self._provider = self._provider, None
        if provider is not None:
            provider.close()

    def hand_over(self) -> None:
        """Wake it."""
        self._on_news()


class Watching(Connected):
    """Waits for news of the account and calls `on_news`, from its own thread."""

    def hurry(self) -> None:
        """End the wait."""
        provider = self._provider
        if provider is not None:
            provider.interrupt()

    def work(self) -> float | None:
        """Wait once."""
        if self.provider.wait(_WAIT_S) and not self.is_stopping:
            self._on_news()
        return 0.0


class Fetching(Connected):
    """Fetches bodies and parts; while headers still come, one batch each time it is woken."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], Provider],
        on_news: Callable[[], None],
        fetch: Callable[[Provider, Callable[[], bool]], float | None],
        is_in_the_way: Callable[[], bool],
    ) -> None:
        super().__init__(name, connect, on_news)
        self._fetch = fetch
        self._is_in_the_way = is_in_the_way

    def work(self) -> float | None:
        """Fetch what is wanted, then what is newest."""
        return self._fetch(self.provider, self._may_go_on)

    def _may_go_on(self) -> bool:
        return self.is_allowed and not self.is_stopping and not self._is_in_the_way()


class Sending(Companion):
    """Sends what is due."""

    def __init__(self, name: str, submit: Callable[[], float | None]) -> None:
        super().__init__(name)
        self._submit = submit

    def work(self) -> float | None:
        """Send what is due, and say when the next is."""
        return self._submit()
