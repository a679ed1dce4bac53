"""Leads and deals that mail of strangers makes by itself, where an account is set to (M90, M97-M105, D21)."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from linking import earlier
from linking.creating_rules import Skip, Standing, refusal, refusal_of_copy, title_of
from linking.newcomer import as_newcomer, is_machine
from linking.taking_back import CannotLink as CannotLink
from linking.taking_back import take_back as take_back
from mail import signature_facts
from mail.types import EmailId, ThreadId
from store import emails, events
from store.crm import activities, item_edits, stages, users
from store.crm import audit as crm_audit
from store.crm import changes as crm_changes
from store.crm.changes import Change
from store.crm.item_checks import BadItem
from store.crm.items import ItemKind, ItemRef
from store.database import Database, all_or_nothing
from store.links import (
    account_crm,
    auto_created,
    bcc_tokens,
    decisions,
    exceptions,
    newcomer_facts,
    slots,
    to_file,
)
from store.links.account_crm import AccountCrm
from store.links.auto_created import FirstMail, Made
from store.links.decisions import Settings
from store.links.newcomer_facts import Stranger
from store.links.panel import Newcomer
from store.links.slots import Slot

_DAY_S: Final = 86_400


def create_due(db: Database, *, may_go_on: Callable[[], bool] = lambda: True) -> int:
    """Make what mail of strangers is to make, each in one transaction, and return how many conversations did.

    Whatever cuts it short, each makes it once: what was looked at is due no more when its transaction ends.
    """
    count = 0
    while may_go_on() and (waiting := auto_created.due(db)):
        for thread_id in waiting:
            if not may_go_on():
                break
            db.give_way()
            signed = _signed_by(db, thread_id)
            with db.write(is_durable=False) as connection:
                count += _look_at(connection, thread_id, signed)
                auto_created.settle(connection, thread_id)
    return count


def _signed_by(db: Database, thread_id: ThreadId) -> signature_facts.SignatureFacts:
    """Return what the sender of a conversation's first message signs with."""
    mail = auto_created.first_mail(db.read(), thread_id)
    body = None if mail is None or mail.is_outgoing else emails.body(db, mail.email_id)
    if mail is None or body is None:
        return signature_facts.SignatureFacts()
    return signature_facts.read(body, signature_facts.person_name(mail.sender_name), mail.sender)


def _look_at(
    connection: sqlite3.Connection, thread_id: ThreadId, signed: signature_facts.SignatureFacts
) -> bool:
    """Make what a conversation is to make, and say whether it made anything."""
    mail = auto_created.first_mail(connection, thread_id)
    if mail is None:
        return False
    common = decisions.settings(connection)
    standing = _standing(connection, mail, common)
    if mail.is_copy:
        return refusal_of_copy(mail, standing) is None and _add_recipients(connection, mail, common)
    reason = refusal(mail, standing)
    if reason is Skip.KNOWN:  # another conversation has made the person: now it may be linked
        decisions.mark(connection, [thread_id])
    if reason is not None:
        return False
    newcomer = as_newcomer(_stranger(connection, mail.sender, mail.sender_name, mail.email_id), signed)
    try:
        with all_or_nothing(connection):
            _make(connection, mail, standing.settings, newcomer)
    except BadItem as error:
        text = f"Mail of {mail.sender} made no {standing.settings.creates}: {error}"
        events.record(connection, "items", text=text, thread_ids=[thread_id])
        return False
    return True


def _standing(connection: sqlite3.Connection, mail: FirstMail, common: Settings) -> Standing:
    account = common.accounts.get(mail.account_id)
    return Standing(
        account_crm.read(connection, mail.account_id),
        is_spam_the_inbox=account is not None and account.is_spam_the_inbox,
        is_internal=common.us.include(mail.sender),
        is_exception=_is_exception(connection, mail.sender),
        is_known=not auto_created.unknown(connection, [mail.sender]),
    )


def _is_exception(connection: sqlite3.Connection, email: str) -> bool:
    return any(exceptions.is_covered(connection, [email], effect) for effect in ("block", "no_create"))


def _stranger(connection: sqlite3.Connection, email: str, name: str, email_id: EmailId | None) -> Stranger:
    org_id, organization = newcomer_facts.organization_of(connection, email)
    return Stranger(email, name, email_id, False, organization, org_id)


def _make(connection: sqlite3.Connection, mail: FirstMail, settings: AccountCrm, newcomer: Newcomer) -> None:
    now = int(time.time())
    owner_id = account_crm.take_turn(connection, settings) or users.me(connection).id
    person_id = _add_person(connection, mail, newcomer, owner_id, now)
    item = _add_item(connection, mail, settings, newcomer, person_id, owner_id, now)
    activity_id = _plan(connection, mail, settings, item, now)
    slot = Slot(item.kind.value, item.id, "auto", "", now, "made from this conversation")
    slots.put(connection, mail.thread_id, slot)
    to_file.follow(connection, [mail.thread_id])
    made = Made(mail.thread_id, mail.email_id, item, person_id, activity_id, mail.sender, now)
    _note(connection, made, settings, now)
    title = title_of(mail, newcomer.name)
    text = f"New {item.kind.value}: {title} ({newcomer.name})"
    events.record(connection, "items", text=text, thread_ids=[mail.thread_id])


