"""Working off the conversations that are linked to nothing, and those that nobody has answered."""

from __future__ import annotations

import time
from collections.abc import Sequence

import crm_rows
import makers
import pytest
import screens
import stored
from textual.pilot import Pilot

from mail.types import AccountId, MailboxId, Role, ThreadId
from store import accounts, actions
from store.crm.items import ItemRef
from store.database import Database
from store.links import links, to_file
from tui.app import DealboxApp

DAY = 86_400
Boxes = dict[Role, MailboxId]


@pytest.fixture
def account_id(db: Database) -> AccountId:
    account = makers.an_account(db)
    accounts.set_status(db, account, "live")
    return account


@pytest.fixture
def boxes(db: Database, account_id: AccountId) -> Boxes:
    return stored.mailboxes_of(db, account_id)


def to_be_filed(
    db: Database, account_id: AccountId, boxes: Boxes, count: int, from_: str = "ana@acme.example"
) -> list[ThreadId]:
    """Store conversations that wait in the queue, newest first."""
    ids = [
        stored.a_stored_email(
            db, account_id, boxes[Role.INBOX], subject=f"Question {number}", from_=from_, keywords=["$seen"]
        ).thread_id
        for number in range(count, 0, -1)
    ]
    with db.write() as connection:
        connection.executemany(
            "INSERT INTO link_decision (thread_id, email_id, reason, rules_version, at)"
            " VALUES (?, 1, 'ambiguous', 1, 0)",
            [(thread_id,) for thread_id in ids],
        )
        to_file.follow(connection, ids)
    return ids[::-1]


def asked(
    db: Database, account_id: AccountId, boxes: Boxes, deal: ItemRef, subject: str, days: int
) -> ThreadId:
    sent = stored.a_stored_email(
        db, account_id, boxes[Role.SENT], received_at=int(time.time()) - days * DAY - 60, is_outgoing=True,
        from_="me@dealbox.example", to=["ana@acme.example"], keywords=["$seen"], subject=subject,
    )  # fmt: skip
    links.link(db, sent.thread_id, deal)
    return sent.thread_id


async def press(app: DealboxApp, pilot: Pilot[int], *keys: str) -> None:
    await pilot.press(*keys)
    await screens.settled(app, pilot)


async def command(app: DealboxApp, pilot: Pilot[int], line: str) -> None:
    await pilot.press(":")
    await pilot.pause()
    await press(app, pilot, *("space" if letter == " " else letter for letter in line), "enter")


def subjects(app: DealboxApp) -> list[str]:
    rows = (app.mail.thread_list.source.row(index) for index in range(app.mail.thread_list.source.count))
    return [row.subject for row in rows if row]


def under_cursor(app: DealboxApp) -> str:
    current = app.mail.thread_list.current
    return current.subject if current else ""


async def test_the_queue_lists_what_the_rules_left_and_the_sidebar_counts_it(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    to_be_filed(db, account_id, boxes, 3)
    stored.a_stored_email(db, account_id, boxes[Role.INBOX], subject="Elsewhere")
    async with screens.the_screen(db, size=(160, 45)) as (app, pilot):
        await press(app, pilot, "g", "f")
        assert subjects(app) == ["Question 1", "Question 2", "Question 3"]
        assert "To file  1/3" in screens.lines(app)[0]
        assert any(line.startswith(">To file") and " 3│" in line for line in screens.lines(app))


async def test_linking_in_the_queue_goes_on_to_the_next(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    to_be_filed(db, account_id, boxes, 3)
    crm_rows.a_deal(db, "Renewal")
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "g", "f", "j")
        await pilot.press("L")
        await pilot.pause()
        await pilot.press(*"renewal")
        await pilot.pause()
        await press(app, pilot, "enter")
        assert subjects(app) == ["Question 1", "Question 3"]
        assert under_cursor(app) == "Question 3"
        await press(app, pilot, "z")
        assert subjects(app) == ["Question 1", "Question 2", "Question 3"]


async def test_the_first_suggestion_is_taken_with_two_commas(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    to_be_filed(db, account_id, boxes, 2)
    crm_rows.a_deal(db, "Renewal", crm_rows.a_person(db, "Ana", "ana@acme.example"))
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "g", "f", "comma", "comma")
        assert (subjects(app), under_cursor(app)) == (["Question 2"], "Question 2")


async def test_what_needs_no_item_is_left_unlinked(db: Database, account_id: AccountId, boxes: Boxes) -> None:
    to_be_filed(db, account_id, boxes, 2)
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "g", "f", "comma", "u")
        assert subjects(app) == ["Question 2"]
        assert "Left unlinked" in screens.text(app)
        await press(app, pilot, "z")
        assert subjects(app) == ["Question 1", "Question 2"]


