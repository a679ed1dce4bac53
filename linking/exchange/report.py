"""What an import did, or would do: the same for every format."""

from __future__ import annotations

from dataclasses import asdict, dataclass


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


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came in. `rejects` were left out whole; of what `notices` tell of only a part was."""

    is_dry_run: bool
    counts: tuple[Count, ...]
    rejects: tuple[Remark, ...]
    notices: tuple[Remark, ...]

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
        lines += [f"left out: {reject}" for reject in self.rejects]
        lines += [f"note: {notice}" for notice in self.notices]
        return "\n".join(lines or ["nothing to import was found"])
