"""The one place where text of unknown origin becomes text a terminal can be given."""

from __future__ import annotations

import re

from mail.ids import SafeText

# Controls but for \t and \n, line and paragraph separators, bidi marks and overrides, zero-width characters (but the
# joiners that scripts need), interlinear marks, tags, private use that fonts draw at will is left, surrogates.
_UNSAFE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff"
)
# Terminals disagree about the width of variation selectors, skin tones, keycaps, soft hyphens and joined emoji.
_WOBBLY = "\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\u20e3\u00ad"
_REMOVED = re.compile(f"[{_UNSAFE}{_WOBBLY}]+")
_JOINED_EMOJI = re.compile("\u200d+[\u2600-\u27bf\U0001f000-\U0001faff]")
_MARKS = "\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff"
_PILE = re.compile(f"([{_MARKS}]{{2}})[{_MARKS}]+")
_SPACES = re.compile(r"\s+")
_OTHER_LINE_BREAKS = ("\x0b", "\x0c", "\x85", "\u2028", "\u2029")
_NOT_SAFE = re.compile(
    f"[{_UNSAFE}{_WOBBLY}\t]|\u200d[\u2600-\u27bf\U0001f000-\U0001faff]|[{_MARKS}]{{3}}",
)
_ACTED_ON = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_ASCII_CONTROLS = dict.fromkeys([*range(9), *range(11, 32), 127])
# What str.isprintable lets through and is not plain, as the octets UTF-8 begins it with: variation selectors, skin
# tones, combining marks. Searching octets is ten times as fast as searching for classes of characters.
_SUSPECT = (b"\xef\xb8", b"\xf0\x9f\x8f", b"\xe2\x83", b"\xcc", b"\xcd", b"\xe1\xaa", b"\xe1\xab")


def printable(text: str) -> str:
    """Remove what a terminal would act on or draw at an uncertain width; line breaks and tabs stay."""
    if _is_plain(text):
        return text
    if text.isascii():
        return text.translate(_ASCII_CONTROLS)
    text = _REMOVED.sub("", text)
    if "\u200d" in text:
        text = _JOINED_EMOJI.sub("", text)
    return _PILE.sub(r"\1", text)


def safe_line(text: str) -> SafeText:
    """Make one line of any text: whitespace runs become one space, nothing is left that a terminal acts on."""
    if "  " not in text and "\n" not in text and "\xa0" not in text and _is_plain(text):
        return SafeText(text)
    return SafeText(_SPACES.sub(" ", printable(_SPACES.sub(" ", text))))


def safe_block(text: str) -> SafeText:
    """Make lines of any text: line breaks of every kind become a newline, tabs are expanded."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    for line_break in _OTHER_LINE_BREAKS:
        if line_break in text:
            text = text.replace(line_break, "\n")
    text = printable(text)
    return SafeText(text.expandtabs(8) if "\t" in text else text)


def typed(text: str) -> str:
    """Return text of the user's own without what a terminal acts on, its lines ended by a newline; emoji stay whole."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for line_break in _OTHER_LINE_BREAKS:
        if line_break in text:
            text = text.replace(line_break, "\n")
    return _ACTED_ON.sub("", text)


def is_safe(text: str) -> bool:
    """Say whether safe_block would leave the text as it is."""
    return _is_plain(text) or _NOT_SAFE.search(text) is None


def _is_plain(text: str) -> bool:
    """Say whether the text is surely safe; a quick answer that is right for nearly all text."""
    if not text.isprintable() and not text.replace("\n", "").replace("\xa0", "").isprintable():
        return False
    if text.isascii():
        return True
    octets = text.encode()
    for suspect in _SUSPECT:  # noqa: SIM110 - a generator takes twice as long
        if suspect in octets:
            return False
    return True
