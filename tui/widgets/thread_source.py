"""Where the rows of a thread list come from."""

from __future__ import annotations

from typing import Protocol

from mail.ids import ThreadId
from store.rows import ThreadKey, ThreadRow


class ThreadSource(Protocol):
    """Rows of a list, newest first, read page by page (store.thread_list)."""

    @property
    def count(self) -> int:
        """How many rows there are."""

    def row(self, index: int) -> ThreadRow | None:
        """Return a row, None past either end."""

    def rank(self, key: ThreadKey) -> int:
        """Return how many rows stand before `key`: its index when it is still there."""

    def refresh(self) -> None:
        """Forget what was read."""

    def find(self, thread_id: ThreadId) -> ThreadKey | None:
        """Return where a thread stands now, None when it is not in the list."""


class EmptySource:
    """A list with nothing in it."""

    count = 0

    def row(self, index: int) -> ThreadRow | None:
        """Return nothing."""
        return None

    def rank(self, key: ThreadKey) -> int:
        """Return the only place there is."""
        return 0

    def refresh(self) -> None:
        """Do nothing: nothing was read."""

    def find(self, thread_id: ThreadId) -> ThreadKey | None:
        """Return nothing."""
        return None
