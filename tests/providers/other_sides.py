"""Other programs at an account, one for each kind of account, and an empty account of each kind."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from checking import Contents, Place
from imapclient.exceptions import IMAPClientError
from servers.dovecot import Dovecot
from servers.peer import Peer
from servers.ports import LOOPBACK

from mail import maildir_names
from mail.types import MailboxKey, RemoteKey, Role
from providers.fake import FakeProvider, FakeServer
from providers.imap import convert
from providers.imap.provider import ImapProvider
from providers.maildir.provider import MaildirProvider
from providers.protocol import Memory, Provider

ODD = b"Subject: \xff\x00\x1b[2J\r\nX: lone\nfeeds\r\rand\n\n\x00From here\r\n.\r\n"
# IMAP sends lines that end in CRLF, and no NUL (RFC 3501 §4.3.1).
ODD_IMAP = b"Subject: \xff\x1b[2J\r\nX: \x80\r\n\tfolded\r\n\r\n\r\nFrom here\r\n.\r\n\x7f end"


class FakeOtherSide:
    """Another client of the server in memory, which may tell headers first."""

    odd = ODD
    renumber = None

    def __init__(self, *, tells_headers: bool = False) -> None:
        self.server = FakeServer()
        self.tells_headers = tells_headers
        self.inbox = self.server.add_mailbox("Inbox", Role.INBOX)
        self.archive = self.server.add_mailbox("Archive", Role.ARCHIVE)
        self.drafts = self.server.add_mailbox("Drafts", Role.DRAFTS)

    def connect(self, memory: Memory) -> Provider:
        return FakeProvider(self.server, tells_headers=self.tells_headers)

    def deliver(
        self, mailbox: MailboxKey, octets: bytes, received_at: int, keywords: frozenset[str] = frozenset()
    ) -> RemoteKey:
        return self.server.deliver(mailbox, octets, received_at, keywords)

    def mark(self, place: Place, keywords: frozenset[str]) -> None:
        self.server.mark(place, keywords)

    def move(self, place: Place, target: MailboxKey) -> None:
        self.server.move(place, target)

    def remove(self, place: Place) -> None:
        self.server.remove(place)

    def add_mailbox(self, name: str) -> MailboxKey:
        return self.server.add_mailbox(name)

    def remove_mailbox(self, mailbox: MailboxKey) -> None:
        self.server.remove_mailbox(mailbox)

    def contents(self) -> Contents:
        found: Contents = {one.name: [] for one in self.server.mailboxes.values()}
        for (mailbox, _), message in self.server.messages.items():
            found[self.server.mailboxes[mailbox].name].append((message.octets, message.keywords))
        return {name: sorted(told, key=lambda one: (one[0], sorted(one[1]))) for name, told in found.items()}


@dataclass(frozen=True)
class Style:
    """How a Maildir lays its mailboxes out: directory of the inbox, and of a mailbox with a name."""

    inbox: str
    pattern: str
    is_dotted: bool


DOTTED = Style("", ".{}", is_dotted=True)
NESTED = Style("", "{}", is_dotted=False)
PLAIN = Style("Inbox", "{}", is_dotted=False)
UNDER_INBOX = Style("INBOX", "INBOX/.{}", is_dotted=True)


class MaildirOtherSide:
    """Another program at a Maildir: it knows only files."""

    odd = ODD
    renumber = None

    def __init__(self, root: Path, style: Style = DOTTED) -> None:
        self.root = root
        self.style = style
        self.count = 0
        make_mailbox(root / style.inbox)
        self.inbox = MailboxKey(style.inbox or ".")
        self.archive = self.add_mailbox("Archive")
        self.drafts = self.add_mailbox("Drafts")

    def connect(self, memory: Memory) -> Provider:
        return MaildirProvider(self.root, memory)

    def deliver(
        self, mailbox: MailboxKey, octets: bytes, received_at: int, keywords: frozenset[str] = frozenset()
    ) -> RemoteKey:
        self.count += 1
        unique = f"{received_at}.M{self.count}.example"
        flags = maildir_names.with_keywords("", keywords)
        name = f"cur/{maildir_names.build(unique, flags)}" if keywords else f"new/{unique}"
        temporary = self.root / mailbox / "tmp" / unique
        temporary.write_bytes(octets)
        os.utime(temporary, (received_at, received_at))
        temporary.rename(self.root / mailbox / name)
        return RemoteKey(unique)

    def find(self, place: Place) -> Path:
        mailbox = self.root / place[0]
        (found,) = [
            path
            for part in ("new", "cur")
            for path in (mailbox / part).iterdir()
            if maildir_names.parse(path.name)[0] == place[1]
        ]
        return found

    def mark(self, place: Place, keywords: frozenset[str]) -> None:
        flags = maildir_names.with_keywords("", keywords)
        self.find(place).rename(self.root / place[0] / "cur" / maildir_names.build(place[1], flags))

    def move(self, place: Place, target: MailboxKey) -> None:
        path = self.find(place)
        path.rename(self.root / target / path.parent.name / path.name)

    def remove(self, place: Place) -> None:
        self.find(place).unlink()

    def add_mailbox(self, name: str) -> MailboxKey:
        directory = self.style.pattern.format(name)
        make_mailbox(self.root / directory)
        return MailboxKey(directory)

    def remove_mailbox(self, mailbox: MailboxKey) -> None:
        shutil.rmtree(self.root / mailbox)

    def contents(self) -> Contents:
        found: Contents = {}
        for current in self.root.rglob("cur"):
            told = [
                (path.read_bytes(), maildir_names.keywords(maildir_names.parse(path.name)[1]))
                for part in ("cur", "new")
                for path in (current.parent / part).iterdir()
            ]
            found[self._name(current.parent)] = sorted(told, key=lambda one: (one[0], sorted(one[1])))
        return found

    def _name(self, path: Path) -> str:
        if path == self.root:
            return "INBOX"
        parts = path.relative_to(self.root).parts
        if len(parts) > 1 and self.style is UNDER_INBOX:
            parts = parts[1:]
        levels = [
            level for part in parts for level in (part[1:].split(".") if part.startswith(".") else [part])
        ]
        return "/".join(maildir_names.decode_utf7(level) for level in levels)


class NoSecrets:
    """The secrets of an account whose password is known."""

    def __init__(self, password: str) -> None:
        self.kept = {"password": password}

    def get(self, name: str) -> str | None:
        return self.kept.get(name)

    def put(self, name: str, value: str) -> None:
        self.kept[name] = value

    @contextmanager
    def refreshing(self, name: str) -> Iterator[None]:
        yield


class ImapOtherSide:
    """Another program signed in to a mailbox on a server; `odd` ends of lines are not kept there."""

    odd = ODD_IMAP

    def __init__(self, dovecot: Dovecot, *, separator: str = "/") -> None:
        self.dovecot = dovecot
        self.user = dovecot.new_user()
        self.peer = Peer(dovecot, self.user)
        self.separator = separator
        self.inbox, self.archive, self.drafts = map(MailboxKey, ("INBOX", "Archive", "Drafts"))
        for mailbox in ("Archive", "Drafts"):
            with suppress(IMAPClientError):  # where it is made by itself
                self.peer.create(mailbox)

    def close(self) -> None:
        self.peer.close()

    @property
    def config(self) -> dict[str, str]:
        return {
            "imap_host": LOOPBACK,
            "imap_port": str(self.dovecot.ports["imaps"]),
            "imap_security": "tls",
            "username": self.user.address,
            "sign_in": "password",
            "ca_file": str(self.dovecot.ca_file),
        }

    def connect(self, memory: Memory) -> ImapProvider:
        return ImapProvider(self.config, memory, NoSecrets(self.user.password))

    def deliver(
        self, mailbox: MailboxKey, octets: bytes, received_at: int, keywords: frozenset[str] = frozenset()
    ) -> RemoteKey:
        at = datetime.fromtimestamp(received_at, UTC)
        uid = self.peer.append(self._name(mailbox), octets, convert.flags_of(keywords), at)
        return self._key(mailbox, uid)

    def _key(self, mailbox: MailboxKey, uid: int) -> RemoteKey:
        status = self.peer.imap.folder_status(self._name(mailbox), ["UIDVALIDITY"])
        return convert.key_of(status[b"UIDVALIDITY"], uid)

    def _name(self, mailbox: MailboxKey) -> str:
        return maildir_names.decode_utf7(mailbox)

    def mark(self, place: Place, keywords: frozenset[str]) -> None:
        name, uid = self._name(place[0]), convert.numbers_of(place[1])[1]
        before = self.peer.flags(name)[uid]
        if before:
            self.peer.remove_flags(name, [uid], *before)
        if keywords:
            self.peer.add_flags(name, [uid], *convert.flags_of(keywords))

    def move(self, place: Place, target: MailboxKey) -> None:
        name, uid = self._name(place[0]), convert.numbers_of(place[1])[1]
        self.peer.copy(name, [uid], self._name(target))
        self.remove(place)

    def remove(self, place: Place) -> None:
        name, uid = self._name(place[0]), convert.numbers_of(place[1])[1]
        self.peer.add_flags(name, [uid], "\\Deleted")
        self.peer.imap.expunge()  # with its uid, or without where the server hides that it could

    def add_mailbox(self, name: str) -> MailboxKey:
        self.peer.create(name.replace("/", self.separator))
        return convert.mailbox_of(name, self.separator, "")

    def remove_mailbox(self, mailbox: MailboxKey) -> None:
        self.peer.delete(self._name(mailbox))

    def renumber(self, mailbox: MailboxKey) -> None:
        before = self._key(mailbox, 1)
        while self._key(mailbox, 1) == before:  # an epoch is a second of the clock
            time.sleep(0.1)
            self.peer.new_epoch(self._name(mailbox))

    def contents(self) -> Contents:
        found: Contents = {}
        for name, attributes in self.peer.mailboxes().items():
            if {flag.lower() for flag in attributes} & {"\\noselect", "\\nonexistent"}:
                continue
            flags = self.peer.flags(name)
            told = [
                (octets, convert.keywords_of(flags[uid]))
                for uid, octets in self.peer.messages(name).items()
                if not convert.is_deleted(flags[uid])
            ]
            found[name.replace(self.separator, "/")] = sorted(told, key=lambda one: (one[0], sorted(one[1])))
        return found


def make_mailbox(path: Path) -> None:
    for part in ("tmp", "new", "cur"):
        (path / part).mkdir(parents=True, exist_ok=True)
