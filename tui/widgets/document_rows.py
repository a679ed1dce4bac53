"""Lay a Document out in rows of a given width: wrapped lines, folds, links with the host they really lead to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from rich.cells import cell_len

from mail.types import Block, BlockKind, Document, Link, LinkSpan
from tui.wrap import wrap

_FOLD_FROM: Mapping[BlockKind, int] = {BlockKind.QUOTE: 4, BlockKind.SIGNATURE: 3, BlockKind.FORWARD: 4}
"""Blocks of at least so many lines are folded until the user opens them."""

_NAMES: Mapping[BlockKind, str] = {
    BlockKind.TEXT: "text",
    BlockKind.QUOTE: "quoted",
    BlockKind.SIGNATURE: "signature",
    BlockKind.FORWARD: "forwarded",
}
_QUOTE_MARKS = re.compile(r"(?:[>│|] ?)+")
_SCHEME = re.compile(r"^[a-z]+:(?://)?", re.IGNORECASE)


class RowKind(StrEnum):
    """What a row is: names its style, too."""

    SUBJECT = "subject"
    HEAD = "head"
    FOLDED = "folded"
    FIELD = "field"
    TEXT = "text"
    QUOTE = "quote"
    SIGNATURE = "signature"
    FORWARD = "forward"
    FOLD = "fold"
    FILE = "file"
    NOTICE = "notice"
    BLANK = "blank"


class RowLink(NamedTuple):
    """Characters `start` to `end` of a row's text lead to `url`."""

    start: int
    end: int
    url: str


class Row(NamedTuple):
    """One row of the screen. `block` is the foldable block of the document it belongs to, None for none."""

    kind: RowKind
    text: str
    links: tuple[RowLink, ...] = ()
    block: int | None = None

    def url_at(self, cell: int) -> str | None:
        """Return where the link under a cell leads, None when there is none."""
        found = (link.url for link in self.links if self._cells(link.start) <= cell < self._cells(link.end))
        return next(found, None)

    def _cells(self, end: int) -> int:
        return cell_len(self.text[:end])


def is_folded(document: Document, index: int, toggled: frozenset[int]) -> bool:
    """Tell whether block `index` shows as one row; a message that is nothing but quotes is not folded by itself."""
    return _folds_by_itself(document, index) != (index in toggled)


def document_rows(document: Document, width: int, toggled: frozenset[int]) -> Iterator[Row]:
    """Yield the rows of `document`; `toggled` are the blocks whose fold the user turned around."""
    links = {link.number: link for link in document.links}
    for index, block in enumerate(document.blocks):
        if not can_fold(block):
            yield from _block_rows(block, links, width, None)
        elif is_folded(document, index, toggled):
            yield Row(RowKind.FOLD, _fold_text("▸", block), block=index)
        else:
            yield Row(RowKind.FOLD, _fold_text("▾", block), block=index)
            yield from _block_rows(block, links, width, index)


def can_fold(block: Block) -> bool:
    """Tell whether the block is long enough, and of a kind, to be folded."""
    least = _FOLD_FROM.get(block.kind)
    return least is not None and _line_count(block) >= least


def text_rows(text: str, width: int, kind: RowKind, indent: str = "") -> Iterator[Row]:
    """Yield `text` wrapped, every row after the first of a line set in by `indent`."""
    for line in text.split("\n"):
        prefix = ""
        for start, end in wrap(line, width - len(indent)):
            yield Row(kind, prefix + line[start:end])
            prefix = indent


def hides_host(label: str, link: Link) -> bool:
    """Tell whether a reader of `label` would not know where the link leads."""
    shown = _SCHEME.sub("", label.strip()).casefold().rstrip("/")
    target = _SCHEME.sub("", link.url).casefold().rstrip("/")
    if shown in (target, target.removeprefix("www.")):
        return False
    host = link.host.casefold()
    return not (shown == host or (shown.startswith(host) and shown[len(host)] in "/?#:"))


def _folds_by_itself(document: Document, index: int) -> bool:
    if not can_fold(document.blocks[index]):
        return False
    is_signature = document.blocks[index].kind is BlockKind.SIGNATURE
    return is_signature or any(
        block.kind is BlockKind.TEXT and block.text.strip() for block in document.blocks
    )


def _line_count(block: Block) -> int:
    return block.text.strip("\n").count("\n") + 1 if block.text else 0


def _fold_text(mark: str, block: Block) -> str:
    count = _line_count(block)
    return f"{mark} {_NAMES[block.kind]}, {count} {'line' if count == 1 else 'lines'}"


def _block_rows(block: Block, links: Mapping[int, Link], width: int, index: int | None) -> Iterator[Row]:
    kind = RowKind(block.kind.value)
    spans = sorted(block.links, key=lambda span: span.start)
    offset = next_span = 0
    for line in block.text.split("\n"):
        end = offset + len(line)
        shown, row_links = line, list[RowLink]()
        while next_span < len(spans) and spans[next_span].end <= offset:
            next_span += 1
        if next_span < len(spans) and spans[next_span].start < end:
            here = [span for span in _from(spans, next_span, end) if span.number in links]
            shown, row_links = _with_hosts(line, offset, here, links)
        yield from _line_rows(shown, row_links, kind, width, index)
        offset = end + 1


def _from(spans: list[LinkSpan], first: int, end: int) -> Iterator[LinkSpan]:
    for position in range(first, len(spans)):
        if spans[position].start >= end:
            return
        yield spans[position]


def _with_hosts(
    line: str, offset: int, spans: list[LinkSpan], links: Mapping[int, Link]
) -> tuple[str, list[RowLink]]:
    """Return the line with the real host written after every label that hides it, and where its links are now."""
    pieces: list[str] = []
    found: list[RowLink] = []
    at = length = 0
    for span in spans:
        start, end = max(span.start - offset, at), min(span.end - offset, len(line))
        if start >= end:
            continue
        link, label = links[span.number], line[start:end]
        pieces += [line[at:start], label]
        start_in_row = length + start - at
        length = start_in_row + len(label)
        found.append(RowLink(start_in_row, length, link.url))
        if span.end - offset <= len(line) and hides_host(label, link):
            pieces.append(f" [{link.number} {link.host}]")
            length += len(pieces[-1])
        at = end
    return "".join([*pieces, line[at:]]), found


def _line_rows(
    line: str, links: list[RowLink], kind: RowKind, width: int, index: int | None
) -> Iterator[Row]:
    if not links and len(line) <= width and line.isascii():
        yield Row(kind, line, (), index)
        return
    marks = _QUOTE_MARKS.match(line) if kind is RowKind.QUOTE else None
    indent = marks[0] if marks and len(marks[0]) < width // 2 else ""
    for number, (start, end) in enumerate(_wrapped(line, width, indent)):
        shift = 0 if number == 0 else len(indent)
        here = tuple(
            RowLink(max(link.start, start) - start + shift, min(link.end, end) - start + shift, link.url)
            for link in links
            if link.start < end and link.end > start
        )
        yield Row(kind, (indent if number else "") + line[start:end], here, index)


def _wrapped(line: str, width: int, indent: str) -> Iterator[tuple[int, int]]:
    """Yield where the rows of a line are when all but the first have `indent` before them."""
    if not indent:
        yield from wrap(line, width)
        return
    for number, (start, end) in enumerate(wrap(line[len(indent) :], width - len(indent))):
        yield (start + len(indent) if number else 0), end + len(indent)
