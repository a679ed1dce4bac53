"""What a fake IMAP server answers to FETCH (RFC 9051 §7.5.2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import pairwise

from servers.fake_mailbox import FakeMailbox, FakeMessage
from servers.fake_parts import part_of, structure
from servers.imap_words import Word, flag_list, text, written

_SECTION = re.compile(
    rb"BODY(\.PEEK)?\[(?P<section>[^\]]*)\](?:<(?P<start>\d+)\.(?P<count>\d+)>)?", re.IGNORECASE
)
_MACROS = {
    "ALL": [b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE"],
    "FAST": [b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE"],
}


def items_of(word: Word) -> list[bytes]:
    """Return the items a FETCH asks for: one word, a macro or a list."""
    if isinstance(word, list):
        return [item for item in word if isinstance(item, bytes)]
    return _MACROS.get(text(word).upper(), [word])


def fetched(message: FakeMessage, mailbox: FakeMailbox, items: Iterable[bytes]) -> bytes:
    """Write the inside of a FETCH answer; reading a body without PEEK marks it seen."""
    parts = []
    for item in items:
        name = item.upper()
        if _SECTION.match(item) and not name.startswith(b"BODY.PEEK") and "\\Seen" not in message.flags:
            mailbox.set_flags(message.uid, message.flags | {"\\Seen"})
        parts.append(_item(message, mailbox, item, name))
    return b" ".join(part for part in parts if part)


_SIMPLE: dict[bytes, Callable[[FakeMessage], bytes]] = {
    b"UID": lambda message: b"%d" % message.uid,
    b"FLAGS": lambda message: flag_list(message.flags),
    b"INTERNALDATE": lambda message: message.received_at.strftime('"%d-%b-%Y %H:%M:%S %z"').encode(),
    b"RFC822.SIZE": lambda message: b"%d" % message.size,
    b"MODSEQ": lambda message: b"(%d)" % message.modseq,
    b"BODY": lambda message: structure(part_of(message.octets)),
    b"BODYSTRUCTURE": lambda message: structure(part_of(message.octets)),
    b"X-GM-MSGID": lambda message: b"%d" % message.gm_msgid,
    b"X-GM-THRID": lambda message: b"%d" % message.gm_thrid,
    b"X-GM-LABELS": lambda message: b"(" + b" ".join(map(written, sorted(message.labels))) + b")",
}


def _item(message: FakeMessage, mailbox: FakeMailbox, item: bytes, name: bytes) -> bytes:
    if name == b"MODSEQ" and not mailbox.habits.fetches_modseq:
        return b""
    if name in _SIMPLE:
        return name + b" " + _SIMPLE[name](message)
    section = _SECTION.fullmatch(item)
    if section is None:
        raise ValueError(f"FETCH of {item.decode('latin-1')} is not known")
    octets = section_of(message, section["section"])
    origin = b""
    if section["start"] is not None:
        start = int(section["start"])
        octets, origin = octets[start : start + int(section["count"])], b"<%d>" % start
    return b"BODY[%s]%s {%d}\r\n%s" % (section["section"].upper(), origin, len(octets), octets)


def section_of(message: FakeMessage, section: bytes) -> bytes:
    """Return a section as "", HEADER, TEXT, HEADER.FIELDS (A B), 1.2, 2.MIME."""
    if section not in message.pieces:
        message.pieces[section] = _section(message, section.decode("latin-1"))
    return message.pieces[section]


def _section(message: FakeMessage, section: str) -> bytes:
    number = re.match(r"\d+(\.\d+)*", section)
    if number is None:
        return _of_message(message.octets, section.upper())
    part = part_of(message.octets).find([int(digits) for digits in number[0].split(".")])
    what = section[number.end() :].lstrip(".").upper()
    if part is None:
        return b""
    if what == "MIME":
        return part.header
    return _of_message(part.body, what) if what else part.body


def _of_message(octets: bytes, what: str) -> bytes:
    part = part_of(octets)
    if what.startswith("HEADER.FIELDS"):
        names = {name.lower() for name in re.findall(r"[^\s()\"]+", what.partition("(")[2])}
        is_wanted = not what.startswith("HEADER.FIELDS.NOT")
        return _fields(part.header.removesuffix(b"\r\n"), names, is_wanted) + b"\r\n"
    return {"": octets, "HEADER": part.header, "TEXT": part.body}[what]


def _fields(header: bytes, names: set[str], is_wanted: bool) -> bytes:
    starts = [line.start() for line in re.finditer(rb"^[^ \t\r\n]", header, re.MULTILINE)]
    kept = []
    for start, end in pairwise([*starts, len(header)]):
        name = header[start:end].partition(b":")[0].strip().decode("latin-1").lower()
        if (name in names) is is_wanted:
            kept.append(header[start:end])
    return b"".join(kept)
