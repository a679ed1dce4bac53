"""Duplicate a conversation to another item: a conversation has one deal, lead or project, its copy has its own (M10-M12)."""

from __future__ import annotations

import time
import zlib
from typing import Final

from linking import standing
from mail.types import AccountId, EmailId, ThreadId
from store import emails, threads, undo
from store.crm import audit as crm_audit
from store.crm import items
from store.crm.items import ItemCard, ItemRef
from store.database import Database
from store.emails import OctetsGone
from store.links import copies, slots
from store.links.links import CannotLink as CannotLink
from store.links.slots import Slot
from store.rows import ActionRow
from store.undo import Step

MOST_MESSAGES: Final = 2_000
_FAST: Final = 1  # of zlib


def duplicate(db: Database, thread_id: ThreadId, item: ItemRef) -> ActionRow:
    """Make a copy of a conversation as it is now, linked to `item`; the original stays as it is. Raises CannotLink.

    The copy lies only here. Answers go on in the original; undo takes the copy away.
    """
    thread_id = threads.resolve(db, thread_id)
    account_id, card = _checked(db, thread_id, item)
    originals = copies.copyable(db.read(), thread_id, MOST_MESSAGES)
    if not originals:
        raise CannotLink("there is no message in this conversation that could be copied")
    packed = {email_id: octets for email_id in originals if (octets := _octets(db, email_id)) is not None}
    now = int(time.time())
    with db.write() as connection:
        known = set(originals)
        still = [one for one in copies.copyable(connection, thread_id, MOST_MESSAGES) if one in known]
        copied = copies.duplicate(connection, account_id, still, packed)
        slot = Slot(item.kind.value, item.id, "manual", "", now, "a copy of another conversation")
        link = Step("item", copied.thread_id, slots.dumps(None), slots.dumps(slot))
        lists = threads.summarise(connection, [copied.thread_id])
        undo.carry_out(connection, [link], now=now)
        places = [Step("destroyed", place, "1", "0") for place in copied.placement_ids]
        action = undo.record(connection, _title(len(still), card), [*places, link], now)
        details = {"kind": item.kind.value, "id": item.id, "copy_of": int(thread_id)}
        crm_audit.write(connection, now, "", "link", f"thread:{copied.thread_id}", details)
        copies.tell(connection, copied, lists)
    return action._replace(thread_ids=frozenset({copied.thread_id}))


def _checked(db: Database, thread_id: ThreadId, item: ItemRef) -> tuple[AccountId, ItemCard]:
    row = threads.get(db, thread_id)
    if row is None:
        raise CannotLink(f"there is no conversation {thread_id}")
    if not item.kind.fills_the_slot:
        raise CannotLink(f"a conversation is copied to a deal, lead or project, not to a {item.kind.value}")
    refusal = standing.refusal_to_link(db.read(), thread_id, item)
    if refusal is not None:
        raise CannotLink(refusal)
    card = items.get(db, item)
    if card is None or card.status == "deleted":
        raise CannotLink(f"there is no {item.kind.value} {item.id}")
    return row.account_id, card


def _octets(db: Database, email_id: EmailId) -> bytes | None:
    """Return the octets of a message, packed; None when the account is to be asked for them, as for the original."""
    try:
        return zlib.compress(emails.octets(db, email_id), _FAST)
    except OctetsGone:
        return None


def _title(count: int, card: ItemCard) -> str:
    return f"Copied {count:,} message{'' if count == 1 else 's'} to {card.title}"
