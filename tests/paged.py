"""What item pages tell, and the mail and rows tests of them are made from."""

from __future__ import annotations

from typing import Any

import stored

from linking import standing
from mail.types import AccountId, MailboxId, Role, ThreadId
from store import events
from store.crm import item_page
from store.crm.item_conversations import ItemConversations
from store.crm.item_page import PageFacts
from store.crm.item_refs import PageKind, PageRef
from store.crm.items import ItemRef
from store.database import Database


def read(db: Database, item: PageRef | ItemRef) -> PageFacts:
    facts = item_page.read(db, item)
    assert facts is not None
    return facts


def organization(org_id: str) -> PageRef:
    return PageRef(PageKind.ORGANIZATION, org_id)


def person(person_id: str) -> PageRef:
    return PageRef(PageKind.PERSON, person_id)


def listed(db: Database, item: PageRef | ItemRef) -> list[ThreadId]:
    source = ItemConversations(db, PageRef.of(item), standing.can_see)
    rows = [source.row(index) for index in range(source.count)]
    return [row.thread_id for row in rows if row is not None]


def do(db: Database, statement: str, *values: object) -> None:
    with db.write() as connection:
        connection.execute(statement, values)
        events.record(connection, "items")


def a_thread(db: Database, account: AccountId, boxes: dict[Role, MailboxId], **changes: Any) -> ThreadId:
    return stored.a_stored_email(db, account, boxes[changes.pop("box", Role.INBOX)], **changes).thread_id
