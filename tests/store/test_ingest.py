from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import makers
import pytest
from makers import ARCHIVE, INBOX, MAILBOXES, NOW, SENT, a_batch, a_remote, an_address, an_email

from mail.types import AccountId, Email, Role, SafeText
from store import (
    accounts,
    actions,
    database,
    email_ids,
    emails,
    events,
    ingest,
    ingest_rows,
    invariants,
    mailboxes,
    removal,
    threads,
)
from store.database import Database
from store.ingest import Arrival


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return makers.an_account(db)


def take(
    db: Database, account_id: AccountId, *arrivals: tuple[Any, Email | None], **batch: Any
) -> frozenset[int]:
    told = a_batch([remote for remote, _ in arrivals], **batch)
    touched = ingest.apply(db, account_id, told, [Arrival(remote, email) for remote, email in arrivals])
    assert invariants.check(db) == []
    return touched


def one(db: Database, query: str, *parameters: object) -> Any:
    row = db.read().execute(query, parameters).fetchone()
    return row[0] if row and len(row) == 1 else row


def test_equal_octets_are_one_email_wherever_they_lie(db: Database, account_id: AccountId) -> None:
    email = an_email()
    take(db, account_id, (a_remote("a"), email), (a_remote("b", ARCHIVE), email))
    assert one(db, "SELECT count(*) FROM email") == 1
    (row,) = emails.in_thread(db, one(db, "SELECT id FROM thread"))
    assert row.mailboxes == ("Inbox", "Archive")
    assert ingest.known_octets(db, account_id, [email.octets_hash, b"?" * 16]) == {email.octets_hash}


def test_the_state_is_committed_with_what_it_covers(db: Database, account_id: AccountId) -> None:
    take(db, account_id, (a_remote("a"), an_email()), state="s7")
    assert accounts.remote_state(db, account_id) == "s7"
    accounts.forget_state(db, account_id)
    assert accounts.remote_state(db, account_id) is None


def test_telling_a_page_twice_changes_nothing(db: Database, account_id: AccountId) -> None:
    arrivals = [(a_remote(str(number), received_at=NOW + number), an_email()) for number in range(3)]
    take(db, account_id, *arrivals)
    before = list(db.read().iterdump())
    take(db, account_id, *arrivals)
    assert [line for line in before if "event" not in line and "sqlite_sequence" not in line] == [
        line for line in db.read().iterdump() if "event" not in line and "sqlite_sequence" not in line
    ]


def test_ids_grow_with_the_time_received_also_within_a_second(db: Database, account_id: AccountId) -> None:
    take(db, account_id, *((a_remote(str(n), received_at=NOW + n % 2), an_email(f"{n}")) for n in range(6)))
    rows = db.read().execute("SELECT id >> 8, received_at, id & 0xFF FROM email ORDER BY id").fetchall()
    assert rows == [
        (NOW, NOW, 0),
        (NOW, NOW, 1),
        (NOW, NOW, 2),
        (NOW + 1, NOW + 1, 0),
        (NOW + 1, NOW + 1, 1),
        (NOW + 1, NOW + 1, 2),
    ]


@pytest.mark.parametrize("received_at", [-5, 0, 1 << 60])
def test_impossible_times_are_kept_as_near_as_can_be(
    db: Database, account_id: AccountId, received_at: int
) -> None:
    take(db, account_id, (a_remote("a", received_at=received_at), an_email()))
    assert 0 <= one(db, "SELECT received_at FROM email") < 1 << 42


def test_more_messages_in_a_second_than_ids_go_to_the_next(db: Database, account_id: AccountId) -> None:
    ids = email_ids.Ids(db.read())
    ids._last[NOW] = email_ids.first_at(NOW + 1) - 1
    assert ids.after(NOW) == email_ids.first_at(NOW + 1)


def test_a_move_by_another_program_keeps_the_place_and_the_thread(
    db: Database, account_id: AccountId
) -> None:
    email = an_email()
    take(db, account_id, (a_remote("a"), email))
    place = one(db, "SELECT id FROM placement")
    take(db, account_id, (a_remote("b", ARCHIVE, ["$seen"]), email), destroyed=[(INBOX, "a")])
    assert one(db, "SELECT id, remote_key, remote_keywords FROM placement") == (place, "b", "$seen")
    assert one(db, "SELECT seen, orphaned_at FROM email") == (1, None)


def test_what_the_user_wants_stays_until_the_account_was_asked(db: Database, account_id: AccountId) -> None:
    (thread_id,) = take(db, account_id, (a_remote("a"), an_email()))
    (inbox,) = mailboxes.with_role(db, Role.INBOX)
    (archive,) = mailboxes.with_role(db, Role.ARCHIVE)
    actions.set_keyword(db, [thread_id], "$flagged", value=True)
    actions.move(db, [thread_id], inbox, Role.ARCHIVE)
    take(db, account_id, (a_remote("a", keywords=["$seen"], message=None), None))
    assert one(db, "SELECT seen, flagged FROM email") == (1, 1)
    assert one(db, "SELECT mailbox_id, remote_mailbox_id FROM placement") == (archive, inbox)


