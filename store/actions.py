"""What a user does to whole conversations: cache, outbox, undo and event in one transaction, then the doorbell."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Final

from mail.keywords import ANSWERED, DRAFT, FLAGGED, FORWARDED, SEEN
from mail.types import AccountId, EmailId, MailboxId, Role, ThreadId
from store import desired, events, mailboxes
from store.database import Database
from store.rows import ActionRow
from store.undo import UNDO_WINDOW_S, Step, carry_out, placements_before, record
from store.undo import redo as redo
from store.undo import undo as undo

Titles = tuple[str, str]
"""What an action is called: before and after the number of conversations."""

_MOVED: Final[dict[Role, Titles]] = {
    Role.ARCHIVE: ("Archived", ""),
    Role.JUNK: ("Marked", " as spam"),
    Role.TRASH: ("Moved", " to Trash"),
    Role.INBOX: ("Moved", " to Inbox"),
}
_MARKED: Final[dict[tuple[str, bool], Titles]] = {
    (SEEN, True): ("Marked", " as read"),
    (SEEN, False): ("Marked", " as unread"),
    (FLAGGED, True): ("Starred", ""),
    (FLAGGED, False): ("Removed the star from", ""),
    (ANSWERED, True): ("Marked", " as answered"),
    (ANSWERED, False): ("Marked", " as not answered"),
    (FORWARDED, True): ("Marked", " as forwarded"),
    (FORWARDED, False): ("Marked", " as not forwarded"),
    (DRAFT, True): ("Marked", " as draft"),
    (DRAFT, False): ("Marked", " as no draft"),
}
# Seen through a view, archiving leaves alone what was sent or is being written; only the trash takes everything.
_LEFT_ALONE: Final = {
    Role.TRASH: ("trash", "junk"),
    None: ("trash", "junk", "sent", "drafts"),
}


def move(
    db: Database, thread_ids: Iterable[ThreadId], source: MailboxId | None, target_role: Role
) -> ActionRow:
    """Move what the conversations have in `source` to the mailbox with `target_role`, which is made if there is none.

    Through a view, or None, it is everything outside trash and junk; see also move_to.
    """
    return _move(
        db,
        thread_ids,
        source,
        target_role,
        _MOVED.get(target_role, ("Moved", "")),
        lambda c, a: mailbox_for(c, a, target_role),
    )


def steps_to(connection: sqlite3.Connection, thread_ids: Iterable[ThreadId], role: Role) -> list[Step]:
    """Return what moves everything of the conversations to the mailbox with `role`, for an action of another kind."""
    steps = []
    for placement_id, _, account_id, mailbox_id in _placements(
        connection, _resolve(connection, thread_ids), None, role
    ):
        target = mailbox_for(connection, AccountId(account_id), role)
        if target != mailbox_id:
            steps.append(Step("mailbox", placement_id, str(mailbox_id), str(target)))
    return steps


def move_to(
    db: Database, thread_ids: Iterable[ThreadId], source: MailboxId | None, target: MailboxId
) -> ActionRow:
    """Move what the conversations have in `source` to `target`; those of other accounts stay where they are."""
    row = (
        db.read()
        .execute("SELECT account_id, name, role FROM mailbox WHERE id = ? AND key IS NOT NULL", (target,))
        .fetchone()
    )
    if row is None:
        return _nothing("There is no such mailbox")
    role = Role(row[2]) if row[2] else None
    return _move(
        db,
        thread_ids,
        source,
        role,
        ("Moved", f" to {row[1]}"),
        lambda _, account: target if account == row[0] else None,
    )


def _move(
    db: Database,
    thread_ids: Iterable[ThreadId],
    source: MailboxId | None,
    role: Role | None,
    titles: Titles,
    target_of: Callable[[sqlite3.Connection, int], int | None],
) -> ActionRow:
    now = int(time.time())
    with db.write() as connection:
        lying = _placements(connection, _resolve(connection, thread_ids), source, role)
        targets = {account: target_of(connection, account) for account in {place[2] for place in lying}}
        steps = [
            (thread_id, Step("mailbox", placement_id, str(mailbox_id), str(targets[account])))
            for placement_id, thread_id, account, mailbox_id in lying
            if targets[account] is not None and targets[account] != mailbox_id
        ]
        action = _carry_out(connection, steps, titles, now)
    return action


def set_keyword(db: Database, thread_ids: Iterable[ThreadId], keyword: str, value: bool) -> ActionRow:
    """Let every message of the conversations have `keyword` or lack it; a star is put on the newest message only."""
    column, now = desired.COLUMNS[keyword], int(time.time())
    with db.write() as connection:
        emails = _emails(connection, _resolve(connection, thread_ids), column)
        if keyword == FLAGGED and value:
            emails = _newest_unless_flagged(emails)
        steps = [
            (thread_id, Step(column, email_id, str(int(not value)), str(int(value))))
            for email_id, thread_id, has in emails
            if bool(has) != value
        ]
        action = _carry_out(connection, steps, _MARKED[keyword, value], now)
    return action


def _newest_unless_flagged(emails: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    flagged = {thread_id for _, thread_id, has in emails if has}
    newest = {thread_id: (email_id, thread_id, has) for email_id, thread_id, has in emails}
    return [email for thread_id, email in newest.items() if thread_id not in flagged]


def mark_email(db: Database, email_id: EmailId, keyword: str, value: bool) -> ActionRow:
    """Let one message have `keyword` or lack it, as opening it does: nothing that undo would come across."""
    return mark_emails(db, (email_id,), keyword, value)


def mark_emails(db: Database, email_ids: Iterable[EmailId], keyword: str, value: bool) -> ActionRow:
    """Do to many messages at once what mark_email does to one."""
    column, now = desired.COLUMNS[keyword], int(time.time())
    before, after = _MARKED[keyword, value]
    query = f"SELECT id FROM email WHERE id IN (SELECT value FROM json_each(?)) AND {column} != ?"  # noqa: S608 - our own names
    with db.write() as connection:
        rows = connection.execute(query, (json.dumps(list(email_ids)), int(value))).fetchall()
        if not rows:
            return _nothing("Nothing to change")
        steps = [Step(column, row[0], str(int(not value)), str(int(value))) for row in rows]
        carry_out(connection, steps, now=now)
    what = "a message" if len(rows) == 1 else f"{len(rows)} messages"
    return ActionRow(0, f"{before} {what}{after}", "done")


def recover(db: Database, thread_ids: Iterable[ThreadId]) -> ActionRow:
    """Take the conversations out of trash and junk: back where they came from, else to inbox, sent or drafts."""
    now = int(time.time())
    with db.write() as connection:
        lying = connection.execute(
            "SELECT p.id, e.thread_id, e.account_id, p.mailbox_id, e.is_outgoing, e.draft"
            " FROM json_each(?) j JOIN email e ON e.thread_id = j.value JOIN placement p ON p.email_id = e.id"
            " JOIN mailbox m ON m.id = p.mailbox_id WHERE m.role IN ('trash', 'junk') AND NOT p.is_destroyed",
            (json.dumps(_resolve(connection, thread_ids)),),
        ).fetchall()
        came_from = _came_from(connection, lying)
        steps = []
        for placement_id, thread_id, account, mailbox_id, is_outgoing, is_draft in lying:
            role = Role.DRAFTS if is_draft else Role.SENT if is_outgoing else Role.INBOX
            target = came_from.get(placement_id) or mailbox_for(connection, account, role)
            steps.append((thread_id, Step("mailbox", placement_id, str(mailbox_id), str(target))))
        action = _carry_out(connection, steps, ("Recovered", ""), now)
    return action


def _came_from(
    connection: sqlite3.Connection, lying: Iterable[tuple[int, int, int, int, int, int]]
) -> dict[int, int]:
    by_mailbox = defaultdict(list)
    for placement_id, _, _, mailbox_id, *_ in lying:
        by_mailbox[mailbox_id].append(placement_id)
    found: dict[int, int] = {}
    for mailbox_id, placement_ids in by_mailbox.items():
        found.update(placements_before(connection, placement_ids, mailbox_id))
    usable = {
        row[0]
        for row in connection.execute(
            "SELECT m.id FROM json_each(?) j JOIN mailbox m ON m.id = j.value"
            " WHERE m.gone_at IS NULL AND coalesce(m.role, '') NOT IN ('trash', 'junk')",
            (json.dumps(list(found.values())),),
        ).fetchall()
    }
    return {placement_id: mailbox_id for placement_id, mailbox_id in found.items() if mailbox_id in usable}


def mailboxes_of(
    db: Database, thread_ids: Iterable[ThreadId], source: MailboxId | None
) -> dict[MailboxId, int]:
    """Return how many messages destroy() would delete from which mailboxes."""
    connection = db.read()
    found: dict[MailboxId, int] = defaultdict(int)
    for place in _placements(connection, _resolve(connection, thread_ids), source, Role.TRASH):
        found[MailboxId(place[3])] += 1
    return dict(found)


def destroy(
    db: Database,
    thread_ids: Iterable[ThreadId],
    source: MailboxId | None,
    *,
    undo_window_s: int = UNDO_WINDOW_S,
) -> ActionRow:
    """Delete for good what the conversations have in `source`; the account is asked once `undo_window_s` has passed.

    Until then undo takes it back; afterwards nothing does.
    """
    now = int(time.time())
    with db.write() as connection:
        lying = _placements(connection, _resolve(connection, thread_ids), source, Role.TRASH)
        steps = [(place[1], Step("destroyed", place[0], "0", "1")) for place in lying]
        action = _carry_out(connection, steps, ("Deleted", " for good"), now, now + undo_window_s)
    return action


def _carry_out(
    connection: sqlite3.Connection,
    steps: Collection[tuple[int, Step]],
    titles: Titles,
    now: int,
    not_before: int = 0,
) -> ActionRow:
    count = len({thread_id for thread_id, _ in steps})
    if not count:
        return _nothing("Nothing to change")
    title = f"{titles[0]} {count:,} conversation{'' if count == 1 else 's'}{titles[1]}"
    changes = [step for _, step in steps]
    carry_out(connection, changes, now=now, not_before=not_before)
    return record(connection, title, changes, now)


def _nothing(title: str) -> ActionRow:
    return ActionRow(0, title, "nothing")


def _resolve(connection: sqlite3.Connection, thread_ids: Iterable[ThreadId]) -> list[int]:
    rows = connection.execute(
        "SELECT DISTINCT coalesce(a.thread_id, j.value) FROM json_each(?) j"
        " LEFT JOIN thread_alias a ON a.old_id = j.value",
        (json.dumps(list(thread_ids)),),
    ).fetchall()
    return [row[0] for row in rows]


def _placements(
    connection: sqlite3.Connection, thread_ids: list[int], source: MailboxId | None, target: Role | None
) -> list[tuple[int, int, int, int]]:
    """Return placement, thread, account and mailbox of what the conversations have in `source`."""
    ids = json.dumps(thread_ids)
    real = connection.execute("SELECT 1 FROM mailbox WHERE id = ? AND key IS NOT NULL", (source,)).fetchone()
    left_alone = [] if real else _LEFT_ALONE.get(target, _LEFT_ALONE[None])
    return connection.execute(
        "SELECT p.id, e.thread_id, e.account_id, p.mailbox_id FROM json_each(?1) j"
        " JOIN email e ON e.thread_id = j.value JOIN placement p ON p.email_id = e.id"
        " JOIN mailbox m ON m.id = p.mailbox_id WHERE NOT p.is_destroyed AND (?2 IS NULL OR p.mailbox_id = ?2)"
        " AND coalesce(m.role, '') NOT IN (SELECT value FROM json_each(?3))",
        (ids, source if real else None, json.dumps(left_alone)),
    ).fetchall()


def _emails(connection: sqlite3.Connection, thread_ids: list[int], column: str) -> list[tuple[int, int, int]]:
    """Return id, thread and the value of a keyword column of the messages that lie somewhere, oldest first."""
    return connection.execute(
        f"SELECT e.id, e.thread_id, e.{column} FROM json_each(?) j JOIN email e ON e.thread_id = j.value"  # noqa: S608 - a column of ours
        " WHERE EXISTS (SELECT 1 FROM placement p WHERE p.email_id = e.id AND NOT p.is_destroyed) ORDER BY e.id",
        (json.dumps(thread_ids),),
    ).fetchall()


def mailbox_for(connection: sqlite3.Connection, account_id: int, role: Role) -> MailboxId:
    """Return the account's mailbox with `role`; one that is missing is there at once, and asked of the account."""
    row = connection.execute(
        "SELECT id FROM mailbox WHERE account_id = ?1 AND key IS NOT NULL AND gone_at IS NULL"
        " AND (role = ?2 OR role IS NULL AND lower(name) = ?2) ORDER BY role IS NULL, id LIMIT 1",
        (account_id, role.value),
    ).fetchone()
    if row:
        return MailboxId(row[0])
    name = role.value.capitalize()
    cursor = connection.execute(
        "INSERT INTO mailbox (account_id, key, name, role) VALUES (?, ?, ?, ?)",
        (account_id, mailboxes.TO_CREATE + name, name, role.value),
    )
    mailbox_id = MailboxId(cursor.lastrowid or 0)
    connection.execute(
        "INSERT INTO operation (account_id, kind, target_id, payload, created_at) VALUES (?, 'create_mailbox', ?, ?, ?)",
        (account_id, mailbox_id, json.dumps({"name": name}), int(time.time())),
    )
    events.record(connection, "mailboxes")
    return mailbox_id
