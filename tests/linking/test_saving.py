"""Saving a conversation by hand does what mail of strangers does by itself: linked, with the answer planned (M23, M99)."""

from __future__ import annotations

import crm_rows
import makers
import pytest
import stored

from linking import adding, saving
from linking.adding import Wanted
from linking.saving import CannotLink
from mail.types import AccountId, MailboxId, Role, ThreadId
from store import undo
from store.crm import activities, item_states
from store.crm.activities import ActivityRow
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import account_crm, links

DAY = 86_400


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def inbox(db: Database, account: AccountId) -> MailboxId:
    return stored.mailboxes_of(db, account)[Role.INBOX]


@pytest.fixture
def thread(db: Database, account: AccountId, inbox: MailboxId) -> ThreadId:
    return stored.a_stored_email(db, account, inbox, subject="Re: Quote").thread_id


@pytest.fixture
def deal(db: Database) -> ItemRef:
    return crm_rows.a_deal(db, "Renewal")


def planned(db: Database) -> list[ActivityRow]:
    rows = db.read().execute("SELECT id FROM activity WHERE deleted_at IS NULL").fetchall()
    found = [activities.get(db, row[0]) for row in rows]
    return [one for one in found if one is not None]


def linked_to(db: Database, thread: ThreadId) -> str | None:
    slot = links.slot(db, thread)
    return slot.item_id if slot else None


def test_a_conversation_that_is_saved_is_linked_and_its_answer_planned(
    db: Database, account: AccountId, thread: ThreadId, deal: ItemRef
) -> None:
    account_crm.set(db, account, activity_type="call", activity_days=2)
    done = saving.save(db, thread, deal)
    assert done.title == "Saved with Renewal: linked, an answer planned"
    assert linked_to(db, thread) == deal.id
    (answer,) = planned(db)
    assert (answer.subject, answer.type) == ("Answer: Quote", "call")
    assert answer.due_at is not None and answer.due_at - answer.entered_at == 2 * DAY


def test_one_undo_takes_link_and_answer_back(db: Database, thread: ThreadId, deal: ItemRef) -> None:
    saving.save(db, thread, deal)
    undo.undo(db)
    assert linked_to(db, thread) is None
    assert planned(db) == []


def test_whoever_is_responsible_for_the_item_answers(db: Database, thread: ThreadId, deal: ItemRef) -> None:
    """M97, M98."""
    bo = crm_rows.a_user(db, "Bo", "bo@dealbox.example")
    with db.write() as connection:
        connection.execute("UPDATE deal SET owner_id = ?", (bo,))
    saving.save(db, thread, deal)
    assert db.read().execute("SELECT responsible_id FROM activity").fetchall() == [(bo,)]


def test_of_a_linked_conversation_the_answer_is_planned(
    db: Database, thread: ThreadId, deal: ItemRef
) -> None:
    links.link(db, thread, deal)
    assert saving.save(db, thread, deal).title == "Saved with Renewal: an answer planned"


def test_an_answer_is_planned_once(db: Database, thread: ThreadId, deal: ItemRef) -> None:
    saving.save(db, thread, deal)
    again = saving.save(db, thread, deal)
    assert (again.state, again.title) == ("nothing", "Saved with Renewal already")
    assert len(planned(db)) == 1


def test_no_answer_is_planned_where_we_wrote_last(
    db: Database, account: AccountId, inbox: MailboxId, thread: ThreadId, deal: ItemRef
) -> None:
    stored.a_stored_email(db, account, inbox, thread_id=thread, is_outgoing=True)
    assert saving.save(db, thread, deal).title == "Saved with Renewal: linked"
    assert planned(db) == []


def test_mail_without_a_subject_is_answered_as_somebodys(
    db: Database, account: AccountId, inbox: MailboxId, deal: ItemRef
) -> None:
    thread = stored.a_stored_email(db, account, inbox, subject="", from_="ann@acme.example").thread_id
    saving.save(db, thread, deal)
    assert [answer.subject for answer in planned(db)] == ["Answer: Mail of ann@acme.example"]


def test_saving_with_another_item_links_it_there_and_offers_nothing_to_share(
    db: Database, thread: ThreadId, deal: ItemRef
) -> None:
    crm_rows.a_user(db, "Bo", "bo@elsewhere.example")
    assert saving.save(db, thread, deal).hint == "1 conversation can be shared"
    other = crm_rows.a_deal(db, "Printers")
    assert saving.save(db, thread, other).hint == ""
    assert linked_to(db, thread) == other.id


def test_what_cannot_be_linked_is_not_saved(db: Database, thread: ThreadId, deal: ItemRef) -> None:
    item_states.delete(db, deal)
    with pytest.raises(CannotLink, match="there is no deal"):
        saving.save(db, thread, deal)
    assert planned(db) == []


def test_an_item_of_others_that_the_user_may_not_change_is_refused(
    db: Database, thread: ThreadId, deal: ItemRef
) -> None:
    """M03."""
    crm_rows.a_user(db, "Me", "me@dealbox.example", edits="own")
    with db.write() as connection:
        connection.execute("UPDATE deal SET owner_id = 'somebody'")
    with pytest.raises(CannotLink, match="permission"):
        saving.save(db, thread, deal)


def test_an_item_made_of_a_conversation_has_the_answer_planned(db: Database, thread: ThreadId) -> None:
    wanted = Wanted({"title": "Ask"}, person={"name": "Ann", "emails": ["ann@acme.example"]})
    _, done = adding.add(db, ItemKind.LEAD, wanted, thread_id=thread)
    assert done.title.endswith(", linked, the answer planned")
    assert [answer.subject for answer in planned(db)] == ["Answer: Quote"]
    undo.undo(db)
    assert planned(db) == []
