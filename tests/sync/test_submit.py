"""Sending once, whatever the server says."""

from __future__ import annotations

import time

import pytest
from makers import an_address
from sending import ANA, BOB, ME, Sending, texts
from servers.fake_smtp import Act, Moment

from store.sending import drafts, submissions
from sync import submit


def test_a_message_is_sent_and_its_copy_is_given_to_the_account(sending: Sending) -> None:
    row = sending.draft(bcc=(an_address(BOB),))
    drafts.save(sending.db, row.id)
    sending.settle()
    assert len(sending.in_drafts()) == 1
    queued = submissions.queue(sending.db, row.id)
    sending.settle()
    assert sending.state(queued) == "filed"
    (accepted,) = sending.smtp.accepted
    assert (accepted.sender, accepted.recipients) == (ME, (ANA, BOB))
    assert b"Bcc" not in accepted.message
    (copy,) = sending.in_sent()
    assert copy.startswith(b"Bcc: bob@acme.example\r\n")
    assert copy.endswith(accepted.message)
    assert sending.shown_in_sent() == [queued.message_id]
    assert sending.in_drafts() == []
    found = drafts.get(sending.db, row.id)
    assert found is not None
    assert found.state == "sent"
    assert drafts.open_drafts(sending.db) == ()
    assert any("Sent “Quote”" in text for text in texts(sending))
    sending.check()


def test_recipients_put_off_are_asked_for_again_alone(sending: Sending) -> None:
    """F58: one taken, one refused, one greylisted; what is left survives."""
    carl = "carl@acme.example"
    sending.smtp.refused = {BOB: b"550 5.1.1 nobody", carl: b"451 4.7.1 greylisted"}
    queued = sending.queue(to=(an_address(ANA), an_address(BOB), an_address(carl)))
    wait_s = sending.submit()
    assert wait_s is not None
    assert 7 < wait_s < 17
    now = sending.now(queued)
    assert (now.state, now.taken, now.recipients) == ("queued", (ANA,), (carl,))
    assert "550" in now.refused[BOB]
    assert "greylisted" in now.error
    assert sending.shown_in_sent() == [queued.message_id], "some have got it"
    sending.skip()
    sending.submit()
    assert sending.times_sent(queued) == 1
    sending.smtp.refused = {}
    sending.settle()
    assert [accepted.recipients for accepted in sending.smtp.accepted] == [(ANA,), (carl,)]
    now = sending.now(queued)
    assert (now.state, now.taken) == ("filed", (ANA, carl))
    assert [row.id for row in submissions.waiting(sending.db)] == [queued.id], "one did not get it"
    assert any("but not to bob@acme.example" in text for text in texts(sending))
    assert len(sending.in_sent()) == 1
    sending.check()


def test_a_message_for_many_goes_out_in_parts_and_to_each_once(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F57: those who have it are remembered after each part."""
    monkeypatch.setattr(submit, "MOST_RECIPIENTS", 2)
    people = tuple(an_address(f"p{number}@acme.example") for number in range(5))
    queued = sending.queue(to=people)
    answered = sending.smtp.fault(Moment.DATA, Act.CUT)
    sending.submit()
    assert answered.struck.is_set()
    sending.settle()
    reached = [one for accepted in sending.smtp.accepted for one in accepted.recipients]
    assert reached == [person.email for person in people]
    assert sending.state(queued) == "filed"


@pytest.mark.parametrize("reply", [b"552 5.3.4 too large", b"554 5.7.1 spam \x1b[2J"])
def test_what_the_server_refuses_is_told_and_can_be_written_on(sending: Sending, reply: bytes) -> None:
    """F58: 552 and its like."""
    sending.smtp.reply(Moment.DOT, reply)
    row = sending.draft()
    email_id = drafts.save(sending.db, row.id)
    queued = submissions.queue(sending.db, row.id)
    sending.settle()
    now = sending.now(queued)
    assert (now.state, tuple(now.refused)) == ("rejected", (ANA,))
    assert "\x1b" not in now.error
    assert any("was not sent" in text for text in texts(sending))
    assert drafts.resume(sending.db, email_id).id == row.id
    again = submissions.queue(sending.db, row.id)
    sending.settle()
    assert (sending.state(again), sending.times_sent(again)) == ("filed", 1)
    sending.check()


def test_what_the_server_refused_can_be_sent_again_as_it_is(sending: Sending) -> None:
    sending.smtp.reply(Moment.MAIL, b"550 5.7.1 not today")
    queued = sending.queue()
    sending.settle()
    assert sending.state(queued) == "rejected"
    assert submissions.send_now(sending.db, queued.id)
    sending.settle()
    assert (sending.state(queued), sending.now(queued).taken) == ("filed", (ANA,))


def test_a_busy_server_is_tried_again_with_growing_delays(sending: Sending) -> None:
    """F58: 421 and greylists."""
    sending.smtp.reply(Moment.GREETING, b"421 4.3.2 too busy", times=4)
    queued = sending.queue()
    waits = []
    for _ in range(4):
        waits.append(sending.submit())
        assert sending.state(queued) == "queued"
        sending.skip()
    assert all(wait is not None for wait in waits)
    assert [int(wait or 0) > 7 * 2**n for n, wait in enumerate(waits)] == [True] * 4
    sending.settle()
    assert (sending.state(queued), sending.times_sent(queued)) == ("filed", 1)


def test_what_could_not_be_sent_for_a_day_is_told_once(sending: Sending) -> None:
    sending.smtp.reply(Moment.GREETING, b"421 4.3.2 too busy", times=5)
    queued = sending.queue()
    sending.submit()
    with sending.db.write() as connection:
        connection.execute(
            "UPDATE submission SET submitted_at = submitted_at - 86400, not_before = not_before - 86400"
        )
        connection.execute("UPDATE submission SET held_until = NULL")
    for _ in range(3):
        sending.submit()
        with sending.db.write() as connection:
            connection.execute("UPDATE submission SET held_until = NULL, not_before = ?", (int(time.time()),))
    assert sum("has not been sent for a day" in text for text in texts(sending)) == 1
    assert sending.state(queued) == "queued"
