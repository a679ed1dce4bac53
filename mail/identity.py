"""What makes a message the same one wherever it lies, when all that is known of it is its header and its size."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Final

FIELDS: Final = (b"message-id", b"date", b"from", b"to", b"subject")
_FIELD: Final = re.compile(
    rb"(?im)^(message-id|date|from|to|subject)[ \t]*:([^\n]*(?:\n(?![^ \t\r\n])[^\n]*)*)"
)
_SPACE: Final = b" \t\r\n"


def of(header: bytes, size_octets: int, received_at: int) -> bytes:
    """Return 16 octets, equal for copies of one message.

    `header` may hold more fields than FIELDS, in any order; white space tells nothing, since servers fold as they
    like. `received_at` is the INTERNALDATE, which copies keep (RFC 3501 §6.4.7).
    """
    found: dict[bytes, bytes] = {}
    for name, value in _FIELD.findall(header, 0, _end(header)):
        found.setdefault(name.lower(), value.translate(None, _SPACE))
    said = b"\n".join(found.get(name, b"") for name in FIELDS)
    return blake2b(b"%d %d\n%b" % (size_octets, received_at, said), digest_size=16).digest()


def _end(header: bytes) -> int:
    """Return where the first empty line is, behind the line before it."""
    ends = [end for end in (header.find(b"\n\r\n"), header.find(b"\n\n")) if end >= 0]
    return min(ends) + 1 if ends else len(header)
