"""How IMAP is written (RFC 9051 §9): words, lists, sets of numbers."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import TypeAlias

Word: TypeAlias = "bytes | list[Word]"

_LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n")
_ATOM_END = b" ()\r\n"
_PLAIN = re.compile(r"[!#$&'+,./0-9:;<=>?@A-Z^_`a-z|~\[\]\\-]+")


def words(command: bytes) -> list[Word]:
    """Split what follows the tag of a command, without the end of its line; raises ValueError when it is no IMAP."""
    found, position = _list(command, 0)
    if position < len(command):
        raise ValueError(f"a parenthesis too many at {position}")
    return found


def _list(text: bytes, position: int) -> tuple[list[Word], int]:
    found: list[Word] = []
    while position < len(text) and text[position : position + 1] != b")":
        first = text[position : position + 1]
        if first in b" \r\n":
            position += 1
        elif first == b"(":
            inner, position = _list(text, position + 1)
            found.append(inner)
            position += 1
        elif first == b'"':
            word, position = _quoted(text, position + 1)
            found.append(word)
        elif literal := _LITERAL.match(text, position):
            end = literal.end() + int(literal[1])
            found.append(text[literal.end() : end])
            position = end
        else:
            word, position = _atom(text, position)
            found.append(word)
    return found, position


def _quoted(text: bytes, position: int) -> tuple[bytes, int]:
    word = bytearray()
    while text[position : position + 1] != b'"':
        if position >= len(text):
            raise ValueError("a quote never ends")
        position += text[position : position + 1] == b"\\"
        word += text[position : position + 1]
        position += 1
    return bytes(word), position + 1


def _atom(text: bytes, position: int) -> tuple[bytes, int]:
    """Read up to a space or parenthesis; "BODY[HEADER.FIELDS (A B)]<0.100>" is one atom."""
    start, depth = position, 0
    while position < len(text) and (depth or text[position] not in _ATOM_END):
        depth += {ord("["): 1, ord("]"): -1}.get(text[position], 0)
        position += 1
    return text[start:position], position


def text(word: Word) -> str:
    """Return a word that has to be a string; raises ValueError for a list."""
    if isinstance(word, list):
        raise ValueError("a list where a word belongs")
    return word.decode("latin-1")


def numbers(word: Word, known: Sequence[int]) -> list[int]:
    """Return those of `known`, which is sorted, that a set as "1:3,7,9:*" names."""
    wanted: set[int] = set()
    last = known[-1] if known else 0
    for part in text(word).split(","):
        if not re.fullmatch(r"(\d+|\*)(:(\d+|\*))?", part):
            raise ValueError(f"{part!r} is no set of numbers")
        low, _, high = part.partition(":")
        ends = sorted(last if end == "*" else int(end) for end in (low, high or low))
        wanted.update(known[bisect_left(known, ends[0]) : bisect_right(known, ends[1])])
    return sorted(wanted)


def number_set(many: Iterable[int]) -> bytes:
    """Write numbers as ranges; nothing when there are none."""
    ranges: list[list[int]] = []
    for number in sorted(many):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return b",".join(b"%d:%d" % (low, high) if low < high else b"%d" % low for low, high in ranges)


def written(word: str) -> bytes:
    """Write a string as an atom, quoted, or as a literal when it cannot be quoted."""
    if _PLAIN.fullmatch(word) and word.upper() != "NIL" and not word.startswith("\\"):
        return word.encode()
    if word.isascii() and word.isprintable():
        return quoted(word)
    octets = word.encode("latin-1")
    return b"{%d}\r\n%s" % (len(octets), octets)


def quoted(word: str) -> bytes:
    return b'"' + word.replace("\\", "\\\\").replace('"', '\\"').encode("latin-1") + b'"'


def flag_list(flags: Iterable[str]) -> bytes:
    return b"(" + " ".join(sorted(flags)).encode("latin-1") + b")"
