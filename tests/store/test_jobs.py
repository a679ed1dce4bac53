from __future__ import annotations

import makers
import pytest
from stored import a_stored_email, listed, mailboxes_of

from mail.keywords import FLAGGED
from mail.types import AccountId, MailboxId, Role
from store import actions, events, jobs, outbox
from store.database import Database

Boxes = dict[Role, MailboxId]
LATER = 2**40


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def boxes(db: Database, account_id: AccountId) -> Boxes:
    return mailboxes_of(db, account_id)


def archived(db: Database, account_id: AccountId, boxes: Boxes, number: int) -> None:
    emails = [a_stored_email(db, account_id, boxes[Role.INBOX]) for _ in range(number)]
    actions.move(db, [email.thread_id for email in emails], boxes[Role.INBOX], Role.ARCHIVE)


def test_what_is_alike_is_one_job(db: Database, account_id: AccountId, boxes: Boxes) -> None:
    archived(db, account_id, boxes, 3)
    starred = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.set_keyword(db, [starred.thread_id], FLAGGED, True)
    told = [(job.kind, job.state, job.messages, job.mailbox, job.add) for job in jobs.all(db)]
    assert told == [("move", "pending", 3, "Archive", ()), ("set_keywords", "pending", 1, "", (FLAGGED,))]


def test_a_job_that_failed_says_why_and_is_tried_at_once_when_asked(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    archived(db, account_id, boxes, 2)
    group = outbox.next_group(db, account_id, LATER)
    outbox.postpone(db, [one.id for one in group], 5_000, "the server is busy")
    (job,) = jobs.all(db)
    assert (job.messages, job.attempts, job.not_before, job.error) == (2, 1, 5_000, "the server is busy")
    assert outbox.next_group(db, account_id, 4_500) == ()
    assert jobs.try_now(db, [job]) == 2
    assert len(outbox.next_group(db, account_id, 4_500)) == 2


def test_a_job_tried_in_vain_for_a_day_is_stuck(db: Database, account_id: AccountId, boxes: Boxes) -> None:
    archived(db, account_id, boxes, 1)
    (one,) = outbox.next_group(db, account_id, LATER)
    outbox.postpone(db, [one.id], 0, "no")
    (job,) = jobs.all(db)
    assert not jobs.is_stuck(job, job.since + 100)
    assert jobs.is_stuck(job, job.since + jobs.STUCK_S)
    assert jobs.is_stuck(job._replace(attempts=jobs.STUCK_ATTEMPTS), job.since)


def test_what_is_given_up_is_back_where_it_was_and_then_forgotten(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    archived(db, account_id, boxes, 3)
    (job,) = jobs.all(db)
    assert jobs.give_up(db, job) == 3
    assert len(listed(db, boxes[Role.INBOX])) == 3
    (refused,) = jobs.all(db)
    assert (refused.state, refused.error) == ("rejected", jobs.GIVEN_UP)
    before = events.newest(db)
    jobs.forget(db, refused)
    assert jobs.all(db) == ()
    assert [event.kind for event in events.since(db, before)] == ["outbox"]


def test_what_is_under_way_is_not_given_up(db: Database, account_id: AccountId, boxes: Boxes) -> None:
    archived(db, account_id, boxes, 1)
    assert outbox.next_group(db, account_id, LATER)
    (job,) = jobs.all(db)
    assert (job.state, jobs.give_up(db, job)) == ("running", 0)
