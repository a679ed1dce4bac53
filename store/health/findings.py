"""One thing that is not as it should be, or a note on how things stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["error", "warning", "note"]
_RANK: Final = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """`level` is error (something is broken), warning (it soon will be), or note. `text` says what to do, too.

    `account` is the address of the account it is about, "" where it is about none.
    """

    level: Level
    about: str
    text: str
    account: str = ""


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return errors, then warnings, then notes, each in the order they came."""
    return tuple(sorted(findings, key=lambda finding: _RANK[finding.level]))
