"""Somebody the CRM does not know, offered with what they sign with: name, title, telephone and company."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from mail import presend_words, signature_facts
from mail.signature_facts import SignatureFacts
from mail.types import ThreadId
from store import emails
from store.database import Database
from store.links import newcomer_facts
from store.links.contacts import PersonCard
from store.links.newcomer_facts import Stranger
from store.links.panel import Newcomer as Newcomer

_MACHINE: Final = re.compile(
    r"(?:no|do[._-]?not|never|nicht|ne)[._-]?(?:reply|antworten|repondre|responder|rispondere)|mailer-daemon|postmaster"
    r"|bounces?\b|notifications?\b|notify\b|newsletter|news\b|alerts?\b|automat|auto-|system\b|daemon|listserv|majordomo"
)
"""What the names before "@" begin with where no person writes."""


def of_people(db: Database, thread_id: ThreadId, people: Sequence[PersonCard]) -> Newcomer | None:
    """Return the first of these people who could be added to the CRM, None when all are known or are no people."""
    for stranger in newcomer_facts.strangers(db.read(), thread_id, people):
        if not stranger.is_bulk and not is_machine(stranger.email):
            return as_newcomer(stranger, _signed(db, stranger))
    return None


def is_machine(email: str) -> bool:
    """Say whether nobody reads what is sent to an address, going by its name."""
    local = email.partition("@")[0].lower()
    return local in presend_words.NO_REPLY or _MACHINE.match(local) is not None


def as_newcomer(stranger: Stranger, signed: SignatureFacts) -> Newcomer:
    """Return a stranger as they could be added: the header's name goes before the signature's, that before the address."""
    said = signature_facts.person_name(stranger.name)
    return Newcomer(
        email=stranger.email,
        name=said or signed.name or signature_facts.name_of_address(stranger.email),
        title=signed.title,
        phone=signed.phone,
        organization=stranger.organization or signed.company,
        organization_id=stranger.organization_id,
    )


def _signed(db: Database, stranger: Stranger) -> SignatureFacts:
    body = emails.body(db, stranger.email_id) if stranger.email_id is not None else None
    if body is None:
        return SignatureFacts()
    return signature_facts.read(body, signature_facts.person_name(stranger.name), stranger.email)
