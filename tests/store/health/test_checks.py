from __future__ import annotations

import time

import makers
import pytest
from stored import a_stored_email, mailboxes_of, next_one

from mail.types import Role
from store import accounts, actions, outbox, schema
from store.database import Database
from store.health import accounts as health_accounts
from store.health import checks
from store.health import files as health_files


def told(db: Database, level: str) -> list[str]:
    return [finding.text for finding in checks.check(db) if finding.level == level]


def test_a_new_store_has_nothing_wrong(db: Database) -> None:
    assert told(db, "error") == []
    assert told(db, "warning") == []
    newest = schema.numbers()[-1]
    assert any(f"version {newest} of {newest}" in text for text in told(db, "note"))


def test_a_file_others_can_open_is_an_error_with_the_command_that_mends_it(db: Database) -> None:
    path = db.directory / "worker.log"
    path.touch(mode=0o600)
    path.chmod(0o644)
    assert told(db, "error") == [f"{path} can be opened by others: run  chmod 600 {path}"]


def test_an_account_in_trouble_says_what_to_do(db: Database) -> None:
    account_id = makers.an_account(db)
    accounts.set_status(db, account_id, "error", "The Maildir /m is gone: mount it, or remove the account.")
    assert told(db, "error") == ["Me: The Maildir /m is gone: mount it, or remove the account."]


def test_a_wrong_counter_is_found(db: Database) -> None:
    account_id = makers.an_account(db)
    boxes = mailboxes_of(db, account_id)
    a_stored_email(db, account_id, boxes[Role.INBOX])
    with db.write() as connection:
        connection.execute("UPDATE mailbox SET total_threads = 7 WHERE role = 'inbox'")
    assert told(db, "error") != []


def test_operations_that_wait_or_were_refused_are_told(db: Database) -> None:
    account_id = makers.an_account(db)
    boxes = mailboxes_of(db, account_id)
    one, two = (a_stored_email(db, account_id, boxes[Role.INBOX]) for _ in range(2))
    actions.move(db, [one.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    operation = next_one(db, account_id, 2**40)
    assert operation is not None
    outbox.settle(db, [(operation.id, "read-only")])
    actions.move(db, [two.thread_id], boxes[Role.INBOX], Role.TRASH)
    assert "Me refused to move: read-only" in told(db, "warning")
    assert "1 operation waits to be carried out" in told(db, "note")


def test_a_message_that_could_not_be_read_is_named(db: Database) -> None:
    account_id = makers.an_account(db)
    boxes = mailboxes_of(db, account_id)
    with db.write() as connection:
        connection.execute(
            "INSERT INTO unreadable VALUES (?, 'k9', 3, 'permission denied', ?)",
            (boxes[Role.INBOX], int(time.time())),
        )
    assert "k9 in Inbox could not be read: permission denied" in told(db, "warning")


def test_a_disk_that_is_nearly_full_is_told(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_files, "LEAST_FREE_OCTETS", 10**18)
    assert any("make room" in text for text in told(db, "error"))


def test_an_account_that_waits_or_is_still_coming_says_how_far_it_is(db: Database) -> None:
    account_id = makers.an_account(db)
    accounts.set_progress(db, account_id, 1_200, 5_000)
    accounts.set_status(db, account_id, "waiting", "")
    assert told(db, "warning") == ["Me: waiting to try again"]
    assert "Me: 1,200 of 5,000 messages are here" in told(db, "note")
    assert "Me: was never in step yet" in told(db, "note")


def test_an_operation_nobody_asked_the_account_for_in_a_day_is_told(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = makers.an_account(db)
    boxes = mailboxes_of(db, account_id)
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    actions.move(db, [stored.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    monkeypatch.setattr(health_accounts, "LATE_OPERATION_S", -1)
    assert "Me has not been asked to move for over a day" in told(db, "warning")


def test_a_row_that_refers_to_nothing_is_an_error(db: Database) -> None:
    connection = db.read()
    connection.execute("PRAGMA foreign_keys=OFF")
    with db.write():
        connection.execute("INSERT INTO email_body (email_id, body) VALUES (77, x'00')")
    assert any(
        "of email_body refers to a row of email that is not there" in text for text in told(db, "error")
    )


def test_a_file_of_another_user_is_an_error(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 12_345)
    assert any("belongs to another user" in text for text in told(db, "error"))


def test_broken_messages_are_counted(db: Database) -> None:
    account_id = makers.an_account(db)
    boxes = mailboxes_of(db, account_id)
    for _ in range(2):
        a_stored_email(db, account_id, boxes[Role.INBOX])
    with db.write() as connection:
        connection.execute("UPDATE email SET problem = 'cut'")
    assert "broken messages shown as placeholders, which can be exported: 2" in told(db, "note")


@pytest.mark.parametrize(
    ("state", "level", "text"),
    [
        ("writing", "note", "the import of deals.csv is at 25 %: the worker carries on what was cut off"),
        (
            "lost",
            "warning",
            "the import of deals.csv was cut off and its plan is gone: import the file again",
        ),
        ("done", "note", ""),
    ],
)
def test_an_import_that_is_there_by_half_is_told(db: Database, state: str, level: str, text: str) -> None:
    with db.write() as connection:
        connection.execute("INSERT INTO import_run VALUES ('i', 'deals.csv', ?, 4, 1, 0)", (state,))
    assert any(text in line for line in told(db, level) if "import of" in line) == bool(text)
