from __future__ import annotations

import makers
import pytest
from makers import a_batch, a_remote, an_email

from mail.query import parse
from store import ingest, invariants, reindexing, searches
from store.database import Database
from store.ingest import Arrival


@pytest.fixture
def mail(db: Database) -> Database:
    account_id = makers.an_account(db)
    remotes = [(a_remote(str(n)), an_email(f"offer {n}")) for n in range(5)]
    batch = a_batch([remote for remote, _ in remotes])
    ingest.apply(db, account_id, batch, [Arrival(remote, email) for remote, email in remotes])
    reindexing.reindex_if_due(db)
    return db


def test_an_index_of_these_rules_is_left_alone(mail: Database) -> None:
    assert reindexing.reindex_if_due(mail) == 0


def test_an_index_of_other_rules_is_made_anew(mail: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reindexing, "SLICE", 2)
    with mail.write() as connection:
        connection.execute("UPDATE meta SET value = '0' WHERE key = 'index_version'")
    assert reindexing.reindex_if_due(mail) == 5
    assert len(searches.search(mail, parse("offer"))) == 5
    assert invariants.check(mail) == []


def test_what_was_cut_short_goes_on(mail: Database) -> None:
    with mail.write() as connection:
        connection.execute("INSERT INTO email_text (email_text) VALUES ('delete-all')")
        connection.execute("UPDATE meta SET value = ? WHERE key = 'index_version'", (reindexing._BEGUN,))
    ingest.purge_orphans(mail, makers.AccountId(1), 1 << 40)
    assert reindexing.reindex_if_due(mail) == 5
    assert invariants.check(mail) == []
