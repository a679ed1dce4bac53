"""Mail that comes, moves and goes is judged, and what the rules say is carried out in the store."""

from __future__ import annotations

from dataclasses import replace

import makers
import pytest
from judged import ANA, BOB, Mail, a_deal, change
from makers import ARCHIVE, DRAFTS, INBOX, JUNK, NOW, SENT, TRASH, a_batch, a_remote, an_email

from linking import service
from linking.rules import Reason
from mail.keywords import FLAGGED, SEEN
from mail.types import Role
from store import actions, events, ingest, mailbox_choices, mailboxes, threads
from store.crm.items import ItemRef
from store.database import Database
from store.ingest import Arrival
from store.links import decisions, to_file
from store.mailbox_choices import Choice


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


def test_a_link_by_rule_that_undo_brings_back_is_judged_by_the_mail_that_came_meanwhile(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    """D23: what a person chose goes before the rules; without it they say what they say of all its mail."""
    other = a_deal(db, "Scanners", BOB)
    first = mail.come(NOW)
    mail.judge()
    service.link(db, mail.thread(first), other)
    mail.come(NOW - 10, sender=BOB, after=first)
    mail.judge()
    assert mail.linked(first) == other
    actions.undo(db)
    assert mail.judge() == 1
    assert mail.linked(first) == other  # of the older message, by rule
    assert mail.origin(first) == "auto"


def test_a_link_by_rule_that_undo_brings_back_stays_when_nothing_came(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    first = mail.come(NOW)
    mail.judge()
    with db.write() as connection:
        connection.execute("UPDATE email SET registered_at = registered_at - 5")
    service.unlink(db, mail.thread(first))
    actions.undo(db)
    assert not decisions.is_due(db)
    assert mail.linked(first) == deal
