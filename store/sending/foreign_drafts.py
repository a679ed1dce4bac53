"""Drafts that other programs saved, read so that they can be written on."""

from __future__ import annotations

from mail.drafts import Draft, DraftFile
from mail.parse import parse, part
from mail.reply import Original
from mail.reply import resume as resumed
from mail.types import AccountId, Document, Email, EmailId
from store import emails
from store.database import Database
from store.sending import attached, identities


def read(db: Database, email_id: EmailId) -> tuple[AccountId, Draft, EmailId | None]:
    """Return a message as a draft, its account, and the message it answers. Raises emails.OctetsGone."""
    message = emails.octets(db, email_id)
    (account_id,) = db.read().execute("SELECT account_id FROM email WHERE id = ?", (email_id,)).fetchone()
    email = parse(message)
    files = [_kept(db, message, email, number) for number in range(len(email.attachments))]
    known = [row.identity for row in identities.of_account(db, account_id)]
    draft = resumed(_original(email), known, files=files)
    return AccountId(account_id), draft, _answered(db, account_id, draft.in_reply_to)


def _kept(db: Database, message: bytes, email: Email, number: int) -> DraftFile:
    found = email.attachments[number]
    return attached.keep(db, part(message, found.part), found.name, found.media_type)


def _original(email: Email) -> Original:
    return Original(
        message_id=email.message_id,
        references=email.references,
        in_reply_to=email.in_reply_to,
        subject=email.subject,
        from_=email.from_,
        reply_to=email.reply_to,
        to=email.to,
        cc=email.cc,
        bcc=email.bcc,
        sent_at=email.sent_at,
        text=_text(email.body.plain or email.body.html),
        size_octets=email.size_octets,
    )


def _text(document: Document | None) -> str:
    if document is None:
        return ""
    return "".join(f"{block.text.rstrip(chr(10))}\n" for block in document.blocks)


def _answered(db: Database, account_id: int, message_id: str | None) -> EmailId | None:
    row = (
        db.read()
        .execute(
            "SELECT id FROM email WHERE account_id = ? AND message_id = ? ORDER BY id LIMIT 1",
            (account_id, message_id),
        )
        .fetchone()
    )
    return None if row is None else EmailId(row[0])
