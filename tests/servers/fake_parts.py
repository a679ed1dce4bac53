"""The parts of a message, cut out octet by octet as a server does it (RFC 9051 §6.4.5.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesHeaderParser
from itertools import pairwise

from servers.imap_words import quoted

_HEADERS = BytesHeaderParser(policy=policy.compat32)
_BLANK_LINE = re.compile(rb"(?:^|\r?\n)\r?\n")


@dataclass(frozen=True, slots=True)
class Part:
    """A part or a whole message: its header with the blank line, and what follows."""

    header: bytes
    body: bytes
    facts: Message

    @property
    def is_message(self) -> bool:
        return self.facts.get_content_type() == "message/rfc822"

    def children(self) -> list[Part]:
        """Return the parts of a multipart, or nothing."""
        boundary = self.facts.get_boundary()
        if self.facts.get_content_maintype() != "multipart" or not boundary:
            return []
        line = rb"(?:^|\r?\n)--" + re.escape(boundary.encode("latin-1")) + rb"(?P<end>--)?[ \t]*(?:\r?\n|$)"
        found = list(re.finditer(line, self.body))
        return [
            part_of(self.body[one.end() : other.start()]) for one, other in pairwise(found) if not one["end"]
        ]

    def find(self, path: list[int]) -> Part | None:
        """Return the part a number as 1.2 names, or None."""
        if not path:
            return self
        whole = part_of(self.body) if self.is_message else self
        children = whole.children() or [_alone(whole)]
        if path[0] > len(children):
            return None
        return children[path[0] - 1].find(path[1:])


def part_of(octets: bytes) -> Part:
    """Divide a message or part at its first blank line."""
    blank = _BLANK_LINE.search(octets)
    end = blank.end() if blank else len(octets)
    return Part(octets[:end], octets[end:], _HEADERS.parsebytes(octets[:end]))


def structure(part: Part) -> bytes:
    """Write the BODYSTRUCTURE of a part, with parameters and disposition."""
    kind = part.facts.get_content_maintype(), part.facts.get_content_subtype()
    children = part.children()
    if children:
        inner = b"".join(structure(child) for child in children) + b" " + quoted(kind[1])
        return b"(" + b" ".join([inner, _parameters(part), _disposition(part), b"NIL", b"NIL"]) + b")"
    facts = [
        quoted(kind[0]),
        quoted(kind[1]),
        _parameters(part),
        _nstring(part.facts.get("Content-ID")),
        _nstring(part.facts.get("Content-Description")),
        quoted(str(part.facts.get("Content-Transfer-Encoding", "7bit")).strip()),
        b"%d" % len(part.body),
    ]
    lines = b"%d" % part.body.count(b"\n")
    if part.is_message:
        facts += [b"(" + b" ".join([b"NIL"] * 10) + b")", structure(part_of(part.body)), lines]
    elif kind[0] == "text":
        facts.append(lines)
    return b"(" + b" ".join([*facts, b"NIL", _disposition(part), b"NIL", b"NIL"]) + b")"


def _alone(part: Part) -> Part:
    """Return what part 1 of a message without parts is: the same body, itself without parts."""
    return Part(part.header, part.body, Message())


def _parameters(part: Part, header: str = "content-type") -> bytes:
    pairs = (part.facts.get_params(header=header, unquote=True) or [])[1:]
    if not pairs and header == "content-type" and part.facts.get_content_maintype() == "text":
        pairs = [("charset", "us-ascii")]
    flat = [quoted(str(word)) for name, value in pairs for word in (name, _plain(value))]
    return b"(" + b" ".join(flat) + b")" if flat else b"NIL"


def _disposition(part: Part) -> bytes:
    kind = part.facts.get_content_disposition()
    if kind is None:
        return b"NIL"
    return b"(" + quoted(kind) + b" " + _parameters(part, "content-disposition") + b")"


def _plain(value: object) -> object:
    return value[2] if isinstance(value, tuple) else value


def _nstring(value: object) -> bytes:
    return b"NIL" if value is None else quoted(str(value))
