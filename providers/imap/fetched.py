"""Reading FETCH answers: the shapes every server writes in one look each, everything else word by word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Final

from providers.imap.answers import NO_OTHERS, NO_SECTIONS, Fetched
from providers.imap.tokens import Garbled, Node, Tokens

_ITEM = re.compile(
    rb" ?(?:UID (\d{1,10})(?=[ )])"
    rb'|FLAGS \(([^()"{]*)\)'
    rb"|MODSEQ \((\d{1,19})\)"
    rb"|RFC822\.SIZE (\d{1,19})(?=[ )])"
    rb'|INTERNALDATE "([^"\\]*)"'
    rb'|BODY\[([^\]"{]*)\](?:<\d+>)? \{\d{1,19}\}\Z'
    rb"|X-GM-MSGID (\d{1,20})(?=[ )])"
    rb"|X-GM-THRID (\d{1,20})(?=[ )])"
    rb"|(\)) *\Z)"
)
_UID, _FLAGS, _MODSEQ, _SIZE, _DATE, _SECTION, _GMAIL_ID, _GMAIL_THREAD, _END = range(1, 10)
_ITEM_NAME = re.compile(rb" ?([A-Za-z0-9.\-]+(?:\[(?:[^\]\"]|\"[^\"]*\")*\])?)(?:<\d+>)?(?= )")
_LIST_END = re.compile(rb" *\) *\Z")
_OWN_UID = re.compile(rb"\bUID (\d{1,10})\b", re.IGNORECASE)
_INTERNAL_DATE = re.compile(rb" ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\Z")
_MONTHS: Final = {
    name: number for number, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()


def parse(parts: list[bytes], at: int) -> Fetched:  # noqa: C901 # one branch for each item; 100,000 calls in a sweep
    """Read the list of a FETCH answer that opens at `at`; `uid` is 0 when it names none.

    Of an answer that is garbled, what could be read before is told. Raises Garbled when that does not say which message.
    """
    match, make = _ITEM.match, Fetched._make
    uid, part, line = 0, 0, parts[0]
    flags = date_s = size = modseq = gmail_id = gmail_thread = None
    sections = NO_SECTIONS
    here = at + 1
    while (found := match(line, here)) is not None:
        which, here = found.lastindex, found.end()
        if which == _UID:
            uid = int(found[_UID])
        elif which == _FLAGS:
            flags = flags_of(found[_FLAGS])
        elif which == _END:
            return make((uid, flags, date_s, size, modseq, gmail_id, gmail_thread, None, sections, NO_OTHERS))
        elif which == _SECTION:
            part, here = part + 2, 0
            if part >= len(parts):
                break
            if sections is NO_SECTIONS:
                sections = {}
            sections[section_name(found[_SECTION])] = parts[part - 1]  # type: ignore[index] # a dict of its own
            line = parts[part]
        elif which == _MODSEQ:
            modseq = int(found[_MODSEQ])
        elif which == _SIZE:
            size = int(found[_SIZE])
        elif which == _DATE:
            date_s = epoch_seconds(found[_DATE])
        elif which == _GMAIL_ID:
            gmail_id = int(found[_GMAIL_ID])
        else:
            gmail_thread = int(found[_GMAIL_THREAD])
    return _parse_words(parts, at)


def _parse_words(parts: list[bytes], at: int) -> Fetched:
    """Read an answer of another shape."""
    facts = _Facts()
    tokens = Tokens(parts, at)
    try:
        if tokens.line[at : at + 1] != b"(":
            raise Garbled("no list of items")
        tokens.at += 1
        while not facts.read(tokens):
            pass
    except Garbled:
        uid = facts.uid or next((int(found[1]) for part in parts[::2] if (found := _OWN_UID.search(part))), 0)
        if not uid:
            raise
        facts.uid = uid
    return facts.told()


class _Facts:
    """What has been read of one answer."""

    __slots__ = (
        "date",
        "flags",
        "gmail_id",
        "gmail_thread",
        "labels",
        "modseq",
        "others",
        "sections",
        "size",
        "uid",
    )

    def __init__(self) -> None:
        self.uid = 0
        self.flags: frozenset[str] | None = None
        self.date: int | None = None
        self.size: int | None = None
        self.modseq: int | None = None
        self.gmail_id: int | None = None
        self.gmail_thread: int | None = None
        self.labels: frozenset[str] | None = None
        self.sections: Mapping[str, bytes] = NO_SECTIONS
        self.others: Mapping[str, Node] = NO_OTHERS

    def told(self) -> Fetched:
        return Fetched(
            self.uid, self.flags, self.date, self.size, self.modseq,
            self.gmail_id, self.gmail_thread, self.labels, self.sections, self.others,
        )  # fmt: skip

    def read(self, tokens: Tokens) -> bool:
        """Read one item; true at the end of the list."""
        if _LIST_END.match(tokens.line, tokens.at):
            return True
        found = _ITEM_NAME.match(tokens.line, tokens.at)
        if found is None:
            raise Garbled("an item without a name")
        name, tokens.at = found[1], found.end()
        upper = name.upper()
        if upper.startswith((b"BODY[", b"BINARY[")):
            octets = tokens.string()
            if octets is not None:
                self._add_section(name[name.index(b"[") + 1 : -1], octets)
        elif upper == b"FLAGS":
            self.flags = flags_of(b" ".join(tokens.words()))
        elif upper == b"X-GM-LABELS":
            self.labels = frozenset(word.decode("latin-1") for word in tokens.words())
        else:
            self._add_other(upper.decode("ascii"), tokens.node())
        return False

    def _add_section(self, section: bytes, octets: bytes) -> None:
        if self.sections is NO_SECTIONS:
            self.sections = {}
        self.sections[section_name(section)] = octets  # type: ignore[index] # it is a dict of this answer's own

    def _add_other(self, name: str, node: Node) -> None:
        number = node[0] if isinstance(node, tuple) and len(node) == 1 else node
        if name == "UID" and isinstance(number, int):
            self.uid = number
        elif name == "MODSEQ" and isinstance(number, int):
            self.modseq = number
        elif name == "RFC822.SIZE" and isinstance(number, int):
            self.size = number
        elif name == "X-GM-MSGID" and isinstance(number, int):
            self.gmail_id = number
        elif name == "X-GM-THRID" and isinstance(number, int):
            self.gmail_thread = number
        elif name == "INTERNALDATE" and isinstance(number, bytes):
            self.date = epoch_seconds(number)
        else:
            if self.others is NO_OTHERS:
                self.others = {}
            self.others[name] = node  # type: ignore[index] # it is a dict of this answer's own


def flags_of(text: bytes) -> frozenset[str]:
    """Return the flags of a list; \\Recent is left out, which says something of the connection, not of the message."""
    return _known_flags(text) if len(text) <= _LONGEST_KNOWN else _flags(text)


def _flags(text: bytes) -> frozenset[str]:
    return frozenset(flag for flag in text.decode("latin-1").split() if flag.lower() != "\\recent")


# What is kept comes from servers: small things, and not without end.
_LONGEST_KNOWN: Final = 400
_known_flags = lru_cache(4096)(_flags)


def section_name(section: bytes) -> str:
    """Return the name of a section in upper case, without the names of its fields."""
    return _known_name(section) if len(section) <= _LONGEST_KNOWN else _name(section)


def _name(section: bytes) -> str:
    return section.partition(b" ")[0].decode("latin-1").upper()


_known_name = lru_cache(256)(_name)


def epoch_seconds(text: bytes) -> int | None:
    """Return an INTERNALDATE as seconds since 1970, None when it is no date."""
    found = _INTERNAL_DATE.match(text)
    if found is None:
        return None
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
    midnight = _midnight(day, month, year)
    if midnight is None:
        return None
    zone = int(zone_hours) * 3600 + int(zone_minutes) * 60
    local = midnight + int(hour) * 3600 + int(minute) * 60 + int(second)
    return local + zone if sign == b"-" else local - zone


@lru_cache(4096)
def _midnight(day: bytes, month: bytes, year: bytes) -> int | None:
    try:
        return (date(int(year), _MONTHS[month.lower()], int(day)).toordinal() - _EPOCH_DAY) * 86_400
    except (ValueError, KeyError):
        return None
