"""Plain text of a message as a Document: format=flowed joined (RFC 3676), links found."""

from __future__ import annotations

import re

from mail.links import target
from mail.text import safe_block
from mail.types import Block, BlockKind, Document, Link, LinkSpan

_MAX_LINKS = 2000
_URL = re.compile(r"""(?:https?://|ftp://|mailto:|www\.)[^\s<>"`{}|\\^]{1,4000}""", re.IGNORECASE)
# A line without one of these holds no URL: looking for them is much faster than the expression.
_URL_MARKS = ("://", "www.", "mailto:")
_QUOTE_DEPTH = re.compile(r">*")
_PAIRS = {")": "(", "]": "[", "}": "{"}


def document(text: str, *, flowed: bool, delsp: bool) -> Document:
    """Return plain text as one block of logical lines; `flowed` and `delsp` are its format (RFC 3676)."""
    lines = safe_block(_join_flowed(text, delsp=delsp) if flowed else text)
    spans, links = _find_links(lines)
    return Document((Block(BlockKind.TEXT, lines, spans),), links)


def _join_flowed(text: str, *, delsp: bool) -> str:
    joined: list[str] = []
    parts: list[str] = []
    depth_of_parts = 0
    for line in text.replace("\r\n", "\n").split("\n"):
        depth = len(_QUOTE_DEPTH.match(line)[0])  # type: ignore[index] # the pattern matches the empty string
        content = line[depth:].removeprefix(" ")
        if parts and (depth != depth_of_parts or content == "-- "):
            joined.append(_flowed_line(parts, depth_of_parts))
            parts = []
        depth_of_parts = depth
        if content.endswith(" ") and content != "-- ":
            parts.append(content[:-1] if delsp else content)
        else:
            joined.append(_flowed_line([*parts, content], depth))
            parts = []
    if parts:
        joined.append(_flowed_line(parts, depth_of_parts))
    return "\n".join(joined)


def _flowed_line(parts: list[str], depth: int) -> str:
    return ">" * depth + " " * (depth > 0) + "".join(parts)


def _find_links(text: str) -> tuple[tuple[LinkSpan, ...], tuple[Link, ...]]:
    spans: list[LinkSpan] = []
    links: dict[str, Link] = {}
    for start, end in _lines_with_marks(text):
        _find_in_line(text[start:end], start, spans, links)
        if len(links) >= _MAX_LINKS:
            break
    return tuple(spans), tuple(links.values())


def _lines_with_marks(text: str) -> list[tuple[int, int]]:
    """Return where the lines that may hold a URL begin and end, in their order."""
    lines: set[tuple[int, int]] = set()
    for mark in _URL_MARKS:
        position = text.find(mark)
        while position >= 0:
            end = text.find("\n", position)
            end = len(text) if end < 0 else end
            lines.add((text.rfind("\n", 0, position) + 1, end))
            position = text.find(mark, end)
    return sorted(lines)


def _find_in_line(line: str, start: int, spans: list[LinkSpan], links: dict[str, Link]) -> None:
    for found in _URL.finditer(line):
        written = _without_punctuation(found[0])
        goal = target(f"http://{written}" if written[:4].lower() == "www." else written)
        if goal is None:
            continue
        url, host = goal
        link = links.get(url)
        if link is None:
            if len(links) >= _MAX_LINKS:
                return
            link = links[url] = Link(len(links) + 1, url, host)
        spans.append(LinkSpan(start + found.start(), start + found.start() + len(written), link.number))


def _without_punctuation(url: str) -> str:
    """Drop the end of the sentence a URL stands in; a bracket stays when it was opened within the URL."""
    while url and (
        url[-1] in ".,;:!?'*_~" or (url[-1] in _PAIRS and url.count(url[-1]) > url.count(_PAIRS[url[-1]]))
    ):
        url = url[:-1]
    return url
