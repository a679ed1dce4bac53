"""The piece of a message's text around the words searched for, found without reading all of a long one."""

from __future__ import annotations

import json
import re
import zlib
from typing import Final

from mail.body_json import texts
from mail.folding import excerpt

WIDTH: Final = 160
_OCTETS: Final = 48_000
"""Of a body as it is kept, uncompressed; what comes after is not looked through."""
_FOLDED: Final = 4_000
"""Characters compared by their folded letters when the words are not there as they are spelled."""
_BEFORE, _AFTER = 120, 280
_OCCURRENCES: Final = 20
_BLOCK: Final = re.compile(r'\["[tqsf]","((?:[^"\\]|\\[^u]|\\u[0-9a-f]{4})*)')


def snippet(packed: bytes, words: tuple[str, ...]) -> str:
    """Return a line around the first of the folded words in a packed body, or its beginning."""
    text = _text(packed)
    start = _find(text.lower(), words)
    if start is not None:
        return excerpt(text[max(0, start - _BEFORE) : start + _AFTER], words, WIDTH)
    if words and not text.isascii():
        return excerpt(text[:_FOLDED], words, WIDTH)
    return excerpt(text[: _BEFORE + _AFTER], (), WIDTH)


def _text(packed: bytes) -> str:
    reader = zlib.decompressobj()
    octets = reader.decompress(packed, _OCTETS)
    if reader.eof:
        return max(texts(octets), key=len)
    # Cut short, so no JSON any more; but the text of a block still is, as far as it goes.
    return "\n".join(json.loads(f'"{block}"') for block in _BLOCK.findall(octets.decode(errors="ignore")))


def _find(lowered: str, words: tuple[str, ...]) -> int | None:
    """Return where the first whole word stands, else where a word begins with one; None when nothing is found."""
    whole: list[int] = []
    begun: list[int] = []
    for word in filter(None, words):
        at = lowered.find(word)
        for _ in range(_OCCURRENCES):
            if at < 0:
                break
            end = at + len(word)
            if not lowered[at - 1 : at].isalnum():
                if not lowered[end : end + 1].isalnum():
                    whole.append(at)
                    break
                begun.append(at)
            at = lowered.find(word, end)
    return min(whole or begun, default=None)
