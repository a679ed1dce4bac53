from __future__ import annotations

import crm_rows
import makers
import pytest
import stored

from linking import standing
from mail.types import AccountId, MailboxId, Role, ThreadId
from store import events, undo
from store.crm import (
    activities,
    deal_products,
    item_edits,
    item_states,
    labels,
    notes,
    products,
    timeline,
)
from store.crm.item_parts import Labelled
from store.crm.item_refs import PageKind, PageRef
from store.crm.items import ItemKind, ItemRef
from store.crm.timeline import Entry, EntryKind, Moment, Timeline
from store.database import Database
from store.links import links, slots
from store.links.slots import Slot


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def boxes(db: Database, account: AccountId) -> dict[Role, MailboxId]:
    return stored.mailboxes_of(db, account)


def entries(db: Database, item: PageRef | ItemRef) -> list[Entry]:
    source = Timeline(db, PageRef.of(item), standing.can_see)
    rows = [source.row(index) for index in range(source.count)]
    assert source.row(source.count) is None
    return [row for row in rows if row is not None]


def texts(db: Database, item: PageRef | ItemRef) -> list[str]:
    return [entry.text for entry in entries(db, item)]


def of_kind(db: Database, item: PageRef | ItemRef, kind: EntryKind) -> list[Entry]:
    return [entry for entry in entries(db, item) if entry.kind is kind]


def put(db: Database, thread_id: ThreadId, item: ItemRef, *, at: int, origin: str = "auto") -> None:
    with db.write() as connection:
        slots.put(connection, thread_id, Slot(item.kind.value, item.id, origin, "", at, ""))
        events.record(connection, "items")


