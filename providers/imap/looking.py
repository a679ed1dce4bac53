"""A look at the whole account: which mailboxes there are, and which of them changed since the look before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from mail.changes import RemoteMailbox
from mail.types import MailboxKey
from providers.errors import Rejected, RetryLater
from providers.imap import convert, gmail, mailboxes
from providers.imap.comparing import SWEEP_EVERY_S, below
from providers.imap.knowledge import Knowledge
from providers.imap.line import Line
from providers.imap.session import Listed, Status, UidSet
from providers.imap.state import Box, Counts
from providers.protocol import MailboxChoice

_GLANCE_EVERY_S: Final = 120
"""So often the flags of a mailbox are compared whose server does not tell that they changed."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found. `due` are to be examined, in this order; `counts` is what the server said of each."""

    told: tuple[RemoteMailbox, ...]
    boxes: dict[MailboxKey, Box]
    due: tuple[MailboxKey, ...]
    counts: Mapping[MailboxKey, Counts | None]
    labels: gmail.Labels | None


class Looker:
    """Looks at an account again and again; remembers when it last glanced at the flags of each mailbox."""

    def __init__(self, line: Line, knowledge: Knowledge) -> None:
        self._line = line
        self._knowledge = knowledge
        self._glanced: dict[MailboxKey, float] = {}

    def touch(self, mailbox: MailboxKey) -> None:
        """Note that we changed a mailbox ourselves: its flags are worth a glance."""
        self._glanced.pop(mailbox, None)

    def look(
        self, before: Mapping[MailboxKey, Box], choices: Mapping[MailboxKey, MailboxChoice], now: int
    ) -> Look:
        """List the mailboxes with their counts. Raises RetryLater, SignInAgain."""
        session = self._line.session
        self._line.freshen()  # what is told of the open mailbox is then no older than of the others
        listed = self._listed(before)
        labels = gmail.labels_of(listed) if gmail.EXTENSION in session.capabilities else None
        told = mailboxes.describe(listed) if labels is None else gmail.describe(listed)
        by_key = {MailboxKey(one.name): one for one in listed}
        boxes: dict[MailboxKey, Box] = {}
        due: list[MailboxKey] = []
        counts: dict[MailboxKey, Counts | None] = {}
        about = {one.key: one for one in told if labels is None or one.key in labels.own}
        for key in mailboxes.in_order(about.values()):
            box = replace(before.get(key, Box(None)), role=about[key].role)
            boxes[key] = box
            choice = choices.get(key, MailboxChoice())
            if not choice.is_synced or box.frozen_until > now:
                continue
            counts[key] = self._counts(by_key[key])
            boxes[key] = self._fitted(key, box, counts[key], choice, now)
            if self._is_due(key, boxes[key], counts[key], now):
                due.append(key)
        return Look(told, boxes, tuple(due), counts, labels)

    def _listed(self, before: Mapping[MailboxKey, Box]) -> list[Listed]:
        """Return the mailboxes; asked twice before one is called gone, and never believed without an inbox."""
        session = self._line.session
        listed = session.list_mailboxes(with_status=True)
        if before.keys() - {one.name for one in listed if one.is_selectable}:
            listed = session.list_mailboxes(with_status=True)
        if before and not any(one.name.upper() == "INBOX" for one in listed):
            raise RetryLater("The server lists no inbox any more; it is asked again before that is believed.")
        return listed

    def _counts(self, listed: Listed) -> Counts | None:
        if listed.status is not None:
            return _of_status(listed.status)
        try:
            if self._line.session.selected != listed.name:
                return _of_status(self._line.session.status(listed.name))
            opened = self._line.select_anew(MailboxKey(listed.name))
        except Rejected:  # gone since it was listed, or closed to us
            return None
        return Counts(opened.uidvalidity or 0, opened.uidnext, opened.exists, opened.highestmodseq)

    def _fitted(
        self, key: MailboxKey, box: Box, counts: Counts | None, choice: MailboxChoice, now: int
    ) -> Box:
        """Return the box of a mailbox that may be new, or of which the user wants more than before."""
        if not box.checked_at and not box.uidvalidity and box.counts is None:
            box = replace(box, since_days=choice.since_days)
            known = self._knowledge.known(key)
            if not known and counts is not None and counts.uidnext is not None:
                return _begun(box, counts, now)
            if known and counts is not None:  # the state was lost, the mail was not: it is compared
                uids = (uid for epoch, uid in map(convert.numbers_of, known) if epoch == counts.uidvalidity)
                uidnext = counts.uidnext or max(uids, default=0) + 1
                return replace(box, uidvalidity=counts.uidvalidity, uidnext=uidnext, is_renumbering=True)
            return box
        if box.since_days != choice.since_days:
            return replace(box, since_days=choice.since_days, checked_at=0, counts=None)
        return box

    def _is_due(self, key: MailboxKey, box: Box, counts: Counts | None, now: int) -> bool:
        if box.counts is None or counts != box.counts:
            return True
        if box.older_modseq is not None and box.older_modseq != box.modseq:
            return gmail.EXTENSION in self._line.session.capabilities
        if box.modseq is not None or not box.exists:
            return False
        is_inbox = key.upper() == "INBOX"
        is_glance_due = now - self._glanced.get(key, 0) >= _GLANCE_EVERY_S
        if is_inbox or is_glance_due or now - box.checked_at >= SWEEP_EVERY_S:
            self._glanced[key] = now
            return True
        return False


def _of_status(status: Status) -> Counts | None:
    if status.messages is None:
        return None
    return Counts(status.uidvalidity or 0, status.uidnext, status.messages, status.highestmodseq)


def _begun(box: Box, counts: Counts, now: int) -> Box:
    uidnext = counts.uidnext or 1
    return replace(
        box,
        counts=counts,
        uidvalidity=counts.uidvalidity,
        uidnext=uidnext,
        modseq=counts.modseq,
        exists=counts.messages,
        todo=below(uidnext) if counts.messages else UidSet(),
        checked_at=now,
    )
