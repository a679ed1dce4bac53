"""Stores of very many conversations, written straight into the tables."""

from __future__ import annotations

import shutil
import sqlite3
import zlib
from pathlib import Path

from bench import places
from store import accounts, email_ids
from store.database import open_store

NEWEST = 1_790_000_000
FIRST = "Synthetic conversation 0 "


def store_of(threads: int) -> Path:
    """Return a data directory whose inbox has that many conversations of one message each.

    Its account is of a kind nobody can connect to, so that no worker finds the messages gone.
    """
    data = places.cache() / f"threads-{threads}-{places.schema()}"
    if (data / "complete").is_file():
        return data
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700)
    print(f"Writing a store of {threads:,} conversations ...", flush=True)
    db = open_store(data, is_screen=False)
    account_id = accounts.add(db, "bench", "Bench", "me@bench.example", {})
    connection = sqlite3.connect(data / "store.db", isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("BEGIN")
    cursor = connection.execute(
        "INSERT INTO mailbox (account_id, key, name, role, total_threads) VALUES (?, 'INBOX', 'INBOX', 'inbox', ?)",
        (account_id, threads),
    )
    _fill(connection, account_id, cursor.lastrowid or 0, threads)
    connection.execute("COMMIT")
    connection.close()
    db.close()
    (data / "complete").touch()
    return data


def _fill(connection: sqlite3.Connection, account_id: int, mailbox_id: int, threads: int) -> None:
    body = zlib.compress(b'{"plain": null, "html": null, "notice": null}')
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {threads})"
    at = f"({NEWEST} - i * 37)"
    connection.execute(
        f"{numbers} INSERT INTO thread (id, uuid, account_id, subject, participants, preview, started_at, last_at,"
        " last_in_at, email_count) SELECT i + 1, 'bench-' || i, ?, 'Synthetic conversation ' || i || ' about the offer',"
        f" 'Person ' || (i % 997), 'A line of what it says, number ' || i, {at}, {at}, {at}, 1 FROM n",
        (account_id,),
    )
    connection.execute(
        f"{numbers} INSERT INTO email (id, account_id, thread_id, octets_hash, message_id, received_at, sent_at,"
        " registered_at, subject, from_name, from_email, preview, size_octets, seen)"
        f" SELECT ({at} << {email_ids.SHIFT}), ?, i + 1, randomblob(16), 'm' || i || '@bench.example', {at}, {at}, {at},"
        " 'Synthetic conversation ' || i || ' about the offer', 'Person ' || (i % 997), 'p@bench.example', 'A line', 900, 1"
        " FROM n",
        (account_id,),
    )
    connection.execute(
        f"{numbers} INSERT INTO placement (email_id, mailbox_id, remote_mailbox_id, remote_key)"
        f" SELECT ({at} << {email_ids.SHIFT}), ?, ?, 'k' || i FROM n",
        (mailbox_id, mailbox_id),
    )
    connection.execute(
        f"{numbers} INSERT INTO mailbox_thread (mailbox_id, at, thread_id, is_unread) SELECT ?, {at}, i + 1, 0 FROM n",
        (mailbox_id,),
    )
    connection.execute(
        "INSERT INTO email_body (email_id, body) SELECT id, ? FROM email ORDER BY id DESC LIMIT 1000", (body,)
    )