def test_everything_stands_in_the_order_of_its_own_time_newest_first(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    now = makers.NOW
    mail = stored.a_stored_email(db, account, boxes[Role.INBOX], subject="Quote", received_at=now + 10)
    put(db, mail.thread_id, deal, at=now + 40)
    crm_rows.a_row(db, "note", body="A note\nof two lines", created_at=now + 30, deal_id=deal.id)
    crm_rows.a_row(db, "activity", subject="Ring", entered_at=now + 5, done_at=now + 20, deal_id=deal.id)
    assert texts(db, deal) == [
        "linked by rule: Quote",
        "A note",
        "task: Ring",
        "Quote",
        "entered into the CRM",
    ]


def test_when_mail_was_received_entered_the_store_and_was_linked_are_three_times(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    mail = stored.a_stored_email(db, account, boxes[Role.INBOX], received_at=makers.NOW)
    with db.write() as connection:
        connection.execute("UPDATE email SET registered_at = ?", (makers.NOW + 60,))
    put(db, mail.thread_id, deal, at=makers.NOW + 3600)
    (entry,) = of_kind(db, deal, EntryKind.MAIL_IN)
    assert entry.moments == (
        Moment("received", makers.NOW),
        Moment("in the CRM", makers.NOW + 60),
        Moment("linked", makers.NOW + 3600),
    )


def test_an_activity_says_when_it_was_entered_due_and_completed(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    activity = crm_rows.a_row(
        db, "activity", type="call", subject="Ring", entered_at=10, due_at=30, done_at=20, deal_id=deal.id
    )
    (entry,) = of_kind(db, deal, EntryKind.ACTIVITY)
    assert entry.moments == (Moment("entered", 10), Moment("due", 30), Moment("completed", 20))
    assert (entry.at, entry.is_done) == (20, True)
    assert entry.page == PageRef(PageKind.ACTIVITY, activity)


def test_mail_of_one_s_own_names_whom_it_went_to(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    to = ("ana@acme.example", "bob@acme.example", "cy@acme.example")
    mail = stored.a_stored_email(
        db, account, boxes[Role.SENT], is_outgoing=True, from_="me@dealbox.example", to=to
    )
    put(db, mail.thread_id, deal, at=1)
    (entry,) = of_kind(db, deal, EntryKind.MAIL_OUT)
    assert entry.by == "to ana@acme.example and 2 more"
    assert entry.moments[0].name == "sent"


def test_drafts_and_what_lies_in_the_trash_are_no_events(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    kept = stored.a_stored_email(db, account, boxes[Role.INBOX], subject="Kept")
    for box, keywords in ((Role.TRASH, ()), (Role.DRAFTS, ("$draft",))):
        stored.a_stored_email(db, account, boxes[box], thread_id=kept.thread_id, keywords=keywords)
    put(db, kept.thread_id, deal, at=1)
    assert [entry.text for entry in of_kind(db, deal, EntryKind.MAIL_IN)] == ["Kept"]


def test_one_message_in_two_mailboxes_of_the_user_is_one_event(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    other = makers.an_account(db, "sales@dealbox.example")
    other_boxes = stored.mailboxes_of(db, other)
    for account_id, box in ((account, boxes[Role.INBOX]), (other, other_boxes[Role.INBOX])):
        put(db, stored.a_stored_email(db, account_id, box).thread_id, deal, at=1)
    with db.write() as connection:
        connection.execute("UPDATE email SET message_id = 'same@acme.example'")
    assert len(of_kind(db, deal, EntryKind.MAIL_IN)) == 1


def test_links_that_one_rule_made_within_an_hour_are_told_together(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    for at, origin in ((10, "auto"), (20, "auto"), (30, "manual"), (9000, "auto")):
        mail = stored.a_stored_email(db, account, boxes[Role.INBOX], subject=f"At {at}")
        put(db, mail.thread_id, deal, at=at, origin=origin)
    links_made = of_kind(db, deal, EntryKind.LINK)
    assert [entry.text for entry in links_made] == [
        "linked by rule: At 9000",
        "linked by hand: At 30",
        "2 conversations linked by rule",
    ]
    assert [entry.count for entry in links_made] == [1, 1, 2]


def test_mail_nobody_may_see_is_neither_an_event_nor_a_link(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    mail = stored.a_stored_email(db, account, boxes[Role.INBOX])
    links.link(db, mail.thread_id, deal)
    with db.write() as connection:
        connection.execute("UPDATE thread SET owner = 'somebody else'")
    assert texts(db, deal) == ["entered into the CRM"]


def test_an_item_made_by_mail_names_who_connected_the_mailbox(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    user = crm_rows.a_user(db, "Bo Kern", "bo@dealbox.example")
    deal = crm_rows.a_deal(db, "Renewal")
    mail = stored.a_stored_email(db, account, boxes[Role.INBOX], received_at=makers.NOW)
    with db.write() as connection:
        connection.execute("UPDATE account SET owner = ?", (user,))
        connection.execute(
            "INSERT INTO auto_created (thread_id, email_id, item_kind, item_id, address, at)"
            " VALUES (?, ?, 'deal', ?, 'ana@acme.example', ?)",
            (mail.thread_id, mail.email_id, deal.id, makers.NOW + 90),
        )
    (entry,) = of_kind(db, deal, EntryKind.MADE)
    assert entry.text == "made by itself from mail of ana@acme.example to Me"
    assert entry.by == "Bo Kern connected the mailbox"
    assert entry.moments == (
        Moment("received", makers.NOW),
        Moment("in the CRM", makers.NOW),
        Moment("made", makers.NOW + 90),
    )


@pytest.mark.parametrize(
    ("what", "details", "sentence"),
    [
        ("stage", '{"from": "Demo", "to": "Proposal"}', "stage: Demo -> Proposal"),
        ("owner", '{"from": "", "to": "Bo"}', "owner: none -> Bo"),
        ("lost", '{"reason": "price"}', "lost: price"),
        ("lost", '{"reason": ""}', "lost"),
        ("won", "{}", "won"),
        ("merged", '{"into": "gone"}', "merged into one that is gone"),
        (
            "edited",
            '{"columns": {"value": ["1", "2"], "title": ["", "New"]}}',
            "value: 1 -> 2; title: none -> New",
        ),
        ("edited", '{"columns": {"person_id": [null, "p1"]}}', "person: none -> Ana Lima"),
        ("something new", "{}", "something new"),
    ],
)
def test_a_change_is_told_in_words(db: Database, what: str, details: str, sentence: str) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    crm_rows.a_row(db, "person", id="p1", name="Ana Lima")
    with db.write() as connection:
        connection.execute(
            "INSERT INTO audit (at, what, object, details) VALUES (?, ?, ?, ?)",
            (makers.NOW + 9, what, f"deal:{deal.id}", details),
        )
    assert texts(db, deal)[0] == sentence


def test_an_item_that_was_made_here_is_told_to_be_entered_once(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    with db.write() as connection:
        connection.execute(
            "INSERT INTO audit (at, what, object, details) VALUES (?, 'created', ?, '{}')",
            (makers.NOW, f"deal:{deal.id}"),
        )
    assert texts(db, deal) == ["entered into the CRM"]


def test_a_long_timeline_is_read_page_by_page(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    for number in range(timeline.PAGE + 9):
        crm_rows.a_row(db, "note", body=f"Note {number}", created_at=makers.NOW + number + 1, deal_id=deal.id)
    shown = texts(db, deal)
    assert shown[0] == f"Note {timeline.PAGE + 8}"
    assert shown[-2:] == ["Note 0", "entered into the CRM"]


def test_every_change_of_an_item_says_who_and_what(db: Database, account: AccountId) -> None:
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    deal, _ = item_edits.create(db, ItemKind.DEAL, {"title": "Renewal", "person_id": ana})
    scanner = products.add(db, {"name": "Scanner", "price": "10", "currency": "EUR"})[0]
    deal_products.set(db, deal, scanner, quantity="2")
    deal_products.set(db, deal, scanner, quantity="2", discount="5", tax="19")
    item_edits.edit(db, deal, {"probability": "40", "visible_to": "owner"})
    labels.set(db, deal, "hot", on=True)
    told = texts(db, deal)
    assert "product: none -> 2 x Scanner" in told
    assert "product: 2 x Scanner -> 2 x Scanner, less 5 %, with 19 % tax" in told
    assert "probability: none -> 40; visible to: everybody -> the owner and followers" in told
    assert "label: none -> hot" in told
    assert {each.by for each in of_kind(db, deal, EntryKind.CHANGE)} == {"you"}
    assert all(each.moments for each in entries(db, deal))


def test_a_change_by_this_screen_s_user_names_them(db: Database, account: AccountId) -> None:
    address = db.read().execute("SELECT address FROM account").fetchone()[0]
    crm_rows.a_user(db, "Nadia Kerrigan", address)
    ana = ItemRef(ItemKind.PERSON, crm_rows.a_person(db, "Ana Lima", "ana@acme.example"))
    item_states.follow(db, ana, on=True)
    item_edits.edit(db, ana, {"phones": [Labelled("123", "work")]})
    item_edits.edit(db, ana, {"phones": [Labelled("123", "mobile")]})
    changes = of_kind(db, ana, EntryKind.CHANGE)
    assert [each.text for each in changes if each.at > makers.NOW] == [
        "phone: 123 (work) -> 123 (mobile)",
        "phone: none -> 123 (work)",
        "follower: none -> Nadia Kerrigan",
    ]
    assert {each.by for each in changes if each.at > makers.NOW} == {"Nadia Kerrigan"}


def test_what_becomes_of_notes_and_activities_is_told_on_the_item(db: Database, account: AccountId) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    notes.add(db, deal, "They want it")
    activities.add(db, deal, "Ring Ana", due_at=makers.NOW)
    ((note_id,),) = db.read().execute("SELECT id FROM note").fetchall()
    ((activity_id,),) = db.read().execute("SELECT id FROM activity").fetchall()
    notes.pin(db, note_id, on=True)
    notes.edit(db, note_id, "They want all of it")
    activities.edit(db, activity_id, {"duration_min": 30})
    activities.done(db, activity_id)
    activities.done(db, activity_id, is_done=False)
    notes.delete(db, note_id)
    activities.delete(db, activity_id)
    undo.undo(db)
    told = [each.text for each in of_kind(db, deal, EntryKind.CHANGE)]
    assert set(told) == {
        "activity Ring Ana: restored",
        "activity Ring Ana: deleted",
        "note They want all of it: deleted",
        "activity Ring Ana: to be done again",
        "activity Ring Ana: minutes: none -> 30",
        "note They want all of it: changed",
        "note They want it: pinned",
        "entered into the CRM",
    }


def test_an_activity_s_own_page_tells_what_was_changed_of_it(db: Database, account: AccountId) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    activities.add(db, deal, "Ring Ana")
    ((activity_id,),) = db.read().execute("SELECT id FROM activity").fetchall()
    activities.edit(db, activity_id, {"subject": "Ring Bo"})
    activities.done(db, activity_id)
    told = texts(db, PageRef(PageKind.ACTIVITY, activity_id))
    assert "subject: Ring Ana -> Ring Bo" in told
    assert "completed" in told


def test_a_product_s_page_tells_what_it_cost_before(db: Database, account: AccountId) -> None:
    scanner = products.add(db, {"name": "Scanner", "price": "10", "currency": "EUR"})[0]
    products.edit(db, scanner, {"price": "12"})
    assert texts(db, PageRef(PageKind.PRODUCT, scanner))[0] == "price: 10 -> 12"
