"""HTML too tangled for a parser, read as flat text: lexbor takes quadratic time over a hundred thousand nested elements."""

from __future__ import annotations

import html
import re
from typing import Final

_MOST_DEPTH: Final = 2_000
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_MOST_ATTRIBUTES: Final = 300
_LONG_TAG: Final = 2 * _MOST_ATTRIBUTES
_QUOTED_END: Final = re.compile(r"""=\s*+(?:"[^">]*+>|'[^'>]*+>)""")
_VALUE: Final = r"""=\s*+(?:"[^"]*+"|'[^']*+')"""
_WHOLE_TAG: Final = re.compile(rf"<[a-zA-Z](?>{_VALUE}|[^>=]++|=)*+")
_ATTRIBUTE: Final = re.compile(rf"{_VALUE}|[\s/]+[^\s/>=]+")
_NEVER_DEEP: Final = frozenset(
    [
        "br",
        "img",
        "hr",
        "input",
        "meta",
        "link",
        "p",
        "li",
        "td",
        "tr",
        "th",
        "tbody",
        "thead",
        "tfoot",
        "dt",
        "dd",
        "option",
        "wbr",
        "col",
        "source",
        "param",
        "area",
        "base",
    ]
)
_BREAKS: Final = frozenset(
    [
        "br",
        "p",
        "div",
        "tr",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "table",
        "ul",
        "ol",
        "blockquote",
        "hr",
        "pre",
        "td",
        "dt",
        "dd",
    ]
)
_UNREAD: Final = frozenset(("script", "style", "title"))


def is_too_tangled(text: str) -> bool:
    """Tell whether parsing would take quadratic time: elements nested too deep, or one with too many attributes."""
    return _is_too_deep(text) or (_has_long_tag(text) and _has_many_attributes(text))


def _has_long_tag(text: str) -> bool:
    """Tell at once of most HTML that none of its tags is long; a ">" within quotes leaves it open."""
    if _QUOTED_END.search(text):
        return True
    long = (piece for piece in text.split(">") if len(piece) > _LONG_TAG)
    return any(0 <= piece.find("<") < len(piece) - _LONG_TAG for piece in long)


def _has_many_attributes(text: str) -> bool:
    return any(
        tag.end() - tag.start() > _LONG_TAG and len(_ATTRIBUTE.findall(tag[0])) > _MOST_ATTRIBUTES
        for tag in _WHOLE_TAG.finditer(text)
    )


def _is_too_deep(text: str) -> bool:
    """Tell by counting tags, some of which close themselves; real mail reaches about 500."""
    if text.count("<") <= _MOST_DEPTH:
        return False
    depth = 0
    for end, name in _TAG.findall(text):
        if name.lower() in _NEVER_DEEP:
            continue
        depth = max(0, depth - 1) if end else depth + 1
        if depth > _MOST_DEPTH:
            return True
    return False


def flat_text(text: str) -> str:
    """Return the text between the tags, a line for each block, in one pass."""
    parts: list[str] = []
    position = 0
    while (opening := text.find("<", position)) >= 0:
        parts.append(text[position:opening])
        closing = _comment_end(text, opening) if text.startswith("<!--", opening) else text.find(">", opening)
        if closing < 0:
            break
        tag = _TAG.match(text, opening)
        name = tag[2].lower() if tag else ""
        parts.append("\n" if name in _BREAKS else "")
        position = closing + 1
        if name in _UNREAD and tag and not tag[1]:
            ending = re.compile(f"</{name}", re.IGNORECASE).search(text, position)
            position = ending.start() if ending else len(text)
    else:
        parts.append(text[position:])
    lines = (" ".join(line.split()) for line in html.unescape("".join(parts)).split("\n"))
    return "\n".join(line for line in lines if line)


def _comment_end(text: str, opening: int) -> int:
    end = text.find("-->", opening)
    return end + 2 if end >= 0 else -1
