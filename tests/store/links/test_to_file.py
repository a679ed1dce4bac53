from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import crm_rows
import makers
import pytest
from stored import Stored, a_stored_email, listed, mailboxes_of

from mail.query import parse
from mail.types import AccountId, MailboxId, Role, ThreadId
from store import actions, conversations, events, invariants, mailboxes, searches, threads
from store.database import Database
from store.links import awaited, links, to_file
from store.thread_list import ThreadList

LEFT_ALONE = (
    "linked", "already_linked", "already_linked_closed", "manually_unlinked", "auto_link_off", "excluded_folder",
    "spam_folder_is_inbox", "internal_only", "blocked", "bulk", "bcc_direct",
)  # fmt: skip


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def boxes(db: Database, account_id: AccountId) -> dict[Role, MailboxId]:
    return mailboxes_of(db, account_id)


def decide(db: Database, thread_id: ThreadId, reason: str) -> frozenset[MailboxId]:
    """Write down what the rules say of a conversation, as store.links.decisions does."""
    with db.write() as connection:
        connection.execute(
            "REPLACE INTO link_decision (thread_id, email_id, reason, rules_version, at) VALUES (?, 1, ?, 1, 0)",
            (thread_id, reason),
        )
        return to_file.follow(connection, [thread_id])


def queue(db: Database, boxes: dict[Role, MailboxId]) -> list[int]:
    faults = [fault for fault in invariants.check(db) if "index" not in fault]  # a stored email has no entry
    assert faults == []
    return listed(db, boxes[Role.UNLINKED])


def a_waiting_one(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId], keywords: Sequence[str] = ()
) -> Stored:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX], keywords=keywords)
    decide(db, stored.thread_id, "ambiguous")
    return stored


@pytest.mark.parametrize("reason", to_file.REASONS)
def test_what_the_rules_leave_open_waits_to_be_filed(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId], reason: str
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    assert queue(db, boxes) == []
    assert decide(db, stored.thread_id, reason) == {boxes[Role.UNLINKED]}
    assert queue(db, boxes) == [stored.thread_id]


@pytest.mark.parametrize("reason", LEFT_ALONE)
def test_what_the_rules_settle_does_not_wait(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId], reason: str
) -> None:
    stored = a_waiting_one(db, account_id, boxes)
    assert decide(db, stored.thread_id, reason) == {boxes[Role.UNLINKED]}
    assert queue(db, boxes) == []


def test_a_link_takes_a_conversation_out_and_undo_brings_it_back(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    stored = a_waiting_one(db, account_id, boxes)
    links.link(db, stored.thread_id, crm_rows.a_deal(db, "Printers"))
    assert queue(db, boxes) == []
    actions.undo(db)
    assert queue(db, boxes) == [stored.thread_id]
    actions.redo(db)
    assert queue(db, boxes) == []


def test_a_conversation_that_is_not_linked_can_be_left_so(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    stored = a_waiting_one(db, account_id, boxes)
    assert links.unlink(db, stored.thread_id).title.startswith("Left unlinked")
    assert queue(db, boxes) == []
    assert links.unlink(db, stored.thread_id).state == "nothing"
    actions.undo(db)
    assert queue(db, boxes) == [stored.thread_id]


def test_a_conversation_that_was_unlinked_does_not_wait_again(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    stored = a_waiting_one(db, account_id, boxes)
    links.link(db, stored.thread_id, crm_rows.a_deal(db, "Printers"))
    assert links.unlink(db, stored.thread_id).title == "Unlinked from Printers"
    assert queue(db, boxes) == []


def test_reading_and_new_mail_keep_the_queue_as_all_mail_is(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    stored = a_waiting_one(db, account_id, boxes)
    newer = a_waiting_one(db, account_id, boxes, ["$seen"])
    later = a_stored_email(db, account_id, boxes[Role.SENT], thread_id=stored.thread_id)
    assert queue(db, boxes) == listed(db, boxes[Role.ALL]) == [stored.thread_id, newer.thread_id]
    actions.mark_emails(db, [stored.email_id, later.email_id], "$seen", True)
    assert queue(db, boxes) == [stored.thread_id, newer.thread_id]
    row = ThreadList(db, [boxes[Role.UNLINKED]]).row(0)
    assert row is not None and not row.is_unread


def test_what_is_in_the_trash_leaves_the_queue_and_comes_back_with_undo(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    stored = a_waiting_one(db, account_id, boxes)
    actions.move(db, [stored.thread_id], boxes[Role.INBOX], Role.TRASH)
    assert queue(db, boxes) == []
    actions.undo(db)
    assert queue(db, boxes) == [stored.thread_id]


@pytest.mark.parametrize(
    "sender",
    [
        "no-reply@shop.example", "noreply@shop.example", "No.Reply+7@shop.example", "invoice-noreply@shop.example",
        "do_not_reply@shop.example", "MAILER-DAEMON@mx.example", "alerts@shop.example", "Notify@shop.example", "ne-pas-repondre@shop.example",
        "tracking@parcels.example", "receipts@shop.example",
    ],
)  # fmt: skip
def test_what_only_machines_wrote_from_unknown_addresses_does_not_wait(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId], sender: str
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX], from_=sender)
    decide(db, stored.thread_id, "unknown_contact")
    assert queue(db, boxes) == []


@pytest.mark.parametrize(
    "sender",
    [
        "notifying.ana@shop.example",
        "ana@alerts.example",
        "bouncer@shop.example",
        "ana",
        "bookings@inn.example",
        "billing@shop.example",
    ],
)
def test_what_people_wrote_from_unknown_addresses_waits(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId], sender: str
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX], from_=sender)
    decide(db, stored.thread_id, "unknown_contact")
    assert queue(db, boxes) == [stored.thread_id]


def test_an_automatic_answer_of_a_stranger_does_not_wait(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    db.read().execute("UPDATE email SET is_auto_reply = 1")
    decide(db, stored.thread_id, "unknown_contact")
    assert queue(db, boxes) == []


def answers_go_to(db: Database, stored: Stored, email: str) -> None:
    with db.write() as connection:
        connection.execute("INSERT OR IGNORE INTO address (email) VALUES (?)", (email,))
        connection.execute(
            "INSERT INTO participant (email_id, role, position, address_id, name, email)"
            " SELECT ?1, 'reply_to', 0, id, '', ?2 FROM address WHERE email = ?2",
            (stored.email_id, email),
        )


def test_a_form_that_a_stranger_filled_in_waits_though_a_machine_sent_it(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX], from_="noreply@forms.example")
    answers_go_to(db, stored, "jane@customer.example")
    db.read().execute("UPDATE email SET is_auto_reply = 1")
    decide(db, stored.thread_id, "unknown_contact")
    assert queue(db, boxes) == [stored.thread_id]


@pytest.mark.parametrize("answers", ["support@shop.example", "noreply@elsewhere.example"])
def test_a_notice_whose_answers_go_to_the_same_company_or_to_nobody_does_not_wait(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId], answers: str
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX], from_="noreply@shop.example")
    answers_go_to(db, stored, answers)
    decide(db, stored.thread_id, "unknown_contact")
    assert queue(db, boxes) == []


