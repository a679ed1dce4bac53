"""Mail known by its header, and what becomes of it when its body comes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import makers
import pytest
from makers import ARCHIVE, INBOX, NOW, a_remote, an_email
from told_by_header import Server, contents, email_id, take

from mail import parse
from mail.query import parse as query
from mail.types import AccountId, EmailId
from store import (
    actions,
    database,
    emails,
    events,
    fetching,
    ingest,
    invariants,
    reindexing,
    searches,
    threads,
)
from store.database import Database
from store.ingest import Filled

OFFER = (
    b"From: Ana Lima <ana@acme.example>\r\nTo: me@dealbox.example\r\nSubject: Offer\r\nMessage-ID: <1@x.example>\r\n"
    b"Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n\r\nThe printers are ready\r\n"
)
MIXED = (
    b'Subject: With a file\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nSee the file\r\n--b\r\n'
    b"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=umowa.pdf\r\n\r\noctets\r\n--b--\r\n"
)
REPORT = (
    b"From: MAILER-DAEMON@mx.example\r\nTo: me@dealbox.example\r\nSubject: Undelivered\r\nMessage-ID: <9@mx.example>\r\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\n'
    b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
    b"Final-Recipient: rfc822; ana@acme.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n"
    b"Content-Type: message/rfc822\r\n\r\nMessage-ID: <1@x.example>\r\nSubject: Offer\r\n\r\nHi\r\n--b--\r\n"
)


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def server() -> Server:
    return Server()


def one(db: Database, text: str, *parameters: object) -> Any:
    row = db.read().execute(text, parameters).fetchone()
    return row[0] if row and len(row) == 1 else row


def found(db: Database, words: str) -> int:
    return len(searches.search(db, query(words)))


def test_a_header_lists_threads_and_finds_a_message_before_its_body_is_here(
    db: Database, account_id: AccountId, server: Server
) -> None:
    (thread_id,) = take(db, account_id, [server.remote("1.1", OFFER)])
    (row,) = emails.in_thread(db, thread_id)
    assert (row.subject, row.is_header_only, row.preview) == ("Offer", True, "")
    assert emails.body(db, row.id) is None
    assert (found(db, "offer"), found(db, "lima"), found(db, "printers")) == (1, 1, 0)
    assert invariants.check(db) == []


def test_a_body_comes_with_its_words_and_its_preview(
    db: Database, account_id: AccountId, server: Server
) -> None:
    (thread_id,) = take(db, account_id, [server.remote("1.1", OFFER)])
    assert server.fill(db, account_id) == 1
    (row,) = emails.in_thread(db, thread_id)
    assert (row.is_header_only, row.preview) == (False, "The printers are ready")
    thread = threads.get(db, thread_id)
    assert thread is not None and thread.preview == "The printers are ready"
    assert emails.body(db, row.id) == parse.parse(OFFER).body
    assert (found(db, "offer"), found(db, "lima"), found(db, "printers")) == (1, 1, 1)
    assert events.since(db, 0)[-1].thread_ids == (thread_id,)
    assert invariants.check(db) == []


def test_filling_twice_is_filling_once(db: Database, account_id: AccountId, server: Server) -> None:
    take(db, account_id, [server.remote("1.1", OFFER)])
    filled = [Filled(email_id(db, "Offer"), parse.parse(OFFER))]
    assert ingest.fill(db, account_id, filled)
    before = contents(db)
    assert ingest.fill(db, account_id, filled) == frozenset()
    assert ingest.fill(db, account_id, [Filled(EmailId(1), parse.parse(OFFER))]) == frozenset()
    assert contents(db) == before


def test_a_header_told_again_changes_nothing_but_keywords(
    db: Database, account_id: AccountId, server: Server
) -> None:
    remote = server.remote("1.1", OFFER)
    take(db, account_id, [remote])
    server.fill(db, account_id)
    take(db, account_id, [replace(remote, keywords=frozenset({"$seen"}))])
    assert one(db, "SELECT seen, is_header_only, preview FROM email") == (1, 0, "The printers are ready")
    assert one(db, "SELECT count(*) FROM placement") == 1


def test_the_same_message_in_another_mailbox_is_fetched_once(
    db: Database, account_id: AccountId, server: Server
) -> None:
    take(db, account_id, [server.remote("1.1", OFFER), server.remote("1.1", OFFER, ARCHIVE)])
    assert one(db, "SELECT count(*) FROM email") == 1
    assert server.fill(db, account_id) == 1
    take(db, account_id, [server.remote("1.2", OFFER, ARCHIVE)])
    assert fetching.remaining(db, account_id) == 0
    assert ingest.known_octets(db, account_id, [server.remote("1.3", OFFER).identity or b""])


def test_a_message_with_an_identity_may_come_whole(
    db: Database, account_id: AccountId, server: Server
) -> None:
    remote = server.remote("1.1", OFFER)
    take(db, account_id, [server.whole(remote)])
    assert one(db, "SELECT octets_hash, is_header_only FROM email") == (remote.identity, 0)
    assert emails.body(db, email_id(db, "Offer")) == parse.parse(OFFER).body


def test_what_may_have_attachments_is_guessed_until_the_body_tells(
    db: Database, account_id: AccountId, server: Server
) -> None:
    without = MIXED.replace(b"Content-Disposition: attachment; filename=umowa.pdf\r\n", b"").replace(
        b"application/pdf", b"text/plain"
    )
    take(db, account_id, [server.remote("1.1", MIXED), server.remote("1.2", without, received_at=NOW + 1)])
    assert one(db, "SELECT min(has_attachment) FROM email") == 1
    server.fill(db, account_id)
    assert db.read().execute("SELECT has_attachment FROM email ORDER BY id").fetchall() == [(1,), (0,)]
    assert found(db, "umowa") == 1


def test_large_octets_are_not_kept_and_can_be_asked_for(
    db: Database, account_id: AccountId, server: Server
) -> None:
    large = OFFER + b"x" * 70_000
    take(db, account_id, [server.remote("1.1", large)])
    whole = server.remote("1.2", large.replace(b"Offer", b"Whole"), received_at=NOW + 1)
    take(db, account_id, [server.whole(whole)])
    server.fill(db, account_id)
    for subject in ("Offer", "Whole"):
        with pytest.raises(emails.OctetsNotHere, match="still to be fetched"):
            emails.octets(db, email_id(db, subject))


def test_octets_of_a_message_that_is_nowhere_are_gone(
    db: Database, account_id: AccountId, server: Server
) -> None:
    take(db, account_id, [server.remote("1.1", OFFER)])
    wanted = email_id(db, "Offer")
    take(db, account_id, [], destroyed=[(INBOX, "1.1")])
    with pytest.raises(emails.OctetsGone) as raised:
        emails.octets(db, wanted)
    assert not isinstance(raised.value, emails.OctetsNotHere)


def test_parts_that_were_left_out_have_the_size_they_have(
    db: Database, account_id: AccountId, server: Server
) -> None:
    skeleton = MIXED.replace(b"\r\n\r\noctets", b"\r\nX-Dealbox-Size-Octets: 62914560\r\n\r\n")
    take(db, account_id, [server.remote("1.1", MIXED)])
    server.messages["INBOX", "1.1"] = skeleton
    server.fill(db, account_id)
    row = emails.get(db, email_id(db, "With a file"))
    assert row is not None
    assert [(one.name, one.size_octets) for one in row.attachments] == [("umowa.pdf", 62_914_560)]
    assert one(db, "SELECT count(*) FROM email_octets") == 0


def test_a_size_told_of_a_part_that_is_there_is_not_believed() -> None:
    message = MIXED.replace(b"\r\n\r\noctets", b"\r\nX-Dealbox-Size-Octets: 62914560\r\n\r\noctets")
    assert [one.size_octets for one in parse.parse(message).attachments] == [6]


def test_thread_keys_of_the_account_join_what_references_do_not(
    db: Database, account_id: AccountId, server: Server
) -> None:
    other = OFFER.replace(b"<1@", b"<2@").replace(b"Offer", b"Something else")
    take(db, account_id, [server.remote("1.1", OFFER, thread_key="77")])
    take(db, account_id, [server.remote("1.2", other, received_at=NOW + 1, thread_key="77")])
    assert one(db, "SELECT count(*) FROM thread") == 1
    assert invariants.check(db) == []


def test_no_message_id_can_be_a_thread_key(db: Database, account_id: AccountId, server: Server) -> None:
    hostile = b"Subject: x\r\nReferences: <\x0277> <77>\r\n\r\n"
    take(db, account_id, [server.remote("1.1", OFFER, thread_key="77")])
    take(db, account_id, [server.remote("1.2", hostile, received_at=NOW + 1)])
    assert one(db, "SELECT count(*) FROM thread") == 2


def test_a_mailbox_numbered_anew_keeps_its_places_and_what_is_to_be_done_there(
    db: Database, account_id: AccountId, server: Server
) -> None:
    second = OFFER.replace(b"<1@", b"<2@")
    old = [server.remote("7.1", OFFER), server.remote("7.2", second, received_at=NOW + 1)]
    take(db, account_id, old)
    places = db.read().execute("SELECT id, email_id FROM placement ORDER BY id").fetchall()
    actions.set_keyword(db, list(threads_of(db)), "$flagged", value=True)
    new = [replace(remote, key=makers.RemoteKey(f"8.{n}")) for n, remote in enumerate(old[::-1], 5)]
    take(
        db,
        account_id,
        new,
        renumbered=[INBOX.key],
        destroyed=[(INBOX, "7.1"), (INBOX, "7.2")],
        mailboxes=None,
    )
    assert db.read().execute("SELECT id, email_id FROM placement ORDER BY id").fetchall() == places
    assert {row[0] for row in db.read().execute("SELECT remote_key FROM placement").fetchall()} == {
        "8.5",
        "8.6",
    }
    assert one(db, "SELECT count(*) FROM open_operation") == 2
    assert one(db, "SELECT min(flagged) FROM email") == 1
    assert invariants.check(db) == []


def threads_of(db: Database) -> set[Any]:
    return {row[0] for row in db.read().execute("SELECT thread_id FROM email").fetchall()}


def test_two_copies_in_a_mailbox_numbered_anew_stay_two(
    db: Database, account_id: AccountId, server: Server
) -> None:
    take(db, account_id, [server.remote("7.1", OFFER), server.remote("7.2", OFFER)])
    new = [server.remote(f"8.{number}", OFFER) for number in range(3)]
    take(db, account_id, new, renumbered=[INBOX.key], mailboxes=None)
    take(db, account_id, new, renumbered=[INBOX.key], mailboxes=None)
    assert one(db, "SELECT count(*), count(DISTINCT substr(remote_key, 1, 1)) FROM placement") == (3, 1)


def test_elsewhere_a_new_key_is_another_place(db: Database, account_id: AccountId, server: Server) -> None:
    take(db, account_id, [server.remote("7.1", OFFER)])
    take(db, account_id, [server.remote("8.1", OFFER)], renumbered=[ARCHIVE.key])
    assert one(db, "SELECT count(*) FROM placement") == 2


def test_a_body_that_cannot_be_read_says_why_until_a_newer_version_can(
    db: Database, account_id: AccountId, server: Server
) -> None:
    assert fetching.retry_unread(db, 1) == 0
    take(db, account_id, [server.remote("1.1", OFFER)])
    poison = Filled(email_id(db, "Offer"), parse.placeholder(OFFER, "It could not be read in time."))
    ingest.fill(db, account_id, [poison])
    row = emails.get(db, poison.email_id)
    assert row is not None and row.problem == "It could not be read in time."
    assert (fetching.remaining(db, account_id), fetching.retry_unread(db, 1)) == (0, 0)
    assert fetching.retry_unread(db, 2) == 1
    assert server.fill(db, account_id) == 1
    row = emails.get(db, poison.email_id)
    assert row is not None and row.problem is None
    assert found(db, "printers") == 1
    assert one(db, "SELECT count(*) FROM body_wish") == 0
    assert invariants.check(db) == []


def test_words_that_were_told_otherwise_in_the_header_leave_the_index_as_they_went_in(
    db: Database, account_id: AccountId, server: Server
) -> None:
    take(db, account_id, [server.remote("1.1", OFFER)])
    server.messages["INBOX", "1.1"] = OFFER.replace(b"Ana Lima", b"Eve").replace(
        b"Subject: Offer", b"Subject: Lie"
    )
    server.fill(db, account_id)
    assert (found(db, "offer"), found(db, "lie"), found(db, "lima"), found(db, "printers")) == (1, 0, 1, 1)
    assert invariants.check(db) == []
    take(db, account_id, [], destroyed=[(INBOX, "1.1")])
    assert ingest.purge_orphans(db, account_id, older_than=1 << 40) == 1
    assert invariants.check(db) == []


def test_a_body_that_comes_while_the_index_is_made_anew_is_indexed_with_the_rest(
    db: Database, account_id: AccountId, server: Server
) -> None:
    take(db, account_id, [server.remote("1.1", OFFER)])
    with db.write() as connection:
        connection.execute("INSERT INTO email_text (email_text) VALUES ('delete-all')")
        connection.execute("INSERT INTO email_recent (email_recent) VALUES ('delete-all')")
        connection.execute("UPDATE meta SET value = 'other' WHERE key = 'index_version'")
    server.fill(db, account_id)
    reindexing.reindex_if_due(db)
    assert found(db, "printers") == 1
    assert invariants.check(db) == []


def test_what_became_of_a_message_is_told_with_it(
    db: Database, account_id: AccountId, server: Server
) -> None:
    sent = OFFER.replace(b"From: Ana Lima <ana@acme.example>", b"From: me@dealbox.example")
    (thread_id,) = take(db, account_id, [server.remote("1.1", sent)])
    take(db, account_id, [server.remote("1.2", REPORT, received_at=NOW + 1)])
    server.fill(db, account_id)
    (row,) = emails.in_thread(db, thread_id)
    (report,) = row.bounces
    assert [(person.email, person.status) for person in report.recipients] == [("ana@acme.example", "5.1.1")]
    assert thread_id in events.since(db, 0)[-1].thread_ids
    assert invariants.check(db) == []


def test_reports_say_nothing_of_what_others_sent(db: Database, account_id: AccountId, server: Server) -> None:
    take(
        db,
        account_id,
        [server.whole(server.remote("1.1", OFFER)), server.whole(server.remote("1.2", REPORT))],
    )
    row = emails.get(db, email_id(db, "Offer"))
    assert row is not None and row.bounces == ()
    assert one(db, "SELECT count(*) FROM bounce_about") == 1


def test_filling_gives_way_to_somebody_who_waits_to_write(
    db: Database, account_id: AccountId, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(db, account_id, [server.remote(f"1.{n}", OFFER, received_at=NOW + n) for n in range(100)])
    monkeypatch.setattr(database, "LONGEST_PAUSE_S", 0.001)
    monkeypatch.setattr(db, "is_wanted", lambda: True)
    before = events.newest(db)
    server.fill(db, account_id)
    assert events.newest(db) - before == 3
    assert fetching.remaining(db, account_id) == 0


def test_a_page_is_written_in_as_many_transactions_as_are_asked_for(
    db: Database, account_id: AccountId
) -> None:
    remotes = [a_remote(str(number), received_at=NOW + number) for number in range(100)]
    arrivals = [ingest.Arrival(remote, an_email(str(number))) for number, remote in enumerate(remotes)]
    before = events.newest(db)
    ingest.apply(db, account_id, makers.a_batch(remotes), arrivals, at_once=40)
    mail = [event for event in events.since(db, before) if event.kind == "mail"]
    assert len(mail) == 3
    assert one(db, "SELECT count(*) FROM email") == 100
