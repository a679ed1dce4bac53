"""The queue of conversations that wait to be linked: which are in it, and the view that lists them."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable
from typing import Final

from mail.ids import MailboxId, Role, ThreadId
from mail.presend_words import NO_REPLY
from store import threads
from store.summaries import Listed

REASONS: Final = (
    "ambiguous",
    "no_open_item",
    "item_newer_than_conversation",
    "many_recipients_no_open_item",
    "unknown_contact",
    "bcc_item_gone",
    "bcc_sender_not_verified",
)
"""The outcomes of linking.rules that leave a conversation to the user."""

_NOBODY: Final = (
    "alert", "alerts", "automailer", "autoreply", "bot", "bounce", "bounces", "daemon", "newsletter", "notification",
    "notifications", "notifier", "notify", "postmaster", "receipt", "receipts", "reminder", "reminders", "robot", "tracking",
)  # fmt: skip
"""What stands in front of the "@" where no person writes, beside what says that nobody reads answers."""

_LOCAL_PART: Final = (
    "lower(replace(replace(replace(substr({0}, 1, instr({0}, '@') - 1), '-', ''), '_', ''), '.', ''))"
)


def _is_read_by_nobody(address: str) -> str:
    """Return the SQL that says of an address whether no person stands behind it."""
    local = _LOCAL_PART.format(address)
    unread = {re.sub("[-_.]", "", name) for name in NO_REPLY} - set(_NOBODY)
    whole = ", ".join(f"'{name}'" for name in _NOBODY)
    parts = " OR ".join(f"{local} LIKE '%{name}%'" for name in sorted(unread))
    return f"({local} IN ({whole}) OR {parts})"


# ruff: noqa: S608 - what is put together here is our own words
def _left_for(reasons: Iterable[str]) -> str:
    """Return the SQL that says of a thread `t` whether the rules left it for one of the reasons and nobody chose since.

    One unlinked by hand was chosen for.
    """
    listed = ", ".join(f"'{reason}'" for reason in sorted(reasons))
    return (
        f"(EXISTS (SELECT 1 FROM link_decision d WHERE d.thread_id = t.id AND d.reason IN ({listed})) "
        "AND NOT EXISTS (SELECT 1 FROM item_link l WHERE l.thread_id = t.id AND l.slot = 'item'))"
    )


_OF_STRANGERS: Final = "unknown_contact"
_OF_CONTACTS: Final = _left_for(set(REASONS) - {_OF_STRANGERS})
# A form on a web site writes for somebody: answers go to them, elsewhere than where it stands.
_FOR_A_PERSON: Final = (
    "EXISTS (SELECT 1 FROM participant p CROSS JOIN address a ON a.id = p.address_id"
    " WHERE p.email_id = e.id AND p.role = 'reply_to'"
    " AND substr(a.email, instr(a.email, '@')) <> substr(e.from_email, instr(e.from_email, '@'))"
    f" AND NOT {_is_read_by_nobody('a.email')})"
)
_A_PERSON_WROTE: Final = (
    "EXISTS (SELECT 1 FROM email e WHERE e.thread_id = t.id"
    f" AND (NOT (e.is_auto_reply OR {_is_read_by_nobody('e.from_email')}) OR {_FOR_A_PERSON}))"
)
_WANTED: Final = f"({_OF_CONTACTS} OR {_left_for([_OF_STRANGERS])} AND {_A_PERSON_WROTE})"

IS_WRONG: Final = f"(is_to_file AND NOT {_left_for(REASONS)} OR NOT is_to_file AND {_OF_CONTACTS})"
"""Finds threads that are in the queue without need, or should be: of strangers' ones mail that goes may change that."""

_JUDGE: Final = (
    "UPDATE thread SET is_to_file = NOT is_to_file WHERE id IN (SELECT t.id FROM json_each(?) j "
    f"CROSS JOIN thread t ON t.id = j.value WHERE t.is_to_file <> {_WANTED}) RETURNING id, is_to_file"
)
_PLACES: Final = (
    "SELECT f.mailbox_id, f.at, f.thread_id, f.is_unread, v.role, v.account_id FROM json_each(?) j "
    "CROSS JOIN mailbox_thread f ON f.thread_id = j.value "
    "CROSS JOIN mailbox v ON v.id = f.mailbox_id AND v.key IS NULL AND v.role IN ('all', 'unlinked')"
)


def follow(connection: sqlite3.Connection, thread_ids: Iterable[ThreadId]) -> frozenset[MailboxId]:
    """Put conversations into the queue or take them out, after what they are linked to or why not has changed.

    Inside the write transaction that changed it; returns the views that list more or fewer now.
    """
    ids = json.dumps(sorted(thread_ids))
    judged = dict(connection.execute(_JUDGE, (ids,)).fetchall())
    if not judged:
        return frozenset()
    view_of: dict[int, int] = dict(
        connection.execute(
            "SELECT account_id, id FROM mailbox WHERE key IS NULL AND role = ?", (Role.UNLINKED.value,)
        ).fetchall()
    )
    before, after = set[Listed](), set[Listed]()
    for *row, role, account_id in connection.execute(_PLACES, (json.dumps(list(judged)),)).fetchall():
        listed = Listed._make(row)
        if role == Role.UNLINKED.value:
            before.add(listed)
        elif judged[listed.thread_id]:
            after.add(listed._replace(mailbox_id=view_of[account_id]))
    threads.relist(connection, before, after)
    return frozenset(MailboxId(row.mailbox_id) for row in before ^ after)
