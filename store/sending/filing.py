"""What is done once a message was sent: one copy in Sent, the answered one marked, the conversation linked."""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from collections.abc import Mapping
from typing import Final

from mail.drafts import DraftKind, from_json
from mail.keywords import SEEN
from mail.types import AccountId, EmailId, ThreadId
from store import conversations, desired, events
from store.database import Database
from store.desired import Wish
from store.links import bcc_intake, slots, to_file
from store.links.slots import Slot
from store.placements import LOCAL
from store.sending import local_mail, own_mail
from store.sending.submitting import named

LATE_S: Final = 86_400
"""For so long a copy that the account files by itself, after ours, is looked for."""
_MARKS: Final = {DraftKind.REPLY: "answered", DraftKind.REPLY_ALL: "answered", DraftKind.FORWARD: "forwarded"}


def accept(db: Database, submission_id: int) -> None:
    """Note that a message was sent to all it is ever sent to: its draft is gone, and a copy in Sent is here at once.

    The account is not asked to keep that copy yet: see keep_ours and keep_theirs.
    """
    message = _copy(db, submission_id)
    with db.write() as connection:
        email_id, is_theirs = _file(connection, message, submission_id)
        subject, refused = connection.execute(
            "UPDATE submission SET state = ?, email_id = ?, error = '', looks = 0, not_before = 0, held_until = NULL,"
            " taken = (SELECT json_group_array(value) FROM (SELECT value FROM json_each(taken)"
            " UNION ALL SELECT value FROM json_each(recipients))), recipients = '[]', finished_at = ? WHERE id = ?"
            " RETURNING subject, refused",
            ("filed" if is_theirs else "accepted", email_id, int(time.time()), submission_id),
        ).fetchone()
        events.record(connection, "submissions", text=_sentence(subject, json.loads(refused)))


def begin_filing(db: Database, submission_id: int) -> None:
    """Do the same for a message that some have got while others are still to be asked for; its copy stays here so long."""
    message = _copy(db, submission_id)
    with db.write() as connection:
        email_id, _ = _file(connection, message, submission_id)
        connection.execute("UPDATE submission SET email_id = ? WHERE id = ?", (email_id, submission_id))
        events.record(connection, "submissions")


def _file(
    connection: sqlite3.Connection, message: own_mail.Written, submission_id: int
) -> tuple[EmailId, bool]:
    """Return the copy in Sent, and whether it is the account's own."""
    draft_id, email_id = connection.execute(
        "SELECT draft_id, email_id FROM submission WHERE id = ?", (submission_id,)
    ).fetchone()
    told = told_copy(connection, message.account_id, submission_id)
    if told is not None and email_id is None:
        email_id = told[1]
    elif email_id is not None:
        return EmailId(email_id), False
    else:
        email_id = own_mail.add(connection, message, kind="sent", keywords={SEEN}, is_saved_by_account=True)
    # What the account filed does not name those who got a blind copy.
    copied = bcc_intake.sent(connection, message.account_id, EmailId(email_id), message.email)
    local_mail.recount(connection, copied)
    _finish_draft(connection, draft_id, email_id)
    return email_id, told is not None


def _copy(db: Database, submission_id: int) -> own_mail.Written:
    account_id, kind, octets, bcc = (
        db.read()
        .execute(
            "SELECT s.account_id, a.kind, s.octets, s.bcc FROM submission s JOIN account a ON a.id = s.account_id"
            " WHERE s.id = ?",
            (submission_id,),
        )
        .fetchone()
    )
    message = bcc.encode("ascii") + zlib.decompress(octets)
    return own_mail.written(AccountId(account_id), kind, message, int(time.time()))


def _sentence(subject: str, refused: Mapping[str, str]) -> str:
    if not refused:
        return f"Sent {named(subject)}"
    people = ", ".join(refused)
    return f"Sent {named(subject)}, but not to {people}. {next(iter(refused.values()))}"


def _finish_draft(connection: sqlite3.Connection, draft_id: int | None, email_id: EmailId) -> None:
    row = connection.execute(
        "SELECT content, email_id, about_email_id, item_kind, item_id FROM draft WHERE id = ?", (draft_id,)
    ).fetchone()
    if row is None:
        return
    content, copy_id, about_id, item_kind, item_id = row
    now = int(time.time())
    connection.execute("UPDATE draft SET state = 'sent', updated_at = ? WHERE id = ?", (now, draft_id))
    thread_id = local_mail.thread_of(connection, email_id)
    touched = _carry_over(connection, copy_id, thread_id)
    if item_kind:
        _link(connection, thread_id, Slot(item_kind, item_id, "compose", "", now, ""))
    wishes = [Wish("destroyed", placement_id, "1") for placement_id in _in_drafts(connection, copy_id)]
    mark = _MARKS.get(from_json(content).kind)
    if mark and about_id is not None:
        wishes.append(Wish(mark, about_id, "1"))
    local_mail.recount(connection, touched | desired.fulfil(connection, wishes, now=now))


