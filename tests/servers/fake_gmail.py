"""An account as Gmail shows it over IMAP: every message once, mailboxes that are views of its labels."""

from __future__ import annotations

import itertools
import re
import ssl
from collections.abc import Callable, Iterable
from datetime import datetime

from servers.fake_imap import GMAIL, FakeImap
from servers.fake_mailbox import FakeMailbox, FakeMessage
from servers.users import ALICE, User

ALL, TRASH, SPAM = "[Gmail]/All Mail", "[Gmail]/Trash", "[Gmail]/Spam"
PLACES = {
    "INBOX": (),
    "[Gmail]": ("\\Noselect",),
    ALL: ("\\All",),
    "[Gmail]/Drafts": ("\\Drafts",),
    "[Gmail]/Important": ("\\Important",),
    "[Gmail]/Sent Mail": ("\\Sent",),
    SPAM: ("\\Junk",),
    "[Gmail]/Starred": ("\\Flagged",),
    TRASH: ("\\Trash",),
}
_VIEWS = {
    "\\Inbox": "INBOX",
    "\\Draft": "[Gmail]/Drafts",
    "\\Important": "[Gmail]/Important",
    "\\Sent": "[Gmail]/Sent Mail",
    "\\Starred": "[Gmail]/Starred",
}
_LABELS = {mailbox: label for label, mailbox in _VIEWS.items()}
_MESSAGE_ID = re.compile(rb"<[^<>\s]+>")


class FakeGmail(FakeImap):
    """Keep each message in All Mail, Trash or Spam, and in the mailbox of each of its labels.

    `arrive` puts one there. Flags and labels are the message's, wherever they are changed; expunging it from the
    mailbox of a label takes the label away; a copy to Trash or Spam takes it out of everywhere else.
    """

    def __init__(
        self,
        *,
        labels: Iterable[str] = (),
        user: User = ALICE,
        tls: ssl.SSLContext | None = None,
        is_right: Callable[[str, str], bool] | None = None,
    ) -> None:
        self._ids = itertools.count(1_700_000_000_000_000_001)
        self._places: dict[int, dict[FakeMailbox, int]] = {}
        self._threads: dict[bytes, int] = {}
        mailboxes = {**PLACES, **dict.fromkeys(labels, ())}
        super().__init__(mailboxes, capability=GMAIL, user=user, tls=tls, is_right=is_right)
        self.knows_appended = True

    def new_mailbox(self, name: str, uidvalidity: int, attributes: Iterable[str]) -> FakeMailbox:
        return LabelMailbox(self, name, uidvalidity, attributes)

    def arrive(
        self,
        octets: bytes,
        labels: Iterable[str] = ("\\Inbox",),
        flags: Iterable[str] = (),
        received_at: datetime | None = None,
    ) -> int:
        """Let a message arrive and return its X-GM-MSGID; it joins the thread of what it refers to."""
        with self.lock:
            gm_msgid = next(self._ids)
            known = [self._threads[found] for found in _ids(octets) if found in self._threads]
            gm_thrid = known[0] if known else gm_msgid
            self._threads.update((found, gm_thrid) for found in _ids(octets))
            message = FakeMessage(0, octets, set(flags), received_at, 0, len(octets), gm_msgid, gm_thrid)
            self._places[gm_msgid] = {}
            self._place(message, self.mailboxes[ALL])
            self.label(gm_msgid, labels)
            return gm_msgid

    def labels(self, gm_msgid: int) -> frozenset[str]:
        with self.lock:
            return frozenset(self._message(gm_msgid).labels)

    def where(self, gm_msgid: int) -> dict[str, int]:
        """Return the uid of a message in every mailbox it is shown in."""
        with self.lock:
            return {mailbox.name: uid for mailbox, uid in self._places[gm_msgid].items()}

    def label(self, gm_msgid: int, labels: Iterable[str]) -> None:
        """Replace the labels of a message, and show it in their mailboxes."""
        with self.lock:
            labels = set(labels)
            for mailbox, uid in self._places[gm_msgid].items():
                mailbox.show_labels(uid, labels)
            views = {mailbox for label in labels if (mailbox := self.mailboxes.get(_VIEWS.get(label, label)))}
            message = self._message(gm_msgid)
            for mailbox in set(self._places[gm_msgid]) - views:
                if mailbox.name not in {ALL, TRASH, SPAM}:
                    self._unplace(gm_msgid, mailbox)
            for mailbox in views - set(self._places[gm_msgid]):
                self._place(message, mailbox)
            self._flag_starred(gm_msgid, "\\Starred" in labels)

    def flag(self, gm_msgid: int, flags: Iterable[str]) -> None:
        """Replace the flags of a message in every mailbox it is shown in."""
        with self.lock:
            flags = set(flags)
            for mailbox, uid in self._places[gm_msgid].items():
                mailbox.show_flags(uid, flags)
            labels = self.labels(gm_msgid)
            if ("\\Starred" in labels) is not ("\\Flagged" in flags):
                self.label(gm_msgid, labels ^ {"\\Starred"})

    def appended(
        self, mailbox: FakeMailbox, octets: bytes, flags: Iterable[str], received_at: datetime | None
    ) -> int:
        for uid, known in self.mailboxes[ALL].messages.items():
            if _ids(octets)[:1] and _ids(octets)[:1] == _ids(known.octets)[:1]:
                return self.copy_into(mailbox, self.mailboxes[ALL].messages[uid])
        return mailbox.add(octets, flags, received_at)

    def copy_into(self, mailbox: FakeMailbox, message: FakeMessage) -> int:
        gm_msgid, places = message.gm_msgid, self._places[message.gm_msgid]
        if mailbox.name in {TRASH, SPAM}:
            for other in set(places) - {mailbox}:
                self._unplace(gm_msgid, other)
        elif self.mailboxes[ALL] not in places:
            self._place(message, self.mailboxes[ALL])
        if mailbox.name not in {ALL, TRASH, SPAM}:
            self.label(gm_msgid, message.labels | {_LABELS.get(mailbox.name, mailbox.name)})
        elif mailbox not in places:
            self._place(message, mailbox)
        return places[mailbox]

    def relabel(self, mailbox: FakeMailbox, uid: int, labels: Iterable[str]) -> None:
        self.label(mailbox.messages[uid].gm_msgid, labels)

    def expunged_from(self, mailbox: FakeMailbox, uid: int) -> None:
        """Take a label away, or a message out of Trash or Spam for good; All Mail keeps what it has."""
        message = mailbox.messages[uid]
        if mailbox.name in {TRASH, SPAM}:
            self._unplace(message.gm_msgid, mailbox)
        elif mailbox.name != ALL:
            self.label(message.gm_msgid, message.labels - {_LABELS.get(mailbox.name, mailbox.name)})

    def numbered_anew(self, mailbox: FakeMailbox) -> None:
        for uid, message in mailbox.messages.items():
            self._places[message.gm_msgid][mailbox] = uid

    def _message(self, gm_msgid: int) -> FakeMessage:
        mailbox, uid = next(iter(self._places[gm_msgid].items()))
        return mailbox.messages[uid]

    def _place(self, message: FakeMessage, mailbox: FakeMailbox) -> None:
        self._places[message.gm_msgid][mailbox] = mailbox.show(message)

    def _unplace(self, gm_msgid: int, mailbox: FakeMailbox) -> None:
        mailbox.hide(self._places[gm_msgid].pop(mailbox))

    def _flag_starred(self, gm_msgid: int, is_starred: bool) -> None:
        flags = self._message(gm_msgid).flags
        if ("\\Flagged" in flags) is not is_starred:
            self.flag(gm_msgid, flags ^ {"\\Flagged"})


