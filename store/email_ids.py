"""The ids of emails: in the order of the time received, and close together, because the index stores their differences."""

from __future__ import annotations

import sqlite3
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

    def after(self, received_at: int) -> int:
        """Return an unused id for an email received at that time, or as soon after as there is one."""
        second = min(max(received_at, 0), _MOST_SECONDS)
        while True:
            first, end = first_at(second), first_at(second + 1)
            last = self._last.get(second)
            if last is None:
                row = self._connection.execute(
                    "SELECT max(id) FROM email WHERE id >= ? AND id < ?", (first, end)
                ).fetchone()
                last = first - 1 if row[0] is None else row[0]
            if last + 1 < end:
                self._last[second] = last + 1
                return last + 1
            self._last[second] = last
            second += 1  # more in one second than ids: files copied without their times
