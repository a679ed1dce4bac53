"""A store that an older dealbox wrote is opened by this one."""

from __future__ import annotations

from pathlib import Path

import crm_rows
import makers
import pytest
from stored import recount_mailboxes

from mail.query import parse
from mail.types import AccountId, MailboxId, ThreadId
from store import accounts, ingest, invariants, reindexing, schema, searches, threads
from store.database import Database, open_store
from store.links import links


def newest(directory: Path) -> int:
    db = open_store(directory / "data", is_screen=False)
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


def an_old_thread(db: Database, account_id: AccountId) -> ThreadId:
    """Insert a conversation of one email and its rows in lists, as every version made them."""
    connection = db.read()
    inbox = an_inbox(db, account_id)
    thread = connection.execute(
        "INSERT INTO thread (uuid, account_id, subject, started_at, last_at, last_in_at, email_count, unread_count)"
        " VALUES ('u', ?, 'Quote', ?, ?, ?, 1, 1)",
        (account_id, *[makers.NOW] * 3),
    ).lastrowid
    email_id = makers.NOW << 8
    connection.execute(
        "INSERT INTO email (id, account_id, thread_id, octets_hash, message_id, received_at, registered_at, subject,"
        " from_name, from_email, preview, size_octets) VALUES (?, ?, ?, x'00', 'm@x', ?, ?, 'Quote', '', 'a@x', '', 1)",
        (email_id, account_id, thread, makers.NOW, makers.NOW),
    )
    connection.execute(
        "INSERT INTO placement (email_id, mailbox_id, remote_mailbox_id, remote_key) VALUES (?, ?, ?, 'k1')",
        (email_id, inbox, inbox),
    )
    connection.execute(
        "INSERT INTO mailbox_thread (mailbox_id, at, thread_id, is_unread)"
        " SELECT id, ?, ?, 1 FROM mailbox WHERE role IN ('inbox', 'all', 'unread')",
        (makers.NOW, thread),
    )
    recount_mailboxes(connection)
    return ThreadId(thread or 0)


@pytest.mark.parametrize("version", schema.numbers())
def test_a_store_of_every_version_is_brought_up_to_date_with_what_is_in_it(
    version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = schema.numbers()
    monkeypatch.setattr(schema, "numbers", lambda: known[: known.index(version) + 1])
    older = open_store(tmp_path / "data", is_screen=False)
    account_id = makers.an_account(older)
    if version < 4:
        older.read().execute("DELETE FROM mailbox WHERE role = 'unlinked'")  # a view since version 4
    thread_id = an_old_thread(older, account_id)
    assert older.read().execute("PRAGMA user_version").fetchone() == (version,)
    older.close()
    monkeypatch.undo()

    db = open_store(tmp_path / "data", is_screen=False)

    assert db.read().execute("PRAGMA user_version").fetchone() == (known[-1],)
    assert [account.id for account in accounts.all(db)] == [account_id]
    row = threads.get(db, thread_id)
    assert row is not None and row.subject == "Quote"
    reindexing.reindex_if_due(db)
    ingest.apply(db, account_id, makers.a_batch(upserted=[makers.a_remote("k")]), [])
    assert links.link(db, thread_id, crm_rows.a_deal(db, "Printers")).state == "done"
    assert [
        fault for fault in invariants.check(db) if "index" not in fault
    ] == []  # a stored email has no entry
    assert searches.search(db, parse("nothing")) == ()
    db.close()


def test_migrations_are_numbered_without_a_gap() -> None:
    assert schema.numbers() == tuple(range(1, schema.numbers()[-1] + 1))


def test_a_new_store_has_the_newest_version(tmp_path: Path) -> None:
    assert newest(tmp_path) == schema.numbers()[-1]
