"""Commands of Smart BCC, copies, exceptions and what mail made by itself."""

from __future__ import annotations

import crm_rows
import makers
import pytest
import told
from screens import settled, text, the_screen
from textual.pilot import Pilot

from linking import creating, deciding, smart_bcc
from mail.types import AccountId, ThreadId
from store.database import Database
from store.links import account_crm, auto_created, exceptions, links


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db, "me@corp.example")


@pytest.fixture
def thread_id(db: Database, account: AccountId) -> ThreadId:
    return told.a_conversation(db, account, "First words")


async def press(pilot: Pilot[int], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


async def test_the_universal_address_is_copied_for_an_unlinked_conversation(
    db: Database, account: AccountId, thread_id: ThreadId
) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "b")
        await settled(app, pilot)
        assert app.clipboard == smart_bcc.address(db, account, None)
        assert "the universal one" in text(app)


async def test_the_address_of_the_linked_item_is_copied(
    db: Database, account: AccountId, thread_id: ThreadId
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    links.link(db, thread_id, deal)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "b")
        await settled(app, pilot)
        assert app.clipboard == smart_bcc.address(db, account, deal)


async def test_a_conversation_is_copied_to_another_item_and_undo_takes_the_copy_away(
    db: Database, account: AccountId, thread_id: ThreadId
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "D")
        await press(pilot, *"renewal")
        await press(pilot, "enter")
        await settled(app, pilot)
        assert "Copied 1 message to Renewal" in text(app)
        (row,) = db.read().execute("SELECT item_id FROM thread WHERE origin = 'duplicate'").fetchall()
        assert row[0] == deal.id
        assert links.slot(db, thread_id) is None
        await press(pilot, "z")
        await settled(app, pilot)
        assert "Undone: Copied 1 message to Renewal" in text(app)
        (row,) = db.read().execute("SELECT item_id FROM thread WHERE origin = 'duplicate'").fetchall()
        assert row[0] is None


async def test_the_senders_domain_is_treated_apart(
    db: Database, account: AccountId, thread_id: ThreadId
) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "exclamation_mark")
        assert "From now on, mail of" in text(app)
        await press(pilot, *"makes")
        await press(pilot, "down", "enter")
        await settled(app, pilot)
        found = [(one.pattern, one.effect) for one in exceptions.all(db)]
        assert found == [("@acme.example", "no_create")]
        await press(pilot, "z")
        await settled(app, pilot)
        assert exceptions.all(db) == ()


async def test_what_mail_made_is_taken_back_with_one_key(db: Database, account: AccountId) -> None:
    account_crm.set(db, account, creates="lead")
    with db.write() as connection:
        connection.execute("UPDATE account_crm SET creates_since = 0")
    thread = told.a_conversation(db, account, "First words")
    deciding.decide_due(db)
    creating.create_due(db)
    assert auto_created.get(db, thread) is not None
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "Z")
        await settled(app, pilot)
        assert auto_created.get(db, thread) is None
        assert "Took back what mail of ana@acme.example made" in text(app)
        await press(pilot, "comma", "Z")
        await settled(app, pilot)
        assert "Nothing to take back" in text(app)
        await press(pilot, "z")
        await settled(app, pilot)
        assert auto_created.get(db, thread) is not None


async def test_without_a_conversation_there_is_nothing_to_do(db: Database, account: AccountId) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        for key in ("b", "D", "exclamation_mark", "Z"):
            await press(pilot, "comma", key)
            await settled(app, pilot)
            assert "No conversation" in text(app)
