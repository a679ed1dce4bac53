"""The Date field (RFC 5322 §3.3, §4.3) as seconds since 1970 UTC."""

from __future__ import annotations

import re
from datetime import date
from email.utils import mktime_tz, parsedate_tz

_MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES.split(), 1)}
_USUAL = re.compile(
    r"(?:[A-Za-z]{3},\s*)?(\d{1,2})\s+([A-Za-z]{3})\s+(\d{4})\s+(\d{1,2}):(\d\d)(?::(\d\d))?\s+(?:([+-])(\d\d)(\d\d)|GMT|UTC?|Z)\b"
)
_EPOCH = date(1970, 1, 1).toordinal()
_EARLIEST = 315_532_800  # 1980: mail is older than that nowhere, clocks that lost their time are
_LATEST = 4_102_444_800  # 2100


def sent_at(header: str) -> int | None:
    """Return the time of a Date field, None when it cannot be read or cannot be true."""
    found = _USUAL.match(header)
    try:
        seconds = _usual(found) if found is not None else _unusual(header)
    except (ValueError, TypeError, IndexError, OverflowError, KeyError):
        return None  # what the standard library raises on broken dates
    return seconds if seconds is not None and _EARLIEST <= seconds < _LATEST else None


def _usual(found: re.Match[str]) -> int:
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
    days = date(int(year), _MONTHS[month.lower()], int(day)).toordinal() - _EPOCH
    zone = (int(zone_hours) * 60 + int(zone_minutes)) * 60 if sign else 0
    local = days * 86_400 + int(hour) * 3600 + int(minute) * 60 + int(second or 0)
    return local + zone if sign == "-" else local - zone


def _unusual(header: str) -> int | None:
    parsed = parsedate_tz(header[:200])
    return int(mktime_tz(parsed)) if parsed is not None else None
