from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from makers import NOW
from other_sides import FakeOtherSide
from syncing import a_maildir, a_message, an_account_on, in_maildir, in_store, sync, threads_in

from mail.changes import ChangeBatch, State
from mail.query import parse as query
from mail.types import AccountId, Role
from providers.errors import RetryLater
from providers.protocol import Provider
from store import accounts, emails, events, invariants, mailbox_choices, mailboxes, searches
from store.database import Database
from store.doorbell import Doorbell
from sync.parsers import ParsingChildren
from sync.pull import StoreMemory, pull


def always() -> bool:
    return True


def a_fake(db: Database, count: int, *, tells_headers: bool = False) -> tuple[AccountId, FakeOtherSide]:
    other = FakeOtherSide(tells_headers=tells_headers)
    for number in range(count):
        other.deliver(other.inbox, a_message(number), NOW + number)
    return accounts.add(db, "fake", "Me", "me@dealbox.example", {}), other


def progress(db: Database, account_id: AccountId) -> tuple[str, int, int]:
    account = accounts.get(db, account_id)
    assert account is not None
    return account.status, account.progress_done, account.progress_total


def test_everything_in_a_maildir_comes_into_the_store(
    db: Database, tmp_path: Path, parsers: ParsingChildren
) -> None:
    other = a_maildir(tmp_path / "mail", 30)
    other.deliver(other.archive, a_message(100, reply_to=3), NOW + 100, frozenset({"$seen"}))
    account_id = an_account_on(db, other.root)
    sync(db, account_id, parsers)
    assert in_store(db) == in_maildir(other.root)
    assert len(threads_in(db, ".")) == 30
    assert invariants.check(db) == []


def test_when_nothing_changed_nothing_is_written(
    db: Database, tmp_path: Path, parsers: ParsingChildren
) -> None:
    other = a_maildir(tmp_path / "mail", 3)
    account_id = an_account_on(db, other.root)
    sync(db, account_id, parsers)
    before = events.newest(db)
    sync(db, account_id, parsers)
    assert events.newest(db) == before


def test_what_other_programs_did_is_followed(db: Database, tmp_path: Path, parsers: ParsingChildren) -> None:
    other = a_maildir(tmp_path / "mail", 6)
    account_id = an_account_on(db, other.root)
    sync(db, account_id, parsers)
    places = sorted(StoreMemory(db, account_id).known(other.inbox))
    other.mark((other.inbox, places[0]), frozenset({"$seen", "$flagged"}))
    other.move((other.inbox, places[1]), other.archive)
    other.remove((other.inbox, places[2]))
    other.deliver(other.inbox, a_message(50), NOW + 50)
    sync(db, account_id, parsers)
    assert in_store(db) == in_maildir(other.root)
    assert invariants.check(db) == []


def test_a_state_the_account_forgot_makes_it_tell_everything_again(
    db: Database, parsers: ParsingChildren
) -> None:
    account_id, other = a_fake(db, 10)
    memory = StoreMemory(db, account_id)
    provider = other.connect(memory)
    assert pull(db, account_id, provider, parsers, always)
    other.server.forget()
    other.deliver(other.inbox, a_message(77), NOW + 77)
    assert pull(db, account_id, provider, parsers, always)
    assert len(memory.known(other.inbox)) == 11


def test_a_pull_that_was_stopped_goes_on_where_it_was(
    db: Database, tmp_path: Path, parsers: ParsingChildren
) -> None:
    other = a_maildir(tmp_path / "mail", 150)
    account_id = an_account_on(db, other.root)
    provider = other.connect(StoreMemory(db, account_id))
    assert not pull(db, account_id, provider, parsers, lambda: False)
    newest = [row.subject for row in (emails.in_thread(db, thread)[0] for thread in threads_in(db, "."))]
    assert newest == [f"Offer {number}" for number in range(149, 149 - 64, -1)]
    sync(db, account_id, parsers)
    assert in_store(db) == in_maildir(other.root)