def test_an_operation_follows_a_message_that_another_program_moved(
    db: Database, account_id: AccountId
) -> None:
    email = an_email()
    (thread_id,) = take(db, account_id, (a_remote("a"), email))
    actions.set_keyword(db, [thread_id], "$flagged", value=True)
    take(db, account_id, (a_remote("b", ARCHIVE), email), destroyed=[(INBOX, "a")])
    assert one(db, "SELECT flagged FROM email") == 1
    assert (
        one(db, "SELECT p.remote_key FROM open_operation o JOIN placement p ON p.id = o.placement_id") == "b"
    )


def test_an_operation_on_a_message_that_is_gone_is_cancelled(db: Database, account_id: AccountId) -> None:
    (thread_id,) = take(db, account_id, (a_remote("a"), an_email()))
    actions.set_keyword(db, [thread_id], "$flagged", value=True)
    take(db, account_id, destroyed=[(INBOX, "a")])
    assert one(db, "SELECT state FROM operation") == "cancelled"


def test_a_key_used_for_another_message_is_another_place(db: Database, account_id: AccountId) -> None:
    take(db, account_id, (a_remote("a"), an_email("one")))
    take(db, account_id, (a_remote("a"), an_email("two")))
    assert one(db, "SELECT count(*), count(orphaned_at) FROM email") == (2, 1)


def test_orphans_wait_before_they_are_removed_with_thread_and_words(
    db: Database, account_id: AccountId
) -> None:
    (thread_id,) = take(db, account_id, (a_remote("a"), an_email("offer")))
    take(db, account_id, destroyed=[(INBOX, "a")])
    assert threads.get(db, thread_id) is not None
    assert ingest.purge_orphans(db, account_id, older_than=NOW) == 0
    assert ingest.purge_orphans(db, account_id, older_than=1 << 40) == 1
    assert threads.get(db, thread_id) is None
    assert one(db, "SELECT count(*) FROM email_text WHERE email_text MATCH 'offer'") == 0
    assert invariants.check(db) == []


def test_an_orphan_that_comes_back_is_the_same_email(db: Database, account_id: AccountId) -> None:
    email = an_email()
    (thread_id,) = take(db, account_id, (a_remote("a"), email))
    take(db, account_id, destroyed=[(INBOX, "a")])
    assert take(db, account_id, (a_remote("z", ARCHIVE), email)) == {thread_id}
    assert one(db, "SELECT orphaned_at FROM email") is None


def test_messages_that_cannot_be_read_are_noted_until_they_can(db: Database, account_id: AccountId) -> None:
    unreadable = makers.RemoteEmail(
        INBOX.key, makers.RemoteKey("a"), frozenset(), NOW, None, problem="no permission"
    )
    take(db, account_id, (unreadable, None))
    assert one(db, "SELECT reason FROM unreadable") == "no permission"
    take(db, account_id, (a_remote("a"), an_email()))
    assert one(db, "SELECT count(*) FROM unreadable") == 0


def test_a_mailbox_that_is_gone_takes_its_messages_with_it(db: Database, account_id: AccountId) -> None:
    take(db, account_id, (a_remote("a", ARCHIVE), an_email()))
    take(db, account_id, mailboxes=[INBOX])
    assert [row.name for row in mailboxes.all(db, account_id) if not row.is_view] == ["Inbox"]
    assert one(db, "SELECT count(*) FROM placement") == 0


def test_a_renamed_mailbox_keeps_its_messages(db: Database, account_id: AccountId) -> None:
    email = an_email()
    (thread_id,) = take(db, account_id, (a_remote("a", ARCHIVE), email))
    deals = makers.RemoteMailbox(makers.MailboxKey("Deals"), "Deals", None)
    take(db, account_id, (a_remote("a", deals), email), mailboxes=[INBOX, deals])
    (row,) = emails.in_thread(db, thread_id)
    assert row.mailboxes == ("Deals",)


def test_a_mailbox_not_listed_yet_is_made(db: Database, account_id: AccountId) -> None:
    strange = makers.RemoteMailbox(makers.MailboxKey("New"), "New", None)
    take(db, account_id, (a_remote("a", strange), an_email()), mailboxes=None)
    assert "New" in [row.name for row in mailboxes.all(db, account_id)]
    assert mailboxes.known(db, account_id, strange.key) == {"a": frozenset()}


def test_mail_of_the_owner_is_outgoing_under_any_of_their_addresses(
    db: Database, account_id: AccountId
) -> None:
    accounts.set_aliases(db, account_id, ["sales@dealbox.example"])
    mine = (an_address("Sales@DEALBOX.example", "Me"),)
    take(db, account_id, (a_remote("a"), an_email(from_=mine)), (a_remote("b", SENT), an_email(from_=())))
    assert one(db, "SELECT min(is_outgoing) FROM email") == 1


def test_octets_are_kept_where_the_account_keeps_no_files(
    db: Database, account_id: AccountId, tmp_path: Path
) -> None:
    message = b"From: a@b.example\r\n\r\nHello"
    email = an_email(octets_hash=ingest.hash_of(message), size_octets=len(message))
    take(db, account_id, (a_remote("a", message=message), email))
    email_id = one(db, "SELECT id FROM email")
    assert emails.octets(db, email_id) == message
    assert emails.headers(db, email_id) == (("From", "a@b.example"),)


