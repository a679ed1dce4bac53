"""Waiting for news of one mailbox: IDLE where there is one, else asking now and then; any thread may end it."""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from typing import Final

from mail.types import MailboxKey
from providers.errors import Unsupported
from providers.imap.line import Line
from providers.imap.session import Selected
from providers.imap.state import Box

_IDLE_S: Final = 270.0
"""Renewed before routers and servers forget a silent connection; RFC 2177 asks for less than 29 minutes."""
_ASK_EVERY_S: Final = 20.0


class Wait:
    """Waits on the line of a provider; what it found the last time is what it compares with."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._seen: tuple[int | None, ...] | None = None
        self._ends = threading.Lock()  # a number that was closed may be another file's a moment later
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        os.set_blocking(self._write_end, False)

    def interrupt(self) -> None:
        """End the wait going on, or the next one; callable from any thread."""
        with self._ends, contextlib.suppress(BlockingIOError):  # a full pipe wakes as well
            if self._write_end >= 0:
                os.write(self._write_end, b"x")

    def close(self) -> None:
        """Give the pipe back; twice is harmless."""
        with self._ends:
            ends, self._read_end, self._write_end = {self._read_end, self._write_end} - {-1}, -1, -1
            for end in ends:
                os.close(end)

    def wait(self, mailbox: MailboxKey, box: Box | None, timeout_s: float) -> bool:
        """Return True once something happened in the mailbox since `box` or the last wait, False after the time.

        Raises RetryLater, SignInAgain.
        """
        ends_at = time.monotonic() + timeout_s
        if self._is_interrupted(0.0):
            return False
        # What waits and does nothing else keeps the mailbox open: news come by themselves from then on.
        is_watching = box is None and self._seen is not None and self._line.session.selected == mailbox
        if not is_watching and self._is_opened_with_news(mailbox, box):
            return True
        while (left := ends_at - time.monotonic()) > 0:
            if self._happens(min(left, _IDLE_S)):
                self._line.session.unsolicited()
                return True
            if self._is_interrupted(0.0):
                return False
        return False

    def _is_opened_with_news(self, mailbox: MailboxKey, box: Box | None) -> bool:
        selected = self._line.select_anew(mailbox, is_readonly=True)
        now = _seen(selected)
        before = self._seen if box is None else _told(box)
        self._seen = now
        if before is None:
            return True  # nobody knows what came before the first look
        return any(one != other for one, other in zip(before, now, strict=True) if None not in (one, other))

    def _happens(self, wait_s: float) -> bool:
        session = self._line.session
        try:
            return session.idle(wait_s, self._read_end)
        except Unsupported:
            if self._is_interrupted(min(wait_s, _ASK_EVERY_S), is_kept=True):
                return False
            session.noop()
            return bool(session.unsolicited())

    def _is_interrupted(self, wait_s: float, *, is_kept: bool = False) -> bool:
        readable, _, _ = select.select([self._read_end], [], [], wait_s)
        if readable and not is_kept:
            with contextlib.suppress(BlockingIOError):
                os.read(self._read_end, 4_096)
        return bool(readable)


def _seen(selected: Selected) -> tuple[int | None, ...]:
    return (selected.uidvalidity or 0, selected.exists, selected.uidnext, selected.highestmodseq)


def _told(box: Box) -> tuple[int | None, ...]:
    return (box.uidvalidity, box.exists, box.uidnext, box.modseq)
