"""Messages being written. Their content is the journal: written within seconds of a key, never lost with the screen."""

from __future__ import annotations

import sqlite3
import time
import uuid
from datetime import datetime
from typing import Final

from mail.addresses import domain
from mail.drafts import Draft, from_json, to_json
from mail.keywords import DRAFT, SEEN
from mail.types import AccountId, EmailId
from store import events, undo
from store.crm.items import ItemRef
from store.database import Database
from store.rows import ActionRow, DraftRow
from store.sending import attached, draft_states, foreign_drafts, own_mail
from store.undo import UNDO_WINDOW_S, Step

_COLUMNS: Final = (
    "id, uuid, account_id, state, content, message_id, revision, saved_revision, email_id, about_email_id,"
    " item_kind, item_id, created_at, updated_at"
)


class NotOpen(Exception):
    """The draft is not being written any more: it was sent or discarded, perhaps from another terminal."""


def begin(
    db: Database,
    account_id: AccountId,
    draft: Draft,
    about: EmailId | None = None,
    item: ItemRef | None = None,
) -> DraftRow:
    """Begin to write a message; `about` is the one answered or forwarded, `item` what it is written for."""
    with db.write() as connection:
        draft_id = _insert(connection, account_id, draft, about, item)
        events.record(connection, "drafts")
    return _existing(db, draft_id)


def _insert(
    connection: sqlite3.Connection,
    account_id: AccountId,
    draft: Draft,
    about: EmailId | None = None,
    item: ItemRef | None = None,
) -> int:
    from mail.build import Unbuildable, new_message_id

    now = int(time.time())
    try:
        message_id = new_message_id(domain(draft.sender.email))
    except Unbuildable:
        message_id = f"{uuid.uuid4().hex}@draft.invalid"  # of a copy in Drafts only
    cursor = connection.execute(
        "INSERT INTO draft (uuid, account_id, content, message_id, revision, about_email_id, item_kind, item_id,"
        " created_at, updated_at) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?)",
        (
            str(uuid.uuid4()),
            account_id,
            to_json(draft),
            message_id,
            about,
            item.kind.value if item else None,
            item.id if item else None,
            now,
            now,
        ),
    )
    return cursor.lastrowid or 0


def write(db: Database, draft_id: int, draft: Draft, *, account_id: AccountId | None = None) -> int:
    """Keep what is written now and return its revision; `account_id` when it is to leave by another account.

    No event: nothing that is shown elsewhere changes. Raises NotOpen.
    """
    with db.write() as connection:
        cursor = connection.execute(
            "UPDATE draft SET content = ?, revision = revision + 1, account_id = coalesce(?, account_id),"
            " updated_at = ? WHERE id = ? AND state = 'writing' RETURNING revision",
            (to_json(draft), account_id, int(time.time()), draft_id),
        )
        row = cursor.fetchone()
    if row is None:
        raise NotOpen("This message is not being written any more: it was sent or discarded.")
    return int(row[0])


def get(db: Database, draft_id: int) -> DraftRow | None:
    """Return a draft in whatever state, None when there is no such one. Raises mail.drafts.BadDraft."""
    query = f"SELECT {_COLUMNS} FROM draft WHERE id = ?"  # noqa: S608 - our own names
    row = db.read().execute(query, (draft_id,)).fetchone()
    return None if row is None else _row(row)


def _existing(db: Database, draft_id: int) -> DraftRow:
    row = get(db, draft_id)
    if row is None:
        raise NotOpen("There is no such draft.")
    return row


def _row(row: tuple[object, ...]) -> DraftRow:
    return DraftRow._make(row)._replace(draft=from_json(str(row[4])))


def open_drafts(db: Database, limit: int = 100) -> tuple[DraftRow, ...]:
    """Return what is being written, what was written last first.

    One whose every word is in a copy that lies nowhere any more was deleted or sent by another program: it is left out.
    """
    query = (
        f"SELECT {_COLUMNS} FROM draft d WHERE state = 'writing' AND (email_id IS NULL OR revision <> saved_revision"  # noqa: S608 - our own names
        " OR EXISTS (SELECT 1 FROM placement p WHERE p.email_id = d.email_id AND NOT p.is_destroyed))"
        " ORDER BY updated_at DESC, id DESC LIMIT ?"
    )
    return tuple(_row(row) for row in db.read().execute(query, (limit,)).fetchall())


