"""What the letters of the review bar do."""

from __future__ import annotations

from pathlib import Path

import crm_rows
import makers
import pytest
import told
from writer import a_writer, only_draft

from mail.types import AccountId, ThreadId
from store import threads
from store.database import Database
from store.sending import drafts, identities, submissions
from store.settings import Settings
from tui.screens.review import Review


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def thread_id(db: Database, account: AccountId) -> ThreadId:
    return told.a_conversation(db, account, "First words", "Second words")


async def test_what_is_asked_before_sending_takes_a_second_yes(db: Database, account: AccountId) -> None:
    async with a_writer(db) as writer:
        await writer.press("c")
        await writer.type("ana@acme.example")
        await writer.press("tab", "tab", "tab")
        await writer.type("See attached")
        await writer.press("ctrl+x")
        assert "The subject is empty." in writer.shown
        assert "attached nothing" in writer.shown
        await writer.press("y")
        assert "Send it like this?" in writer.shown
        assert submissions.waiting(db) == ()
        await writer.press("n")
        assert isinstance(writer.app.screen, Review)
        await writer.press("y", "y")
    assert len(submissions.waiting(db)) == 1


async def test_the_reminder_of_attachments_can_be_switched_off(db: Database, account: AccountId) -> None:
    async with a_writer(db, settings=Settings(attachment_reminder=False)) as writer:
        await writer.press("c")
        await writer.type("ana@acme.example")
        await writer.press("tab", "tab")
        await writer.type("Hi")
        await writer.press("tab")
        await writer.type("attached")
        await writer.press("ctrl+x")
        assert "attached nothing" not in writer.shown


async def test_postponing_keeps_the_message_in_drafts(db: Database, account: AccountId) -> None:
    async with a_writer(db) as writer:
        await writer.press("c", "tab", "tab")
        await writer.type("Half")
        await writer.press("ctrl+x")
        await writer.press("p")
        assert "Kept in Drafts" in writer.shown
    assert only_draft(db).is_saved


async def test_discarding_asks_and_undo_brings_the_message_back(db: Database, account: AccountId) -> None:
    async with a_writer(db) as writer:
        await writer.press("c", "tab", "tab")
        await writer.type("Half")
        await writer.press("ctrl+x")
        await writer.press("q")
        assert "Discard this message, or keep it in Drafts?" in writer.shown
        await writer.press("d")
        assert drafts.open_drafts(db) == ()
        await writer.press("z")
        assert writer.draft.subject == "Half"


async def test_a_file_attached_is_sent_though_it_is_deleted_later(
    db: Database, account: AccountId, tmp_path: Path
) -> None:
    file = tmp_path / "quote.pdf"
    file.write_bytes(b"octets")
    async with a_writer(db) as writer:
        await writer.press("c")
        await writer.type("ana@acme.example")
        await writer.press("tab", "tab")
        await writer.type("Hi")
        await writer.press("tab")
        await writer.type("Hello")
        await writer.press("ctrl+x", "a")
        await writer.type(str(file))
        await writer.press("enter")
        assert "quote.pdf 6 B" in writer.shown
        file.unlink()
        await writer.press("y")
    assert len(submissions.waiting(db)) == 1


async def test_an_attachment_is_taken_away(db: Database, account: AccountId, tmp_path: Path) -> None:
    (tmp_path / "quote.pdf").write_bytes(b"octets")
    async with a_writer(db) as writer:
        await writer.press("c", "ctrl+x", "a")
        await writer.type(str(tmp_path / "quote.pdf"))
        await writer.press("enter")
        await writer.press("d")
        await writer.press("enter", "escape")
        assert writer.draft.attachments == ()


async def test_the_signature_changes_with_who_writes(db: Database, account: AccountId) -> None:
    identities.set(db, account, "me@dealbox.example", name="Me", signature="Nadia")
    identities.set(db, account, "sales@dealbox.example", name="Sales", signature="The team")
    async with a_writer(db) as writer:
        await writer.press("c")
        assert "Nadia" in writer.draft.body
        await writer.press("shift+tab", "right")
        assert writer.draft.sender.email == "sales@dealbox.example"
        assert "The team" in writer.draft.body
        assert "Nadia" not in writer.draft.body


