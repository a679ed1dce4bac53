from __future__ import annotations

import asyncio
from collections.abc import Sequence

import crm_rows
import desk as desk_of
import makers
import pytest
import screens
import stored
import told
from desk import Desk, the_page

from linking import service
from mail.types import AccountId, Role, ThreadId
from store.crm import activities, item_edits, notes
from store.crm.item_refs import PageKind, PageRef
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import links
from store.sending import drafts
from tui.screens.item import ItemPage
from tui.screens.note import Note


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


def linked(db: Database, thread_id: ThreadId) -> str | None:
    slot = links.slot(db, thread_id)
    return slot.item_id if slot else None


# -- what is done from it


async def test_a_conversation_is_searched_and_linked(
    db: Database, deal: ItemRef, ids: list[ThreadId]
) -> None:
    found = told.a_conversation(db, AccountId(1), "About bramblewick", "And an answer")
    async with the_page(db, deal) as desk:
        await desk.press("L")
        await desk.until("Link a conversation to Renewal")
        await desk.press(*"brambl")
        await desk.until("Ana Lima")
        await desk.press("enter")
        await desk.until("Linked to Renewal")
        assert linked(db, found) == deal.id
        await desk.until("1 Conversations 11")


async def test_conversations_of_the_deal_s_people_are_offered_before_anything_is_typed(
    db: Database, deal: ItemRef, ids: list[ThreadId]
) -> None:
    service.unlink(db, ids[8])
    async with the_page(db, deal) as desk:
        await desk.press("L")
        await desk.until("Subject 3")
        await desk.press("enter")
        await desk.until("Linked to Renewal")
        assert linked(db, ids[8]) == deal.id


async def test_a_query_that_is_none_is_explained_in_the_picker(db: Database, deal: ItemRef) -> None:
    async with the_page(db, deal) as desk:
        await desk.press("L", *"(a")
        await desk.until("at character")
        await desk.press("escape")
        assert isinstance(desk.app.screen, ItemPage)


async def test_linking_a_conversation_of_another_deal_asks_first(
    db: Database, deal: ItemRef, ids: list[ThreadId]
) -> None:
    other = crm_rows.a_deal(db, "Other deal")
    found = told.a_conversation(db, AccountId(1), "About bramblewick")
    service.link(db, found, other)
    async with the_page(db, deal) as desk:
        await desk.press("L", *"bramblewick", "enter")
        await desk.until("is linked to Other deal")
        await desk.press("n")
        assert linked(db, found) == other.id
        await desk.press("L", *"bramblewick", "enter")
        await desk.until("is linked to Other deal")
        await desk.press("y")
        await desk.until("Linked to Renewal instead of Other deal")


async def test_a_conversation_is_unlinked_and_undo_brings_it_back(
    db: Database, deal: ItemRef, ids: list[ThreadId]
) -> None:
    async with the_page(db, deal) as desk:
        await desk.press("comma", "u")
        await desk.until("1 Conversations 9")
        assert linked(db, ids[0]) is None
        await desk.press("z")
        await desk.until("1 Conversations 10")
        assert linked(db, ids[0]) == deal.id


async def test_a_message_is_written_to_the_deal_s_person_about_the_deal(db: Database, deal: ItemRef) -> None:
    async with the_page(db, deal) as desk:
        await desk.press("c")
        await desk.until("Subject")
        (row,) = drafts.open_drafts(db)
        assert [each.email for each in row.draft.to] == ["person3@acme.example"]
        assert (row.item_kind, row.item_id) == ("deal", deal.id)
        await desk.press("h", "i", "escape")
        await desk.until("Put aside: E comes back to it")
        assert "1 Conversations 10" in desk.text


async def test_a_deal_is_won_lost_and_reopened_from_its_page(db: Database, deal: ItemRef) -> None:
    async with the_page(db, deal) as desk:
        await desk.press("w")
        await desk.until("won  12,400 EUR")
        await desk.press("z")
        await desk.until("open  12,400 EUR")


async def test_keys_of_other_kinds_say_so(db: Database, ana: str, ids: list[ThreadId]) -> None:
    async with the_page(db, PageRef(PageKind.PERSON, ana)) as desk:
        await desk.press("d")
        assert "Convert to a deal: not of a person" in desk.text
        await desk.press("Y")
        assert "Y is not a key here" in desk.text


async def test_the_address_of_the_item_is_copied(db: Database, deal: ItemRef) -> None:
    async with the_page(db, deal) as desk:
        await desk.press("y")
        assert desk.app.clipboard == f"deal:{deal.id}"


async def test_the_smart_bcc_address_is_copied(db: Database, deal: ItemRef) -> None:
    async with the_page(db, deal) as desk:
        await desk.press("b")
        await desk.until("Copied me+")
        assert desk.app.clipboard.endswith("@dealbox.example")


async def test_help_lists_the_keys_of_the_kind(db: Database, deal: ItemRef) -> None:
    async with the_page(db, deal, (120, 50)) as desk:
        await desk.press("?")
        await desk.until("Keys of the page of a deal")
        await desk.press("space")
        assert "Link a conversation to it" in desk.text
        assert "Convert to a deal" not in desk.text


async def test_what_others_change_shows_by_itself(db: Database, deal: ItemRef, ids: list[ThreadId]) -> None:
    async with the_page(db, deal) as desk:
        await asyncio.to_thread(service.link, db, ids[11], deal)
        await desk.until("1 Conversations 11")


