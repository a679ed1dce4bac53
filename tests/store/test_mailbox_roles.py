"""A role the user chose for a mailbox wins over what the account says."""

from __future__ import annotations

from dataclasses import replace

import makers
import pytest
from makers import ARCHIVE, INBOX, JUNK, a_batch, a_remote, an_email

from mail.types import AccountId, MailboxKey, Role
from store import ingest, invariants, mailbox_choices, mailboxes
from store.database import Database
from store.ingest import Arrival
from store.mailbox_choices import Choice

SPAM = makers.RemoteMailbox(MailboxKey("Spam"), "Spam", None)
BOXES = (INBOX, JUNK, SPAM, ARCHIVE)


@pytest.fixture
def account_id(db: Database) -> AccountId:
    account_id = makers.an_account(db)
    remote = a_remote("a", SPAM)
    ingest.apply(db, account_id, a_batch([remote], mailboxes=BOXES), [Arrival(remote, an_email())])
    return account_id


def choose(db: Database, account_id: AccountId, mailbox: makers.RemoteMailbox, role: Role | None) -> None:
    mailbox_choices.set(db, account_id, mailbox.key, Choice(role=role))


def look(db: Database, account_id: AccountId, boxes: tuple[makers.RemoteMailbox, ...] | None = None) -> None:
    ingest.apply(db, account_id, a_batch(mailboxes=boxes), [])
    assert invariants.check(db) == []


def roles(db: Database, account_id: AccountId) -> dict[str, Role | None]:
    return {row.name: row.role for row in mailboxes.all(db, account_id) if not row.is_view}


def test_a_mailbox_takes_its_role_from_the_one_the_account_named(db: Database, account_id: AccountId) -> None:
    choose(db, account_id, SPAM, Role.JUNK)
    assert mailboxes.are_choices_due(db, account_id)
    look(db, account_id)
    assert not mailboxes.are_choices_due(db, account_id)
    assert roles(db, account_id) == {"Inbox": "inbox", "Junk": None, "Spam": "junk", "Archive": "archive"}
    (all_mail,) = mailboxes.with_role(db, Role.ALL, account_id)
    assert [row.total_threads for row in mailboxes.all(db, account_id) if row.id == all_mail] == [0]


def test_a_choice_taken_back_leaves_what_the_account_says(db: Database, account_id: AccountId) -> None:
    before = roles(db, account_id)
    choose(db, account_id, SPAM, Role.JUNK)
    look(db, account_id)
    choose(db, account_id, SPAM, None)
    look(db, account_id)
    assert roles(db, account_id) == before


def test_a_choice_outlasts_what_the_account_says_later(db: Database, account_id: AccountId) -> None:
    choose(db, account_id, SPAM, Role.JUNK)
    renamed = replace(SPAM, name="Unwanted", role=Role.ARCHIVE)
    look(db, account_id, (INBOX, JUNK, renamed))
    assert roles(db, account_id) == {"Inbox": "inbox", "Junk": None, "Unwanted": "junk"}
    choose(db, account_id, SPAM, None)
    look(db, account_id)
    assert roles(db, account_id) == {"Inbox": "inbox", "Junk": "junk", "Unwanted": "archive"}


def test_a_list_told_again_as_it_was_changes_nothing(db: Database, account_id: AccountId) -> None:
    choose(db, account_id, SPAM, Role.JUNK)
    look(db, account_id, BOXES)
    with db.write() as connection:
        told = mailboxes.ensure(connection, account_id, BOXES)
        assert told.and_then(mailboxes.follow_choices(connection, account_id)) == mailboxes.Told()


def test_a_mailbox_chosen_before_it_is_there_has_the_role_when_it_comes(
    db: Database, account_id: AccountId
) -> None:
    new = makers.RemoteMailbox(MailboxKey("Deals"), "Deals", None)
    choose(db, account_id, new, Role.ARCHIVE)
    look(db, account_id)
    assert roles(db, account_id)["Archive"] == "archive"
    look(db, account_id, (*BOXES, new))
    assert (roles(db, account_id)["Archive"], roles(db, account_id)["Deals"]) == (None, "archive")


def test_messages_that_only_we_have_are_not_known_of_the_account(db: Database, account_id: AccountId) -> None:
    for key in ("1.1", f"{mailboxes.LOCAL}abc"):
        remote = a_remote(key)
        ingest.apply(db, account_id, a_batch([remote], mailboxes=BOXES), [Arrival(remote, an_email(key))])
    assert mailboxes.known(db, account_id, INBOX.key) == {"1.1": frozenset()}
