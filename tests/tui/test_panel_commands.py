from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator

import crm_rows
import makers
import pytest
import screens
import told
import waiting
from makers import an_address, an_email
from textual.events import Key
from textual.pilot import Pilot

from linking import deciding, panel, service
from mail.types import Role, ThreadId
from store import accounts
from store.crm import item_merges
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import slots
from store.links.panel import PanelFacts
from tui.app import DealboxApp
from tui.commands.registry import Pane
from tui.screens.link import LinkPicker
from tui.screens.why import Why

SIZE = (120, 40)
Press = Callable[..., Awaitable[None]]


@pytest.fixture
def thread_id(db: Database) -> ThreadId:
    return told.a_conversation(db, makers.an_account(db), "First words", "Second words")


async def press(app: DealboxApp, pilot: Pilot[int], *keys: str) -> None:
    await pilot.press(*keys)
    await screens.settled(app, pilot)


async def pick(app: DealboxApp, pilot: Pilot[int], words: str) -> None:
    await pilot.press("L")
    await screens.top(app, LinkPicker)
    await pilot.press(*words)
    await pilot.press("enter")
    await waiting.until_true(lambda: not isinstance(app.screen, LinkPicker), "the picker is gone")
    await pilot.pause()


async def to_line(app: DealboxApp, pilot: Pilot[int], text: str) -> None:
    """Send the keys to the panel and go down to the line with a text."""
    await screens.settled(app, pilot)
    app.mail.focus_pane(Pane.PANEL)
    panel_widget = app.mail.crm_panel
    for _ in range(60):
        if text in panel_widget.render_line(panel_widget.cursor - panel_widget.first).text:
            return
        await pilot.press("j")
        await pilot.pause()
    raise AssertionError(f"{text!r} is not in the panel:\n{screens.text(app)}")


def linked_to(db: Database, thread_id: ThreadId) -> ItemRef | None:
    item = panel.for_thread(db, thread_id).item
    return item.ref if item else None


def two_deals(db: Database) -> tuple[ItemRef, ItemRef]:
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    return crm_rows.a_deal(db, "Falcon", ana), crm_rows.a_deal(db, "Printers", ana)


async def test_the_panel_names_the_keys_that_put_things_right(db: Database, thread_id: ThreadId) -> None:
    two_deals(db)
    deciding.decide_due(db)
    async with screens.the_screen(db, size=SIZE) as (app, pilot):
        await screens.settled(app, pilot)
        first = panel.for_thread(db, thread_id).suggestions[0].item.title
        assert f", , takes {first}, L picks" in screens.text(app)
        assert ", 2 [D]" in screens.text(app)
        assert "deal of Ana Lima" in screens.text(app)


async def test_a_small_screen_names_the_first_suggestion_in_its_strip(
    db: Database, thread_id: ThreadId
) -> None:
    crm_rows.a_deal(db, "Falcon", crm_rows.a_person(db, "Ana Lima", "ana@acme.example"))
    async with screens.the_screen(db) as (app, pilot):
        await screens.settled(app, pilot)
        assert ", , links Falcon: deal of Ana Lima" in screens.text(app)


async def test_enter_on_a_suggestion_links_it_and_undo_takes_that_back(
    db: Database, thread_id: ThreadId
) -> None:
    two_deals(db)
    async with screens.the_screen(db, size=SIZE) as (app, pilot):
        await screens.settled(app, pilot)
        second = panel.for_thread(db, thread_id).suggestions[1].item
        await to_line(app, pilot, f"[D] {second.title}")
        await press(app, pilot, "enter")
        assert linked_to(db, thread_id) == second.ref
        await press(app, pilot, "z")
        assert linked_to(db, thread_id) is None


async def test_a_suggestion_is_taken_by_its_number(db: Database, thread_id: ThreadId) -> None:
    two_deals(db)
    async with screens.the_screen(db, size=SIZE) as (app, pilot):
        await screens.settled(app, pilot)
        second = panel.for_thread(db, thread_id).suggestions[1].item
        await press(app, pilot, "comma", "3")
        assert "There is no suggestion 3" in screens.text(app)
        await press(app, pilot, "comma", "2")
        assert linked_to(db, thread_id) == second.ref


async def test_enter_on_the_item_and_on_a_person_opens_their_pages(db: Database, thread_id: ThreadId) -> None:
    deal, _ = two_deals(db)
    service.link(db, thread_id, deal)
    async with screens.the_screen(db, size=SIZE) as (app, pilot):
        for text, shown in (("Deal: Falcon", "Deal: Falcon"), ("ana@acme", "Person: Ana Lima")):
            await to_line(app, pilot, text)
            await press(app, pilot, "enter")
            assert app.screen is not app.mail
            assert shown in screens.text(app)
            await press(app, pilot, "q")
            assert app.screen is app.mail


