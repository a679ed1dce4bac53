"""Days as numbers, and things with a word for what they are for, as people type them. Pure."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

_DAY: Final = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"|(?P<first>\d{1,2})(?P<sign>[./])(?P<second>\d{1,2})(?P=sign)(?P<last>\d{4}|\d{2})",
    re.ASCII,
)
_CENTURY: Final = 2000


def day(typed: str) -> date | None:
    """Return the day of "2026-12-24", "24.12.2026" or "24/12/26"; None when it is not written so.

    Raises ValueError for a day that is none, and for one like 1/2/2026, which is another one in another country.
    """
    found = _DAY.fullmatch(typed)
    if found is None:
        return None
    if found["year"]:
        return _checked(typed, *map(int, found.group("year", "month", "day")))
    first, second, year = map(int, found.group("first", "second", "last"))
    year += _CENTURY if year < 100 else 0
    if found["sign"] == "/":
        if first != second and max(first, second) <= 12:
            days = f"{year}-{second:02}-{first:02} or {year}-{first:02}-{second:02}"
            raise ValueError(f"“{typed}” could be {days}: write the one you mean")
        first, second = (second, first) if second > 12 else (first, second)
    return _checked(typed, year, second, first)


def _checked(typed: str, year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ValueError(f"there is no such day as {typed}; write 2026-12-24, 24 dec or fri") from error


def labelled(typed: str) -> tuple[str, str]:
    """Part "+44 1632 960944 (work)" or "work: +44 1632 960944" into what stands there and what it is for."""
    behind = re.fullmatch(r"(.+?)\s*\(([^()\d]+)\)", typed)
    if behind:
        return behind[1], behind[2].strip()
    before = re.fullmatch(r"([^\W\d][^\d:@]*):\s*(.+)", typed)
    return (before[2], before[1].strip()) if before else (typed, "")
