"""Mail as the worker takes it in and judges it, and deals it may be about."""

from __future__ import annotations

from typing import Any

import crm_rows
import makers
from makers import INBOX, NOW, a_batch, a_remote, an_address, an_email

from linking import deciding
from mail.types import AccountId, Email, ThreadId
from store import ingest, threads
from store.crm import items
from store.crm.items import ItemRef
from store.database import Database
from store.ingest import Arrival
from store.links import decisions, links

ANA, BOB = "ana@acme.example", "bob@beta.example"
OLDER = NOW - 1_000


def a_deal(db: Database, title: str, email: str, created_at: int = OLDER) -> ItemRef:
    """Insert a deal with a person of that address."""
    row = db.read().execute("SELECT person_id FROM person_email WHERE email = ?", (email,)).fetchone()
    ref = crm_rows.a_deal(db, title, row[0] if row else crm_rows.a_person(db, email, email))
    with db.write() as connection:
        connection.execute("UPDATE deal SET created_at = ? WHERE id = ?", (created_at, ref.id))
    return ref


def change(db: Database, deal: ItemRef, **values: object) -> None:
    with db.write() as connection:
        for column, value in values.items():
            connection.execute(f"UPDATE deal SET {column} = ? WHERE id = ?", (value, deal.id))


class Mail:
    """Takes mail in as the worker does, and says what became of it."""

    def __init__(self, db: Database, account_id: AccountId) -> None:
        self.db = db
        self.account_id = account_id
        self.count = 0

    def come(self, at: int, *, sender: str = ANA, to: str = "me@dealbox.example", after: str | None = None,
             box: makers.RemoteMailbox = INBOX, **changes: Any) -> str:  # fmt: skip
        """Take a message in and return its Message-ID; nothing is judged yet."""
        self.count += 1
        message_id = f"n{self.count}@example.org"
        email = an_email(
            f"{self.count}", message_id=message_id, from_=(an_address(sender),), to=(an_address(to),),
            in_reply_to=() if after is None else (after,), **changes,
        )  # fmt: skip
        self.take(a_remote(str(self.count), box, received_at=at), email)
        return message_id

    def take(self, remote: makers.RemoteEmail, email: Email | None = None, **batch: Any) -> None:
        ingest.apply(self.db, self.account_id, a_batch([remote], **batch), [Arrival(remote, email)])

    def judge(self) -> int:
        return deciding.decide_due(self.db)

    def thread(self, message_id: str) -> ThreadId:
        found = threads.by_message_id(self.db, self.account_id, message_id)
        assert found is not None
        return found

    def linked(self, message_id: str) -> ItemRef | None:
        slot = links.slot(self.db, self.thread(message_id))
        return items.find(self.db, f"{slot.item_kind}:{slot.item_id}") if slot and slot.item_id else None

    def origin(self, message_id: str) -> str | None:
        slot = links.slot(self.db, self.thread(message_id))
        return slot.origin if slot else None

    def reason(self, message_id: str) -> str | None:
        found = decisions.get(self.db.read(), self.thread(message_id))
        return found.reason if found else None
