"""Sending once, whatever happens, and one copy of it in Sent."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from makers import an_address
from sending import ANA, BOB, ME, Sending
from servers.fake_smtp import Act, Moment

from mail.drafts import DraftKind
from mail.operations import Save
from providers.errors import RetryLater
from store import (
    accounts,
    actions,
    boot_clock,
    drafts,
    emails,
    events,
    links,
    outbox,
    submissions,
    submitting,
    threads,
)
from sync import sent_copy, submit


@pytest.fixture
def sending(tmp_path: Path) -> Iterator[Sending]:
    with Sending(tmp_path) as started:
        started.look()
        yield started


@pytest.fixture
def soon_done() -> Iterator[Path]:
    """A directory whose files are nowhere but in memory, where there is such a place."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as directory:
        yield Path(directory)


def texts(sending: Sending) -> list[str]:
    return [row.text for row in events.since(sending.db, 0) if row.kind == "submissions" and row.text]


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


RUNS = 1_000
FAULTS = [
    *((moment, act) for moment in Moment if moment is not Moment.ANSWERED for act in (Act.CUT, Act.RESET)),
    (Moment.ANSWERED, Act.CUT),
    (Moment.ANSWERED, Act.RESET),
    *((moment, Act.REPLY) for moment in (Moment.MAIL, Moment.RCPT, Moment.DATA, Moment.DOT)),
]


@pytest.mark.timeout(280)
@pytest.mark.parametrize("files", [True, False])
def test_nothing_is_sent_twice_in_1000_runs_cut_at_random(soon_done: Path, files: bool) -> None:
    """F57: with the other half of it 1,000 randomised runs; zero duplicates, and nothing is lost."""
    with Sending(soon_done) as sending:
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
    from store.items import ItemKind, ItemRef
    from store.slots import read

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


def test_messages_wait_where_the_account_cannot_send(tmp_path: Path) -> None:
    with Sending(tmp_path, config={"smtp_host": ""}) as sending:
        queued = sending.queue()
        wait_s = sending.submit()
        assert wait_s is not None
        assert "how it sends" in sending.now(queued).error
        assert sending.state(queued) == "queued"