def save(db: Database, draft_id: int) -> EmailId:
    """Let the copy in the Drafts mailbox say what the draft says, here at once and at the account soon; return it.

    Raises NotOpen, attached.AttachmentGone and, when the draft cannot be a message at all, mail.build.Unbuildable.
    """
    row = _existing(db, draft_id)
    if row.is_saved and row.email_id is not None and _is_here(db, row.email_id):
        return row.email_id
    message = _written(db, row)
    with db.write() as connection:
        # The copy may have got another id while this one was made.
        found = connection.execute("SELECT state, email_id FROM draft WHERE id = ?", (draft_id,)).fetchone()
        if found[0] != "writing":
            raise NotOpen("This message is not being written any more: it was sent or discarded.")
        email_id = own_mail.add(connection, message, kind="draft", keywords={DRAFT, SEEN}, replaces=found[1])
        connection.execute(
            "UPDATE draft SET saved_revision = ?, email_id = ? WHERE id = ?",
            (row.revision, email_id, draft_id),
        )
        events.record(connection, "drafts")
    return email_id


def _is_here(db: Database, email_id: EmailId) -> bool:
    query = "SELECT 1 FROM placement WHERE email_id = ? AND NOT is_destroyed"
    return db.read().execute(query, (email_id,)).fetchone() is not None


def _written(db: Database, row: DraftRow) -> own_mail.Written:
    from mail.build import build

    connection = db.read()
    (account_kind,) = connection.execute(
        "SELECT kind FROM account WHERE id = ?", (row.account_id,)
    ).fetchone()
    before = connection.execute("SELECT received_at FROM email WHERE id = ?", (row.email_id,)).fetchone()
    # Two copies of one second could not be told apart by header and size (mail.identity).
    at = max(int(time.time()), (before[0] + 1) if before else 0)
    octets = build(
        row.draft,
        message_id=row.message_id,
        date=datetime.fromtimestamp(at).astimezone(),
        octets_of=lambda file: attached.octets(db, file),
        with_bcc=True,
        revision=row.revision,
    )
    return own_mail.written(row.account_id, account_kind, octets, at)


def discard(db: Database, draft_id: int, *, undo_window_s: int = UNDO_WINDOW_S) -> ActionRow:
    """Throw a draft away with its copy in Drafts; undo brings it back at any time. Raises NotOpen."""
    now = int(time.time())
    row = _existing(db, draft_id)
    if row.state != "writing":
        raise NotOpen("This message is not being written any more: it was sent or discarded.")
    subject = row.draft.subject.strip()
    with db.write() as connection:
        step = Step("draft", draft_id, "writing", "discarded")
        undo.carry_out(connection, [step], now=now, not_before=now + undo_window_s)
        action = undo.record(
            connection, f"Discarded “{subject}”" if subject else "Discarded a draft", [step], now
        )
    return action


def resume(db: Database, email_id: EmailId) -> DraftRow:
    """Return the draft to write on for a message in a Drafts mailbox: our own, or one made of another program's.

    Raises NotOpen while it is being sent, emails.OctetsGone where its octets are still to be fetched.
    """
    own = _own(db, email_id)
    if own is not None:
        return own
    account_id, draft, about = foreign_drafts.read(db, email_id)
    with db.write() as connection:
        draft_id = _insert(connection, account_id, draft, about)
        connection.execute(
            "UPDATE draft SET email_id = ?, saved_revision = revision WHERE id = ?", (email_id, draft_id)
        )
        events.record(connection, "drafts")
    return _existing(db, draft_id)


def _own(db: Database, email_id: EmailId) -> DraftRow | None:
    query = f"SELECT {_COLUMNS} FROM draft WHERE email_id = ? ORDER BY id DESC LIMIT 1"  # noqa: S608 - our own names
    found = db.read().execute(query, (email_id,)).fetchone()
    if found is None:
        return None
    if found[3] == "sending":
        if reopened := _reopened(db, found[0]):
            return reopened
        raise NotOpen("This message is being sent: take it back on the outbox page to change it.")
    return _row(found) if found[3] == "writing" else None


def _reopened(db: Database, draft_id: int) -> DraftRow | None:
    """Return a draft whose message was refused: it can be written on."""
    with db.write() as connection:
        refused = connection.execute(
            "SELECT id FROM submission WHERE draft_id = ? AND state = 'rejected' ORDER BY id DESC LIMIT 1",
            (draft_id,),
        ).fetchone()
        if refused is None:
            return None
        outcome = draft_states.cancel(connection, refused[0], int(time.time()))
    return None if outcome.draft_id is None else _existing(db, draft_id)
