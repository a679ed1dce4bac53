"""Dates, sizes, counts and names as terminal cells show them. Pure: the clock is an argument."""

from __future__ import annotations

import time
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@lru_cache(maxsize=8)
def _day(day_of: int) -> tuple[int, int, int]:
    local = time.localtime(day_of)
    return (local.tm_year, local.tm_mon, local.tm_mday)


def short_date(at: int, now: int) -> str:
    """Return a time in six cells at most: "08:14" today, "22 Nov" this year, "Nov'24" before, in local time."""
    local = time.localtime(at)
    today = _day(now)
    if (local.tm_year, local.tm_mon, local.tm_mday) == today:
        return f"{local.tm_hour:02}:{local.tm_min:02}"
    month = _MONTHS[local.tm_mon - 1]
    if local.tm_year == today[0]:
        return f"{local.tm_mday:2} {month}"
    return f"{month}'{local.tm_year % 100:02}"


def iso_date(at: int, now: int) -> str:
    """Return a time as "2026-11-22 08:14", in local time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def relative_date(at: int, now: int) -> str:
    """Return how long ago a time was, in five cells at most: "now", "8 min", "3 h", "12 d", "5 mo", "2 y"."""
    minutes = max(0, now - at) // 60
    for limit, unit_minutes, unit in ((1, 1, ""), (60, 1, "min"), (1440, 60, "h"), (86400, 1440, "d")):
        if minutes < limit:
            return f"{minutes // unit_minutes} {unit}" if unit else "now"
    days = minutes // 1440
    return f"{days // 30} mo" if days < 365 else f"{days // 365} y"


def full_date(at: int) -> str:
    """Return a time as the reader heads a message with it: "Sun 22 Nov 2026 08:14", in local time."""
    local = time.localtime(at)
    day = f"{_DAYS[local.tm_wday]} {local.tm_mday} {_MONTHS[local.tm_mon - 1]} {local.tm_year}"
    return f"{day} {local.tm_hour:02}:{local.tm_min:02}"


def clock(at: int) -> str:
    """Return the hour and minute of a time, in local time."""
    return time.strftime("%H:%M", time.localtime(at))


def size(octets: int) -> str:
    """Return a size as people read it: "812 B", "24 KB", "3.1 MB"; thousands are 1000."""
    if octets < 1000:
        return f"{octets} B"
    value = float(octets)
    for unit in ("KB", "MB", "GB"):
        value /= 1000
        if value < 999.5:
            return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"
    return f"{value / 1000:.1f} TB"


def count(number: int) -> str:
    """Return a number with its thousands apart: "39,116"."""
    return f"{number:,}"


def plural(number: int, noun: str, many: str = "") -> str:
    """Return "1 conversation", "2 conversations"; `many` is a plural that takes more than an s."""
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {many or f'{noun}s'}"


def time_left(done: int, total: int, elapsed_s: float) -> str:
    """Return how long the rest takes at the speed so far: "about 2 min left"; "" while too little is known."""
    if done <= 0 or total <= done or elapsed_s < 2:
        return ""
    seconds = elapsed_s * (total - done) / done
    if seconds < 60:
        return f"about {max(5, round(seconds / 5) * 5)} s left"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min left"
    return f"about {seconds / 3600:.0f} h left"


def bar(done: int, total: int, cells: int, *, ascii_only: bool) -> str:
    """Return a progress bar of so many cells."""
    full = 0 if total <= 0 else min(cells, done * cells // total)
    on, off = ("#", "-") if ascii_only else ("█", "░")
    return on * full + off * (cells - full)


def fit(text: str, cells: int) -> str:
    """Return the text cut or padded with blanks to exactly so many cells."""
    if text.isascii():
        return text[:cells].ljust(cells)
    return set_cell_size(text, max(cells, 0))


def shorten(text: str, cells: int) -> str:
    """Return the text, its end replaced by "..." when it is wider than `cells`."""
    if cell_len(text) <= cells:
        return text
    return set_cell_size(text, max(cells - 3, 0)).rstrip() + "..."[:cells]