async def test_the_end_of_a_long_list_is_one_key_away(db: Database, ana: str) -> None:
    account = makers.an_account(db)
    inbox = stored.mailboxes_of(db, account)[Role.INBOX]
    deal = crm_rows.a_deal(db, "Big", ana)
    found: Sequence[ThreadId] = [
        stored.a_stored_email(db, account, inbox, subject=f"Big {number}").thread_id for number in range(200)
    ]
    for thread_id in found:
        links.link(db, thread_id, deal)
    async with the_page(db, deal) as desk:
        await desk.press("G")
        assert desk.page.threads.cursor == 199
        assert "200/200" in desk.text


async def test_the_command_line_shows_the_page_of_an_address(db: Database, deal: ItemRef) -> None:
    async with screens.the_screen(db) as (app, pilot):
        desk = Desk(app, pilot)
        await desk.press("colon", *f"item {deal.kind.value}:{deal.id}", "enter")
        await desk.until("Deal: Renewal")
        await desk.press("q", "colon", *"item deal:nothing", "enter")
        await desk.until("There is no item deal:nothing")


async def test_a_page_is_found_by_a_part_of_its_name(db: Database, deal: ItemRef) -> None:
    async with screens.the_screen(db) as (app, pilot):
        desk = Desk(app, pilot)
        await desk.press("comma", "slash", *"renew")
        await desk.until("Ana Lima")
        await desk.press("enter")
        await desk.until("Deal: Renewal  ")


async def test_a_note_is_written_on_the_page_changed_and_deleted_and_undo_brings_it_back(
    db: Database, deal: ItemRef
) -> None:
    async with the_page(db, deal, (120, 40)) as desk:
        await desk.press("m")
        assert isinstance(desk.app.screen, Note)
        await desk.press(*"Yes", "ctrl+x")
        await desk.press("4", "G", "E")
        assert isinstance(desk.app.screen, Note)
        await desk.press(*"Oh ", "ctrl+x")
        assert db.read().execute("SELECT body FROM note").fetchall() == [("Oh Yes",)]
        await desk.press("X")
        await desk.until("Delete the note Oh Yes?")
        await desk.press("y")
        await desk.until("Deleted the note")
        await desk.press("z")
        assert db.read().execute("SELECT count(*) FROM note WHERE deleted_at IS NULL").fetchone() == (1,)


async def test_the_note_of_a_colleague_is_changed_only_with_the_right_to(db: Database, deal: ItemRef) -> None:
    crm_rows.a_note(db, deal, "Theirs")
    bo = crm_rows.a_user(db, "Bo Kern", "bo@corp.example")
    crm_rows.a_user(db, "Me", "me@corp.example", edits="own")
    with db.write() as connection:
        connection.execute("UPDATE account SET address = 'me@corp.example'")
        connection.execute("UPDATE deal SET owner_id = ?", (bo,))
        connection.execute("UPDATE note SET author_id = ?", (bo,))
    async with the_page(db, deal, (120, 40)) as desk:
        await desk.press("4", "G", "X", "y")
        await desk.until("Not done")
    assert db.read().execute("SELECT count(*) FROM note WHERE deleted_at IS NULL").fetchone() == (1,)


async def test_the_deal_made_of_a_lead_is_shown_and_q_comes_back_to_the_lead(db: Database, ana: str) -> None:
    lead, _ = item_edits.create(db, ItemKind.LEAD, {"title": "Labels", "person_id": ana})
    notes.add(db, lead, "They want it")
    async with the_page(db, lead) as desk:
        await desk.press("d")
        await desk.until("0 activities and 1 note go to the deal.")
        await desk.press("ctrl+x")
        await desk.until("Deal: Labels")
        await desk.press("q")
        await desk.until("Lead: Labels")
        assert "converted" in desk.text


async def test_a_change_is_shown_in_full(db: Database, ana: str) -> None:
    deal = crm_rows.a_deal(db, "Renewal", ana)
    item_edits.edit(db, deal, {"title": "Renewal of " + "very " * 14 + "much"})
    async with the_page(db, deal) as desk:
        await desk.press("2")
        await desk.until("title: Renewal")
        assert "much" not in desk.text.replace(screens.lines(desk.app)[0], "")
        await desk.press("enter")
        await desk.until("Changed ")
        await desk.until("much")


async def test_what_a_colleague_is_to_do_is_changed_only_with_the_right_to(
    db: Database, deal: ItemRef
) -> None:
    bo = crm_rows.a_user(db, "Bo Kern", "bo@corp.example")
    crm_rows.a_user(db, "Me", "me@corp.example", edits="own")
    with db.write() as connection:
        connection.execute("UPDATE account SET address = 'me@corp.example'")
        connection.execute("UPDATE deal SET owner_id = ?", (bo,))
    activities.add(db, deal, "Ring Ana", responsible_id=bo)
    (activity_id,) = db.read().execute("SELECT id FROM activity").fetchone()
    async with the_page(db, PageRef(PageKind.ACTIVITY, activity_id)) as desk:
        await desk.press("x")
        await desk.until("Not done")
        await desk.press("D", "y")
        await desk.until("Not done")
    assert db.read().execute("SELECT done_at, deleted_at FROM activity").fetchone() == (None, None)
