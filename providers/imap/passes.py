"""What an account has to tell, page by page: looks at it now and then, and in between tells what is still to come."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from typing import Final

from mail.changes import ChangeBatch, RemoteEmail
from mail.types import MailboxKey, RemoteKey
from providers.errors import Rejected
from providers.imap import convert, gmail, state, telling
from providers.imap.backlog import Backlog, Renumbered
from providers.imap.comparing import Circumstances, Finding
from providers.imap.examining import examine
from providers.imap.knowledge import Knowledge
from providers.imap.line import Line
from providers.imap.looking import Looker
from providers.imap.session import UidSet
from providers.imap.state import Account, Counts
from providers.protocol import MailboxChoice, Memory

LOOK_EVERY_S: Final = 60.0
_PAGE_S: Final = 0.5
"""So long a page goes on being filled from further mailboxes."""
_MOST_GONE: Final = 5_000
_FEW: Final = 50


class Pass:
    """Tells everything once, from the state of before on. What was not taken by the cache is told again."""

    def __init__(
        self,
        line: Line,
        memory: Memory,
        looker: Looker,
        knowledge: Knowledge,
        account: Account,
        clock: Callable[[], float],
    ) -> None:
        self._line = line
        self._memory = memory
        self._looker = looker
        self._knowledge = knowledge
        self._clock = clock
        self._mailboxes = account.mailboxes
        self._has_told_mailboxes = True
        self._backlog = Backlog(line, dict(account.boxes), is_inbox_first=True)
        self._labels: gmail.Labels | None = None
        self._due: deque[MailboxKey] = deque()
        self._counts: dict[MailboxKey, Counts | None] = {}
        self._findings: list[Finding] = []
        self._flags: deque[tuple[MailboxKey, int, frozenset[str]]] = deque()
        self._gone: deque[tuple[MailboxKey, RemoteKey]] = deque()
        self._idle: frozenset[MailboxKey] = frozenset()
        self._looked_at: float | None = None
        self._doubted_now: set[MailboxKey] = set()

    @property
    def boxes(self) -> dict[MailboxKey, state.Box]:
        """Return how far each mailbox was told."""
        return self._backlog.boxes

    @property
    def labels(self) -> gmail.Labels | None:
        """Return how labels are shown, as of the last look."""
        return self._labels

    def is_look_due(self) -> bool:
        """Say whether it is time to look at the account, a backlog or not."""
        return self._looked_at is None or time.monotonic() - self._looked_at >= LOOK_EVERY_S

    def look(self) -> None:
        """Look at the account anew. Raises RetryLater, SignInAgain."""
        now = int(self._clock())
        choices = self._memory.choices()
        found = self._looker.look(self.boxes, choices, now)
        self._backlog.boxes = dict(found.boxes)
        self._labels = found.labels
        self._due = deque(found.due)
        self._counts = dict(found.counts)
        self._findings.clear()
        self._flags.clear()
        self._gone.clear()
        self._doubted_now.clear()
        self._leave_out(found.boxes.keys() - found.counts.keys(), choices)
        self._idle = frozenset(key for key in found.boxes if key not in found.counts)
        self._looked_at = time.monotonic()
        if found.told != self._mailboxes:
            self._mailboxes = found.told
            self._has_told_mailboxes = False

    def _leave_out(self, unlooked: Set[MailboxKey], choices: Mapping[MailboxKey, MailboxChoice]) -> None:
        """Tell what lies in mailboxes that are no longer synced to be gone; wanted again, they begin anew."""
        for mailbox in sorted(unlooked):
            if choices.get(mailbox, MailboxChoice()).is_synced:
                continue
            for key in self._knowledge.known(mailbox):
                self._gone.extend((place, key) for place in self._places(mailbox))
            self.boxes[mailbox] = state.Box(self.boxes[mailbox].role)

    def next_page(self, limit: int) -> ChangeBatch:
        """Return the next page. Raises RetryLater; then nothing of it counts as told."""
        page = _Page(limit)
        renumbered = self._renumbering()
        self._tell_changes(page)
        if not page.upserted and not page.destroyed:
            self._tell_backlog(page)
        renumbered |= self._renumbering()
        self._end_renumberings(page)
        self._note(page)
        mailboxes = None if self._has_told_mailboxes else self._mailboxes
        self._has_told_mailboxes = True
        return ChangeBatch(
            tuple(page.upserted),
            tuple(page.destroyed),
            mailboxes,
            state.dumps(Account(self._mailboxes, self.boxes)),
            self._has_more(),
            self._backlog.remaining(self._idle) + len(self._flags) + len(self._gone),
            renumbered,
        )

    def frozen(self) -> list[MailboxKey]:
        """Return the mailboxes that were given up for now because the server numbers them anew each time."""
        now = self._clock()
        return [mailbox for mailbox, box in self.boxes.items() if box.frozen_until > now]

    def _has_more(self) -> bool:
        is_told = not (self._due or self._flags or self._gone or self._findings)
        return not is_told or self._backlog.next_mailbox(self._idle) is not None

    def _renumbering(self) -> frozenset[MailboxKey]:
        return frozenset(mailbox for mailbox, box in self.boxes.items() if box.is_renumbering)

    def _tell_changes(self, page: _Page) -> None:
        """Tell what arrived and changed; what is gone when all that arrived was told, since a move is both."""
        while page.room:
            if self._backlog.has_fresh:
                self._tell_window(page)
            elif self._flags:
                self._tell_flags(page)
            elif self._due and not page.is_late:
                self._examine(self._due.popleft(), page.limit)
            else:
                break
        if not (self._due or self._flags or self._backlog.has_fresh):
            while self._gone and len(page.destroyed) < _MOST_GONE:
                page.destroyed.append(self._gone.popleft())
            if not self._gone:
                self._complete()

    def _examine(self, mailbox: MailboxKey, limit: int) -> None:
        around = Circumstances(self._line, self._knowledge, int(self._clock()), limit, self._labels)
        box = self.boxes[mailbox]
        try:
            finding = examine(around, mailbox, box, self._counts.get(mailbox))
        except Rejected:
            self._idle |= {mailbox}
            return
        self._backlog.look_again(mailbox)
        self.boxes[mailbox] = finding.box
        if finding.box.frozen_until > self._clock():
            self._idle |= {mailbox}
        self._backlog.add_fresh(mailbox, finding.fresh)
        self._findings.append(finding)
        self._flags.extend((mailbox, uid, keywords) for uid, keywords in finding.flags)
        for key in finding.gone:
            self._gone.extend((place, key) for place in self._places(mailbox))

    def _places(self, mailbox: MailboxKey) -> tuple[MailboxKey, ...]:
        if self._labels is None or mailbox != self._labels.all_mail:
            return (mailbox,)
        return (mailbox, *self._labels.label_of)

    def _complete(self) -> None:
        for finding in self._findings:
            if finding.mailbox in self.boxes:
                box = self.boxes[finding.mailbox]
                self.boxes[finding.mailbox] = replace(box, **finding.after)  # type: ignore[arg-type] # fields of Box
        self._findings.clear()

    def _tell_flags(self, page: _Page) -> None:
        mailbox, uid, keywords = self._flags.popleft()
        if self._labels is not None and mailbox == self._labels.all_mail:
            self._flags.appendleft((mailbox, uid, keywords))
            self._tell_labels(page, mailbox)
            return
        key = convert.key_of(self.boxes[mailbox].uidvalidity, uid)
        page.upserted.append(RemoteEmail(mailbox, key, keywords, 0, None))

    def _tell_labels(self, page: _Page, mailbox: MailboxKey) -> None:
        """Tell messages anew whose labels may have changed: the places they came to, and those they left."""
        assert self._labels is not None
        uids: list[int] = []
        while self._flags and self._flags[0][0] == mailbox and len(uids) < page.room:
            uids.append(self._flags.popleft()[1])
        self._line.select(mailbox)
        window = telling.fetch(self._line, mailbox, UidSet.from_uids(uids), is_whole=False, has_labels=True)
        epoch = self.boxes[mailbox].uidvalidity
        for uid, places in telling.remote_emails(window, mailbox, epoch, self._labels, int(self._clock())):
            page.upserted.extend(places)
            left = self._labels.others([one.mailbox for one in places])
            page.destroyed.extend((other, convert.key_of(epoch, uid)) for other in left)

    def _tell_backlog(self, page: _Page) -> None:
        while page.room and not page.is_late and self._tell_window(page):
            pass

    def _tell_window(self, page: _Page) -> bool:
        mailbox = self._backlog.next_mailbox(self._idle)
        if mailbox is None:
            return False
        try:
            told = self._backlog.take(mailbox, page.room, self._labels, int(self._clock()))
        except Renumbered:
            self._examine(mailbox, page.limit)
            return True
        except Rejected:
            self._idle |= {mailbox}
            return True
        for _, places in told:
            page.upserted.extend(places)
        return True

    def _end_renumberings(self, page: _Page) -> None:
        """Tell the keys of earlier epochs to be gone once all messages were told under their new ones."""
        for mailbox in self._renumbering() - self._idle:
            box = self.boxes[mailbox]
            if box.todo or self._findings or self._due:
                continue
            old = [
                key for key in self._knowledge.known(mailbox) if convert.numbers_of(key)[0] != box.uidvalidity
            ]
            if not box.exists and len(old) > _FEW and (not box.doubted or mailbox in self._doubted_now):
                self._doubted_now.add(mailbox)
                self.boxes[mailbox] = replace(box, doubted=len(old), counts=None)
                continue
            page.destroyed.extend((mailbox, key) for key in old)
            self.boxes[mailbox] = replace(box, is_renumbering=False, doubted=0)

    def _note(self, page: _Page) -> None:
        for remote in page.upserted:
            self._knowledge.tell(remote.mailbox, remote.key, remote.keywords)
        for place in page.destroyed:
            self._knowledge.tell(*place, None)


class _Page:
    """A page that is being filled."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.upserted: list[RemoteEmail] = []
        self.destroyed: list[tuple[MailboxKey, RemoteKey]] = []
        self._ends_at = time.monotonic() + _PAGE_S

    @property
    def room(self) -> int:
        return max(0, self.limit - len(self.upserted))

    @property
    def is_late(self) -> bool:
        return time.monotonic() > self._ends_at and bool(self.upserted or self.destroyed)


def frozen_text(mailboxes: list[MailboxKey]) -> str:
    """Say which mailboxes are not synced for now and why."""
    names = ", ".join(mailboxes[:3])
    return (
        f"The server numbers the messages of {names} anew each time (UIDVALIDITY): new mail there shows again once "
        "it stops. Tell whoever runs the server; it is tried again in an hour."
    )
