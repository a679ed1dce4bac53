"""The search language: text to a tree and back.

    from:acme (offer OR "price list") -is:read has:attachment after:2026-05 deal.value:>10k quo*

Words stand next to each other for "and"; OR, NOT or "-", parentheses, quotes and a "*" at the end mean what they look
like. The tree's classes are those of mail.query_tree.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from mail.query_fields import field, is_field, takes_words, written
from mail.query_tree import EVERYTHING, And, Field, Leaf, Not, Or, Participant, Query, Text

__all__ = ["EVERYTHING", "Query", "QuerySyntaxError", "parse", "to_text"]

_LONGEST: Final = 4_000
_DEEPEST: Final = 50
_WORD: Final = re.compile(r'[^\s"()]+')
_NAME: Final = re.compile(r"([A-Za-z][A-Za-z_.-]*):(?!//)")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_SIMPLE: Final = re.compile(r'[^\s"()\\*:-][^\s"()\\*:]*')
_SIMPLE_VALUE: Final = re.compile(r'[^\s"()\\*]+')


class QuerySyntaxError(ValueError):
    """A query cannot be read: show `reason` and point at `position`, counted in characters from 0."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.reason = reason


def parse(text: str) -> Query:
    """Return the tree of a query; raises QuerySyntaxError. No words at all find everything."""
    if len(text) > _LONGEST:
        raise QuerySyntaxError(_LONGEST, f"a search has at most {_LONGEST} characters")
    return _Reader(text).read()


def to_text(query: Query) -> str:
    """Return text that parses to the same tree."""
    match query:
        case And(parts):
            return " ".join(
                f"({to_text(part)})" if isinstance(part, And | Or) else to_text(part) for part in parts
            )
        case Or(parts):
            return " OR ".join(
                f"({to_text(part)})" if isinstance(part, And | Or) else to_text(part) for part in parts
            )
        case Not(part):
            return f"-({to_text(part)})" if isinstance(part, And | Or) else f"-{to_text(part)}"
        case _:
            name, value, is_prefix = written(query)
            is_simple = (_SIMPLE_VALUE if name else _SIMPLE).fullmatch(value) and value not in (
                "OR",
                "AND",
                "NOT",
            )
            shown = value if is_simple else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
            return f"{name}{':' if name else ''}{shown}{'*' if is_prefix else ''}"


class _Reader:
    """Reads a query from the left; `_at` is where it stands."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def read(self) -> Query:
        query = self._alternatives()
        if self._at < len(self._text):
            raise QuerySyntaxError(self._at, 'this ")" closes nothing')
        return query

    def _alternatives(self) -> Query:
        alternatives = [self._conjunction()]
        while self._takes("OR"):
            at = self._at
            alternatives.append(self._conjunction())
            if EVERYTHING in alternatives:
                raise QuerySyntaxError(at, "OR stands between two things to look for")
        return alternatives[0] if len(alternatives) == 1 else Or(tuple(alternatives))

    def _conjunction(self) -> Query:
        parts: list[Query] = []
        while self._skip_spaces() and self._text[self._at] != ")" and not self._sees("OR"):
            if self._takes("AND"):
                continue
            part = self._term()
            if part is not None:
                parts.append(part)
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _term(self) -> Query | None:
        start = self._at
        if self._text.startswith("-", start):
            self._at += 1
            if not self._text[self._at : self._at + 1].strip():
                return None  # a dash between words
            return self._negated(start)
        if self._takes("NOT"):
            return self._negated(start)
        if self._text[start] == "(":
            return self._group()
        name = _NAME.match(self._text, start)
        if name is None:
            words, is_prefix = self._value(start)
            return Text(words, is_prefix) if words else None
        return self._field(name[1].lower(), name.end())

    def _negated(self, start: int) -> Query:
        self._deeper()
        part = self._term() if self._skip_spaces() and self._text[self._at] != ")" else None
        self._depth -= 1
        if part is None:
            raise QuerySyntaxError(start, "what is not wanted is missing")
        return Not(part)

    def _group(self) -> Query | None:
        start = self._at
        self._at += 1
        self._deeper()
        inner = self._alternatives()
        self._depth -= 1
        if not self._text.startswith(")", self._at):
            raise QuerySyntaxError(start, 'this "(" is not closed')
        self._at += 1
        return None if inner == EVERYTHING else inner

    def _field(self, name: str, after: int) -> Query:
        start, self._at = self._at, after
        if not is_field(name):
            raise QuerySyntaxError(
                start, f'no field is called "{name}"; put the words in quotes to look for them'
            )
        if self._text.startswith("(", after) and takes_words(name):
            inner = self._group()
            if inner is None:
                raise QuerySyntaxError(start, f"{name}: needs a value")
            return _inside(inner, field(name, "", is_prefix=False), start)
        value, is_prefix = self._value(after)
        if not value:
            raise QuerySyntaxError(start, f"{name}: needs a value")
        try:
            return field(name, value, is_prefix=is_prefix)
        except ValueError as error:
            raise QuerySyntaxError(after, str(error)) from error

    def _value(self, start: int) -> tuple[str, bool]:
        """Read a word or a quoted phrase, and whether a "*" follows it."""
        if self._text.startswith('"', start):
            quoted = _QUOTED.match(self._text, start)
            if quoted is None:
                raise QuerySyntaxError(start, "this quotation mark is not closed")
            self._at = quoted.end()
            words = re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL)
        else:
            word = _WORD.match(self._text, start)
            self._at = word.end() if word else start
            words = word[0] if word else ""
            if words.endswith("*"):
                return words.rstrip("*"), bool(words.rstrip("*"))
        is_prefix = self._text.startswith("*", self._at)
        self._at += is_prefix
        return words, is_prefix

    def _skip_spaces(self) -> bool:
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1
        return self._at < len(self._text)

    def _sees(self, keyword: str) -> bool:
        end = self._at + len(keyword)
        return self._text.startswith(keyword, self._at) and (
            end == len(self._text) or self._text[end] in ' \t\n()"'
        )

    def _takes(self, keyword: str) -> bool:
        if not self._skip_spaces() or not self._sees(keyword):
            return False
        self._at += len(keyword)
        return True

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise QuerySyntaxError(self._at, "too many parentheses inside each other")


def _inside(query: Query, where: Leaf, start: int) -> Query:
    """Return the words of a group as words of one field: subject:(offer OR price)."""
    match query:
        case And(parts):
            return And(tuple(_inside(part, where, start) for part in parts))
        case Or(parts):
            return Or(tuple(_inside(part, where, start) for part in parts))
        case Not(part):
            return Not(_inside(part, where, start))
        case Text(words, _, Field.ANY):
            return replace(where, text=words) if isinstance(where, Participant) else _in_field(query, where)
        case _:
            raise QuerySyntaxError(start, "inside these parentheses only words can stand")


def _in_field(words: Text, where: Leaf) -> Text:
    return replace(words, field=where.field) if isinstance(where, Text) else words
