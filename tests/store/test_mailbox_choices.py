"""What the user wants of mailboxes, kept and followed."""

from __future__ import annotations

import makers
import pytest
from makers import ARCHIVE, INBOX, JUNK, a_batch, a_remote, an_email

from mail.types import AccountId, MailboxKey, Role
from store import accounts, events, ingest, invariants, mailbox_choices, mailboxes
from store.database import Database
from store.ingest import Arrival
from store.mailbox_choices import Choice

LISTS = makers.RemoteMailbox(MailboxKey("Lists"), "Lists", None)


@pytest.fixture
def account_id(db: Database) -> AccountId:
    account_id = makers.an_account(db)
    remotes = [a_remote("a", LISTS), a_remote("b", LISTS), a_remote("c", INBOX)]
    batch = a_batch(remotes, mailboxes=(INBOX, JUNK, LISTS, ARCHIVE))
    ingest.apply(db, account_id, batch, [Arrival(remote, an_email()) for remote in remotes])
    return account_id


def roles(db: Database, account_id: AccountId) -> dict[str, Role | None]:
    return {row.name: row.role for row in mailbox_choices.listed(db, account_id)}


def in_all_mail(db: Database, account_id: AccountId) -> int:
    (view,) = mailboxes.with_role(db, Role.ALL, account_id)
    return next(row.total_threads for row in mailboxes.all(db, account_id) if row.id == view)


def test_mailboxes_are_listed_with_what_is_here_and_what_was_chosen(
    db: Database, account_id: AccountId
) -> None:
    mailbox_choices.change(db, account_id, {LISTS.key: Choice(is_synced=False, since_days=30)})
    rows = {row.name: row for row in mailbox_choices.listed(db, account_id)}
    assert list(rows) == ["Inbox", "Archive", "Junk", "Lists"]
    assert (rows["Lists"].messages, rows["Inbox"].messages) == (2, 1)
    assert rows["Lists"].choice == Choice(is_synced=False, since_days=30)
    assert rows["Inbox"].choice == Choice() and rows["Inbox"].is_inbox


def test_a_role_holds_at_once_and_hides_what_is_junk(db: Database, account_id: AccountId) -> None:
    assert in_all_mail(db, account_id) == 3
    before = events.newest(db)
    mailbox_choices.change(db, account_id, {LISTS.key: Choice(role=Role.JUNK)})
    assert roles(db, account_id) == {"Inbox": "inbox", "Archive": "archive", "Lists": "junk", "Junk": None}
    assert in_all_mail(db, account_id) == 1
    assert {event.kind for event in events.since(db, before)} == {"mailboxes", "mail"}
    assert invariants.check(db) == []


def test_a_role_given_to_another_mailbox_leaves_the_first(db: Database, account_id: AccountId) -> None:
    mailbox_choices.change(db, account_id, {LISTS.key: Choice(role=Role.JUNK, since_days=7)})
    mailbox_choices.change(db, account_id, {ARCHIVE.key: Choice(role=Role.JUNK)})
    assert roles(db, account_id) == {"Inbox": "inbox", "Archive": "junk", "Lists": None, "Junk": None}
    assert mailbox_choices.all(db, account_id)[LISTS.key] == Choice(since_days=7)
    assert in_all_mail(db, account_id) == 3


def test_a_mailbox_can_be_for_nothing_in_particular_until_that_is_taken_back(
    db: Database, account_id: AccountId
) -> None:
    mailbox_choices.change(db, account_id, {JUNK.key: Choice(is_plain=True)})
    assert roles(db, account_id)["Junk"] is None
    assert mailbox_choices.all(db, account_id)[JUNK.key].is_plain
    ingest.apply(db, account_id, a_batch(mailboxes=(INBOX, JUNK, LISTS, ARCHIVE)), [])
    assert roles(db, account_id)["Junk"] is None
    mailbox_choices.change(db, account_id, {JUNK.key: Choice()})
    assert roles(db, account_id)["Junk"] is Role.JUNK
    assert invariants.check(db) == []


def test_the_worker_is_asked_to_follow(db: Database, account_id: AccountId) -> None:
    before = accounts.sync_requests(db)
    mailbox_choices.change(db, account_id, {LISTS.key: Choice(is_synced=False)})
    assert accounts.sync_requests(db) == before + 1
