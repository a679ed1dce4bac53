"""What response codes and search answers hold (RFC 4315, 4731, 7162)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from providers.imap.conversation import Answer
from providers.imap.refusals import Completion
from providers.imap.tokens import Garbled
from providers.imap.uid_set import UidSet, ordered_ranges


def copied(said: Completion, asked: int) -> dict[int, tuple[int, int]]:
    """Read COPYUID: where each UID went; empty when it does not say so of at most `asked` messages."""
    words = said.argument.split()
    if said.code != "COPYUID" or len(words) != 3 or not words[0].isdigit():
        return {}
    try:
        source, target = ordered_ranges(words[1]), ordered_ranges(words[2])
    except ValueError:
        return {}
    if not _count(source) == _count(target) <= asked:
        return {}
    epoch = int(words[0])
    return {uid: (epoch, new_uid) for uid, new_uid in zip(_uids(source), _uids(target), strict=True)}


def _count(ranges: Iterable[tuple[int, int]]) -> int:
    return sum(abs(end - start) + 1 for start, end in ranges)


def _uids(ranges: Iterable[tuple[int, int]]) -> Iterable[int]:
    for start, end in ranges:
        yield from range(min(start, end), max(start, end) + 1)


def appended(said: Completion) -> tuple[int, int] | None:
    """Read APPENDUID: the epoch and the UID a message got."""
    words = said.argument.split()
    if said.code != "APPENDUID" or len(words) != 2 or not all(word.isdigit() for word in words):
        return None
    return int(words[0]), int(words[1])


def modified(said: Completion) -> UidSet:
    """Read MODIFIED: the messages a conditional STORE left alone."""
    if said.code != "MODIFIED":
        return UidSet()
    try:
        return UidSet.parse(said.argument.strip())
    except ValueError:
        return UidSet()


def found(answer: Answer) -> UidSet:
    """Read a SEARCH or ESEARCH answer. Raises Garbled."""
    if answer.kind == b"SEARCH":
        words = answer.rest.partition(b"(")[0].split()
        if not all(word.isdigit() for word in words):
            raise Garbled("a search found what is no number")
        return UidSet.from_uids(map(int, words))
    words = answer.rest.split()
    for name, value in pairwise(words):
        if name.upper() == b"ALL":
            try:
                return UidSet.parse(value)
            except ValueError as error:
                raise Garbled("a search found what is no set") from error
    return UidSet()


def number(text: bytes) -> int | None:
    """Return a number that is not 0."""
    return int(text) or None if text.isdigit() and len(text) <= 19 else None
