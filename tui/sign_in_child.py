"""The child that speaks to servers for whoever asks the user: dealbox-sync --sign-in, in lines of JSON."""

from __future__ import annotations

import json
import os
import select
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any, Final

from store import worker_process

Event = dict[str, Any]
LAST: Final = ("servers", "no_servers", "tested", "signed_in", "trouble")
"""The events that end a request."""
_PIECE_OCTETS: Final = 65_536
_END_S: Final = 1.0


class ChildGone(Exception):
    """The child ended before it answered."""


class SignInChild:
    """One child; it ends when closed. One thread at a time asks, any thread may tell."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [*worker_process.command(), "--sign-in"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a screen may be up; what matters comes as an event
            cwd="/",
            start_new_session=True,  # Ctrl+C is for whoever asks the user
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._input = self._process.stdin
        self._output = self._process.stdout
        self._buffer = b""

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when something happens."""
        return self._output.fileno()

    def tell(self, request: Mapping[str, Any]) -> None:
        """Send a request. Raises ChildGone."""
        try:
            self._input.write(json.dumps(request).encode() + b"\n")
            self._input.flush()
        except OSError as error:
            raise ChildGone("dealbox-sync ended before it was done.") from error

    def ask(self, request: Mapping[str, Any]) -> Event:
        """Send a request and return the event that ends it. Raises ChildGone."""
        self.tell(request)
        return next(event for event in self.events() if event["event"] in LAST)

    def events(self) -> Iterator[Event]:
        """Yield events as they come. Raises ChildGone when there can be no more."""
        while True:
            yield from self.ready_events(None)

    def ready_events(self, timeout_s: float | None) -> list[Event]:
        """Return what happened, waiting `timeout_s` seconds for it, or for as long as it takes. Raises ChildGone."""
        if b"\n" not in self._buffer:
            readable, _, _ = select.select([self._output], [], [], timeout_s)
            piece = os.read(self._output.fileno(), _PIECE_OCTETS) if readable else None
            if piece == b"":
                raise ChildGone("dealbox-sync ended before it was done.")
            self._buffer += piece or b""
        *lines, self._buffer = self._buffer.split(b"\n")
        return [json.loads(line) for line in lines]

    def close(self) -> None:
        """End the child; twice is harmless."""
        for pipe in (self._input, self._output):
            try:
                pipe.close()
            except OSError:
                continue
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
