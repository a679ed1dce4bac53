from __future__ import annotations

import crm_rows
import desk as desk_of
import hostile
import pytest
import screens
from desk import Desk, the_page
from rich.cells import cell_len

from linking import service
from mail.text import is_safe
from mail.types import ThreadId
from store.crm.item_refs import PageKind, PageRef
from store.crm.items import ItemRef
from store.database import Database
from tui.items import pages as item_pages
from tui.screens.item import ItemPage, Tab

SIZES = ((80, 24), (120, 40), (200, 50))


@pytest.fixture
def ids(db: Database) -> list[ThreadId]:
    return screens.an_inbox(db, 12)[2]


@pytest.fixture
def ana(db: Database) -> str:
    return desk_of.ana(db)


@pytest.fixture
def deal(db: Database, ids: list[ThreadId], ana: str) -> ItemRef:
    """A deal of Ana's with the ten newest of twelve conversations."""
    return desk_of.a_deal_with(db, ana, ids[:10])


# -- what it shows


@pytest.mark.parametrize("size", SIZES)
async def test_a_page_shows_its_head_its_conversations_and_its_keys(
    db: Database, deal: ItemRef, size: tuple[int, int]
) -> None:
    async with the_page(db, deal, size) as desk:
        first = screens.lines(desk.app)[0]
        assert first.startswith(" Deal: Renewal")
        assert first.endswith("open  12,400 EUR")
        assert "Proposal [############...] 4 of 5" in desk.text
        assert "Ana Lima, Acme GmbH" in desk.text
        assert "1 Conversations 10" in desk.text
        assert "Subject 11" in desk.text
        assert "? keys" in screens.lines(desk.app)[-1]


async def test_digits_and_tab_change_between_the_lists(db: Database, deal: ItemRef) -> None:
    async with the_page(db, deal) as desk:
        await desk.press("2")
        assert "received" in desk.text
        await desk.press("3")
        assert "entered in the CRM" in desk.text
        await desk.press("tab")
        assert "People" in desk.text
        await desk.press("tab")
        assert "Subject 11" in desk.text
        await desk.press("shift+tab")
        assert desk.page.tab is Tab.ABOUT


async def test_on_a_wide_screen_people_stand_beside_the_conversations(db: Database, deal: ItemRef) -> None:
    async with the_page(db, deal, (120, 40)) as desk:
        assert any("Ana Lima" in line and "Subject" in line for line in screens.lines(desk.app))


async def test_the_cursor_moves_by_the_keys_of_the_list(db: Database, deal: ItemRef) -> None:
    async with the_page(db, deal) as desk:
        await desk.press("j", "j", "k")
        assert desk.page.threads.cursor == 1
        await desk.press("G")
        assert desk.page.threads.cursor == 9
        await desk.press("g", "g")
        assert desk.page.threads.cursor == 0
        await desk.press("ctrl+d")
        assert desk.page.threads.cursor > 1


async def test_a_page_of_any_width_can_be_shrunk_and_grown(db: Database, deal: ItemRef) -> None:
    async with the_page(db, deal, (120, 40)) as desk:
        await desk.press("4")
        for width, height in ((60, 20), (30, 8), (200, 50), (80, 24)):
            await desk.pilot.resize_terminal(width, height)
            await desk.settle()
        assert "People" in desk.text


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_of_hostile_text_reaches_the_terminal(
    db: Database, ids: list[ThreadId], size: tuple[int, int]
) -> None:
    evil = f"evil {hostile.EVERYTHING} \u5927\u5927\n"
    person = crm_rows.a_person(db, evil, "person3@acme.example")
    deal = crm_rows.a_deal(db, evil, person)
    crm_rows.a_note(db, deal, evil * 3)
    crm_rows.a_row(
        db, "activity", type=evil, subject=evil, note=evil, entered_at=1, due_at=2, deal_id=deal.id
    )
    crm_rows.a_row(db, "lead", title=evil, person_id=person)
    field = crm_rows.a_row(db, "custom_field", item_kind="deal", name=evil)
    with db.write() as connection:
        connection.execute("INSERT INTO custom_value VALUES ('deal', ?, ?, ?)", (deal.id, field, evil))
        connection.execute("UPDATE thread SET subject = ?, participants = ?", (evil, evil))
        connection.execute("UPDATE email SET subject = ?, from_name = ?, preview = ?", (evil, evil, evil))
        connection.execute("UPDATE deal SET currency = ?, expected_close = ?", (evil[:9], evil))
    service.link(db, ids[0], deal)
    for page in (PageRef.of(deal), PageRef(PageKind.PERSON, person)):
        async with the_page(db, page, size) as desk:
            for key in ("1", "2", "3", "4"):
                await desk.press(key)
                assert "evil" in desk.text
                assert [line for line in screens.lines(desk.app) if not is_safe(line)] == []
                assert max(map(cell_len, screens.lines(desk.app))) <= size[0]


