"""The one connection of a provider: opened when it is first needed, with the mailbox it has open."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Final

from mail.types import MailboxKey
from providers.errors import RetryLater
from providers.imap.session import Selected, Session

_LONG_UNUSED_S: Final = 90.0


class Line:
    """A session that connects again by itself after it broke; owned by one thread."""

    def __init__(self, make_session: Callable[[], Session]) -> None:
        self._make_session = make_session
        self._session: Session | None = None
        self._selected: Selected | None = None
        self._used_at = time.monotonic()

    @property
    def session(self) -> Session:
        """Return the session, signed in. Raises RetryLater, SignInAgain."""
        if self._session is None:
            self._session = self._make_session()
        if self._session.is_open and time.monotonic() - self._used_at > _LONG_UNUSED_S:
            with contextlib.suppress(RetryLater):  # servers hang up on those who say nothing
                self._session.noop()
        if not self._session.is_open:
            self._selected = None
            self._session.connect()
        self._used_at = time.monotonic()
        return self._session

    @property
    def is_open(self) -> bool:
        """Tell whether there is a connection now."""
        return self._session is not None and self._session.is_open

    def select(self, mailbox: MailboxKey, *, is_readonly: bool = False) -> Selected:
        """Return what is known of the mailbox, which is open afterwards. Raises Refused."""
        session = self.session
        known = self._selected
        if known is not None and session.selected == mailbox and (is_readonly or not known.is_readonly):
            return known
        return self.select_anew(mailbox, is_readonly=is_readonly)

    def select_anew(
        self,
        mailbox: MailboxKey,
        *,
        qresync: tuple[int, int] | None = None,
        is_readonly: bool = False,
    ) -> Selected:
        """Open the mailbox again even if it is open: some servers tell what is new only then."""
        self._selected = None
        session = self.session
        self._selected = session.select(mailbox, qresync=qresync, readonly=is_readonly)
        session.unsolicited()
        return self._selected

    def select_fresh(self, mailbox: MailboxKey, *, is_readonly: bool = False) -> Selected:
        """Open the mailbox, and see in it what others did up to now. Raises Refused."""
        if self.session.selected == mailbox:
            self.freshen()
        return self.select(mailbox, is_readonly=is_readonly)

    def freshen(self) -> None:
        """Let the server tell what happened to the open mailbox; connect again when that ended the connection."""
        session = self.session
        if session.selected is None:
            return
        try:
            session.noop()
            session.unsolicited()
        except RetryLater:
            if self.is_open:
                raise
            session.connect()  # it was closed while nobody spoke, or because the mailbox is gone

    def forget(self) -> None:
        """Let the next select() ask the server."""
        self._selected = None

    def close(self) -> None:
        """Drop the connection."""
        if self._session is not None:
            self._session.close()
        self._session = self._selected = None
