"""One pass over a Maildir: what differs from what the cache knows, told page by page, newest mail first."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Final, NamedTuple

from mail.changes import ChangeBatch, RemoteEmail, RemoteMailbox
from mail.types import MailboxKey, RemoteKey, Role
from providers.maildir import files, layout, state
from providers.maildir.files import Snapshot
from providers.maildir.layout import Layout
from providers.maildir.state import Told
from providers.protocol import Memory

FIRST_PAGE: Final = 64
PAGE_LIMIT_OCTETS: Final = 8 * 1024 * 1024
_INBOX_FIRST: Final = 2_000
"""So much mail comes from the inbox alone; of an inbox of more than twice as much, by the times in the names."""
_INBOX_PAGES: Final = 4
"""So many pages are told before anything else is looked at."""
_LOOKS: Final = 25_000
"""Files looked at between two pages while the inbox is told, so that no page waits long."""
_LAST_TIME: Final = 2**40


class Entry(NamedTuple):
    """A message to tell of. The order of entries is the order of telling; `is_new` ones come with octets."""

    rank: int
    age: float
    mailbox: MailboxKey
    key: RemoteKey
    place: str
    is_new: bool


class Pass:
    """What is still to be told after one look at the mailboxes. Goes on from `told`, compares with `memory`."""

    def __init__(self, found: Layout, told: Told, memory: Memory) -> None:
        self.found = found
        self.unlistable: dict[MailboxKey, str] = {}
        self._told = told
        self._memory = memory
        self._looks: dict[MailboxKey, Snapshot] = {}
        self._unreadable: dict[MailboxKey, set[RemoteKey]] = {}
        self._custom: dict[MailboxKey, tuple[tuple[str, str], ...]] = {}
        self._entries: deque[Entry] = deque()
        self._destroyed: deque[tuple[MailboxKey, RemoteKey]] = deque()
        self._mailboxes = _with_unreachable(found, told)
        self._has_told_mailboxes = self._mailboxes == told.mailboxes
        self._page = 0
        self._inbox_keys: set[RemoteKey] = set()
        self._inbox_new_ns = -1
        self._unlooked: list[Entry] = []
        self._waiting: list[Entry] = []
        self._is_complete = False
        inboxes = [one for one in self._mailboxes if one.role is Role.INBOX]
        self._inbox = inboxes[0].key if inboxes else None
        self._unlisted = deque(inboxes + [one for one in self._mailboxes if one.role is not Role.INBOX])
        self._list_inbox()

    def next_page(self, limit: int) -> ChangeBatch:
        """Return the next page; the last one carries the state of all of it."""
        size = min(
            limit, FIRST_PAGE << min(self._page, 20)
        )  # small at first, so that there is something to read
        if self._page >= _INBOX_PAGES or not self._entries:
            self._look_further()
        self._add_arrivals()
        upserted = self._read_page(size)
        destroyed: list[tuple[MailboxKey, RemoteKey]] = []
        if self._is_complete and not self._entries:
            room = max(1, size - len(upserted))
            destroyed = [self._destroyed.popleft() for _ in range(min(room, len(self._destroyed)))]
        has_more = bool(not self._is_complete or self._entries or self._destroyed)
        mailboxes = None if self._has_told_mailboxes else self._mailboxes
        self._has_told_mailboxes = True
        self._page += 1
        remaining = len(self._entries) + len(self._destroyed) if self._is_complete else None
        return ChangeBatch(
            tuple(upserted),
            tuple(destroyed),
            mailboxes,
            state.dumps(self._new_state(has_more)),
            has_more,
            remaining,
        )

    def _new_state(self, has_more: bool) -> Told:
        if has_more:
            # Told again after a crash, but for what the cache knows by then: the looks of before stay in force.
            return replace(self._told, mailboxes=self._mailboxes, page=self._page)
        looks = {one.key: look for one in self._mailboxes if (look := self._look_of(one.key)) is not None}
        kept = {
            key: keys
            for key, keys in self._told.unreadable.items()
            if key in looks and key not in self._looks
        }
        unreadable = kept | {key: frozenset(keys) for key, keys in self._unreadable.items()}
        return Told(self._mailboxes, looks, unreadable)

    def _look_of(self, mailbox: MailboxKey) -> Snapshot | None:
        return self._looks.get(mailbox, self._told.looks.get(mailbox))

    def _list_inbox(self) -> None:
        if self._inbox is None:
            return
        self._unlisted.popleft()
        self._list(self._inbox, rank=1)
        self._unlooked.sort(key=attrgetter("place"), reverse=True)
        count = len(self._unlooked)
        is_large = count > 2 * _INBOX_FIRST and _has_time(self._unlooked[_INBOX_FIRST].place)
        self._look_at(_INBOX_FIRST if is_large else count)
        self._waiting.sort()
        self._entries.extend(Entry(0, *entry[1:]) for entry in self._waiting[:_INBOX_FIRST])
        del self._waiting[:_INBOX_FIRST]

    def _look_further(self) -> None:
        """List or look at some more, and at all the rest when there is nothing else to tell."""
        while self._unlisted or self._unlooked:
            if self._unlooked:
                self._look_at(_LOOKS)
            else:
                mailbox = self._unlisted.popleft()
                self._list(mailbox.key, rank=2 if mailbox.role in (Role.TRASH, Role.JUNK) else 1)
            if self._entries:
                return
        if not self._is_complete:
            self._is_complete = True
            gone = {one.key for one in self._told.mailboxes} - {one.key for one in self._mailboxes}
            for key in sorted(gone):
                self._destroyed.extend((key, remote) for remote in self._memory.known(key))
            self._entries = deque(sorted([*self._entries, *self._waiting]))
            self._waiting.clear()

    def _look_at(self, count: int) -> None:
        paths = self.found.paths
        for rank, _, mailbox, key, place, is_new in self._unlooked[:count]:
            age = -_received_at(f"{paths[mailbox]}/{place}")
            self._waiting.append(Entry(rank, age, mailbox, key, place, is_new))
        del self._unlooked[:count]

    def _list(self, mailbox: MailboxKey, rank: int) -> None:
        path = self.found.paths.get(mailbox)
        if path is None:
            self.unlistable[mailbox] = os.path.join(self.found.root, mailbox)
            return
        try:
            if self._has_nothing_new(mailbox, path):
                return
            look, places = files.listing(path)
            known = self._memory.known(mailbox)
            missing = known.keys() - places.keys()
            if missing:  # looked at twice before mail is called gone
                look, places = files.listing(path)
        except FileNotFoundError:
            return  # the next pass finds the mailbox gone
        except OSError:
            self.unlistable[mailbox] = path
            return
        self._looks[mailbox] = look
        self._custom[mailbox] = tuple(files.custom_keywords(path).items())
        self._destroyed.extend((mailbox, key) for key in missing - places.keys())
        self._compare(mailbox, path, places, known, rank)
        if mailbox == self._inbox:
            self._inbox_keys = set(places)
            self._inbox_new_ns = look.new_ns

    def _has_nothing_new(self, mailbox: MailboxKey, path: str) -> bool:
        before = self._told.looks.get(mailbox)
        retry = any(self._told.unreadable.get(mailbox, ()))
        return before is not None and not retry and before.agrees_with(files.look(path))

    def _compare(
        self,
        mailbox: MailboxKey,
        path: str,
        places: Mapping[RemoteKey, str],
        known: Mapping[RemoteKey, frozenset[str]],
        rank: int,
    ) -> None:
        custom = self._custom[mailbox]
        unreadable = self._told.unreadable.get(mailbox, frozenset())
        for key, place in places.items():
            is_known = key in known
            if is_known and key in unreadable:
                if not files.is_readable(os.path.join(path, place)):
                    self._unreadable.setdefault(mailbox, set()).add(key)
                    continue
                is_known = False
            if is_known and known[key] == files.keywords_of(place, custom):
                continue
            self._unlooked.append(Entry(rank, 0.0, mailbox, key, place, not is_known))

    def _add_arrivals(self) -> None:
        # A first pass takes a minute; mail that arrives meanwhile should not wait for its end.
        path = self.found.paths.get(self._inbox) if self._inbox is not None and self._page else None
        if path is None or self._inbox is None:
            return
        try:
            new_ns = files.look(path).new_ns
            if new_ns == self._inbox_new_ns:
                return
            names = list(files.file_names(path, "new"))
        except OSError:
            return
        self._inbox_new_ns = new_ns
        for name in names:
            key = files.key_of(name)
            if key not in self._inbox_keys:
                self._inbox_keys.add(key)
                self._entries.appendleft(Entry(0, 0.0, self._inbox, key, f"new/{name}", True))

    def _read_page(self, size: int) -> list[RemoteEmail]:
        upserted: list[RemoteEmail] = []
        octets = 0
        while self._entries and len(upserted) < size and octets < PAGE_LIMIT_OCTETS:
            entry = self._entries.popleft()
            told = self._tell(entry)
            if told is None:
                continue
            upserted.append(told)
            octets += len(told.message or b"")
        return upserted

    def _tell(self, entry: Entry) -> RemoteEmail | None:
        mailbox_path = self.found.paths[entry.mailbox]
        place: str | None = entry.place
        for _ in range(2):
            if place is None:
                return None
            path = os.path.join(mailbox_path, place)
            try:
                octets = files.read(path) if entry.is_new else None
            except FileNotFoundError:  # renamed or gone since the listing
                place = self._place_now(mailbox_path, entry.key)
                continue
            except OSError as error:
                self._unreadable.setdefault(entry.mailbox, set()).add(entry.key)
                return self._remote(entry, path, place, None, files.problem_text(path, error))
            return self._remote(entry, path, place, octets, None)
        return None

    def _remote(
        self, entry: Entry, path: str, place: str, octets: bytes | None, problem: str | None
    ) -> RemoteEmail:
        return RemoteEmail(
            entry.mailbox,
            entry.key,
            files.keywords_of(place, self._custom.get(entry.mailbox, ())),
            int(_received_at(path)),
            octets,
            path if layout.printable_key(path) == path else None,
            problem,
        )

    def _place_now(self, mailbox_path: str, key: RemoteKey) -> str | None:
        try:
            return files.listing(mailbox_path)[1].get(key)
        except OSError:
            return None


def _has_time(place: str) -> bool:
    """Say whether a file's name begins with a time, as it should; it may be another one than that of its message."""
    return place[4:].partition(".")[0].isdecimal()


def _received_at(path: str) -> float:
    try:
        seconds = os.stat(path).st_mtime
    except OSError:
        return 0.0
    return seconds if 0.0 <= seconds <= _LAST_TIME else 0.0


def _with_unreachable(found: Layout, told: Told) -> tuple[RemoteMailbox, ...]:
    # A mailbox we may no longer look into is not gone: its mail stays in the cache.
    here = {one.key for one in found.mailboxes}
    hidden = [one for one in told.mailboxes if one.key not in here and _is_hidden(found.root, one.key)]
    return (*found.mailboxes, *hidden)


def _is_hidden(root: str, mailbox: MailboxKey) -> bool:
    try:
        os.stat(os.path.join(root, mailbox, "cur"))
        os.stat(os.path.join(root, mailbox, "new"))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError):
        return True
    return False
