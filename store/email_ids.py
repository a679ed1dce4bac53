"""The ids of emails: in the order of the time received, and close together, because the index stores their differences."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from typing import Final

SHIFT: Final = 8
"""email.id = received_at << SHIFT | n."""
_MOST_SECONDS: Final = (1 << 42) - 1


def first_at(second: int) -> int:
    """Return the least id of an email received at that time."""
    return max(second, 0) << SHIFT


def received_at(email_id: int) -> int:
    """Return when the email with that id was received."""
    return email_id >> SHIFT


class Ids:
    """Gives new emails their ids, for the length of one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._last: dict[int, int] = {}

    def prepare(self, times: Iterable[int]) -> None:
        """Look up at once what is in use of the seconds about to be asked for."""
        self._look_up({_second(time) for time in times} - self._last.keys())

    def after(self, received_at: int) -> int:
        """Return an unused id for an email received at that time, or as soon after as there is one."""
        second = _second(received_at)
        while True:
            if second not in self._last:
                self._look_up({second})
            if self._last[second] + 1 < first_at(second + 1):
                self._last[second] += 1
                return self._last[second]
            second += 1  # more in one second than ids: files copied without their times

    def _look_up(self, seconds: Collection[int]) -> None:
        rows = self._connection.execute(
            "SELECT value, (SELECT max(id) FROM email WHERE id >= value << ?2 AND id < (value + 1) << ?2) "
            "FROM json_each(?1)",
            (json.dumps(list(seconds)), SHIFT),
        )
        for second, last in rows.fetchall():
            self._last[second] = first_at(second) - 1 if last is None else last


def _second(time: int) -> int:
    return min(max(time, 0), _MOST_SECONDS)