def _add_person(
    connection: sqlite3.Connection, mail: FirstMail, newcomer: Newcomer, owner_id: str, now: int
) -> str:
    """Add somebody, which shows none of their earlier conversations to others (D12)."""
    held = earlier.Held(connection, {newcomer.email}, but=mail.thread_id)
    values: dict[str, object] = {
        "name": newcomer.name,
        "title": newcomer.title,
        "org_id": newcomer.organization_id,
        "owner_id": owner_id,
        "emails": [newcomer.email],
    }
    if newcomer.phone:
        values["phones"] = [newcomer.phone]
    planned = item_edits.additions(connection, ItemKind.PERSON, values, now)
    crm_changes.apply(connection, planned.changes, now)
    held.back(now)
    return planned.ref.id


def _add_item(
    connection: sqlite3.Connection,
    mail: FirstMail,
    settings: AccountCrm,
    newcomer: Newcomer,
    person_id: str,
    owner_id: str,
    now: int,
) -> ItemRef:
    """Make the lead or deal. It is as old as the mail it began with, so that the rules find it there before the mail."""
    kind = ItemKind(settings.creates)
    values: dict[str, object] = {
        "title": title_of(mail, newcomer.name),
        "person_id": person_id,
        "org_id": newcomer.organization_id,
        "owner_id": owner_id,
    }
    if kind is ItemKind.LEAD:
        values["source"] = "mail"
    elif settings.stage_id:
        with contextlib.suppress(BadItem):  # it was deleted: the first one, as for any deal
            values["stage_id"] = stages.chosen(connection, kind, settings.stage_id).id
    planned = item_edits.additions(connection, kind, values, now)
    first, *others = planned.changes
    dated = replace(first, values={**(first.values or {}), "created_at": mail.at})
    crm_changes.apply(connection, [dated, *others], now)
    return planned.ref


def _plan(
    connection: sqlite3.Connection, mail: FirstMail, settings: AccountCrm, item: ItemRef, now: int
) -> str:
    """Plan the answer; whoever is responsible for the item is to give it."""
    values = {
        "type": settings.activity_type,
        "due_at": mail.at + settings.activity_days * _DAY_S,
        "source_email_id": int(mail.email_id),
    }
    subject = f"Answer: {title_of(mail, mail.sender_name or mail.sender)}"
    change = activities.addition(connection, item, subject, values, now)
    crm_changes.apply(connection, [change], now)
    return str(change.key["id"])


def _note(connection: sqlite3.Connection, made: Made, settings: AccountCrm, now: int) -> None:
    """Keep what was made, once for a conversation, and who connected the mailbox it came to (M99, M100)."""
    values: dict[str, object] = {
        "email_id": int(made.email_id),
        "item_kind": made.item.kind.value,
        "item_id": made.item.id,
        "person_id": made.person_id,
        "activity_id": made.activity_id,
        "address": made.address,
        "at": made.at,
    }
    change = Change("auto_created", {"thread_id": int(made.thread_id)}, values)
    crm_changes.apply(connection, [change], now)
    connected_by = settings.connected_by or users.me(connection).id
    details: dict[str, object] = {
        "item": f"{made.item.kind.value}:{made.item.id}",
        "connected_by": connected_by,
    }
    crm_audit.write(connection, now, connected_by, "made_from_mail", f"thread:{made.thread_id}", details)


def _add_recipients(connection: sqlite3.Connection, mail: FirstMail, common: Settings) -> bool:
    """Add the strangers a Smart BCC copy was sent to as persons, and let the rules look at it again."""
    now = int(time.time())
    connected_by = account_crm.read(connection, mail.account_id).connected_by
    owner_id = connected_by or users.me(connection).id
    added: list[str] = []
    for stranger in _strangers(connection, mail, common):
        with contextlib.suppress(BadItem):  # what is written there is no address of anybody
            newcomer = as_newcomer(stranger, signature_facts.SignatureFacts())
            added.append(_add_person(connection, mail, newcomer, owner_id, now))
    if not added:
        return False
    details = {"persons": added}
    crm_audit.write(connection, now, connected_by, "made_from_copy", f"thread:{mail.thread_id}", details)
    decisions.mark(connection, [mail.thread_id])
    return True


def _strangers(connection: sqlite3.Connection, mail: FirstMail, common: Settings) -> list[Stranger]:
    """Return who gets a message and is neither one of us, nor a machine, nor an exception, nor known."""
    tokens = bcc_tokens.channels(connection)
    others = {
        email: name
        for email, name in mail.recipients
        if "@" in email and not (common.us.include(email) or tokens.is_ours(email) or is_machine(email))
    }
    unknown = auto_created.unknown(connection, others)
    return [
        _stranger(connection, email, name, None)
        for email, name in others.items()
        if email in unknown and not _is_exception(connection, email)
    ]
