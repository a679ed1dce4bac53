"""The form itself: completion, names that could be several, lines that one line cannot show, and small terminals."""

from __future__ import annotations

import crm_rows
import makers
import pytest
import told
from forms import commands, facts_of, item_of, linked, press, quiet, saves, the_item, typed, types, writes
from screens import lines, settled, text, the_screen
from textual.events import Paste
from textual.widgets import Input

from linking import service
from mail.types import SafeText, ThreadId
from store.crm import custom_fields, item_edits, items, labels
from store.crm.item_parts import Labelled
from store.crm.items import ItemKind
from store.database import Database
from tui.screens.item_form import ItemForm
from tui.screens.note import Note


@pytest.fixture
def thread_id(db: Database) -> ThreadId:
    return told.a_conversation(db, makers.an_account(db), "First words", "Second words")


@pytest.fixture
def ana(db: Database) -> str:
    return crm_rows.a_person(db, "Ana Lima", "ana@acme.example")


async def test_a_person_is_completed_by_a_part_of_the_name(
    db: Database, thread_id: ThreadId, ana: str
) -> None:
    bo = crm_rows.a_person(db, "Bo Kern", "bo@x.example")
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", "d", "tab")
        await press(pilot, *"bo")
        assert "> Bo Kern" in text(app)
        await press(pilot, "tab")
        assert typed(app, "person_id") == "Bo Kern"
        assert app.screen.focused is app.screen.query_one("#field-org_id")
        await saves(app, pilot)
        assert the_item(db, thread_id).person_id == bo


async def test_a_name_that_two_have_is_taken_from_the_list(
    db: Database, thread_id: ThreadId, ana: str
) -> None:
    other = crm_rows.a_person(db, "Ana Lima", "ana@other.example")
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", "d")
        await types(app, pilot, "person_id", "ana lima")
        await press(pilot, "ctrl+x")
        assert "2 are called ana lima" in text(app)
        await press(pilot, "down", "down", "enter")
        await saves(app, pilot)
        assert the_item(db, thread_id).person_id in (ana, other)


async def test_a_name_that_is_only_begun_makes_nobody_by_mistake(
    db: Database, thread_id: ThreadId, ana: str
) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", "d")
        await types(app, pilot, "person_id", "Ana")
        await press(pilot, "ctrl+x")
        assert "Ana is new, but there is Ana Lima" in text(app)
        await saves(app, pilot)
        assert the_item(db, thread_id).person == "Ana"
        assert the_item(db, thread_id).person_id != ana


async def test_a_newcomer_with_a_known_name_is_asked_about(db: Database, thread_id: ThreadId) -> None:
    crm_rows.a_person(db, "Ana Lima", "ana@elsewhere.example")
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", "d", "ctrl+x")
        assert "Ana Lima is new, but there is Ana Lima" in text(app)
        await saves(app, pilot)
        person = the_item(db, thread_id).person_id
        assert person is not None
        assert len(items.search(db, "Ana", kinds=(ItemKind.PERSON,))) == 2


async def test_a_typed_newcomer_may_have_an_address(db: Database, thread_id: ThreadId, ana: str) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", "d")
        await types(app, pilot, "person_id", "Cy Roe <cy@roe.example>")
        await saves(app, pilot)
        (cy,) = items.search(db, "Cy", kinds=(ItemKind.PERSON,))
        assert (cy.title, facts_of(db, cy.ref).emails) == ("Cy Roe", (Labelled("cy@roe.example", ""),))


