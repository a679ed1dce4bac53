"""Operations where mailboxes are labels (Gmail): what lies in All Mail is labelled, only trash and junk are places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from mail.operations import Applied, Destroy, Move, SetKeywords
from mail.types import MailboxKey
from providers.imap import convert
from providers.imap.doing import Hand, Outcome
from providers.imap.gmail import Labels
from providers.imap.line import Line
from providers.imap.session import UidSet

_ITEM: Final = "X-GM-LABELS"
_DRAFT: Final = "\\Draft"


class LabelHand:
    """Changes labels, and messages by the hand that knows mailboxes."""

    def __init__(self, line: Line, hand: Hand, labels: Labels) -> None:
        self._line = line
        self._hand = hand
        self._labels = labels

    def move(self, operations: Sequence[Move]) -> list[Outcome]:
        """Put one label in the place of another, or carry messages into and out of trash and junk."""
        source, target = operations[0].mailbox, operations[0].target
        place, goal = self._labels.source(source), self._labels.source(target)
        if place == goal:
            return self._relabelled(operations, source, target)
        moved = self._hand.move([replace(one, mailbox=place, target=goal) for one in operations])
        if goal == target:
            return moved
        uids = [convert.numbers_of(one.key)[1] for one in moved if isinstance(one, Applied) and one.key]
        self._change(UidSet.from_uids(uids), "+", target)
        return [replace(one, mailbox=target) if isinstance(one, Applied) else one for one in moved]

    def _relabelled(
        self, operations: Sequence[Move], source: MailboxKey, target: MailboxKey
    ) -> list[Outcome]:
        here = self._labels.all_mail
        stay = self._hand.move([replace(one, mailbox=here, target=here) for one in operations])
        uids = [convert.numbers_of(one.key)[1] for one in stay if isinstance(one, Applied) and one.key]
        there = UidSet.from_uids(uids)
        self._change(there, "+", target)
        if source != target:
            self._change(there, "-", source)
        return [replace(one, mailbox=target) if isinstance(one, Applied) else one for one in stay]

    def _change(self, uids: UidSet, sign: str, mailbox: MailboxKey) -> None:
        label = self._labels.label_of.get(mailbox)
        if not uids or label is None:
            return
        self._line.select(self._labels.all_mail)
        self._line.session.store(uids, "+" if sign == "+" else "-", (label,), item=_ITEM)

    def set_keywords(self, operations: Sequence[SetKeywords]) -> list[Outcome]:
        """Mark messages where they lie."""
        mailbox = operations[0].mailbox
        place = self._labels.source(mailbox)
        done = self._hand.set_keywords([replace(one, mailbox=place) for one in operations])
        return [replace(one, mailbox=mailbox) if isinstance(one, Applied) else one for one in done]

    def destroy(self, operations: Sequence[Destroy]) -> list[Outcome]:
        """Remove messages for good from trash, junk, drafts and All Mail; from any other mailbox take its label."""
        mailbox = operations[0].mailbox
        label = self._labels.label_of.get(mailbox)
        if mailbox != self._labels.all_mail and label is None:
            return self._hand.destroy(operations)
        if label not in (None, _DRAFT) or self._labels.trash is None:
            uids = UidSet.from_uids(convert.numbers_of(one.key)[1] for one in operations)
            self._change(uids, "-", mailbox)
            return [Applied() for _ in operations]
        here, trash = self._labels.all_mail, self._labels.trash
        moved = self._hand.move([Move(here, one.key, trash) for one in operations])
        gone = [Destroy(trash, one.key) for one in moved if isinstance(one, Applied) and one.key is not None]
        if gone:
            self._hand.destroy(gone)
        return [Applied() for _ in operations]
