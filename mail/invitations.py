"""A calendar part in a few lines to read: what, when, where, who (RFC 5545, RFC 5546)."""

from __future__ import annotations

import re

from mail.text import safe_line

_MAX_CHARACTERS = 256 * 1024
_FOLD = re.compile(r"\r?\n[ \t]")
_PROPERTY = re.compile(r"([A-Za-z0-9-]+)((?:;[^:\";]*(?:\"[^\"]*\"[^:\";]*)*)*):(.*)")
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?\Z")
_ESCAPED = re.compile(r"\\([nN,;\\])")
_COMMON_NAME = re.compile(r';CN="?([^";:]*)', re.IGNORECASE)
_ZONE = re.compile(r';TZID="?([^";:]*)', re.IGNORECASE)
_TITLES = {
    "REQUEST": "Invitation", "CANCEL": "Cancelled", "REPLY": "Answer to an invitation",
    "COUNTER": "Another time is proposed", "PUBLISH": "Event",
}  # fmt: skip
_Property = tuple[str, str]


def readable(calendar: str) -> str:
    """Return the first event of a calendar as lines, "" when there is none."""
    method, event = _first_event(_FOLD.sub("", calendar[:_MAX_CHARACTERS]))
    if not event:
        return ""
    title = _TITLES.get(method.upper(), "Event")
    lines = [f"{title}: {_text(event.get('SUMMARY')) or '(no title)'}"]
    for label, value in (
        ("When", _when(event)),
        ("Where", _text(event.get("LOCATION"))),
        ("Organizer", _person(event.get("ORGANIZER"))),
    ):
        if value:
            lines.append(f"{label}: {value}")
    return "\n".join(lines)


def _first_event(calendar: str) -> tuple[str, dict[str, _Property]]:
    method = ""
    event: dict[str, _Property] = {}
    depth = 0
    for line in calendar.splitlines():
        if (found := _PROPERTY.match(line)) is None:
            continue
        name, parameters, value = found[1].upper(), found[2], found[3].strip()
        if name == "METHOD":
            method = value
        elif name in {"BEGIN", "END"}:
            inside = depth > 0 or value.upper() in {"VEVENT", "VTODO"}
            depth += inside if name == "BEGIN" else -inside
            if name == "END" and depth <= 0 and event:
                break
        elif depth == 1:
            event.setdefault(name, (parameters, value))
    return method, event


def _text(found: _Property | None) -> str:
    if found is None:
        return ""
    return safe_line(_ESCAPED.sub(lambda pair: " " if pair[1] in "nN" else pair[1], found[1])).strip()


def _when(event: dict[str, _Property]) -> str:
    start, end = _time(event.get("DTSTART")), _time(event.get("DTEND"))
    if not start[0]:
        return ""
    zone = f" ({start[2]})" if start[2] else ""
    if not start[1]:
        return start[0]
    if not end[1]:
        return f"{start[0]} {start[1]}{zone}"
    until = end[1] if end[0] == start[0] else f"{end[0]} {end[1]}"
    return f"{start[0]} {start[1]}–{until}{zone}"


def _time(found: _Property | None) -> tuple[str, str, str]:
    """Return date, time of day and zone as words; empty where not told."""
    if found is None or (parts := _TIME.match(found[1])) is None:
        return "", "", ""
    year, month, day, hour, minute, utc = parts.groups()
    zone = _ZONE.search(found[0])
    zone_name = "UTC" if utc else (safe_line(zone[1]) if zone else "")
    return f"{year}-{month}-{day}", f"{hour}:{minute}" if hour else "", zone_name


def _person(found: _Property | None) -> str:
    if found is None:
        return ""
    address = safe_line(re.sub(r"(?i)^mailto:", "", found[1]))
    name = _COMMON_NAME.search(found[0])
    common_name = safe_line(name[1]).strip() if name else ""
    return f"{common_name} <{address}>" if common_name and common_name != address else address
