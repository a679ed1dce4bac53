"""Taking back, sending later, and what else sending changes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sending import Sending
from servers.fake_smtp import Act, Moment

from mail.drafts import DraftKind
from store import accounts, actions, boot_clock, emails, threads
from store.crm.items import ItemKind, ItemRef
from store.links import links
from store.links.slots import read
from store.sending import drafts, submissions


def test_the_time_to_undo_passes_by_a_clock_nobody_sets(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F44: the clock jumps by a day, either way, while a message may still be taken back."""
    for jump_s in (-86_400, 86_400):
        row = sending.draft()
        queued = submissions.queue(sending.db, row.id, not_before=int(time.time()) + 10)
        real = time.time
        with monkeypatch.context() as patched:
            patched.setattr(time, "time", lambda real=real, jump_s=jump_s: real() + jump_s)
            wait_s = sending.submit()
            assert wait_s is not None
            assert 8 < wait_s <= 11
            assert sending.state(queued) == "queued"
            at = boot_clock.now_s() + 12
            patched.setattr(boot_clock, "now_s", lambda at=at: at)
            sending.submit()
        assert sending.state(queued) == "accepted"
        sending.settle()


def test_a_message_for_later_waits_for_the_clock_on_the_wall(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F44: a time of the day is a time of the day."""
    at = int(time.time()) + 7_200
    queued = submissions.queue(sending.db, sending.draft().id, not_before=at)
    wait_s = sending.submit()
    assert wait_s is not None
    assert 7_100 < wait_s <= 7_200
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 7_201)
    sending.submit()
    assert sending.state(queued) == "accepted"


def test_undo_takes_a_message_back_within_its_time(sending: Sending) -> None:
    row = sending.draft()
    queued = submissions.queue(sending.db, row.id, not_before=int(time.time()) + 10)
    assert drafts.open_drafts(sending.db) == ()
    undone = actions.undo(sending.db)
    assert undone is not None
    assert (undone.state, undone.draft_id) == ("undone", row.id)
    assert sending.state(queued) == "cancelled"
    assert [found.id for found in drafts.open_drafts(sending.db)] == [row.id]
    assert actions.redo(sending.db) is None, "what was frozen must not go out after more was written"
    sending.settle()
    assert sending.smtp.accepted == []
    again = submissions.queue(sending.db, row.id)
    sending.settle()
    assert sending.times_sent(again) == 1


def test_undo_after_the_message_went_out_says_that_it_is_too_late(sending: Sending) -> None:
    queued = sending.queue()
    sending.settle()
    undone = actions.undo(sending.db)
    assert undone is not None
    assert (undone.state, undone.title) == ("final", "Too late to undo: Sending “Quote”")
    assert sending.state(queued) == "filed"
    assert submissions.cancel(sending.db, queued.id) is None


def test_a_message_taken_back_on_the_outbox_page_is_written_on(sending: Sending) -> None:
    row = sending.draft()
    queued = submissions.queue(sending.db, row.id, not_before=int(time.time()) + 7_200)
    draft = submissions.cancel(sending.db, queued.id)
    assert draft is not None
    assert (draft.id, draft.state) == (row.id, "writing")
    assert actions.undo(sending.db) is None
    later = submissions.queue(sending.db, row.id, not_before=int(time.time()) + 7_200)
    assert submissions.send_now(sending.db, later.id)
    sending.settle()
    assert len(sending.smtp.accepted) == 1


def test_an_answer_marks_what_it_answers_and_archives_it_when_asked(sending: Sending) -> None:
    message = b"Message-ID: <q@acme.example>\r\nFrom: ana@acme.example\r\nSubject: Quote\r\n\r\nHow much?\r\n"
    sending.account.deliver(sending.account.add_mailbox("INBOX"), message, int(time.time()))
    sending.look()
    thread_id = threads.by_message_id(sending.db, sending.id, "q@acme.example")
    assert thread_id is not None
    (original,) = emails.in_thread(sending.db, thread_id)
    row = drafts.begin(
        sending.db,
        sending.id,
        sending.draft("Re: Quote", kind=DraftKind.REPLY, in_reply_to="q@acme.example").draft,
        about=original.id,
    )
    submissions.queue(sending.db, row.id, archive_thread=True)
    sending.settle()
    first, answer = emails.in_thread(sending.db, thread_id)
    assert "$answered" in first.keywords
    assert first.mailboxes == ("Archive",)
    assert answer.is_outgoing
    assert answer.mailboxes == ("Sent",)
    sending.check()


def test_a_conversation_is_about_what_its_first_message_was_written_for(sending: Sending) -> None:
    """M74."""
    row = sending.draft()
    row = drafts.begin(sending.db, sending.id, row.draft, item=ItemRef(ItemKind.DEAL, "12"))
    queued = submissions.queue(sending.db, row.id)
    sending.settle()
    thread_id = threads.by_message_id(sending.db, sending.id, queued.message_id)
    assert thread_id is not None
    slot = read(sending.db.read(), thread_id)
    assert slot is not None
    assert (slot.item_kind, slot.item_id, slot.origin) == ("deal", "12", "compose")


def test_what_was_set_for_the_conversation_of_a_draft_holds_for_what_was_sent(sending: Sending) -> None:
    row = sending.draft()
    email = emails.get(sending.db, drafts.save(sending.db, row.id))
    assert email is not None
    links.set_visibility(sending.db, email.thread_id, "shared")
    queued = submissions.queue(sending.db, row.id)
    sending.settle()
    thread_id = threads.by_message_id(sending.db, sending.id, queued.message_id)
    assert thread_id is not None
    assert threads.resolve(sending.db, email.thread_id) == thread_id
    found = threads.get(sending.db, thread_id)
    assert found is not None
    assert (found.visibility, found.email_count, found.has_draft) == ("shared", 1, False)
    sending.check()


def test_a_draft_edited_elsewhere_while_it_is_sent_stays_beside_what_was_sent(sending: Sending) -> None:
    """F60: what leaves by SMTP is what was frozen, once, though its answer was lost; the other program's words stay."""
    row = sending.draft()
    drafts.save(sending.db, row.id)
    sending.settle()
    queued = submissions.queue(sending.db, row.id)
    ((place, message),) = [item for item in sending.account.messages.items() if item[0][0] == "Drafts"]
    edited = message.octets.replace(b"Hello", b"Edited on the phone")
    sending.account.deliver(place[0], edited, message.received_at + 60, message.keywords)
    sending.account.remove(place)
    sending.files = True
    sending.smtp.fault(Moment.DOT, Act.CUT)
    sending.settle()
    assert (sending.state(queued), sending.times_sent(queued), len(sending.in_sent())) == ("filed", 1, 1)
    assert sending.in_drafts() == [edited]
    sending.check()


def test_an_account_goes_with_its_drafts_and_with_what_waits(sending: Sending) -> None:
    sending.queue()
    drafts.save(sending.db, sending.draft().id)
    accounts.remove(sending.db, sending.id)
    assert drafts.open_drafts(sending.db) == ()
    assert submissions.waiting(sending.db) == ()
    sending.check()


def test_messages_wait_where_the_account_cannot_send(tmp_path: Path) -> None:
    with Sending(tmp_path, config={"smtp_host": ""}) as sending:
        queued = sending.queue()
        wait_s = sending.submit()
        assert wait_s is not None
        assert "how it sends" in sending.now(queued).error
        assert sending.state(queued) == "queued"
