"""Text as the search index holds it: folded letters, and scripts without spaces cut into overlapping pairs.

The same folding serves the index and the query, so a word is found however either of them spells it. FTS5's unicode61
finds no two-character Chinese word and folds no "ł"; what leaves this module needs neither from it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Final

_STROKES: Final = {
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ȷ": "j",
    "ŀ": "l", "ƀ": "b", "ɓ": "b", "ƈ": "c", "ɖ": "d", "ɗ": "d", "ɠ": "g", "ǥ": "g", "ɨ": "i", "ɉ": "j", "ƙ": "k",
    "ƚ": "l", "ƞ": "n", "ɲ": "n", "ŋ": "ng", "ɵ": "o", "ƥ": "p", "ɍ": "r", "ƭ": "t", "ʉ": "u", "ʋ": "v", "ɏ": "y",
    "ƶ": "z", "ȼ": "c", "ⱥ": "a", "ɇ": "e", "ⱦ": "t", "ᵽ": "p", "ə": "e", "ɛ": "e", "ɔ": "o", "ĸ": "q",
    "ґ": "г", "ў": "у",
}  # fmt: skip
_VOICED: Final = "\u3099\u309a"  # the marks that make か into が are letters to a reader, not accents

# Han, kana, bopomofo, hangul; then Thai, Lao, Myanmar and Khmer, which are written without spaces too.
_UNSPACED: Final = (
    "\u3005-\u3007\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7a3\u1100-\u11ff\U00020000-\U0003ffff"
    "\u0e01-\u0e3a\u0e40-\u0e5b\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff"
)
_RUN: Final = re.compile(f"[{_UNSPACED}]+")
_PIECE: Final = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}\\s]+")
_CACHED_LETTERS: Final = 30_000
_CACHED_WORDS: Final = 30_000
_LONGEST_WORD: Final = 30
_STRETCH: Final = 256  # folded at once while a position is looked for


class _Letters(dict[int, str]):
    """A table for str.translate that works out what a character folds to when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = _folded(chr(code))
        if len(self) < _CACHED_LETTERS:
            self[code] = folded
        return folded


def _folded(character: str) -> str:
    folded = ""
    for part in unicodedata.normalize("NFKD", character):
        kind = unicodedata.category(part)
        if part in _VOICED:
            folded += part
        elif kind == "Nd":
            folded += str(unicodedata.digit(part))
        elif kind[0] in "LN":
            lower = part.casefold()
            folded += _STROKES.get(lower, lower)
        elif kind[0] != "M" and kind != "Cf":  # a soft hyphen or joiner parts no word
            folded += " "
    return unicodedata.normalize("NFC", folded)


class _Words(dict[str, str]):
    """Remembers what words fold to: few of a language's words make up most of its texts."""

    def __init__(self, cut_run: Callable[[re.Match[str]], str]) -> None:
        super().__init__()
        self._cut_run = cut_run

    def __missing__(self, word: str) -> str:
        letters = word.translate(_LETTERS)
        folded = " ".join((letters if letters.isascii() else _RUN.sub(self._cut_run, letters)).split())
        if len(word) <= _LONGEST_WORD and len(self) < _CACHED_WORDS:
            self[word] = folded
        return folded


def _pairs(match: re.Match[str]) -> str:
    run = match[0]
    if len(run) == 1:
        return f" {run} "
    return " " + " ".join([first + second for first, second in pairwise(run)]) + " "


def _pairs_and_last(match: re.Match[str]) -> str:
    return _pairs(match) + (f"{match[0][-1]} " if len(match[0]) > 1 else "")


_LETTERS: Final = _Letters()
_ASCII: Final = "".join(chr(code).lower() if chr(code).isalnum() else " " for code in range(128))
_ASCII_OCTETS: Final = _ASCII.encode() + bytes(range(128, 256))
_WORDS: Final = _Words(_pairs)
_INDEX_WORDS: Final = _Words(_pairs_and_last)


def fold(text: str) -> str:
    """Return the words of a text for full-text search, separated by single spaces.

    Runs of a script without spaces become overlapping pairs: "契約書" gives "契約 約書". Folding twice changes nothing.
    """
    if text.isascii():
        return " ".join(text.translate(_ASCII).split())
    return _fold_words(text, _WORDS)