async def test_a_form_higher_than_the_screen_scrolls_and_enter_in_the_last_field_saves(
    db: Database, thread_id: ThreadId, ana: str
) -> None:
    deal = linked(db, thread_id, ana)
    for number in range(14):
        custom_fields.add(db, ItemKind.DEAL, f"Field {number:02}")
    async with the_screen(db, size=(80, 24)) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "e")
        assert "Field 13" not in text(app) and "ctrl+x save" in text(app)
        await press(pilot, *["tab"] * (len(app.screen.query(Input)) - 1))
        assert "Field 13" in text(app) and "ctrl+x save" in text(app)
        await press(pilot, *"last", "enter")
        await settled(app, pilot)
        assert app.screen is app.mail
        assert [each.value for each in facts_of(db, deal).custom][-1] == "last"


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_forms_fit_every_terminal(
    db: Database, thread_id: ThreadId, ana: str, size: tuple[int, int]
) -> None:
    linked(db, thread_id, ana, title="A title that is much longer than any line of a terminal can be " * 3)
    async with the_screen(db, size=size) as (app, pilot):
        await settled(app, pilot)
        for keys in ("e", "s", "x", "m", "t", "g", "p"):
            await press(pilot, "comma", keys)
            assert app.screen is not app.mail, keys
            assert all(len(shown) <= size[0] for shown in lines(app))
            assert any(
                word in text(app) for word in ("esc", "Esc", "type to filter", "a label", "q closes")
            ), keys
            await press(pilot, "escape")
            await settled(app, pilot)


async def test_several_lines_stay_several_where_something_else_is_changed(
    db: Database, thread_id: ThreadId
) -> None:
    ana, _ = item_edits.create(
        db,
        ItemKind.PERSON,
        {"name": "Ana Lima", "emails": ["ana@acme.example"], "notes": "One\nTwo\n\nThree"},
    )
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "h")
        await press(pilot, "e")
        assert isinstance(app.screen, ItemForm)
        assert typed(app, "notes") == "One Two Three"
        await types(app, pilot, "title", "Head")
        await press(pilot, "ctrl+x")
        values = facts_of(db, ana).values
        assert (values["title"], values["notes"]) == ("Head", "One\nTwo\n\nThree")


async def test_several_lines_are_written_over_the_form(db: Database, thread_id: ThreadId) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", "p")
        app.screen.query_one("#field-notes").focus()
        await quiet(pilot)
        assert "ctrl+o writes several lines" in text(app)
        await press(pilot, "ctrl+o")
        assert isinstance(app.screen, Note)
        await writes(app, pilot, "Likes tea\nHates mail")
        await press(pilot, "ctrl+x")
        assert isinstance(app.screen, ItemForm) and typed(app, "notes") == "Likes tea Hates mail"
        await saves(app, pilot)
        (ana,) = items.search(db, "Ana", kinds=(ItemKind.PERSON,))
        assert facts_of(db, ana.ref).values["notes"] == "Likes tea\nHates mail"


async def test_what_is_not_changed_is_not_saved_again(db: Database, thread_id: ThreadId, ana: str) -> None:
    deal = linked(db, thread_id, ana)
    gone = crm_rows.a_user(db, "Gone", "gone@dealbox.example")
    crm_rows.a_user(db, "Me", "me@dealbox.example", is_admin=True)
    with db.write() as connection:
        connection.execute("UPDATE deal SET owner_id = ?", (gone,))
        connection.execute("UPDATE workspace_user SET is_active = 0 WHERE id = ?", (gone,))
        connection.execute("UPDATE stage SET deleted_at = 1 WHERE name = 'Proposal'")
    before = facts_of(db, deal).values
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "e")
        await types(app, pilot, "title", "Renewed")
        await saves(app, pilot)
    after = facts_of(db, deal).values
    assert {name for name in after if after[name] != before[name]} == {"title", "updated_at", "rev"}


async def test_a_shared_conversation_is_shown_to_others_only_after_asking(
    db: Database, thread_id: ThreadId
) -> None:
    crm_rows.a_user(db, "Me", "me@dealbox.example", is_admin=True)
    crm_rows.a_user(db, "Bo Kern", "bo@dealbox.example")
    service.set_visibility(db, thread_id, "shared")
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", "d", "ctrl+x")
        assert "this shows it to Bo Kern" in " ".join(text(app).split())
        await press(pilot, "n")
        assert "Nothing was made yet" in text(app)
        assert items.search(db, "Quote") == ()
        await press(pilot, "ctrl+x")
        await commands(app, pilot, "y")
        assert the_item(db, thread_id).title == "Quote"


