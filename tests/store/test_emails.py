from __future__ import annotations

import os
from pathlib import Path

import makers
import pytest
from makers import INBOX, NOW, a_batch, a_remote, an_address, an_email

from mail.types import EmailId
from store import emails, ingest
from store.database import Database
from store.ingest import Arrival

MESSAGE = b"Subject: Offer\r\nX-One: 1\r\n\r\nHello"


def a_kept_file(db: Database, path: Path) -> EmailId:
    """Let a Maildir's message be known under this path."""
    account_id = makers.an_account(db)
    email = an_email(octets_hash=ingest.hash_of(MESSAGE), size_octets=len(MESSAGE))
    remote = a_remote("1700.a", message=MESSAGE, path=os.fspath(path))
    ingest.apply(db, account_id, a_batch([remote]), [Arrival(remote, email)])
    return EmailId(db.read().execute("SELECT id FROM email").fetchone()[0])


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("cur", "new", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_the_octets_of_a_maildir_stay_where_they_lie(db: Database, maildir: Path) -> None:
    path = maildir / "new" / "1700.a"
    path.write_bytes(MESSAGE)
    email_id = a_kept_file(db, path)
    assert db.read().execute("SELECT count(*) FROM email_octets").fetchone()[0] == 0
    assert emails.octets(db, email_id) == MESSAGE
    assert [name for name, _ in emails.headers(db, email_id)] == ["Subject", "X-One"]


def test_a_file_renamed_by_its_flags_is_found_again(db: Database, maildir: Path) -> None:
    email_id = a_kept_file(db, maildir / "new" / "1700.a")
    (maildir / "cur" / "1700.ab:2,S").write_bytes(MESSAGE)
    with pytest.raises(emails.OctetsGone):
        emails.octets(db, email_id)
    (maildir / "cur" / "1700.a:2,FS").write_bytes(MESSAGE)
    assert emails.octets(db, email_id) == MESSAGE


def test_another_message_under_the_same_name_is_not_it(db: Database, maildir: Path) -> None:
    path = maildir / "cur" / "1700.a:2,"
    email_id = a_kept_file(db, path)
    path.write_bytes(MESSAGE.replace(b"Hello", b"Hullo"))
    with pytest.raises(emails.OctetsGone):
        emails.octets(db, email_id)


def test_a_pipe_or_a_directory_in_its_place_does_not_hold_the_reader_up(db: Database, maildir: Path) -> None:
    path = maildir / "cur" / "1700.a:2,"
    email_id = a_kept_file(db, path)
    os.mkfifo(path)
    with pytest.raises(emails.OctetsGone):
        emails.octets(db, email_id)
    path.unlink()
    path.mkdir()
    with pytest.raises(emails.OctetsGone):
        emails.octets(db, email_id)


def test_a_path_that_is_not_utf_8_is_kept(db: Database, maildir: Path) -> None:
    path = maildir / "cur" / os.fsdecode(b"1700.\xff:2,")
    path.write_bytes(MESSAGE)
    assert emails.octets(db, a_kept_file(db, path)) == MESSAGE


def test_an_email_that_is_not_there_is_gone(db: Database) -> None:
    with pytest.raises(emails.OctetsGone):
        emails.octets(db, EmailId(5))
    assert emails.body(db, EmailId(5)) is None
    assert emails.get(db, EmailId(5)) is None


def test_a_thread_is_read_oldest_first_and_of_a_long_one_the_newest(db: Database) -> None:
    account_id = makers.an_account(db)
    told = [
        (a_remote(str(n), received_at=NOW + n), an_email(str(n), message_id=f"{n}@x", references=("0@x",)))
        for n in range(5)
    ]
    (thread_id,) = ingest.apply(
        db, account_id, a_batch([remote for remote, _ in told]), [Arrival(*one) for one in told]
    )
    assert [row.preview for row in emails.in_thread(db, thread_id)] == ["0", "1", "2", "3", "4"]
    assert [row.preview for row in emails.in_thread(db, thread_id, limit=2)] == ["3", "4"]


def test_the_head_of_an_email_says_all_the_reader_shows(db: Database) -> None:
    account_id = makers.an_account(db)
    email = an_email(
        "Hello",
        to=(an_address("b@x.example", "Bob"), an_address("c@x.example")),
        cc=(an_address("d@x.example"),),
        reply_to=(an_address("r@x.example"),),
        attachments=(makers.an_attachment("10", "b.pdf"), makers.an_attachment("2.1", "a.pdf")),
    )
    remote = a_remote("a", INBOX, ["$seen", "work"])
    (thread_id,) = ingest.apply(db, account_id, a_batch([remote]), [Arrival(remote, email)])
    (row,) = emails.in_thread(db, thread_id)
    assert (row.from_, row.to, row.cc, row.reply_to, row.bcc) == (
        email.from_,
        email.to,
        email.cc,
        email.reply_to,
        (),
    )
    assert [attachment.name for attachment in row.attachments] == ["a.pdf", "b.pdf"]
    assert row.keywords == {"$seen", "work"}
    assert row.mailboxes == ("Inbox",)
    assert emails.get(db, row.id) == row
    assert emails.body(db, row.id) == email.body
