from __future__ import annotations

import random

import makers
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stored import Stored, a_stored_email, listed, mailboxes_of, next_one, open_operations

from mail.keywords import FLAGGED, SEEN
from mail.operations import Applied, Destroy, Move, SetKeywords
from mail.types import AccountId, MailboxId, RemoteKey, Role
from store import actions, events, invariants, mailboxes, outbox
from store.database import Database
from store.outbox import PendingOperation

Boxes = dict[Role, MailboxId]
LATER = 2**40


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def boxes(db: Database, account_id: AccountId) -> Boxes:
    return mailboxes_of(db, account_id)


def taken(db: Database, account_id: AccountId) -> PendingOperation:
    operation = next_one(db, account_id, LATER)
    assert operation is not None
    return operation


def test_operations_are_taken_in_order_and_only_once(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    one, two = (a_stored_email(db, account_id, boxes[Role.INBOX]) for _ in range(2))
    actions.move(db, [one.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    actions.set_keyword(db, [two.thread_id], SEEN, True)
    assert isinstance(taken(db, account_id).operation, Move)
    assert isinstance(taken(db, account_id).operation, SetKeywords)
    assert next_one(db, account_id, LATER) is None


def test_a_later_operation_of_the_same_message_waits_and_then_names_its_new_key(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.move(db, [stored.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    actions.set_keyword(db, [stored.thread_id], SEEN, True)
    move = taken(db, account_id)
    assert next_one(db, account_id, LATER) is None
    outbox.settle(db, [(move.id, Applied(makers.ARCHIVE.key, RemoteKey("other"), "/a/other"))])
    mark = taken(db, account_id).operation
    assert mark == SetKeywords(makers.ARCHIVE.key, RemoteKey("other"), frozenset({SEEN}), frozenset())
    path = db.read().execute("SELECT path FROM placement").fetchone()
    assert path == ("/a/other",)


def test_what_is_alike_is_asked_for_at_once_and_what_is_not_apart(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    emails = [a_stored_email(db, account_id, boxes[Role.INBOX]) for _ in range(5)]
    elsewhere = a_stored_email(db, account_id, boxes[Role.SENT])
    actions.set_keyword(db, [email.thread_id for email in emails[:2]], FLAGGED, True)
    actions.move(db, [email.thread_id for email in emails[1:]], boxes[Role.INBOX], Role.ARCHIVE)
    actions.move(db, [elsewhere.thread_id], boxes[Role.SENT], Role.ARCHIVE)
    groups = [outbox.next_group(db, account_id, LATER) for _ in range(4)]
    assert [[type(one.operation).__name__ for one in group] for group in groups] == [
        ["SetKeywords"] * 2,
        ["Move"] * 3,  # the first that moves is still being marked
        ["Move"],
        [],
    ]


def test_a_group_can_end_in_part_done_in_part_refused_and_in_part_later(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    emails = [a_stored_email(db, account_id, boxes[Role.INBOX]) for _ in range(3)]
    actions.move(db, [email.thread_id for email in emails], boxes[Role.INBOX], Role.ARCHIVE)
    done, refused, later = outbox.next_group(db, account_id, LATER)
    outbox.settle(
        db, [(done.id, Applied(makers.ARCHIVE.key, RemoteKey("new"))), (refused.id, "no space left")]
    )
    outbox.postpone(db, [later.id], 500, "connection lost")
    assert listed(db, boxes[Role.INBOX]) == [emails[1].thread_id]
    assert set(listed(db, boxes[Role.ARCHIVE])) == {emails[0].thread_id, emails[2].thread_id}
    assert next_one(db, account_id, 499) is None
    assert outbox.ask_now(db, [later.id]) == 1
    again = next_one(db, account_id, 0)
    assert again is not None and again.id == later.id


def test_a_postponed_operation_waits_and_counts_its_attempts(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.set_keyword(db, [stored.thread_id], SEEN, True)
    outbox.postpone(db, [taken(db, account_id).id], 500, "connection lost")
    assert next_one(db, account_id, 499) is None
    again = next_one(db, account_id, 500)
    assert again is not None and again.attempts == 2


def test_an_operation_cut_short_by_a_crash_is_asked_again(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.set_keyword(db, [stored.thread_id], SEEN, True)
    first = taken(db, account_id)
    outbox.requeue_running(db, account_id)
    assert taken(db, account_id).id == first.id


def test_a_refused_move_puts_the_conversation_back_and_says_why(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX], subject="Offer 12")
    actions.move(db, [stored.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    seq = events.newest(db)
    outbox.settle(db, [(taken(db, account_id).id, "the mailbox is read-only")])
    assert listed(db, boxes[Role.INBOX]) == [stored.thread_id]
    event = events.since(db, seq)[-1]
    assert (event.kind, event.text) == ("rejected", "Could not move “Offer 12”: the mailbox is read-only")
    assert [row.error for row in outbox.waiting(db)] == ["the mailbox is read-only"]


def test_a_refused_mark_goes_back_without_touching_the_others(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX], keywords=[FLAGGED])
    actions.set_keyword(db, [stored.thread_id], SEEN, True)
    outbox.settle(db, [(taken(db, account_id).id, "no")])
    assert db.read().execute("SELECT seen, flagged FROM email").fetchone() == (0, 1)


def test_a_refusal_leaves_alone_what_the_user_has_wanted_since(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.move(db, [stored.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    running = taken(db, account_id)
    actions.move(db, [stored.thread_id], boxes[Role.ARCHIVE], Role.TRASH)
    outbox.settle(db, [(running.id, "no")])
    assert listed(db, boxes[Role.TRASH]) == [stored.thread_id]
    assert open_operations(db) == [("move", boxes[Role.TRASH])]


def test_a_mailbox_that_cannot_be_made_gives_its_conversations_back(
    db: Database, account_id: AccountId
) -> None:
    boxes = mailboxes_of(db, account_id, without=[Role.ARCHIVE])
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.move(db, [stored.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    outbox.settle(db, [(taken(db, account_id).id, "no space left")])
    assert listed(db, boxes[Role.INBOX]) == [stored.thread_id]
    assert mailboxes.with_role(db, Role.ARCHIVE, account_id) == ()
    assert open_operations(db) == []


def test_an_operation_on_a_message_that_is_gone_is_dropped_with_a_notice(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.set_keyword(db, [stored.thread_id], SEEN, True)
    with db.write() as connection:
        connection.execute("DELETE FROM placement")
    assert next_one(db, account_id, LATER) is None
    assert events.since(db, 0)[-1].text == "Not carried out: the message is no longer there"


def test_a_message_that_sync_found_at_its_new_place_first_stays_one_message(
    db: Database, account_id: AccountId, boxes: Boxes
) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.move(db, [stored.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    move = taken(db, account_id)
    with db.write() as connection:
        connection.execute(
            "INSERT INTO placement (email_id, mailbox_id, remote_mailbox_id, remote_key) VALUES (?, ?, ?, 'new')",
            (stored.email_id, boxes[Role.ARCHIVE], boxes[Role.ARCHIVE]),
        )
    outbox.settle(db, [(move.id, Applied(makers.ARCHIVE.key, RemoteKey("new")))])
    assert db.read().execute("SELECT id, remote_key FROM placement").fetchall() == [
        (stored.placement_ids[0], "new")
    ]


def test_an_emptied_queue_is_told(db: Database, account_id: AccountId, boxes: Boxes) -> None:
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.set_keyword(db, [stored.thread_id], SEEN, True)
    assert outbox.count_waiting(db) == 1
    outbox.settle(db, [(taken(db, account_id).id, Applied(makers.INBOX.key, RemoteKey("k")))])
    assert outbox.count_waiting(db) == 0
    assert events.since(db, 0)[-1].kind == "outbox"


class Account:
    """What a server would hold: it does as it is told, or refuses, or does so and its answer is lost."""

    def __init__(self, db: Database, account_id: AccountId) -> None:
        self.db, self.account_id = db, account_id
        self.has = {
            (mailbox, key): frozenset(keywords.split())
            for mailbox, key, keywords in db.read().execute(
                "SELECT m.key, p.remote_key, p.remote_keywords FROM placement p JOIN mailbox m ON m.id = p.remote_mailbox_id"
            )
        }

    def answer(self, dice: random.Random) -> bool:
        pending = next_one(self.db, self.account_id, LATER)
        if pending is None:
            return False
        luck = dice.random()
        if luck < 0.2 and pending.attempts == 1:
            outbox.settle(self.db, [(pending.id, "no")])
            return True
        applied = self.apply(pending)
        if luck < 0.35:
            outbox.postpone(self.db, [pending.id], 0, "connection lost")
        elif luck < 0.45:
            outbox.requeue_running(self.db, self.account_id)
        else:
            outbox.settle(self.db, [(pending.id, applied)])
        return True

    def apply(self, pending: PendingOperation) -> Applied:
        match pending.operation:
            case Move(mailbox, key, target):
                keywords = self.has.pop((mailbox, key), None)
                if keywords is not None:
                    self.has[target, key] = keywords
                return Applied(target, key)
            case SetKeywords(mailbox, key, add, remove):
                self.has[mailbox, key] = (self.has[mailbox, key] | add) - remove
                return Applied(mailbox, key)
            case Destroy(mailbox, key):
                self.has.pop((mailbox, key), None)
                return Applied()
        raise AssertionError(pending)


def act(db: Database, boxes: Boxes, stored: list[Stored], dice: random.Random) -> None:
    threads = [each.thread_id for each in dice.sample(stored, dice.randint(1, 3))]
    source = dice.choice([None, *(boxes[role] for role in (Role.INBOX, Role.ARCHIVE, Role.TRASH))])
    match dice.randrange(9):
        case 0 | 1:
            actions.move(db, threads, source, dice.choice([Role.ARCHIVE, Role.TRASH, Role.INBOX]))
        case 2 | 3:
            actions.set_keyword(db, threads, dice.choice([SEEN, FLAGGED]), dice.random() < 0.5)
        case 4:
            actions.recover(db, threads)
        case 5:
            actions.destroy(db, threads, source)
        case 6 | 7:
            actions.undo(db)
        case 8:
            actions.redo(db)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_whatever_is_done_undone_refused_or_lost_cache_and_account_agree_once_nothing_waits(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    dice = random.Random(seed)
    db = makers.a_store(tmp_path_factory.mktemp("random"))
    try:
        account_id = makers.an_account(db)
        boxes = mailboxes_of(db, account_id)
        homes = [(boxes[Role.INBOX],), (boxes[Role.INBOX], boxes[Role.ARCHIVE]), (boxes[Role.TRASH],)]
        stored = [a_stored_email(db, account_id, *home) for home in homes * 2]
        account = Account(db, account_id)
        for _ in range(30):
            act(db, boxes, stored, dice)
            if dice.random() < 0.5:
                account.answer(dice)
        while account.answer(dice):
            pass
        assert_agreed(db, account)
        assert_counted(db)
        # The rows of these tests are in no index.
        assert [wrong for wrong in invariants.check(db) if "index" not in wrong] == []
    finally:
        db.close()


def assert_agreed(db: Database, account: Account) -> None:
    rows = (
        db.read()
        .execute(
            "SELECT p.mailbox_id, p.remote_mailbox_id, m.key, p.remote_key, p.remote_keywords, p.is_destroyed,"
            " e.id, e.seen, e.flagged FROM placement p JOIN mailbox m ON m.id = p.remote_mailbox_id"
            " JOIN email e ON e.id = p.email_id"
        )
        .fetchall()
    )
    assert {(row[2], row[3]): frozenset(row[4].split()) for row in rows} == account.has
    assert all(row[0] == row[1] and not row[5] for row in rows)
    for email_id in {row[6] for row in rows}:
        places = [row for row in rows if row[6] == email_id]
        for column, keyword in ((7, SEEN), (8, FLAGGED)):
            assert bool(places[0][column]) == any(keyword in place[4].split() for place in places)


def assert_counted(db: Database) -> None:
    counted = "SELECT mailbox_id, count(*), sum(is_unread) FROM mailbox_thread GROUP BY mailbox_id"
    kept = "SELECT id, total_threads, unread_threads FROM mailbox WHERE total_threads OR unread_threads"
    assert sorted(db.read().execute(counted).fetchall()) == sorted(db.read().execute(kept).fetchall())
