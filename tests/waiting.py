"""Waiting for what comes true sooner or later: the one place where tests say when it is too late.

How long anything takes says nothing on a busy machine, so nobody gives up before a minute is over.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable

LONGEST_S = 60.0
_EVERY_S = 0.01
_SOON_S = 0.04


def until(is_true: Callable[[], object], wanted: str | Callable[[], str] = "") -> float:
    """Wait until it is true, and return how many seconds that took; `wanted` is told when it never is."""
    began = time.monotonic()
    while not is_true():
        _give_up_late(began, wanted)
        time.sleep(_EVERY_S)
    return time.monotonic() - began


async def until_true(is_true: Callable[[], object], wanted: str | Callable[[], str] = "") -> float:
    """Wait like `until`, and let the event loop run meanwhile."""
    began = time.monotonic()
    while not is_true():
        _give_up_late(began, wanted)
        await asyncio.sleep(_EVERY_S)
    return time.monotonic() - began


def _give_up_late(began: float, wanted: str | Callable[[], str]) -> None:
    words = wanted if isinstance(wanted, str) else wanted()
    assert time.monotonic() - began < LONGEST_S, f"not true within {LONGEST_S:g} seconds: {words}"


async def until_idle(min_sleep: float = 0.0, max_sleep: float = 5.0) -> None:
    """Wait until nothing is left to run: in the event loop, in the threads of the store, by a clock that is about to strike.

    Textual's own wait measures how much processor time went by in 20 ms: it takes as long for a key that does nothing,
    and takes a process that has to wait for the machine for an idle one.
    """
    ends_at = time.monotonic() + max_sleep
    await asyncio.sleep(min_sleep)
    calm = 0
    while calm < 3 and time.monotonic() < ends_at:
        if _is_anything_ready():
            calm = 0
            await asyncio.sleep(0)
        elif (wait_s := _seconds_to_something()) is not None:
            calm = 0
            await asyncio.sleep(wait_s)
        else:
            calm += 1
            await asyncio.sleep(0)


def _is_anything_ready() -> bool:
    return bool(asyncio.get_running_loop()._ready)  # type: ignore[attr-defined]  # there is no public way to it


def _seconds_to_something() -> float | None:
    bridge = sys.modules.get("tui.bridge")
    if bridge is not None and bridge._running:
        return 0.001
    loop = asyncio.get_running_loop()
    times = [timer.when() - loop.time() for timer in loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
    next_s = min(times, default=_SOON_S)
    return max(next_s, 0.0) if next_s < _SOON_S else None
