from __future__ import annotations

import crm_rows
import makers
import pytest
from stored import Stored, a_stored_email, mailboxes_of

from mail.types import AccountId, MailboxId, Role, ThreadId
from store import actions, events
from store.crm.items import ItemRef
from store.database import Database
from store.keyed_list import KeyedList
from store.links import links, waiting
from store.rows import ThreadKey

DAY = 86_400
NOW = makers.NOW + 100 * DAY
Boxes = dict[Role, MailboxId]


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def boxes(db: Database, account_id: AccountId) -> Boxes:
    return mailboxes_of(db, account_id)


@pytest.fixture
def deal(db: Database) -> ItemRef:
    return crm_rows.a_deal(db, "Printers")


def asked(
    db: Database,
    account_id: AccountId,
    boxes: Boxes,
    deal: ItemRef | None,
    days: float,
    thread: ThreadId | None = None,
) -> Stored:
    """Store a message of ours, sent so many days ago, in a conversation about the deal."""
    at = int(NOW - days * DAY)
    sent = a_stored_email(
        db, account_id, boxes[Role.SENT], received_at=at, is_outgoing=True, from_="me@dealbox.example",
        to=["ana@acme.example"], keywords=["$seen"], thread_id=thread,
    )  # fmt: skip
    if deal is not None:
        links.link(db, sent.thread_id, deal)
    return sent


def answer(db: Database, account_id: AccountId, boxes: Boxes, sent: Stored, days: float) -> Stored:
    return a_stored_email(
        db, account_id, boxes[Role.INBOX], thread_id=sent.thread_id, received_at=int(NOW - days * DAY)
    )


def found(db: Database, days: int = 3) -> list[ThreadId]:
    rows = waiting.read(db, days, now=lambda: NOW)
    return [row.thread_id for index in range(rows.count) if (row := rows.row(index))]


def test_what_i_asked_on_an_open_deal_days_ago_waits_the_last_asked_first(
    db: Database, account_id: AccountId, boxes: Boxes, deal: ItemRef
) -> None:
    long_ago = asked(db, account_id, boxes, deal, 9)
    lately = asked(db, account_id, boxes, deal, 4)
    asked(db, account_id, boxes, deal, 2)
    assert found(db) == [lately.thread_id, long_ago.thread_id]
    assert found(db, 5) == [long_ago.thread_id]


def test_an_answer_ends_the_waiting_and_another_question_begins_it_again(
    db: Database, account_id: AccountId, boxes: Boxes, deal: ItemRef
) -> None:
    sent = asked(db, account_id, boxes, deal, 9)
    answer(db, account_id, boxes, sent, 8)
    assert found(db) == []
    asked(db, account_id, boxes, None, 7, sent.thread_id)
    assert found(db) == [sent.thread_id]


def test_an_automatic_answer_is_none(
    db: Database, account_id: AccountId, boxes: Boxes, deal: ItemRef
) -> None:
    sent = asked(db, account_id, boxes, deal, 9)
    away = answer(db, account_id, boxes, sent, 8)
    db.read().execute("UPDATE email SET is_auto_reply = 1 WHERE id = ?", (away.email_id,))
    assert found(db) == [sent.thread_id]


def test_a_draft_of_mine_changes_nothing(
    db: Database, account_id: AccountId, boxes: Boxes, deal: ItemRef
) -> None:
    sent = asked(db, account_id, boxes, deal, 9)
    a_stored_email(
        db, account_id, boxes[Role.DRAFTS], thread_id=sent.thread_id, keywords=["$draft"], received_at=NOW
    )
    assert found(db) == [sent.thread_id]


def test_only_open_items_wait(db: Database, account_id: AccountId, boxes: Boxes) -> None:
    asked(db, account_id, boxes, crm_rows.a_deal(db, "Won", status="won"), 9)
    asked(db, account_id, boxes, None, 9)
    archived = crm_rows.a_deal(db, "Put away")
    asked(db, account_id, boxes, archived, 9)
    db.read().execute("UPDATE deal SET archived_at = 1 WHERE id = ?", (archived.id,))
    assert found(db) == []


def test_leads_and_projects_wait_too(db: Database, account_id: AccountId, boxes: Boxes) -> None:
    expected = []
    for days, (kind, title) in enumerate((("lead", "Hall 4"), ("project", "Move")), start=5):
        db.read().execute(
            f"INSERT INTO {kind} (id, title, created_at, updated_at) VALUES (?, ?, 0, 0)", (title, title)
        )
        item = ItemRef(crm_rows.ItemKind(kind), title)
        expected.append(asked(db, account_id, boxes, item, days).thread_id)
    assert found(db) == expected


def test_what_colleagues_own_is_for_them_to_chase(
    db: Database, account_id: AccountId, boxes: Boxes, deal: ItemRef
) -> None:
    sent = asked(db, account_id, boxes, deal, 9)
    me = crm_rows.a_user(db, "Me", "me@dealbox.example")
    bea = crm_rows.a_user(db, "Bea", "bea@dealbox.example")
    for owner, expected in ((bea, []), (me, [sent.thread_id])):
        db.read().execute("UPDATE deal SET owner_id = ?", (owner,))
        assert found(db) == expected


def test_what_is_in_the_trash_does_not_wait(
    db: Database, account_id: AccountId, boxes: Boxes, deal: ItemRef
) -> None:
    sent = asked(db, account_id, boxes, deal, 9)
    actions.move(db, [sent.thread_id], boxes[Role.SENT], Role.TRASH)
    assert found(db) == []


def test_the_list_is_read_by_page_and_finds_its_rows(
    db: Database, account_id: AccountId, boxes: Boxes, deal: ItemRef
) -> None:
    sent = [asked(db, account_id, boxes, deal, 10 + number) for number in range(70)]
    rows: KeyedList = waiting.read(db, 3, now=lambda: NOW)
    assert rows.count == 70
    key = rows.find(sent[66].thread_id)
    assert key is not None and rows.rank(key) == 66
    row = rows.row(66)
    assert row is not None and (row.thread_id, row.at) == (sent[66].thread_id, NOW - 76 * DAY)
    assert rows.row(70) is None
    assert rows.find(ThreadId(99_999)) is None
    assert rows.rank(ThreadKey(NOW, ThreadId(1))) == 0

    answer(db, account_id, boxes, sent[66], 1)
    with db.write() as connection:
        events.record(connection, "mail")
    rows.refresh()
    assert rows.count == 69
    assert rows.find(sent[66].thread_id) is None