async def test_an_empty_queue_says_so(db: Database, account_id: AccountId, boxes: Boxes) -> None:
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "g", "f")
        assert "Nothing is left to file." in screens.text(app)


async def test_archiving_leaves_a_conversation_in_the_queue(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    to_be_filed(db, account_id, boxes, 2)
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "g", "f", "e")
        assert subjects(app) == ["Question 1", "Question 2"]
        await press(app, pilot, "g", "i")
        assert subjects(app) == ["Question 2"]


async def test_trash_takes_a_conversation_out_of_the_queue(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    to_be_filed(db, account_id, boxes, 2)
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "g", "f", "d")
        assert subjects(app) == ["Question 2"]


async def test_the_queue_is_of_all_accounts_or_of_the_chosen_one(db: Database) -> None:
    first, second = makers.an_account(db), makers.an_account(db, "you@dealbox.example")
    to_be_filed(db, first, stored.mailboxes_of(db, first), 1)
    to_be_filed(db, second, stored.mailboxes_of(db, second), 2)
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "g", "f")
        assert app.mail.thread_list.source.count == 3
        app.mail.listings.account_id = first
        await press(app, pilot, "g", "f")
        assert app.mail.thread_list.source.count == 1


async def test_what_is_not_linked_is_selected(db: Database, account_id: AccountId, boxes: Boxes) -> None:
    ids = to_be_filed(db, account_id, boxes, 3)
    links.link(db, ids[1], crm_rows.a_deal(db, "Renewal"))
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "*", "k")
        assert app.mail.thread_list.marked == {ids[0], ids[2]}


def shown_ages(app: DealboxApp) -> Sequence[str]:
    return [" ".join(line.split()[-2:]) for line in screens.lines(app)[1:3]]


async def test_what_nobody_answers_is_listed_with_how_long_it_has_waited(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    asked(db, account_id, boxes, deal, "Old question", 12)
    asked(db, account_id, boxes, deal, "Late question", 4)
    asked(db, account_id, boxes, deal, "New question", 1)
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "g", "w")
        assert subjects(app) == ["Late question", "Old question"]
        assert "No answer for 3 days  1/2" in screens.lines(app)[0]
        assert shown_ages(app) == ["4 d", "12 d"]
        await command(app, pilot, "waiting 10")
        assert subjects(app) == ["Old question"]
        await command(app, pilot, "waiting 0")
        assert len(subjects(app)) == 3
        await press(app, pilot, "g", "i")
        assert not app.mail.thread_list._shows_ages


async def test_a_number_of_days_that_cannot_be_is_refused(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    async with screens.the_screen(db) as (app, pilot):
        await command(app, pilot, "waiting long")
        assert "Write a number of days" in screens.text(app)


async def test_what_is_done_in_the_waiting_list_is_done_to_its_conversations(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    old = asked(db, account_id, boxes, deal, "Old question", 12)
    late = asked(db, account_id, boxes, deal, "Late question", 4)
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "g", "w", "s")
        assert [row.is_flagged for index in (0, 1) if (row := app.mail.thread_list.source.row(index))] == [
            True,
            False,
        ]
        await press(app, pilot, "d")
        assert subjects(app) == ["Old question"]
        actions.undo(db)
        stored.a_stored_email(
            db, account_id, boxes[Role.INBOX], thread_id=old, received_at=int(time.time()), subject="Answer"
        )
        await app.mail.reload()
        assert [row.thread_id for index in (0, 1) if (row := app.mail.thread_list.source.row(index))] == [
            late
        ]


async def test_when_nobody_owes_an_answer_the_list_says_so(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "g", "w")
        assert "there is none." in screens.text(app)


async def test_notices_of_machines_are_listed_when_they_are_asked_for(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    to_be_filed(db, account_id, boxes, 1, from_="noreply@shop.example")
    async with screens.the_screen(db) as (app, pilot):
        await pilot.press("g", "F")
        await screens.settled(app, pilot)
        assert app.mail.listings.shown.query == "is:unfiled is:received -is:list"
        assert "noreply@shop" in screens.text(app)
