"""The last gate before the terminal: nothing a terminal would act on leaves in the text of any widget."""

from __future__ import annotations

import re
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

_ACTED_ON = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


class OutputGuard(LineFilter):
    """Replace control, bidi and invisible characters left in any strip, and drop links that are not plain.

    Textual passes every strip of every widget here and caches the result with the strip.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if all(_is_clean(segment) for segment in segments):
            return segments
        return [_clean(segment) for segment in segments]


class PlainDefaults(LineFilter):
    """Leave the terminal's own colours unsaid: every strip begins from them, and each mention costs octets."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment
            if segment.style is None
            else Segment(segment.text, _unsaid(segment.style), segment.control)
            for segment in segments
        ]


_SIGNS = str.maketrans("●★▸▾▴◂│─┌┐└┘├┤┬┴┼█░·…—–•→←✓", "o*>v^<|-+++++++++#-.~--*><v")


class AsciiSigns(LineFilter):
    """Draw lines and signs in ASCII, for terminals and fonts that have no others. Words keep their letters."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment
            if segment.text.isascii()
            else Segment(segment.text.translate(_SIGNS), segment.style, segment.control)
            for segment in segments
        ]


@lru_cache(maxsize=1024)
def _unsaid(style: Style) -> Style:
    is_plain = (
        style.color is None or style.color.is_default,
        style.bgcolor is None or style.bgcolor.is_default,
    )
    if not any(is_plain):
        return style
    rest = style.without_color
    rest += Style(color=None if is_plain[0] else style.color, bgcolor=None if is_plain[1] else style.bgcolor)
    return rest


def _is_clean(segment: Segment) -> bool:
    text, style, control = segment
    if control:
        return True
    if not (text.isascii() and text.isprintable()) and _ACTED_ON.search(text):
        return False
    return style is None or style.link is None or (style.link.isascii() and style.link.isprintable())


def _clean(segment: Segment) -> Segment:
    if _is_clean(segment):
        return segment
    style: Style | None = segment.style
    if style is not None and style.link and not (style.link.isascii() and style.link.isprintable()):
        style = style.update_link(None)
    return Segment(_ACTED_ON.sub("\ufffd", segment.text), style)
