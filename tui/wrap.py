"""Wrap text by terminal cells, a line at a time, so that a huge line costs only what is looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells

_CJK = "\u2e80-\u30ff\u3100-\ua4cf\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffe6\U00020000-\U0003fffd"
_CLOSING = "、。，．：；！？」』】〉》）］｝…ー々"
# A word with the blanks around it. A wide character is a word of its own, and takes the closing marks that may
# not begin a line (JIS X 4051 kinsoku) with it.
# Bounded, so that a line that is one word of megabytes is still wrapped row by row.
_WORD = re.compile(rf"\s{{0,99}}(?:[{_CJK}][{_CLOSING}]{{0,9}}|[^\s{_CJK}]{{1,999}})\s{{0,99}}|\s{{1,99}}")


def wrap(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each row of one logical line; blanks at the end of a row belong to none."""
    if text.isascii():
        return _wrap_ascii(text, width)
    return _wrap_cells(text, width)


def _wrap_ascii(text: str, width: int) -> Iterator[tuple[int, int]]:
    start, length = 0, len(text)
    while length - start > width:
        cut = text.rfind(" ", start, start + width + 1)
        if cut <= start or text[start:cut].isspace():
            cut = start + width
        yield start, _rstrip(text, start, cut)
        start = cut
        while start < length and text[start] == " ":
            start += 1
    if start < length or not length:
        yield start, length


def _wrap_cells(text: str, width: int) -> Iterator[tuple[int, int]]:
    if len(text) <= width and cell_len(text) <= width:
        yield 0, len(text)
        return
    start, used = 0, 0
    for match in _WORD.finditer(text):
        at, end = match.span()
        if used and used + _cells(text[at:end].rstrip()) > width:
            yield start, _rstrip(text, start, at)
            start, used = at, 0
        if used == 0:
            at = start = _skip_blanks(text, at, end) if at else at
        while _cells(text[at:end].rstrip()) > width:
            at = start + _fitting(text[start : start + 2 * width], width)
            yield start, at
            start = at
        used += _cells(text[at:end])
    if start < len(text):
        yield start, _rstrip(text, start, len(text))


def _cells(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


def _rstrip(text: str, start: int, end: int) -> int:
    return start + len(text[start:end].rstrip())


def _skip_blanks(text: str, start: int, end: int) -> int:
    return end - len(text[start:end].lstrip())


def _fitting(text: str, width: int) -> int:
    """Return how many characters of `text` fit; at least one, so that there is always progress."""
    return max(1, len(chop_cells(text, width)[0]))
