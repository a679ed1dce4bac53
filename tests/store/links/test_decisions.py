"""What makes a conversation due, and what is read and kept of it."""

from __future__ import annotations

from collections.abc import Callable

import makers
import pytest
from makers import NOW
from stored import Stored, a_stored_email, mailboxes_of

from mail.types import AccountId, EmailId, MailboxId, Role, ThreadId
from store import removal
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import decisions, slots
from store.links.decisions import Outcome
from store.links.facts import Account
from store.links.slots import Slot

Boxes = dict[Role, MailboxId]


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def boxes(db: Database, account_id: AccountId) -> Boxes:
    return mailboxes_of(db, account_id)


@pytest.fixture
def stored(db: Database, account_id: AccountId, boxes: Boxes) -> Stored:
    return a_stored_email(db, account_id, boxes[Role.INBOX])


def due(db: Database) -> list[tuple[int, int]]:
    return db.read().execute("SELECT thread_id, email_id FROM link_due ORDER BY 1").fetchall()


def settle(db: Database) -> None:
    with db.write() as connection:
        decisions.settle(connection, decisions.due(connection, 100))


def do(db: Database, statement: str, *parameters: object) -> None:
    with db.write() as connection:
        connection.execute(statement, parameters)


def test_a_message_that_comes_makes_its_conversation_due_from_it_on(
    db: Database, account_id: AccountId, boxes: Boxes, stored: Stored
) -> None:
    assert due(db) == [(stored.thread_id, stored.email_id)]
    settle(db)
    assert due(db) == []
    newer = a_stored_email(
        db, account_id, boxes[Role.INBOX], thread_id=stored.thread_id, received_at=NOW + 9_000
    )
    assert due(db) == [(stored.thread_id, newer.email_id)]
    older = a_stored_email(
        db, account_id, boxes[Role.INBOX], thread_id=stored.thread_id, received_at=NOW - 9_000
    )
    assert due(db) == [(stored.thread_id, older.email_id)]


@pytest.mark.parametrize("column", ["seen", "flagged", "answered", "forwarded", "draft", "preview"])
def test_keywords_make_nothing_due(db: Database, stored: Stored, column: str) -> None:
    settle(db)
    do(db, f"UPDATE email SET {column} = 1")
    do(db, "UPDATE placement SET remote_keywords = '$seen', path = 'x'")
    assert due(db) == []


@pytest.mark.parametrize("column", ["is_bulk", "is_bcc_verified", "bcc_token"])
def test_what_is_found_out_later_does(db: Database, stored: Stored, column: str) -> None:
    settle(db)
    do(db, "UPDATE email SET is_bulk = 0, is_bcc_verified = 0, bcc_token = NULL")
    assert due(db) == []
    do(db, f"UPDATE email SET {column} = 1")
    assert due(db) == [(stored.thread_id, stored.email_id)]


@pytest.mark.parametrize("hidden", [Role.TRASH, Role.JUNK, Role.DRAFTS])
def test_a_move_does_when_it_leads_out_of_sight_or_back(
    db: Database, stored: Stored, boxes: Boxes, hidden: Role
) -> None:
    move = "UPDATE placement SET mailbox_id = ?"
    for role, is_due in ((Role.ARCHIVE, False), (hidden, True), (Role.TRASH, False), (Role.INBOX, True)):
        settle(db)
        do(db, move, boxes[role])
        assert bool(due(db)) == is_due, role


def test_a_second_place_does_when_only_one_of_them_is_out_of_sight(
    db: Database, stored: Stored, boxes: Boxes
) -> None:
    place = (
        "INSERT INTO placement (email_id, mailbox_id, remote_mailbox_id, remote_key)"
        " VALUES (?1, ?2, ?2, 'k' || ?2)"
    )
    settle(db)
    do(db, place, stored.email_id, boxes[Role.ARCHIVE])
    assert due(db) == []
    do(db, place, stored.email_id, boxes[Role.TRASH])
    assert due(db) == [(stored.thread_id, stored.email_id)]
    settle(db)
    do(db, "DELETE FROM placement WHERE mailbox_id = ?", boxes[Role.ARCHIVE])
    assert due(db) == [(stored.thread_id, stored.email_id)]
    do(db, "DELETE FROM placement WHERE mailbox_id = ?", boxes[Role.TRASH])
    settle(db)
    do(db, "DELETE FROM placement")
    assert due(db) == []


def test_all_a_mailbox_has_is_due_when_it_becomes_one_for_spam(
    db: Database, account_id: AccountId, stored: Stored, boxes: Boxes
) -> None:
    a_stored_email(db, account_id, boxes[Role.SENT])
    settle(db)
    do(db, "UPDATE mailbox SET role = 'archive' WHERE id = ?", boxes[Role.INBOX])
    assert due(db) == []
    do(db, "UPDATE mailbox SET role = 'junk' WHERE id = ?", boxes[Role.INBOX])
    assert due(db) == [(stored.thread_id, stored.email_id)]