async def test_every_kind_has_a_page(db: Database, ids: list[ThreadId], deal: ItemRef, ana: str) -> None:
    pages = {
        "Person: Ana Lima": PageRef(PageKind.PERSON, ana),
        "Lead: A call": PageRef(PageKind.LEAD, crm_rows.a_row(db, "lead", title="A call")),
        "Project: Roll-out": PageRef(PageKind.PROJECT, crm_rows.a_row(db, "project", title="Roll-out")),
        "Activity: Ring": PageRef(
            PageKind.ACTIVITY, crm_rows.a_row(db, "activity", subject="Ring", entered_at=1, deal_id=deal.id)
        ),
        "Product: Seat": PageRef(PageKind.PRODUCT, crm_rows.a_row(db, "product", name="Seat")),
    }
    for title, page in pages.items():
        async with the_page(db, page) as desk:
            assert title in desk.text
            for key in ("2", "3", "4", "1"):
                await desk.press(key)
            assert title in desk.text


async def test_a_deleted_deal_says_so_and_can_be_restored(db: Database, deal: ItemRef) -> None:
    with db.write() as connection:
        connection.execute("UPDATE deal SET deleted_at = 9")
    async with the_page(db, deal) as desk:
        assert "This deal was deleted" in desk.text
        assert "1 Conversations 0" in desk.text
        await desk.press("R")
        await desk.until("1 Conversations 10")


async def test_an_item_that_never_was_says_so(db: Database, ids: list[ThreadId]) -> None:
    async with screens.the_screen(db) as (app, pilot):
        item_pages.show(app.mail, PageRef(PageKind.DEAL, "nothing"))
        desk = Desk(app, pilot)
        await desk.until("There is no deal:nothing here any more")
        await desk.press("1", "2", "3", "4", "enter", "q")
        assert app.screen is app.mail


# -- going elsewhere


@pytest.mark.parametrize("size", SIZES)
async def test_a_conversation_is_read_in_the_mail_and_q_comes_back_to_the_same_place(
    db: Database, deal: ItemRef, size: tuple[int, int]
) -> None:
    async with the_page(db, deal, size) as desk:
        await desk.press("j", "j", "enter")
        assert desk.app.screen is desk.app.mail
        assert desk.app.mail.is_reading
        assert "Subject 9" in desk.text
        assert desk.app.mail.listings.shown.title == "Deal: Renewal"
        await desk.press("q")
        assert desk.page.threads.cursor == 2
        assert "1 Conversations 10" in desk.text


async def test_leaving_the_page_leaves_the_mail_as_it_was(db: Database, deal: ItemRef) -> None:
    async with the_page(db, deal) as desk:
        mail = desk.app.mail
        mail.thread_list.go(5)
        await desk.press("enter", "J", "q", "q")
        assert desk.app.screen is mail
        assert mail.listings.shown.title == "Inbox"
        assert (mail.thread_list.cursor, mail.is_reading) == (5, False)


async def test_the_conversations_of_the_page_are_a_list_in_the_mail(db: Database, deal: ItemRef) -> None:
    async with the_page(db, deal) as desk:
        await desk.press("enter", "u")
        assert desk.app.mail.thread_list.source.count == 10
        await desk.press("q")
        assert isinstance(desk.app.screen, ItemPage)


async def test_going_to_another_mailbox_forgets_the_page(db: Database, deal: ItemRef) -> None:
    async with the_page(db, deal) as desk:
        await desk.press("enter", "g", "i", "q")
        assert desk.app.screen is desk.app.mail
        assert desk.app.mail.listings.shown.title == "Inbox"
        assert desk.app.mail.behind is None
        assert len(desk.app.screen_stack) == 1


