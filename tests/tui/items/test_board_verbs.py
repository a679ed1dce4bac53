"""What the letters of the pipeline board ask, and that nothing is changed when the question is dismissed."""

from __future__ import annotations

import makers
import pytest
import screens
import waiting
from textual.pilot import Pilot

from store.crm import item_edits, labels
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from tui.app import DealboxApp
from tui.screens.board import Board
from tui.screens.item_form import ItemForm
from tui.screens.marks import LabelPicker
from tui.screens.note import Note
from tui.screens.offered import AskOffered
from tui.screens.pick import Picker

STAGE = "SELECT id FROM stage WHERE name = 'Demo'"


@pytest.fixture
def deal(db: Database) -> ItemRef:
    makers.an_account(db)
    connection = db.read()
    connection.execute(
        "INSERT INTO organization (id, name, created_at, updated_at) VALUES ('o', 'Acme', 0, 0)"
    )
    connection.execute(
        "INSERT INTO workspace_user (id, name, email, created_at, updated_at) VALUES ('b', 'Bea', 'b@x.example', 0, 0)"
    )
    values = {"title": "Printers", "org_id": "o", "stage_id": connection.execute(STAGE).fetchone()[0]}
    return item_edits.create(db, ItemKind.DEAL, values)[0]


async def top(app: DealboxApp, pilot: Pilot[int], kind: type) -> None:
    await screens.top(app, kind)


async def opened(app: DealboxApp, pilot: Pilot[int]) -> Board:
    await pilot.press("g", "P")
    await top(app, pilot, Board)
    board = app.screen
    assert isinstance(board, Board)
    await waiting.until_true(lambda: board.view.board is not None, "the board is read")
    return board


@pytest.mark.parametrize(
    ("keys", "dialog"),
    [
        (("e",), ItemForm), (("m",), Note), (("t",), ItemForm), (("a",), Picker), (("s",), Picker), (("x",), AskOffered),
        (("g", "l"), LabelPicker), (("n",), ItemForm), (("p",), Picker),
    ],
)  # fmt: skip
async def test_a_letter_asks_and_escape_changes_nothing(
    db: Database, deal: ItemRef, keys: tuple[str, ...], dialog: type
) -> None:
    before = db.read().execute("SELECT * FROM deal").fetchall()
    async with screens.the_screen(db, size=(120, 40)) as (app, pilot):
        board = await opened(app, pilot)
        await pilot.press(*keys)
        await top(app, pilot, dialog)
        await pilot.press("escape")
        await top(app, pilot, Board)
        assert board.view.current is not None and board.view.current.ref == deal
    assert db.read().execute("SELECT * FROM deal").fetchall() == before


async def test_a_label_is_put_on_the_card(db: Database, deal: ItemRef) -> None:
    async with screens.the_screen(db, size=(120, 40)) as (app, pilot):
        await opened(app, pilot)
        await pilot.press("g", "l")
        await top(app, pilot, LabelPicker)
        await pilot.press(*"hot", "enter")
        await top(app, pilot, Board)
        await waiting.until_true(lambda: labels.of(db.read(), deal), "the label is put on")
        assert len(labels.of(db.read(), deal)) == 1