def test_conversations_that_become_one_or_two_are_due_as_a_whole(
    db: Database, account_id: AccountId, stored: Stored, boxes: Boxes
) -> None:
    other = a_stored_email(db, account_id, boxes[Role.INBOX])
    settle(db)
    do(db, "UPDATE email SET thread_id = ? WHERE id = ?", other.thread_id, stored.email_id)
    assert due(db) == [(stored.thread_id, 0), (other.thread_id, 0)]
    a_stored_email(db, account_id, boxes[Role.INBOX], thread_id=other.thread_id)
    assert due(db)[1] == (other.thread_id, 0)


def test_a_conversation_that_goes_is_no_longer_due(db: Database, stored: Stored) -> None:
    with db.write() as connection:
        decisions.put(connection, [Outcome(stored.thread_id, stored.email_id, "already_linked", ())], 1, NOW)
        slots.put(connection, stored.thread_id, Slot("deal", "x", "manual", "", NOW, ""))
        touched = removal.remove_emails(connection, [stored.email_id])
        removal.remove_empty_threads(connection, touched)
    assert due(db) == []
    assert decisions.get(db.read(), stored.thread_id) is None


def test_a_decision_is_kept_once_with_its_candidates(db: Database, stored: Stored) -> None:
    refs = (ItemRef(ItemKind.DEAL, "a:b"), ItemRef(ItemKind.PROJECT, "c"))
    for outcome in (
        Outcome(stored.thread_id, stored.email_id, "no_open_item", ()),
        Outcome(stored.thread_id, EmailId(stored.email_id + 1), "ambiguous", refs),
    ):
        with db.write() as connection:
            decisions.put(connection, [outcome], 3, NOW)
        assert decisions.get(db.read(), stored.thread_id) == outcome
    assert db.read().execute("SELECT rules_version, at FROM link_decision").fetchall() == [(3, NOW)]


def test_the_newest_conversations_are_judged_first(db: Database, account_id: AccountId, boxes: Boxes) -> None:
    ids = [a_stored_email(db, account_id, boxes[Role.INBOX]).thread_id for _ in range(3)]
    assert decisions.due(db.read(), 2) == ids[:0:-1]


def test_addresses_come_by_what_they_are_in_the_message(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX], from_="Ana@x.com", to=["b@x.com", "nobody"])
    do(db, "INSERT INTO address (email) VALUES ('c@x.com'), ('d@x.com'), ('e@x.com')")
    for role, email in (
        ("cc", "c@x.com"),
        ("bcc", "d@x.com"),
        ("reply_to", "e@x.com"),
        ("sender", "e@x.com"),
    ):
        do(
            db,
            "INSERT INTO participant (email_id, role, position, address_id, name, email)"
            " SELECT ?, ?, 0, id, '', '' FROM address WHERE email = ?",
            stored.email_id,
            role,
            email,
        )
    message = read(db, stored.thread_id)
    assert (message.senders, message.others, message.reply_to) == (
        ("ana@x.com",),
        ("b@x.com", "c@x.com"),
        ("e@x.com",),
    )
    do(db, "UPDATE email SET is_outgoing = 1")
    assert read(db, stored.thread_id).others == ("b@x.com", "c@x.com", "d@x.com")


def read(db: Database, thread_id: ThreadId) -> decisions.Message:
    connection = db.read()
    (conversation,) = decisions.facts(connection, decisions.settings(connection), [thread_id]).conversations
    return conversation.messages[0]


def draft(db: Database, boxes: Boxes) -> None:
    do(db, "UPDATE email SET draft = 1")


def trash(db: Database, boxes: Boxes) -> None:
    do(db, "UPDATE placement SET mailbox_id = ?", boxes[Role.TRASH])


def nowhere(db: Database, boxes: Boxes) -> None:
    do(db, "DELETE FROM placement")


@pytest.mark.parametrize(("change", "is_out_of_sight"), [(draft, True), (trash, True), (nowhere, False)])
def test_a_message_is_out_of_sight_when_all_its_places_are(
    db: Database,
    stored: Stored,
    boxes: Boxes,
    change: Callable[[Database, Boxes], None],
    is_out_of_sight: bool,
) -> None:
    assert not read(db, stored.thread_id).is_out_of_sight
    change(db, boxes)
    assert read(db, stored.thread_id).is_out_of_sight == is_out_of_sight


def test_accounts_take_part_unless_they_say_otherwise(db: Database, account_id: AccountId) -> None:
    settings = decisions.settings(db.read())
    assert settings.accounts == {account_id: Account()}
    do(
        db,
        "INSERT INTO account_crm (account_id, auto_link, auto_link_since, bcc_address) VALUES (?, 0, 7, 'in@x.com')",
        account_id,
    )
    settings = decisions.settings(db.read())
    assert settings.accounts == {account_id: Account(auto_link=False, since=7)}
    assert settings.us.include("in@x.com")
