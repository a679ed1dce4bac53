"""What an import did, or would do: the same for every format."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Final

MOST_LISTED: Final = 200
"""So many remarks of each sort are listed; the others are counted."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows of one kind were new, had changed, or were there already."""

    kind: str
    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about one line of a file. `line` counts from 1 as an editor does; 0 means the whole file."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        """Return it as compilers do: file, line, what."""
        return f"{self.file}:{self.line}: {self.reason}" if self.line else f"{self.file}: {self.reason}"


class Remarks:
    """Remarks of one sort: the first of them, and how many there are."""

    def __init__(self, most: int = MOST_LISTED) -> None:
        self._most = most
        self._listed: list[Remark] = []
        self.count = 0

    def extend(self, remarks: Iterable[Remark]) -> None:
        """Count several."""
        for remark in remarks:
            self.append(remark)

    def append(self, remark: Remark) -> None:
        """Count a remark, and list it while there is room."""
        self.count += 1
        if len(self._listed) < self._most:
            self._listed.append(remark)

    @property
    def listed(self) -> tuple[Remark, ...]:
        """Return those that are listed, in order."""
        return tuple(self._listed)


def overtaken(file: str, count: int) -> tuple[Remark, ...]:
    """Return what is told of rows that had no place any more when they were written."""
    if not count:
        return ()
    text = f"{count:,} parts are left out, as what they belong to was deleted meanwhile: import it again to be sure"
    return (Remark(file, 0, text),)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came in. `rejects` were left out whole; of what `notices` tell of only a part was.

    Of `conflicts` the file says something else than was chosen here, and here is how it stays. `unlisted` says how many
    more there are of each of the three than are listed.
    """

    is_dry_run: bool
    counts: tuple[Count, ...]
    rejects: tuple[Remark, ...]
    notices: tuple[Remark, ...]
    conflicts: tuple[Remark, ...] = ()
    unlisted: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the report for scripts."""
        return asdict(self)

    def as_text(self) -> str:
        """Return the report for people."""
        verb = "would be " if self.is_dry_run else ""
        lines = [
            f"{count.kind}: {count.added:,} {verb}added, {count.changed:,} {verb}changed, {count.unchanged:,} unchanged"
            for count in self.counts
        ]
        sums = [
            f"{len(remarks) + self.unlisted.get(name, 0):,} {word}"
            for name, remarks, word in (
                ("conflicts", self.conflicts, "conflicts"),
                ("rejects", self.rejects, "left out"),
            )
            if remarks
        ]
        lines += [", ".join(sums)] if sums else []
        for name, remarks, begin in (
            ("rejects", self.rejects, "left out"),
            ("conflicts", self.conflicts, "conflict"),
            ("notices", self.notices, "note"),
        ):
            lines += [f"{begin}: {remark}" for remark in remarks]
            if more := self.unlisted.get(name):
                lines.append(f"{begin}: ... and {more:,} more")
        return "\n".join(lines or ["nothing to import was found"])
