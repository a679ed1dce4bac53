from __future__ import annotations

import random

import makers
import pytest
from stored import recount_mailboxes

from mail.types import MailboxId, Role, ThreadId
from store import mailboxes
from store.database import Database
from store.rows import ThreadKey
from store.thread_list import KEPT_PAGES, PAGE, ThreadList

SIZE = PAGE * (KEPT_PAGES + 10) + 17


def fill(db: Database, mailbox_id: MailboxId, size: int, first: int = 1) -> None:
    """Insert threads as the benchmarks do: by SQL, without mail."""
    with db.write(is_durable=False) as connection:
        connection.execute(
            "WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 + ?2 - 1) "
            "INSERT INTO thread (id, uuid, account_id, subject) SELECT i, i, m.account_id, 'Subject ' || i "
            "FROM n JOIN mailbox m ON m.id = ?3",
            (first, size, mailbox_id),
        )
        connection.execute(
            "INSERT INTO mailbox_thread SELECT ?3, 1600000000 + id * 7919 % 1000, id, id % 2 FROM thread "
            "WHERE id >= ?1 AND id < ?1 + ?2",
            (first, size, mailbox_id),
        )
        recount_mailboxes(connection)


@pytest.fixture
def inbox(db: Database) -> MailboxId:
    account_id = makers.an_account(db)
    with db.write() as connection:
        mailboxes.ensure(connection, account_id, makers.MAILBOXES)
    return mailboxes.with_role(db, Role.INBOX, account_id)[0]


def truth(db: Database, *mailbox_ids: MailboxId) -> list[ThreadKey]:
    marks = ",".join("?" * len(mailbox_ids))
    rows = db.read().execute(
        f"SELECT max(at), thread_id FROM mailbox_thread WHERE mailbox_id IN ({marks}) GROUP BY thread_id "
        "ORDER BY 1 DESC, 2 DESC",
        mailbox_ids,
    )
    return [ThreadKey(*row) for row in rows.fetchall()]


def shown(source: ThreadList, indexes: list[int]) -> list[ThreadKey]:
    return [row.key for index in indexes if (row := source.row(index))]


def test_every_way_through_the_list_shows_the_same_rows(db: Database, inbox: MailboxId) -> None:
    fill(db, inbox, SIZE)
    whole = truth(db, inbox)
    at_random = random.Random(7).choices(range(SIZE), k=300)
    for way in (list(range(SIZE)), list(range(SIZE - 1, -1, -1)), at_random):
        assert shown(ThreadList(db, [inbox]), way) == [whole[index] for index in way]


def test_a_row_is_what_the_list_shows_of_a_thread(db: Database, inbox: MailboxId) -> None:
    fill(db, inbox, 1)
    row = ThreadList(db, [inbox]).row(0)
    assert row is not None
    assert (row.thread_id, row.subject, row.is_unread, row.item_kind) == (1, "Subject 1", 1, None)


def test_outside_the_list_there_is_no_row(db: Database, inbox: MailboxId) -> None:
    fill(db, inbox, 3)
    source = ThreadList(db, [inbox])
    assert source.count == 3
    assert source.row(3) is None and source.row(-1) is None
    assert ThreadList(db, []).count == 0 and ThreadList(db, []).row(0) is None
    assert ThreadList(db, []).rank(ThreadKey(0, ThreadId(0))) == 0


def test_a_key_keeps_its_rank_under_rows_that_come_above(db: Database, inbox: MailboxId) -> None:
    fill(db, inbox, 200)
    source = ThreadList(db, [inbox])
    row = source.row(150)
    assert row is not None and source.rank(row.key) == 150
    with db.write() as connection:
        connection.execute("INSERT INTO thread (id, uuid, account_id) VALUES (999, 'x', 1)")
        connection.execute("INSERT INTO mailbox_thread VALUES (?, 1700000000, 999, 0)", (inbox,))
        recount_mailboxes(connection)
    assert source.row(150) == row, "what was read stays until refresh()"
    source.refresh()
    assert source.rank(row.key) == 151
    assert source.row(151) == row
    assert source.find(row.thread_id) == row.key


def test_a_thread_is_found_under_its_old_id(db: Database, inbox: MailboxId) -> None:
    fill(db, inbox, 2)
    with db.write() as connection:
        connection.execute("INSERT INTO thread_alias (old_id, thread_id) VALUES (77, 2)")
    source = ThreadList(db, [inbox])
    assert source.find(ThreadId(77)) == source.find(ThreadId(2)) is not None
    assert source.find(ThreadId(78)) is None


def test_mailboxes_of_several_accounts_are_one_list(db: Database, inbox: MailboxId) -> None:
    other = makers.an_account(db)
    with db.write() as connection:
        mailboxes.ensure(connection, other, makers.MAILBOXES)
    (second,) = mailboxes.with_role(db, Role.INBOX, other)
    fill(db, inbox, 300)
    fill(db, second, 200, first=1000)
    unified = mailboxes.with_role(db, Role.INBOX)
    source, whole = ThreadList(db, unified), truth(db, inbox, second)
    assert source.count == 500
    assert shown(source, list(range(500))) == whole
    assert shown(ThreadList(db, unified), [499, 250, 10]) == [whole[499], whole[250], whole[10]]
    assert [source.rank(key) for key in whole[::100]] == [0, 100, 200, 300, 400]


def test_a_thread_in_two_mailboxes_of_one_list_is_shown_once_where_it_is_newest(
    db: Database, inbox: MailboxId
) -> None:
    (archive,) = mailboxes.with_role(db, Role.ARCHIVE)
    fill(db, inbox, 150)
    with db.write() as connection:
        connection.execute(
            "INSERT INTO mailbox_thread SELECT ?, at + thread_id % 3 - 1, thread_id, 0 FROM mailbox_thread "
            "WHERE thread_id % 2",
            (archive,),
        )
        recount_mailboxes(connection)
    source, whole = ThreadList(db, [inbox, archive]), truth(db, inbox, archive)
    assert source.count == len(whole) == 150
    assert shown(source, list(range(150))) == whole
    assert [source.rank(key) for key in whole] == list(range(150))


def test_places_are_counted_right_in_a_list_of_many_days(db: Database, inbox: MailboxId) -> None:
    fill(db, inbox, 900)
    with db.write() as connection:
        rows = connection.execute("SELECT thread_id FROM mailbox_thread").fetchall()
        connection.execute("DELETE FROM mailbox_thread")
        connection.executemany(
            "INSERT INTO mailbox_thread VALUES (?, ?, ?, 0)",
            [(inbox, 1_600_000_000 + thread_id * 40_009 % 9_000_000, thread_id) for (thread_id,) in rows],
        )
        connection.execute("DELETE FROM mailbox_thread WHERE thread_id % 7 = 0")
        recount_mailboxes(connection)
    whole = truth(db, inbox)
    for index in random.Random(3).sample(range(len(whole)), k=60):
        source = ThreadList(db, [inbox])
        assert shown(source, [index]) == [whole[index]]
        assert source.rank(whole[index]) == index
    at, thread_id = whole[100]
    assert ThreadList(db, [inbox]).rank(ThreadKey(at, ThreadId(thread_id + 1))) == 100
    assert ThreadList(db, [inbox]).rank(ThreadKey(0, ThreadId(0))) == len(whole)
