"""Content-Transfer-Encodings undone bit by bit, so that a part of any size costs no memory."""

from __future__ import annotations

import binascii
import io
import quopri
import re
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

_NO_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]+")


@contextmanager
def decoder(encoding: str, file: BinaryIO) -> Iterator[BinaryIO]:
    """Lend a file that takes encoded octets and writes decoded ones to `file`; damage is passed over."""
    if encoding == "base64":
        target: _Decoder = _Base64(file)
    elif encoding == "quoted-printable":
        target = _QuotedPrintable(file)
    else:
        yield file
        return
    yield target
    target.finish()


class _Decoder(io.RawIOBase, BinaryIO):
    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._left = b""

    def writable(self) -> bool:
        return True

    def write(self, octets: object) -> int:
        encoded = bytes(octets)  # type: ignore[call-overload] # any buffer
        self._file.write(self._decode(encoded))
        return len(encoded)

    @abstractmethod
    def _decode(self, octets: bytes) -> bytes: ...

    def finish(self) -> None:
        """Write what waited for more to come."""
        self._file.write(self._rest())

    @abstractmethod
    def _rest(self) -> bytes: ...


class _Base64(_Decoder):
    def _decode(self, octets: bytes) -> bytes:
        letters = self._left + _NO_BASE64.sub(b"", octets)
        whole = len(letters) - len(letters) % 4
        self._left = letters[whole:]
        return binascii.a2b_base64(letters[:whole])

    def _rest(self) -> bytes:
        if len(self._left) < 2:
            return b""
        return binascii.a2b_base64(self._left + b"=" * (-len(self._left) % 4))


class _QuotedPrintable(_Decoder):
    def _decode(self, octets: bytes) -> bytes:
        lines = self._left + octets
        end = lines.rfind(b"\n") + 1
        self._left = lines[end:]
        return quopri.decodestring(lines[:end])

    def _rest(self) -> bytes:
        return quopri.decodestring(self._left)