class LabelMailbox(FakeMailbox):
    """A view: what is done here is done to the message."""

    def __init__(self, gmail: FakeGmail, name: str, uidvalidity: int, attributes: Iterable[str]) -> None:
        super().__init__(name, uidvalidity, attributes, lock=gmail.lock, on_change=gmail.wake)
        self._gmail = gmail
        self.show_flags = super().set_flags
        self.show_labels = super().set_labels

    def show(self, message: FakeMessage) -> int:
        return super().add(
            message.octets,
            message.flags,
            message.received_at,
            labels=message.labels,
            gm_msgid=message.gm_msgid,
            gm_thrid=message.gm_thrid,
        )

    def hide(self, uid: int) -> None:
        super().expunge(uid)

    def add(  # type: ignore[override] # a message of Gmail's has no uid, size or ids of the test's choice
        self, octets: bytes, flags: Iterable[str] = (), received_at: datetime | None = None
    ) -> int:
        label = _LABELS.get(self.name, self.name)
        labels = () if self.name in {ALL, TRASH, SPAM} else (label,)
        gm_msgid = self._gmail.arrive(octets, labels, flags, received_at)
        places = self._gmail.where(gm_msgid)
        if self.name in places:
            return places[self.name]
        return self._gmail.copy_into(self, self._gmail.mailboxes[ALL].messages[places[ALL]])

    def set_flags(self, uid: int, flags: Iterable[str]) -> None:
        self._gmail.flag(self.messages[uid].gm_msgid, flags)

    def set_labels(self, uid: int, labels: Iterable[str]) -> None:
        self._gmail.label(self.messages[uid].gm_msgid, labels)

    def expunge(self, *uids: int) -> None:
        for uid in sorted(self.messages.keys() & set(uids)):
            self._gmail.expunged_from(self, uid)

    def new_epoch(self, uidvalidity: int | None = None) -> None:
        super().new_epoch(uidvalidity)
        self._gmail.numbered_anew(self)


def _ids(octets: bytes) -> list[bytes]:
    """Return the Message-ID of a message, then those it refers to."""
    header = octets.partition(b"\r\n\r\n")[0]
    found = []
    for name in (rb"Message-ID", rb"In-Reply-To", rb"References"):
        field = re.search(rb"(?im)^" + name + rb":(.*(?:\r\n[ \t].*)*)", header)
        found += _MESSAGE_ID.findall(field[1]) if field else []
    return found
