"""What is done with items from the keys of the conversation: each verb, and what undo makes of it."""

from __future__ import annotations

from decimal import Decimal

import crm_rows
import makers
import pytest
import told
from forms import commands, facts_of, linked, press, saves, the_item, typed, types, writes
from screens import settled, text, the_screen

from mail.types import ThreadId
from store.crm import custom_fields, deal_products, item_states, labels, products
from store.crm.items import ItemKind
from store.database import Database
from store.links import panel
from tui.screens.note import Note


@pytest.fixture
def thread_id(db: Database) -> ThreadId:
    return told.a_conversation(db, makers.an_account(db), "First words", "Second words")


@pytest.fixture
def ana(db: Database) -> str:
    return crm_rows.a_person(db, "Ana Lima", "ana@acme.example")


async def test_the_stage_is_picked_and_shown_at_once(db: Database, thread_id: ThreadId) -> None:
    linked(db, thread_id)
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "s")
        assert "Proposal" in text(app) and "now" in text(app)
        await press(pilot, "enter")
        await settled(app, pilot)
        assert the_item(db, thread_id).stage == "Proposal"
        await press(pilot, "comma", "s", "down", "enter")
        await settled(app, pilot)
        assert the_item(db, thread_id).stage == "Negotiation"
        assert "Negotiation" in text(app)
        await press(pilot, "z")
        await settled(app, pilot)
        assert the_item(db, thread_id).stage == "Proposal"


async def test_a_deal_is_won_and_undo_opens_it_again(db: Database, thread_id: ThreadId) -> None:
    linked(db, thread_id)
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "w")
        await settled(app, pilot)
        assert the_item(db, thread_id).status == "won"
        assert "the deal is won" in text(app)
        await press(pilot, "z")
        await settled(app, pilot)
        assert the_item(db, thread_id).status == "open"


async def test_a_lost_deal_has_a_reason_and_earlier_ones_are_offered(
    db: Database, thread_id: ThreadId
) -> None:

    deal = linked(db, thread_id)
    item_states.lose(db, crm_rows.a_deal(db, "Older"), "Too dear")
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "x")
        assert "Why was Renewal lost?" in text(app) and "Too dear" in text(app)
        await press(pilot, "down", "enter")
        await settled(app, pilot)
        assert the_item(db, thread_id).status == "lost"
        assert facts_of(db, deal).values["lost_reason"] == "Too dear"


async def test_a_deal_may_be_lost_without_a_reason_and_is_opened_again(
    db: Database, thread_id: ThreadId
) -> None:
    linked(db, thread_id)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "x", "enter")
        await settled(app, pilot)
        assert the_item(db, thread_id).status == "lost"
        await press(pilot, "comma", "z")
        await settled(app, pilot)
        assert the_item(db, thread_id).status == "open"


async def test_leaving_the_reason_leaves_the_deal_open(db: Database, thread_id: ThreadId) -> None:
    linked(db, thread_id)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "x", "escape")
        await settled(app, pilot)
        assert the_item(db, thread_id).status == "open"


async def test_a_note_is_written_and_stands_in_the_panel(db: Database, thread_id: ThreadId) -> None:
    linked(db, thread_id)
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "m")
        assert isinstance(app.screen, Note)
        await press(pilot, "ctrl+x")
        assert "There is nothing to keep yet" in text(app)
        await writes(app, pilot, "They want [bold]forty[/] seats")
        await saves(app, pilot)
        assert "They want [bold]forty[/]" in text(app)
        await press(pilot, "z")
        await settled(app, pilot)
        assert panel.for_thread(db, thread_id).notes == ()


async def test_a_note_is_about_the_person_where_nothing_is_linked(
    db: Database, thread_id: ThreadId, ana: str
) -> None:
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "m")
        assert "Note about Ana Lima" in text(app)
        await writes(app, pilot, "Likes tea")
        await saves(app, pilot)
        assert [note.body for note in panel.for_thread(db, thread_id).notes] == ["Likes tea"]


