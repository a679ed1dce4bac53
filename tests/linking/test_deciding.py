"""Mail that comes, moves and goes is judged, and what the rules say is carried out in the store."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

import crm_rows
import makers
import pytest
from makers import ARCHIVE, DRAFTS, INBOX, JUNK, NOW, SENT, TRASH, a_batch, a_remote, an_address, an_email

from linking import deciding, service
from linking.rules import Reason
from mail.keywords import FLAGGED, SEEN
from mail.types import AccountId, Email, Role, ThreadId
from store import (
    actions,
    decisions,
    draft_items,
    events,
    ingest,
    items,
    links,
    mailbox_choices,
    mailboxes,
    slots,
    threads,
    to_file,
)
from store.database import Database
from store.ingest import Arrival, Filled
from store.items import ItemRef
from store.mailbox_choices import Choice

ANA, BOB = "ana@acme.example", "bob@beta.example"
OLDER = NOW - 1_000


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def deal(db: Database) -> ItemRef:
    return a_deal(db, "Printers", ANA)


def a_deal(db: Database, title: str, email: str, created_at: int = OLDER) -> ItemRef:
    """Insert a deal with a person of that address."""
    row = db.read().execute("SELECT person_id FROM person_email WHERE email = ?", (email,)).fetchone()
    ref = crm_rows.a_deal(db, title, row[0] if row else crm_rows.a_person(db, email, email))
    with db.write() as connection:
        connection.execute("UPDATE deal SET created_at = ? WHERE id = ?", (created_at, ref.id))
    return ref


def change(db: Database, deal: ItemRef, **values: object) -> None:
    with db.write() as connection:
        for column, value in values.items():
            connection.execute(f"UPDATE deal SET {column} = ? WHERE id = ?", (value, deal.id))


class Mail:
    """Takes mail in as the worker does, and says what became of it."""

    def __init__(self, db: Database, account_id: AccountId) -> None:
        self.db = db
        self.account_id = account_id
        self.count = 0

    def come(self, at: int, *, sender: str = ANA, to: str = "me@dealbox.example", after: str | None = None,
             box: makers.RemoteMailbox = INBOX, **changes: Any) -> str:  # fmt: skip
        """Take a message in and return its Message-ID; nothing is judged yet."""
        self.count += 1
        message_id = f"n{self.count}@example.org"
        email = an_email(
            f"{self.count}", message_id=message_id, from_=(an_address(sender),), to=(an_address(to),),
            in_reply_to=() if after is None else (after,), **changes,
        )  # fmt: skip
        self.take(a_remote(str(self.count), box, received_at=at), email)
        return message_id

    def take(self, remote: makers.RemoteEmail, email: Email | None = None, **batch: Any) -> None:
        ingest.apply(self.db, self.account_id, a_batch([remote], **batch), [Arrival(remote, email)])

    def judge(self) -> int:
        return deciding.decide_due(self.db)

    def thread(self, message_id: str) -> ThreadId:
        found = threads.by_message_id(self.db, self.account_id, message_id)
        assert found is not None
        return found

    def linked(self, message_id: str) -> ItemRef | None:
        slot = links.slot(self.db, self.thread(message_id))
        return items.find(self.db, f"{slot.item_kind}:{slot.item_id}") if slot and slot.item_id else None

    def origin(self, message_id: str) -> str | None:
        slot = links.slot(self.db, self.thread(message_id))
        return slot.origin if slot else None

    def reason(self, message_id: str) -> str | None:
        found = decisions.get(self.db.read(), self.thread(message_id))
        return found.reason if found else None


@pytest.fixture
def mail(db: Database, account_id: AccountId) -> Mail:
    return Mail(db, account_id)


def test_mail_that_came_is_linked_and_screens_are_told(db: Database, mail: Mail, deal: ItemRef) -> None:
    first = mail.come(NOW)
    assert (mail.linked(first), mail.reason(first)) == (None, None)
    seq = events.newest(db)
    assert mail.judge() == 1
    assert (mail.linked(first), mail.origin(first), mail.reason(first)) == (deal, "auto", Reason.LINKED)
    assert [(event.kind, event.thread_ids) for event in events.since(db, seq)] == [
        ("items", (mail.thread(first),))
    ]
    row = threads.get(db, mail.thread(first))
    assert row is not None and row.item_kind == "deal"
    assert mail.judge() == 0


def test_what_was_judged_is_not_due_until_another_message_comes(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    first = mail.come(NOW)
    mail.judge()
    seq = events.newest(db)
    actions.set_keyword(db, [mail.thread(first)], SEEN, True)
    actions.set_keyword(db, [mail.thread(first)], FLAGGED, True)
    mail.take(a_remote("1", INBOX, [SEEN, FLAGGED], NOW, None))
    actions.move(db, [mail.thread(first)], None, Role.ARCHIVE)
    assert not decisions.is_due(db)
    mail.come(NOW + 1, after=first)
    assert decisions.is_due(db)
    assert mail.judge() == 1
    assert "items" not in [event.kind for event in events.since(db, seq)]  # nothing is said anew


def test_what_waits_for_the_user_is_in_the_queue(db: Database, mail: Mail, deal: ItemRef) -> None:
    a_deal(db, "Scanners", ANA)
    first = mail.come(NOW)
    mail.judge()
    assert (mail.reason(first), mail.linked(first)) == (Reason.AMBIGUOUS, None)
    (is_waiting,) = (
        db.read().execute("SELECT is_to_file FROM thread WHERE id = ?", (mail.thread(first),)).fetchone()
    )
    assert is_waiting
    queue = mailboxes.with_role(db, Role.UNLINKED)[0]
    box = mailboxes.get(db, queue)
    assert box is not None and box.total_threads == 1
    assert not [
        name
        for name in [to_file.IS_WRONG]
        if db.read().execute(f"SELECT 1 FROM thread t WHERE {name}").fetchone()
    ]


def test_older_mail_that_comes_later_moves_the_link(db: Database, mail: Mail, deal: ItemRef) -> None:
    other = a_deal(db, "Scanners", BOB)
    last = mail.come(NOW + 10)
    mail.judge()
    assert mail.linked(last) == deal
    first = mail.come(NOW, sender=BOB)
    middle = mail.come(NOW + 5, sender=BOB, after=first, references=(last,))
    mail.judge()
    assert mail.thread(first) == mail.thread(middle) == mail.thread(last)
    assert mail.linked(last) == other


def test_older_mail_takes_a_link_away_that_is_too_young_for_it(db: Database, mail: Mail) -> None:
    young = a_deal(db, "Printers", ANA, created_at=NOW + 5)
    last = mail.come(NOW + 10)
    mail.judge()
    assert mail.linked(last) == young
    first = mail.come(NOW, after=last)
    mail.judge()
    assert (mail.linked(first), mail.reason(first)) == (None, Reason.ITEM_NEWER_THAN_CONVERSATION)
    assert mail.origin(first) is None


def test_a_reply_changes_no_link_whatever_became_of_the_item_and_its_person(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    first = mail.come(NOW)
    mail.judge()
    change(db, deal, status="won", won_at=NOW + 1, person_id=None)
    a_deal(db, "Scanners", ANA)
    mail.come(NOW + 10, after=first)
    mail.judge()
    assert (mail.linked(first), mail.reason(first)) == (deal, Reason.LINKED)


def test_an_unlinked_conversation_is_looked_at_when_its_next_message_comes(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    change(db, deal, status="lost", lost_at=NOW - 5)
    first = mail.come(NOW)
    mail.judge()
    assert mail.reason(first) == Reason.NO_OPEN_ITEM
    with db.write() as connection:
        connection.execute("INSERT INTO closed_period VALUES ('deal', ?, ?, ?)", (deal.id, NOW - 5, NOW + 5))
    change(db, deal, status="open", lost_at=None)
    assert mail.judge() == 0
    mail.come(NOW + 10, after=first)
    mail.judge()
    assert mail.linked(first) == deal


@pytest.mark.parametrize("how", ["link", "unlink"])
def test_what_a_person_did_stays(db: Database, mail: Mail, deal: ItemRef, how: str) -> None:
    other = a_deal(db, "Scanners", BOB)
    last = mail.come(NOW)
    mail.judge()
    service.link(db, mail.thread(last), other) if how == "link" else service.unlink(db, mail.thread(last))
    mail.come(NOW - 10, after=last)
    mail.come(NOW + 10, after=last)
    mail.judge()
    assert mail.linked(last) == (other if how == "link" else None)
    assert mail.reason(last) == (Reason.ALREADY_LINKED if how == "link" else Reason.MANUALLY_UNLINKED)


def test_a_choice_that_is_taken_back_leaves_it_to_the_rules_again(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    a_deal(db, "Scanners", ANA)
    first = mail.come(NOW)
    mail.judge()
    service.link(db, mail.thread(first), deal)
    mail.come(NOW + 10, after=first)
    mail.judge()
    assert mail.reason(first) == Reason.ALREADY_LINKED
    actions.undo(db)
    mail.judge()
    assert (mail.linked(first), mail.reason(first)) == (None, Reason.AMBIGUOUS)


@pytest.mark.parametrize("box", [TRASH, JUNK, DRAFTS])
def test_what_lies_out_of_sight_is_judged_once_it_comes_out(
    db: Database, mail: Mail, deal: ItemRef, box: makers.RemoteMailbox
) -> None:
    first = mail.come(NOW, box=box)
    mail.judge()
    assert (mail.reason(first), mail.linked(first)) == (Reason.EXCLUDED_FOLDER, None)
    place = db.read().execute("SELECT id FROM placement").fetchone()[0]
    inbox = mailboxes.with_role(db, Role.INBOX)[0]
    with db.write() as connection:
        connection.execute("UPDATE placement SET mailbox_id = ? WHERE id = ?", (inbox, place))
    mail.judge()
    assert mail.linked(first) == deal


def test_a_conversation_in_the_trash_has_no_link_of_the_rules_until_it_is_taken_back(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    first = mail.come(NOW)
    mail.judge()
    actions.move(db, [mail.thread(first)], None, Role.TRASH)
    mail.judge()
    assert mail.linked(first) is None
    actions.undo(db)
    mail.judge()
    assert mail.linked(first) == deal


def test_a_move_told_by_the_account_counts_as_much(db: Database, mail: Mail, deal: ItemRef) -> None:
    first = mail.come(NOW, box=JUNK)
    mail.judge()
    email = an_email("1", message_id=first)
    octets = db.read().execute("SELECT octets_hash FROM email").fetchone()[0]
    moved = replace(a_remote("9", INBOX, received_at=NOW), identity=octets)
    ingest.apply(db, mail.account_id, a_batch([moved]), [Arrival(moved, None)])
    mail.judge()
    assert mail.linked(first) == deal
    ingest.apply(db, mail.account_id, a_batch(destroyed=[(INBOX, "9")]), [])
    mail.judge()
    assert (mail.linked(first), email.message_id) == (None, first)


def test_the_mailbox_for_spam_may_change(db: Database, mail: Mail, deal: ItemRef) -> None:
    mail.come(NOW, sender="x@q.example", box=JUNK)
    first = mail.come(NOW, box=ARCHIVE)
    mail.judge()
    mailbox_choices.change(db, mail.account_id, {ARCHIVE.key: Choice(role=Role.JUNK)})
    mail.judge()
    assert mail.reason(first) == Reason.EXCLUDED_FOLDER
    mailbox_choices.change(db, mail.account_id, {ARCHIVE.key: Choice()})
    mail.judge()
    assert mail.linked(first) == deal


def test_nothing_is_linked_while_the_mailbox_for_spam_is_the_inbox(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    before = mail.come(NOW)
    mail.judge()
    mailbox_choices.change(db, mail.account_id, {INBOX.key: Choice(role=Role.JUNK)})
    first = mail.come(NOW + 1, box=SENT)
    mail.judge()
    assert (mail.reason(first), mail.linked(first)) == (Reason.SPAM_FOLDER_IS_INBOX, None)
    assert mail.linked(before) == deal
    mailbox_choices.change(db, mail.account_id, {INBOX.key: Choice()})
    mail.come(NOW + 2, after=first)
    mail.judge()
    assert mail.linked(first) == deal


def crm(db: Database, account_id: AccountId, **values: object) -> None:
    with db.write() as connection:
        connection.execute("INSERT OR IGNORE INTO account_crm (account_id) VALUES (?)", (account_id,))
        for column, value in values.items():
            connection.execute(
                f"UPDATE account_crm SET {column} = ? WHERE account_id = ?", (value, account_id)
            )


def test_switching_off_links_nothing_more_and_takes_nothing_away(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    before = mail.come(NOW)
    mail.judge()
    crm(db, mail.account_id, auto_link=0)
    first = mail.come(NOW + 1)
    mail.come(NOW - 1, after=before)
    mail.judge()
    assert (mail.reason(first), mail.linked(first), mail.linked(before)) == (Reason.AUTO_LINK_OFF, None, deal)
    crm(db, mail.account_id, auto_link=1, auto_link_since=NOW + 50)
    mail.come(NOW + 40, after=first)
    mail.judge()
    assert mail.linked(first) is None
    mail.come(NOW + 60, after=first)
    mail.judge()
    assert mail.linked(first) == deal


def test_exceptions_are_not_judged(db: Database, mail: Mail, deal: ItemRef) -> None:
    with db.write() as connection:
        connection.executemany(
            "INSERT INTO crm_exception (id, pattern, effect, created_at, updated_at) VALUES (?, ?, ?, 0, 0)",
            [("1", "@acme.example", "block"), ("2", "@beta.example", "never_share")],
        )
    a_deal(db, "Scanners", BOB)
    first, second = mail.come(NOW), mail.come(NOW, sender=BOB)
    mail.judge()
    assert (mail.reason(first), mail.reason(second)) == (Reason.BLOCKED, Reason.LINKED)


def test_a_newsletter_is_known_as_one_when_its_body_has_come(db: Database, mail: Mail, deal: ItemRef) -> None:
    email = an_email("1", message_id="h@x", from_=(an_address(ANA),))
    remote = replace(a_remote("1", message=None), header=b"x", identity=b"i" * 16, size_octets=9)
    ingest.apply(db, mail.account_id, a_batch([remote]), [Arrival(remote, email)])
    mail.judge()
    assert mail.linked("h@x") == deal
    email_id = db.read().execute("SELECT id FROM email").fetchone()[0]
    ingest.fill(db, mail.account_id, [Filled(email_id, replace(email, is_bulk=True))])
    mail.judge()
    assert (mail.linked("h@x"), mail.reason("h@x")) == (None, Reason.BULK)


def test_what_a_message_was_written_about_counts_more_than_the_rules(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    other = a_deal(db, "Scanners", ANA)
    draft_items.await_link(db, "n1@example.org", other.kind.value, other.id)
    first = mail.come(NOW, sender="me@dealbox.example", to=ANA, box=SENT)
    mail.judge()
    assert mail.linked(first) == other
    mail.come(NOW + 1, after=first)
    mail.judge()
    assert mail.linked(first) == other


def test_a_link_that_was_awaited_replaces_one_of_the_rules(db: Database, mail: Mail, deal: ItemRef) -> None:
    other = a_deal(db, "Scanners", BOB)
    first = mail.come(NOW)
    mail.judge()
    draft_items.await_link(db, "n2@example.org", other.kind.value, other.id)
    mail.come(NOW + 1, sender="me@dealbox.example", to=ANA, box=SENT, after=first)
    mail.judge()
    assert mail.linked(first) == other


def a_copy(db: Database, mail: Mail, token: str | None, *, is_verified: bool = True) -> str:
    message_id = mail.come(NOW, sender="me@dealbox.example", to=ANA, box=SENT)
    with db.write() as connection:
        connection.execute(
            "UPDATE email SET bcc_token = ?, is_bcc_verified = ? WHERE message_id = ?",
            (token, is_verified, message_id),
        )
    return message_id


def a_token(db: Database, mail: Mail, token: str, deal: ItemRef | None) -> None:
    with db.write() as connection:
        connection.execute(
            "INSERT INTO bcc_token (token, account_id, item_kind, item_id, created_at) VALUES (?, ?, ?, ?, 0)",
            (token, mail.account_id, deal.kind.value if deal else None, deal.id if deal else None),
        )


def test_a_copy_to_an_items_address_is_linked_to_it(db: Database, mail: Mail, deal: ItemRef) -> None:
    other = a_deal(db, "Scanners", ANA)
    a_token(db, mail, "tok", other)
    first = a_copy(db, mail, "tok")
    mail.judge()
    assert (mail.linked(first), mail.origin(first), mail.reason(first)) == (other, "bcc", Reason.BCC_DIRECT)
    mail.come(NOW - 10, after=first)
    mail.judge()
    assert (mail.linked(first), mail.origin(first)) == (other, "bcc")


def test_a_copy_to_the_address_of_a_deleted_item_says_so(db: Database, mail: Mail, deal: ItemRef) -> None:
    gone = a_deal(db, "Scanners", ANA)
    change(db, gone, deleted_at=NOW)
    a_token(db, mail, "tok", gone)
    first = a_copy(db, mail, "tok")
    mail.judge()
    assert (mail.linked(first), mail.reason(first)) == (None, Reason.BCC_ITEM_GONE)


def test_a_copy_of_somebody_else_is_refused_and_one_made_here_is_not(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    a_token(db, mail, "all", None)
    universal, forged, here = (
        a_copy(db, mail, "all"),
        a_copy(db, mail, "all", is_verified=False),
        a_copy(db, mail, ""),
    )
    mail.judge()
    assert mail.reason(forged) == Reason.BCC_SENDER_NOT_VERIFIED
    assert mail.linked(universal) == mail.linked(here) == deal


def test_an_address_corrected_by_hand_counts_for_its_conversation(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    person_id = db.read().execute("SELECT person_id FROM deal WHERE id = ?", (deal.id,)).fetchone()[0]
    first, second = mail.come(NOW, sender="private@home.example"), mail.come(NOW)
    with db.write() as connection:
        connection.executemany(
            "INSERT INTO participant_override (thread_id, email, person_id, at) VALUES (?, ?, ?, 0)",
            [(mail.thread(first), "private@home.example", person_id), (mail.thread(second), ANA, None)],
        )
    mail.judge()
    assert (mail.linked(first), mail.linked(second)) == (deal, None)


def test_a_deal_that_was_merged_away_counts_as_the_one_it_became(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    kept, last = a_deal(db, "Scanners", BOB), a_deal(db, "All of it", BOB)
    change(db, deal, merged_into=kept.id, deleted_at=NOW + 100)
    change(db, kept, merged_into=last.id, deleted_at=NOW + 100)
    first = mail.come(NOW)
    mail.judge()
    assert mail.linked(first) == last


def test_mail_of_the_time_of_a_lead_is_linked_to_the_deal_it_became(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    change(db, deal, created_at=NOW + 50)
    with db.write() as connection:
        connection.execute(
            "INSERT INTO lead (id, title, person_id, status, converted_deal_id, closed_at, created_at, updated_at)"
            " SELECT 'l', 'Lead', person_id, 'converted', id, ?, ?, 0 FROM deal WHERE id = ?",
            (NOW + 50, OLDER, deal.id),
        )
    first = mail.come(NOW)
    mail.judge()
    assert mail.linked(first) == deal


def test_who_takes_part_in_a_deal_counts_as_its_person(db: Database, mail: Mail, deal: ItemRef) -> None:
    bob = crm_rows.a_person(db, "Bob", BOB)
    with db.write() as connection:
        connection.execute("INSERT INTO deal_participant VALUES (?, ?)", (deal.id, bob))
    first = mail.come(NOW, sender=BOB)
    mail.judge()
    assert mail.linked(first) == deal


def test_leads_and_projects_count_as_deals_do(db: Database, mail: Mail) -> None:
    ana, bob = crm_rows.a_person(db, "Ana", ANA), crm_rows.a_person(db, "Bob", BOB)
    with db.write() as connection:
        connection.execute(
            "INSERT INTO lead (id, title, person_id, created_at, updated_at) VALUES ('l', 'Lead', ?, ?, 0)",
            (ana, OLDER),
        )
        connection.execute(
            "INSERT INTO project (id, title, person_id, created_at, updated_at) VALUES ('p', 'Project', ?, ?, 0)",
            (bob, OLDER),
        )
    first, second = mail.come(NOW), mail.come(NOW, sender=BOB)
    mail.judge()
    assert (str(mail.linked(first)), mail.linked(second)) == (
        str(items.find(db, "lead:l")),
        items.find(db, "project:p"),
    )


def test_an_item_that_was_closed_nobody_knows_when_never_counts(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    change(db, deal, status="won")
    first = mail.come(NOW)
    mail.judge()
    assert mail.reason(first) == Reason.NO_OPEN_ITEM


def test_a_link_to_an_item_that_is_gone_altogether_is_still_one(db: Database, mail: Mail) -> None:
    first = mail.come(NOW)
    with db.write() as connection:
        slots.put(connection, mail.thread(first), slots.Slot("deal", "nowhere", "manual", "", NOW, ""))
    mail.judge()
    assert mail.reason(first) == Reason.ALREADY_LINKED_CLOSED


def test_many_conversations_are_judged_in_several_transactions(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    for number in range(12):
        mail.come(NOW + number)
    seq = events.newest(db)
    assert deciding.decide_due(db, limit=5) == 12
    assert len(events.since(db, seq)) == 3
    assert {slot for (slot,) in db.read().execute("SELECT item_id FROM item_link").fetchall()} == {deal.id}


def test_judging_ends_when_told_and_goes_on_where_it_was(db: Database, mail: Mail, deal: ItemRef) -> None:
    for number in range(4):
        mail.come(NOW + number)
    answers = iter([True, False])
    assert deciding.decide_due(db, limit=2, may_go_on=lambda: next(answers)) == 2
    assert deciding.decide_due(db) == 2


def test_somebody_who_waits_to_write_need_not_wait_for_all(
    db: Database, mail: Mail, deal: ItemRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "_AT_ONCE", 2)
    monkeypatch.setattr(Database, "is_wanted", lambda self: True)
    monkeypatch.setattr(Database, "give_way", lambda self: None)
    for number in range(6):
        mail.come(NOW + number)
    seq = events.newest(db)
    assert deciding.decide_due(db) == 6
    assert len(events.since(db, seq)) == 3


def test_what_is_due_twice_is_judged_by_one_of_two(
    db: Database, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail.come(NOW)
    monkeypatch.setattr(decisions, "due", lambda connection, limit: [])  # the other one was faster
    assert deciding.decide_due(db) == 0


def test_a_transaction_that_fails_forgets_nothing(
    db: Database, mail: Mail, deal: ItemRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = mail.come(NOW)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(decisions, "settle", full)
        with pytest.raises(sqlite3.OperationalError):
            mail.judge()
    assert (mail.linked(first), decisions.is_due(db)) == (None, True)
    mail.judge()
    assert mail.linked(first) == deal


def test_old_mail_is_not_judged_when_a_message_of_now_goes(db: Database, mail: Mail, deal: ItemRef) -> None:
    first = mail.come(NOW)
    with db.write() as connection:
        connection.execute("UPDATE link_due SET email_id = email_id + 1")
    assert mail.judge() == 1
    assert (mail.reason(first), mail.linked(first)) == (None, None)


def test_a_conversation_without_messages_is_not_due_for_ever(db: Database, mail: Mail) -> None:
    first = mail.come(NOW)
    with db.write() as connection:
        connection.execute("UPDATE email SET thread_id = 999 WHERE message_id = ?", (first,))
    assert mail.judge() == 1
    assert not decisions.is_due(db)


# -- why


def test_every_message_is_explained(db: Database, mail: Mail, deal: ItemRef) -> None:
    first = mail.come(NOW, sender="x@q.example")
    mail.come(NOW + 1, sender="x@q.example", to=ANA, after=first)
    mail.come(NOW + 2, after=first)
    mail.judge()
    found = deciding.explain(db, mail.thread(first))
    assert found.item is not None and found.item.title == "Printers"
    assert (found.origin, found.words) == ("auto", "the one open deal of these people: Printers")
    assert [each.words for each in found.messages] == [
        "nobody here is in the CRM",
        "the one open deal of these people: Printers",
        "linked already to Printers",
    ]
    assert (found.messages[2].from_, found.messages[2].at) == (ANA, NOW + 2)
    assert [card.title for card in found.candidates] == ["Printers"]
    assert found.advice == ""


def test_a_link_is_explained_by_what_was_known_when_it_was_made(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    first = mail.come(NOW)
    mail.judge()
    change(db, deal, person_id=None)
    mail.come(NOW + 1, after=first)
    mail.judge()
    assert [each.decision.reason for each in deciding.explain(db, mail.thread(first)).messages] == [
        Reason.LINKED,
        Reason.ALREADY_LINKED,
    ]


def test_what_is_left_to_the_user_names_the_choice(db: Database, mail: Mail, deal: ItemRef) -> None:
    a_deal(db, "Scanners", ANA)
    first = mail.come(NOW)
    mail.judge()
    found = deciding.explain(db, mail.thread(first))
    assert found.item is None
    assert found.words in ("2 open items: Printers or Scanners", "2 open items: Scanners or Printers")
    assert found.advice == "Choose which one it is about."
    assert {card.title for card in found.candidates} == {"Printers", "Scanners"}


def test_what_a_person_did_is_explained_as_such(db: Database, mail: Mail, deal: ItemRef) -> None:
    first = mail.come(NOW)
    mail.judge()
    service.unlink(db, mail.thread(first))
    found = deciding.explain(db, mail.thread(first))
    assert (found.item, found.origin) == (None, "manual")
    assert [each.decision.reason for each in found.messages] == [Reason.MANUALLY_UNLINKED]


def test_mail_from_before_the_rules_is_said_to_be(db: Database, mail: Mail, deal: ItemRef) -> None:
    first = mail.come(NOW)
    assert "not looked at it yet" in deciding.explain(db, mail.thread(first)).words
    with db.write() as connection:
        connection.execute("DELETE FROM link_due")
    found = deciding.explain(db, mail.thread(first))
    assert (found.decided, found.item) == (None, None)
    assert "dealbox relink" in found.words
    assert [each.decision.reason for each in found.messages] == [Reason.LINKED]


def test_a_conversation_that_is_gone_is_explained_by_nothing(db: Database) -> None:
    found = deciding.explain(db, ThreadId(99))
    assert (found.messages, found.item, found.decided) == ((), None, None)
