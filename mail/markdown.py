"""Markdown as the HTML of a mail: plain, safe, and the same whoever reads it.

Only the writer's own words are Markdown. What is quoted or forwarded is other people's text and is shown as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Final

from mail import quote_lines
from mail.flowed import quote_depth
from mail.types import BlockKind

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_HEAD: Final = '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n'
_FOOT: Final = "</body></html>\n"
_CITE: Final = (
    '<blockquote type="cite" style="margin:0 0 0 .5em;border-left:2px solid #999;padding-left:.7em">'
)
_OWN, _QUOTED, _AS_IT_IS = range(3)


def to_html(text: str) -> str:
    """Return a text whose own words are Markdown as an HTML document; HTML in it is shown, not obeyed."""
    parts: list[str] = []
    for kind, lines in groupby(_kinds(text), key=lambda pair: pair[0]):
        run = [line for _, line in lines]
        if kind == _OWN:
            parts.append(_parser().render("\n".join(run)))
        else:
            parts.append(_cited(run) if kind == _QUOTED else f"<div>{_lines(run)}</div>\n")
    return f"{_HEAD}{''.join(parts)}{_FOOT}"


@cache
def _parser() -> MarkdownIt:
    """Return the parser; it loads when the first Markdown is sent, not when the program starts."""
    from markdown_it import MarkdownIt

    options = {"html": False, "breaks": True, "linkify": True}
    parser = (
        MarkdownIt("commonmark", options)
        .enable(["table", "strikethrough", "linkify"])
        .disable(["image", "lheading"])
    )
    assert parser.linkify is not None  # markdown-it-py[linkify]
    parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    return parser


def _kinds(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines with what they are; a signature or a forwarded message goes on to the end."""
    kind = _OWN
    for line in text.split("\n"):
        if line.startswith(">"):
            yield _QUOTED, line
            continue
        if line == "-- " or quote_lines.marker(line) is BlockKind.FORWARD:
            kind = _AS_IT_IS
        yield kind, line


def _cited(lines: list[str]) -> str:
    """Return quoted lines as quotes within quotes."""
    written: list[str] = []
    now = 0
    for depth, run in groupby(map(quote_depth, lines), key=lambda pair: pair[0]):
        written.append(_CITE * (depth - now) + "</blockquote>\n" * (now - depth))
        written.append(f"<div>{_lines([content for _, content in run])}</div>\n")
        now = depth
    return "".join(written) + "</blockquote>\n" * now


def _lines(lines: list[str]) -> str:
    return "<br>\n".join(escape(line, quote=False) for line in lines)
