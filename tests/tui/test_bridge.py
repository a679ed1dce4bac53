from __future__ import annotations

import asyncio
import threading

from tui import bridge


async def test_what_nobody_waits_for_any_more_is_finished_before_the_store_is_closed() -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def read() -> None:
        begun.set()
        may_end.wait(60)
        ended.set()

    task = asyncio.ensure_future(bridge.in_store(read))
    await asyncio.to_thread(begun.wait, 60)
    task.cancel()
    bridge.finish(0.01)
    assert not ended.is_set()
    may_end.set()
    bridge.finish()
    assert ended.is_set()