def _in_drafts(connection: sqlite3.Connection, email_id: int | None) -> list[int]:
    rows = connection.execute(
        "SELECT p.id FROM placement p JOIN mailbox m ON m.id = p.mailbox_id"
        " WHERE p.email_id = ? AND m.role = 'drafts' AND NOT p.is_destroyed",
        (email_id,),
    ).fetchall()
    return [row[0] for row in rows]


def _carry_over(connection: sqlite3.Connection, copy_id: int | None, thread_id: ThreadId) -> set[ThreadId]:
    """Let what was set for the conversation of a draft alone, its link and who sees it, be so for what was sent.

    The two have different Message-IDs, so that nothing else makes them one conversation.
    """
    old = local_mail.thread_of(connection, copy_id or 0)
    if not old or old == thread_id:
        return set()
    if connection.execute("SELECT count(*) FROM email WHERE thread_id = ?", (old,)).fetchone()[0] != 1:
        return set()
    connection.execute(
        "UPDATE thread SET visibility = (SELECT visibility FROM thread WHERE id = ?) WHERE id = ?"
        " AND (SELECT count(*) FROM email WHERE thread_id = thread.id) = 1",
        (old, thread_id),
    )
    conversations.merge(connection, old, thread_id)
    return {old, thread_id}


def _link(connection: sqlite3.Connection, thread_id: ThreadId, slot: Slot) -> None:
    """Let the conversation be about what the message was written for; what a person chose for it stays."""
    present = slots.read(connection, thread_id)
    if present is None or present.origin == "auto":
        slots.put(connection, thread_id, slot)
        to_file.follow(connection, [thread_id])
        events.record(connection, "items", thread_ids=[thread_id])


def told_copy(
    connection: sqlite3.Connection, account_id: AccountId, submission_id: int
) -> tuple[int, EmailId] | None:
    """Return the placement and email the account told of in Sent as this message, also under a Message-ID of its own."""
    message_id, email_id = connection.execute(
        "SELECT message_id, email_id FROM submission WHERE id = ?", (submission_id,)
    ).fetchone()
    found = connection.execute(_BY_ID, (account_id, message_id)).fetchone()
    if found is None and email_id is not None:
        found = connection.execute(_BY_DATE, (email_id, account_id)).fetchone()
    return None if found is None else (found[0], EmailId(found[1]))


_IN_SENT: Final = (
    " CROSS JOIN placement p ON p.email_id = e.id AND substr(p.remote_key, 1, 6) <> 'local:' AND NOT p.is_destroyed"
    " JOIN mailbox m ON m.id = p.remote_mailbox_id AND m.role = 'sent'"
)
# The first place of a copy that we gave to the account is ours; another one is the account's.
_BY_ID: Final = (
    f"SELECT p.id, e.id FROM email e {_IN_SENT} WHERE e.account_id = ? AND e.message_id = ?"  # noqa: S608 - our own words
    " AND NOT EXISTS (SELECT 1 FROM submission s WHERE s.email_id = e.id AND s.is_own_copy"
    " AND p.id = (SELECT min(id) FROM placement WHERE email_id = e.id)) ORDER BY p.id LIMIT 1"
)
# A server that gives the message a Message-ID of its own leaves its Date, to the second, and its subject. Ids of emails
# are times: looked at is what came from 4 minutes before to an hour after.
_BY_DATE: Final = (
    "SELECT p.id, e.id FROM email o CROSS JOIN email e ON e.account_id = o.account_id"  # noqa: S608 - our own words
    " AND e.id BETWEEN o.id - 65536 AND o.id + 921600 AND e.id <> o.id AND e.sent_at = o.sent_at AND e.subject = o.subject AND e.message_id IS NOT o.message_id"
    f" {_IN_SENT} WHERE o.id = ? AND o.account_id = ? AND e.is_outgoing"
    " AND NOT EXISTS (SELECT 1 FROM submission s WHERE s.email_id = e.id) ORDER BY p.id LIMIT 1"
)


def is_told(db: Database, account_id: AccountId, submission_id: int) -> bool:
    """Say whether the account has told of the message anywhere: no draft has its Message-ID, so it was sent.

    Where some got it before, that says nothing of the others.
    """
    row = (
        db.read()
        .execute(
            "SELECT 1 FROM submission s CROSS JOIN email e ON e.account_id = s.account_id AND e.message_id = s.message_id"
            " CROSS JOIN placement p ON p.email_id = e.id AND substr(p.remote_key, 1, 6) <> 'local:'"
            " WHERE s.id = ? AND s.account_id = ? AND s.taken = '[]' LIMIT 1",
            (submission_id, account_id),
        )
        .fetchone()
    )
    return row is not None


