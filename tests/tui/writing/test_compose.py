from __future__ import annotations

import re
from dataclasses import replace

import crm_rows
import hostile
import makers
import pytest
import screens
import told
from textual.events import Paste
from writer import a_writer, only_draft

from mail.drafts import Draft
from mail.types import AccountId, Role, SafeText, ThreadId
from store import mailboxes
from store.database import Database
from store.sending import drafts, submissions
from store.settings import Settings
from tui.screens.compose import ComposeScreen


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def thread_id(db: Database, account: AccountId) -> ThreadId:
    return told.a_conversation(db, account, "First words", "Second words")


async def test_a_message_is_written_and_queued(db: Database, account: AccountId) -> None:
    async with a_writer(db) as writer:
        await writer.press("c")
        await writer.type("ana@acme.example")
        await writer.press("tab", "tab")
        await writer.type("Hi")
        await writer.press("enter")
        await writer.type("Hello")
        await writer.send()
        assert re.search(r"Sending in (10|9|8) s, z takes it back", writer.shown)
        assert "is a Maildir, with no server to send through" in " ".join(writer.shown.split())
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
