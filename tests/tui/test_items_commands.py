"""Items made, moved, closed and noted from the conversation, on the real screen over a real store."""

from __future__ import annotations

import crm_rows
import hostile
import makers
import pytest
import told
from forms import item_of, linked, press, saves, the_item, typed, types
from screens import settled, text, the_screen

from mail.types import SafeText, ThreadId
from store.crm import item_forms, items
from store.crm.item_refs import PageKind
from store.crm.items import ItemKind
from store.database import Database
from tui.screens.item_form import ItemForm


@pytest.fixture
def thread_id(db: Database) -> ThreadId:
    return told.a_conversation(db, makers.an_account(db), "First words", "Second words")


@pytest.fixture
def ana(db: Database) -> str:
    return crm_rows.a_person(db, "Ana Lima", "ana@acme.example")


# -- new ones


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_deal_is_made_of_the_conversation_and_linked_in_one_action(
    db: Database, thread_id: ThreadId, ana: str, size: tuple[int, int]
) -> None:
    async with the_screen(db, size=size) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", "d")
        assert isinstance(app.screen, ItemForm)
        assert "New deal" in text(app) and "Ana Lima" in text(app)
        await types(app, pilot, "value", "12.4k")
        await saves(app, pilot)
        deal = the_item(db, thread_id)
        assert (deal.kind, deal.title, deal.person_id, deal.currency) == (ItemKind.DEAL, "Quote", ana, "EUR")
        assert deal.stage == "Qualified" and str(deal.value) == "12400"
        shown = text(app)
        assert "Added deal Quote, linked, the answer planned" in shown and "z undo" in shown
        await press(pilot, "z")
        await settled(app, pilot)
        assert item_of(db, thread_id) is None
        assert items.get(db, deal.ref) is None or items.search(db, "Quote") == ()


async def test_a_newcomer_is_made_with_the_deal_and_goes_with_one_undo(
    db: Database, thread_id: ThreadId
) -> None:
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", "d")
        assert "Ana Lima" in text(app)
        await saves(app, pilot)
        deal = the_item(db, thread_id)
        assert deal.person == "Ana Lima" and deal.person_id is not None
        assert item_forms.facts(db, PageKind.PERSON, deal.person_id).emails[0].value == "ana@acme.example"
        assert "with person Ana Lima" in text(app)
        await press(pilot, "z")
        await settled(app, pilot)
        assert items.search(db, "Ana") == ()
        assert "not in the CRM" in text(app)


@pytest.mark.parametrize(("key", "kind"), [("l", ItemKind.LEAD), ("j", ItemKind.PROJECT)])
async def test_leads_and_projects_are_made_alike(
    db: Database, thread_id: ThreadId, ana: str, key: str, kind: ItemKind
) -> None:
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", key)
        await saves(app, pilot)
        assert (the_item(db, thread_id).kind, the_item(db, thread_id).title) == (kind, "Quote")
        assert f"{kind.value.title()}: Quote" in text(app)


async def test_a_person_is_made_of_who_wrote_and_the_panel_knows_them_at_once(
    db: Database, thread_id: ThreadId
) -> None:
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        assert "not in the CRM" in text(app)
        await press(pilot, "comma", "n", "p")
        assert typed(app, "emails") == "ana@acme.example"
        await types(app, pilot, "title", "Buyer in chief")
        await saves(app, pilot)
        assert "not in the CRM" not in text(app) and "Buyer in chief" in text(app)
        assert item_of(db, thread_id) is None


async def test_an_organization_is_made_of_the_domain(db: Database, thread_id: ThreadId) -> None:
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", "o")
        assert typed(app, "name") == "Acme"
        await saves(app, pilot)
        (made,) = items.search(db, "Acme")
        assert item_forms.facts(db, PageKind.ORGANIZATION, made.id).domains == ("acme.example",)