@pytest.mark.parametrize("keys", [("y",), ("comma", "y"), ("enter",)])
async def test_why_a_conversation_is_linked_or_not_is_told_message_by_message(
    db: Database, thread_id: ThreadId, keys: tuple[str, ...]
) -> None:
    two_deals(db)
    deciding.decide_due(db)
    async with screens.the_screen(db, size=SIZE) as (app, pilot):
        await to_line(app, pilot, "Not linked")
        await pilot.press(*keys)
        await pilot.pause()
        assert isinstance(app.screen, Why)
        shown = screens.text(app)
        assert "2 open items" in shown
        assert "Choose which one it is about." in shown
        assert "Re: Quote" in shown
        await press(app, pilot, "q")
        assert app.screen is app.mail


async def test_a_person_of_the_panel_can_be_said_to_be_nobody_here(db: Database, thread_id: ThreadId) -> None:
    two_deals(db)
    async with screens.the_screen(db, size=SIZE) as (app, pilot):
        await to_line(app, pilot, "Ana Lima")
        await press(app, pilot, "comma", "u")
        assert "is nobody of the CRM in this conversation" in screens.text(app)
        assert panel.for_thread(db, thread_id).people[0].id is None
        await to_line(app, pilot, "not in the CRM")
        await press(app, pilot, "comma", "u")
        assert "is nobody of the CRM here" in screens.text(app)
        await press(app, pilot, "z")
        assert panel.for_thread(db, thread_id).people[0].id is not None
        assert slots.read(db.read(), thread_id) is None


async def test_a_person_picked_for_a_conversation_is_its_main_one_until_that_is_taken_back(
    db: Database, thread_id: ThreadId
) -> None:
    crm_rows.a_person(db, "Bob Ng", "bob@vega.example")
    async with screens.the_screen(db, size=SIZE) as (app, pilot):
        await pick(app, pilot, "bob")
        await screens.settled(app, pilot)
        assert "Bob Ng is the main person now" in screens.text(app)
        await to_line(app, pilot, "Bob Ng (chosen)")
        await press(app, pilot, "comma", "u")
        assert "No main person is chosen any more" in screens.text(app)
        assert panel.for_thread(db, thread_id).main_person_id is None


async def test_a_new_person_is_offered_with_the_key_that_adds_them(db: Database, thread_id: ThreadId) -> None:
    async with screens.the_screen(db, size=SIZE) as (app, pilot):
        await to_line(app, pilot, ", n p adds Ana Lima")
        assert "to the CRM" in screens.text(app)
        await pilot.press("enter")
        await pilot.pause()
        assert app.screen is not app.mail
        assert "Ana Lima" in screens.text(app)


async def test_somebody_who_joined_after_the_link_is_marked(db: Database) -> None:
    account = makers.an_account(db)
    first = an_email("Hello")
    (thread_id,) = told.tell(db, account, first)
    service.link(db, thread_id, crm_rows.a_deal(db, "Falcon"))
    answer = an_email(
        "Me too", from_=(an_address("zed@far.example", "Zed"),), in_reply_to=(str(first.message_id),)
    )
    told.tell(db, account, answer, received_at=4_000_000_000)
    async with screens.the_screen(db, size=SIZE) as (app, pilot):
        await screens.settled(app, pilot)
        assert "new participant" in screens.text(app)


async def test_marked_conversations_are_linked_together_after_one_question(db: Database) -> None:
    _, _, thread_ids = screens.an_inbox(db, 4)
    old, new = crm_rows.a_deal(db, "Old deal"), crm_rows.a_deal(db, "New deal")
    service.link(db, thread_ids[0], old)
    async with screens.the_screen(db, size=SIZE) as (app, pilot):
        await press(app, pilot, "x", "j", "x", "j", "x")
        marked = set(app.mail.thread_list.marked)
        await press(app, pilot, "comma", "comma")
        assert "Suggestions are for one conversation" in screens.text(app)
        for answer in ("n", "y"):
            await pick(app, pilot, "new")
            assert "1 of 3 are linked already: replace by New deal?" in screens.text(app)
            await press(app, pilot, answer)
        assert {thread for thread in thread_ids if linked_to(db, thread) == new} == marked
        assert "Linked 3 conversations to New deal" in screens.text(app)
        await press(app, pilot, "z")
        assert linked_to(db, thread_ids[0]) == old


async def test_accepting_in_the_queue_goes_on_to_the_next_conversation(db: Database) -> None:
    _, _, _ = screens.an_inbox(db, 3)
    for number in range(3):
        person = crm_rows.a_person(db, f"Person {number}", f"person{number}@acme.example")
        for name in ("a", "b"):
            crm_rows.a_deal(db, f"Deal {number}{name}", person)
    deciding.decide_due(db)
    async with screens.the_screen(db, size=SIZE) as (app, pilot):
        await press(app, pilot, "g", "f")
        assert app.mail.listings.shown.role is Role.UNLINKED
        await press(app, pilot, "enter")
        seen = []
        for _ in range(3):
            current = app.mail.current_thread()
            assert current is not None
            seen.append(current.thread_id)
            await press(app, pilot, "comma", "comma")
        assert len(set(seen)) == 3
        assert all(linked_to(db, each) for each in seen)
        assert app.mail.thread_list.source.count == 0


