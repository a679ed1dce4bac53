"""A store that an older dealbox wrote is opened by this one."""

from __future__ import annotations

from pathlib import Path

import crm_rows
import makers
import pytest
from stored import a_stored_email

from mail.query import parse
from mail.types import AccountId, MailboxId
from store import accounts, ingest, invariants, links, reindexing, schema, searches, threads
from store.database import Database


def newest(directory: Path) -> int:
    db = makers.a_store(directory)
    version = int(db.read().execute("PRAGMA user_version").fetchone()[0])
    db.close()
    return version


def an_inbox(db: Database, account_id: AccountId) -> MailboxId:
    """Make an inbox as the first version did: what makes them today is for the tables of today."""
    cursor = db.read().execute(
        "INSERT INTO mailbox (account_id, key, name, role) VALUES (?, ?, ?, 'inbox')",
        (account_id, makers.INBOX.key, makers.INBOX.name),
    )
    return MailboxId(cursor.lastrowid or 0)


@pytest.mark.parametrize("version", schema.numbers())
def test_a_store_of_every_version_is_brought_up_to_date_with_what_is_in_it(
    version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = schema.numbers()
    monkeypatch.setattr(schema, "numbers", lambda: known[: known.index(version) + 1])
    older = makers.a_store(tmp_path)
    account_id = makers.an_account(older)
    stored = a_stored_email(older, account_id, an_inbox(older, account_id), subject="Quote")
    assert older.read().execute("PRAGMA user_version").fetchone() == (version,)
    older.close()
    monkeypatch.undo()

    db = makers.a_store(tmp_path)

    assert db.read().execute("PRAGMA user_version").fetchone() == (known[-1],)
    assert [account.id for account in accounts.all(db)] == [account_id]
    row = threads.get(db, stored.thread_id)
    assert row is not None and row.subject == "Quote"
    reindexing.reindex_if_due(db)
    ingest.apply(db, account_id, makers.a_batch(upserted=[makers.a_remote("k")]), [])
    assert links.link(db, stored.thread_id, crm_rows.a_deal(db, "Printers")).state == "done"
    assert [
        fault for fault in invariants.check(db) if "index" not in fault
    ] == []  # a stored email has no entry
    assert searches.search(db, parse("nothing")) == ()
    db.close()


def test_migrations_are_numbered_without_a_gap() -> None:
    assert schema.numbers() == tuple(range(1, schema.numbers()[-1] + 1))


def test_a_new_store_has_the_newest_version(tmp_path: Path) -> None:
    assert newest(tmp_path) == schema.numbers()[-1]
