"""Finds what a message quotes, forwards and signs with, so that a reader can fold it. Nothing is ever taken away.

Every rule looks at single lines or a few of them, so that hostile text costs no more than other text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Final

from mail import quote_lines as say
from mail.types import Block, BlockKind, Document, LinkSpan, SafeText

_MOST_SIGNATURE: Final = 20
_MOST_FOOTER: Final = 8
_MOST_LINES: Final = 20_000
_DELIMITING: Final = frozenset("-—_")
_START: Final = attrgetter("start")
_TEXT, _QUOTE, _FORWARD, _SIGNATURE = BlockKind.TEXT, BlockKind.QUOTE, BlockKind.FORWARD, BlockKind.SIGNATURE


def split(document: Document) -> Document:
    """Return the same lines as blocks of TEXT, QUOTE, SIGNATURE and FORWARD.

    An attribution belongs to its quote. Blocks that are marked already keep their mark; only blank lines where a block
    begins or ends go. When nothing but a quote is there, it stays one: the reader decides what to show unfolded.
    """
    cutter = _Cutter(document)
    lines, kinds = cutter.lines, cutter.kinds
    if not lines:
        return document
    _Splitter(lines, kinds).find()
    changes = [number for number, (above, kind) in enumerate(pairwise(kinds), 1) if kind is not above]
    blocks: list[Block] = []
    for start, end in pairwise((0, *changes, len(lines))):
        first, last = start, end
        while last > first and say.is_blank(lines[last - 1]):
            last -= 1
        while first < last and say.is_blank(lines[first]):
            first += 1
        if first < last:
            blocks.append(cutter.block(kinds[start], first, last))
    return Document(tuple(blocks), document.links)


class _Cutter:
    """The lines of a document with their kinds, and the way back from a run of them to text with its links."""

    def __init__(self, document: Document) -> None:
        self.lines: list[str] = []
        self.kinds: list[BlockKind] = []
        self._spans: list[LinkSpan] = []  # as if all blocks were one text
        length = 0
        for block in document.blocks:
            lines = block.text.split("\n")
            self.lines += lines
            self.kinds += [block.kind] * len(lines)
            self._spans += [
                LinkSpan(span.start + length, span.end + length, span.number)
                for span in sorted(block.links, key=_START)
            ]
            length += len(block.text) + 1
        self._span_ends = [span.end for span in self._spans]
        self._line, self._start = 0, 0  # up to which line characters are counted, and how many they are

    def block(self, kind: BlockKind, first: int, last: int) -> Block:
        """Return lines `first` up to `last` as one block, whichever blocks they come from; ask in their order."""
        text = SafeText("\n".join(self.lines[first:last]))
        if not self._spans:
            return Block(kind, text)
        self._start += sum(map(len, self.lines[self._line : first])) + first - self._line
        self._line = first
        return Block(kind, text, tuple(self._between(self._start, self._start + len(text))))

    def _between(self, start: int, stop: int) -> list[LinkSpan]:
        found: list[LinkSpan] = []
        for index in range(bisect_right(self._span_ends, start), len(self._spans)):
            span = self._spans[index]
            if span.start >= stop:
                break
            found.append(LinkSpan(max(span.start, start) - start, min(span.end, stop) - start, span.number))
        return found


class _Splitter:
    """Walks the lines once from the top and says of each what it is; `kinds` is changed in place."""

    def __init__(self, lines: Sequence[str], kinds: list[BlockKind]) -> None:
        self._lines = lines
        self._kinds = kinds

    def find(self) -> None:
        """Find quotes and forwards from the top, then what the last of the author's own text ends with."""
        lines, kinds = self._lines, self._kinds
        index, count, has_text = 0, min(len(lines), _MOST_LINES), False
        while index < count:
            line = lines[index]
            if not line or line.isspace():
                kinds[index] = kinds[index - 1] if index else kinds[index]
                index += 1
            elif kinds[index] is not _TEXT:
                index = self._marked(index)
            elif line[0] == ">" and say.is_plainly_quoted(line):
                index = self._quoted_run(index)
            elif say.is_worth_reading(line) and (after := self._quote(index, has_text=has_text)) > index:
                index = after
            else:
                has_text = has_text or not say.is_rule(line)
                index += 1
        for rest in range(index, len(lines)):  # more than anybody writes: not worth looking at one by one
            kinds[rest] = kinds[rest] if kinds[rest] is not _TEXT else kinds[rest - 1]
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

    def _quoted_run(self, index: int) -> int:
        """Mark the lines that are surely quoted from `index` on."""
        lines, kinds, end = self._lines, self._kinds, index + 1
        while end < len(lines) and kinds[end] is _TEXT and say.is_plainly_quoted(lines[end]):
            end += 1
        return self._mark(index, end, self._kind_above(index))

    def _quote(self, index: int, *, has_text: bool) -> int:
        """Mark what begins at a line; return where to go on, `index` itself when the line is the author's."""
        lines, line = self._lines, self._lines[index]
        if kind := say.marker(line):
            return self._mark(index, self._quoted_end(index) if say.is_quoted(line) else len(lines), kind)
        if say.is_quoted(line):
            return self._mark(index, index + 1, self._kind_above(index))
        if (end := say.header_block(lines, index)) is not None:
            return self._mark_headers(index, end, has_text=has_text)
        if (end := say.attribution(lines, index)) is None:
            is_above_quote = say.introduces(line) and self._is_quote(self._next(index + 1))
            return self._mark(index, index + 1, _QUOTE) if is_above_quote else index
        following = self._next(end)
        if self._is_quote(following):
            return self._mark(index, following, _QUOTE)
        rest = (lines[number] for number in range(end, len(lines)))
        if has_text or all(say.is_blank(line) or say.is_indented(line) for line in rest):
            return self._mark(index, len(lines), _QUOTE)
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
        if kind is _FORWARD:
            self._kinds[start:end] = [kind] * (end - start)
        else:
            self._kinds[start:end] = [_FORWARD if old is _FORWARD else kind for old in self._kinds[start:end]]
        return end

    def _is_quote(self, index: int) -> bool:
        """Tell whether there is a line of that number and it is quoted."""
        if index >= len(self._lines):
            return False
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
        lines, kinds, last = self._lines, self._kinds, len(self._lines) - 1
        while last >= 0 and (kinds[last] is not _TEXT or say.is_blank(lines[last])):
            last -= 1
        end = self._without_sign_off(last + 1)
        end = self._without_sign_off(self._without_delimited(end))
        has_more = end <= last and any(
            kinds[number] is _TEXT and not say.is_blank(lines[number]) for number in range(end)
        )
        if has_more:
            kinds[end : last + 1] = [_SIGNATURE] * (last + 1 - end)

    def _without_sign_off(self, end: int) -> int:
        """Return where the text ends before blank lines, rules and what telephones add."""
        while end and self._kinds[end - 1] is _TEXT:
            line = self._lines[end - 1]
            if not (say.is_blank(line) or say.is_rule(line) or say.signs_off(line)):
                break
            end -= 1
        return end

    def _without_delimited(self, end: int) -> int:
        """Return where the text ends before the first delimiter with few enough lines below it."""
        count, found, number = 0, end, end
        while number and self._kinds[number - 1] is _TEXT and count <= _MOST_SIGNATURE:
            number -= 1
            line = self._lines[number]
            first = line.lstrip()[:1]
            if first in _DELIMITING and (
                say.is_signature_delimiter(line) or (count <= _MOST_FOOTER and say.is_footer_delimiter(line))
            ):
                found = number
            count += bool(first)
        return found
