from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import crm_rows
import makers
import told
from textual.app import App
from textual.content import Content
from textual.widgets import Input

from linking import service
from store import actions
from store.crm import items
from store.crm.items import ItemCard, ItemKind, ItemRef
from store.database import Database
from store.links import links, panel
from store.links.panel import Suggestion
from tui.screens.link import LinkPicker


class PickerApp(App[None]):
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, picker: LinkPicker) -> None:
        super().__init__()
        self.picker = picker
        self.picked: list[ItemCard | None] = []

    def on_mount(self) -> None:
        self.push_screen(self.picker, self.picked.append)


def a_picker(db: Database, linked: ItemCard | None = None) -> LinkPicker:
    return LinkPicker(db, Content("Link Quote"), linked)


def shown(picker: LinkPicker) -> list[str]:
    return picker.choices.texts


async def test_open_items_come_before_closed_ones(db: Database) -> None:
    crm_rows.a_deal(db, "Acme old", status="won")
    crm_rows.a_deal(db, "Acme new")
    picker = a_picker(db)
    async with PickerApp(picker).run_test() as pilot:
        await pilot.press(*"acme")
        await pilot.app.workers.wait_for_complete()
        titles = [line[8:].split("  ")[0] for line in shown(picker)]
        assert titles == ["Acme new", "Acme old"]


async def test_typing_a_persons_name_finds_their_deals_and_enter_takes_the_first(db: Database) -> None:
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    crm_rows.a_deal(db, "Other")
    renewal = crm_rows.a_deal(db, "Renewal", ana)
    app = PickerApp(a_picker(db))
    async with app.run_test() as pilot:
        await pilot.press(*"lima")
        await pilot.app.workers.wait_for_complete()
        await pilot.press("enter")
    assert [item.ref for item in app.picked if item] == [renewal]


async def test_every_item_is_one_line_of_columns_however_long_its_names(db: Database) -> None:
    ana = crm_rows.a_person(db, "Ana Maria Josefa de Lima e Vasconcelos", "ana@acme.example")
    crm_rows.a_deal(db, "A very long title of a deal that would never fit on one line of a dialog", ana)
    crm_rows.a_deal(db, "Short", ana)
    picker = a_picker(db)
    async with PickerApp(picker).run_test(size=(80, 24)) as pilot:
        await pilot.app.workers.wait_for_complete()
        assert {len(row) for row in shown(picker)} == {picker.row_cells}
        assert len({row.index("Ana Maria") for row in shown(picker) if row.startswith("deal")}) == 1


async def test_enter_before_the_list_has_followed_takes_what_was_typed(db: Database) -> None:
    crm_rows.a_deal(db, "Alpha")
    beta = crm_rows.a_deal(db, "Beta")
    app = PickerApp(a_picker(db))
    async with app.run_test() as pilot:
        await pilot.app.workers.wait_for_complete()
        typed = app.picker.query_one(Input)
        with typed.prevent(Input.Changed):
            typed.value = "beta"
        await pilot.press("enter")
        await pilot.pause()
    assert [item.ref for item in app.picked if item] == [beta]


async def test_enter_on_nothing_found_takes_nothing(db: Database) -> None:
    crm_rows.a_deal(db, "Alpha")
    app = PickerApp(a_picker(db))
    async with app.run_test() as pilot:
        await pilot.press(*"zzz")
        await pilot.app.workers.wait_for_complete()
        assert shown(app.picker) == ["nothing found"]
        await pilot.press("enter")
        assert app.picked == []
        await pilot.press("escape")
    assert app.picked == [None]


async def test_a_title_with_markup_is_shown_as_it_is(db: Database) -> None:
    crm_rows.a_deal(db, "[@click=app.quit]Acme[/] [/foo]\x1b[2J")
    picker = a_picker(db)
    async with PickerApp(picker).run_test() as pilot:
        await pilot.app.workers.wait_for_complete()
        assert "[@click=app.quit]Acme[/] [/f" in shown(picker)[0]


async def test_what_will_be_replaced_is_named(db: Database) -> None:
    linked = items.get(db, crm_rows.a_deal(db, "Acme old"))
    picker = a_picker(db, linked)
    async with PickerApp(picker).run_test():
        assert any("in place of Acme old" in str(one.content) for one in picker.query("Static"))  # type: ignore[attr-defined]


def test_linking_by_hand_reaches_every_message_and_is_taken_back_by_undo(db: Database) -> None:
    thread_id = told.a_conversation(db, makers.an_account(db), "First", "Second")
    deal = crm_rows.a_deal(db, "Acme")
    service.link(db, thread_id, deal)
    item = panel.for_thread(db, thread_id).item
    assert item is not None
    assert item.ref == deal
    actions.undo(db)
    assert panel.for_thread(db, thread_id).item is None
    assert links.slot(db, thread_id) is None


async def test_a_misspelt_title_is_found_and_taken(db: Database) -> None:
    crm_rows.a_deal(db, "Printers")
    falcon = crm_rows.a_deal(db, "Falcon licences")
    app = PickerApp(a_picker(db))
    async with app.run_test() as pilot:
        await pilot.press(*"flacon licnces")
        await pilot.app.workers.wait_for_complete()
        await pilot.press("enter")
    assert [item.ref for item in app.picked if item] == [falcon]


async def test_suggestions_stand_on_top_with_their_reasons_until_something_is_typed(db: Database) -> None:
    card = items.get(db, crm_rows.a_deal(db, "Old falcon", status="won"))
    crm_rows.a_deal(db, "Falcon licences")
    assert card is not None
    picker = LinkPicker(db, Content("Link Quote"), None, (Suggestion(card, "won 3 days ago"),))
    async with PickerApp(picker).run_test(size=(120, 30)) as pilot:
        await pilot.app.workers.wait_for_complete()
        assert "Old falcon" in shown(picker)[0]
        assert "won 3 days ago" in shown(picker)[0]
        await pilot.press(*"falcon")
        await pilot.app.workers.wait_for_complete()
        assert "Falcon licences" in shown(picker)[0]
        assert "won 3 days ago" not in "".join(shown(picker))


async def test_a_person_and_an_organization_can_be_picked_too(db: Database) -> None:
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    app = PickerApp(a_picker(db))
    async with app.run_test() as pilot:
        await pilot.press(*"ana@acme")
        await pilot.app.workers.wait_for_complete()
        await pilot.press("enter")
    assert [item.ref for item in app.picked if item] == [ItemRef(ItemKind.PERSON, ana)]


def test_what_compares_misspelt_words_is_loaded_only_when_a_word_is_misspelt(db: Database) -> None:
    crm_rows.a_deal(db, "Falcon")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; import tui.screens.link;"
        " from store.database import open_store; from store.crm.item_search import ItemSearch;"
        " search = ItemSearch(open_store(Path(sys.argv[2]), is_screen=True));"
        " search.find(''); search.find('fa', 1); assert 'rapidfuzz' not in sys.modules;"
        " search.find('flacon'); assert 'rapidfuzz' in sys.modules"
    )
    root = str(Path(__file__).parents[2])
    argv = [sys.executable, "-P", "-c", program, root, str(db.directory)]
    subprocess.run(argv, check=True, capture_output=True)
