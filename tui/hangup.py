"""A lost terminal ends the screen at once, whoever ignores SIGHUP and whether or not the signal comes."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Callable

_EXIT_CODE = 129  # 128 + SIGHUP, as a shell would report it


def watch_terminal(save: Callable[[], None]) -> None:
    """End the process when the terminal goes: `save` first, then at once, as nothing can be drawn any more.

    The signal may be ignored from the start (nohup), or go to another process; so the terminal itself is asked too,
    by a thread that sleeps until the other end is closed. Textual would read end-of-file for ever.
    """
    lock = threading.Lock()

    def leave() -> None:
        if lock.acquire(blocking=False):
            try:
                save()
            finally:
                os._exit(_EXIT_CODE)

    signal.signal(signal.SIGHUP, lambda _signal, _frame: leave())
    if sys.__stdin__ is not None and sys.__stdin__.isatty():
        threading.Thread(target=_wait_for_end, args=(sys.__stdin__.fileno(), leave), daemon=True).start()


def _wait_for_end(descriptor: int, leave: Callable[[], None]) -> None:
    poll = select.poll()
    poll.register(descriptor, 0)  # nothing asked for: only hang-up and errors are reported
    while True:
        for _, event in poll.poll():
            if event & (select.POLLHUP | select.POLLERR | select.POLLNVAL):
                leave()
