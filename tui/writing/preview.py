"""A draft as its recipients will read it: built, and read again by what reads all mail."""

from __future__ import annotations

from datetime import datetime

from mail import build, parse
from mail.drafts import Draft, written
from mail.text import safe_block
from mail.types import SafeText
from store.database import Database
from store.sending import attached
from tui.format import size


def text(db: Database, draft: Draft, message_id: str) -> SafeText:
    """Return head and text of the message. Raises mail.build.Unbuildable and store.sending.attached.AttachmentGone."""
    message = build.build(
        draft,
        message_id=message_id,
        date=datetime.now().astimezone(),
        octets_of=lambda file: attached.octets(db, file),
        with_bcc=True,
    )
    email = parse.parse(message)
    head = [
        ("From", written(email.from_)),
        ("To", written(email.to)),
        ("Cc", written(email.cc)),
        ("Bcc", written(email.bcc)),
        ("Subject", email.subject),
        ("Files", ", ".join(f"{each.name} {size(each.size_octets)}" for each in email.attachments)),
    ]
    rows = [f"{caption}: {value}" for caption, value in head if value]
    document = (email.body.html if draft.is_markdown else None) or email.body.plain
    body = "\n\n".join(block.text.strip("\n") for block in document.blocks) if document else ""
    links = [f"[{link.number}] {link.url}" for link in document.links] if document else []
    return safe_block("\n".join([*rows, "", body, *([""] if links else []), *links]))