def test_octets_known_before_need_no_email(db: Database, account_id: AccountId) -> None:
    message = b"Subject: x\r\n\r\nHello"
    take(db, account_id, (a_remote("a", message=message), an_email(octets_hash=ingest.hash_of(message))))
    take(db, account_id, (a_remote("b", ARCHIVE, message=message), None))
    assert one(db, "SELECT count(*) FROM placement") == 2


def test_octets_that_were_purged_meanwhile_are_parsed_again(db: Database, account_id: AccountId) -> None:
    take(db, account_id, (a_remote("a", message=b"Subject: Offer\r\n\r\nHello"), None))
    assert one(db, "SELECT subject FROM thread") == "Offer"


def test_a_body_may_come_packed(db: Database, account_id: AccountId) -> None:
    email = an_email("packed text")
    remote = a_remote("a")
    arrival = Arrival(remote, email, ingest_rows.pack(email.body))
    ingest.apply(db, account_id, a_batch([remote]), [arrival])
    assert emails.body(db, one(db, "SELECT id FROM email")) == email.body
    assert invariants.check(db) == []


def test_an_event_names_the_lists_to_look_at_again(db: Database, account_id: AccountId) -> None:
    (thread_id,) = take(db, account_id, (a_remote("a"), an_email()))
    event = events.since(db, 0)[-1]
    assert event.kind == "mail"
    assert event.thread_ids == (thread_id,)
    assert set(mailboxes.with_role(db, Role.INBOX)) <= set(event.mailbox_ids)


def test_a_page_gives_way_to_somebody_who_waits_to_write(
    db: Database, account_id: AccountId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "SLICE", 5)
    writes: list[int] = []
    real = db.write
    waits = threading.Event()

    def write(**options: Any) -> Any:
        writes.append(1)
        return real(**options)

    monkeypatch.setattr(db, "write", write)
    monkeypatch.setattr(db, "is_wanted", lambda: not waits.is_set() and (len(writes) < 3))
    monkeypatch.setattr(database, "LONGEST_PAUSE_S", 0.001)
    take(db, account_id, *((a_remote(str(n)), an_email(str(n))) for n in range(20)))
    assert len(writes) == 3
    assert one(db, "SELECT count(*) FROM email") == 20


def test_an_account_is_removed_with_everything_and_leaves_the_others_alone(
    db: Database, account_id: AccountId
) -> None:
    other = makers.an_account(db)
    for account in (account_id, other):
        take(db, account, (a_remote("a"), an_email()))
    accounts.remove(db, account_id)
    assert [row.id for row in accounts.all(db)] == [other]
    assert accounts.get(db, account_id) is None
    assert one(db, "SELECT count(*) FROM email") == 1
    assert invariants.check(db) == []


def test_words_are_removed_as_they_were_put_in(db: Database, account_id: AccountId) -> None:
    email = an_email(
        "Grüße 合同",
        subject=SafeText("Łódź"),
        cc=(an_address("x@y.example", "Żółć"),),
        attachments=(makers.an_attachment("2", "umowa.pdf"), makers.an_attachment("10", "b.txt")),
    )
    take(db, account_id, (a_remote("a"), email))
    email_id = one(db, "SELECT id FROM email")
    assert dict(removal.indexed_texts(db.read(), [email_id])) == {email_id: email.search_text}


def test_threads_merged_by_a_late_message_lead_on_from_their_old_ids(
    db: Database, account_id: AccountId
) -> None:
    first, second = (
        next(iter(take(db, account_id, (a_remote(key), an_email(message_id=f"{key}@x"))))) for key in "ab"
    )
    take(db, account_id, (a_remote("c"), an_email(references=("a@x", "b@x"))))
    assert threads.resolve(db, second) == first
    row = threads.get(db, second)
    assert row is not None and row.thread_id == first and row.email_count == 3
    assert len(emails.in_thread(db, second)) == 3


def test_an_id_found_to_be_reused_takes_its_thread_apart(db: Database, account_id: AccountId) -> None:
    take(db, account_id, (a_remote("a"), an_email(message_id="s@shop", subject=SafeText("Order 1"))))
    take(db, account_id, (a_remote("b"), an_email(references=("s@shop",))))
    assert one(db, "SELECT count(*) FROM thread") == 1
    take(db, account_id, (a_remote("c"), an_email(message_id="s@shop", subject=SafeText("Order 2"))))
    assert one(db, "SELECT count(*) FROM thread") == 3


def test_all_usual_mailboxes_are_in_sidebar_order(db: Database, account_id: AccountId) -> None:
    take(db, account_id, mailboxes=[*MAILBOXES, makers.RemoteMailbox(makers.MailboxKey("A"), "A", None)])
    names = [row.name for row in mailboxes.all(db)]
    assert names == [
        "Inbox",
        "Unread",
        "Starred",
        "To file",
        "Drafts",
        "Sent",
        "Archive",
        "All mail",
        "Junk",
        "Trash",
        "A",
    ]
