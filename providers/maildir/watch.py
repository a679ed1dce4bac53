"""Noticing that other programs changed a Maildir: the times of its directories, looked at twice a second."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Final

from mail.types import MailboxKey
from providers.maildir import files
from providers.maildir.files import Snapshot
from providers.maildir.layout import Layout, find_mailboxes

INTERVAL_S: Final = 0.5
_SHARE: Final = 0.02


class Watch:
    """Waits until a Maildir no longer looks as it did; one thread waits, any may interrupt."""

    def __init__(self) -> None:
        self._interrupted = threading.Event()

    def interrupt(self) -> None:
        """End the wait going on, or the next one."""
        self._interrupted.set()

    def wait(self, found: Layout | None, looks: Mapping[MailboxKey, Snapshot], timeout_s: float) -> bool:
        """Return True once a directory in `looks` changed or a racy look is due again, False at the end of the time."""
        ends_at = time.monotonic() + timeout_s
        containers = found.containers if found is not None else {}
        while True:
            began = time.monotonic()
            if found is None or _has_changed(found, looks):
                return True
            now = _times(found.containers)
            if now != containers:
                containers = now
                if _mailboxes_differ(found):
                    return True
            # A Maildir of ten thousand mailboxes is looked at less often: never more than 2 % of a core.
            pause = max(INTERVAL_S, (time.monotonic() - began) / _SHARE)
            left = ends_at - time.monotonic()
            if self._interrupted.wait(max(0.0, min(pause, left))):
                self._interrupted.clear()
                return True
            if left <= pause:
                return _has_changed(found, looks)


def _has_changed(found: Layout, looks: Mapping[MailboxKey, Snapshot]) -> bool:
    for mailbox, before in looks.items():
        path = found.paths.get(mailbox)
        if path is None:
            continue
        try:
            now = files.look(path)
        except FileNotFoundError:
            return True
        except OSError:
            continue
        if not before.has_same_times(now) or (before.is_racy() and not now.is_racy()):
            return True
    return False


def _times(paths: Iterable[str]) -> dict[str, int]:
    times = {}
    for path in paths:
        try:
            times[path] = os.stat(path).st_mtime_ns
        except OSError:
            times[path] = 0
    return times


def _mailboxes_differ(found: Layout) -> bool:
    try:
        return find_mailboxes(found.root).paths != found.paths
    except OSError:
        return True