def fold_for_index(text: str) -> str:
    """Fold for the index: as `fold`, and the last character of each unspaced run once more by itself.

    Without it a single character at the end of a run begins no pair, and no prefix search would find it.
    """
    if text.isascii():
        return fold(text)
    return _fold_words(text, _INDEX_WORDS)


def _fold_words(text: str, words: _Words) -> str:
    octets = unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass")
    spaced = octets.translate(_ASCII_OCTETS).decode("utf-8", "surrogatepass")
    return " ".join(filter(None, [word if word.isascii() else words[word] for word in spaced.split()]))


def phrases(term: str) -> tuple[tuple[str, ...], ...]:
    """Return what a searched word or quoted phrase asks of the index: every phrase must occur, its words side by side.

    Text changes phrase where it changes between spaced and unspaced scripts. A single character of an unspaced script
    must be searched as a prefix: `needs_prefix` tells.
    """
    pieces: list[tuple[bool, list[str]]] = []
    for run in _PIECE.findall(_letters(term)):
        is_unspaced = _RUN.match(run) is not None
        if is_unspaced or not pieces or pieces[-1][0]:
            pieces.append((is_unspaced, []))
        pieces[-1][1].extend(fold(run).split())
    return tuple(tuple(words) for _, words in pieces if words)


def needs_prefix(words: tuple[str, ...]) -> bool:
    """Tell whether a phrase is one character that the index holds only at the head of pairs."""
    return len(words) == 1 and len(words[0]) == 1 and _RUN.match(words[0]) is not None


def excerpt(text: str, words: tuple[str, ...], width: int) -> str:
    """Return one line of at most `width` characters around the first hit of a folded word, or the beginning.

    A whole word is preferred over the beginning of one. Cut ends are marked with an ellipsis.
    """
    line = " ".join(text.split())
    if len(line) <= width:
        return line
    start, end = _first_hit(line, [word for word in words if word])
    begin = max(0, min(start - (width - (end - start)) // 3, len(line) - width))
    if begin:
        space = line.find(" ", begin, min(start, begin + 20) + 1)
        begin = space + 1 if space >= 0 else begin
    head, tail = "…" if begin else "", "…" if begin + width < len(line) else ""
    piece = line[begin : begin + width - len(head) - len(tail)]
    return (head + piece.strip() + tail)[: max(0, width)]


def _letters(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(_LETTERS)


def _first_hit(line: str, words: list[str]) -> tuple[int, int]:
    """Return the range of the first hit in the unfolded line; (0, 0) when there is none."""
    if not words:
        return 0, 0
    if line.isascii():
        return _search(line.translate(_ASCII), words)
    shadow = line.translate(_LETTERS)
    start, end = _search(shadow, words)
    if not end or len(shadow) == len(line):
        return start, end
    begin = _unfolded(line, start)
    return begin, min(begin + end - start, len(line))


def _search(shadow: str, words: Iterable[str]) -> tuple[int, int]:
    ordered = sorted(words, key=len, reverse=True)
    unspaced = [re.escape(word) for word in ordered if _RUN.match(word)]
    spaced = [re.escape(word) for word in ordered if not _RUN.match(word)]
    heads = [f"(?<![^\\W_])(?:{'|'.join(spaced)})"] if spaced else []
    for pattern in (
        "|".join([*(f"{head}(?![^\\W_])" for head in heads), *unspaced]),
        "|".join([*heads, *unspaced]),
    ):
        if hit := re.search(pattern, shadow):
            return hit.span()
    return 0, 0


def _unfolded(line: str, position: int) -> int:
    """Return how many characters of the line come before a position of its folded shadow."""
    left = position
    for begin in range(0, len(line), _STRETCH):
        stretch = line[begin : begin + _STRETCH]
        if len(folded := stretch.translate(_LETTERS)) <= left:
            left -= len(folded)
            continue
        for offset, character in enumerate(stretch):  # pragma: no branch - this stretch holds the position
            size = len(_LETTERS[ord(character)])
            if size > left:
                return begin + offset
            left -= size
    return len(line)  # pragma: no cover - a position of the shadow lies before its end