async def test_only_a_team_account_keeps_conversations_to_its_team(db: Database, thread_id: ThreadId) -> None:
    async with screens.the_screen(db, size=SIZE) as (app, pilot):
        await press(app, pilot, "comma", "v", "t")
        assert "Not done" in screens.text(app)
        assert panel.for_thread(db, thread_id).visibility == "private"
    with db.write() as connection:
        connection.execute("UPDATE account SET scope = 'team'")
        connection.execute("UPDATE thread SET visibility = 'shared'")
    assert accounts.all(db)
    async with screens.the_screen(db, size=SIZE) as (app, pilot):
        await press(app, pilot, "comma", "v", "t")
        assert panel.for_thread(db, thread_id).visibility == "team"


async def test_marked_conversations_are_unlinked_and_shared_together(db: Database) -> None:
    _, _, thread_ids = screens.an_inbox(db, 3)
    service.link_all(db, thread_ids, crm_rows.a_deal(db, "Falcon"))
    async with screens.the_screen(db, size=SIZE) as (app, pilot):
        await press(app, pilot, "x", "j", "x")
        await press(app, pilot, "comma", "v", "s")
        assert "Made 2 conversations shared" in screens.text(app)
        await press(app, pilot, "x", "k", "x")
        await press(app, pilot, "comma", "u")
        assert "Unlinked 2 conversations" in screens.text(app)
        assert [linked_to(db, each) is None for each in thread_ids] == [True, True, False]


async def test_a_link_that_shows_a_shared_conversation_to_others_is_asked_for(
    db: Database, thread_id: ThreadId
) -> None:
    crm_rows.a_user(db, "Me", "me@dealbox.example")
    crm_rows.a_user(db, "Bo", "bo@dealbox.example")
    service.set_visibility(db, thread_id, "shared")
    first, _ = two_deals(db)
    service.set_person(db, thread_id, "ana@acme.example", None)
    async with screens.the_screen(db, size=SIZE) as (app, pilot):
        for answer in ("n", "y"):
            await pick(app, pilot, "falcon")
            assert "this link shows it to Bo" in screens.text(app)
            assert linked_to(db, thread_id) is None
            await press(app, pilot, answer)
        assert linked_to(db, thread_id) == first


async def test_what_belongs_to_a_converted_lead_says_so_instead_of_offering_others(
    db: Database, thread_id: ThreadId
) -> None:
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    lead = ItemRef(ItemKind.LEAD, crm_rows.a_row(db, "lead", title="Falcon lead", person_id=ana))
    service.link(db, thread_id, lead)
    item_merges.convert(db, lead)
    async with screens.the_screen(db, size=SIZE) as (app, pilot):
        await press(app, pilot, "comma", "c")
        assert "came with the lead Falcon lead" in screens.text(app)


async def test_the_cursor_of_the_panel_stays_where_it_is_when_its_facts_are_read_again(
    db: Database, thread_id: ThreadId
) -> None:
    two_deals(db)
    async with screens.the_screen(db, size=SIZE) as (app, pilot):
        await to_line(app, pilot, "Ana Lima")
        at = app.mail.crm_panel.cursor
        crm_rows.a_deal(db, "Another")
        await app.mail.reload()
        assert app.mail.crm_panel.cursor == at


class SlowPanel:
    """Reads of the panel that do not end before they are told to."""

    def __init__(self) -> None:
        self.has_begun, self.may_end = threading.Event(), threading.Event()
        self.running = self.most = self.begun = 0
        self._lock = threading.Lock()

    def for_thread(self, db: Database, thread_id: ThreadId) -> PanelFacts:
        with self._lock:
            self.running += 1
            self.begun += 1
            self.most = max(self.most, self.running)
        self.has_begun.set()
        self.may_end.wait(60)
        with self._lock:
            self.running -= 1
        return _read(db, thread_id)


_read = panel.for_thread


@pytest.fixture
def slow_panel() -> Iterator[SlowPanel]:
    slow = SlowPanel()
    yield slow
    slow.may_end.set()


async def test_holding_j_neither_waits_for_a_slow_panel_nor_queues_reads(
    db: Database, slow_panel: SlowPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, thread_ids = screens.an_inbox(db, 12)
    async with screens.the_screen(db, size=SIZE) as (app, pilot):
        await screens.settled(app, pilot)
        monkeypatch.setattr(panel, "for_thread", slow_panel.for_thread)
        for number in range(10):
            app.post_message(Key("j", "j"))
            await waiting.until_true(lambda row=number + 1: app.mail.thread_list.cursor == row)  # type: ignore[misc]
            app.mail.preview.show_now()  # as if the cursor had rested
            assert await asyncio.to_thread(slow_panel.has_begun.wait, 60)
        assert (slow_panel.begun, slow_panel.most) == (1, 1)
        slow_panel.may_end.set()
        await screens.settled(app, pilot)
        assert slow_panel.begun == 2
        facts = app.mail.crm_panel.facts
        assert facts is not None
        assert facts.thread_id == thread_ids[10]
