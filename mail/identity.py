"""What makes a message the same one wherever it lies, when all that is known of it is its header and its size."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Final

FIELDS: Final = (b"message-id", b"date", b"from", b"to", b"subject")
_FIELD: Final = re.compile(rb"(?ims)^(message-id|date|from|to|subject)[ \t]*:(.*?)(?=^[^ \t\r\n]|\Z)")
_SPACE: Final = re.compile(rb"[ \t\r\n]+")


def of(header: bytes, size_octets: int, received_at: int) -> bytes:
    """Return 16 octets, equal for copies of one message.

    `header` may hold more fields than FIELDS, in any order; white space tells nothing, since servers fold as they
    like. `received_at` is the INTERNALDATE, which copies keep (RFC 3501 §6.4.7).
    """
    found: dict[bytes, bytes] = {}
    end = re.search(rb"\r?\n\r?\n", header)
    for name, value in _FIELD.findall(header[: end.start() + 2] if end else header):
        found.setdefault(name.lower(), _SPACE.sub(b"", value))
    said = b"\n".join(found.get(name, b"") for name in FIELDS)
    return blake2b(b"%d %d\n%b" % (size_octets, received_at, said), digest_size=16).digest()