async def test_pages_lead_to_pages_and_all_of_them_wait_while_one_reads(db: Database, deal: ItemRef) -> None:
    async with the_page(db, deal) as desk:
        await desk.press("4", "j", "enter")
        await desk.until("Person: Ana Lima")
        await desk.press("1", "enter")
        assert desk.app.screen is desk.app.mail
        await desk.press("q")
        assert "Person: Ana Lima" in desk.text
        await desk.press("q")
        assert "Deal: Renewal" in desk.text
        assert desk.page.tab is Tab.ABOUT
        await desk.press("q")
        assert desk.app.screen is desk.app.mail


async def test_a_search_in_between_comes_back_to_the_item_s_conversations(
    db: Database, deal: ItemRef
) -> None:
    async with the_page(db, deal) as desk:
        await desk.press("enter", "slash", *"nothing", "enter", "q")
        assert desk.app.mail.listings.shown.title == "Deal: Renewal"
        assert desk.app.mail.thread_list.source.count == 10
        await desk.press("q")
        assert isinstance(desk.app.screen, ItemPage)


async def test_a_page_opened_while_another_waits_leads_back_to_it(db: Database, deal: ItemRef) -> None:
    async with the_page(db, deal) as desk:
        await desk.press("G", "enter", "comma", "slash", *"lima")
        await desk.until("Acme GmbH")
        await desk.press("down", "enter")
        await desk.until("Person: Ana Lima")
        await desk.press("enter")
        assert desk.app.mail.listings.shown.title == "Person: Ana Lima"
        await desk.press("q")
        assert "Person: Ana Lima" in desk.text
        await desk.press("q")
        assert desk.app.mail.listings.shown.title == "Deal: Renewal"
        assert desk.app.mail.is_reading
        await desk.press("q")
        assert desk.page.threads.cursor == 9
        await desk.press("q")
        assert desk.app.mail.listings.shown.title == "Inbox"
        assert desk.app.mail.behind is None


async def test_the_page_is_opened_from_the_mail_by_its_key(db: Database, deal: ItemRef) -> None:
    async with screens.the_screen(db) as (app, pilot):
        await pilot.press("O")
        await Desk(app, pilot).until("Deal: Renewal")
        assert isinstance(app.screen, ItemPage)


async def test_without_a_link_the_key_shows_the_main_person(
    db: Database, ids: list[ThreadId], ana: str
) -> None:
    async with screens.the_screen(db) as (app, pilot):
        desk = Desk(app, pilot)
        app.mail.thread_list.go_to_thread(ids[8])
        await desk.press("O")
        await desk.until("Person: Ana Lima")
        await desk.press("q")
        app.mail.thread_list.go_to_thread(ids[0])
        await desk.press("O")
        await desk.until("not linked")
        assert app.screen is app.mail


async def test_an_event_of_the_timeline_leads_to_its_conversation(db: Database, deal: ItemRef) -> None:
    async with the_page(db, deal) as desk:
        await desk.press("2", "j", "enter")
        assert desk.app.mail.is_reading
        await desk.press("q")
        assert (desk.page.tab, desk.page.timeline.cursor) == (Tab.TIMELINE, 1)


async def test_a_note_is_shown_in_full(db: Database, deal: ItemRef) -> None:
    crm_rows.a_note(db, deal, "\n".join(f"Line {number}" for number in range(20)))
    async with the_page(db, deal, (120, 40)) as desk:
        await desk.press("4")
        assert "Line 19" not in desk.text
        await desk.press("G", "enter")
        await desk.until("Line 19")


async def test_the_go_keys_of_the_mail_leave_every_page_on_the_way(db: Database, deal: ItemRef) -> None:
    async with screens.the_screen(db) as (app, pilot):
        desk = Desk(app, pilot)
        await desk.press("g", "P")
        await desk.until("Sales")
        await desk.press("enter")
        await desk.until("Deal: Renewal")
        await desk.press("g", "k")
        await desk.until("Activities")
        assert len(app.screen_stack) == 2
        await desk.press("g", "i")
        await desk.until("Inbox")
        assert app.screen is app.mail
        assert len(app.screen_stack) == 1


async def test_a_page_keeps_its_own_keys_that_begin_with_g(db: Database, deal: ItemRef) -> None:
    async with the_page(db, deal) as desk:
        await desk.press("G", "g", "g")
        assert desk.page.threads.cursor == 0
        await desk.press("g", "z")
        assert "g z is not a key here" in desk.text
