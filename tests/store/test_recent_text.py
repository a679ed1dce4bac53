from __future__ import annotations

import makers
import pytest
from makers import NOW, a_batch, a_remote, an_email

from mail.query import parse
from mail.types import AccountId
from store import email_ids, ingest, invariants, recent_text, reindexing, searches
from store.database import Database
from store.ingest import Arrival


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_text, "MOST", 10)
    monkeypatch.setattr(reindexing, "SLICE", 3)


def come(db: Database, account_id: AccountId, *times: int) -> None:
    arrivals = [
        Arrival(a_remote(f"k{at}", received_at=NOW + at), an_email(f"offering {at % 4 == 0 and 'rarely'}"))
        for at in times
    ]
    ingest.apply(db, account_id, a_batch([arrival.remote for arrival in arrivals]), arrivals)


def held(db: Database) -> int:
    return recent_text.count(db.read())


def begins_at(db: Database) -> int:
    return email_ids.received_at(recent_text.begins_at(db.read())) - NOW


def found(db: Database, query: str) -> list[int]:
    return [hit.row.at - NOW for hit in searches.search(db, parse(query))]


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return makers.an_account(db)


def test_it_holds_the_newest_and_older_mail_does_not_go_in(db: Database, account_id: AccountId) -> None:
    come(db, account_id, *range(90, 100))
    come(db, account_id, *range(80, 90))
    assert (held(db), begins_at(db)) == (10, 90)
    come(db, account_id, 85, 100, 101)
    assert (held(db), begins_at(db)) == (12, 92)
    assert invariants.check(db) == []


def test_the_beginning_of_a_word_is_found_in_new_and_in_old_mail_newest_first(
    db: Database, account_id: AccountId
) -> None:
    come(db, account_id, *range(30))
    come(db, account_id, *range(30, 33))
    assert found(db, "offer*") == [*range(32, -1, -1)]
    assert found(db, "rare*") == [*range(32, -1, -4)]
    results = searches.SearchList(db, parse("offer*"))
    assert [row.at - NOW for n in range(33) if (row := results.row(n))] == [*range(32, -1, -1)]


def test_what_it_has_outgrown_is_left_out_when_it_is_made_anew(db: Database, account_id: AccountId) -> None:
    for at in range(25):
        come(db, account_id, at)
    assert (held(db), begins_at(db)) == (25, 15)
    reindexing.reindex_if_due(db)
    assert held(db) in range(10, 13)
    assert found(db, "offer*") == [*range(24, -1, -1)]
    assert invariants.check(db) == []


def test_mail_that_is_removed_leaves_it_and_older_mail_takes_its_place(
    db: Database, account_id: AccountId
) -> None:
    come(db, account_id, *range(10))
    come(db, account_id, *range(10, 20))
    gone = [(makers.INBOX, f"k{at}") for at in range(4, 20)]
    ingest.apply(db, account_id, a_batch([], gone), [])
    ingest.purge_orphans(db, account_id, 1 << 40)
    assert invariants.check(db) == []
    reindexing.reindex_if_due(db)
    assert held(db) == 4
    assert found(db, "offer*") == [3, 2, 1, 0]
    assert invariants.check(db) == []


def test_it_is_made_anew_with_the_whole_index(db: Database, account_id: AccountId) -> None:
    come(db, account_id, *range(20))
    with db.write() as connection:
        connection.execute("UPDATE meta SET value = '0' WHERE key = 'index_version'")
    assert reindexing.reindex_if_due(db) == 20
    assert held(db) in range(10, 13)
    assert invariants.check(db) == []
