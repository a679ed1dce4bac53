"""The words of an answer (RFC 3501 §4): atoms, strings, literals, lists. Whoever sent it may have got it wrong."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

Node: TypeAlias = "bytes | int | tuple[Node, ...] | None"

LITERAL: Final = re.compile(rb"~?\{(\d{1,19})\+?\}\Z")
_DEEPEST: Final = 100
_TOKEN = re.compile(rb' *(?:([()])|"((?:[^"\\]++|\\.)*+)"|~?\{\d{1,19}\+?\}\Z|([^ ()"]+))')
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


class Garbled(ValueError):
    """An answer that cannot be read; where it ends is known all the same."""


class Tokens:
    """Read the words of one answer: `parts` are its lines, with a literal after each line that announces one."""

    def __init__(self, parts: list[bytes], at: int = 0) -> None:
        self._parts = parts
        self._part = 0
        self.at = at

    @property
    def line(self) -> bytes:
        """Return the line that is being read."""
        return self._parts[self._part]

    @property
    def rest(self) -> bytes:
        """Return what is left of the line."""
        return self.line[self.at :]

    def take_literal(self) -> bytes:
        """Return the literal the line announces at its end, and go on behind it."""
        if self._part + 2 >= len(self._parts):
            raise Garbled("a literal is missing")
        octets = self._parts[self._part + 1]
        self._part += 2
        self.at = 0
        return octets

    def string(self) -> bytes | None:
        """Return a string of any kind or an atom, None for NIL."""
        found = self._next()
        if found[1]:
            raise Garbled("a list where a string should be")
        word, is_atom = self._word(found)
        return None if is_atom and word.upper() == b"NIL" else word

    def node(self) -> Node:
        """Return whatever comes next: numbers as int, NIL as None, lists as tuples."""
        stack: list[list[Node]] = []
        while True:
            found = self._next()
            if found[1] == b"(":
                if len(stack) >= _DEEPEST:
                    raise Garbled("lists inside lists without end")
                stack.append([])
                self.at = found.end()
                continue
            value: Node
            if found[1] == b")":
                if not stack:
                    raise Garbled("a list ends that did not begin")
                self.at = found.end()
                value = tuple(stack.pop())
            else:
                value = _value(*self._word(found))
            if not stack:
                return value
            stack[-1].append(value)

    def words(self) -> tuple[bytes, ...]:
        """Return a list of strings and atoms as they are written."""
        found = self._next()
        if found[1] != b"(":
            raise Garbled("no list where one should be")
        self.at = found.end()
        taken = []
        while (found := self._next())[1] != b")":
            if found[1]:
                raise Garbled("a list inside a list of words")
            taken.append(self._word(found)[0])
        self.at = found.end()
        return tuple(taken)

    def _next(self) -> re.Match[bytes]:
        found = _TOKEN.match(self.line, self.at)
        if found is None:
            raise Garbled("nothing where something should be")
        return found

    def _word(self, found: re.Match[bytes]) -> tuple[bytes, bool]:
        self.at = found.end()
        if found[3] is not None:
            return found[3], True
        if found[2] is not None:
            return (_ESCAPED.sub(rb"\1", found[2]) if b"\\" in found[2] else found[2]), False
        return self.take_literal(), False


def _value(word: bytes, is_atom: bool) -> Node:
    if not is_atom:
        return word
    if word.isdigit() and len(word) <= 19:
        return int(word)
    return None if word.upper() == b"NIL" else word
