"""What doctor tells of accounts on servers without asking them."""

from __future__ import annotations

import time
from typing import Any

import pytest
from stored import a_stored_email, mailboxes_of

from mail.drafts import Draft
from mail.types import AccountId, Address, MailboxKey, RemoteKey, Role, SafeText
from store import accounts, actions, fetching
from store.database import Database
from store.fetching import BodyWanted
from store.health import checks
from store.secret import secrets
from store.sending import drafts, submissions


@pytest.fixture
def account_id(db: Database) -> AccountId:
    secrets.choose(db.directory, "keyring")
    return accounts.add(db, "imap", "Work", "ana@acme.example", {})


def told(db: Database, level: str, about: str) -> list[str]:
    return [each.text for each in checks.check(db) if (each.level, each.about) == (level, about)]


def queued(db: Database, account_id: AccountId, **columns: Any) -> None:
    ana = Address(SafeText("Ana"), SafeText("ana@acme.example"))
    draft = drafts.begin(db, account_id, Draft(sender=ana, to=(ana,), subject="Offer", body="Hello\n"))
    row = submissions.queue(db, draft.id, not_before=int(time.time()) + 3_600)
    with db.write() as connection:
        for name, value in columns.items():
            connection.execute(f"UPDATE submission SET {name} = ? WHERE id = ?", (value, row.id))


def test_findings_of_an_account_name_it_by_its_address(db: Database, account_id: AccountId) -> None:
    assert {each.account for each in checks.check(db) if each.about == "account"} == {"ana@acme.example"}


def test_bodies_still_to_come_and_those_that_failed_are_told(db: Database, account_id: AccountId) -> None:
    boxes = mailboxes_of(db, account_id)
    stored = [a_stored_email(db, account_id, boxes[Role.INBOX]) for _ in range(3)]
    with db.write() as connection:
        connection.execute("UPDATE email SET is_header_only = 1")
    body = BodyWanted(stored[0].email_id, MailboxKey("INBOX"), RemoteKey("1.1"), 100, 0)
    fetching.failed(db, account_id, [(body, "the connection was lost")], int(time.time()))
    (note,) = told(db, "note", "bodies")
    assert note.startswith("Work: the texts of 3 messages are still to be fetched")
    (warning,) = told(db, "warning", "bodies")
    assert warning.startswith(
        "Work: the text of one message could not be fetched: the connection was lost, tried again 20"
    )


def test_an_operation_tried_in_vain_is_told_with_what_to_do(db: Database, account_id: AccountId) -> None:
    boxes = mailboxes_of(db, account_id)
    two = [a_stored_email(db, account_id, boxes[Role.INBOX]).thread_id for _ in range(2)]
    actions.move(db, two, boxes[Role.INBOX], Role.ARCHIVE)
    with db.write() as connection:
        connection.execute("UPDATE operation SET attempts = 20, error = 'the server is busy'")
    (text,) = told(db, "warning", "operation")
    assert text.startswith("Work could not move 2 messages, tried 20 times: the server is busy; press g j")


@pytest.mark.parametrize(
    ("columns", "level", "words"),
    [
        ({}, "note", "Work: “Offer” goes out 20"),
        ({"attempts": 3, "error": "greylisted"}, "note", "could not be sent yet, tried 3 times, again 20"),
        ({"attempts": 3, "error": "x", "created_at": 5}, "warning", "could not be sent yet, tried 3 times"),
        (
            {"state": "unknown", "error": "Lost."},
            "warning",
            "may have been sent and may not: press g o and say which. Lost.",
        ),
        (
            {"state": "rejected", "error": "550 no.", "finished_at": 2**40},
            "warning",
            "was refused: 550 no. Press g o",
        ),
        (
            {"state": "filed", "refused": '{"bo@b.example": "550"}', "finished_at": 2**40},
            "warning",
            "did not reach bo@b.example",
        ),
        ({"subject": "", "state": "unknown"}, "warning", "a message without a subject may have been sent"),
    ],
)
def test_messages_on_their_way_out_are_told(
    db: Database, account_id: AccountId, columns: dict[str, Any], level: str, words: str
) -> None:
    queued(db, account_id, **columns)
    (text,) = told(db, level, "sending")
    assert words in text


def test_where_passwords_live_is_told_when_it_matters(db: Database, account_id: AccountId) -> None:
    assert told(db, "note", "secrets") == told(db, "error", "secrets") == []
    secrets.choose(db.directory, "plain")
    assert "in a plain file" in told(db, "note", "secrets")[0]
    choice = db.directory / secrets.CHOICE_NAME
    choice.write_text("kind = 7")
    assert "kind must be one of" in told(db, "error", "secrets")[0]
    choice.unlink()
    assert "no place for its password has been chosen yet" in told(db, "error", "secrets")[0]
