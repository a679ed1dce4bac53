from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import crm_rows
import hostile
import makers
import pytest
import screens
import told
from textual.events import Paste
from textual.pilot import Pilot

from mail.drafts import Draft
from mail.types import AccountId, Role, SafeText, ThreadId
from store import drafts, identities, mailboxes, submissions, threads
from store.database import Database
from store.rows import DraftRow
from store.settings import Settings
from tui.app import DealboxApp
from tui.screens.compose import ComposeScreen
from tui.screens.review import Review


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def thread_id(db: Database, account: AccountId) -> ThreadId:
    return told.a_conversation(db, account, "First words", "Second words")


class Writer:
    """Somebody at the keys of a screen."""

    def __init__(self, app: DealboxApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def ask(self, *keys: str) -> None:
        """Press keys that open a dialog of the mail screen's: its command ends only with the answer."""
        await self.pilot.press(*keys)
        await self.pilot.pause(0.3)

    async def type(self, text: str) -> None:
        """Type by pasting: a key at a time takes a test long."""
        assert self.app.screen.focused is not None
        self.app.screen.focused.post_message(Paste(text))
        await self.settle()

    async def settle(self) -> None:
        await screens.settled(self.app, self.pilot)
        choices = [
            each for each in self.app.workers if each.group in ("journal", "drafts") and not each.is_finished
        ]
        if choices:
            await self.app.workers.wait_for_complete(choices)
        await self.pilot.pause(0.02)

    async def send(self) -> None:
        await self.press("ctrl+x")
        await self.press("y")

    @property
    def compose(self) -> ComposeScreen:
        assert isinstance(self.app.screen, ComposeScreen)
        return self.app.screen

    @property
    def draft(self) -> Draft:
        return self.compose.draft()

    @property
    def shown(self) -> str:
        return screens.text(self.app)


@asynccontextmanager
async def a_writer(
    db: Database, *, size: tuple[int, int] = (80, 24), settings: Settings | None = None
) -> AsyncIterator[Writer]:
    async with screens.the_screen(db, size=size, settings=settings) as (app, pilot):
        writer = Writer(app, pilot)
        await writer.settle()
        yield writer


def only_draft(db: Database) -> DraftRow:
    (row,) = drafts.open_drafts(db)
    return row


async def test_a_message_is_written_and_queued(db: Database, account: AccountId) -> None:
    async with a_writer(db) as writer:
        await writer.press("c")
        await writer.type("ana@acme.example")
        await writer.press("tab", "tab")
        await writer.type("Hi")
        await writer.press("enter")
        await writer.type("Hello")
        await writer.send()
        assert "Sending in 10 s, z takes it back" in writer.shown
    (queued,) = submissions.waiting(db)
    assert (queued.subject, queued.recipients, queued.state) == ("Hi", ("ana@acme.example",), "queued")


async def test_a_reply_opens_over_the_quote_is_edited_and_queued(db: Database, thread_id: ThreadId) -> None:
    async with a_writer(db) as writer:
        await writer.press("r")
        await writer.type("Yes.")
        assert writer.draft.subject == "Re: Quote"
        assert [person.email for person in writer.draft.to] == ["ana@acme.example"]
        assert writer.draft.body.startswith("Yes.\n")
        assert "> Second words" in writer.draft.body
        await writer.send()
    (queued,) = submissions.waiting(db)
    assert queued.recipients == ("ana@acme.example",)


async def test_the_quote_stands_where_the_setting_says(db: Database, thread_id: ThreadId) -> None:
    async with a_writer(db, settings=Settings(quote="none")) as writer:
        await writer.press("r")
        assert "Second words" not in writer.draft.body


async def test_a_message_taken_back_is_as_it_was(db: Database, thread_id: ThreadId) -> None:
    async with a_writer(db) as writer:
        await writer.press("r")
        await writer.type("Yes, please")
        await writer.press("left", "left")
        before = writer.draft
        await writer.send()
        await writer.press("z")
        assert writer.draft == before
    assert submissions.waiting(db) == ()


async def test_a_message_sent_and_archived_leaves_the_inbox_and_undo_brings_both_back(
    db: Database, account: AccountId, thread_id: ThreadId
) -> None:
    (inbox,) = mailboxes.with_role(db, Role.INBOX, account)
    async with a_writer(db) as writer:
        await writer.press("r")
        await writer.type("Yes.")
        await writer.press("ctrl+x")
        await writer.press("Y")
        assert inbox not in mailboxes_of(db, thread_id)
        await writer.press("z")
        assert inbox in mailboxes_of(db, thread_id)
        assert writer.draft.body.startswith("Yes.")


def mailboxes_of(db: Database, thread_id: ThreadId) -> set[int]:
    rows = db.read().execute("SELECT mailbox_id FROM mailbox_thread WHERE thread_id = ?", (thread_id,))
    return {row[0] for row in rows.fetchall()}


async def test_forwarding_carries_the_text(db: Database, thread_id: ThreadId) -> None:
    async with a_writer(db) as writer:
        await writer.press("f")
        assert writer.draft.subject.startswith("Fwd: ")
        assert "Second words" in writer.draft.body
        assert writer.compose.focused is not None
        assert writer.compose.focused.id == "to"


MESSAGE = b"From: ana@acme.example\r\nSubject: A file\r\nMessage-ID: <a@acme.example>\r\n\r\nHere.\r\n"


async def test_forwarding_as_an_attachment_carries_the_octets(db: Database, account: AccountId) -> None:
    told.tell_octets(db, account, [MESSAGE])
    async with a_writer(db) as writer:
        await writer.press("F")
        (file,) = writer.draft.attachments
        assert (file.name, file.media_type, file.size_octets) == (
            "A file.eml",
            "message/rfc822",
            len(MESSAGE),
        )
        assert "A file.eml" in writer.shown


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


async def test_a_name_nobody_knows_is_marked_and_y_leads_to_its_field(
    db: Database, account: AccountId
) -> None:
    async with a_writer(db) as writer:
        await writer.press("c")
        await writer.type("Bob Kern")
        await writer.press("tab", "tab")
        await writer.type("Hi")
        await writer.press("tab")
        await writer.type("Hello")
        assert "To ?" in writer.shown
        await writer.send()
        assert "No address is known for Bob Kern" in writer.shown
        assert writer.compose.focused is not None
        assert writer.compose.focused.id == "to"
    assert submissions.waiting(db) == ()


async def test_people_are_offered_with_what_the_crm_knows_while_a_name_is_typed(
    db: Database, account: AccountId
) -> None:
    person = crm_rows.a_person(db, "Berta Kern", "berta@acme.example")
    crm_rows.a_deal(db, "Renewal", person)
    async with a_writer(db) as writer:
        await writer.press("c")
        await writer.type("ber")
        assert "Berta Kern <berta@acme.example>" in writer.shown
        assert "Renewal" in writer.shown
        await writer.press("tab")
        await writer.type("x@acme.example")
        assert [each.email for each in writer.draft.to] == ["berta@acme.example", "x@acme.example"]
        await writer.press("tab")
        assert writer.compose.focused is not None
        assert writer.compose.focused.id == "cc"


async def test_people_seen_in_mail_are_offered_by_their_names(db: Database, thread_id: ThreadId) -> None:
    async with a_writer(db) as writer:
        await writer.press("c")
        await writer.type("lim")
        assert "Ana Lima <ana@acme.example>" in writer.shown


async def test_escape_takes_the_offer_away_and_then_puts_the_message_aside(
    db: Database, thread_id: ThreadId
) -> None:
    async with a_writer(db) as writer:
        await writer.press("c")
        await writer.type("ana")
        await writer.press("escape")
        assert isinstance(writer.app.screen, ComposeScreen)
        await writer.press("escape")
        assert writer.app.screen is writer.app.mail
    assert only_draft(db).draft.to == (makers.an_address("", "ana"),)


async def test_a_message_put_aside_comes_back_with_its_undo(db: Database, account: AccountId) -> None:
    async with a_writer(db) as writer:
        await writer.press("c", "tab", "tab")
        await writer.type("Hi")
        await writer.press("tab")
        await writer.type("Hello")
        await writer.press("escape")
        assert "1 draft E" in writer.shown
        await writer.press("E")
        assert writer.draft.body == "Hello"
        await writer.press("ctrl+z")
        assert writer.draft.body == ""


async def test_several_messages_are_written_at_once_beside_reading(db: Database, thread_id: ThreadId) -> None:
    async with a_writer(db, size=(120, 40)) as writer:
        await writer.press("c", "tab", "tab")
        await writer.type("One")
        await writer.press("escape")
        await writer.press("enter")
        assert "Second words" in writer.shown
        await writer.press("r")
        await writer.type("Two")
        await writer.press("escape")
        assert "2 drafts E" in writer.shown
        await writer.ask("E", *"one")
        await writer.press("enter")
        assert writer.draft.subject == "One"
    assert {row.draft.subject for row in drafts.open_drafts(db)} == {"One", "Re: Quote"}


async def test_a_message_nothing_was_written_in_leaves_no_trace(db: Database, thread_id: ThreadId) -> None:
    async with a_writer(db) as writer:
        await writer.press("c")
        await writer.press("escape")
        await writer.press("r")
        await writer.press("escape")
        assert "draft" not in writer.shown
    assert drafts.open_drafts(db) == ()


async def test_a_message_put_aside_lies_in_drafts_and_is_opened_from_there(
    db: Database, account: AccountId
) -> None:
    async with a_writer(db) as writer:
        await writer.press("c", "tab", "tab")
        await writer.type("Half")
        await writer.press("tab")
        await writer.type("words")
        await writer.press("escape")
        await writer.press("g", "d")
        assert "Half - words" in writer.shown
        await writer.press("enter")
        assert writer.draft.body == "words"


async def test_unsent_drafts_are_told_at_the_start_and_the_keys_stay_where_they_are(
    db: Database, account: AccountId, thread_id: ThreadId
) -> None:
    drafts.begin(db, account, Draft(makers.an_address("me@dealbox.example"), subject="Half"))
    async with a_writer(db) as writer:
        assert "1 unsent draft: E resumes it" in writer.shown
        assert writer.app.mail.focused is writer.app.mail.thread_list
        await writer.press("E")
        assert writer.draft.subject == "Half"


async def test_without_drafts_e_makes_a_new_message_of_the_one_shown(
    db: Database, thread_id: ThreadId
) -> None:
    async with a_writer(db) as writer:
        await writer.press("E")
        assert writer.draft.subject == "Re: Quote"
        assert writer.draft.in_reply_to is None


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


async def test_what_is_written_on_after_it_was_discarded_elsewhere_goes_on_as_a_new_draft(
    db: Database, account: AccountId
) -> None:
    async with a_writer(db) as writer:
        await writer.press("c", "tab", "tab", *"Half", "ctrl+x")
        await writer.press("escape")
        drafts.discard(db, only_draft(db).id)
        await writer.type("words")
        await writer.press("escape")
    assert only_draft(db).draft.body == "words"


async def test_a_draft_written_in_two_terminals_loses_no_word_of_either(
    db: Database, account: AccountId
) -> None:
    async with a_writer(db) as writer:
        await writer.press("c", "tab", "tab", *"Half", "ctrl+x")
        await writer.press("escape")
        row = only_draft(db)
        drafts.write(db, row.id, replace(row.draft, body="theirs"))
        await writer.type("ours")
        await writer.press("escape")
    assert {each.draft.body for each in drafts.open_drafts(db)} == {"ours", "theirs"}


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
    identities.set(db, account, "sales@dealbox.example", name="Sales", signature="The team", position=1)
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


async def test_pasting_a_megabyte_into_the_text_keeps_every_word(db: Database, account: AccountId) -> None:
    text = "words and more words on a line\r\n" * 32_000
    async with a_writer(db) as writer:
        await writer.press("c", "tab", "tab", "tab")
        writer.compose.body.post_message(Paste(f"\x1b]52;c;AAAA\x07{text}"))
        await writer.settle()
        assert writer.draft.body == f"]52;c;AAAA{text}".replace("\r\n", "\n")


async def test_hostile_mail_is_quoted_and_shown_without_harm(db: Database, account: AccountId) -> None:
    for payload in hostile.PAYLOADS[:6]:
        email = makers.an_email(
            payload, subject=SafeText(payload), from_=(makers.an_address("x@evil.example", payload),)
        )
        told.tell(db, account, email)
    async with a_writer(db) as writer:
        for _ in range(3):
            await writer.press("r", "ctrl+x")
            await writer.press("escape", "escape", "j")
        assert writer.app.is_running


async def test_writing_without_an_account_says_what_to_do(db: Database) -> None:
    async with a_writer(db) as writer:
        await writer.press("c")
        assert "There is no account to write from yet" in writer.shown


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 50)])
async def test_fields_text_and_keys_are_on_screen_at_every_size(
    db: Database, thread_id: ThreadId, size: tuple[int, int]
) -> None:
    async with a_writer(db, size=size, settings=Settings(glyphs="ascii")) as writer:
        await writer.press("r")
        lines = screens.lines(writer.app)
        assert lines[0].startswith(" Reply: Re: Quote")
        assert [line[:8].strip() for line in lines[1:5]] == ["From", "To", "Cc", "Subject"]
        assert any("> Second words" in line for line in lines)
        assert "ctrl+x send..." in lines[-1]
        assert writer.shown.isascii()
