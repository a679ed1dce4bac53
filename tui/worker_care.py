"""Keep a worker running: start it, and start it again, ever more slowly, when it dies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from store.database import Database
from store.worker_process import is_worker_running, start_worker
from tui.bridge import in_store

_LOOK_EVERY_S: Final = 2.0
_GRACE_S: Final = 3.0
"""How long a worker may take to get its lock."""
_LONGEST_PAUSE_S: Final = 120.0
_STEADY_S: Final = 60.0
"""A worker that ran this long did not die of what it died of before."""


def pause_s(deaths: int) -> float:
    """Return how long to wait before starting the worker again: 1, 2, 4 ... 120 seconds."""
    return min(2.0 ** max(deaths - 1, 0), _LONGEST_PAUSE_S)


class WorkerCare:
    """Watches over the worker of one data directory for as long as the screen lives."""

    def __init__(self, db: Database, warn: Callable[[str], None], say: Callable[[str], None]) -> None:
        self._db = db
        self._warn = warn
        self._say = say
        self._deaths = 0

    async def run(self) -> None:
        """Start the worker and look after it until cancelled."""
        loop = asyncio.get_running_loop()
        if not await self._is_running():
            await self._start()
        since = loop.time()
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            if await self._is_running():
                if self._deaths and loop.time() - since > _STEADY_S:
                    self._deaths = 0
                continue
            self._deaths += 1
            wait_s = pause_s(self._deaths)
            self._warn(f"The worker stopped; starting it again in {wait_s:.0f} s (see worker.log)")
            await asyncio.sleep(wait_s)
            await self._start()
            since = loop.time()
            if await self._is_running():
                self._say("The worker runs again")

    async def _is_running(self) -> bool:
        return await in_store(is_worker_running, self._db.directory)

    async def _start(self) -> None:
        try:
            await in_store(start_worker, self._db.directory)
        except OSError as error:
            self._warn(f"The worker cannot be started: {error}")
        for _ in range(int(_GRACE_S / 0.1)):
            if await self._is_running():
                return
            await asyncio.sleep(0.1)
