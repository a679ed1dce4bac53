"""What a list says of conversations that wait to be linked."""

from __future__ import annotations

import makers
import pytest
from stored import a_stored_email, mailboxes_of

from mail.types import Role
from store.database import Database
from store.links import to_file
from store.thread_list import ThreadList


@pytest.mark.parametrize(
    ("reason", "mark"), [("ambiguous", "!"), ("no_open_item", "?"), ("unknown_contact", ""), ("bulk", "")]
)
def test_a_list_marks_what_waits_to_be_linked(db: Database, reason: str, mark: str) -> None:
    account_id = makers.an_account(db)
    boxes = mailboxes_of(db, account_id)
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    with db.write() as connection:
        connection.execute(
            "INSERT INTO link_decision (thread_id, email_id, reason, rules_version, at) VALUES (?, 1, ?, 1, 0)",
            (stored.thread_id, reason),
        )
        to_file.follow(connection, [stored.thread_id])
    row = ThreadList(db, [boxes[Role.INBOX]]).row(0)
    assert row is not None and row.link_mark == mark
