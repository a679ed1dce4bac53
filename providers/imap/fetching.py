"""FETCH as a stream, and large parts of messages piece by piece."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, Final

from providers.imap import fetched
from providers.imap.answers import Fetched
from providers.imap.conversation import Answer, Conversation
from providers.imap.refusals import Refused
from providers.imap.tokens import Garbled
from providers.imap.uid_set import LARGEST, UidSet

_AHEAD: Final = 4
_ORIGIN = re.compile(rb"\]<(\d{1,19})>")


def fetch(speaking: Conversation, uids: UidSet, items: str, modifiers: bytes) -> Iterator[Fetched]:
    """Yield the answers to one command as they come."""
    command = b"UID FETCH %b (%b)%b" % (str(uids).encode("ascii"), items.encode("ascii"), modifiers)
    wants_sections = "BODY" in items.upper() or "BINARY" in items.upper()
    lowest, highest = uids.lowest, uids.highest
    is_one_range = len(uids.ranges) == 1
    parse = fetched.parse
    for answer in speaking.answers(speaking.send(command)):
        if answer.kind != b"FETCH":
            speaking.notice(answer)
            continue
        try:
            told = parse(answer.parts, answer.at)
        except Garbled:
            speaking.noticed.is_incomplete = True
            continue
        is_asked_for = lowest <= told.uid <= highest and (is_one_range or told.uid in uids)
        if is_asked_for and not (wants_sections and _is_only_flags(told)):
            yield told
        elif not (
            highest == LARGEST and 0 < told.uid < lowest
        ):  # "n:*" always has the last message, below n or not
            speaking.noticed.add(told)


def _is_only_flags(told: Fetched) -> bool:
    """Tell news about a message from the answer about it, which has more than its flags."""
    is_more = told.sections or told.others or told.size is not None or told.internal_date is not None
    return told.flags is not None and not is_more


def fetch_to(speaking: Conversation, uid: int, section: str, file: BinaryIO, piece_octets: int) -> int:
    """Write a section to `file`, asking for a few pieces ahead once the first was not the last."""
    pieces = _Pieces(speaking, uid, section, piece_octets)
    written = 0
    try:
        while True:
            octets = pieces.next()
            written += file.write(octets)
            if len(octets) != piece_octets:
                return written
    finally:
        pieces.abandon()


class _Pieces:
    """The pieces of a section in order, however the server mixes its answers to several commands."""

    def __init__(self, speaking: Conversation, uid: int, section: str, piece_octets: int) -> None:
        self._speaking = speaking
        self._uid = uid
        self._section = section.encode("ascii")
        self._piece_octets = piece_octets
        self._asked: deque[tuple[bytes, int]] = deque()
        self._told: dict[int, bytes] = {}
        self._next_offset = 0

    def next(self) -> bytes:
        """Return the next piece. Raises Refused when the message is gone."""
        ahead = 1 if self._next_offset == 0 else _AHEAD
        while len(self._asked) < ahead:
            self._ask()
        tag, offset = self._asked.popleft()
        for answer in self._speaking.answers(tag):
            if answer.kind == b"FETCH":
                self._take(answer)
            else:
                self._speaking.notice(answer)
        if offset not in self._told:
            raise Refused("The message is gone from the server.", "NONEXISTENT")
        return self._told.pop(offset)

    def abandon(self) -> None:
        """Let go of what was asked for and is not wanted any more."""
        for tag, _ in self._asked:
            self._speaking.abandon(tag)

    def _ask(self) -> None:
        send = self._speaking.send_ahead if self._asked else self._speaking.send
        piece = (self._uid, self._section, self._next_offset, self._piece_octets)
        self._asked.append((send(b"UID FETCH %d (BODY.PEEK[%b]<%d.%d>)" % piece), self._next_offset))
        self._next_offset += self._piece_octets

    def _take(self, answer: Answer) -> None:
        try:
            told = fetched.parse(answer.parts, answer.at)
        except Garbled:
            self._speaking.noticed.is_incomplete = True
            return
        if told.uid != self._uid or not told.sections:
            self._speaking.noticed.add(told)
            return
        found = next((found for part in answer.parts[::2] if (found := _ORIGIN.search(part))), None)
        self._told[int(found[1]) if found else 0] = next(iter(told.sections.values()))
