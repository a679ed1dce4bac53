"""Leads and deals that mail of strangers makes by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import crm_rows
import makers
import pytest
from strangers import an_account_that_makes_leads, comes, count, made, reason, works

from linking import creating, deciding, panel, smart_bcc, standing
from mail.types import AccountId, Role
from store import conversations, ingest, invariants, mailbox_choices
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import account_crm, auto_created, exceptions, links
from store.mailbox_choices import Choice

DAY = 86_400
THIRD_STAGE = "1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1b03"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    store = makers.a_store(tmp_path)
    yield store
    assert invariants.check(store) == []
    store.close()


@pytest.fixture
def account(db: Database) -> AccountId:
    return an_account_that_makes_leads(db)


def test_mail_of_a_stranger_makes_a_lead_a_person_and_a_planned_answer(
    db: Database, account: AccountId
) -> None:
    """M22, M90, M98, M99."""
    thread = comes(db, account)
    card = made(db, thread)
    assert (card.kind, card.title, card.person, card.status) == (ItemKind.LEAD, "Offer", "Ana Lima", "open")
    person = db.read().execute("SELECT name, title FROM person").fetchall()
    assert person == [("Ana Lima", "Head of Purchasing")]
    assert db.read().execute("SELECT email FROM person_email").fetchall() == [("ana@acme.example",)]
    assert len(db.read().execute("SELECT phone FROM person_phone").fetchall()) == 1
    (activity,) = (
        db.read().execute("SELECT type, subject, due_at, lead_id, source_email_id FROM activity").fetchall()
    )
    found = auto_created.get(db, thread)
    assert found is not None
    assert activity == ("task", "Answer: Offer", makers.NOW + DAY, card.id, found.email_id)


def test_the_conversation_is_linked_to_what_it_made_and_stays_so(db: Database, account: AccountId) -> None:
    thread = comes(db, account)
    slot = links.slot(db, thread)
    assert slot is not None
    assert (slot.item_id, slot.origin) == (made(db, thread).id, "auto")
    with db.write() as connection:
        connection.execute("INSERT OR IGNORE INTO link_due (thread_id) VALUES (?)", (thread,))
    works(db)
    assert links.slot(db, thread) == slot
    assert reason(db, thread) == "linked"


def test_the_panel_says_that_it_was_made_by_itself(db: Database, account: AccountId) -> None:
    thread = comes(db, account)
    assert panel.for_thread(db, thread).why == "linked by rule: made from this conversation"


def test_the_three_times_are_kept_apart(db: Database, account: AccountId) -> None:
    """M101, M107, M109."""
    thread = comes(db, account)
    row = db.read().execute(
        "SELECT e.received_at, e.registered_at, c.at, a.entered_at FROM auto_created c JOIN email e ON e.id = c.email_id"
        " JOIN activity a ON a.id = c.activity_id WHERE c.thread_id = ?",
        (thread,),
    )
    received, registered, at, entered = row.fetchone()
    assert received == makers.NOW
    assert registered > received
    assert at >= registered
    assert entered >= registered


def test_an_account_set_to_deals_makes_a_deal_in_the_stage_chosen(db: Database, account: AccountId) -> None:
    account_crm.set(db, account, creates="deal", stage_id=THIRD_STAGE, activity_type="call", activity_days=3)
    with db.write() as connection:
        connection.execute("UPDATE account_crm SET creates_since = 0")
    thread = comes(db, account)
    assert (made(db, thread).kind, made(db, thread).stage) == (ItemKind.DEAL, "Demo")
    assert db.read().execute("SELECT type, due_at FROM activity").fetchall() == [
        ("call", makers.NOW + 3 * DAY)
    ]


def test_a_deal_begins_in_the_first_stage_when_the_one_chosen_was_deleted(
    db: Database, account: AccountId
) -> None:
    account_crm.set(db, account, creates="deal", stage_id=THIRD_STAGE)
    with db.write() as connection:
        connection.execute("UPDATE stage SET deleted_at = 1 WHERE id = ?", (THIRD_STAGE,))
    assert made(db, comes(db, account)).stage == "Qualified"


def test_a_deal_begins_in_the_first_stage_when_none_was_chosen(db: Database, account: AccountId) -> None:
    account_crm.set(db, account, creates="deal")
    assert made(db, comes(db, account)).stage == "Qualified"


def test_what_is_cut_short_is_made_later(db: Database, account: AccountId) -> None:
    thread = comes(db, account)
    with db.write() as connection:
        connection.execute("INSERT INTO create_due (thread_id) VALUES (?)", (thread,))
    may_go_on = iter([True, False, False])
    assert creating.create_due(db, may_go_on=lambda: next(may_go_on)) == 0
    assert count(db, "create_due") == 1


def test_a_conversation_without_mail_makes_nothing(db: Database, account: AccountId) -> None:
    with db.write() as connection:
        thread = conversations.add_copy(connection, account)
        connection.execute("INSERT INTO create_due (thread_id) VALUES (?)", (thread,))
    assert creating.create_due(db) == 0
    assert count(db, "create_due") == 0
    with db.write() as connection:
        connection.execute("DELETE FROM thread WHERE id = ?", (thread,))


def test_nothing_is_made_unless_somebody_switched_it_on(db: Database) -> None:
    thread = comes(db, makers.an_account(db, "me@corp.example"))
    assert auto_created.get(db, thread) is None
    assert (count(db, "person"), count(db, "lead")) == (0, 0)


def test_mail_from_before_it_was_switched_on_makes_nothing(db: Database) -> None:
    """M24, M25."""
    account_id = makers.an_account(db, "me@corp.example")
    account_crm.set(db, account_id, creates="lead")
    comes(db, account_id)
    assert count(db, "lead") == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"is_bulk": True},
        {"is_auto_reply": True},
        {"list_id": "news.acme.example"},
        {"from_": (makers.an_address("noreply@acme.example"),)},
        {"from_": (makers.an_address("bob@corp.example"),)},
        {"from_": (makers.an_address("me@corp.example"),), "to": (makers.an_address("ana@acme.example"),)},
        {"from_": ()},
        {"from_": (makers.an_address("ana@acme.example"), makers.an_address("bob@acme.example"))},
        {"mailbox": makers.JUNK},
        {"mailbox": makers.TRASH},
        {"mailbox": makers.DRAFTS},
        {"mailbox": makers.SENT},
    ],
)
def test_what_no_stranger_wrote_to_us_makes_nothing(
    db: Database, account: AccountId, changes: dict[str, Any]
) -> None:
    comes(db, account, **changes)
    assert (count(db, "lead"), count(db, "person"), count(db, "create_due")) == (0, 0, 0)


@pytest.mark.parametrize("effect", ["block", "no_create"])
def test_an_exception_makes_nothing(db: Database, account: AccountId, effect: str) -> None:
    exceptions.add(db, "acme.example", effect)
    comes(db, account, from_=(makers.an_address("ana@mail.acme.example"),))
    assert count(db, "lead") == 0


def test_mail_of_somebody_known_makes_nothing(db: Database, account: AccountId) -> None:
    crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    comes(db, account)
    assert count(db, "lead") == 0


def test_a_later_message_of_a_conversation_we_began_makes_nothing(db: Database, account: AccountId) -> None:
    ours = {
        "from_": (makers.an_address("me@corp.example"),),
        "to": (makers.an_address("ana@acme.example"),),
        "message_id": "ours@corp.example",
    }
    comes(db, account, "1", makers.SENT, **ours)
    comes(db, account, "2", in_reply_to=("ours@corp.example",))
    assert count(db, "lead") == 0


def test_a_second_conversation_of_the_stranger_joins_the_lead_of_the_first(
    db: Database, account: AccountId
) -> None:
    first, second = comes(db, account, "1"), comes(db, account, "2")
    assert first != second
    assert count(db, "lead") == 1
    slot = links.slot(db, second)
    assert slot is not None
    assert slot.item_id == made(db, first).id


def test_two_conversations_that_come_together_make_one_lead(db: Database, account: AccountId) -> None:
    remotes = [makers.a_remote("1"), makers.a_remote("2")]
    arrivals = [ingest.Arrival(remote, makers.an_email()) for remote in remotes]
    ingest.apply(db, account, makers.a_batch(remotes), arrivals)
    works(db)
    assert (count(db, "lead"), count(db, "person"), count(db, "activity")) == (1, 1, 1)
    linked = db.read().execute("SELECT count(DISTINCT item_id), count(*) FROM thread").fetchone()
    assert linked == (1, 2)


def test_running_again_makes_nothing_more(db: Database, account: AccountId) -> None:
    thread = comes(db, account)
    with db.write() as connection:
        connection.execute("INSERT INTO create_due (thread_id) VALUES (?)", (thread,))
        connection.execute("INSERT OR IGNORE INTO link_due (thread_id) VALUES (?)", (thread,))
    works(db)
    assert (count(db, "lead"), count(db, "person"), count(db, "activity")) == (1, 1, 1)


def test_an_end_in_the_middle_leaves_all_or_nothing(
    db: Database, account: AccountId, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(creating, "_note", dies)  # as kill -9 would, before the last of what is made
    with pytest.raises(KeyboardInterrupt):
        comes(db, account)
    assert (count(db, "lead"), count(db, "person"), count(db, "activity")) == (0, 0, 0)
    monkeypatch.undo()
    works(db)
    assert (count(db, "lead"), count(db, "person"), count(db, "activity")) == (1, 1, 1)


def test_a_message_whose_body_is_not_here_waits_for_it(db: Database, account: AccountId) -> None:
    email = makers.an_email(to=(makers.an_address("me@corp.example"),))
    remote = replace(
        makers.a_remote("1", message=None), header=b"x", size_octets=500, identity=email.octets_hash
    )
    ingest.apply(db, account, makers.a_batch([remote]), [ingest.Arrival(remote, email)])
    works(db)
    assert count(db, "lead") == 0
    row = db.read().execute("SELECT id FROM email").fetchone()
    ingest.fill(db, account, [ingest.Filled(row[0], email)])
    works(db)
    assert count(db, "lead") == 1


def test_a_known_company_is_that_of_the_person_and_the_lead(db: Database, account: AccountId) -> None:
    with db.write() as connection:
        connection.execute(
            "INSERT INTO organization (id, name, created_at, updated_at) VALUES ('o1', 'Acme', 0, 0)"
        )
        connection.execute("INSERT INTO organization_domain VALUES ('o1', 'acme.example')")
    assert made(db, comes(db, account)).organization == "Acme"


def test_no_company_is_made_of_a_domain(db: Database, account: AccountId) -> None:
    with db.write() as connection:
        connection.execute(
            "INSERT INTO organization (id, name, created_at, updated_at) VALUES ('o1', 'Mail', 0, 0)"
        )
        connection.execute("INSERT INTO organization_domain VALUES ('o1', 'gmail.com')")
    thread = comes(db, account, from_=(makers.an_address("ana@gmail.com", "Ana Lima"),))
    assert made(db, thread).organization == ""
    assert count(db, "organization") == 1


def test_several_responsible_take_turns_and_the_planned_answer_is_theirs(
    db: Database, account: AccountId
) -> None:
    bo, cy = (crm_rows.a_user(db, name, f"{name}@corp.example") for name in ("bo", "cy"))
    account_crm.set(db, account, responsible=(bo, cy))
    for number in range(4):
        comes(db, account, str(number), from_=(makers.an_address(f"a{number}@acme.example"),))
    owners = db.read().execute(
        "SELECT l.owner_id, a.responsible_id FROM auto_created c JOIN lead l ON l.id = c.item_id"
        " JOIN activity a ON a.lead_id = l.id ORDER BY c.thread_id"
    )
    assert owners.fetchall() == [(bo, bo), (cy, cy), (bo, bo), (cy, cy)]


def test_a_colleague_who_left_takes_no_turn(db: Database, account: AccountId) -> None:
    bo, cy = (crm_rows.a_user(db, name, f"{name}@corp.example") for name in ("bo", "cy"))
    account_crm.set(db, account, responsible=(bo, cy))
    with db.write() as connection:
        connection.execute("UPDATE workspace_user SET is_active = 0 WHERE id = ?", (bo,))
    comes(db, account)
    assert db.read().execute("SELECT owner_id FROM lead").fetchall() == [(cy,)]


def test_a_smart_bcc_copy_adds_the_strangers_it_went_to(db: Database, account: AccountId) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    address = smart_bcc.address(db, account, deal)
    thread = comes(
        db,
        account,
        from_=(makers.an_address("me@corp.example"),),
        to=(makers.an_address("ana@acme.example", "Ana Lima"), makers.an_address("bob@corp.example")),
        cc=(makers.an_address("no-reply@acme.example"), makers.an_address(address)),
        delivered_to=(address,),
    )
    people = db.read().execute(
        "SELECT p.name, e.email FROM person p JOIN person_email e ON e.person_id = p.id"
    )
    assert people.fetchall() == [("Ana Lima", "ana@acme.example")]
    assert count(db, "lead") == 0
    slot = links.slot(db, thread)
    assert slot is not None
    assert ItemRef(ItemKind(slot.item_kind or ""), slot.item_id or "") == deal


def test_a_copy_to_people_who_are_known_adds_nobody(db: Database, account: AccountId) -> None:
    crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    comes(
        db,
        account,
        from_=(makers.an_address("me@corp.example"),),
        to=(makers.an_address("ana@acme.example"),),
        delivered_to=(smart_bcc.address(db, account, crm_rows.a_deal(db, "Renewal")),),
    )
    assert count(db, "person") == 1


def test_a_copy_of_somebody_else_adds_nobody(db: Database, account: AccountId) -> None:
    """Who knows the address cannot fill the CRM by it."""
    address = smart_bcc.address(db, account, None)
    comes(
        db,
        account,
        from_=(makers.an_address("eve@evil.example"),),
        to=(makers.an_address("ana@acme.example"),),
        delivered_to=(address,),
    )
    assert (count(db, "person"), count(db, "lead")) == (0, 0)


def test_spam_that_is_moved_to_the_inbox_keeps_anything_from_being_made(
    db: Database, account: AccountId
) -> None:
    """M88, M89."""
    mailbox_choices.set(db, account, makers.INBOX.key, Choice(role=Role.JUNK))
    remote = makers.a_remote("1", makers.ARCHIVE)
    email = makers.an_email(to=(makers.an_address("me@corp.example"),))
    ingest.apply(db, account, makers.a_batch([remote]), [ingest.Arrival(remote, email)])
    works(db)
    assert count(db, "lead") == 0


def test_mail_from_before_waits_for_nothing(db: Database) -> None:
    """A first sync of much mail leaves nothing to look at."""
    account_id = makers.an_account(db, "me@corp.example")
    account_crm.set(db, account_id, creates="lead")
    remote = makers.a_remote("1")
    email = makers.an_email(to=(makers.an_address("me@corp.example"),))
    ingest.apply(db, account_id, makers.a_batch([remote]), [ingest.Arrival(remote, email)])
    deciding.decide_due(db)
    assert count(db, "link_decision") == 1
    assert count(db, "create_due") == 0


def test_what_cannot_be_made_leaves_nothing_half_made(db: Database, account: AccountId) -> None:
    with db.write() as connection:
        connection.execute("UPDATE account_crm SET activity_type = ?", ("x" * 600,))
    comes(db, account)
    told = db.read().execute(
        "SELECT text FROM event WHERE text LIKE 'Mail of ana@acme.example made no lead%'"
    )
    assert len(told.fetchall()) == 1
    assert [count(db, table) for table in ("person", "lead", "activity")] == [0, 0, 0]


def test_the_person_it_makes_shows_no_earlier_conversation_to_others(
    db: Database, account: AccountId
) -> None:
    """D12."""
    bo = crm_rows.a_user(db, "Bo", "bo@corp.example")
    account_crm.set(db, account, creates="off", default_visibility="shared")
    before = comes(db, account, "1", message_id="one@acme.example")
    account_crm.set(db, account, creates="lead")
    with db.write() as connection:
        connection.execute("UPDATE account_crm SET creates_since = 0")
    thread = comes(db, account, "2", message_id="two@acme.example", subject="Another offer")
    assert made(db, thread).title == "Another offer"
    assert bo in standing.audience(db.read(), thread)
    assert bo not in standing.audience(db.read(), before)
