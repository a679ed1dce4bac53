"""What a server's "no" means for whoever asked."""

from __future__ import annotations

from providers.errors import Rejected, RetryLater


class Refused(Rejected):
    """The server said no; `code` is its response code in upper case ("TRYCREATE", "OVERQUOTA"), or "NO" or "BAD"."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


class TooManyConnections(RetryLater):
    """The account has more connections open than it may: use fewer."""


class Oversized(RetryLater):
    """The server began an answer larger than is held in memory; the connection was dropped.

    `uid` is the message it was about, where that was told before. Ask for it in pieces, or not again.
    """

    def __init__(self, text: str, uid: int | None) -> None:
        super().__init__(text)
        self.uid = uid