async def test_an_activity_is_planned_in_words(db: Database, thread_id: ThreadId) -> None:
    linked(db, thread_id)
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "T")
        await types(app, pilot, "subject", "Call Ana")
        await types(app, pilot, "type", "call")
        await types(app, pilot, "due_at", "whenever")
        await saves(app, pilot)
        assert "“whenever” is no time" in text(app) and "Call Ana" in text(app)
        await types(app, pilot, "due_at", "tomorrow 9:00")
        await types(app, pilot, "duration_min", "30 min")
        await saves(app, pilot)
        planned = the_item(db, thread_id).next_activity
        assert planned is not None and (planned.type, planned.subject) == ("call", "Call Ana")
        assert planned.due_at is not None
        assert "next: call" in text(app)


async def test_an_activity_is_for_the_owner_of_its_item(db: Database, thread_id: ThreadId) -> None:
    deal = linked(db, thread_id)
    crm_rows.a_user(db, "Me Myself", "me@dealbox.example")
    item_states.assign(db, deal, crm_rows.a_user(db, "Bo Hansen", "bo@dealbox.example"))
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "T")
        await types(app, pilot, "subject", "Call Ana")
        assert "Bo Hansen" in text(app)
        await saves(app, pilot)
        (row,) = db.read().execute(
            "SELECT u.name FROM activity a JOIN workspace_user u ON u.id = a.responsible_id"
        )
        assert row == ("Bo Hansen",)


async def test_labels_are_put_on_and_taken_off(db: Database, thread_id: ThreadId) -> None:
    deal = linked(db, thread_id)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        for expected in (("Hot",), ()):
            await press(pilot, "comma", "g")
            await press(pilot, *("Hot" if expected else "hot"), "enter")
            await settled(app, pilot)
            assert facts_of(db, deal).marked == expected


async def test_an_item_is_changed_in_its_form_as_one_action(
    db: Database, thread_id: ThreadId, ana: str
) -> None:
    deal = linked(db, thread_id, ana)
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "e")
        assert typed(app, "value") == "12,400 EUR"
        await types(app, pilot, "title", "Renewal 2027")
        await types(app, pilot, "labels", "hot, big")
        await types(app, pilot, "expected_close", "2027-01-31")
        await saves(app, pilot)
        assert "Deal: Renewal 2027" in text(app)
        facts = facts_of(db, deal)
        assert facts.marked == ("big", "hot") and facts.values["expected_close"] == "2027-01-31"
        await press(pilot, "z")
        await settled(app, pilot)
        facts = facts_of(db, deal)
        assert facts.marked == () and facts.values["title"] == "Renewal"


async def test_a_lead_becomes_a_deal_and_the_conversation_goes_with_it(
    db: Database, thread_id: ThreadId, ana: str
) -> None:
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", "l")
        await saves(app, pilot)
        lead = the_item(db, thread_id)
        await press(pilot, "comma", "d")
        assert "Convert the lead Quote to a deal" in text(app)
        await types(app, pilot, "stage_id", "Demo")
        await saves(app, pilot)
        deal = the_item(db, thread_id)
        assert (deal.kind, deal.stage, deal.title) == (ItemKind.DEAL, "Demo", "Quote")
        await press(pilot, "z")
        await settled(app, pilot)
        assert the_item(db, thread_id).ref == lead.ref


async def test_a_new_label_may_be_the_beginning_of_another(db: Database, thread_id: ThreadId) -> None:
    deal = linked(db, thread_id)
    labels.set(db, deal, "Hot lead", True)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "g")
        await press(pilot, *"hot")
        assert "[x] Hot lead" in text(app) and "new label hot" in text(app)
        await commands(app, pilot, "down", "enter")
        assert facts_of(db, deal).marked == ("Hot lead", "hot")
        await press(pilot, "comma", "g")
        await commands(app, pilot, *"hot", "enter")
        assert facts_of(db, deal).marked == ("Hot lead",)


# -- whose it is, and what it sells


async def test_the_owner_is_picked_of_the_users(db: Database, thread_id: ThreadId) -> None:
    deal = linked(db, thread_id)
    bo = crm_rows.a_user(db, "Bo Kern", "bo@dealbox.example")
    crm_rows.a_user(db, "Me", "me@dealbox.example", is_admin=True)
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "a")
        assert "Owner of Renewal" in text(app)
        await commands(app, pilot, *"bo", "enter")
        assert facts_of(db, deal).values["owner_id"] == bo
        assert "owner Bo Kern" in text(app)
        await commands(app, pilot, "z")
        assert facts_of(db, deal).values["owner_id"] == ""


