"""An open mailbox compared with what was told of it: what is new, what changed, what is gone."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from mail.types import MailboxKey, RemoteKey
from providers.imap import convert
from providers.imap.gmail import Labels
from providers.imap.knowledge import Knowledge
from providers.imap.line import Line
from providers.imap.session import Fetched, Selected, UidSet
from providers.imap.state import Box, Counts

Method = Literal["qresync", "condstore", "bare"]
SWEEP_EVERY_S: Final = 600
_NEWEST: Final = 500
"""So many flags are compared at each look where the server does not tell what changed."""
_SLICE: Final = 5_000
_FEW: Final = 50
"""Of a mailbox with no more than this, any number may vanish at once."""
_SHARE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a look goes by; up to `limit` changed flags are told without asking what the cache has."""

    line: Line
    knowledge: Knowledge
    now: int
    limit: int
    labels: Labels | None

    def labels_in(self, mailbox: MailboxKey) -> Labels | None:
        """Return how the labels of the messages of `mailbox` are shown, None where they have none."""
        return self.labels if self.labels is not None and mailbox == self.labels.all_mail else None


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to be told of one mailbox. `box` holds already; `after` holds once `flags` and `gone` were told."""

    mailbox: MailboxKey
    box: Box
    after: Mapping[str, object]
    fresh: UidSet = field(default_factory=UidSet)
    flags: tuple[tuple[int, frozenset[str]], ...] = ()
    gone: tuple[RemoteKey, ...] = ()


def below(uidnext: int) -> UidSet:
    """Return all numbers below one."""
    return UidSet([(1, uidnext - 1)]) if uidnext > 1 else UidSet()


def uidnext_of(line: Line, selected: Selected, least: int) -> int:
    """Return the number the next message gets, also from servers that do not say it."""
    if selected.uidnext:
        return selected.uidnext
    if not selected.exists:
        return least
    return max(least, line.session.search("UID *").highest + 1)


class Comparison:
    """A mailbox that is open, beside what was told of it. `is_exact` when the server tells who vanished (QRESYNC)."""

    def __init__(
        self,
        around: Circumstances,
        mailbox: MailboxKey,
        box: Box,
        selected: Selected,
        since: int | None,
        *,
        is_exact: bool,
    ) -> None:
        self._around = around
        self._session = around.line.session
        self._mailbox = mailbox
        self._selected = selected
        self._known: dict[int, frozenset[str]] | None = None
        self._server: UidSet | None = None
        self._since = since
        self._is_exact = is_exact
        self._labels = around.labels_in(mailbox)
        self._limit = 0 if around.labels is not None else around.limit
        self._items = "FLAGS" if self._labels is None else "FLAGS X-GM-LABELS"
        self._uidnext = uidnext_of(around.line, selected, box.uidnext)
        self._is_backward = self._uidnext < box.uidnext
        if self._is_backward:
            self._uidnext = max(self._uidnext, self.server.highest + 1)
        self._old = box
        self._fresh = UidSet([(box.uidnext, self._uidnext - 1)]) if self._uidnext > box.uidnext else UidSet()

    @property
    def known(self) -> dict[int, frozenset[str]]:
        """Return what the cache has of the mailbox, by uid."""
        if self._known is None:
            self._known = self._around.knowledge.of_epoch(self._mailbox, self._old.uidvalidity)
        return self._known

    @property
    def server(self) -> UidSet:
        """Return all the server has in the mailbox."""
        if self._server is None:
            self._server = self._session.search("ALL") if self._selected.exists else UidSet()
        return self._server

    def finding(self, counts: Counts | None) -> Finding:
        """Compare. Raises RetryLater."""
        method = self._method()
        changed, gone, checked = self._changes(method)
        todo = (self._old.todo | self._fresh) & below(self._uidnext)
        hidden = self._old.hidden
        if checked:
            todo |= self._absent(todo | hidden)
        flags, newly_hidden, shown = self._sort_out(changed, todo, hidden)
        gone = sorted(set(gone) | set(newly_hidden))
        doubted = self._is_doubtful(gone) if self._old.doubted == 0 and checked else 0
        hidden = (hidden | UidSet.from_uids(newly_hidden)) - UidSet.from_uids((*shown, *gone))
        hidden |= UidSet.from_uids(newly_hidden)
        box = replace(
            self._old,
            uidnext=self._uidnext,
            todo=(todo | UidSet.from_uids(shown)) - UidSet.from_uids(gone),
            hidden=hidden,
            renumberings=self._old.renumberings if self._old.is_renumbering else 0,
            counts=None,
        )
        if doubted:
            return Finding(self._mailbox, replace(box, doubted=doubted), {}, self._fresh, flags)
        keys = tuple(convert.key_of(box.uidvalidity, uid) for uid in gone)
        after = self._after(method, counts, is_checked=checked)
        return Finding(self._mailbox, box, after, self._fresh, flags, keys)

    def _method(self) -> Method:
        highest, since = self._selected.highestmodseq, self._since
        if highest is None or since is None or highest < since or not self._old.checked_at:
            return "bare"
        if self._is_exact:
            return "qresync"
        return "condstore" if self._session.enabled or "CONDSTORE" in self._session.capabilities else "bare"

    def _after(self, method: Method, counts: Counts | None, *, is_checked: bool) -> dict[str, object]:
        after: dict[str, object] = {
            "counts": counts,
            "older_modseq": self._old.modseq,
            "modseq": self._selected.highestmodseq,
            "exists": self._selected.exists,
            "doubted": self._old.doubted if self._old.is_renumbering else 0,
        }
        if is_checked or (method == "bare" and self._is_sweep_due()):
            after["checked_at"] = self._around.now
            if self._old.unanswered > 0:
                after["unanswered"] = -self._old.unanswered
        return after

    def _changes(self, method: Method) -> tuple[list[Fetched], list[int], bool]:
        """Return whose flags may have changed, who is gone, and whether the whole mailbox was compared for that."""
        checked = self._is_backward or self._old.unanswered > 0 or not self._old.checked_at
        grown = self._uidnext - self._old.uidnext
        if method == "qresync":
            changed: Iterable[Fetched] = self._selected.changed
            gone = self._vanished()
            is_right = self._old.exists + grown - len(gone) == self._selected.exists
            if checked or not is_right:
                return list(changed), self._gone(gone), True
            return list(changed), self._of_told(gone), False
        if method == "condstore":
            changed = self._changed_since()
        else:
            changed = self._swept()
            checked = checked or self._is_sweep_due()
        if checked or self._old.exists + grown != self._selected.exists:
            return list(changed), self._gone(UidSet()), True
        return list(changed), [], False

    def _vanished(self) -> UidSet:
        vanished = self._selected.vanished & below(self._uidnext)
        if len(vanished) > _FEW:  # "VANISHED 1:*" is believed as far as the messages cannot be found
            vanished -= self.server
        return vanished

    def _of_told(self, vanished: UidSet) -> list[int]:
        """Return who of them the cache may have: also what it put there itself since the last look, which was never told."""
        told = (vanished & below(self._old.uidnext)) - self._old.todo
        is_certain = len(told) <= self._limit
        fresh = vanished & self._fresh
        own = fresh.among(sorted(self.known)) if fresh else []
        return [*(told if is_certain else told.among(sorted(self.known))), *own]

    def _gone(self, vanished: UidSet) -> list[int]:
        sure = (vanished & below(self._old.uidnext)) - self.server
        return [uid for uid in sorted(self.known) if uid not in self.server or uid in sure]

    def _absent(self, expected: UidSet) -> UidSet:
        found = self.server & below(self._uidnext)
        if self._old.since_days:
            found &= self._session.search(since_criteria(self._old.since_days, self._around.now))
        absent = found - expected - UidSet.from_uids(self.known)
        return UidSet() if len(absent) == -self._old.unanswered else absent

    def _is_doubtful(self, gone: list[int]) -> int:
        had = len(self.known)
        is_shrunken = had > _FEW and len(gone) > had * _SHARE
        return len(gone) if is_shrunken and not self._is_told_exactly(gone) else 0

    def _is_told_exactly(self, gone: list[int]) -> bool:
        return self._is_exact and len(UidSet.from_uids(gone) & self._selected.vanished) == len(gone)

    def _changed_since(self) -> list[Fetched]:
        if self._selected.highestmodseq == self._since or self._old.uidnext <= 1:
            return []
        told = below(self._old.uidnext)
        return list(self._session.fetch(told, self._items, changed_since=self._since))

    def _is_sweep_due(self) -> bool:
        return self._around.now - self._old.checked_at >= SWEEP_EVERY_S

    def _swept(self) -> list[Fetched]:
        told = below(self._old.uidnext) - self._old.todo
        if not told or not self._selected.exists:
            return []
        highest = self._selected.highestmodseq
        is_lost = highest is not None and (self._since is None or highest < self._since)
        uids = sorted(self.known)
        if not (is_lost or self._is_sweep_due() or not self._old.checked_at):
            uids = uids[-_NEWEST:]
        uids += list(self._old.hidden)
        found: list[Fetched] = []
        for start in range(0, len(uids), _SLICE):
            part = UidSet.from_uids(uids[start : start + _SLICE])
            found.extend(self._session.fetch(part, self._items))
        return found

    def _sort_out(
        self, changed: Sequence[Fetched], todo: UidSet, hidden: UidSet
    ) -> tuple[tuple[tuple[int, frozenset[str]], ...], list[int], list[int]]:
        """Return the keywords to tell, and who got and who lost the mark of being deleted."""
        flags: list[tuple[int, frozenset[str]]] = []
        marked, shown = [], []
        for one in changed:
            if one.flags is None or one.uid >= self._old.uidnext or one.uid in todo:
                continue
            if convert.is_deleted(one.flags):
                if one.uid not in hidden:
                    marked.append(one.uid)
            elif one.uid in hidden:
                shown.append(one.uid)
            else:
                flags.append((one.uid, convert.keywords_of(one.flags)))
        if len(flags) > self._limit or self._known is not None or self._old.since_days:
            moved = self._relabelled(changed) if flags else frozenset()
            flags = [
                (uid, keywords)
                for uid, keywords in flags
                if uid in self.known and (self.known[uid] != keywords or uid in moved)
            ]
        return tuple(flags), marked, shown

    def _relabelled(self, changed: Iterable[Fetched]) -> frozenset[int]:
        """Return the messages that show in other mailboxes than the cache has them in."""
        if self._labels is None:
            return frozenset()
        now = {one.uid: set(self._labels.mailboxes_of(one.labels or ())) for one in changed}
        before: dict[int, set[MailboxKey]] = {uid: set() for uid in now}
        for mailbox in self._labels.label_of:
            known = self._around.knowledge.known(mailbox)
            for uid, places in before.items():
                if convert.key_of(self._old.uidvalidity, uid) in known:
                    places.add(mailbox)
        return frozenset(uid for uid, places in now.items() if places != before[uid])


def since_criteria(days: int, now: int) -> str:
    """Return the search for mail of the last days."""
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    day = time.gmtime(now - days * 86_400)
    return f"SINCE {day.tm_mday}-{month[day.tm_mon - 1]}-{day.tm_year}"
