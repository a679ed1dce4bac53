from __future__ import annotations

import pytest

from mail.types import MailboxId, ThreadId
from store import events
from store.database import Database


def test_events_come_in_the_order_they_were_recorded(db: Database) -> None:
    with db.write() as connection:
        events.record(connection, "mail", mailbox_ids=[MailboxId(2), MailboxId(1)], thread_ids=[ThreadId(7)])
        events.record(connection, "rejected", text="The mailbox is full")
    first, second = events.since(db, 0)
    assert (first.kind, first.mailbox_ids, first.thread_ids) == ("mail", (1, 2), (7,))
    assert (second.kind, second.text, second.thread_ids) == ("rejected", "The mailbox is full", ())
    assert events.since(db, first.seq) == (second,)
    assert events.newest(db) == second.seq
    assert events.since(db, 0, limit=1) == (first,)


def test_an_event_of_very_many_threads_means_any(db: Database) -> None:
    with db.write() as connection:
        events.record(connection, "mail", thread_ids=map(ThreadId, range(events.MOST_IDS + 1)))
    assert events.since(db, 0)[0].thread_ids == ()


def test_old_events_are_forgotten(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "KEPT", 10)
    with db.write(is_durable=False) as connection:
        for _ in range(1000):
            events.record(connection, "mail")
    assert len(events.since(db, 0, limit=2000)) == 10
    assert events.newest(db) == 1000