async def test_who_is_alone_is_told_that_there_are_no_users(db: Database, thread_id: ThreadId) -> None:
    linked(db, thread_id)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await commands(app, pilot, "comma", "a")
        assert "You are alone here" in text(app)


async def test_the_deal_of_a_colleague_is_changed_only_with_the_right_to(
    db: Database, thread_id: ThreadId
) -> None:
    deal = linked(db, thread_id)
    crm_rows.a_user(db, "Me", "me@dealbox.example", edits="own")
    bo = crm_rows.a_user(db, "Bo Kern", "bo@dealbox.example")
    item_states.assign(db, deal, bo)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await commands(app, pilot, "comma", "w")
        assert "Not done:" in text(app)
        await press(pilot, "comma", "e")
        await types(app, pilot, "title", "Mine now")
        await saves(app, pilot)
        assert "Mine now" in text(app) and app.screen is not app.mail
    assert the_item(db, thread_id).status == "open"
    assert the_item(db, thread_id).title == "Renewal"


async def test_products_are_added_changed_and_taken_off(db: Database, thread_id: ThreadId) -> None:
    deal = linked(db, thread_id)
    products.add(db, {"name": "Seat [bold]gold[/]", "price": "100", "currency": "EUR"})
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "p")
        assert "nothing yet: n adds a product" in text(app)
        await press(pilot, "n")
        await press(pilot, *"seat", "enter")
        await types(app, pilot, "quantity", "40")
        await types(app, pilot, "price", "90 USD")
        await press(pilot, "ctrl+x")
        assert "is priced in EUR" in text(app)
        await types(app, pilot, "price", "")
        await types(app, pilot, "discount", "10")
        await press(pilot, "ctrl+x")
        assert "40 x 100 EUR -10%" in text(app) and "3,600 EUR" in text(app)
        await press(pilot, "enter")
        await types(app, pilot, "quantity", "none")
        await press(pilot, "ctrl+x")
        assert "“none” is not a number" in text(app)
        await types(app, pilot, "quantity", "1.5")
        await press(pilot, "ctrl+x")
        assert "135 EUR" in text(app)
        await press(pilot, "d")
        assert deal_products.of(db.read(), deal).lines == ()
        await press(pilot, "z")
        assert "135 EUR" in text(app)
        await commands(app, pilot, "q")
        assert app.screen is app.mail
    (line,) = deal_products.of(db.read(), deal).lines
    assert (line.quantity, line.discount) == (Decimal("1.5"), Decimal(10))


async def test_a_product_not_sold_before_is_made_on_the_way(db: Database, thread_id: ThreadId) -> None:
    deal = linked(db, thread_id)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "p", "n", "enter")
        await types(app, pilot, "name", "Training")
        await types(app, pilot, "price", "1.2k")
        await press(pilot, "ctrl+x")
        assert "Quantity" in text(app)
        await press(pilot, "ctrl+x")
        assert "1,200 EUR" in text(app)
    assert [each.name for each in deal_products.of(db.read(), deal).lines] == ["Training"]


async def test_a_field_of_the_users_own_is_filled_in_and_its_rules_hold(
    db: Database, thread_id: ThreadId, ana: str
) -> None:
    deal = linked(db, thread_id, ana)
    field, _ = custom_fields.add(db, ItemKind.DEAL, "Colour", "choice", ["red", "blue"])
    seats, _ = custom_fields.add(db, ItemKind.DEAL, "Seats", "number")
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "e")
        await types(app, pilot, f"custom-{field.id}", "bl")
        await types(app, pilot, f"custom-{seats.id}", "many")
        await saves(app, pilot)
        assert "Seats: “many” is not a number" in text(app)
        await types(app, pilot, f"custom-{seats.id}", "40")
        await saves(app, pilot)
        assert [each.value for each in facts_of(db, deal).custom] == ["blue", "40"]
        await commands(app, pilot, "z")
        assert [each.value for each in facts_of(db, deal).custom] == ["", ""]
