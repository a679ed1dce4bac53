from __future__ import annotations

import crm_rows
import makers
import pytest
from stored import Stored, a_stored_email, mailboxes_of

from linking import deciding, relinking, service
from mail.types import AccountId, Role, ThreadId
from store import actions
from store.crm.items import ItemRef
from store.database import Database
from store.links import decisions, links


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def deal(db: Database) -> ItemRef:
    return crm_rows.a_deal(db, "Printers", crm_rows.a_person(db, "Ana", "ana@acme.example"))


@pytest.fixture
def old(db: Database, account_id: AccountId, deal: ItemRef) -> Stored:
    """A conversation that was here before anything was judged."""
    return old_mail(db, account_id)


def old_mail(db: Database, account_id: AccountId, **changes: object) -> Stored:
    stored = a_stored_email(db, account_id, mailboxes_of(db, account_id)[Role.INBOX], **changes)  # type: ignore[arg-type] # as given
    with db.write() as connection:
        connection.execute("DELETE FROM link_due")
    return stored


def linked(db: Database, thread_id: ThreadId) -> str | None:
    slot = links.slot(db, thread_id)
    return slot.item_id if slot else None


def test_nothing_is_linked_by_itself_in_mail_that_was_here_before(db: Database, old: Stored) -> None:
    assert deciding.decide_due(db) == 0
    assert linked(db, old.thread_id) is None


def test_a_plan_names_what_would_be_linked_and_writes_nothing(
    db: Database, old: Stored, deal: ItemRef
) -> None:
    before = list(db.read().iterdump())
    (proposal,) = relinking.plan(db)
    assert (proposal.thread_id, proposal.subject, proposal.item.ref) == (old.thread_id, "Quote", deal)
    assert proposal.reason == "the one open deal of these people: Printers"
    assert list(db.read().iterdump()) == before


def test_one_action_links_it_all_and_one_undo_takes_it_back(
    db: Database, account_id: AccountId, old: Stored, deal: ItemRef
) -> None:
    other = old_mail(db, account_id)
    action = relinking.apply(db, list(relinking.plan(db)))
    assert action.title == "Linked 2 conversations"
    assert linked(db, old.thread_id) == linked(db, other.thread_id) == deal.id
    assert list(relinking.plan(db)) == []
    actions.undo(db)
    assert linked(db, old.thread_id) is linked(db, other.thread_id) is None


def test_such_a_link_stays_when_an_answer_comes(
    db: Database, account_id: AccountId, old: Stored, deal: ItemRef
) -> None:
    assert relinking.apply(db, list(relinking.plan(db))).title == "Linked 1 conversation"
    with db.write() as connection:
        connection.execute("UPDATE deal SET person_id = NULL")
    inbox = mailboxes_of(db, account_id)[Role.INBOX]
    a_stored_email(db, account_id, inbox, thread_id=old.thread_id, received_at=makers.NOW + 5_000)
    deciding.decide_due(db)
    assert linked(db, old.thread_id) == deal.id


def test_what_a_person_chose_meanwhile_is_left_alone(db: Database, old: Stored, deal: ItemRef) -> None:
    proposals = list(relinking.plan(db))
    other = crm_rows.a_deal(db, "Scanners")
    service.link(db, old.thread_id, other)
    assert relinking.apply(db, proposals).state == "nothing"
    assert linked(db, old.thread_id) == other.id


def test_what_was_unlinked_by_hand_is_never_proposed(db: Database, old: Stored, deal: ItemRef) -> None:
    service.link(db, old.thread_id, deal)
    service.unlink(db, old.thread_id)
    assert list(relinking.plan(db)) == []


def test_mail_from_before_automatic_linking_was_switched_on_is_proposed(
    db: Database, account_id: AccountId, old: Stored
) -> None:
    with db.write() as connection:
        connection.execute(
            "INSERT INTO account_crm (account_id, auto_link_since) VALUES (?, ?)",
            (account_id, makers.NOW * 2),
        )
        decisions.mark(connection, [old.thread_id])
    deciding.decide_due(db)
    assert linked(db, old.thread_id) is None
    assert len(list(relinking.plan(db))) == 1
    with db.write() as connection:
        connection.execute("UPDATE account_crm SET auto_link = 0")
    assert list(relinking.plan(db)) == []


def test_items_that_were_deleted_since_are_not_proposed(db: Database, old: Stored, deal: ItemRef) -> None:
    with db.write() as connection:
        connection.execute("UPDATE deal SET deleted_at = ?", (makers.NOW * 2,))
    assert list(relinking.plan(db)) == []


def test_many_conversations_are_looked_at_a_few_at_a_time(
    db: Database, account_id: AccountId, old: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relinking, "_AT_ONCE", 2)
    for _ in range(4):
        old_mail(db, account_id)
    old_mail(db, account_id, from_="x@q.example")
    assert len(list(relinking.plan(db))) == 5