async def test_a_link_is_given_to_a_new_deal_only_after_asking(
    db: Database, thread_id: ThreadId, ana: str
) -> None:
    old = linked(db, thread_id, ana)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", "d")
        assert "The conversation is linked to Renewal" in text(app)
        await press(pilot, "n")
        await settled(app, pilot)
        assert the_item(db, thread_id).ref == old
        await press(pilot, "comma", "n", "d")
        await press(pilot, "y")
        await saves(app, pilot)
        assert the_item(db, thread_id).title == "Quote"
        await press(pilot, "z")
        await settled(app, pilot)
        assert the_item(db, thread_id).ref == old


async def test_what_cannot_be_is_said_and_everything_typed_stays(
    db: Database, thread_id: ThreadId, ana: str
) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", "d")
        await types(app, pilot, "title", "Forty seats")
        await types(app, pilot, "value", "a lot")
        await saves(app, pilot)
        assert "“a lot” is not an amount" in text(app) and "Forty seats" in text(app)
        assert app.screen.focused is app.screen.query_one("#field-value")
        await types(app, pilot, "value", "")
        await types(app, pilot, "person_id", "")
        await saves(app, pilot)
        assert "a deal needs a person or an organization" in text(app) and "Forty seats" in text(app)
        await types(app, pilot, "org_id", "Acme")
        await saves(app, pilot)
        deal = the_item(db, thread_id)
        assert (deal.title, deal.organization) == ("Forty seats", "Acme")


async def test_a_changed_form_is_left_with_the_second_esc_only(db: Database, thread_id: ThreadId) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", "d")
        await types(app, pilot, "title", "Forty seats")
        await press(pilot, "escape")
        assert "It was changed" in text(app)
        await press(pilot, "escape")
        assert app.screen is app.mail
        assert item_of(db, thread_id) is None


@pytest.mark.parametrize("payload", [hostile.EVERYTHING, hostile.PAYLOADS[10], hostile.PAYLOADS[12]])
async def test_hostile_subjects_are_titles_that_do_nothing(db: Database, payload: str) -> None:
    from mail.text import safe_line

    account = makers.an_account(db)
    (thread_id,) = told.tell(db, account, makers.an_email("x", subject=safe_line(f"Evil {payload} end")))
    crm_rows.a_person(db, "Ana [bold]Lima[/]", "ana@acme.example")
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", "d")
        await saves(app, pilot)
        assert app.is_running
        deal = the_item(db, thread_id)
        assert deal.title == " ".join(safe_line(f"Evil {payload} end").split())
        await press(pilot, "comma", "e")
        assert isinstance(app.screen, ItemForm)
        await press(pilot, "escape")
        await press(pilot, "comma", "s")
        await press(pilot, "escape")
        await settled(app, pilot)
        assert app.screen is app.mail


# -- where there is nothing to act on


@pytest.mark.parametrize("keys", ["s", "w", "x", "a", "e", "d", "g", "p"])
async def test_what_is_not_linked_says_how_to_link_it(db: Database, thread_id: ThreadId, keys: str) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", keys)
        await settled(app, pilot)
        assert "Not linked: L links it, , n d makes a deal" in text(app)


async def test_several_marked_conversations_are_left_alone(db: Database) -> None:
    account = makers.an_account(db)
    told.tell(db, account, makers.an_email("one"), makers.an_email("two", subject=SafeText("Other")))
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "asterisk", "a")
        await press(pilot, "comma", "n", "d")
        await settled(app, pilot)
        assert app.screen is app.mail
        assert "one at a time" in text(app)


async def test_verbs_of_another_kind_say_so(db: Database, thread_id: ThreadId, ana: str) -> None:
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", "l")
        await saves(app, pilot)
        for key, said in (
            ("s", "A lead has no stages"),
            ("w", "Only a deal is won"),
            ("p", "Only a deal has"),
        ):
            await press(pilot, "comma", key)
            await settled(app, pilot)
            assert said in text(app)
