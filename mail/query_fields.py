"""What "name:value" means in the search language, and how each leaf of a tree is written in it."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date
from typing import Final, assert_never

from mail.query_tree import (
    After,
    Before,
    Comparison,
    Fact,
    Field,
    HasAttachment,
    In,
    Is,
    Larger,
    Leaf,
    Mark,
    MessageId,
    Newer,
    Older,
    On,
    Participant,
    Party,
    Smaller,
    Text,
)

_MARKS: Final = {mark.value: mark for mark in Mark} | {
    "seen": Mark.READ, "unseen": Mark.UNREAD, "flagged": Mark.STARRED, "unflagged": Mark.UNSTARRED, "replied": Mark.ANSWERED,
    "sent": Mark.OUTGOING, "received": Mark.INCOMING, "filed": Mark.LINKED, "unfiled": Mark.UNLINKED, "list": Mark.BULK,
}  # fmt: skip
_TEXT_FIELDS: Final = {
    "subject": Field.SUBJECT,
    "body": Field.BODY,
    "filename": Field.FILENAME,
    "file": Field.FILENAME,
}
_PARTIES: Final = frozenset(party.value for party in Party)
_FACTS: Final = frozenset(
    ("item", "waiting", "opened", "clicked", "visibility", "owner", "stage", "value", "label")
)
_FACT_FAMILIES: Final = ("deal.", "lead.", "project.", "person.", "organization.", "item.")
_ITEMS: Final = frozenset(("deal", "lead", "project", "person", "organization"))

_YEAR_FIRST: Final = re.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?", re.ASCII)
_DAY_FIRST: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_SIZE: Final = re.compile(r"(\d{1,9})([kmg]?)b?", re.ASCII)
_AGE: Final = re.compile(r"(\d{1,5})([hdwmy])", re.ASCII)
_COMPARED: Final = re.compile(r"(>=|<=|!=|>|<|=)?\s*(.*)", re.DOTALL)
_UNITS: Final = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_HOURS: Final = {"h": 1, "d": 24, "w": 7 * 24, "m": 30 * 24, "y": 365 * 24}


def is_field(name: str) -> bool:
    """Tell whether "name:" says where or what to search."""
    return (
        name in _READERS
        or name in _TEXT_FIELDS
        or name in _PARTIES
        or name in _FACTS
        or name.startswith(_FACT_FAMILIES)
    )


def takes_words(name: str) -> bool:
    """Tell whether a field may be given several alternatives in parentheses."""
    return name in _TEXT_FIELDS or name in _PARTIES


def field(name: str, value: str, *, is_prefix: bool) -> Leaf:
    """Return what "name:value" asks; raises ValueError with the reason for the user."""
    if name in _TEXT_FIELDS:
        return Text(value, is_prefix, _TEXT_FIELDS[name])
    if name in _PARTIES:
        return Participant(Party(name), value)
    reader = _READERS.get(name)
    if reader is not None:
        return reader(value)
    compared = _COMPARED.fullmatch(value)
    if compared is None or not compared[2]:
        raise ValueError(f"{name}: needs a value")
    return Fact(name, Comparison(compared[1] or "="), compared[2])


def written(leaf: Leaf) -> tuple[str, str, bool]:  # noqa: C901 # one flat case for each leaf
    """Return a leaf as name, value and whether a "*" follows; words without a field have no name."""
    match leaf:
        case Text(words, is_prefix, where):
            return "" if where is Field.ANY else where.value, words, is_prefix
        case Participant(party, text):
            return party.value, text, False
        case HasAttachment():
            return "has", "attachment", False
        case Is(mark):
            return "is", mark.value, False
        case In(mailbox):
            return "in", mailbox, False
        case Before(day) | After(day):
            return type(leaf).__name__.lower(), day.isoformat(), False
        case On(first, last):
            return (
                "on",
                first.isoformat() if first == last else f"{first.isoformat()}..{last.isoformat()}",
                False,
            )
        case Newer(hours) | Older(hours):
            return type(leaf).__name__.lower(), f"{hours}h", False
        case Larger(octets) | Smaller(octets):
            return type(leaf).__name__.lower(), str(octets), False
        case MessageId(message_id):
            return "id", message_id, False
        case Fact(name, comparison, value):
            is_bare = comparison is Comparison.EQUAL and value[:1] not in "<>=!"
            return name, value if is_bare else f"{comparison.value}{value}", False
        case _:
            assert_never(leaf)


def _has(value: str) -> Leaf:
    if value in ("attachment", "attachments", "file", "files"):
        return HasAttachment()
    if value in _ITEMS:
        return Fact("item", Comparison.EQUAL, value)
    if value == "item":
        return Is(Mark.LINKED)
    raise ValueError("has: knows attachment, item, deal, lead, project, person, organization")


def _is(value: str) -> Leaf:
    if value not in _MARKS:
        raise ValueError(f"is: knows {', '.join(Mark)}")
    return Is(_MARKS[value])


def _days(value: str) -> tuple[date, date]:
    """Return the first and last day of a date, a month, a year or "from..to"."""
    if ".." in value:
        begin, _, end = value.partition("..")
        return _days(begin)[0], _days(end)[1]
    try:
        if found := _DAY_FIRST.fullmatch(value):
            day = date(int(found[3]), int(found[2]), int(found[1]))
            return day, day
        if found := _YEAR_FIRST.fullmatch(value):
            year, month, number = int(found[1]), int(found[2] or 0), int(found[3] or 0)
            last_month = month or 12
            first = date(year, month or 1, number or 1)
            return first, date(year, last_month, number or calendar.monthrange(year, last_month)[1])
    except (ValueError, IndexError) as error:
        raise ValueError(f"there is no day {value}") from error
    raise ValueError("a date is written 2026-05-31, 2026-05 or 2026")


def _on(value: str) -> Leaf:
    first, last = _days(value)
    if last < first:
        raise ValueError("the first day comes after the last")
    return On(first, last)


def _octets(value: str) -> int:
    found = _SIZE.fullmatch(value)
    if found is None:
        raise ValueError("a size is written 500k, 5M or 1G")
    return int(found[1]) * _UNITS[found[2]]


def _hours(value: str) -> int:
    found = _AGE.fullmatch(value)
    if found is None:
        raise ValueError("an age is written 12h, 7d, 2w, 6m or 1y")
    return int(found[1]) * _HOURS[found[2]]


def _in(value: str) -> Leaf:
    return In(value)


def _message_id(value: str) -> Leaf:
    return MessageId(value.strip("<>"))


_READERS: Final[dict[str, Callable[[str], Leaf]]] = {
    "has": lambda value: _has(value.lower()),
    "is": lambda value: _is(value.lower()),
    "in": _in,
    "before": lambda value: Before(_days(value)[0]),
    "after": lambda value: After(_days(value)[0]),
    "since": lambda value: After(_days(value)[0]),
    "on": _on,
    "date": _on,
    "newer": lambda value: Newer(_hours(value.lower())),
    "older": lambda value: Older(_hours(value.lower())),
    "larger": lambda value: Larger(_octets(value.lower())),
    "smaller": lambda value: Smaller(_octets(value.lower())),
    "id": _message_id,
}
