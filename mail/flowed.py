"""Text as format=flowed writes it (RFC 3676, DelSp=no): paragraphs that every reader wraps to its own width.

A line of the text given is a paragraph, or a line that stays one. mail.plain reads what is written here.
"""

from __future__ import annotations

import re
from typing import Final

WIDTH: Final = 72
_SIGNATURE: Final = "-- "
_QUOTED: Final = re.compile(r"(?:> ?)*>")
_WORD: Final = re.compile(r"[^ ]+ *| +")
_MOST_DEPTH: Final = 100  # nobody quotes deeper, and every line repeats its marks
_STUFFED: Final = (" ", ">", "From ")


def encode(text: str, width: int = WIDTH) -> str:
    r"""Return the lines of a text as flowed lines, all ended by "\r\n"; spaces at line ends go, but in "-- "."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    return "".join(f"{written}\r\n" for line in lines for written in _flowed(line, width))


def canonical(text: str) -> str:
    """Return a text as its reader gets it: quote marks side by side, no spaces at line ends."""
    return "\n".join(
        ">" * depth + " " * (depth > 0) + content for depth, content in map(quote_depth, text.split("\n"))
    )


def quote_depth(line: str) -> tuple[int, str]:
    """Return how often a line is quoted and what is quoted, without spaces at its end; "-- " keeps its own."""
    depth, content = 0, line
    if marks := _QUOTED.match(line):
        depth = min(marks[0].count(">"), _MOST_DEPTH)
        content = line[marks.end() :].removeprefix(" ")
    if content == _SIGNATURE:
        return depth, content
    return depth, content.rstrip(" ")


def _flowed(line: str, width: int) -> list[str]:
    depth, content = quote_depth(line)
    marks = ">" * depth
    if not content:
        return [marks]
    if content == _SIGNATURE:
        return [f"{marks} {content}" if depth else content]
    return [_stuffed(marks, piece) for piece in _wrapped(content, max(width - depth - 1, width // 2))]


def _stuffed(marks: str, piece: str) -> str:
    return f"{marks} {piece}" if marks or piece.startswith(_STUFFED) else piece


def _wrapped(content: str, width: int) -> list[str]:
    """Cut a paragraph behind its spaces, so that joining the pieces gives it back; a long word stays whole."""
    if len(content) <= width:
        return [content]
    pieces: list[str] = []
    held: list[str] = []
    length = 0
    for word in _WORD.findall(content):
        if held and length + len(word.rstrip(" ")) > width and held != [_SIGNATURE]:
            pieces.append("".join(held))
            held, length = [], 0
        held.append(word)
        length += len(word)
    pieces.append("".join(held))
    return pieces
