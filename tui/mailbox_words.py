"""What was chosen for a mailbox, in words, and the roles to choose from."""

from __future__ import annotations

from typing import Final

from mail.ids import Role
from store.mailbox_choices import Choice, ChosenMailbox
from tui.format import count

ROLES: Final = {
    "drafts": Role.DRAFTS,
    "sent": Role.SENT,
    "archive": Role.ARCHIVE,
    "junk": Role.JUNK,
    "trash": Role.TRASH,
}
"""The roles one can give a mailbox, by the word for it; the inbox is what the account says."""

OF_INBOX: Final = "junk"
"""The one word for the inbox: spam is left in it."""
PLAIN: Final = "none"
AS_TOLD: Final = "default"


_EXPLAINED: Final = {
    "drafts": "drafts: what is being written",
    "sent": "sent: where copies of what you send are kept",
    "archive": "archive: where e moves conversations to",
    "junk": "junk: spam, kept out of all mail",
    "trash": "trash: where d moves conversations to",
    PLAIN: "none: for nothing in particular",
    AS_TOLD: "default: what the server says",
}


def explained(word: str, *, is_inbox: bool = False) -> str:
    """Return what a mailbox with that role is for."""
    if is_inbox and word == OF_INBOX:
        return "junk: spam is left here, so nothing is linked by itself"
    return _EXPLAINED[word]


def with_role(choice: Choice, word: str) -> Choice:
    """Return the choice with a role by its word, "none" or "default". Raises KeyError."""
    if word == AS_TOLD:
        return choice._replace(role=None, is_plain=False)
    if word == PLAIN:
        return choice._replace(role=None, is_plain=True)
    return choice._replace(role=ROLES[word], is_plain=False)


def role_word(mailbox: ChosenMailbox) -> str:
    """Return what a mailbox is for: "junk", "junk (chosen)", "" for nothing in particular."""
    word = mailbox.role.value if mailbox.role is not None else ""
    if mailbox.is_inbox:
        return f"{word} with spam" if mailbox.choice.role is Role.JUNK else word
    if mailbox.choice.is_plain:
        return "none (chosen)"
    return f"{word} (chosen)" if mailbox.choice.role is not None else word


def reach(choice: Choice) -> str:
    """Return how much of a mailbox is synced."""
    if not choice.is_synced:
        return "not synced"
    return f"last {count(choice.since_days)} days" if choice.since_days else "all mail"
