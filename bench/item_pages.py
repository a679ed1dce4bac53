"""Item pages: a deal, a person and a company with 2,000 conversations among 100,000."""

from __future__ import annotations

import shutil
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from bench import places, synthetic
from bench.figures import Figure, milliseconds, percentile
from store import email_ids
from store.crm import item_page, timeline
from store.crm.item_conversations import ItemConversations
from store.crm.item_refs import PageKind, PageRef
from store.database import Database, open_store

THREADS = 100_000
LINKED = 2_000
EMAILS = 3
ROWS = 48
RUNS = 30
DEAL, PERSON, COMPANY = (str(uuid.UUID(int=number)) for number in (1, 2, 3))
PAGES = (
    ("deal", PageRef(PageKind.DEAL, DEAL)),
    ("person", PageRef(PageKind.PERSON, PERSON)),
    ("organization", PageRef(PageKind.ORGANIZATION, COMPANY)),
)


def figures() -> Iterator[Figure]:
    db = open_store(store_of_items(), is_screen=False)
    try:
        for name, page in PAGES:
            parts: tuple[tuple[str, Callable[[Database, PageRef], object], str], ...] = (
                ("opened", _open, "<= 100"),
                ("timeline", _timeline, "<= 100"),
            )
            for what, read, limit in parts:
                times = [_timed(partial(read, db, page)) for _ in range(RUNS)]
                for share in (0.5, 0.99):
                    value = milliseconds(percentile(times, share))
                    yield Figure(f"{name} with {LINKED:,}: {what}, p{share * 100:.0f}", value, "ms", limit)
    finally:
        db.close()


def _open(db: Database, page: PageRef) -> object:
    facts = item_page.read(db, page)
    conversations = ItemConversations(db, page)
    assert conversations.count == LINKED
    return facts, [conversations.row(index) for index in range(ROWS)]


def _timeline(db: Database, page: PageRef) -> object:
    entries = timeline.Timeline(db, page)
    assert entries.count >= LINKED * EMAILS
    return [entries.row(index) for index in range(ROWS)]


def _timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def store_of_items() -> Path:
    """Return a data directory of 100,000 conversations, every fiftieth with three messages and of one person's deal."""
    data = places.cache() / f"items-{THREADS}-{places.schema()}"
    if (data / "complete").is_file():
        return data
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(synthetic.store_of(THREADS), data)
    (data / "complete").unlink()
    connection = sqlite3.connect(data / "store.db", isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("BEGIN")
    _add_view(connection)
    _add_items(connection)
    _add_answers(connection)
    _add_participants(connection)
    _add_links(connection)
    connection.execute("COMMIT")
    connection.close()
    (data / "complete").touch()
    return data


def _add_view(connection: sqlite3.Connection) -> None:
    (view,) = connection.execute("SELECT id FROM mailbox WHERE role = 'all' AND key IS NULL").fetchone()
    connection.execute(
        "INSERT INTO mailbox_thread (mailbox_id, at, thread_id, is_unread)"
        " SELECT ?, at, thread_id, is_unread FROM mailbox_thread WHERE mailbox_id <> ?",
        (view, view),
    )


def _add_items(connection: sqlite3.Connection) -> None:
    then = synthetic.NEWEST - 5_000_000
    connection.execute(
        "INSERT INTO organization (id, name, created_at, updated_at) VALUES (?, 'Big customer', ?, ?)",
        (COMPANY, then, then),
    )
    connection.execute(
        "INSERT INTO person (id, name, org_id, created_at, updated_at) VALUES (?, 'Ana Lima', ?, ?, ?)",
        (PERSON, COMPANY, then, then),
    )
    connection.execute("INSERT INTO person_email (person_id, email) VALUES (?, 'ana@big.example')", (PERSON,))
    connection.execute(
        "INSERT INTO deal (id, title, person_id, org_id, value, currency, created_at, updated_at)"
        " VALUES (?, 'Everything', ?, ?, '12400', 'EUR', ?, ?)",
        (DEAL, PERSON, COMPANY, then, then),
    )


def _add_answers(connection: sqlite3.Connection) -> None:
    for number in range(1, EMAILS):
        at = f"(e.received_at + {number * 7})"
        connection.execute(
            "INSERT INTO email (id, account_id, thread_id, octets_hash, message_id, received_at, sent_at, registered_at,"
            f" subject, from_name, from_email, preview, size_octets, seen, is_outgoing) SELECT ({at} << {email_ids.SHIFT}) | {number},"
            f" e.account_id, e.thread_id, randomblob(16), e.message_id || '.{number}', {at}, {at}, {at}, 'Re: ' || e.subject,"
            " e.from_name, e.from_email, 'An answer', 900, 1, 1 FROM email e"
            f" WHERE e.thread_id % {THREADS // LINKED} = 1 AND e.id % 256 = 0",
        )
    connection.execute(
        "INSERT INTO placement (email_id, mailbox_id, remote_mailbox_id, remote_key)"
        " SELECT e.id, p.mailbox_id, p.mailbox_id, 'a' || e.id FROM email e CROSS JOIN (SELECT mailbox_id FROM placement LIMIT 1) p"
        " WHERE e.id % 256 <> 0"
    )


def _add_participants(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO address (email, name) VALUES ('ana@big.example', 'Ana Lima')")
    connection.execute("INSERT INTO address (email, name) VALUES ('me@bench.example', 'Me')")
    connection.execute(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 996)"
        " INSERT INTO address (email) SELECT 'p' || i || '@else.example' FROM n"
    )
    theirs = (
        f"CASE WHEN e.thread_id % {THREADS // LINKED} = 1 THEN 'ana@big.example'"
        " ELSE 'p' || (e.thread_id % 997) || '@else.example' END"
    )
    for role, other in (("from", 0), ("to", 1)):
        connection.execute(
            "INSERT INTO participant (email_id, role, position, address_id, name, email) SELECT e.id, ?, 0, a.id, '', a.email"
            f" FROM email e JOIN address a ON a.email = CASE WHEN e.is_outgoing = {other} THEN {theirs} ELSE 'me@bench.example' END",
            (role,),
        )


def _add_links(connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT INTO item_link (thread_id, slot, uuid, item_kind, item_id, origin, at) SELECT id, 'item', 'link-' || id,"
        f" 'deal', ?, 'auto', last_at FROM thread WHERE id % {THREADS // LINKED} = 1",
        (DEAL,),
    )
    connection.execute(
        "UPDATE thread SET item_kind = 'deal', item_id = ? WHERE id IN (SELECT thread_id FROM item_link)",
        (DEAL,),
    )
