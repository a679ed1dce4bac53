from __future__ import annotations

import json
from pathlib import Path

import makers
import pytest
from stored import Stored, a_stored_email, mailboxes_of

from linking import conversation, deciding, service
from linking.exchange import csv_items
from mail.keywords import FLAGGED, SEEN
from mail.types import Role, ThreadId
from store import actions
from store.crm import items
from store.database import Database


@pytest.fixture
def stored(db: Database, tmp_path: Path) -> Stored:
    directory = tmp_path / "crm"
    directory.mkdir()
    (directory / "organizations.csv").write_text("id,name\n5,Acme\n")
    (directory / "persons.csv").write_text("id,name,emails,org_id\n8,Ana Lima,ana@acme.example,5\n")
    (directory / "deals.csv").write_text("id,title,person_id,value,currency\n15,Printers,8,1234.50,EUR\n")
    csv_items.import_directory(db, directory, dry_run=False)
    account_id = makers.an_account(db)
    boxes = mailboxes_of(db, account_id)
    stored = a_stored_email(
        db, account_id, boxes[Role.INBOX], received_at=1_700_000_000, keywords=[SEEN, FLAGGED]
    )
    a_stored_email(
        db, account_id, boxes[Role.SENT], thread_id=stored.thread_id, received_at=1_700_000_060,
        is_outgoing=True, from_="me@dealbox.example", to=["ana@acme.example"], keywords=[SEEN],
    )  # fmt: skip
    return stored


def test_a_conversation_has_the_names_scripts_rely_on(db: Database, stored: Stored) -> None:
    found = conversation.as_json(db, stored.thread_id)
    assert list(found) == [
        "id", "subject", "mailboxes", "keywords", "messages", "item", "persons", "organizations", "visibility", "link",
    ]  # fmt: skip
    assert (found["id"], found["subject"], found["visibility"]) == (stored.thread_id, "Quote", "private")
    assert found["mailboxes"] == ["Inbox", "Sent"]
    assert found["keywords"] == [FLAGGED, SEEN]
    json.dumps(found)


def test_messages_come_oldest_first_with_utc_times(db: Database, stored: Stored) -> None:
    messages = conversation.as_json(db, stored.thread_id)["messages"]
    assert isinstance(messages, list)
    first, second = messages
    assert first["received_at"] == "2023-11-14T22:13:20Z"
    assert first["from"] == [{"name": "", "email": "ana@acme.example"}]
    assert first["to"] == [{"name": "", "email": "me@dealbox.example"}]
    assert first["cc"] == []
    assert (first["mailbox"], second["mailbox"]) == ("Inbox", "Sent")
    assert first["message_id"].endswith("@example.org")


def test_people_are_told_by_the_ids_they_came_with(db: Database, stored: Stored) -> None:
    found = conversation.as_json(db, stored.thread_id)
    (person,) = found["persons"]  # type: ignore[misc] # a list
    assert (person["external_ref"], person["name"], person["email"]) == ("8", "Ana Lima", "ana@acme.example")
    (organization,) = found["organizations"]  # type: ignore[misc] # a list
    assert (organization["external_ref"], organization["name"]) == ("5", "Acme")


def test_a_link_is_told_with_its_origin_and_reason(db: Database, stored: Stored) -> None:
    assert conversation.as_json(db, stored.thread_id)["item"] is None
    ref = items.find(db, "deal:15")
    assert ref is not None
    service.link(db, stored.thread_id, ref)
    found = conversation.as_json(db, stored.thread_id)
    item = found["item"]
    assert isinstance(item, dict)
    assert (item["kind"], item["id"], item["external_ref"], item["value"]) == (
        "deal",
        ref.id,
        "15",
        "1234.50",
    )
    link = found["link"]
    assert isinstance(link, dict)
    assert (link["state"], link["origin"], link["reason"]) == ("linked", "manual", "linked by hand")


def test_what_is_not_there_is_refused(db: Database) -> None:
    with pytest.raises(conversation.NoConversation, match="no conversation 7"):
        conversation.as_json(db, ThreadId(7))


def test_a_conversation_is_seen_only_when_every_message_is(db: Database) -> None:
    account_id = makers.an_account(db)
    inbox = mailboxes_of(db, account_id)[Role.INBOX]
    unread = a_stored_email(db, account_id, inbox, keywords=[FLAGGED])
    assert conversation.as_json(db, unread.thread_id)["keywords"] == [FLAGGED]


def test_a_time_that_is_not_known_is_null() -> None:
    assert conversation.moment(None) is None


def judged(db: Database, stored: Stored) -> dict[str, object]:
    """Return the JSON after the deal was made to be open, and what came was judged."""
    deciding.decide_due(db)
    return conversation.as_json(db, stored.thread_id)


def link_of(told: dict[str, object]) -> dict[str, object]:
    link = told["link"]
    assert isinstance(link, dict)
    return link


def test_what_the_rules_said_is_told_by_its_code(db: Database, stored: Stored) -> None:
    link = link_of(judged(db, stored))
    assert (link["state"], link["code"], link["candidates"]) == ("none", "item_newer_than_conversation", [
        {"kind": "deal", "id": items.find(db, "deal:15").id, "external_ref": "15", "title": "Printers", "status": "open"}  # type: ignore[union-attr] # it is there
    ])  # fmt: skip


def test_what_a_person_did_counts_more_than_what_the_rules_said(db: Database, stored: Stored) -> None:
    judged(db, stored)
    ref = items.find(db, "deal:15")
    assert ref is not None
    service.link(db, stored.thread_id, ref)
    link = link_of(conversation.as_json(db, stored.thread_id))
    assert (link["state"], link["code"], link["candidates"]) == ("linked", "already_linked", [])
    service.unlink(db, stored.thread_id)
    link = link_of(conversation.as_json(db, stored.thread_id))
    assert (link["state"], link["code"]) == ("unlinked_by_hand", "manually_unlinked")


def test_mail_in_the_trash_is_linked_to_nobody_unless_a_person_says_so(db: Database, stored: Stored) -> None:
    actions.move(db, [stored.thread_id], None, Role.TRASH)
    told = judged(db, stored)
    assert (told["persons"], told["organizations"], link_of(told)["code"]) == ([], [], "excluded_folder")
    ref = items.find(db, "deal:15")
    assert ref is not None
    service.link(db, stored.thread_id, ref)
    assert conversation.as_json(db, stored.thread_id)["persons"] != []


def test_who_is_among_the_exceptions_is_not_linked(db: Database, stored: Stored) -> None:
    with db.write() as connection:
        connection.execute(
            "INSERT INTO crm_exception (id, pattern, effect, created_at, updated_at) VALUES ('1', '@acme.example', 'block', 0, 0)"
        )
    assert conversation.as_json(db, stored.thread_id)["persons"] == []