def test_an_error_between_pages_loses_nothing(db: Database, parsers: ParsingChildren) -> None:
    account_id, other = a_fake(db, 10)
    provider = other.connect(StoreMemory(db, account_id))
    other.server.failures.append(RetryLater("busy"))
    with pytest.raises(RetryLater):
        pull(db, account_id, provider, parsers, always)
    assert pull(db, account_id, provider, parsers, always)
    assert len(StoreMemory(db, account_id).known(other.inbox)) == 10


def test_a_page_that_cannot_be_written_beside_the_next_is_told_again(
    db: Database, parsers: ParsingChildren, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.pull._FIRST_REMOTE_PAGE", 10)
    monkeypatch.setattr("sync.pull._REMOTE_PAGE", 10)
    account_id, other = a_fake(db, 60, tells_headers=True)
    written: list[int] = []

    def fill_the_disk() -> None:
        written.append(mailbox_count(db))
        if len(written) == 3:
            raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(sqlite3.OperationalError):
        pull(db, account_id, other.connect(StoreMemory(db, account_id)), parsers, always, fill_the_disk)
    assert written == [10, 20, 30]
    assert pull(db, account_id, other.connect(StoreMemory(db, account_id)), parsers, always)
    assert mailbox_count(db) == 60
    assert invariants.check(db) == []


def mailbox_count(db: Database) -> int:
    return int(db.read().execute("SELECT count(*) FROM placement").fetchone()[0])


def test_a_long_first_sync_shows_how_far_it_is(db: Database, parsers: ParsingChildren) -> None:
    account_id, other = a_fake(db, 900)
    seen = []

    def look() -> bool:
        seen.append(progress(db, account_id))
        return True

    pull(db, account_id, other.connect(StoreMemory(db, account_id)), parsers, look)
    assert seen[0] == ("backfilling", 256, 900)
    assert progress(db, account_id)[1:] == (0, 0)


def test_a_message_that_cannot_be_read_is_shown_with_the_reason_until_it_can(
    db: Database, tmp_path: Path, parsers: ParsingChildren
) -> None:
    other = a_maildir(tmp_path / "mail", 2)
    place = (other.inbox, other.deliver(other.inbox, a_message(9), NOW + 9))
    os.truncate(other.find(place), 65 * 1024 * 1024)
    account_id = an_account_on(db, other.root)
    sync(db, account_id, parsers)
    (shown,) = [row for row in _all_emails(db) if row.problem]
    assert "larger than 64 MiB" in (shown.problem or "")
    assert db.read().execute("SELECT remote_key FROM unreadable").fetchall() == [(place[1],)]

    other.find(place).write_bytes(a_message(9))
    sync(db, account_id, parsers)
    assert sorted(row.subject for row in _all_emails(db)) == ["Offer 0", "Offer 1", "Offer 9"]
    assert db.read().execute("SELECT count(*) FROM unreadable").fetchone() == (0,)
    assert in_store(db) == in_maildir(other.root)
    assert invariants.check(db) == []


def _all_emails(db: Database) -> list[emails.EmailRow]:
    return [row for thread in threads_in(db, ".") for row in emails.in_thread(db, thread)]


def test_hostile_octets_do_not_stop_a_sync(db: Database, tmp_path: Path, parsers: ParsingChildren) -> None:
    other = a_maildir(tmp_path / "mail", 1)
    for number, octets in enumerate([b"", b"\0" * 1000, b"\xff\xfe" * 500, b":" * 5000, b"\n", b"From \n\n"]):
        other.deliver(other.inbox, octets, NOW + 10 + number)
    account_id = an_account_on(db, other.root)
    sync(db, account_id, parsers)
    assert in_store(db) == in_maildir(other.root)


@pytest.mark.parametrize(("name", "largest"), [("screen", 48), ("worker", 256)])
def test_transactions_are_short_while_a_screen_is_open(
    db: Database, parsers: ParsingChildren, name: str, largest: int
) -> None:
    account_id, other = a_fake(db, 300)
    sizes = []
    provider = other.connect(StoreMemory(db, account_id))
    changes = provider.changes

    def counted(since: State | None, *, limit: int = 500) -> ChangeBatch:
        batch = changes(since, limit=min(limit, 256))
        sizes.append(len(batch.upserted))
        return batch

    provider.changes = counted  # type: ignore[method-assign]  # to see what is asked for
    bell = Doorbell(db.directory, name)
    assert pull(db, account_id, provider, parsers, always)
    bell.close()
    assert max(sizes) == largest


def pages_of(provider: Provider) -> list[int]:
    """Return a list that fills with the limits of the pages a provider is asked for."""
    limits: list[int] = []
    changes = provider.changes

    def counted(since: State | None, *, limit: int = 500) -> ChangeBatch:
        limits.append(limit)
        return changes(since, limit=limit)

    provider.changes = counted  # type: ignore[method-assign]  # to see what is asked for
    return limits


def test_headers_are_listed_threaded_and_found_without_their_bodies(
    db: Database, parsers: ParsingChildren
) -> None:
    account_id, other = a_fake(db, 30, tells_headers=True)
    other.deliver(other.archive, a_message(100, reply_to=3), NOW + 100, frozenset({"$seen"}))
    assert pull(db, account_id, other.connect(StoreMemory(db, account_id)), parsers, always)
    assert len(threads_in(db, "Inbox")) == 30
    assert len(searches.search(db, query("from:ana offer"), limit=50)) == 30
    assert db.read().execute("SELECT min(is_header_only), count(*) FROM email").fetchone() == (1, 31)
    assert invariants.check(db) == []


def test_the_first_headers_are_few_and_written_at_once_and_then_pages_are_large(
    db: Database, parsers: ParsingChildren
) -> None:
    account_id, other = a_fake(db, 700, tells_headers=True)
    provider = other.connect(StoreMemory(db, account_id))
    limits = pages_of(provider)
    written = []

    def look() -> bool:
        written.append((len(limits), len(StoreMemory(db, account_id).known(other.inbox))))
        return True

    assert pull(db, account_id, provider, parsers, look)
    assert limits == [200, 2_000]
    assert written == [(1, 200), (2, 700)]


def test_headers_are_written_a_few_at_a_time_while_a_screen_is_open(
    db: Database, parsers: ParsingChildren
) -> None:
    account_id, other = a_fake(db, 700, tells_headers=True)
    provider = other.connect(StoreMemory(db, account_id))
    limits = pages_of(provider)
    bell = Doorbell(db.directory, "screen")
    assert pull(db, account_id, provider, parsers, always)
    bell.close()
    assert limits == [200, 500]
    told = [event for event in events.since(db, 0, limit=10_000) if event.kind == "mail"]
    assert len(told) == 10
    assert max(len(event.thread_ids) for event in told) == 80


def test_a_role_the_user_chose_is_followed_though_the_account_tells_nothing_new(
    db: Database, parsers: ParsingChildren
) -> None:
    account_id, other = a_fake(db, 3)
    provider = other.connect(StoreMemory(db, account_id))
    assert pull(db, account_id, provider, parsers, always)
    mailbox_choices.set(db, account_id, other.archive, mailbox_choices.Choice(role=Role.JUNK))
    assert pull(db, account_id, provider, parsers, always)
    assert [row.name for row in mailboxes.all(db) if row.role is Role.JUNK] == ["Archive"]


def test_a_long_first_sync_of_headers_shows_how_far_it_is(db: Database, parsers: ParsingChildren) -> None:
    account_id, other = a_fake(db, 900, tells_headers=True)
    seen = []

    def look() -> bool:
        seen.append(progress(db, account_id))
        return True

    pull(db, account_id, other.connect(StoreMemory(db, account_id)), parsers, look)
    assert seen[0] == ("backfilling", 200, 900)
    assert progress(db, account_id)[1:] == (0, 0)
