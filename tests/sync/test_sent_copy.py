"""One copy of what was sent, in Sent."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sending import Sending

from mail.operations import Save
from store import (
    outbox,
    threads,
)
from sync import sent_copy


def test_the_copy_is_here_at_once_and_the_account_is_asked_after_looking_for_its_own(
    sending: Sending,
) -> None:
    queued = sending.queue()
    assert sending.submit() == 0.0
    assert sending.shown_in_sent() == [queued.message_id]
    assert sending.looks == 1
    for wait_s in sent_copy.LOOKS_S[1:]:
        said = sending.submit()
        assert said is not None
        assert wait_s - 0.9 < said < wait_s + 0.01
        sending.skip()
    assert sending.submit() is None
    (operation,) = outbox.waiting(sending.db)
    assert (operation.kind, sending.state(queued)) == ("save", "filed")


def test_an_account_that_files_what_it_sends_is_given_no_copy(sending: Sending) -> None:
    """F59: the copy is there at the first look."""
    sending.files = True
    queued = sending.queue()
    sending.settle()
    assert sending.state(queued) == "filed"
    assert len(sending.in_sent()) == 1
    assert sending.shown_in_sent() == [queued.message_id]
    sending.check()


def test_a_copy_filed_20_seconds_late_leaves_one_and_the_account_is_remembered(sending: Sending) -> None:
    """F59."""
    queued = sending.queue()
    sending.settle()
    assert sending.state(queued) == "filed"
    assert len(sending.in_sent()) == 1
    sending.account.deliver(
        sending.account.add_mailbox("Sent"), sending.smtp.accepted[0].message, int(time.time()) + 20
    )
    sending.settle()
    assert len(sending.in_sent()) == 1
    assert sending.in_sent() == [sending.smtp.accepted[0].message]
    assert sending.shown_in_sent() == [queued.message_id]
    sending.files = True
    sending.queue("Second")
    before = sending.account.revision
    sending.settle()
    assert len(sending.in_sent()) == 2
    assert sending.account.revision == before + 1, "nothing but the server's own copy"
    sending.check()


def test_a_copy_filed_before_ours_was_given_to_the_account_takes_its_place(sending: Sending) -> None:
    """F59: between the last look and the save."""
    queued = sending.queue()
    for _ in range(6):
        sending.skip()
        sending.submit()
    assert [row.kind for row in outbox.waiting(sending.db)] == ["save"]
    sending.account.deliver(
        sending.account.add_mailbox("Sent"), sending.smtp.accepted[0].message, int(time.time()) + 9
    )
    sending.settle()
    assert len(sending.in_sent()) == 1
    assert sending.shown_in_sent() == [queued.message_id]
    sending.check()


@pytest.mark.parametrize("is_same_second", [True, False])
def test_identical_octets_filed_by_the_account_leave_one_copy(sending: Sending, is_same_second: bool) -> None:
    """F59: the account's copy cannot be told from ours but by its key."""
    queued = sending.queue()
    sending.settle()
    (message,) = [message for (mailbox, _), message in sending.account.messages.items() if mailbox == "Sent"]
    sending.account.deliver(
        sending.account.add_mailbox("Sent"), message.octets, message.received_at + (not is_same_second)
    )
    sending.settle()
    assert len(sending.in_sent()) == 1
    assert sending.shown_in_sent() == [queued.message_id]
    sending.check()


def test_a_known_self_filer_never_gets_a_copy_however_late_its_own_is(tmp_path: Path) -> None:
    """F59."""
    with Sending(tmp_path, config={"files_sent": "yes"}) as sending:
        queued = sending.queue()
        sending.settle()
        assert sending.in_sent() == []
        assert sending.shown_in_sent() == [queued.message_id]
        assert sending.state(queued) == "filed"
        sending.check()


def test_a_copy_under_another_message_id_is_found_and_both_ids_lead_to_the_conversation(
    sending: Sending,
) -> None:
    """F59: some servers give what they send a Message-ID of their own."""
    sending.files, sending.rewrites = True, b"theirs@server.example"
    queued = sending.queue()
    sending.settle()
    assert sending.shown_in_sent() == ["theirs@server.example"]
    assert len(sending.in_sent()) == 1
    for answered in (queued.message_id, "theirs@server.example"):
        message = (
            f"Message-ID: <to-{answered}>\r\nIn-Reply-To: <{answered}>\r\nSubject: Re: Quote\r\n\r\nYes\r\n"
        )
        sending.account.deliver(sending.account.add_mailbox("INBOX"), message.encode(), int(time.time()))
    sending.look()
    ids = ["theirs@server.example", *(f"to-{one}" for one in (queued.message_id, "theirs@server.example"))]
    assert len({threads.by_message_id(sending.db, sending.id, one) for one in ids}) == 1
    sending.check()


def test_a_copy_cut_off_while_it_was_saved_is_there_once(sending: Sending) -> None:
    """F5: the account has the copy, and its answer was lost."""
    queued = sending.queue()
    for _ in range(6):
        sending.skip()
        sending.submit()
    (pending,) = outbox.next_group(sending.db, sending.id, int(time.time()))
    assert isinstance(pending.operation, Save)
    sending.provider.apply(pending.operation)
    outbox.requeue_running(sending.db, sending.id)
    sending.look()
    sending.settle()
    assert len(sending.in_sent()) == 1
    assert sending.shown_in_sent() == [queued.message_id]
    sending.check()