def test_a_conversation_in_which_a_person_wrote_too_waits(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX], from_="noreply@shop.example")
    a_stored_email(db, account_id, boxes[Role.INBOX], thread_id=stored.thread_id, from_="ana@shop.example")
    decide(db, stored.thread_id, "unknown_contact")
    assert queue(db, boxes) == [stored.thread_id]


def test_a_machine_that_is_a_contact_waits(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX], from_="noreply@shop.example")
    decide(db, stored.thread_id, "ambiguous")
    assert queue(db, boxes) == [stored.thread_id]


def test_a_conversation_merged_into_a_linked_one_leaves_with_it(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    linked, waiting = a_waiting_one(db, account_id, boxes), a_waiting_one(db, account_id, boxes)
    links.link(db, linked.thread_id, crm_rows.a_deal(db, "Printers"))
    assert queue(db, boxes) == [waiting.thread_id]
    with db.write() as connection:
        conversations.merge(connection, linked.thread_id, waiting.thread_id)
        threads.summarise(connection, [linked.thread_id, waiting.thread_id])
    assert queue(db, boxes) == []


def test_mail_that_was_awaited_for_an_item_does_not_wait(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    stored = a_waiting_one(db, account_id, boxes)
    deal = crm_rows.a_deal(db, "Printers")
    with db.write() as connection:
        message_id = connection.execute("SELECT message_id FROM email").fetchone()[0]
        connection.execute(
            "INSERT INTO awaited_link (message_id, item_kind, item_id) VALUES (?, 'deal', ?)",
            (message_id, deal.id),
        )
        assert awaited.link(connection, makers.NOW, [stored.thread_id]) == {stored.thread_id}
    assert queue(db, boxes) == []


def test_the_queues_of_accounts_are_apart_and_one_together(db: Database, account_id: AccountId) -> None:
    other = makers.an_account(db, "you@dealbox.example")
    ours, theirs = mailboxes_of(db, account_id), mailboxes_of(db, other)
    one, two = a_waiting_one(db, account_id, ours), a_waiting_one(db, other, theirs)
    assert (queue(db, ours), queue(db, theirs)) == ([one.thread_id], [two.thread_id])
    both = ThreadList(db, mailboxes.with_role(db, Role.UNLINKED))
    assert [row.thread_id for index in range(both.count) if (row := both.row(index))] == [
        two.thread_id,
        one.thread_id,
    ]


@pytest.mark.parametrize("text", ["in:unlinked", 'in:"To file"', "in:tofile"])
def test_a_search_finds_what_waits(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId], text: str
) -> None:
    stored = a_waiting_one(db, account_id, boxes)
    a_stored_email(db, account_id, boxes[Role.INBOX])
    assert [hit.row.thread_id for hit in searches.search(db, parse(text))] == [stored.thread_id]


def test_hundreds_are_followed_in_a_few_statements(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    stored = [a_stored_email(db, account_id, boxes[Role.INBOX]) for _ in range(100)]
    statements: list[str] = []
    with db.write() as connection:
        connection.executemany(
            "INSERT INTO link_decision (thread_id, email_id, reason, rules_version, at) VALUES (?, 1, ?, 1, 0)",
            [(each.thread_id, "no_open_item") for each in stored],
        )
        _traced(connection, statements)
        to_file.follow(connection, [each.thread_id for each in stored])
        connection.set_trace_callback(None)
    assert (
        len([statement for statement in statements if statement.startswith(("SELECT", "UPDATE thread"))]) == 3
    )
    assert len(queue(db, boxes)) == 100


def _traced(connection: sqlite3.Connection, statements: list[str]) -> None:
    connection.set_trace_callback(statements.append)


def test_a_link_tells_the_screen_to_look_again(
    db: Database, account_id: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    stored = a_waiting_one(db, account_id, boxes)
    before = events.newest(db)
    links.unlink(db, stored.thread_id)
    assert [event.kind for event in events.since(db, before)] == ["items"]
