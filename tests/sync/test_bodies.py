"""Bodies and parts that come after their headers: order, trouble, and what is written when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pytest
from makers import NOW
from other_sides import FakeOtherSide
from syncing import a_message

from mail import parse
from mail.types import AccountId, EmailId, MailboxKey, RemoteKey
from providers.errors import RetryLater
from providers.fake import FakeProvider
from store import accounts, emails, events, fetching, invariants
from store.database import Database
from sync import bodies
from sync.bodies import fetch_bodies
from sync.parsers import ParsingChildren
from sync.pull import StoreMemory, pull

WITH_FILE = (
    b'Subject: Offer 99\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nHello\r\n--b\r\n'
    b"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n%PDF\r\n--b--\r\n"
)


def always() -> bool:
    return True


def an_account(
    db: Database, parsers: ParsingChildren, messages: Sequence[bytes]
) -> tuple[AccountId, FakeOtherSide, FakeProvider]:
    """Return an account that tells headers, all of them pulled."""
    other = FakeOtherSide(tells_headers=True)
    for number, message in enumerate(messages):
        mailbox = other.archive if number % 3 == 2 else other.inbox
        other.deliver(mailbox, message, NOW + number)
    account_id = accounts.add(db, "fake", "Me", "me@dealbox.example", {})
    provider = other.connect(StoreMemory(db, account_id))
    assert isinstance(provider, FakeProvider)
    assert pull(db, account_id, provider, parsers, always)
    accounts.set_status(db, account_id, "live")
    return account_id, other, provider


def letters(count: int) -> list[bytes]:
    return [a_message(number) for number in range(count)]


def offer(db: Database, number: int) -> EmailId:
    row = db.read().execute("SELECT id FROM email WHERE subject = ?", (f"Offer {number}",)).fetchone()
    return EmailId(row[0])


def missing(db: Database) -> list[str]:
    rows = db.read().execute("SELECT subject FROM email WHERE is_header_only ORDER BY id DESC").fetchall()
    return [row[0] for row in rows]


def test_all_bodies_come_in_the_end(db: Database, parsers: ParsingChildren) -> None:
    account_id, _, provider = an_account(db, parsers, letters(30))
    assert len(missing(db)) == 30
    assert fetch_bodies(db, account_id, provider, parsers, always)
    assert missing(db) == []
    assert emails.body(db, offer(db, 7)) == parse.parse(a_message(7)).body
    assert invariants.check(db) == []


def test_when_nothing_is_missing_nothing_is_asked_for(db: Database, parsers: ParsingChildren) -> None:
    account_id, _, provider = an_account(db, parsers, letters(2))
    fetch_bodies(db, account_id, provider, parsers, always)
    before = events.newest(db)
    assert fetch_bodies(db, account_id, provider, parsers, always)
    assert events.newest(db) == before


def test_one_that_may_not_go_on_has_still_fetched_the_newest(
    db: Database, parsers: ParsingChildren, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "_BATCH", 4)
    account_id, _, provider = an_account(db, parsers, letters(10))
    assert not fetch_bodies(db, account_id, provider, parsers, lambda: False)
    assert missing(db) == [f"Offer {number}" for number in range(5, -1, -1)]


def test_while_it_is_to_be_brief_batches_are_small(
    db: Database, parsers: ParsingChildren, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "_POLITE_BATCH", 3)
    account_id, _, provider = an_account(db, parsers, letters(10))
    assert not fetch_bodies(db, account_id, provider, parsers, lambda: False, is_brief=lambda: True)
    assert missing(db) == [f"Offer {number}" for number in range(6, -1, -1)]


def test_what_somebody_waits_for_is_in_the_first_batch(
    db: Database, parsers: ParsingChildren, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "_BATCH", 2)
    account_id, _, provider = an_account(db, parsers, letters(10))
    fetching.want(db, [offer(db, 0)])
    assert not fetch_bodies(db, account_id, provider, parsers, lambda: False)
    assert "Offer 0" not in missing(db)
    assert "Offer 9" not in missing(db)


def test_a_part_somebody_waits_for_comes_before_the_bodies(db: Database, parsers: ParsingChildren) -> None:
    account_id, _, provider = an_account(db, parsers, [*letters(3), WITH_FILE])
    fetching.want_part(db, offer(db, 99), "2")
    assert not fetch_bodies(db, account_id, provider, parsers, lambda: False)
    path = fetching.part_file(db, offer(db, 99), "2")
    assert path is not None and path.read_bytes() == b"%PDF"
    assert len(missing(db)) == 4


def test_a_part_that_is_gone_is_said_to_be(db: Database, parsers: ParsingChildren) -> None:
    account_id, other, provider = an_account(db, parsers, [WITH_FILE])
    fetching.want_part(db, offer(db, 99), "2")
    (place,) = other.server.messages
    other.remove(place)
    fetch_bodies(db, account_id, provider, parsers, always)
    state = fetching.part_state(db, offer(db, 99), "2")
    assert state is not None and (state.state, state.reason) == ("failed", "The message is no longer there.")


class Breaking(FakeProvider):
    """Loses its connection whenever one message is asked for, and gives nothing of another."""

    breaks_at = RemoteKey("")
    withholds = RemoteKey("")

    def messages(
        self, mailbox: MailboxKey, keys: Sequence[RemoteKey]
    ) -> Iterator[tuple[RemoteKey, bytes | None]]:
        for key in keys:
            if key == self.breaks_at:
                raise RetryLater("The connection was lost.")
            if key == self.withholds:
                yield key, None
            else:
                yield from super().messages(mailbox, [key])

    def part(self, mailbox: MailboxKey, key: RemoteKey, part: str, file: BinaryIO) -> None:
        file.write(b"half")
        raise RetryLater("The connection was lost.")


def key_of(db: Database, number: int) -> RemoteKey:
    row = db.read().execute("SELECT remote_key FROM placement WHERE email_id = ?", (offer(db, number),))
    return RemoteKey(row.fetchone()[0])


def test_a_message_that_breaks_the_connection_holds_nobody_up(db: Database, parsers: ParsingChildren) -> None:
    account_id, other, _ = an_account(db, parsers, letters(9))
    provider = Breaking(other.server, tells_headers=True)
    provider.breaks_at = key_of(db, 4)
    with pytest.raises(RetryLater):
        fetch_bodies(db, account_id, provider, parsers, always)
    assert "Offer 7" not in missing(db)
    assert fetch_bodies(db, account_id, provider, parsers, always)
    assert missing(db) == ["Offer 4"]
    assert fetching.next_time(db, account_id) is not None


def test_a_connection_that_cannot_be_made_is_no_messages_fault(
    db: Database, parsers: ParsingChildren
) -> None:
    account_id, other, provider = an_account(db, parsers, letters(3))
    other.server.failures.append(RetryLater("no route"))
    with pytest.raises(RetryLater):
        fetch_bodies(db, account_id, provider, parsers, always)
    assert fetching.next_time(db, account_id) is None


def test_a_message_that_is_not_given_is_tried_later_and_one_that_is_gone_too(
    db: Database, parsers: ParsingChildren
) -> None:
    account_id, other, _ = an_account(db, parsers, letters(4))
    provider = Breaking(other.server, tells_headers=True)
    provider.withholds = key_of(db, 1)
    other.remove(next(place for place in other.server.messages if place[1] == key_of(db, 3)))
    assert fetch_bodies(db, account_id, provider, parsers, always)
    reasons = dict(
        db.read().execute("SELECT subject, reason FROM body_wish JOIN email ON id = email_id").fetchall()
    )
    assert reasons == {
        "Offer 1": "The account did not give this message.",
        "Offer 3": "The account says that this message is no longer there.",
    }


def test_a_part_cut_short_is_tried_again(db: Database, parsers: ParsingChildren) -> None:
    account_id, other, _ = an_account(db, parsers, [WITH_FILE])
    fetching.want_part(db, offer(db, 99), "2")
    with pytest.raises(RetryLater):
        fetch_bodies(db, account_id, Breaking(other.server, tells_headers=True), parsers, always)
    state = fetching.part_state(db, offer(db, 99), "2")
    assert state is not None and (state.state, state.reason) == ("wanted", "The connection was lost.")


def test_many_bodies_show_how_far_they_are_and_leave_the_state_of_the_account_alone(
    db: Database, parsers: ParsingChildren, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "_BATCH", 100)
    account_id, _, provider = an_account(db, parsers, letters(500))
    seen = []

    def look() -> bool:
        account = accounts.get(db, account_id)
        assert account is not None
        seen.append((account.status, account.progress_done, account.progress_total))
        return True

    assert fetch_bodies(db, account_id, provider, parsers, look)
    assert ("live", 100, 500) in seen
    assert {status for status, _, _ in seen} == {"live"}
    account = accounts.get(db, account_id)
    assert account is not None and account.progress_total == 0


def test_hostile_octets_do_not_stop_fetching(db: Database, parsers: ParsingChildren) -> None:
    hostile = [b"", b"\0" * 1000, b"\xff\xfe" * 500, b":" * 5000, b"\n", b"From \n\n"]
    account_id, _, provider = an_account(db, parsers, [*hostile, *letters(2)])
    assert fetch_bodies(db, account_id, provider, parsers, always)
    assert missing(db) == []
    assert invariants.check(db) == []


def test_headers_of_messages_known_before_are_not_parsed_again(
    db: Database, parsers: ParsingChildren
) -> None:
    account_id, other, provider = an_account(db, parsers, letters(6))
    fetch_bodies(db, account_id, provider, parsers, always)
    for place in list(other.server.messages):
        if place[0] == other.inbox:
            other.move(place, other.archive)

    class Unneeded(ParsingChildren):
        def submit(self, messages: Sequence[object]) -> object:  # type: ignore[override]  # it must not be called
            raise AssertionError(f"{len(messages)} messages are parsed again")

    assert pull(db, account_id, provider, Unneeded(), always)
    assert missing(db) == []
    assert len(StoreMemory(db, account_id).known(other.archive)) == 6
    assert invariants.check(db) == []
