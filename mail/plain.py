"""Plain text of a message as a Document: format=flowed joined (RFC 3676), links found."""

from __future__ import annotations

import re

from mail.links import target
from mail.text import safe_block
from mail.types import Block, BlockKind, Document, Link, LinkSpan

_MAX_LINKS = 2000
_URL = re.compile(r"""(?:https?://|ftp://|mailto:|www\.)[^\s<>"`{}|\\^]{1,4000}""", re.IGNORECASE)
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
    if not _may_link(text):
        return (), ()
    spans: list[LinkSpan] = []
    links: dict[str, Link] = {}
    start = 0
    for line in text.split("\n"):
        if _may_link(line):
            _find_in_line(line, start, spans, links)
            if len(links) >= _MAX_LINKS:
                break
        start += len(line) + 1
    return tuple(spans), tuple(links.values())


def _may_link(text: str) -> bool:
    """Say quickly whether there can be a URL; one in capitals without "://" is not worth the search."""
    return "://" in text or "www." in text or "mailto:" in text


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
