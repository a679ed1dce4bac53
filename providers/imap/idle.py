"""Waiting for a server to say something (RFC 2177), able to be woken, to notice silence, and to end it."""

from __future__ import annotations

import time
from typing import Final

from providers.imap.conversation import Conversation

_SLICE_S: Final = 15.0
_DONE_S: Final = 15.0


def idle(speaking: Conversation, timeout_s: float, wake_fd: int | None) -> bool:
    """Wait until something is noticed, `wake_fd` is readable or the time is over; true when something was."""
    if not speaking.noticed.is_empty():
        return True
    tag = speaking.send(b"IDLE")
    if speaking.await_plus(tag) is None:
        return not speaking.noticed.is_empty()
    _wait(speaking, tag, timeout_s, wake_fd)
    _done(speaking, tag)
    return not speaking.noticed.is_empty()


def _wait(speaking: Conversation, tag: bytes, timeout_s: float, wake_fd: int | None) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        _read_what_is_here(speaking)
        left_s = deadline - time.monotonic()
        if not speaking.noticed.is_empty() or speaking.has_ended(tag) or left_s <= 0:
            return
        # In slices, so that a machine that slept notices soon after it woke.
        is_here, is_woken = speaking.wire.wait(min(left_s, _SLICE_S), wake_fd)
        speaking.check_awake()
        if is_here:
            speaking.wire.fill()
        elif is_woken:
            return


def _read_what_is_here(speaking: Conversation) -> None:
    """Read whole lines only: waiting for the rest of one could not be interrupted."""
    while True:
        while speaking.wire.has_line():
            answer = speaking.read_now()
            if answer is not None:
                speaking.notice(answer)
        if not speaking.wire.has_unread():
            return
        speaking.wire.fill()


def _done(speaking: Conversation, tag: bytes) -> None:
    """End it; a server that does not answer in time is gone, whatever else it says."""
    wire = speaking.wire
    if not speaking.has_ended(tag):
        wire.send(b"DONE\r\n")
    deadline = time.monotonic() + _DONE_S
    while not speaking.has_ended(tag):
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise wire.lost("did not answer in time")
        wire.limit_waiting(left_s)
        answer = speaking.read_now()
        if answer is not None:
            speaking.notice(answer)
    wire.limit_waiting()
    for answer in speaking.answers(tag):
        speaking.notice(answer)
