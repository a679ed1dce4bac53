"""A list narrowed to the rows that hold some words: what `\\` does to what is on screen."""

from __future__ import annotations

from mail.folding import fold
from mail.types import ThreadId
from store.rows import ThreadKey, ThreadRow
from tui.widgets.thread_source import ThreadSource

LOOKED_AT = 2000
"""Rows of the list that are looked at; further down, search finds what a filter does not."""


class FilteredSource:
    """The rows of another source whose people, subject or preview hold every word."""

    def __init__(self, whole: ThreadSource, text: str) -> None:
        self.whole = whole
        self._words = fold(text).split()
        self._rows = self._read()

    @property
    def count(self) -> int:
        """How many rows are left."""
        return len(self._rows)

    def row(self, index: int) -> ThreadRow | None:
        """Return a row, None past either end."""
        return self._rows[index] if 0 <= index < len(self._rows) else None

    def rank(self, key: ThreadKey) -> int:
        """Return how many rows stand before `key`."""
        return sum(row.key > key for row in self._rows)

    def refresh(self) -> None:
        """Read and narrow again."""
        self.whole.refresh()
        self._rows = self._read()

    def find(self, thread_id: ThreadId) -> ThreadKey | None:
        """Return where a thread stands now."""
        return next((row.key for row in self._rows if row.thread_id == thread_id), None)

    def _read(self) -> tuple[ThreadRow, ...]:
        rows = (self.whole.row(index) for index in range(min(self.whole.count, LOOKED_AT)))
        return tuple(row for row in rows if row is not None and self._fits(row))

    def _fits(self, row: ThreadRow) -> bool:
        text = fold(f"{row.participants} {row.subject} {row.preview}")
        return all(word in text for word in self._words)
