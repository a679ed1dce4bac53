"""From a row of the reader to the strip that shows it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from mail.text import safe_block
from tui.content import link_style
from tui.widgets.document_rows import Row, RowKind

_ASCII_MARKS = {"▸": ">", "▾": "v"}
STYLES = {kind.value: f"reader--{kind.value}" for kind in RowKind} | {
    "current": "reader--current",
    "link": "reader--link",
}
"""The style of each kind of row, of a link, and of the head of the current message."""


def draw(row: Row, style: Style, link: Style, width: int) -> Strip:
    """Draw a row `width` cells wide."""
    return Strip(list(_segments(row, style, link))).adjust_cell_length(width, style)


def in_ascii(row: Row) -> Row:
    """Return the row with its fold mark as an ASCII sign of the same width."""
    if row.kind not in (RowKind.HEAD, RowKind.FOLDED, RowKind.FOLD):
        return row
    return row._replace(text=_ASCII_MARKS.get(row.text[:1], row.text[:1]) + row.text[1:])


def with_selection(strip: Strip, span: tuple[int, int], text: str, selected: Style) -> Strip:
    """Return the strip with the characters of `span` in the style of a selection; an end of -1 is the line's."""
    start, end = span
    cuts = [cell_len(text[:start]), cell_len(text[: len(text) if end == -1 else end]), strip.cell_length]
    before, inside, after = strip.divide(cuts)
    marked = [Segment(text, (style or Style()) + selected) for text, style, _ in inside]
    return Strip.join([before, Strip(marked, inside.cell_length), after])


def _segments(row: Row, style: Style, link: Style) -> Iterator[Segment]:
    at = 0
    for start, end, url in row.links:
        if at < start:
            yield Segment(_shown(row.text[at:start]), style)
        yield Segment(_shown(row.text[start:end]), style + link + link_style(url))
        at = end
    yield Segment(_shown(row.text[at:]), style)


def _shown(text: str) -> str:
    """Return text of a row with nothing left a terminal acts on; its blanks are kept, unlike in safe_line."""
    return text if text.isascii() and text.isprintable() else safe_block(text).replace("\n", " ")
