"""Which looks at an account have been finished, for threads that wait for one."""

from __future__ import annotations

import threading


class Looks:
    """Numbers the looks at an account. One that is under way does not count for whoever asks meanwhile."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._begun = 0
        self._ended = 0
        self._given_up = 0

    @property
    def next(self) -> int:
        """The number of the first look that is not yet under way."""
        with self._changed:
            return self._begun + 1

    def begin(self) -> int:
        """Begin a look and return its number."""
        with self._changed:
            self._begun += 1
            return self._begun

    def end(self, number: int) -> None:
        """Say that a look has seen everything."""
        with self._changed:
            self._ended = number
            self._changed.notify_all()

    def give_up(self) -> None:
        """Say that nobody should wait any longer, for now."""
        with self._changed:
            self._given_up += 1
            self._changed.notify_all()

    def wait_for(self, number: int, timeout_s: float) -> bool:
        """Wait until that look, or a later one, has ended; False when it did not."""
        with self._changed:
            given_up = self._given_up
            self._changed.wait_for(lambda: self._ended >= number or self._given_up != given_up, timeout_s)
            return self._ended >= number
