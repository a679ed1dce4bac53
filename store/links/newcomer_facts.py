"""What is known of somebody in a conversation whom the CRM does not know: what they wrote last, and their company."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mail.addresses import domain
from mail.freemail import is_freemail
from mail.types import EmailId, ThreadId
from store.links.contacts import MOST_EMAILS, PersonCard

_MOST_STRANGERS: Final = 5
_LARGEST_BODY: Final = 200_000
"""Octets of a packed body that is still read for its signature: nobody is to wait for what a large one unpacks to."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody the CRM does not know. `email_id` is the newest message they wrote here, None when there is none to read.

    `is_bulk`: a machine wrote it, or it went to many. The organization is the one with the domain of the address.
    """

    email: str
    name: str
    email_id: EmailId | None
    is_bulk: bool
    organization: str
    organization_id: str | None


def strangers(
    connection: sqlite3.Connection, thread_id: ThreadId, people: Sequence[PersonCard]
) -> tuple[Stranger, ...]:
    """Return whom of these people the CRM does not know, in their order; nobody whom somebody said to be nobody."""
    said = connection.execute(
        "SELECT email FROM participant_override WHERE thread_id = ? LIMIT 200", (thread_id,)
    )
    by_hand = {email for (email,) in said.fetchall()}
    unknown = [card for card in people if card.id is None and card.email not in by_hand]
    return tuple(_stranger(connection, thread_id, card) for card in unknown[:_MOST_STRANGERS])


def _stranger(connection: sqlite3.Connection, thread_id: ThreadId, card: PersonCard) -> Stranger:
    wrote = connection.execute(
        "SELECT e.id, e.is_bulk OR e.is_auto_reply OR e.list_id IS NOT NULL,"
        " coalesce((SELECT length(body) FROM email_body WHERE email_id = e.id), 0) FROM (SELECT * FROM email"
        " WHERE thread_id = ?1 ORDER BY received_at DESC LIMIT ?2) e CROSS JOIN participant p ON p.email_id = e.id"
        " AND p.role = 'from' AND p.address_id = (SELECT id FROM address WHERE email = ?3) ORDER BY e.received_at DESC LIMIT 1",
        (thread_id, MOST_EMAILS, card.email),
    ).fetchone()
    is_bulk = bool(wrote and wrote[1])
    email_id = EmailId(wrote[0]) if wrote and wrote[2] <= _LARGEST_BODY else None
    organization_id, organization = organization_of(connection, card.email)
    return Stranger(card.email, card.name, email_id, is_bulk, organization, organization_id)


def organization_of(connection: sqlite3.Connection, email: str) -> tuple[str | None, str]:
    """Return id and name of the only organization with the domain of an address or the nearest above it; (None, "")."""
    labels = domain(email).split(".")
    for at in range(min(len(labels) - 1, 5)):
        name = ".".join(labels[at:])
        if is_freemail(name):
            break
        rows = connection.execute(
            "SELECT o.id, o.name FROM organization_domain d CROSS JOIN organization o ON o.id = d.organization_id"
            " WHERE d.domain = ? AND o.deleted_at IS NULL LIMIT 2",
            (name,),
        ).fetchall()
        if rows:
            return rows[0] if len(rows) == 1 else (None, "")
    return None, ""
