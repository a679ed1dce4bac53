"""Everything of an Email that a screen may show, for tests that nothing of it is unsafe."""

from __future__ import annotations

from mail.types import Email


def every_text(email: Email) -> list[str]:
    people = (*email.from_, *email.sender, *email.reply_to, *email.to, *email.cc, *email.bcc)
    documents = [document for document in (email.body.plain, email.body.html) if document]
    return [
        email.subject, email.preview, email.problem or "", email.list_id or "", email.message_id or "", email.body.notice or "",
        *email.references, *email.in_reply_to, *(text for person in people for text in (person.name, person.email)),
        *(text for file in email.attachments for text in (file.name, file.media_type, file.content_id or "")),
        *(block.text for document in documents for block in document.blocks),
        *(text for document in documents for link in document.links for text in (link.url, link.host)),
    ]  # fmt: skip
