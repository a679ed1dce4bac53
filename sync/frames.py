"""How the worker and its parsing children talk: pickles behind their length, over pipes."""

from __future__ import annotations

import struct
from typing import IO, Final, NamedTuple

from mail.types import Email

_LENGTH: Final = struct.Struct("!Q")


class Header(NamedTuple):
    """The header of a message, by itself."""

    octets: bytes
    size_octets: int


class Fetched(NamedTuple):
    """A message whose header was told before: its octets are packed too, where they are to be kept. Those of drafts are."""

    octets: bytes
    is_draft: bool = False


class Whole(NamedTuple):
    """A message told whole, and its identity, which is known by then and takes as long to find as its header to read."""

    octets: bytes
    octets_hash: bytes


Work = bytes | Whole | Header | Fetched
"""What is to be parsed; octets by themselves are a message told whole."""


class Parsed(NamedTuple):
    """A message as read. When `packed_body` is there, it holds the body, and that of `email` is empty."""

    email: Email
    packed_body: bytes | None = None
    packed_octets: bytes | None = None


def write(stream: IO[bytes], octets: bytes) -> None:
    """Write one frame."""
    stream.write(_LENGTH.pack(len(octets)))
    stream.write(octets)
    stream.flush()


def read(stream: IO[bytes]) -> bytes:
    """Read one frame. Raises EOFError at the end, also in the middle of one."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    octets = stream.read(length)
    if len(octets) < length:
        raise EOFError
    return octets
