"""What a fake IMAP server answers to FETCH (RFC 9051 §7.5.2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from email import policy
from email.message import Message
from email.parser import BytesParser
from itertools import pairwise

from servers.fake_mailbox import FakeMailbox, FakeMessage
from servers.imap_words import Word, flag_list, quoted, text, written

_SECTION = re.compile(
    rb"BODY(\.PEEK)?\[(?P<section>[^\]]*)\](?:<(?P<start>\d+)\.(?P<count>\d+)>)?", re.IGNORECASE
)
_MACROS = {
    "ALL": [b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE"],
    "FAST": [b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE"],
}
_PARSER = BytesParser(policy=policy.compat32)


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
    b"BODY": lambda message: structure(_parsed(message)),
    b"BODYSTRUCTURE": lambda message: structure(_parsed(message)),
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
    rest = section[number.end() :].lstrip(".").upper() if number else section.upper()
    if number is None:
        return _of_message(message.octets, rest)
    part = _part(_parsed(message), [int(digits) for digits in number[0].split(".")])
    if part is None:
        return b""
    if rest == "MIME":
        return _header_octets(part)
    if rest:
        inner = part.get_payload(0)
        return _of_message(inner.as_bytes(policy=policy.compat32.clone(linesep="\r\n")), rest)
    return _body_octets(part)


def _of_message(octets: bytes, what: str) -> bytes:
    header, gap, body = octets.partition(b"\r\n\r\n")
    if gap:
        header += b"\r\n"
    if what.startswith("HEADER.FIELDS"):
        names = {name.lower() for name in re.findall(r"[^\s()\"]+", what.partition("(")[2])}
        return _fields(header, names, is_wanted=not what.startswith("HEADER.FIELDS.NOT")) + b"\r\n"
    return {"": octets, "HEADER": header + b"\r\n", "TEXT": body}[what]


def _fields(header: bytes, names: set[str], is_wanted: bool) -> bytes:
    starts = [line.start() for line in re.finditer(rb"^[^ \t\r\n]", header, re.MULTILINE)]
    kept = []
    for start, end in pairwise([*starts, len(header)]):
        name = header[start:end].partition(b":")[0].strip().decode("latin-1").lower()
        if (name in names) is is_wanted:
            kept.append(header[start:end])
    return b"".join(kept)


def _parsed(message: FakeMessage) -> Message:
    return _PARSER.parsebytes(message.octets)


def _part(message: Message, path: list[int]) -> Message | None:
    part = message
    for number in path:
        if part.get_content_type() == "message/rfc822":
            part = part.get_payload(0)
        if not part.is_multipart() or part.get_content_type() == "message/rfc822":
            if number != 1:
                return None
        elif number > len(part.get_payload()):
            return None
        else:
            part = part.get_payload(number - 1)
    return part


def _header_octets(part: Message) -> bytes:
    lines = [f"{name}: {value}\r\n".encode("utf-8", "surrogateescape") for name, value in part.raw_items()]
    return b"".join(lines) + b"\r\n"


def _body_octets(part: Message) -> bytes:
    if part.is_multipart():
        whole = part.as_bytes(policy=policy.compat32.clone(linesep="\r\n"))
        return whole.partition(b"\r\n\r\n")[2]
    payload = part.get_payload()
    assert isinstance(payload, str)
    return payload.encode("utf-8", "surrogateescape")


def structure(part: Message) -> bytes:
    """Write the BODYSTRUCTURE of a part, with parameters and disposition."""
    if part.is_multipart() and part.get_content_maintype() == "multipart":
        inner = b"".join(structure(child) for child in part.get_payload())
        kind = b'%s "%s" %s' % (inner, part.get_content_subtype().upper().encode(), _parameters(part))
        return b"(" + kind + b" " + _disposition(part) + b" NIL NIL)"
    octets = _body_octets(part)
    encoding = str(part.get("Content-Transfer-Encoding", "7BIT")).strip().upper()
    facts = [
        quoted(part.get_content_maintype().upper()),
        quoted(part.get_content_subtype().upper()),
        _parameters(part),
        _nstring(part.get("Content-ID")),
        _nstring(part.get("Content-Description")),
        quoted(encoding),
        b"%d" % len(octets),
    ]
    lines = b"%d" % octets.count(b"\n")
    if part.get_content_type() == "message/rfc822":
        facts += [b"(" + b" ".join([b"NIL"] * 10) + b")", structure(part.get_payload(0)), lines]
    elif part.get_content_maintype() == "text":
        facts.append(lines)
    return b"(" + b" ".join([*facts, b"NIL", _disposition(part), b"NIL", b"NIL"]) + b")"


def _parameters(part: Message, header: str = "content-type") -> bytes:
    pairs = (part.get_params(header=header, unquote=True) or [])[1:]
    if not pairs and header == "content-type" and part.get_content_maintype() == "text":
        pairs = [("charset", "us-ascii")]
    flat = [quoted(str(word)) for name, value in pairs for word in (name.upper(), _plain(value))]
    return b"(" + b" ".join(flat) + b")" if flat else b"NIL"


def _disposition(part: Message) -> bytes:
    kind = part.get_content_disposition()
    if kind is None:
        return b"NIL"
    return b"(" + quoted(kind.upper()) + b" " + _parameters(part, "content-disposition") + b")"


def _plain(value: object) -> object:
    return value[2] if isinstance(value, tuple) else value


def _nstring(value: object) -> bytes:
    return b"NIL" if value is None else quoted(str(value))
