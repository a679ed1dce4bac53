"""The tree of parts of a message (RFC 2046), found by searching for boundaries in the octets."""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field

from mail import headers, parameters

MAX_PARTS = 2000
MAX_DEPTH = 100
_MOST_DELIMITER = 1000
_MAX_DELIMITERS = 20_000  # looked at per message, true or not: bounds the work on hostile boundaries
_MULTIPART = "multipart/"
_BASE64_OCTETS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n \t"


@dataclass(slots=True)
class Part:
    """One part while a message is read: where its body lies, and what its header says of it."""

    number: str
    fields: dict[str, str]
    media_type: str
    parameters: dict[str, str]
    start: int
    end: int
    parts: list[Part] = field(default_factory=list)

    @property
    def encoding(self) -> str:
        """Return the transfer encoding in lower case; "" for none or one that changes nothing."""
        encoding = self.fields.get("content-transfer-encoding", "")
        return encoding.strip(" \t\"';").lower() if encoding else ""

    @property
    def disposition(self) -> tuple[str, dict[str, str]]:
        """Return the lower-case disposition and its parameters (RFC 2183)."""
        value = self.fields.get("content-disposition")
        return parameters.parse(value) if value else ("", {})

    def leaves(self) -> Iterator[Part]:
        """Yield the parts that hold content, in order."""
        stack = [self]
        while stack:
            part = stack.pop()
            if part.parts:
                stack.extend(reversed(part.parts))
            else:
                yield part


@dataclass(slots=True)
class _Budget:
    parts: int = MAX_PARTS
    delimiters: int = _MAX_DELIMITERS


def first_of_each(fields: list[tuple[str, str]]) -> dict[str, str]:
    """Return the first value of every field by lower-case name."""
    found: dict[str, str] = {}
    for name, value in fields:
        found.setdefault(name.lower(), value)
    return found


def read(message: bytes, fields: list[tuple[str, str]], body: int) -> tuple[Part, bool]:
    """Return the tree below a header already read, and whether parts were left out because there are too many."""
    root = _part("1", first_of_each(fields), "text/plain", body, len(message))
    budget = _Budget()
    stack = [(root, 0)]
    while stack:
        part, depth = stack.pop()
        if not part.media_type.startswith(_MULTIPART):
            continue
        if depth >= MAX_DEPTH or budget.parts <= 0:
            part.media_type = "application/octet-stream"
            continue
        prefix = "" if part is root else part.number + "."
        default = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
        part.parts = [
            _read_part(message, f"{prefix}{number}", default, start, end)
            for number, (start, end) in enumerate(_ranges(message, part, budget), 1)
        ]
        if not part.parts:
            part.media_type = "text/plain"  # no delimiter was found: what is there is text
        stack.extend((child, depth + 1) for child in reversed(part.parts))
    return root, budget.parts <= 0 or budget.delimiters <= 0


def _read_part(message: bytes, number: str, default: str, start: int, end: int) -> Part:
    fields, body = headers.split(message, start, end)
    return _part(number, first_of_each(fields), default, min(body, end), end)


def _part(number: str, fields: dict[str, str], default: str, start: int, end: int) -> Part:
    written, found = parameters.parse(fields.get("content-type", ""))
    return Part(number, fields, parameters.media_type(written, default), found, start, end)


def _ranges(message: bytes, part: Part, budget: _Budget) -> list[tuple[int, int]]:
    """Return where each part between the delimiters of a multipart begins and ends."""
    boundary = part.parameters.get("boundary", "").encode("utf-8", "replace").rstrip()
    if not boundary:
        return []
    delimiter = b"--" + boundary
    ranges: list[tuple[int, int]] = []
    opened = -1
    position = part.start
    while budget.parts > 0 and budget.delimiters > 0:
        found = message.find(delimiter, position, part.end)
        if found < 0:
            break
        budget.delimiters -= 1
        position = found + len(delimiter)
        line_end, is_close = _delimiter_end(message, position, part.end)
        if line_end < 0 or not (found == part.start or message[found - 1] in b"\r\n"):
            continue
        if opened >= 0:
            ranges.append((opened, max(opened, _before_line_break(message, found))))
            budget.parts -= 1
        opened = position = line_end
        if is_close:
            return ranges
    if opened >= 0 and budget.parts > 0:
        ranges.append((opened, part.end))
        budget.parts -= 1
    return ranges


def _delimiter_end(message: bytes, position: int, end: int) -> tuple[int, bool]:
    """Return where the line of a delimiter ends, -1 when the line holds more than it, and whether it closes."""
    stop = message.find(b"\n", position, min(end, position + _MOST_DELIMITER))
    if stop < 0 and end - position > _MOST_DELIMITER:
        return -1, False
    after = end if stop < 0 else stop + 1
    rest = message[position:after].strip()
    if not rest:
        return after, False
    return (after, True) if rest == b"--" else (-1, False)


def _before_line_break(message: bytes, position: int) -> int:
    if message.startswith(b"\r\n", position - 2):
        return position - 2
    return position - 1


def octets(message: bytes, part: Part, limit: int | None = None) -> bytes:
    """Return a part's content decoded (RFC 2045 §6); with a limit, at least the first `limit` octets of it."""
    raw = message[part.start : part.end]
    encoding = part.encoding
    if encoding == "base64":
        raw = raw if limit is None else raw[: limit * 3 // 2]
        odd = len(raw.translate(None, _BASE64_OCTETS))
        return raw if odd * 10 > len(raw) else headers.from_base64(raw)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(raw if limit is None else raw[: limit * 3])
    if encoding in _UUENCODED:
        return _from_uuencode(raw)
    return raw


_UUENCODED = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})


def size(message: bytes, part: Part) -> int:
    """Return how many octets a part has decoded, reckoned from the encoded length without decoding."""
    length = part.end - part.start
    encoding = part.encoding
    if encoding == "base64":
        breaks = message.count(b"\n", part.start, part.end) + message.count(b"\r", part.start, part.end)
        padding = message.count(b"=", max(part.start, part.end - 4), part.end)
        return max(0, (length - breaks) * 3 // 4 - padding)
    if encoding == "quoted-printable":
        soft_breaks = message.count(b"=\r\n", part.start, part.end)
        return max(0, length - 2 * message.count(b"=", part.start, part.end) - soft_breaks)
    return length


def _from_uuencode(raw: bytes) -> bytes:
    begin = raw.find(b"begin ")
    decoded: list[bytes] = []
    for line in raw[max(begin, 0) :].splitlines()[begin >= 0 :]:
        if line.strip() == b"end":
            break
        decoded.append(_uuencoded_line(line))
    return b"".join(decoded)


def _uuencoded_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        pass
    try:  # some encoders write more characters than the line needs
        return binascii.a2b_uu(line[: (((line[0] - 32) & 63) * 4 + 5) // 3])
    except binascii.Error:
        return b""
