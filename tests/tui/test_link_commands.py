from __future__ import annotations

from collections.abc import Awaitable, Callable

import crm_rows
import makers
import pytest
import screens
import told
import waiting
from textual.pilot import Pilot

from linking import service
from mail.types import ThreadId
from store.crm.items import ItemRef
from store.database import Database
from store.links import links, panel
from tui.app import DealboxApp
from tui.screens.confirm import Confirm

Press = Callable[..., Awaitable[None]]


@pytest.fixture
def thread_id(db: Database) -> ThreadId:
    return told.a_conversation(db, makers.an_account(db), "First words", "Second words")


def linked_to(db: Database, thread_id: ThreadId) -> ItemRef | None:
    item = panel.for_thread(db, thread_id).item
    return item.ref if item else None


async def press(app: DealboxApp, pilot: Pilot[int], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


async def pick(app: DealboxApp, pilot: Pilot[int], words: str) -> None:
    await press(app, pilot, *words)
    await press(app, pilot, "enter")


async def test_a_conversation_is_linked_from_its_row_in_the_list(db: Database, thread_id: ThreadId) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "L")
        await pick(app, pilot, "renewal")
        await screens.settled(app, pilot)
        assert linked_to(db, thread_id) == deal
        assert "Linked to Renewal" in screens.text(app)


async def test_an_open_conversation_is_linked_and_undo_takes_the_link_back(
    db: Database, thread_id: ThreadId
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    async with screens.the_screen(db, size=(120, 40)) as (app, pilot):
        await press(app, pilot, "enter")
        await press(app, pilot, "comma", "l")
        await pick(app, pilot, "renewal")
        await screens.settled(app, pilot)
        assert linked_to(db, thread_id) == deal
        assert "Deal: Renewal" in screens.text(app)
        await press(app, pilot, "z")
        await screens.settled(app, pilot)
        assert linked_to(db, thread_id) is None


async def test_a_link_is_replaced_only_after_asking(db: Database, thread_id: ThreadId) -> None:
    old, new = crm_rows.a_deal(db, "Old deal"), crm_rows.a_deal(db, "New deal")
    service.link(db, thread_id, old)
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "L")
        assert "in place of Old deal" in screens.text(app)
        await pick(app, pilot, "new")
        assert "Replace Old deal by New deal?" in screens.text(app)
        await press(app, pilot, "n")
        await screens.settled(app, pilot)
        assert linked_to(db, thread_id) == old
        await press(app, pilot, "comma", "c")
        await pick(app, pilot, "new")
        await press(app, pilot, "y")
        await screens.settled(app, pilot)
        assert linked_to(db, thread_id) == new


async def test_the_first_suggestion_is_accepted_with_two_keys(db: Database, thread_id: ThreadId) -> None:
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    deal = crm_rows.a_deal(db, "Renewal", ana)
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "comma", "comma")
        await screens.settled(app, pilot)
        assert linked_to(db, thread_id) == deal


async def test_unlinking_leaves_the_people_and_tells_rules_to_stay_away(
    db: Database, thread_id: ThreadId
) -> None:
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    service.link(db, thread_id, crm_rows.a_deal(db, "Renewal", ana))
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "comma", "u")
        await screens.settled(app, pilot)
    facts = panel.for_thread(db, thread_id)
    assert facts.item is None
    assert [person.id for person in facts.people] == [ana]
    slot = links.slot(db, thread_id)
    assert slot is not None
    assert slot.item_id is None


async def test_visibility_is_changed_by_key_and_taken_back(db: Database, thread_id: ThreadId) -> None:
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "comma", "v", "s")
        await screens.settled(app, pilot)
        assert panel.for_thread(db, thread_id).visibility == "shared"
        await press(app, pilot, "z")
        await screens.settled(app, pilot)
        assert panel.for_thread(db, thread_id).visibility == "private"


async def test_the_page_of_the_linked_item_opens_over_the_mail(db: Database, thread_id: ThreadId) -> None:
    service.link(db, thread_id, crm_rows.a_deal(db, "Renewal"))
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "O")
        assert "Deal: Renewal" in screens.text(app)
        assert app.screen is not app.mail
        await press(app, pilot, "q")
        assert app.screen is app.mail


async def test_all_conversations_with_somebody_are_shared_after_asking_who_sees_them(
    db: Database, thread_id: ThreadId
) -> None:
    crm_rows.a_user(db, "Bo", "bo@dealbox.example")
    crm_rows.a_deal(db, "Renewal")
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "L")
        await pick(app, pilot, "renewal")
        await screens.settled(app, pilot)
        assert "1 conversation can be shared: , v s" in screens.text(app)
        for answer, visibility in (("n", "private"), ("y", "shared")):
            await press(app, pilot, "comma", "v", "e")
            await waiting.until_true(lambda: isinstance(app.screen, Confirm))
            await waiting.until_true(lambda: "Bo." in screens.text(app))
            await press(app, pilot, answer)
            await screens.settled(app, pilot)
            assert panel.for_thread(db, thread_id).visibility == visibility
        await press(app, pilot, "comma", "v", "e")
        await screens.settled(app, pilot)
        assert "No private conversation of Renewal" in screens.text(app)


async def test_nothing_is_shared_of_a_conversation_that_is_about_nobody(
    db: Database, thread_id: ThreadId
) -> None:
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "comma", "v", "e")
        await screens.settled(app, pilot)
        assert "Nobody here is in the CRM" in screens.text(app)


async def test_what_another_screen_linked_meanwhile_is_replaced_only_after_asking(
    db: Database, thread_id: ThreadId
) -> None:
    elsewhere = crm_rows.a_deal(db, "Printers")
    crm_rows.a_deal(db, "Renewal")
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "L")
        service.link(db, thread_id, elsewhere)
        await pick(app, pilot, "renewal")
        await waiting.until_true(lambda: isinstance(app.screen, Confirm))
        assert "Replace Printers by Renewal?" in screens.text(app)
        await press(app, pilot, "n")
        await screens.settled(app, pilot)
    assert linked_to(db, thread_id) == elsewhere


async def test_a_conversation_is_saved_with_the_answer_planned(db: Database, thread_id: ThreadId) -> None:
    """M23."""
    deal = crm_rows.a_deal(db, "Renewal")
    async with screens.the_screen(db) as (app, pilot):
        await press(app, pilot, "comma", "S")
        await pick(app, pilot, "renewal")
        await screens.settled(app, pilot)
        assert linked_to(db, thread_id) == deal
        assert "Saved with Renewal: linked, an answer planned" in screens.text(app)
        await press(app, pilot, "comma", "S")
        await screens.settled(app, pilot)
        assert "Saved with Renewal already" in screens.text(app)
