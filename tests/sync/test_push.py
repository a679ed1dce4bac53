from __future__ import annotations

import time
from pathlib import Path

import pytest
from makers import NOW
from other_sides import FakeOtherSide
from syncing import a_maildir, a_message, an_account_on, in_maildir, in_store, mailbox_id, sync, threads_in

from mail.keywords import SEEN
from mail.types import AccountId, Role
from providers.errors import Rejected, RetryLater, SignInAgain
from providers.protocol import Provider
from store import accounts, actions, events, invariants, outbox
from store.database import Database
from sync.parsers import ParsingChildren
from sync.pull import StoreMemory, pull
from sync.push import push, seconds_to_next


def a_synced_fake(
    db: Database, parsers: ParsingChildren, count: int
) -> tuple[AccountId, FakeOtherSide, Provider]:
    other = FakeOtherSide()
    for number in range(count):
        other.deliver(other.inbox, a_message(number), NOW + number)
    account_id = accounts.add(db, "fake", "Me", "me@dealbox.example", {})
    provider = other.connect(StoreMemory(db, account_id))
    pull(db, account_id, provider, parsers, lambda: True)
    return account_id, other, provider


def test_what_the_user_did_is_carried_out_in_the_maildir(
    db: Database, tmp_path: Path, parsers: ParsingChildren
) -> None:
    other = a_maildir(tmp_path / "mail", 4)
    account_id = an_account_on(db, other.root)
    sync(db, account_id, parsers)
    threads = threads_in(db, ".")
    actions.set_keyword(db, threads[:2], SEEN, True)
    actions.move(db, threads[:1], mailbox_id(db, "."), Role.ARCHIVE)
    sync(db, account_id, parsers)
    told = in_maildir(other.root)
    assert sorted(line[:2] for line in told) == [(".", ""), (".", ""), (".", "$seen"), (".Archive", "$seen")]
    assert in_store(db) == told
    assert outbox.count_waiting(db) == 0
    assert invariants.check(db) == []


def test_a_trash_that_is_missing_is_made(db: Database, tmp_path: Path, parsers: ParsingChildren) -> None:
    other = a_maildir(tmp_path / "mail", 2)
    account_id = an_account_on(db, other.root)
    sync(db, account_id, parsers)
    actions.move(db, threads_in(db, ".")[:1], mailbox_id(db, "."), Role.TRASH)
    sync(db, account_id, parsers)
    assert [line[0] for line in in_maildir(other.root)] == [".", ".Trash"]
    assert in_store(db) == in_maildir(other.root)
    assert invariants.check(db) == []


def test_a_refused_operation_puts_the_mail_back_and_says_why(db: Database, parsers: ParsingChildren) -> None:
    account_id, other, provider = a_synced_fake(db, parsers, 2)
    actions.move(db, threads_in(db, "Inbox")[:1], mailbox_id(db, "Inbox"), Role.ARCHIVE)
    other.server.failures.append(Rejected("the mailbox is full"))
    assert push(db, account_id, provider) == 1
    assert len(threads_in(db, "Inbox")) == 2
    (told,) = [event.text for event in events.since(db, 0) if event.kind == "rejected"]
    assert "the mailbox is full" in told


def test_an_operation_that_may_work_later_waits_and_is_asked_again(
    db: Database, parsers: ParsingChildren
) -> None:
    account_id, other, provider = a_synced_fake(db, parsers, 2)
    actions.move(db, threads_in(db, "Inbox")[:1], mailbox_id(db, "Inbox"), Role.ARCHIVE)
    other.server.failures.append(RetryLater("busy", after_s=30))
    assert push(db, account_id, provider) == 1
    assert push(db, account_id, provider) == 0
    assert 25 < (seconds_to_next(db, account_id) or 0) <= 32
    assert len(threads_in(db, "Inbox")) == 1


def test_an_account_that_wants_a_sign_in_stops_the_push_and_keeps_the_operation(
    db: Database, parsers: ParsingChildren
) -> None:
    account_id, other, provider = a_synced_fake(db, parsers, 2)
    actions.move(db, threads_in(db, "Inbox")[:2], mailbox_id(db, "Inbox"), Role.ARCHIVE)
    other.server.failures.append(SignInAgain("the password was changed"))
    with pytest.raises(SignInAgain):
        push(db, account_id, provider)
    assert outbox.count_waiting(db) == 2


def test_the_user_comes_first_between_two_pages(
    db: Database, tmp_path: Path, parsers: ParsingChildren
) -> None:
    other = a_maildir(tmp_path / "mail", 200)
    account_id = an_account_on(db, other.root)
    provider = other.connect(StoreMemory(db, account_id))
    archived = []

    def archive_one() -> bool:
        if not archived:
            archived.append(actions.move(db, threads_in(db, ".")[:1], mailbox_id(db, "."), Role.ARCHIVE))
        push(db, account_id, provider)
        archived.append(len(list((other.root / ".Archive/new").iterdir())))
        return True

    pull(db, account_id, provider, parsers, archive_one)
    assert archived[1] == 1
    sync(db, account_id, parsers)
    assert in_store(db) == in_maildir(other.root)
    assert invariants.check(db) == []


def test_nothing_waits_when_nothing_was_asked(db: Database, parsers: ParsingChildren) -> None:
    account_id, _, _ = a_synced_fake(db, parsers, 1)
    assert seconds_to_next(db, account_id) is None


def test_what_is_destroyed_waits_for_the_time_to_undo_it(db: Database, parsers: ParsingChildren) -> None:
    account_id, other, provider = a_synced_fake(db, parsers, 2)
    actions.destroy(db, threads_in(db, "Inbox")[:1], mailbox_id(db, "Inbox"))
    assert push(db, account_id, provider) == 0
    assert len(other.server.messages) == 2
    assert (seconds_to_next(db, account_id) or 0) > 0
    db.read().execute("UPDATE operation SET not_before = ?", (int(time.time()) - 1,))
    assert push(db, account_id, provider) == 1
    assert len(other.server.messages) == 1
