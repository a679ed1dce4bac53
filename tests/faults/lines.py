"""What is sent over the lines of this process, and what happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from providers.imap.wire import Wire


@contextmanager
def when_sent(words: bytes, happens: Callable[[], object]) -> Iterator[list[bytes]]:
    """Let something happen once, right before the first octets with `words` are sent; return what is sent."""
    sent: list[bytes] = []
    plain = Wire.send

    def send(wire: Wire, octets: bytes) -> None:
        if words in octets and not any(words in other for other in sent):
            happens()
        sent.append(octets)
        plain(wire, octets)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Wire, "send", send)
        yield sent
