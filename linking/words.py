"""What the rules say, in words: one line on why a conversation is linked or not, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from linking.rules import Reason
from store.crm.items import ItemRef

MOST_NAMED: Final = 3
"""So many candidates are named; of others it is said how many there are."""


class Said(Protocol):
    """A decision, as the rules make it or as it is kept."""

    @property
    def reason(self) -> str:
        """A code of Reason."""

    @property
    def candidates(self) -> Sequence[ItemRef]:
        """The items it is about."""


_SENTENCES: Final = {
    Reason.AUTO_LINK_OFF: "automatic linking was off for this account",
    Reason.SPAM_FOLDER_IS_INBOX: "the mailbox for spam is the Inbox: nothing is linked by itself",
    Reason.EXCLUDED_FOLDER: "it lies in drafts, spam or trash",
    Reason.BLOCKED: "everybody else here is among the exceptions",
    Reason.INTERNAL_ONLY: "only our own people take part",
    Reason.BCC_SENDER_NOT_VERIFIED: "the Smart BCC copy came from an address that is not known as yours",
    Reason.ALREADY_LINKED: "linked already to {}",
    Reason.ALREADY_LINKED_CLOSED: "linked already to {}, closed by then",
    Reason.BCC_DIRECT: "sent to the Smart BCC address of {}",
    Reason.BCC_ITEM_GONE: "sent to the Smart BCC address of an item that was deleted",
    Reason.MANUALLY_UNLINKED: "unlinked by hand: no rule links it again",
    Reason.BULK: "a newsletter, a mailing list or an automatic message",
    Reason.UNKNOWN_CONTACT: "nobody here is in the CRM",
    Reason.NO_OPEN_ITEM: "no open deal, lead or project of these people",
    Reason.MANY_RECIPIENTS_NO_OPEN_ITEM: "nobody of the many here has an open deal, lead or project",
    Reason.ITEM_NEWER_THAN_CONVERSATION: "{} came after the conversation had begun",
    Reason.AMBIGUOUS: "{count} open items: {}",
    Reason.LINKED: "the one open {kind} of these people: {}",
}
_ADVICE: Final = {
    Reason.AUTO_LINK_OFF: "Link it by hand, or switch automatic linking on for what comes from now on.",
    Reason.SPAM_FOLDER_IS_INBOX: "Choose another mailbox for spam: what comes then is linked again.",
    Reason.EXCLUDED_FOLDER: "Move it to another mailbox: then it is judged.",
    Reason.BLOCKED: "Take the address off the exceptions, or link it by hand.",
    Reason.BCC_SENDER_NOT_VERIFIED: "Add the address to those you write as, if it is yours.",
    Reason.BCC_ITEM_GONE: "Restore the item, or link it by hand.",
    Reason.MANUALLY_UNLINKED: "Link it by hand if it should be linked after all.",
    Reason.BULK: "Link it by hand if it matters.",
    Reason.UNKNOWN_CONTACT: "Add the sender to the CRM, or link it by hand.",
    Reason.NO_OPEN_ITEM: "Create a deal or lead for them, or link it by hand.",
    Reason.MANY_RECIPIENTS_NO_OPEN_ITEM: "Link it by hand.",
    Reason.ITEM_NEWER_THAN_CONVERSATION: "Link it by hand if it is about that: rules never link older mail.",
    Reason.AMBIGUOUS: "Choose which one it is about.",
}


def sentence(said: Said, names: Mapping[ItemRef, str]) -> str:
    """Return why, in one line without a full stop; `names` are titles of items, safe to show."""
    reason, count = Reason(said.reason), len(said.candidates)
    kind = said.candidates[0].kind.value if count else "item"
    return _SENTENCES[reason].format(_named(reason, said.candidates, names), count=count, kind=kind)


def _named(reason: Reason, candidates: Sequence[ItemRef], names: Mapping[ItemRef, str]) -> str:
    titles = [names.get(ref) or f"a {ref.kind.value} that is gone" for ref in candidates]
    if not titles:
        return "an item that is gone"
    if len(titles) > MOST_NAMED:
        titles = [*titles[: MOST_NAMED - 1], f"{len(titles) - MOST_NAMED + 1} more"]
    word = "or" if reason is Reason.AMBIGUOUS else "and"
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} {word} {titles[-1]}"


def advice(reason: str) -> str:
    """Return what the user can do about it, "" when nothing is amiss."""
    return _ADVICE.get(Reason(reason), "")


def unjudged(*, is_due: bool) -> str:
    """Return the same of a conversation of which nothing was decided: its turn has not come, or it is from before."""
    return _NOT_YET if is_due else _BEFORE


_NOT_YET: Final = "the rules have not looked at it yet"
_BEFORE: Final = "it came before the rules did: dealbox relink looks at such mail"
