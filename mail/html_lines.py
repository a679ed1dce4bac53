"""Puts words into logical lines: collapsed spaces, blank lines, indents, link spans, cells side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mail.text import is_safe, printable, safe_line
from mail.types import Block, BlockKind, LinkSpan, SafeText

_MAX_JOINED: Final = 160
_CELL_BREAK: Final = " | "


@dataclass(slots=True)
class Line:
    """A finished line. `is_after_blank` stands for the blank line before it, so that there is never more than one."""

    text: str
    spans: list[LinkSpan]
    kind: BlockKind
    is_after_blank: bool


class Lines:
    """Collects the lines of a document. The walker says what comes; spaces and blank lines fall into place here.

    `kind` and `prefix` may be set between lines; `bullet` stands in for the prefix of the next line only.
    """

    def __init__(self) -> None:
        self.done: list[Line] = []
        self.kind = BlockKind.TEXT
        self.prefix = ""
        self.bullet = ""
        self.characters = 0
        self._parts: list[str] = []
        self._length = 0
        self._spans: list[LinkSpan] = []
        self._has_space = False
        self._is_after_blank = False
        self._link = 0
        self._link_start = 0

    def words(self, text: str) -> None:
        """Add running text; its white space counts as single spaces (CSS white-space: normal)."""
        words = " ".join(text.split())
        if not words:
            self._has_space = self._has_space or bool(text)
            return
        if self._length and (self._has_space or text[0].isspace()):
            self._put(" ")
        self._put(words if words.isascii() and words.isprintable() else printable(words))
        self._has_space = text[-1].isspace()

    def verbatim(self, text: str) -> None:
        """Add text whose spaces and line breaks are meant."""
        for number, row in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")):
            if number:
                self.end_line(is_break=True)
            self._put(printable(row).expandtabs(8))

    def begin_link(self, number: int) -> None:
        """Let what follows lead to a link."""
        if self._has_space and self._length:
            self._put(" ")
        self._has_space = False
        self._link, self._link_start = number, self._length

    def end_link(self) -> None:
        """Let what follows be plain again."""
        self._close_span()
        self._link = 0

    def end_line(self, *, is_break: bool = False) -> None:
        """End the line if there is one; a break on an empty line leaves a blank line."""
        if self._parts and (text := "".join(self._parts).rstrip()):
            self._close_span()
            self._finish(text)
        elif is_break:
            self._is_after_blank = True
        if self._parts:
            self._parts, self._length, self._spans = [], 0, []
        self._has_space, self._link_start = False, 0

    def blank(self) -> None:
        """End the line and leave a blank one before the next."""
        self.end_line()
        self._is_after_blank = True

    def join_cells(self, starts: list[int]) -> None:
        """Put the cells of a row on one line if each is one line; `starts` are the line numbers where cells began."""
        self.end_line()
        if len(starts) < 2:
            return
        ends = [*starts[1:], len(self.done)]
        cells = [self.done[start:end] for start, end in zip(starts, ends, strict=True) if end > start]
        if len(cells) < 2 or any(len(cell) > 1 for cell in cells):
            return
        rows = [cell[0] for cell in cells]
        if sum(len(row.text) for row in rows) <= _MAX_JOINED and len({row.kind for row in rows}) == 1:
            del self.done[starts[0] :]
            self.done.append(_side_by_side(rows, self.prefix))

    def is_at(self) -> tuple[int, int]:
        """Return where the next character will stand, to tell whether anything came since."""
        return len(self.done), self._length

    def blocks(self) -> tuple[Block, ...]:
        """Return the lines as blocks of one kind each."""
        self.end_line()
        blocks: list[Block] = []
        start = 0
        for end in range(1, len(self.done) + 1):
            if end == len(self.done) or self.done[end].kind != self.done[start].kind:
                blocks.append(_block(self.done[start:end]))
                start = end
        return tuple(blocks)

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _close_span(self) -> None:
        if self._link and self._length > self._link_start:
            self._spans.append(LinkSpan(self._link_start, self._length, self._link))
            self._link_start = self._length

    def _finish(self, text: str) -> None:
        head = self.bullet or self.prefix
        self.bullet = ""
        line = head + text
        # A pile of accents or a joined emoji may be made of two elements.
        if len(self._parts) > 1 and not line.isascii() and not is_safe(line):
            line = safe_line(line)
        spans: list[LinkSpan] = []
        for span in self._spans:
            start, end = span.start + len(head), span.end + len(head)
            if start < len(line):
                spans.append(LinkSpan(start, min(end, len(line)), span.number))
        self.done.append(Line(line, spans, self.kind, self._is_after_blank))
        self.characters += len(line)
        self._is_after_blank = False


def _side_by_side(rows: list[Line], prefix: str) -> Line:
    text, spans = "", list[LinkSpan]()
    for row in rows:
        cut = len(prefix) if text and row.text.startswith(prefix) else 0
        text += _CELL_BREAK if text else ""
        shift = len(text) - cut
        spans += [LinkSpan(span.start + shift, span.end + shift, span.number) for span in row.spans]
        text += row.text[cut:]
    return Line(text, spans, rows[0].kind, rows[0].is_after_blank)


def _block(lines: list[Line]) -> Block:
    spans: list[LinkSpan] = []
    parts: list[str] = []
    length = 0
    for number, line in enumerate(lines):
        gap = "" if not number else "\n\n" if line.is_after_blank else "\n"
        length += len(gap)
        if line.spans:
            spans += [LinkSpan(span.start + length, span.end + length, span.number) for span in line.spans]
        parts += (gap, line.text)
        length += len(line.text)
    return Block(lines[0].kind, SafeText("".join(parts)), tuple(spans))
