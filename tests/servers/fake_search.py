"""What a fake IMAP server answers to SEARCH (RFC 9051 §6.4.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

from servers.fake_fetch import section_of
from servers.fake_mailbox import FakeMessage
from servers.imap_words import Word, numbers, text

Test = Callable[[FakeMessage], bool]

_FLAGS = {
    "SEEN": "\\Seen",
    "FLAGGED": "\\Flagged",
    "DELETED": "\\Deleted",
    "ANSWERED": "\\Answered",
    "DRAFT": "\\Draft",
}


def matching(messages: Sequence[FakeMessage], criteria: list[Word], view: list[int]) -> list[FakeMessage]:
    """Return the messages all `criteria` fit; `view` holds the uids by message number."""
    rest, tests = list(criteria), []
    while rest:
        tests.append(_next(rest, view))
    return [message for message in messages if all(test(message) for test in tests)]


def _next(rest: list[Word], view: list[int]) -> Test:
    word = rest.pop(0)
    if isinstance(word, list):
        inner, tests = list(word), []
        while inner:
            tests.append(_next(inner, view))
        return lambda message: all(test(message) for test in tests)
    name = text(word).upper()
    if name == "NOT":
        refused = _next(rest, view)
        return lambda message: not refused(message)
    if name == "OR":
        one, other = _next(rest, view), _next(rest, view)
        return lambda message: one(message) or other(message)
    if name == "ALL":
        return lambda message: True
    return _by_flag(name, rest) or _by_content(name, rest) or _by_number(name, rest, view)


def _by_flag(name: str, rest: list[Word]) -> Test | None:
    if name in _FLAGS:
        return lambda message: _FLAGS[name] in message.flags
    if name.startswith("UN") and name[2:] in _FLAGS:
        return lambda message: _FLAGS[name[2:]] not in message.flags
    if name in {"KEYWORD", "UNKEYWORD"}:
        keyword = text(rest.pop(0))
        return lambda message: (keyword in message.flags) is (name == "KEYWORD")
    return None


def _by_content(name: str, rest: list[Word]) -> Test | None:
    if name == "HEADER":
        field, value = text(rest.pop(0)), text(rest.pop(0)).lower()
        return lambda message: _holds(message, f"HEADER.FIELDS ({field})", value, field)
    if name == "X-GM-LABELS":
        label = text(rest.pop(0))
        return lambda message: label in message.labels
    if name in {"SUBJECT", "FROM", "TO", "CC", "BCC"}:
        value = text(rest.pop(0)).lower()
        return lambda message: _holds(message, f"HEADER.FIELDS ({name})", value, name)
    if name in {"BODY", "TEXT", "X-GM-RAW"}:
        value = text(rest.pop(0)).lower()
        return lambda message: value in section_of(message, b"").decode("latin-1").lower()
    return None


def _holds(message: FakeMessage, section: str, value: str, field: str) -> bool:
    header = section_of(message, section.encode()).decode("latin-1").strip()
    return bool(header) and value in header[len(field) + 1 :].lower()


def _by_number(name: str, rest: list[Word], view: list[int]) -> Test:
    if name == "UID":
        wanted = frozenset(numbers(rest.pop(0), view))
        return lambda message: message.uid in wanted
    if name in {"LARGER", "SMALLER"}:
        size = int(text(rest.pop(0)))
        return lambda message: message.size > size if name == "LARGER" else message.size < size
    if name in {"SINCE", "BEFORE", "ON"}:
        day = datetime.strptime(text(rest.pop(0)), "%d-%b-%Y").replace(tzinfo=UTC).date()
        return lambda message: _compared(message.received_at.date(), name, day)
    if name in {"MODSEQ", "X-GM-MSGID", "X-GM-THRID"}:
        number = int(text(rest.pop(0)))
        if name == "MODSEQ":
            return lambda message: message.modseq >= number
        return lambda message: number == (message.gm_msgid if name == "X-GM-MSGID" else message.gm_thrid)
    positions = numbers(name.encode(), range(1, len(view) + 1))  # raises ValueError for an unknown word
    uids = frozenset(view[position - 1] for position in positions)
    return lambda message: message.uid in uids


def _compared(received: date, name: str, day: date) -> bool:
    return {"SINCE": received >= day, "BEFORE": received < day, "ON": received == day}[name]
