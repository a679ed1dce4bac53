"""How far each mailbox was told, in plain facts: for whoever wants to know why something is not there."""

from __future__ import annotations

from dataclasses import dataclass

from mail.changes import State
from mail.types import MailboxKey
from providers.imap import state


@dataclass(frozen=True, slots=True)
class Standing:
    """One mailbox as of the last look.

    `messages` is how many the server had, `to_come` about how many of them are still to be told. `compared_at` is when
    all of it was last compared, 0 for never. `doubted` is how many seemed to be gone at once, which is asked again
    before it is believed. `frozen_until` is when a mailbox that is numbered anew each time is looked at again.
    """

    key: MailboxKey
    name: str
    messages: int
    to_come: int
    compared_at: int
    doubted: int
    unanswered: int
    is_renumbering: bool
    frozen_until: int
    since_days: int


def standings(remembered: State | None) -> tuple[Standing, ...]:
    """Return how each mailbox stands that holds mail of its own, in the order of their names.

    Raises StateExpired when the memory cannot be read: then everything is compared anew.
    """
    account = state.loads(remembered)
    names = {one.key: one.name for one in account.mailboxes}
    told = (_standing(key, names.get(key, key), box) for key, box in account.boxes.items())
    return tuple(sorted(told, key=lambda one: (one.key.upper() != "INBOX", one.name.casefold())))


def _standing(key: MailboxKey, name: str, box: state.Box) -> Standing:
    return Standing(
        key=key,
        name=name,
        messages=box.exists,
        to_come=min(len(box.todo), box.exists or 1) if box.todo else 0,
        compared_at=box.checked_at,
        doubted=box.doubted,
        unanswered=abs(box.unanswered),
        is_renumbering=box.is_renumbering,
        frozen_until=box.frozen_until,
        since_days=box.since_days,
    )