def keep_theirs(db: Database, submission_id: int) -> bool:
    """Let the copy the account filed by itself take the place of ours; False while there is none."""
    with db.write(is_durable=False) as connection:
        account_id, email_id = connection.execute(
            "SELECT account_id, email_id FROM submission WHERE id = ?", (submission_id,)
        ).fetchone()
        told = told_copy(connection, AccountId(account_id), submission_id)
        ours = _local_place(connection, email_id)
        if told is None and ours is not None:
            return False
        if told is not None and ours is not None:
            touched = local_mail.replace_by_told(connection, ours, told[0])
            local_mail.recount(connection, touched)
        connection.execute(
            "UPDATE submission SET state = 'filed', email_id = ?, is_own_copy = 0 WHERE id = ?",
            (told[1] if told else email_id, submission_id),
        )
    return True


def keep_ours(db: Database, submission_id: int) -> None:
    """Let the account be asked to keep our copy: it has none of its own."""
    with db.write() as connection:
        (email_id,) = connection.execute(
            "SELECT email_id FROM submission WHERE id = ?", (submission_id,)
        ).fetchone()
        ours = _local_place(connection, email_id)
        if ours is not None:
            local_mail.queue(connection, ours)
        connection.execute(
            "UPDATE submission SET state = 'filed', is_own_copy = ? WHERE id = ?",
            (int(ours is not None), submission_id),
        )


def give_up_waiting(db: Database, submission_id: int) -> None:
    """Wait no more for the copy of an account that files by itself; ours stays here."""
    with db.write(is_durable=False) as connection:
        connection.execute("UPDATE submission SET state = 'filed' WHERE id = ?", (submission_id,))


def _local_place(connection: sqlite3.Connection, email_id: int | None) -> int | None:
    row = connection.execute(
        "SELECT id FROM placement WHERE email_id = ? AND substr(remote_key, 1, ?) = ?",
        (email_id, len(LOCAL), LOCAL),
    ).fetchone()
    return None if row is None else int(row[0])


def drop_ours_filed_twice(db: Database, account_id: AccountId) -> int:
    """Where the account filed a copy after ours was given to it, remove ours; return how many those were (F59).

    An account that does so files by itself, and is never given a copy again.
    """
    now = int(time.time())
    twice = db.read().execute(_TWICE, (account_id, now - LATE_S)).fetchall()
    if not twice:
        return 0
    with db.write() as connection:
        count = sum(_drop_ours(connection, account_id, row[0], row[1], now) for row in twice)
    return count


_TWICE: Final = (
    "SELECT o.id, o.email_id FROM submission o CROSS JOIN email e ON e.account_id = o.account_id"  # noqa: S608 - our own words
    f" AND e.message_id = o.message_id {_IN_SENT} WHERE o.account_id = ? AND o.is_own_copy AND o.finished_at > ?"
    " AND NOT (e.id = o.email_id AND p.id = (SELECT min(id) FROM placement WHERE email_id = e.id)) GROUP BY o.id"
)


def _drop_ours(
    connection: sqlite3.Connection, account_id: AccountId, submission_id: int, email_id: int, now: int
) -> bool:
    told = told_copy(connection, account_id, submission_id)
    ours = connection.execute(
        "SELECT p.id, p.remote_key, EXISTS (SELECT 1 FROM open_operation o WHERE o.placement_id = p.id"
        " AND o.kind = 'save' AND o.attempts > 0) FROM placement p JOIN mailbox m ON m.id = p.remote_mailbox_id"
        " WHERE p.email_id = ? AND m.role = 'sent' AND NOT p.is_destroyed ORDER BY p.id LIMIT 1",
        (email_id,),
    ).fetchone()
    if told is None or (ours is not None and ours[2]):
        return False  # what may be at the account already is known by its key soon
    if ours is not None and ours[1].startswith(LOCAL):
        touched = local_mail.replace_by_told(connection, ours[0], told[0])
    elif ours is not None:
        wish = Wish("destroyed", ours[0], "1")
        touched = set(desired.fulfil(connection, [wish], now=now))
    else:
        touched = set()
    connection.execute(
        "UPDATE submission SET email_id = ?, is_own_copy = 0 WHERE id = ?", (told[1], submission_id)
    )
    connection.execute(
        "UPDATE account SET config = json_set(config, '$.files_sent', 'yes') WHERE id = ?", (account_id,)
    )
    local_mail.recount(connection, touched)
    return True
