"""Ids of rows that are brought in."""

from __future__ import annotations

import os
import re
import time
from typing import Final

_RANDOM: Final = (1 << 62) - 1
_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def new_id() -> str:
    """Return a uuid of version 7 (RFC 9562 §5.7): rows brought in one after the other lie side by side in the store."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = rest * 4096 // 1_000_000
    tail = int.from_bytes(os.urandom(8), "big") & _RANDOM | 2 << 62
    text = f"{milliseconds:012x}7{fraction:03x}{tail:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_uuid(text: str) -> bool:
    """Say whether an id is a uuid, as all of ours are."""
    return _UUID.fullmatch(text) is not None
