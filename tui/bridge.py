"""The only change of thread: blocking store functions run in the store's own threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# Two, so that a long search does not keep an action waiting; each thread has a connection of its own.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="store")
_running: set[Future[Any]] = set()


async def in_store(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking store function off the event loop and return what it returns, or raise what it raises."""
    future = _threads.submit(partial(function, *args, **kwargs))
    _running.add(future)
    awaitable = asyncio.wrap_future(future)
    future.add_done_callback(_running.discard)  # once the event loop has been told of the end
    return await awaitable


def finish(timeout_s: float = 10.0) -> None:
    """Wait for what still runs, also for what nobody waits for any more: before the store is closed under it."""
    wait(tuple(_running), timeout_s)
