"""The only change of thread: blocking store functions run in the store's own threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# Two, so that a long search does not keep an action waiting; each thread has a connection of its own.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="store")


async def in_store(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking store function off the event loop and return what it returns, or raise what it raises."""
    return await asyncio.get_running_loop().run_in_executor(_threads, partial(function, *args, **kwargs))
