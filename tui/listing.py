"""What a thread list is a list of: a mailbox, the same mailbox of every account, or a search."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from mail.ids import AccountId, MailboxId, Role
from store.rows import AccountRow, MailboxRow
from tui.format import plural

ROLE_TITLES = {
    Role.INBOX: "Inbox",
    Role.UNREAD: "Unread",
    Role.FLAGGED: "Starred",
    Role.UNLINKED: "To file",
    Role.DRAFTS: "Drafts",
    Role.SENT: "Sent",
    Role.COPIES: "Copies",
    Role.ARCHIVE: "Archive",
    Role.ALL: "All mail",
    Role.JUNK: "Spam",
    Role.TRASH: "Trash",
}


class Listing(NamedTuple):
    """A title and the mailboxes listed together. `sources` says which mailbox is each account's.

    With `query` it is a search, with `waiting_days` those who owe an answer for so long.
    """

    title: str
    mailbox_ids: tuple[MailboxId, ...] = ()
    role: Role | None = None
    sources: tuple[tuple[AccountId, MailboxId], ...] = ()
    query: str = ""
    waiting_days: int | None = None

    def source_of(self, account_id: AccountId) -> MailboxId | None:
        """Return the mailbox an action on this account's threads starts from; None when the list is of no mailbox."""
        return dict(self.sources).get(account_id)


_EACH_WAITS: Final = frozenset({Role.DRAFTS, Role.UNLINKED})
_NOTHING_WAITS: Final = frozenset({Role.SENT, Role.COPIES, Role.TRASH, Role.ALL})
"""An unread answer makes a conversation unread wherever a part of it lies (RFC 8621 §2): there it is no news."""


class Entry(NamedTuple):
    """A line of the mailboxes pane. `listing` is None for the name of an account.

    `waiting` is how many conversations want the user: the unread ones, every one to file or draft, and none where nothing is to be done.
    """

    text: str
    depth: int
    waiting: int
    listing: Listing | None


def _below(name: str, names: Collection[str]) -> tuple[str, int]:
    """Return a mailbox's name below the nearest parent that is shown, and its depth."""
    levels = name.split("/")
    parents = [at for at in range(1, len(levels)) if "/".join(levels[:at]) in names]
    return "/".join(levels[parents[-1] if parents else 0 :]), 1 + len(parents)


def of_mailboxes(title: str, rows: Sequence[MailboxRow], role: Role | None) -> Listing:
    """Return the list of these mailboxes together, one for each account."""
    sources = tuple((row.account_id, row.id) for row in rows)
    return Listing(title, tuple(row.id for row in rows), role, sources)


def with_role(role: Role, rows: Sequence[MailboxRow], account_id: AccountId | None = None) -> Listing:
    """Return the mailbox with this role of one account, or of all of them together."""
    found = [row for row in rows if row.role is role and account_id in (None, row.account_id)]
    return of_mailboxes(ROLE_TITLES[role], found, role)


def of_search(query: str) -> Listing:
    """Return the list of what matches a query."""
    return Listing(f"Search: {query}", query=query)


def of_waiting(days: int) -> Listing:
    """Return the list of conversations that wait for an answer since so many days."""
    return Listing(f"No answer for {plural(days, 'day')}", waiting_days=days)


def entries(accounts: Sequence[AccountRow], rows: Sequence[MailboxRow]) -> tuple[Entry, ...]:
    """Return the lines of the mailboxes pane: with several accounts, first what they have together."""
    lines: list[Entry] = []
    if len(accounts) > 1:
        lines.append(Entry("All accounts", 0, 0, None))
        roles = [role for role in ROLE_TITLES if any(row.role is role for row in rows)]
        lines += [_together(role, rows) for role in roles]
    for account in accounts:
        own = [row for row in rows if row.account_id == account.id]
        lines.append(Entry(account.name or account.address, 0, 0, None))
        names = {row.name for row in own}
        lines += [_single(row, names, [account.name] if len(accounts) > 1 else []) for row in own]
    return tuple(lines)


def _together(role: Role, rows: Sequence[MailboxRow]) -> Entry:
    found = [row for row in rows if row.role is role]
    return Entry(ROLE_TITLES[role], 1, sum(map(_waiting, found)), with_role(role, rows))


def _single(row: MailboxRow, names: Collection[str], prefix: list[str]) -> Entry:
    name, depth = (ROLE_TITLES[row.role], 1) if row.role else _below(row.name, names)
    title = " / ".join([*prefix, ROLE_TITLES[row.role] if row.role else row.name])
    return Entry(name, depth, _waiting(row), of_mailboxes(title, [row], row.role))


def _waiting(row: MailboxRow) -> int:
    if row.role in _EACH_WAITS:
        return row.total_threads
    return 0 if row.role in _NOTHING_WAITS else row.unread_threads
