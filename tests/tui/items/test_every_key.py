"""Every key of every page, of the board and of the activities: none of them ends the program."""

from __future__ import annotations

import desk as desk_of
import pytest
import screens
from desk import Desk

from store.crm import activities, item_edits, notes, products
from store.crm.item_refs import PageKind, PageRef
from store.crm.items import ItemKind
from store.database import Database
from tui.items import keys, worklist_keys
from tui.items.worklist_keys import ScreenKey
from tui.screens.activities import Activities
from tui.screens.board import Board
from tui.screens.item import ItemPage
from tui.screens.worklist import Worklist

NAMED = {
    " ": "space",
    ",": "comma",
    "<": "less_than_sign",
    ">": "greater_than_sign",
    "/": "slash",
    "?": "question_mark",
}


def pressed(key: ScreenKey) -> list[str]:
    return [NAMED.get(each, each) for each in key.keys[0].split()]


async def press_all(desk: Desk, shown: list[Worklist], listed: tuple[ScreenKey, ...]) -> None:
    """Press every key of a screen but those that leave it, and give up whatever it asks."""
    for key in listed:
        if key.action == "leave":
            continue
        await desk.press(*pressed(key))
        for _ in range(6):
            if desk.app.screen is shown[0] and not shown[0].is_typing:
                break
            await desk.press("escape")
        assert desk.app.is_running, key
        if desk.app.screen is not shown[0]:
            shown[0] = (
                type(shown[0])(desk.app.mail)
                if not isinstance(shown[0], ItemPage)
                else ItemPage(desk.app.mail, shown[0].ref)
            )
            desk.app.push_screen(shown[0])
            await desk.settle()


@pytest.fixture
def pages(db: Database) -> dict[PageKind, PageRef]:
    """One item of each kind, each with a conversation, a note and an activity where it can have them."""
    ids = screens.an_inbox(db, 3)[2]
    ana = desk_of.ana(db)
    deal = desk_of.a_deal_with(db, ana, ids[:2])
    found = {PageKind.DEAL: PageRef.of(deal), PageKind.PERSON: PageRef(PageKind.PERSON, ana)}
    for kind in (ItemKind.LEAD, ItemKind.PROJECT):
        found[PageKind(kind.value)] = PageRef.of(
            item_edits.create(db, kind, {"title": "Other", "person_id": ana})[0]
        )
    found[PageKind.ORGANIZATION] = PageRef.of(
        item_edits.create(db, ItemKind.ORGANIZATION, {"name": "Bolt"})[0]
    )
    found[PageKind.PRODUCT] = PageRef(PageKind.PRODUCT, products.add(db, {"name": "Scanner"})[0])
    for page in list(found.values()):
        if page.item is not None:
            notes.add(db, page.item, "They want it")
            activities.add(db, page.item, "Ring them", due_at=1)
    (activity_id,) = db.read().execute("SELECT id FROM activity WHERE deal_id = ?", (deal.id,)).fetchone()
    found[PageKind.ACTIVITY] = PageRef(PageKind.ACTIVITY, activity_id)
    return found


@pytest.mark.parametrize("kind", PageKind)
async def test_no_key_of_a_page_ends_the_program(
    db: Database, pages: dict[PageKind, PageRef], kind: PageKind
) -> None:
    async with screens.the_screen(db) as (app, pilot):
        desk = Desk(app, pilot)
        page = ItemPage(app.mail, pages[kind])
        app.push_screen(page)
        await desk.settle()
        await press_all(desk, [page], keys.of(kind))


@pytest.mark.parametrize(
    ("shown", "listed"), [(Board, worklist_keys.BOARD), (Activities, worklist_keys.ACTIVITIES)]
)
async def test_no_key_of_a_list_ends_the_program(
    db: Database, pages: dict[PageKind, PageRef], shown: type[Worklist], listed: tuple[ScreenKey, ...]
) -> None:
    async with screens.the_screen(db) as (app, pilot):
        desk = Desk(app, pilot)
        screen = shown(app.mail)  # type: ignore[arg-type]  # the mail screen is a host
        app.push_screen(screen)
        await desk.settle()
        await press_all(desk, [screen], listed)
