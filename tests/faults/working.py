"""A whole worker for one account, in this process: every thread of it, and nothing that is slow to start."""

from __future__ import annotations

import threading

from machines import Machine
from syncing import Inline

from store.secret.files import HeldKey
from sync.account import AccountThread


class Working:
    """Works for as long as the block lasts, and is woken as the worker's main thread would do it."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._thread = AccountThread(machine.db, machine.account, Inline(), HeldKey())
        self._is_over = threading.Event()
        self._main = threading.Thread(target=self._glance)

    def __enter__(self) -> Working:
        self._thread.start()
        self._main.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._main.join()
        self._thread.stop()
        self._thread.join()

    def _glance(self) -> None:
        while not self._is_over.wait(0.1):
            self._thread.glance()

    def wake(self) -> None:
        self._thread.wake()
