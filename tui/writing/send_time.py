"""Times in words, as they are typed for sending later: "tomorrow 9", "mon 8:30", "in 2 h". Pure: now is an argument."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

EXAMPLES: Final = "tomorrow 9, mon 8:30, in 2 h, 24 dec 14:00"
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_UNITS: Final = {
    "m": 60,
    "min": 60,
    "minute": 60,
    "h": 3600,
    "hour": 3600,
    "d": 86400,
    "day": 86400,
    "w": 604800,
    "week": 604800,
}
_IN: Final = re.compile(r"(?:in\s+)?(an?|\d{1,4})\s*([a-z]+)\Z")
_CLOCK: Final = re.compile(r"(?:at\s+)?(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm)?\Z")
_NAMED_HOURS: Final = {
    "morning": (8, 0),
    "noon": (12, 0),
    "afternoon": (14, 0),
    "evening": (18, 0),
    "": (8, 0),
}
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\Z")
_DAY_MONTH: Final = re.compile(r"(\d{1,2})\.?\s+([a-z]{3,9})(?:\s+(\d{4}))?\Z")


def parse(text: str, now: datetime) -> datetime | None:
    """Return the time that is meant, in the zone of `now` and after it; None when nobody can say which."""
    words = " ".join(text.lower().replace(",", " ").split())
    later = _after_a_while(words, now)
    if later is None:
        later = _on_a_day(words, now)
    return later if later is not None and later > now else None


def spelled(at: datetime, now: datetime) -> str:
    """Return a time in full, with its zone and how far off it is: "Mon 23 Nov 2026 09:00 CET, in 14 h"."""
    minutes = max(0, round((at - now).total_seconds() / 60))
    far = (
        f"{minutes} min"
        if minutes < 60
        else f"{round(minutes / 60)} h"
        if minutes < 2880
        else f"{round(minutes / 1440)} days"
    )
    zone = at.tzname() or at.strftime("%z")
    day = f"{_DAYS[at.weekday()][:3].title()} {at.day} {_MONTHS[at.month - 1].title()} {at.year}"
    return f"{day} {at:%H:%M} {zone}, in {far}"


def _after_a_while(words: str, now: datetime) -> datetime | None:
    found = _IN.match(words)
    unit = _UNITS.get(found[2]) or _UNITS.get(found[2].removesuffix("s")) if found else None
    if found is None or unit is None:
        return None
    number = 1 if found[1] in ("a", "an") else int(found[1])
    return (now + timedelta(seconds=number * unit)).replace(second=0, microsecond=0)


def _on_a_day(words: str, now: datetime) -> datetime | None:
    """Read a day and an hour, in either order, one of them maybe missing."""
    parts = words.split()
    for cut in range(len(parts) + 1):
        first, rest = " ".join(parts[:cut]), " ".join(parts[cut:])
        for day_words, hour_words in ((first, rest), (rest, first)):
            day, hour = _day(day_words, now), _hour(hour_words)
            if day is not None and hour is not None and (day_words or hour_words):
                return _moment(
                    day, hour, now, is_dated=bool(day_words), is_weekday=_weekday(day_words) is not None
                )
    return None


def _moment(
    day: datetime, hour: tuple[int, int], now: datetime, *, is_dated: bool, is_weekday: bool
) -> datetime:
    at = day.replace(hour=hour[0], minute=hour[1], second=0, microsecond=0)
    if at <= now and (is_weekday or not is_dated):
        at = (at.replace(tzinfo=None) + timedelta(days=7 if is_weekday else 1)).replace(tzinfo=at.tzinfo)
    # The zone of `now` may be another in summer: let the machine say which holds then.
    return at.replace(tzinfo=None).astimezone() if _is_local(now) else at


def _is_local(now: datetime) -> bool:
    return now.utcoffset() == now.replace(tzinfo=None).astimezone().utcoffset()


def _day(words: str, now: datetime) -> datetime | None:
    words = words.removeprefix("on ").removeprefix("next ")
    if words in ("", "today"):
        return now
    if words in ("tomorrow", "tom"):
        return now + timedelta(days=1)
    weekday = _weekday(words)
    if weekday is not None:
        return now + timedelta(days=(weekday - now.weekday()) % 7)
    return _date(words, now)


def _weekday(words: str) -> int | None:
    words = words.removeprefix("on ").removeprefix("next ")
    fits = [number for number, name in enumerate(_DAYS) if len(words) >= 2 and name.startswith(words)]
    return fits[0] if len(fits) == 1 else None


def _date(words: str, now: datetime) -> datetime | None:
    try:
        if found := _ISO.match(words):
            return now.replace(year=int(found[1]), month=int(found[2]), day=int(found[3]))
        found = _DAY_MONTH.match(words)
        if found is None or found[2][:3] not in _MONTHS:
            return None
        month, day = _MONTHS.index(found[2][:3]) + 1, int(found[1])
        year = int(found[3] or now.year)
        at = now.replace(year=year, month=month, day=day)
        return at if found[3] or at >= now else at.replace(year=year + 1)
    except ValueError:  # no such day
        return None


def _hour(words: str) -> tuple[int, int] | None:
    words = words.removeprefix("at ")
    if words in _NAMED_HOURS:
        return _NAMED_HOURS[words]
    found = _CLOCK.match(words)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3]:
        hour = hour % 12 + (12 if found[3] == "pm" else 0)
    return (hour, minute) if hour < 24 and minute < 60 else None
