"""What mail of strangers made by itself: which conversations may make something, what is known of them, what was made."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mail.types import AccountId, EmailId, ThreadId
from store.crm.items import ItemKind, ItemRef
from store.database import Database

_MOST_RECIPIENTS: Final = 20


@dataclass(frozen=True, slots=True)
class FirstMail:
    """The first message of a conversation, and how things stand with it. Addresses are normalised.

    `recipients` are (address, name) of To and Cc. `is_in_sight`: not only in drafts, junk or trash. `is_linked`:
    something fills the slot, or it was emptied by hand. `is_copy`: it came by Smart BCC, `is_verified` from the owner.
    """

    thread_id: ThreadId
    account_id: AccountId
    email_id: EmailId
    at: int
    subject: str
    sender: str
    sender_name: str
    recipients: tuple[tuple[str, str], ...]
    is_outgoing: bool
    is_automatic: bool
    is_in_sight: bool
    is_linked: bool
    has_made: bool
    is_copy: bool
    is_verified: bool


@dataclass(frozen=True, slots=True)
class Made:
    """What a conversation made. `person_id` and `activity_id` are of what was made with the item."""

    thread_id: ThreadId
    email_id: EmailId
    item: ItemRef
    person_id: str | None
    activity_id: str | None
    address: str
    at: int


def due(db: Database, limit: int = 200) -> list[ThreadId]:
    """Return conversations that may make something and whose first message is read whole, oldest first."""
    rows = db.read().execute(
        "SELECT d.thread_id FROM create_due d WHERE NOT coalesce((SELECT e.is_header_only FROM email e"
        " WHERE e.thread_id = d.thread_id ORDER BY e.id LIMIT 1), 0) ORDER BY d.thread_id LIMIT ?",
        (limit,),
    )
    return [ThreadId(row[0]) for row in rows.fetchall()]


def settle(connection: sqlite3.Connection, thread_id: ThreadId) -> None:
    """Note that a conversation was looked at."""
    connection.execute("DELETE FROM create_due WHERE thread_id = ?", (thread_id,))


_FIRST: Final = (
    "SELECT e.thread_id, e.account_id, e.id, e.received_at, e.subject, e.is_outgoing,"
    " e.is_bulk OR e.is_auto_reply OR e.list_id IS NOT NULL, e.bcc_token IS NOT NULL, e.is_bcc_verified,"
    " EXISTS (SELECT 1 FROM placement p JOIN mailbox m ON m.id = p.mailbox_id WHERE p.email_id = e.id"
    " AND NOT p.is_destroyed AND coalesce(m.role, '') NOT IN ('drafts', 'junk', 'trash')),"
    " EXISTS (SELECT 1 FROM item_link l WHERE l.thread_id = e.thread_id AND l.slot = 'item'),"
    " EXISTS (SELECT 1 FROM auto_created c WHERE c.thread_id = e.thread_id)"
    " FROM email e WHERE e.thread_id = ? ORDER BY e.id LIMIT 1"
)


def first_mail(connection: sqlite3.Connection, thread_id: ThreadId) -> FirstMail | None:
    """Return what is known of how a conversation began, None when it is gone."""
    row = connection.execute(_FIRST, (thread_id,)).fetchone()
    if row is None:
        return None
    thread, account, email_id, at, subject, is_outgoing, is_automatic, is_copy, is_verified, *stands = row
    people = connection.execute(
        "SELECT p.role, a.email, p.name FROM participant p CROSS JOIN address a ON a.id = p.address_id"
        " WHERE p.email_id = ? AND p.role IN ('from', 'to', 'cc') ORDER BY p.role = 'cc', p.position LIMIT 200",
        (email_id,),
    ).fetchall()
    senders = [(email, name) for role, email, name in people if role == "from"]
    sender, sender_name = senders[0] if len(senders) == 1 else ("", "")
    in_sight, is_linked, has_made = map(bool, stands)
    return FirstMail(
        ThreadId(thread),
        AccountId(account),
        EmailId(email_id),
        at,
        subject,
        sender,
        sender_name,
        tuple((email, name) for role, email, name in people if role != "from")[:_MOST_RECIPIENTS],
        bool(is_outgoing),
        bool(is_automatic),
        in_sight,
        is_linked,
        has_made,
        bool(is_copy),
        bool(is_verified),
    )


def unknown(connection: sqlite3.Connection, addresses: Iterable[str]) -> set[str]:
    """Return those addresses that are of no person, and that nothing stands for that was made of mail before."""
    asked = set(addresses)
    rows = connection.execute(
        "SELECT j.value FROM json_each(?) j WHERE EXISTS (SELECT 1 FROM person_email e JOIN person p"
        " ON p.id = e.person_id WHERE e.email = j.value AND p.deleted_at IS NULL) OR EXISTS (SELECT 1"
        " FROM auto_created c WHERE c.address = j.value AND (EXISTS (SELECT 1 FROM lead l WHERE l.id = c.item_id"
        " AND l.deleted_at IS NULL) OR EXISTS (SELECT 1 FROM deal d WHERE d.id = c.item_id AND d.deleted_at IS NULL)))",
        (json.dumps(sorted(asked)),),
    ).fetchall()
    return asked - {row[0] for row in rows}


def get(db: Database, thread_id: ThreadId) -> Made | None:
    """Return what a conversation made by itself, None for nothing."""
    return read(db.read(), thread_id)


def read(connection: sqlite3.Connection, thread_id: ThreadId) -> Made | None:
    """Do what get() does, on a connection that may be in a transaction."""
    row = connection.execute(
        "SELECT thread_id, email_id, item_kind, item_id, person_id, activity_id, address, at FROM auto_created"
        " WHERE thread_id = ?",
        (thread_id,),
    ).fetchone()
    if row is None:
        return None
    thread, email_id, kind, item_id, *rest = row
    return Made(ThreadId(thread), EmailId(email_id), ItemRef(ItemKind(kind), item_id), *rest)


def has_more(connection: sqlite3.Connection, made: Made) -> bool:
    """Say whether the person made has become more than that: somebody other items, notes or plans are about."""
    if made.person_id is None:
        return False
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM deal WHERE person_id = ?1 AND id <> ?2 AND deleted_at IS NULL)"
        " OR EXISTS (SELECT 1 FROM lead WHERE person_id = ?1 AND id <> ?2 AND deleted_at IS NULL)"
        " OR EXISTS (SELECT 1 FROM project WHERE person_id = ?1 AND id <> ?2 AND deleted_at IS NULL)"
        " OR EXISTS (SELECT 1 FROM deal_participant WHERE person_id = ?1)"
        " OR EXISTS (SELECT 1 FROM note WHERE person_id = ?1 AND deleted_at IS NULL)"
        " OR EXISTS (SELECT 1 FROM activity WHERE person_id = ?1 AND id IS NOT ?3 AND deleted_at IS NULL)",
        (made.person_id, made.item.id, made.activity_id),
    ).fetchone()
    return bool(row[0])
