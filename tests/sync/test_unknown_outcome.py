"""What may have been sent is looked for and never sent again unasked (sync.md F57)."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from sending import Sending, texts
from servers.fake_smtp import Act, Moment

from providers.errors import RetryLater
from store.sending import submissions, submitting
from sync import submit

RUNS = 1_000
FAULTS = [
    *((moment, act) for moment in Moment if moment is not Moment.ANSWERED for act in (Act.CUT, Act.RESET)),
    (Moment.ANSWERED, Act.CUT),
    (Moment.ANSWERED, Act.RESET),
    *((moment, Act.REPLY) for moment in (Moment.MAIL, Moment.RCPT, Moment.DATA, Moment.DOT)),
]


@pytest.mark.parametrize("is_accepted", [True, False])
def test_a_lost_answer_is_looked_for_and_then_the_user_is_asked(sending: Sending, is_accepted: bool) -> None:
    """F57: after the dot, at an account that files nothing."""
    sending.smtp.fault(Moment.DOT, Act.CUT, is_accepted=is_accepted)
    queued = sending.queue()
    assert sending.submit() == 0.0
    assert sending.state(queued) == "unknown"
    waits = []
    for _ in submit.LOOKS_S:
        waits.append(sending.submit())
        sending.skip()
    assert sum(wait or 0 for wait in waits) == pytest.approx(120, abs=1)
    assert waits[-1] is None
    assert sending.looks == len(submit.LOOKS_S) + 1
    assert sending.state(queued) == "unknown"
    assert "may have been sent or not" in sending.now(queued).error
    assert any("Say on the outbox page" in text for text in texts(sending))
    assert [row.id for row in submissions.waiting(sending.db)] == [queued.id]
    sending.settle()
    assert sending.times_sent(queued) == int(is_accepted), "never sent again unasked"
    assert submissions.answer(sending.db, queued.id, was_sent=is_accepted)
    sending.settle()
    assert (sending.state(queued), sending.times_sent(queued)) == ("filed", 1)
    assert len(sending.in_sent()) == 1
    sending.check()


def test_a_lost_answer_of_a_message_found_in_sent_is_no_trouble(sending: Sending) -> None:
    """F57: after the dot, at an account that files what it sends."""
    sending.files = True
    sending.smtp.fault(Moment.DOT, Act.RESET)
    queued = sending.queue()
    sending.settle()
    assert (sending.state(queued), sending.times_sent(queued), len(sending.in_sent())) == ("filed", 1, 1)
    assert sending.shown_in_sent() == [queued.message_id]
    sending.check()


def test_a_message_found_after_the_user_was_asked_answers_for_itself(sending: Sending) -> None:
    """F57: the copy comes later than anybody waits for."""
    sending.smtp.fault(Moment.DOT, Act.CUT)
    queued = sending.queue()
    sending.settle()
    assert sending.state(queued) == "unknown"
    sending.account.deliver(
        sending.account.add_mailbox("Sent"), sending.smtp.accepted[0].message, int(time.time())
    )
    sending.settle()
    assert sending.state(queued) == "filed"


def test_looks_that_could_not_be_had_do_not_count(sending: Sending) -> None:
    """F57: the whole line is down after the dot."""
    sending.smtp.fault(Moment.DOT, Act.CUT)
    queued = sending.queue()
    sending.submit()
    sending.trouble = RetryLater("no line")
    for _ in range(20):
        sending.skip()
        sending.submit()
    assert sending.state(queued) == "unknown"
    assert sending.now(queued).error != ""
    assert sending.now(queued).not_before < submitting.NEVER
    sending.trouble, sending.files = None, True
    sending.account.deliver(
        sending.account.add_mailbox("Sent"), sending.smtp.accepted[0].message, int(time.time())
    )
    sending.settle()
    assert sending.state(queued) == "filed"


def test_a_worker_that_died_while_sending_does_not_send_again(sending: Sending) -> None:
    """F57: killed after the attempt was noted."""
    queued = sending.queue()
    assert submitting.begin(sending.db, queued.id, 100) is not None
    sending.settle()
    assert (sending.state(queued), sending.times_sent(queued)) == ("unknown", 0)
    assert submissions.answer(sending.db, queued.id, was_sent=False)
    sending.settle()
    assert (sending.state(queued), sending.times_sent(queued)) == ("filed", 1)


@pytest.mark.timeout(280)
@pytest.mark.parametrize("files", [True, False])
def test_nothing_is_sent_twice_in_1000_runs_cut_at_random(tmp_path: Path, files: bool) -> None:
    """F57: with the other half of it 1,000 randomised runs; zero duplicates, and nothing is lost."""
    with Sending(tmp_path) as sending:
        send_at_random(sending, files=files)


def send_at_random(sending: Sending, *, files: bool) -> None:
    chance = random.Random(57 + files)
    sending.files = files
    queued = []
    for number in range(RUNS // 2):
        moment, act = chance.choice(FAULTS)
        sending.smtp.fault(
            moment,
            act,
            reply=b"451 4.3.0 later",
            octets=chance.randrange(1, 400),
            is_accepted=chance.random() < 0.5,
        )
        queued.append(sending.queue(f"Quote {number}"))
        sending.submit()
    sending.settle()
    sending.settle()
    states = {row.id: sending.state(row) for row in queued}
    for row in queued:
        times = sending.times_sent(row)
        assert times <= 1, f"{row.subject} was sent {times} times"
        assert states[row.id] in ("filed", "unknown")
        assert times == 1 or states[row.id] == "unknown", f"{row.subject} is lost"
    if files:
        filed = {row.id for row in queued if states[row.id] == "filed"}
        assert filed == {row.id for row in queued if sending.times_sent(row) == 1}
    unknown = [row for row in queued if states[row.id] == "unknown"]
    for row in unknown:
        submissions.answer(sending.db, row.id, was_sent=sending.times_sent(row) == 1)
    sending.settle()
    sending.settle()
    assert [sending.times_sent(row) for row in queued] == [1] * (RUNS // 2)
    assert len(sending.in_sent()) == RUNS // 2
    assert sorted(sending.shown_in_sent()) == sorted(row.message_id for row in queued)
    sending.check()
