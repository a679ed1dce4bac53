"""Writing to the store on a thread of its own, while the account's thread waits for the account."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Self

from store.database import Database

_Job = tuple[Callable[[], None], "Future[None]"]


class Writer:
    """Does one job at a time beside its owner; a context, at whose end the job going on is waited for."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._going_on: Future[None] | None = None

    def __enter__(self) -> Self:
        """Start nothing before there is a job."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, *_: object) -> None:
        """Wait for the job going on; what it raised is raised unless something else is."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()
        if error is None:
            self.wait()

    def begin(self, job: Callable[[], None]) -> None:
        """Have a job done; the one before it must have been waited for."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="writing", daemon=True)
            self._thread.start()
        self._going_on = Future()
        self._jobs.put((job, self._going_on))

    def wait(self) -> None:
        """Wait for the job going on; what it raised is raised here, once."""
        going_on, self._going_on = self._going_on, None
        if going_on is not None:
            going_on.result()

    def _run(self) -> None:
        try:
            while (taken := self._jobs.get()) is not None:
                job, answer = taken
                try:
                    job()
                except BaseException as error:  # noqa: BLE001 - handed to who waits for it
                    answer.set_exception(error)
                else:
                    answer.set_result(None)
        finally:
            self._db.let_go()
