"""Which bodies and parts are fetched next, what becomes of those that cannot be, and the files parts lie in."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path
from typing import BinaryIO

import makers
import pytest
from makers import ARCHIVE, INBOX, NOW
from told_by_header import Server, email_id, take

from mail.types import AccountId, EmailId
from store import doorbell, emails, events, fetching, invariants, part_files
from store.database import Database
from store.fetching import BodyWanted
from store.mailboxes import LOCAL


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def server() -> Server:
    return Server()


def a_message(number: int, size_octets: int = 0) -> bytes:
    return f"Subject: Offer {number}\r\n\r\n{'x' * size_octets}".encode()


def tell(db: Database, account_id: AccountId, server: Server, count: int, size_octets: int = 0) -> None:
    """Let an account tell of so many messages, every third of which lies in the archive."""
    take(
        db,
        account_id,
        [
            server.remote(
                f"1.{n}", a_message(n, size_octets), ARCHIVE if n % 3 == 2 else INBOX, received_at=NOW + n
            )
            for n in range(count)
        ],
    )


def subjects(db: Database, bodies: tuple[BodyWanted, ...]) -> list[int]:
    rows = [emails.get(db, body.email_id) for body in bodies]
    return [int(row.subject.split()[1]) for row in rows if row is not None]


def offer(db: Database, number: int) -> EmailId:
    return email_id(db, f"Offer {number}")


def test_the_newest_bodies_of_all_mailboxes_come_first(
    db: Database, account_id: AccountId, server: Server
) -> None:
    tell(db, account_id, server, 6)
    found = fetching.next_bodies(db, account_id, NOW)
    assert subjects(db, found) == [5, 4, 3, 2, 1, 0]
    assert (found[0].mailbox, found[0].key, found[0].attempts) == (ARCHIVE.key, "1.5", 0)
    assert fetching.remaining(db, account_id) == 6


def test_what_somebody_waits_for_comes_before_that(
    db: Database, account_id: AccountId, server: Server
) -> None:
    tell(db, account_id, server, 4)
    assert not fetching.is_awaited(db, account_id, NOW)
    fetching.want(db, [offer(db, 1)])
    assert fetching.is_awaited(db, account_id, NOW)
    assert subjects(db, fetching.next_bodies(db, account_id, NOW)) == [1, 3, 2, 0]
    server.fill(db, account_id)
    assert not fetching.is_awaited(db, account_id, NOW)


def test_wanting_rings_the_bell_of_the_worker_but_not_for_what_is_here(
    db: Database, account_id: AccountId, server: Server
) -> None:
    tell(db, account_id, server, 1)
    bell = doorbell.Doorbell(db.directory, doorbell.WORKER)
    try:
        fetching.want(db, [offer(db, 0)])
        assert bell.wait(60)
        bell.drain()
        server.fill(db, account_id)
        bell.drain()
        fetching.want(db, [offer(db, 0)])
        assert not bell.drain()
    finally:
        bell.close()


def test_a_batch_holds_so_many_octets_but_at_least_one_message(
    db: Database, account_id: AccountId, server: Server
) -> None:
    tell(db, account_id, server, 6, size_octets=1_000)
    assert subjects(db, fetching.next_bodies(db, account_id, NOW, octets=2_100)) == [5, 4]
    assert subjects(db, fetching.next_bodies(db, account_id, NOW, octets=10)) == [5]
    assert subjects(db, fetching.next_bodies(db, account_id, NOW, limit=3)) == [5, 4, 3]
    assert subjects(db, fetching.next_bodies(db, account_id, NOW, limit=2, without=[offer(db, 5)])) == [4, 3]


def test_a_message_that_lies_nowhere_or_only_here_is_not_asked_for(
    db: Database, account_id: AccountId, server: Server
) -> None:
    tell(db, account_id, server, 2)
    take(db, account_id, [], destroyed=[(INBOX, "1.0")])
    db.read().execute("UPDATE placement SET remote_key = ? WHERE remote_key = '1.1'", (f"{LOCAL}x",))
    assert fetching.next_bodies(db, account_id, NOW) == ()


def test_bodies_of_another_account_are_not_this_ones(
    db: Database, account_id: AccountId, server: Server
) -> None:
    tell(db, account_id, server, 1)
    other = makers.an_account(db, "other@dealbox.example")
    assert fetching.next_bodies(db, other, NOW) == ()
    assert fetching.remaining(db, other) == 0


def test_what_fails_is_tried_later_and_later_and_then_shown_with_the_reason(
    db: Database, account_id: AccountId, server: Server
) -> None:
    tell(db, account_id, server, 2)
    now, waits = NOW, []
    for _ in range(fetching.MOST_ATTEMPTS):
        (body,) = [body for body in fetching.next_bodies(db, account_id, now) if body.key == "1.1"]
        fetching.failed(db, account_id, [(body, "It is broken.")], now)
        at = fetching.next_time(db, account_id)
        if at is not None:
            assert subjects(db, fetching.next_bodies(db, account_id, at - 1)) == [0]
            waits.append(at - now)
            now = at
    assert waits == sorted(waits) and len(set(waits)) == fetching.MOST_ATTEMPTS - 1
    row = emails.get(db, offer(db, 1))
    assert row is not None and (row.problem, row.is_header_only) == ("It is broken.", False)
    assert subjects(db, fetching.next_bodies(db, account_id, now)) == [0]
    assert fetching.next_time(db, account_id) is None
    assert invariants.check(db) == []


def test_a_user_who_waits_does_not_wait_for_the_next_try(
    db: Database, account_id: AccountId, server: Server
) -> None:
    tell(db, account_id, server, 1)
    fetching.failed(db, account_id, [(fetching.next_bodies(db, account_id, NOW)[0], "No.")], NOW)
    assert fetching.next_bodies(db, account_id, NOW) == ()
    fetching.want(db, [offer(db, 0)])
    assert subjects(db, fetching.next_bodies(db, account_id, NOW)) == [0]


def test_one_that_broke_the_connection_is_never_given_up(
    db: Database, account_id: AccountId, server: Server
) -> None:
    tell(db, account_id, server, 1)
    now = NOW
    for _ in range(20):
        (body,) = fetching.next_bodies(db, account_id, now)
        fetching.postpone(db, body, "The connection was lost.", now)
        assert fetching.next_bodies(db, account_id, now) == ()
        now = fetching.next_time(db, account_id) or 0
    row = emails.get(db, offer(db, 0))
    assert row is not None and row.is_header_only


def a_wanted_part(db: Database, account_id: AccountId, part: str = "2") -> fetching.PartWanted:
    fetching.want_part(db, offer(db, 0), part)
    wanted = fetching.next_part(db, account_id, NOW + 10**9)
    assert wanted is not None
    return wanted


def writing(octets: bytes) -> fetching.Callable[[BinaryIO], None]:
    def write(file: BinaryIO) -> None:
        file.write(octets)

    return write


def test_a_part_somebody_asks_for_lies_in_a_private_file_in_the_end(
    db: Database, account_id: AccountId, server: Server
) -> None:
    tell(db, account_id, server, 1)
    wanted = a_wanted_part(db, account_id)
    assert (wanted.mailbox, wanted.key, wanted.part) == (INBOX.key, "1.0", "2")
    assert fetching.part_file(db, wanted.email_id, "2") is None
    path = fetching.keep_part(db, wanted, writing(b"%PDF"))
    assert fetching.part_file(db, wanted.email_id, "2") == path
    assert path.read_bytes() == b"%PDF"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert fetching.next_part(db, account_id, NOW + 10**9) is None
    assert fetching.part_state(db, wanted.email_id, "2") == ("there", path, "")
    assert events.since(db, 0)[-1].kind == "mail"


def test_the_octets_of_a_message_may_be_in_such_a_file(
    db: Database, account_id: AccountId, server: Server
) -> None:
    tell(db, account_id, server, 1)
    with pytest.raises(emails.OctetsNotHere):
        emails.octets(db, offer(db, 0))
    fetching.keep_part(db, a_wanted_part(db, account_id, ""), writing(a_message(0)))
    assert emails.octets(db, offer(db, 0)) == a_message(0)


@pytest.mark.parametrize("part", ["../1", "1/2", "a", "1..2", "1\n", ".", "1.", "٣"])
def test_what_is_not_the_number_of_a_part_names_no_file(
    db: Database, account_id: AccountId, server: Server, part: str
) -> None:
    tell(db, account_id, server, 1)
    with pytest.raises(ValueError, match="not the number"):
        fetching.want_part(db, offer(db, 0), part)


def test_a_part_that_cannot_be_written_leaves_nothing_behind(
    db: Database, account_id: AccountId, server: Server
) -> None:
    tell(db, account_id, server, 1)

    def cut(file: BinaryIO) -> None:
        file.write(b"half of i")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        fetching.keep_part(db, a_wanted_part(db, account_id), cut)
    assert list(part_files.directory(db).iterdir()) == []
    assert fetching.part_state(db, offer(db, 0), "2") == ("wanted", None, "")


def test_a_part_that_fails_is_tried_again_until_that_is_of_no_use(
    db: Database, account_id: AccountId, server: Server
) -> None:
    tell(db, account_id, server, 1)
    for attempt in range(fetching.MOST_ATTEMPTS):
        wanted = fetching.next_part(db, account_id, NOW + 10**9) or a_wanted_part(db, account_id)
        assert wanted.attempts == attempt
        fetching.part_failed(db, wanted, "Not now.", NOW)
        assert fetching.next_part(db, account_id, NOW) is None
    assert fetching.part_state(db, offer(db, 0), "2") == ("failed", None, "Not now.")
    wanted = a_wanted_part(db, account_id)
    fetching.part_failed(db, wanted, "It is gone.", NOW, is_final=True)
    assert fetching.part_state(db, offer(db, 0), "2") == ("failed", None, "It is gone.")


def test_asking_again_for_what_is_there_only_keeps_it_longer(
    db: Database, account_id: AccountId, server: Server
) -> None:
    tell(db, account_id, server, 1)
    path = fetching.keep_part(db, a_wanted_part(db, account_id), writing(b"x"))
    fetching.want_part(db, offer(db, 0), "2")
    assert fetching.part_file(db, offer(db, 0), "2") == path
    path.unlink()
    assert fetching.part_file(db, offer(db, 0), "2") is None
    assert a_wanted_part(db, account_id).part == "2"


def test_files_nobody_asked_for_in_a_long_time_are_removed_and_so_are_too_many(
    db: Database, account_id: AccountId, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(db, account_id, server, 1)
    monkeypatch.setattr(part_files, "KEPT_OCTETS", 25)
    now = int(time.time())
    ages = {"1": 40 * 86_400, "2": 300, "3": 200, "4": 100, "5": 0}
    for part, age in ages.items():
        fetching.keep_part(db, a_wanted_part(db, account_id, part), writing(b"0123456789"))
        db.read().execute("UPDATE fetched_part SET wanted_at = ? WHERE part = ?", (now - age, part))
    part_files.purge(db, now)
    assert [part for part in ages if fetching.part_file(db, offer(db, 0), part)] == ["4", "5"]
    assert len(list(part_files.directory(db).iterdir())) == 2


def test_files_of_no_message_are_removed_but_not_one_being_written(
    db: Database, account_id: AccountId, server: Server
) -> None:
    tell(db, account_id, server, 1)
    path = fetching.keep_part(db, a_wanted_part(db, account_id), writing(b"x"))
    unfinished, leftover = path.with_name("new-1"), path.with_name("new-2")
    for one in (unfinished, leftover):
        one.touch()
    os.utime(leftover, (1, 1))
    db.read().execute("DELETE FROM fetched_part")
    part_files.purge(db, NOW)
    assert names(path.parent) == ["new-1"]


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())
