"""The words a list of mail needs: ids, roles and safe text. Apart from mail.types, whose classes take 7 ms to make."""

from __future__ import annotations

from enum import StrEnum
from typing import NewType

AccountId = NewType("AccountId", int)
MailboxId = NewType("MailboxId", int)
ThreadId = NewType("ThreadId", int)
EmailId = NewType("EmailId", int)
"""The store's own id of an Email: ids grow with the time received, so newest first is id descending."""

MailboxKey = NewType("MailboxKey", str)
"""How the account names a mailbox: a path below a Maildir, an IMAP mailbox name."""
RemoteKey = NewType("RemoteKey", str)
"""How the account names one message inside one mailbox: a Maildir unique name, an IMAP "UIDVALIDITY.UID".

What stands before the first "." is the epoch where an account numbers anew (mail.changes.ChangeBatch.renumbered).
"""

SafeText = NewType("SafeText", str)
"""Text made by mail.text.safe_line or safe_block: no escapes, no bidi tricks, stable cell widths."""


class Role(StrEnum):
    """What a mailbox is for (RFC 8621 §2, IANA "IMAP Mailbox Name Attributes"); from ALL on they are views of ours."""

    INBOX = "inbox"
    DRAFTS = "drafts"
    SENT = "sent"
    ARCHIVE = "archive"
    JUNK = "junk"
    TRASH = "trash"
    ALL = "all"
    FLAGGED = "flagged"
    UNREAD = "unread"
    UNLINKED = "unlinked"
    COPIES = "copies"
