"""What is to be done, worked off from the keyboard."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import crm_rows
import makers
import pytest
import screens
import waiting
from textual.pilot import Pilot

from mail.types import AccountId
from store.crm import activities
from store.crm.activities import ActivityRow
from store.crm.item_refs import PageKind, PageRef
from store.crm.items import ItemRef
from store.database import Database, open_store
from tui.app import DealboxApp
from tui.screens.activities import Activities
from tui.screens.item import ItemPage
from tui.screens.item_form import ItemForm
from tui.widgets import activity_lines
from tui.widgets.crm_lines import Look

HOUR, DAY = 3600, 86_400


@pytest.fixture(autouse=True)
def account_id(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def deal(db: Database) -> ItemRef:
    return crm_rows.a_deal(db, "Renewal")


def planned(db: Database, deal: ItemRef, subject: str, in_s: int) -> str:
    activities.add(db, deal, subject, type="call", due_at=int(time.time()) + in_s)
    found = next(each for each in everything(db) if each.subject == subject)
    return found.id


def everything(db: Database) -> tuple[ActivityRow, ...]:
    return activities.due(db, int(time.time()), mine=False)


async def opened(app: DealboxApp, pilot: Pilot[int]) -> Activities:
    await pilot.press("g", "k")
    shown = await top(app, pilot, Activities)
    assert isinstance(shown, Activities)
    return shown


async def top(app: DealboxApp, pilot: Pilot[int], kind: type) -> object:
    """Wait until a screen of that kind is shown and has been read."""
    return await screens.top(app, kind)


async def press(app: DealboxApp, pilot: Pilot[int], shown: Activities, *keys: str) -> None:
    await pilot.press(*keys)
    await settled(app, pilot, shown)


async def settled(app: DealboxApp, pilot: Pilot[int], shown: Activities) -> None:
    await pilot.pause()
    working = [each for each in app.workers if each.group == "verbs" and not each.is_finished]
    if working:
        await app.workers.wait_for_complete(working)
    await pilot.pause()


def subjects(shown: Activities) -> list[str]:
    return [row.heading or (row.activity.subject if row.activity else "") for row in shown.list.rows]


async def test_what_is_late_stands_first_then_what_comes_by_day(db: Database, deal: ItemRef) -> None:
    planned(db, deal, "Send the offer", 50 * HOUR)
    planned(db, deal, "Ring Ana", -3 * DAY - HOUR)
    async with screens.the_screen(db) as (app, pilot):
        shown = await opened(app, pilot)
        headings = [row.heading for row in shown.list.rows if row.heading]
        assert headings[0] == "Overdue" and len(headings) == 2
        lines = screens.lines(app)
        assert lines[0].startswith(" Activities  1 overdue")
        assert lines[2].startswith(">  late 3 d  call") and "Ring Ana" in lines[2] and "Renewal" in lines[2]


async def test_the_cursor_goes_over_headings(db: Database, deal: ItemRef) -> None:
    planned(db, deal, "First", -HOUR)
    planned(db, deal, "Second", 3 * DAY)
    async with screens.the_screen(db) as (app, pilot):
        shown = await opened(app, pilot)
        under = []
        for key in ("j", "j", "k", "k", "G", "g g"):
            await press(app, pilot, shown, *key.split())
            under.append(shown.list.activity.subject if shown.list.activity else None)
        assert under == ["Second", "Second", "First", "First", "Second", "First"]


@pytest.mark.parametrize("key", ["x", "space"])
async def test_what_is_done_leaves_the_list_and_z_brings_it_back(
    db: Database, deal: ItemRef, key: str
) -> None:
    planned(db, deal, "Ring Ana", -HOUR)
    planned(db, deal, "Send the offer", 2 * DAY)
    async with screens.the_screen(db) as (app, pilot):
        shown = await opened(app, pilot)
        await press(app, pilot, shown, key)
        assert "Ring Ana" not in subjects(shown) and "Done: Ring Ana" in screens.text(app)
        assert shown.list.activity is not None and shown.list.activity.subject == "Send the offer"
        await press(app, pilot, shown, "z")
        assert "Ring Ana" in subjects(shown)


async def test_it_is_put_off_in_words(db: Database, deal: ItemRef) -> None:
    planned(db, deal, "Ring Ana", -HOUR)
    async with screens.the_screen(db) as (app, pilot):
        shown = await opened(app, pilot)
        await pilot.press("r")
        await pilot.pause()
        await press(app, pilot, shown, *"tomorrow", "space", "9", "enter")
        tomorrow = datetime.now().astimezone() + timedelta(days=1)
        (activity,) = everything(db)
        assert activity.due_at is not None
        due = datetime.fromtimestamp(activity.due_at).astimezone()
        assert (due.date(), due.hour) == (tomorrow.date(), 9)
        assert subjects(shown) == ["Tomorrow", "Ring Ana"]


async def test_a_time_that_nobody_understands_changes_nothing(db: Database, deal: ItemRef) -> None:
    planned(db, deal, "Ring Ana", -HOUR)
    async with screens.the_screen(db) as (app, pilot):
        shown = await opened(app, pilot)
        await pilot.press("r")
        await pilot.pause()
        await press(app, pilot, shown, *"soonish", "enter")
        assert subjects(shown) == ["Overdue", "Ring Ana"]
        assert "soonish is no time to come" in screens.text(app)


async def test_enter_opens_what_it_is_about_and_q_comes_back(db: Database, deal: ItemRef) -> None:
    planned(db, deal, "Ring Ana", -HOUR)
    async with screens.the_screen(db) as (app, pilot):
        await opened(app, pilot)
        await pilot.press("enter")
        page = await top(app, pilot, ItemPage)
        assert isinstance(page, ItemPage) and page.ref.item == deal
        await pilot.press("q")
        await top(app, pilot, Activities)
        await pilot.press("q")
        await pilot.pause()
        assert app.screen is app.mail


async def test_an_activity_has_a_page_of_its_own(db: Database, deal: ItemRef) -> None:
    activity_id = planned(db, deal, "Ring Ana", -HOUR)
    async with screens.the_screen(db) as (app, pilot):
        await opened(app, pilot)
        await pilot.press("O")
        page = await top(app, pilot, ItemPage)
        assert isinstance(page, ItemPage) and page.ref == PageRef(PageKind.ACTIVITY, activity_id)


async def test_its_subject_is_edited(db: Database, deal: ItemRef) -> None:
    planned(db, deal, "Ring Ana", -HOUR)
    async with screens.the_screen(db) as (app, pilot):
        shown = await opened(app, pilot)
        await pilot.press("e")
        await top(app, pilot, ItemForm)
        await press(app, pilot, shown, "end", *" again".replace(" ", "_"), "ctrl+x")
        await top(app, pilot, Activities)
        assert subjects(shown) == ["Overdue", "Ring Ana_again"]


async def test_another_is_planned_about_the_same_item(db: Database, deal: ItemRef) -> None:
    planned(db, deal, "Ring Ana", -HOUR)
    async with screens.the_screen(db) as (app, pilot):
        shown = await opened(app, pilot)
        await pilot.press("t")
        await pilot.pause()
        await pilot.press(*"Write")
        await press(app, pilot, shown, "ctrl+x")
        assert sorted(each.subject for each in activities_of(db)) == ["Ring Ana", "Write"]


def activities_of(db: Database) -> list[ActivityRow]:
    rows = db.read().execute("SELECT id FROM activity WHERE deleted_at IS NULL").fetchall()
    found = (activities.get(db, row[0]) for row in rows)
    return [each for each in found if each is not None]


async def test_a_deleted_activity_comes_back_with_z(db: Database, deal: ItemRef) -> None:
    planned(db, deal, "Ring Ana", -HOUR)
    async with screens.the_screen(db) as (app, pilot):
        shown = await opened(app, pilot)
        await press(app, pilot, shown, "D")
        assert subjects(shown) == []
        assert "Nothing is due" in screens.text(app)
        await press(app, pilot, shown, "z")
        assert subjects(shown) == ["Overdue", "Ring Ana"]


async def test_mine_or_everybodys(db: Database, deal: ItemRef) -> None:
    crm_rows.a_user(db, "Me", "me@dealbox.example")
    bea = crm_rows.a_user(db, "Bea", "bea@dealbox.example")
    activities.add(db, deal, "Of Bea", due_at=int(time.time()) + DAY, responsible_id=bea)
    async with screens.the_screen(db) as (app, pilot):
        shown = await opened(app, pilot)
        assert subjects(shown) == []
        await press(app, pilot, shown, "f")
        assert "Of Bea" in subjects(shown)
        assert "Bea" in screens.lines(app)[2].split()
        await press(app, pilot, shown, "f")
        assert subjects(shown) == []


async def test_what_others_change_is_shown(db: Database, deal: ItemRef) -> None:
    activity_id = planned(db, deal, "Ring Ana", -HOUR)
    async with screens.the_screen(db) as (app, pilot):
        shown = await opened(app, pilot)
        other = open_store(db.directory, is_screen=False)
        activities.done(other, activity_id)
        other.close()
        await waiting.until_true(lambda: not shown.list.rows, "the list is read again")
        assert subjects(shown) == []


async def test_help_lists_the_keys_and_an_unknown_key_is_told(db: Database) -> None:
    async with screens.the_screen(db) as (app, pilot):
        shown = await opened(app, pilot)
        await press(app, pilot, shown, "Y")
        assert "Y is not a key here" in screens.text(app)
        await pilot.press("?")
        await pilot.pause()
        assert "Another time, in words" in screens.text(app)


def an_activity(**changes: object) -> ActivityRow:
    row = ActivityRow("a", "call", "Ring Ana", "", 1000, None, None, 0, "", "", None, "Renewal", None)
    return ActivityRow(**{name: changes.get(name, getattr(row, name)) for name in ActivityRow.__slots__})


def test_days_have_names() -> None:
    noon = int(datetime(2026, 11, 22, 12).astimezone().timestamp())
    told = [activity_lines.day(noon + hours * HOUR, noon) for hours in (-1, 0, 11, 12, 35, 36, 100)]
    assert told == ["Overdue", "Today", "Today", "Tomorrow", "Tomorrow", "Tuesday 24 Nov", "Thursday 26 Nov"]
    assert activity_lines.day(None, noon) == "Without a day"


@pytest.mark.parametrize("width", [30, 58, 78, 118, 198])
def test_a_line_is_never_wider_than_the_list(width: int) -> None:
    activity = an_activity(
        subject="問い合わせ " * 20, about="Renewal " * 20, responsible="Bea " * 9, type="x" * 40
    )
    for has_people in (False, True):
        shown = activity_lines.activity_line(activity, width, 10_000_000, has_people=has_people)
        assert shown.look is Look.WARN
        assert len(shown.text.encode("utf-8")) and activity_lines_cells(shown.text) <= max(width, 48)


def activity_lines_cells(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)
