"""The rows an import left out, as a file that can be put right and imported again."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from linking.exchange.sheets import neutral


class Rejects:
    """Writes rejected rows with line and reason; the file is there only once there is one. Use it as a context."""

    def __init__(self, path: Path | None, headings: Sequence[str]) -> None:
        self._path = path
        self._headings = headings
        self._file: TextIO | None = None

    def __enter__(self) -> Rejects:
        """Return the writer."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def add(self, line: int, reason: str, cells: Sequence[str]) -> None:
        """Write one row. Raises OSError, also where a file of that name is there already."""
        if self._path is None:
            return
        if self._file is None:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            self._file = open(descriptor, "w", encoding="utf-8", newline="")  # noqa: PTH123, SIM115 - a descriptor, closed by __exit__
            self._write(self._file, ["line", "reason", *self._headings])
        self._write(self._file, [str(line), reason, *cells])

    def _write(self, file: TextIO, cells: Sequence[str]) -> None:
        csv.writer(file).writerow([neutral(cell) for cell in cells])
