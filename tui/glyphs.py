"""The few signs that are not letters, in Unicode and in plain ASCII. None is an emoji: their widths differ."""

from __future__ import annotations

from typing import NamedTuple


class Glyphs(NamedTuple):
    """Signs of one cell each."""

    unread: str
    flagged: str
    vertical: str
    horizontal: str
    focus: str
    is_ascii: bool


UNICODE = Glyphs("●", "★", "│", "─", "▸", is_ascii=False)
ASCII = Glyphs("u", "*", "|", "-", ">", is_ascii=True)
