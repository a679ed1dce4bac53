"""When mail of strangers makes a lead or deal, or persons, and when not: pure functions of facts (D21)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from linking.newcomer import is_machine
from mail import subjects
from store.links.account_crm import AccountCrm
from store.links.auto_created import FirstMail

_LONGEST_TITLE: Final = 200


class Skip(StrEnum):
    """Why mail makes nothing."""

    OFF = "the account makes nothing of mail"
    TOO_OLD = "it came before this was switched on"
    MADE = "it has made something already"
    LINKED = "it is linked, or was unlinked by hand"
    OUT_OF_SIGHT = "it lies in drafts, spam or trash alone"
    SPAM_IS_INBOX = "spam is moved to the inbox of this account"
    OWN = "its first message is our own"
    NOT_VERIFIED = "it is a Smart BCC copy that is not from the owner"
    AUTOMATIC = "a machine wrote it, or it went to many"
    EXCEPTION = "its sender is an exception"
    KNOWN = "its sender is known"
    NOBODY = "it names nobody"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known apart from the message itself."""

    settings: AccountCrm
    is_spam_the_inbox: bool = False
    is_internal: bool = False
    is_exception: bool = False
    is_known: bool = False


def refusal(mail: FirstMail, standing: Standing) -> Skip | None:
    """Say why a conversation's first message makes no lead or deal, None when it makes one. Pure."""
    for reason, holds in (
        (Skip.OFF, standing.settings.creates == "off"),
        (Skip.TOO_OLD, mail.at < standing.settings.creates_since),
        (Skip.MADE, mail.has_made),
        (Skip.LINKED, mail.is_linked),
        (Skip.SPAM_IS_INBOX, standing.is_spam_the_inbox),
        (Skip.OUT_OF_SIGHT, not mail.is_in_sight),
        (Skip.OWN, mail.is_outgoing or standing.is_internal or mail.is_copy),
        (Skip.NOBODY, "@" not in mail.sender),
        (Skip.AUTOMATIC, mail.is_automatic or is_machine(mail.sender)),
        (Skip.EXCEPTION, standing.is_exception),
        (Skip.KNOWN, standing.is_known),
    ):
        if holds:
            return reason
    return None


def refusal_of_copy(mail: FirstMail, standing: Standing) -> Skip | None:
    """Say why the recipients of a Smart BCC copy are not added as persons, None when strangers among them are. Pure."""
    for reason, holds in (
        (Skip.OFF, standing.settings.creates == "off"),
        (Skip.TOO_OLD, mail.at < standing.settings.creates_since),
        (Skip.MADE, mail.has_made),
        (Skip.NOT_VERIFIED, not mail.is_verified),
        (Skip.OUT_OF_SIGHT, not mail.is_in_sight),
    ):
        if holds:
            return reason
    return None


def title_of(mail: FirstMail, name: str) -> str:
    """Return what the lead or deal is called: the subject without its marks, or whose mail it is."""
    return subjects.base(mail.subject)[:_LONGEST_TITLE].strip() or f"Mail of {name}"
