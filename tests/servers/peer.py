"""The other side of a mailbox: what another mail program does to it, and sees in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING

from imapclient import IMAPClient
from servers.ports import LOOPBACK

if TYPE_CHECKING:
    from servers.dovecot import Dovecot, User

_CHUNK = 500  # uids in one command: imapclient writes every number out


class Peer:
    """Another program signed in as `user`, through imapclient and nothing of ours."""

    def __init__(self, dovecot: Dovecot, user: User) -> None:
        context = dovecot.authority.client_context()
        self.imap = IMAPClient(LOOPBACK, dovecot.ports["imaps"], ssl=True, ssl_context=context, timeout=60)
        self.imap.login(user.address, user.password)

    def __enter__(self) -> Peer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.imap.shutdown()

    def mailboxes(self) -> dict[str, frozenset[str]]:
        """Return every mailbox and its attributes."""
        return {name: _texts(attributes) for attributes, _, name in self.imap.list_folders()}

    def create(self, mailbox: str) -> None:
        self.imap.create_folder(mailbox)

    def rename(self, mailbox: str, name: str) -> None:
        self.imap.rename_folder(mailbox, name)

    def delete(self, mailbox: str) -> None:
        self._select("INBOX")  # Dovecot hangs up on whoever has selected what is deleted
        self.imap.delete_folder(mailbox)

    def append(
        self, mailbox: str, message: bytes, flags: Iterable[str] = (), received_at: datetime | None = None
    ) -> int:
        """Put a message into `mailbox` and return its uid."""
        answer = self.imap.append(mailbox, message, flags=tuple(flags), msg_time=received_at)
        return int(bytes(answer).partition(b"APPENDUID ")[2].split()[1].rstrip(b"]"))

    def uids(self, mailbox: str) -> list[int]:
        self._select(mailbox)
        return sorted(self.imap.search("ALL"))

    def flags(self, mailbox: str) -> dict[int, frozenset[str]]:
        """Return the flags of every message by uid, without \\Recent, which is nobody's wish."""
        return {uid: _texts(fetched[b"FLAGS"]) for uid, fetched in self._fetch(mailbox, "FLAGS").items()}

    def messages(self, mailbox: str) -> dict[int, bytes]:
        """Return the octets of every message by uid, leaving \\Seen as it is."""
        return {uid: fetched[b"BODY[]"] for uid, fetched in self._fetch(mailbox, "BODY.PEEK[]").items()}

    def message_ids(self, mailbox: str) -> list[str]:
        """Return the Message-ID of every message, in the order of uids; "" where there is none."""
        item = "BODY[HEADER.FIELDS (MESSAGE-ID)]"
        fetched = self._fetch(mailbox, item.replace("BODY", "BODY.PEEK"))
        headers = (fetched[uid][item.encode()] for uid in sorted(fetched))
        return [header.partition(b":")[2].strip().decode("latin-1") for header in headers]

    def content(self) -> dict[str, list[tuple[str, frozenset[str]]]]:
        """Return the Message-ID and the flags of everything there is, by mailbox: what two stores must agree on."""
        held = {}
        for mailbox, attributes in self.mailboxes().items():
            if "\\Noselect" not in attributes:
                flags = self.flags(mailbox)
                ids = self.message_ids(mailbox)
                held[mailbox] = sorted(
                    zip(ids, (flags[uid] for uid in sorted(flags)), strict=True),
                    key=lambda pair: (pair[0], sorted(pair[1])),
                )
        return held

    def add_flags(self, mailbox: str, uids: Iterable[int], *flags: str) -> None:
        self._select(mailbox)
        self.imap.add_flags(list(uids), flags, silent=True)

    def remove_flags(self, mailbox: str, uids: Iterable[int], *flags: str) -> None:
        self._select(mailbox)
        self.imap.remove_flags(list(uids), flags, silent=True)

    def move(self, mailbox: str, uids: Iterable[int], target: str) -> None:
        self._select(mailbox)
        self.imap.move(list(uids), target)

    def copy(self, mailbox: str, uids: Iterable[int], target: str) -> None:
        self._select(mailbox)
        self.imap.copy(list(uids), target)

    def expunge(self, mailbox: str, uids: Iterable[int]) -> None:
        """Remove these messages for good, and no others that are marked \\Deleted."""
        gone = list(uids)
        self._select(mailbox)
        self.imap.add_flags(gone, ["\\Deleted"], silent=True)
        self.imap.uid_expunge(gone)

    def new_epoch(self, mailbox: str) -> None:
        """Delete `mailbox` and make it again with the same messages: another UIDVALIDITY, other uids."""
        messages, flags = self.messages(mailbox), self.flags(mailbox)
        dates = self._fetch(mailbox, "INTERNALDATE")
        self.delete(mailbox)
        self.create(mailbox)
        for uid, message in sorted(messages.items()):
            self.append(mailbox, message, flags[uid], dates[uid][b"INTERNALDATE"])

    def wait_until(
        self, mailbox: str, is_right: Callable[[list[str]], bool], timeout_s: float = 20
    ) -> list[str]:
        """Wait until the Message-IDs of `mailbox` are what `is_right` asks for, and return them.

        Raises AssertionError with what is there when that does not happen.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            found = self.message_ids(mailbox)
            if is_right(found):
                return found
            assert time.monotonic() < deadline, f"{mailbox} holds {found}"
            time.sleep(0.05)

    def _select(self, mailbox: str) -> None:
        # Read-write even to look: EXAMINE would leave a mailbox selected that cannot be changed.
        self.imap.select_folder(mailbox)

    def _fetch(self, mailbox: str, item: str) -> dict[int, Mapping[bytes, bytes]]:
        uids = self.uids(mailbox)
        found: dict[int, Mapping[bytes, bytes]] = {}
        for start in range(0, len(uids), _CHUNK):
            found.update(self.imap.fetch(uids[start : start + _CHUNK], [item]))
        return found


def _texts(flags: Iterable[bytes]) -> frozenset[str]:
    return frozenset(flag.decode("latin-1") for flag in flags) - {"\\Recent"}
