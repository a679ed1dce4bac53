"""The text of a message as a reply quotes it and a forward passes it on."""

from __future__ import annotations

from typing import Final

from mail import quote_lines
from mail.signatures import DELIMITER
from mail.types import BlockKind, Body

_MOST_CHARACTERS: Final = 200_000  # nobody reads more, and every one of them is sent again
_MOST_SIGNATURE: Final = 20
_CUT: Final = "[…]"


def quotable(body: Body) -> str:
    """Return the text of a message to quote in a reply: all but its signature, its quotes marked with ">"."""
    return _text_of(body, without=(BlockKind.SIGNATURE,))


def whole(body: Body) -> str:
    """Return all the text of a message, to forward or to edit it."""
    return _text_of(body, without=())


def quoted(text: str) -> str:
    """Return a text with every line quoted once more, without the signature that ends it; "" for no text."""
    text = _limited(_without_signature(text))
    return "\n".join(map(_quoted_line, text.split("\n"))) if text else ""


def _text_of(body: Body, *, without: tuple[BlockKind, ...]) -> str:
    document = body.plain or body.html
    if document is None:
        return ""
    marks_quotes = body.plain is None
    blocks = [
        _marked(block.text) if marks_quotes and block.kind is BlockKind.QUOTE else block.text
        for block in document.blocks
        if block.kind not in without
    ]
    return "\n\n".join(blocks)


def _marked(text: str) -> str:
    """Mark the lines of a quote that HTML only drew apart; the line that introduces it is none of them."""
    lines = text.split("\n")
    start = quote_lines.attribution(lines, 0) or 0
    while start < len(lines) and not lines[start]:
        start += 1
    if all(line.startswith(">") or not line for line in lines[start:]):
        return text
    return "\n".join([*lines[:start], *map(_quoted_line, lines[start:])])


def _quoted_line(line: str) -> str:
    return f">{line}" if line.startswith(">") else f"> {line}".rstrip()


def _without_signature(text: str) -> str:
    lines = text.strip("\n").split("\n")
    for number in range(len(lines) - 1, max(-1, len(lines) - 2 - _MOST_SIGNATURE), -1):
        if lines[number] in (DELIMITER, "--"):
            lines = lines[:number]
            break
    return "\n".join(lines).rstrip()


def _limited(text: str) -> str:
    if len(text) <= _MOST_CHARACTERS:
        return text
    beginning = text[:_MOST_CHARACTERS]
    whole_lines = beginning.rpartition("\n")[0]
    return f"{whole_lines or beginning}\n{_CUT}"
