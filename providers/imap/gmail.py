"""Gmail through IMAP (X-GM-EXT-1): every message lies in All Mail once, and its labels are the mailboxes it shows in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mail.changes import RemoteMailbox
from mail.types import MailboxKey, Role
from providers.imap import convert
from providers.imap.session import Listed

EXTENSION: Final = "X-GM-EXT-1"
_LABEL_OF_ATTRIBUTE: Final = {"\\sent": "\\Sent", "\\drafts": "\\Draft"}


@dataclass(frozen=True, slots=True)
class Labels:
    """Which mailboxes stand for which labels; `own` are the mailboxes that hold messages of their own."""

    all_mail: MailboxKey
    trash: MailboxKey | None
    own: frozenset[MailboxKey]
    label_of: dict[MailboxKey, str]

    def source(self, mailbox: MailboxKey) -> MailboxKey:
        """Return the mailbox to be opened for the messages of `mailbox`."""
        return mailbox if mailbox in self.own else self.all_mail

    def mailboxes_of(self, labels: Iterable[str]) -> tuple[MailboxKey, ...]:
        """Return the mailboxes a message with these labels shows in, besides All Mail."""
        told = {label.casefold() for label in labels}
        return tuple(key for key, label in self.label_of.items() if label.casefold() in told)

    def others(self, mailboxes: Collection[MailboxKey]) -> list[MailboxKey]:
        """Return the mailboxes that stand for a label and are not among these."""
        return [key for key in self.label_of if key not in mailboxes]


def labels_of(listed: Sequence[Listed]) -> Labels | None:
    """Return how this account's labels are shown, None when All Mail is hidden from IMAP: then labels are copies."""
    by_attribute = {attribute: one for one in listed for attribute in one.attributes}
    all_mail = by_attribute.get("\\all")
    if all_mail is None:
        return None
    own = {
        MailboxKey(by_attribute[attribute].name)
        for attribute in ("\\all", "\\trash", "\\junk")
        if attribute in by_attribute
    }
    trash = by_attribute.get("\\trash")
    return Labels(
        MailboxKey(all_mail.name),
        None if trash is None else MailboxKey(trash.name),
        frozenset(own),
        {
            MailboxKey(one.name): _label(one)
            for one in listed
            if is_shown(one) and MailboxKey(one.name) not in own
        },
    )


def is_shown(listed: Listed) -> bool:
    """Say whether a mailbox is more than a view: Starred is a keyword, Important is Gmail's guess."""
    return listed.is_selectable and not listed.attributes & {"\\flagged", "\\important"}


def _label(listed: Listed) -> str:
    if listed.name.upper() == "INBOX":
        return "\\Inbox"
    for attribute, label in _LABEL_OF_ATTRIBUTE.items():
        if attribute in listed.attributes:
            return label
    return listed.name


def describe(listed: Sequence[Listed]) -> tuple[RemoteMailbox, ...]:
    """Return the mailboxes of an account whose labels are told: archived mail is what All Mail shows."""
    roles = {
        "\\all": Role.ARCHIVE,
        "\\trash": Role.TRASH,
        "\\junk": Role.JUNK,
        "\\sent": Role.SENT,
        "\\drafts": Role.DRAFTS,
    }
    told = []
    for one in sorted(filter(is_shown, listed), key=lambda one: one.name):
        key = MailboxKey(one.name)
        role = next((roles[attribute] for attribute in sorted(one.attributes) if attribute in roles), None)
        role = Role.INBOX if key.upper() == "INBOX" else role
        told.append(RemoteMailbox(key, convert.name_of(key, one.delimiter), role))
    return tuple(told)
