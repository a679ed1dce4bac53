"""Which list is on screen: opening mailboxes, searching, filtering, reading it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mail.ids import AccountId, Role
from store import accounts, events, mailboxes, thread_list
from store.database import Database
from store.rows import AccountRow, MailboxRow
from tui import frame, listing
from tui.bridge import in_store
from tui.listing import Listing

if TYPE_CHECKING:
    from tui.screens.mail import MailScreen
    from tui.widgets.thread_source import ThreadSource

Facts = tuple[tuple[AccountRow, ...], tuple[MailboxRow, ...]]


class Place(NamedTuple):
    """Where somebody was in a list: rows of cursor and top, and whether the conversation was open."""

    is_filtered: bool
    cursor: int
    first: int
    is_reading: bool


class Aside(NamedTuple):
    """A list that was put aside, and what was shown before it where it is a search."""

    shown: Listing
    before_search: Listing | None
    source: ThreadSource
    place: Place


def read_facts(db: Database) -> Facts:
    """Read the accounts and their mailboxes."""
    return accounts.all(db), mailboxes.all(db)


class Listings:
    """Holds what the list shows and what it showed before a search."""

    def __init__(self, screen: MailScreen) -> None:
        self._screen = screen
        self.accounts: tuple[AccountRow, ...] = ()
        self.mailboxes: tuple[MailboxRow, ...] = ()
        self.shown = Listing("Inbox", role=Role.INBOX)
        self.account_id: AccountId | None = None
        self.read_since = 0
        self.is_filtered = False
        self._before_search: Listing | None = None
        self._given: tuple[Listing, ThreadSource] | None = None  # a list that no mailboxes make up

    # -- opening

    def start(self) -> None:
        """Show the inbox; read on this thread, because it is the first thing painted."""
        self.read_since = events.newest(
            self._screen.db
        )  # what comes later is told, however long the start takes
        self._take(read_facts(self._screen.db))
        self.open_role(Role.INBOX)

    def open_role(self, role: Role) -> None:
        """Show the mailbox with this role, of the chosen account or of all accounts together."""
        self.open(listing.with_role(role, self.mailboxes, self.account_id))

    def open(self, wanted: Listing) -> None:
        """Show a mailbox."""
        self.shown = wanted
        self.is_filtered = False
        self._before_search = None
        self._show(self._source(wanted))

    def _source(self, wanted: Listing) -> ThreadSource:
        if self._given is not None and self._given[0] is wanted:
            return self._given[1]
        if wanted.waiting_days is None:
            return thread_list.ThreadList(self._screen.db, wanted.mailbox_ids)
        from store.links import waiting

        return waiting.read(self._screen.db, wanted.waiting_days)

    async def search(self, text: str) -> None:
        """Show what matches a query; say where the query is wrong."""
        from mail.query import QuerySyntaxError, parse  # 20 ms at start, see test_app.py
        from store.searches import SearchList

        try:
            query = parse(text)
        except QuerySyntaxError as error:
            self._screen.warn(f"Search: {error.reason}, at character {error.position + 1}")
            return
        source = await in_store(SearchList, self._screen.db, query)
        if not self.shown.query:
            self._before_search = self.shown
        self.shown = listing.of_search(text)
        self.is_filtered = False
        self._show(source)

    def open_conversations(self, title: str, source: ThreadSource) -> Listing:
        """Show conversations that no mailbox lists together, and return what is shown."""
        self.shown = Listing(title)
        self._given = self.shown, source
        self.is_filtered = False
        self._before_search = None
        self._show(source)
        return self.shown

    def leads_to(self, wanted: Listing) -> bool:
        """Say whether a list is shown, or was before the search that is."""
        return self.shown is wanted or self._before_search is wanted

    def put_aside(self) -> Aside:
        """Return what is shown and where the cursor is, for coming back to it."""
        shown = self._screen.thread_list
        place = Place(self.is_filtered, shown.cursor, shown.first, self._screen.is_reading)
        return Aside(self.shown, self._before_search, shown.source, place)

    def take_back(self, aside: Aside) -> None:
        """Show again what was put aside, the cursor where it was."""
        screen = self._screen
        self.shown, self._before_search, source, place = aside
        self.is_filtered = place.is_filtered
        if not (self.shown.mailbox_ids or self.shown.query):
            self._given = self.shown, source
        self._show(source)
        screen.thread_list.return_to(place.cursor, place.first)
        if place.is_reading:
            screen.read_thread()

    def _show(self, source: ThreadSource) -> None:
        self._screen.thread_list.name_recipients(self.shown.role is Role.SENT)
        self._screen.thread_list.show_ages(self.shown.waiting_days is not None)
        self._screen.thread_list.show(source)
        self._screen.leave_reader()
        self.update()
        self._screen.call_after_refresh(self._screen.preview.follow_now)

    def leave_search(self) -> bool:
        """Go back to the mailbox that was open before a search; False when none is shown."""
        before = self._before_search
        if before is None:
            return False
        self.open(before)
        return True

    # -- filtering

    def filter(self, text: str) -> None:
        """Narrow the list to rows with these words; an empty text shows all of it."""
        from tui.filtered import FilteredSource

        source = self._screen.thread_list.source
        whole = source.whole if isinstance(source, FilteredSource) else source
        self.is_filtered = bool(text.strip())
        self._screen.thread_list.show(FilteredSource(whole, text) if self.is_filtered else whole)
        self.update()

    # -- reading again

    async def reload(self) -> None:
        """Read the accounts, the mailboxes and the list again; the cursor stays on its thread."""
        self._take(await in_store(read_facts, self._screen.db))
        if self.shown.role is not None and self._is_stale(self.shown):
            self.shown = listing.with_role(self.shown.role, self.mailboxes, self.account_id)
            self._screen.thread_list.change(thread_list.ThreadList(self._screen.db, self.shown.mailbox_ids))
        self._screen.thread_list.reload()
        self.update()

    async def look_at_accounts(self) -> None:
        """Read again how the accounts are doing."""
        self.accounts = await in_store(accounts.all, self._screen.db)
        self._screen.update_frame()

    def _is_stale(self, wanted: Listing) -> bool:
        """Say whether an account came or went since a unified mailbox was opened, or its mailbox was made only now."""
        if wanted.role is None or wanted.title != listing.ROLE_TITLES[wanted.role]:
            return False  # one account's mailbox, opened by itself
        fresh = listing.with_role(wanted.role, self.mailboxes, self.account_id)
        return fresh.mailbox_ids != wanted.mailbox_ids

    def _take(self, facts: Facts) -> None:
        self.accounts, self.mailboxes = facts

    def update(self) -> None:
        """Draw what depends on the list: the mailboxes pane, the frame, what an empty list says."""
        screen = self._screen
        screen.thread_list.set_empty_text(frame.empty_text(self.accounts, self.shown))
        screen.mailboxes.show(listing.entries(self.accounts, self.mailboxes), self.shown)
        screen.update_frame()

    def facts(self) -> frame.ListFacts:
        """Return the numbers of the list for its title."""
        shown = self._screen.thread_list
        ids = set(self.shown.mailbox_ids)
        unread = sum(row.unread_threads for row in self.mailboxes if row.id in ids)
        total = shown.source.count
        position = shown.cursor + 1 if total else 0
        return frame.ListFacts(self.shown.title, position, total, unread, len(shown.marked), self.is_filtered)