async def test_bcc_is_shown_when_it_is_asked_for(db: Database, account: AccountId) -> None:
    async with a_writer(db) as writer:
        await writer.press("c")
        assert "Bcc" not in writer.shown
        await writer.press("ctrl+x", "b")
        await writer.type("boss@dealbox.example")
        assert "Bcc" in writer.shown
        assert [each.email for each in writer.draft.bcc] == ["boss@dealbox.example"]


async def test_clearing_empties_every_field(db: Database, thread_id: ThreadId) -> None:
    async with a_writer(db) as writer:
        await writer.press("r")
        await writer.type("Yes.")
        await writer.press("ctrl+x", "C")
        await writer.press("y")
        draft = writer.draft
        assert (draft.to, draft.cc, draft.subject, draft.body) == ((), (), "", "")


async def test_an_item_chosen_while_writing_supplies_the_recipient(db: Database, account: AccountId) -> None:
    """M74."""
    person = crm_rows.a_person(db, "Berta Kern", "berta@acme.example")
    deal = crm_rows.a_deal(db, "Renewal", person)
    async with a_writer(db) as writer:
        await writer.press("c", "ctrl+x", "L")
        await writer.type("renewal")
        await writer.press("enter")
        await writer.press("escape")
        assert "Deal: Renewal" in writer.shown
        assert [each.email for each in writer.draft.to] == ["berta@acme.example"]
    row = only_draft(db)
    assert (row.item_kind, row.item_id) == (deal.kind.value, deal.id)


async def test_a_reply_linked_while_it_is_written_links_its_conversation(
    db: Database, thread_id: ThreadId
) -> None:
    crm_rows.a_deal(db, "Renewal")
    async with a_writer(db) as writer:
        await writer.press("r", "ctrl+x", "L")
        await writer.type("renewal")
        await writer.press("enter")
    row = threads.get(db, thread_id)
    assert row is not None
    assert row.item_kind == "deal"


async def test_the_visibility_of_the_conversation_is_set_while_answering(
    db: Database, thread_id: ThreadId
) -> None:
    async with a_writer(db) as writer:
        await writer.press("r", "ctrl+x", "v")
        await writer.type("shared")
        await writer.press("enter")
        assert "not linked, shared" in writer.shown


async def test_sharing_and_linking_while_answering_say_first_to_whom_that_shows_the_conversation(
    db: Database, thread_id: ThreadId
) -> None:
    crm_rows.a_user(db, "Me", "me@dealbox.example")
    crm_rows.a_user(db, "Bo Kern", "bo@dealbox.example")
    crm_rows.a_deal(db, "Renewal")
    asked = "shows it to Bo Kern. Link it?"
    async with a_writer(db) as writer:
        await writer.press("r", "ctrl+x", "v")
        await writer.type("shared")
        await writer.press("enter", "L")
        await writer.type("renewal")
        await writer.press("enter")
        assert asked in " ".join(writer.shown.split())
        await writer.press("n", "v")
        await writer.type("private")
        await writer.press("enter", "L")
        await writer.type("renewal")
        await writer.press("enter", "v")
        await writer.type("shared")
        await writer.press("enter")
        assert "This shows the conversation to Bo Kern. Share it?" in " ".join(writer.shown.split())
        await writer.press("n")
    row = threads.get(db, thread_id)
    assert row is not None
    assert (row.item_kind, row.visibility) == ("deal", "private")


async def test_markdown_is_switched_and_previewed_as_it_will_be_read(
    db: Database, account: AccountId
) -> None:
    async with a_writer(db) as writer:
        await writer.press("c", "tab", "tab", "tab")
        await writer.type("a **b**")
        await writer.press("ctrl+x", "m")
        await writer.press("P")
        assert "a b" in writer.shown
        await writer.press("q", "escape")
        assert writer.draft.is_markdown


async def test_a_message_goes_out_at_the_time_that_was_typed(db: Database, account: AccountId) -> None:
    async with a_writer(db) as writer:
        await writer.press("c")
        await writer.type("ana@acme.example")
        await writer.press("tab", "tab")
        await writer.type("Hi")
        await writer.press("tab")
        await writer.type("Hello")
        await writer.press("ctrl+x", "l")
        await writer.type("in 2 h")
        assert "in 2 h" in writer.shown
        await writer.press("enter")
        assert "Goes out" in writer.shown
        (queued,) = submissions.waiting(db)
        assert 7_000 < queued.not_before - queued.created_at <= 7_200
        await writer.ask("g", "o")
        assert "Goes out" in writer.shown
        await writer.press("e")
        assert writer.draft.body == "Hello"
