"""Judging in several transactions, cut short, and by two at once."""

from __future__ import annotations

import sqlite3

import pytest
from judged import Mail
from makers import NOW

from linking import deciding
from store import events
from store.crm.items import ItemRef
from store.database import Database
from store.links import decisions


def test_many_conversations_are_judged_in_several_transactions(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    for number in range(12):
        mail.come(NOW + number)
    seq = events.newest(db)
    assert deciding.decide_due(db, limit=5) == 12
    assert len(events.since(db, seq)) == 3
    assert {slot for (slot,) in db.read().execute("SELECT item_id FROM item_link").fetchall()} == {deal.id}


def test_judging_ends_when_told_and_goes_on_where_it_was(db: Database, mail: Mail, deal: ItemRef) -> None:
    for number in range(4):
        mail.come(NOW + number)
    answers = iter([True, False])
    assert deciding.decide_due(db, limit=2, may_go_on=lambda: next(answers)) == 2
    assert deciding.decide_due(db) == 2


def test_somebody_who_waits_to_write_need_not_wait_for_all(
    db: Database, mail: Mail, deal: ItemRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "_AT_ONCE", 2)
    monkeypatch.setattr(Database, "is_wanted", lambda self: True)
    monkeypatch.setattr(Database, "give_way", lambda self: None)
    for number in range(6):
        mail.come(NOW + number)
    seq = events.newest(db)
    assert deciding.decide_due(db) == 6
    assert len(events.since(db, seq)) == 3


def test_what_is_due_twice_is_judged_by_one_of_two(
    db: Database, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail.come(NOW)
    monkeypatch.setattr(decisions, "due", lambda connection, limit: [])  # the other one was faster
    assert deciding.decide_due(db) == 0


def test_a_transaction_that_fails_forgets_nothing(
    db: Database, mail: Mail, deal: ItemRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = mail.come(NOW)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(decisions, "settle", full)
        with pytest.raises(sqlite3.OperationalError):
            mail.judge()
    assert (mail.linked(first), decisions.is_due(db)) == (None, True)
    mail.judge()
    assert mail.linked(first) == deal


def test_old_mail_is_not_judged_when_a_message_of_now_goes(db: Database, mail: Mail, deal: ItemRef) -> None:
    first = mail.come(NOW)
    with db.write() as connection:
        connection.execute("UPDATE link_due SET email_id = email_id + 1")
    assert mail.judge() == 1
    assert (mail.reason(first), mail.linked(first)) == (None, None)


def test_a_conversation_without_messages_is_not_due_for_ever(db: Database, mail: Mail) -> None:
    first = mail.come(NOW)
    with db.write() as connection:
        connection.execute("UPDATE email SET thread_id = 999 WHERE message_id = ?", (first,))
    assert mail.judge() == 1
    assert not decisions.is_due(db)
