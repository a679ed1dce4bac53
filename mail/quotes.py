"""Finds what a message quotes, forwards and signs with, so that a reader can fold it. Nothing is ever taken away.

Every rule looks at single lines or a few of them, so that hostile text costs no more than other text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from mail import quote_lines as say
from mail.types import Block, BlockKind, Document, LinkSpan, SafeText

_MOST_SIGNATURE: Final = 20
_MOST_FOOTER: Final = 8
_TEXT, _QUOTE, _FORWARD, _SIGNATURE = BlockKind.TEXT, BlockKind.QUOTE, BlockKind.FORWARD, BlockKind.SIGNATURE


def split(document: Document) -> Document:
    """Return the same lines as blocks of TEXT, QUOTE, SIGNATURE and FORWARD.

    An attribution belongs to its quote. Blocks that are marked already keep their mark; only blank lines where a block
    begins or ends go. When nothing but a quote is there, it stays one: the reader decides what to show unfolded.
    """
    cutter = _Cutter(document)
    lines = cutter.lines
    kinds = [document.blocks[number].kind for number in cutter.block_of]
    _Splitter(lines, kinds).find()
    blocks: list[Block] = []
    start = 0
    for end in range(1, len(lines) + 1):
        if end == len(lines) or kinds[end] is not kinds[start]:
            first, last = start, end
            while last > first and say.is_blank(lines[last - 1]):
                last -= 1
            while first < last and say.is_blank(lines[first]):
                first += 1
            if first < last:
                blocks.append(cutter.block(kinds[start], first, last))
            start = end
    return Document(tuple(blocks), document.links)


class _Cutter:
    """The lines of a document, and the way back from a run of them to text with its links."""

    def __init__(self, document: Document) -> None:
        self.lines: list[str] = []
        self.block_of: list[int] = []
        self._starts: list[int] = []
        self._spans = [sorted(block.links, key=lambda span: span.start) for block in document.blocks]
        self._span_ends = [[span.end for span in spans] for spans in self._spans]
        for number, block in enumerate(document.blocks):
            start = 0
            for line in block.text.split("\n"):
                self.lines.append(line)
                self.block_of.append(number)
                self._starts.append(start)
                start += len(line) + 1

    def block(self, kind: BlockKind, first: int, last: int) -> Block:
        """Return lines `first` up to `last` as one block, whichever blocks they come from."""
        spans: list[LinkSpan] = []
        length, begin = 0, first
        while begin < last:
            end = min(last, bisect_right(self.block_of, self.block_of[begin]))
            start, stop = self._starts[begin], self._starts[end - 1] + len(self.lines[end - 1])
            spans += self._between(self.block_of[begin], start, stop, length - start)
            length += stop - start + 1
            begin = end
        return Block(kind, SafeText("\n".join(self.lines[first:last])), tuple(spans))

    def _between(self, number: int, start: int, stop: int, shift: int) -> list[LinkSpan]:
        found: list[LinkSpan] = []
        spans = self._spans[number]
        for index in range(bisect_right(self._span_ends[number], start), len(spans)):
            span = spans[index]
            if span.start >= stop:
                break
            found.append(LinkSpan(max(span.start, start) + shift, min(span.end, stop) + shift, span.number))
        return found


class _Splitter:
    """Walks the lines once from the top and says of each what it is; `kinds` is changed in place."""

    def __init__(self, lines: Sequence[str], kinds: list[BlockKind]) -> None:
        self._lines = lines
        self._kinds = kinds

    def find(self) -> None:
        """Find quotes and forwards from the top, then what the last of the author's own text ends with."""
        index, has_text = 0, False
        while index < len(self._lines):
            line = self._lines[index]
            if say.is_blank(line):
                self._kinds[index] = self._kinds[index - 1] if index else self._kinds[index]
                index += 1
                continue
            after = (
                self._quote(index, has_text=has_text) if self._kinds[index] is _TEXT else self._marked(index)
            )
            has_text = has_text or (after == index and not say.is_rule(line))
            index = max(after, index + 1)
        self._find_signature()

    def _marked(self, index: int) -> int:
        """Go past a line of a block that came marked; a quote under the words for forwarding is a forward."""
        begins = index == 0 or self._kinds[index - 1] is not self._kinds[index]
        if self._kinds[index] is not _QUOTE or not begins:
            return index + 1
        self._mark(index, index, _QUOTE)
        if say.marker(self._lines[index]) is _FORWARD:
            end = index
            while end < len(self._lines) and self._kinds[end] is _QUOTE:
                self._kinds[end] = _FORWARD
                end += 1
            return end
        return index + 1

    def _quote(self, index: int, *, has_text: bool) -> int:
        """Mark what begins at a line; return where to go on, `index` itself when the line is the author's."""
        line = self._lines[index]
        if line[0] == ">" and "--" not in line and not line.endswith((":", "：")):  # most of a quote
            return self._mark(index, index + 1, self._kind_above(index))
        if not say.is_worth_reading(line):
            return index
        if kind := say.marker(line):
            return self._mark(
                index, self._quoted_end(index) if say.is_quoted(line) else len(self._lines), kind
            )
        if say.is_quoted(line):
            return self._mark(
                index, index + 1, _FORWARD if index and self._kinds[index - 1] is _FORWARD else _QUOTE
            )
        if (end := say.header_block(self._lines, index)) is not None:
            return self._mark_headers(index, end, has_text=has_text)
        end = say.attribution(self._lines, index)
        following = self._next(end if end is not None else index + 1)
        is_above_quote = following < len(self._lines) and self._is_quote(following)
        if end is None:
            return self._mark(index, index + 1, _QUOTE) if is_above_quote and say.introduces(line) else index
        if is_above_quote:
            return self._mark(index, following, _QUOTE)
        if has_text or all(say.is_blank(rest) or say.is_indented(rest) for rest in self._lines[end:]):
            return self._mark(index, len(self._lines), _QUOTE)
        return self._mark(index, end, _QUOTE)

    def _kind_above(self, index: int) -> BlockKind:
        return _FORWARD if index and self._kinds[index - 1] is _FORWARD else _QUOTE

    def _mark_headers(self, index: int, end: int, *, has_text: bool) -> int:
        kind = _QUOTE if has_text else _FORWARD
        following = self._next(end)
        if following < len(self._lines) and say.is_quoted(self._lines[following]):
            return self._mark(index, self._quoted_end(following), kind)
        return self._mark(index, len(self._lines), kind)

    def _mark(self, start: int, end: int, kind: BlockKind) -> int:
        """Mark lines, and the rule right above them, as quoted."""
        above = start
        while above and self._kinds[above - 1] is _TEXT and start - above < 4:
            if not say.is_blank(self._lines[above - 1]) and not say.is_rule(self._lines[above - 1]):
                break
            above -= 1
            if say.is_rule(self._lines[above]):
                start = above
                break
        for index in range(start, end):
            if self._kinds[index] is not _FORWARD or kind is _FORWARD:
                self._kinds[index] = kind
        return end

    def _is_quote(self, index: int) -> bool:
        return self._kinds[index] in (_QUOTE, _FORWARD) or say.is_quoted(self._lines[index])

    def _next(self, index: int) -> int:
        while index < len(self._lines) and say.is_blank(self._lines[index]):
            index += 1
        return index

    def _quoted_end(self, index: int) -> int:
        """Return where a run of quoted lines ends."""
        end = index
        while (following := self._next(end)) < len(self._lines) and say.is_quoted(self._lines[following]):
            end = following + 1
        return end

    def _find_signature(self) -> None:
        own = [number for number, kind in enumerate(self._kinds) if kind is _TEXT]
        own = [number for number in own if not say.is_blank(self._lines[number])]
        if not own:
            return
        start, end = own[-1], own[-1] + 1
        while start and self._kinds[start - 1] is _TEXT:
            start -= 1
        end = self._without_sign_off(start, end)
        end = self._without_sign_off(start, self._without_delimited(start, end))
        if end <= own[0]:
            return
        for number in range(end, own[-1] + 1):
            self._kinds[number] = _SIGNATURE

    def _without_sign_off(self, start: int, end: int) -> int:
        """Return where the text ends before blank lines, rules and what telephones add."""
        while end > start:
            line = self._lines[end - 1]
            if not (say.is_blank(line) or say.is_rule(line) or say.signs_off(line)):
                break
            end -= 1
        return end

    def _without_delimited(self, start: int, end: int) -> int:
        """Return where the text ends before the first delimiter with few enough lines below it."""
        count, found = 0, end
        for number in range(end - 1, start - 1, -1):
            line = self._lines[number]
            if say.is_signature_delimiter(line) or (count <= _MOST_FOOTER and say.is_footer_delimiter(line)):
                found = number
            count += not say.is_blank(line)
            if count > _MOST_SIGNATURE:
                break
        return found
