"""What is still to come of each mailbox, and whose turn it is: the inbox first, then in turns, always newest first."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace
from typing import Final

from mail.changes import RemoteEmail
from mail.types import MailboxKey, Role
from providers.imap import telling
from providers.imap.comparing import since_criteria
from providers.imap.gmail import Labels
from providers.imap.line import Line
from providers.imap.session import Refused, UidSet
from providers.imap.state import FIRST, Box

_FEW: Final = 50
_LARGEST_WINDOW: Final = 2_000
_QUICK_S: Final = 0.5
_SPAN: Final = 1_000
"""So many numbers are asked for without asking first which of them there are."""
_DENSE: Final = 0.9
_EARLY: Final = (Role.INBOX, Role.SENT, Role.DRAFTS)
Told = tuple[int, tuple[RemoteEmail, ...]]


class Renumbered(Exception):
    """A mailbox was numbered anew since it was looked at."""


class Backlog:
    """Fetches windows of what is still to come, and remembers between two pages what was fetched ahead."""

    def __init__(self, line: Line, boxes: dict[MailboxKey, Box], *, is_inbox_first: bool) -> None:
        self.boxes = boxes
        self._line = line
        self._is_inbox_first = is_inbox_first
        self._fresh: dict[MailboxKey, UidSet] = {}
        self._existing: dict[MailboxKey, UidSet] = {}
        self._ahead: dict[MailboxKey, deque[Told]] = {}
        self._turns: deque[MailboxKey] = deque()
        self._window = 500
        self._inbox_first: UidSet | None = None

    def add_fresh(self, mailbox: MailboxKey, uids: UidSet) -> None:
        """Let what just arrived come before anything else."""
        if uids:
            self._fresh[mailbox] = self._fresh.get(mailbox, UidSet()) | uids

    def look_again(self, mailbox: MailboxKey) -> None:
        """Forget what was fetched ahead of a mailbox: it may have changed since."""
        self._ahead.pop(mailbox, None)
        self._existing.pop(mailbox, None)

    @property
    def has_fresh(self) -> bool:
        """Say whether something arrived that was not told."""
        return any(self._fresh_of(mailbox) for mailbox in list(self._fresh))

    def _fresh_of(self, mailbox: MailboxKey) -> UidSet:
        left = self._fresh[mailbox] & self.boxes[mailbox].todo if mailbox in self.boxes else UidSet()
        if not left:
            del self._fresh[mailbox]
        return left

    def remaining(self, idle: frozenset[MailboxKey]) -> int:
        """Return about how many messages are still to come, of mailboxes that are not `idle`."""
        count = 0
        for mailbox, box in self.boxes.items():
            if box.todo and mailbox not in idle:
                existing = self._existing.get(mailbox)
                count += min(len(box.todo), box.exists or 1) if existing is None else len(existing)
        return count

    def next_mailbox(self, idle: frozenset[MailboxKey]) -> MailboxKey | None:
        """Return whose turn it is, None when everything was told."""
        for mailbox in list(self._fresh):
            if mailbox not in idle and mailbox in self._fresh and self._fresh_of(mailbox):
                return mailbox
        waiting = [mailbox for mailbox, box in self.boxes.items() if box.todo and mailbox not in idle]
        for role in _EARLY:
            for mailbox in waiting:
                if self.boxes[mailbox].role is role and self.boxes[mailbox].first < FIRST:
                    return mailbox
        return self._next_turn(waiting)

    def _next_turn(self, waiting: list[MailboxKey]) -> MailboxKey | None:
        if not waiting:
            return None
        there = frozenset(waiting)
        in_turn = set(self._turns)
        self._turns.extend(mailbox for mailbox in waiting if mailbox not in in_turn)
        if self._ahead.get(self._turns[0]) and self._turns[0] in there:
            return self._turns[0]
        while True:
            self._turns.rotate(-1)
            if self._turns[0] in there:
                return self._turns[0]
            self._turns.popleft()

    def take(self, mailbox: MailboxKey, count: int, labels: Labels | None, now: int) -> list[Told]:
        """Return the next `count` messages of a mailbox, newest first; they count as told.

        Raises Renumbered, Refused, RetryLater.
        """
        ahead = self._ahead.get(mailbox)
        if not ahead:
            ahead = self._ahead[mailbox] = self._fetch(mailbox, count, labels, now)
        told = [ahead.popleft() for _ in range(min(count, len(ahead)))]
        if told:
            self._count_as_told(mailbox, [uid for uid, _ in told])
        return told

    def _count_as_told(self, mailbox: MailboxKey, uids: list[int]) -> None:
        box = self.boxes[mailbox]
        done = UidSet.from_uids(uids)
        existing = self._existing.get(mailbox, UidSet()) - done
        self._existing[mailbox] = existing
        todo = box.todo - done
        if not existing:
            todo = UidSet()
        elif not self._ahead.get(mailbox) or existing.highest < min(uids):
            todo &= UidSet([(1, existing.highest)])
        first = min(FIRST, box.first + len(uids))
        self.boxes[mailbox] = replace(box, todo=todo, first=first)

    def _fetch(self, mailbox: MailboxKey, count: int, labels: Labels | None, now: int) -> deque[Told]:
        selected = self._line.select(mailbox)
        box = self.boxes[mailbox]
        if (selected.uidvalidity or 0) != box.uidvalidity:
            self._line.forget()
            raise Renumbered(mailbox)
        fresh = self._fresh_of(mailbox) if mailbox in self._fresh else UidSet()
        existing = self._exact(mailbox, box, selected.exists, now)
        wanted = self._wanted(mailbox, existing, fresh, count, labels)
        if not wanted:
            self.boxes[mailbox] = replace(box, todo=box.todo - fresh if fresh else UidSet())
            return deque()
        is_whole = bool(fresh) and len(wanted) <= _FEW
        began = time.monotonic()
        window = telling.fetch(self._line, mailbox, wanted, is_whole=is_whole, has_labels=labels is not None)
        if time.monotonic() - began < _QUICK_S and len(wanted) >= self._window:
            self._window = min(_LARGEST_WINDOW, self._window * 2)
        self._note_silence(mailbox, window)
        return deque(telling.remote_emails(window, mailbox, box.uidvalidity, labels, now))

    def _wanted(
        self, mailbox: MailboxKey, existing: UidSet, fresh: UidSet, count: int, labels: Labels | None
    ) -> UidSet:
        if fresh:
            return telling.newest(fresh, count)
        size = count if self.boxes[mailbox].first < FIRST else max(count, self._window)
        if labels is not None and mailbox == labels.all_mail and self._is_inbox_first:
            if self._inbox_first is None:
                self._inbox_first = telling.newest(self._labelled_inbox(), FIRST)
            early = existing & self._inbox_first
            if early:
                return telling.newest(early, count)
        return telling.newest(existing, size)

    def _labelled_inbox(self) -> UidSet:
        try:
            return self._line.session.search("X-GM-LABELS \\Inbox")
        except Refused:
            return UidSet()

    def _exact(self, mailbox: MailboxKey, box: Box, exists: int, now: int) -> UidSet:
        """Return which of the numbers still to come there are, as far as it pays to ask."""
        if mailbox not in self._existing:
            existing = box.todo
            if box.since_days:
                fresh = self._fresh.get(mailbox, UidSet())
                existing &= self._line.session.search(since_criteria(box.since_days, now)) | fresh
            elif len(box.todo) > _SPAN and exists < box.uidnext * _DENSE:
                existing &= self._line.session.search("ALL")
            self._existing[mailbox] = existing
        return self._existing[mailbox]

    def _note_silence(self, mailbox: MailboxKey, window: telling.Window) -> None:
        """Take marked and missing messages out of what is to come; what is missing is looked for once more."""
        box = self.boxes[mailbox]
        deleted = UidSet.from_uids(window.deleted)
        nothing = deleted | window.unanswered
        if not nothing:
            return
        self._existing[mailbox] = self._existing.get(mailbox, UidSet()) - nothing
        unanswered = box.unanswered
        counts = box.counts
        if window.unanswered and unanswered >= 0:
            unanswered += len(window.unanswered)
            counts = None
        self.boxes[mailbox] = replace(
            box, todo=box.todo - nothing, hidden=box.hidden | deleted, unanswered=unanswered, counts=counts
        )
