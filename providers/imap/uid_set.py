"""Sets of UIDs as ranges, so that a set costs what it takes to write down, not how many messages it names."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

LARGEST: Final = 2**32 - 1
_SET = re.compile(rb"(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?(?:,(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?)*+\Z")


class UidSet:
    """Hold UIDs as ascending ranges that neither overlap nor touch; it is never changed."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted((min(pair), max(pair)) for pair in ranges):
            if self._ends and start <= self._ends[-1] + 1:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    @classmethod
    def from_uids(cls, uids: Iterable[int]) -> UidSet:
        """Make a set of single UIDs, in any order."""
        made = cls()
        starts, ends = made._starts, made._ends
        last = -1
        for uid in sorted(uids):
            if uid > last + 1 or not starts:
                starts.append(uid)
                ends.append(uid)
            else:
                ends[-1] = uid
            last = uid
        return made

    @classmethod
    def parse(cls, text: bytes) -> UidSet:
        """Read "1:4,7" as servers write it, in any order; "*" is the largest UID there can be. Raises ValueError."""
        if not _SET.match(text):
            raise ValueError("not a set of UIDs")
        return cls(ordered_ranges(text))

    @classmethod
    def everything(cls, start: int = 1) -> UidSet:
        """Return "start:*"."""
        return cls([(start, LARGEST)])

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """Return the ranges, first and last UID of each."""
        return tuple(zip(self._starts, self._ends, strict=True))

    def __len__(self) -> int:
        """Return how many UIDs there are."""
        return sum(self._ends) - sum(self._starts) + len(self._starts)

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self._starts)

    def __contains__(self, uid: int) -> bool:
        """Tell whether `uid` is one of them."""
        at = bisect_right(self._starts, uid) - 1
        return at >= 0 and uid <= self._ends[at]

    def __iter__(self) -> Iterator[int]:
        """Yield every UID: of a set a server wrote, ask `among` instead, for it may name four billion."""
        for start, end in zip(self._starts, self._ends, strict=True):
            yield from range(start, end + 1)

    def __reversed__(self) -> Iterator[int]:
        """Yield every UID, highest first."""
        for start, end in zip(reversed(self._starts), reversed(self._ends), strict=True):
            yield from range(end, start - 1, -1)

    def __eq__(self, other: object) -> bool:
        """Compare what is in the sets."""
        return isinstance(other, UidSet) and self._starts == other._starts and self._ends == other._ends

    def __hash__(self) -> int:
        """Hash what is in the set."""
        return hash(self.ranges)

    def __or__(self, other: UidSet) -> UidSet:
        """Return what is in either."""
        return UidSet((*self.ranges, *other.ranges))

    def __sub__(self, other: UidSet) -> UidSet:
        """Return what is only in this one."""
        left: list[tuple[int, int]] = []
        taken = other.ranges
        at = 0
        for first, end in self.ranges:
            while at < len(taken) and taken[at][1] < first:
                at += 1
            here, start = at, first
            while here < len(taken) and taken[here][0] <= end:
                if start < taken[here][0]:
                    left.append((start, taken[here][0] - 1))
                start = taken[here][1] + 1
                here += 1
            if start <= end:
                left.append((start, end))
        return UidSet(left)

    def __and__(self, other: UidSet) -> UidSet:
        """Return what is in both."""
        return self - (self - other)

    def among(self, uids: Iterable[int]) -> list[int]:
        """Return those of `uids` that are in the set, in their order."""
        return [uid for uid in uids if uid in self]

    @property
    def lowest(self) -> int:
        """Return the first UID, 0 of an empty set."""
        return self._starts[0] if self._starts else 0

    @property
    def highest(self) -> int:
        """Return the last UID, 0 of an empty set."""
        return self._ends[-1] if self._ends else 0

    def chunks(self, octets: int) -> Iterator[UidSet]:
        """Split into sets that are written in at most `octets` characters, or in one range, lowest first."""
        chunk: list[tuple[int, int]] = []
        used = 0
        for pair in self.ranges:
            size = len(_written(pair)) + 1
            if chunk and used + size > octets:
                yield UidSet(chunk)
                chunk, used = [], 0
            chunk.append(pair)
            used += size
        if chunk:
            yield UidSet(chunk)

    def __str__(self) -> str:
        """Write it as commands have it: "1:4,7"."""
        return ",".join(_written(pair) for pair in self.ranges)

    def __repr__(self) -> str:
        """Write the beginning of it."""
        text = str(self)
        return f"UidSet({text if len(text) < 80 else text[:77] + '...'})"


def ordered_ranges(text: bytes) -> list[tuple[int, int]]:
    """Return the ranges of a set in the order they are written, which is what COPYUID means by them."""
    ranges = []
    for piece in text.split(b","):
        first, _, last = piece.partition(b":")
        start = _number(first)
        ranges.append((start, _number(last) if last else start))
    return ranges


def _number(text: bytes) -> int:
    return LARGEST if text == b"*" else int(text)


def _written(pair: tuple[int, int]) -> str:
    start, end = pair
    if start == end:
        return str(start)
    return f"{start}:{'*' if end == LARGEST else end}"