@pytest.mark.parametrize(
    "payload", ["\x1b]0;x\x07", "[@click=app.quit]x[/]", "\u202egnp", "a\nb\tc", "x" * 3000]
)
async def test_what_is_pasted_into_a_field_does_nothing(
    db: Database, thread_id: ThreadId, ana: str, payload: str
) -> None:
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", "d")
        app.screen.query_one("#field-title").post_message(Paste(payload))
        await quiet(pilot)
        await press(pilot, "ctrl+x")
        assert app.is_running
        if len(payload) > 1000:
            assert "at most 1,000 characters" in text(app)
        else:
            await settled(app, pilot)
            title = the_item(db, thread_id).title
            assert title.isprintable() and "\x1b" not in title and "\u202e" not in title


async def test_a_signature_fills_in_who_is_new(db: Database) -> None:
    signed = "Hello\n\n-- \nAna Lima\nHead of Purchasing\nAcme Ltd\nTel. +34 600 123 456\n"
    email = makers.an_email(signed, subject=SafeText("Re: [sales] Quote"))
    (thread_id,) = told.tell(db, makers.an_account(db), email)
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "n", "p")
        assert typed(app, "name") == "Ana Lima" and typed(app, "emails") == "ana@acme.example"
        await press(pilot, "escape")
        await press(pilot, "comma", "n", "d")
        assert typed(app, "title") == "Quote"
    assert item_of(db, thread_id) is None


async def test_choices_and_labels_are_listed_and_taken(db: Database, thread_id: ThreadId, ana: str) -> None:
    deal = linked(db, thread_id, ana)
    for name in ("Cold", "Hot", "Warm"):
        labels.set(db, deal, name, False)
        labels.set(db, deal, name, True)
        labels.set(db, deal, name, False)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "e")
        app.screen.query_one("#field-stage_id").focus()
        await press(pilot, "down")
        assert "> Proposal" in text(app)
        await press(pilot, "down", "enter")
        assert typed(app, "stage_id") == "Negotiation"
        app.screen.query_one("#field-labels").focus()
        await press(pilot, *"wa")
        await press(pilot, "enter")
        assert typed(app, "labels") == "Warm"
        await press(pilot, "comma", "space")
        await press(pilot, *"co", "enter")
        assert typed(app, "labels") == "Warm, Cold"
        await press(pilot, "down")
        assert "Hot" in text(app)
        await press(pilot, "escape")
        assert isinstance(app.screen, ItemForm)
        await saves(app, pilot)
    facts = facts_of(db, deal)
    assert facts.marked == ("Cold", "Warm")
    assert the_item(db, thread_id).stage == "Negotiation"


async def test_an_item_that_is_gone_for_good_has_no_form(db: Database, thread_id: ThreadId) -> None:
    deal = linked(db, thread_id)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        with db.write() as connection:
            connection.execute("DELETE FROM deal WHERE id = ?", (deal.id,))
        for key in ("e", "m", "x", "t", "g"):
            await commands(app, pilot, "comma", key)
            assert app.screen is app.mail


async def test_further_people_of_a_deal_are_listed_added_and_taken_off(
    db: Database, thread_id: ThreadId, ana: str
) -> None:
    deal = linked(db, thread_id, ana)
    bo = crm_rows.a_person(db, "Kern, Bo", "bo@x.example")
    cy = crm_rows.a_person(db, "Cy Roe", "cy@x.example")
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await press(pilot, "comma", "e")
        app.screen.query_one("#field-participants").focus()
        await press(pilot, *"bo")
        assert "Kern Bo" in text(app)
        await press(pilot, "down", "enter")
        await press(pilot, "comma", *"cy", "enter")
        assert typed(app, "participants") == "Kern Bo, Cy Roe"
        await saves(app, pilot)
        assert {each.id for each in facts_of(db, deal).participants} == {bo, cy}
        await press(pilot, "comma", "e")
        await types(app, pilot, "participants", "Cy Roe, Nobody")
        await press(pilot, "ctrl+x")
        assert "Nobody is nobody yet" in text(app)
        await types(app, pilot, "participants", "cy roe")
        await saves(app, pilot)
        assert [each.id for each in facts_of(db, deal).participants] == [cy]
