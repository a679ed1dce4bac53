"""What a message carries along: names, types and sizes of the parts that are saved rather than read."""

from __future__ import annotations

import mimetypes

from mail import headers, parameters, structure
from mail.selection import Selection
from mail.structure import Part
from mail.text import safe_line
from mail.types import Attachment, SafeText

LEFT_OUT = "x-dealbox-size-octets"
"""The field, in lower case, that gives the size of a part whose octets were not fetched (providers.protocol)."""
_MAX_NAME = 255
_EXTENSIONS = {"message/rfc822": ".eml", "text/plain": ".txt", "text/calendar": ".ics", "image/jpeg": ".jpg"}


def attachments(message: bytes, selection: Selection) -> tuple[Attachment, ...]:
    """Return the attached parts in their order, each with a name to show."""
    return tuple(_attachment(message, part, part.number in selection.related) for part in selection.attached)


def _attachment(message: bytes, part: Part, is_related: bool) -> Attachment:
    disposition, _ = part.disposition
    content_id = safe_line(part.fields.get("content-id", "")).strip("<> ") or None
    return Attachment(
        part=part.number,
        name=name(message, part),
        media_type=part.media_type,
        size_octets=_size(message, part),
        is_inline=disposition != "attachment"
        and (disposition == "inline" or (is_related and content_id is not None)),
        content_id=content_id,
    )


def _size(message: bytes, part: Part) -> int:
    """Return the size of a part, also of one that was left out because the message is too large to hold."""
    told = part.fields.get(LEFT_OUT, "")
    if told.isascii() and told.isdecimal() and len(told) < 16 and not message[part.start : part.end].strip():
        return int(told)
    return structure.size(message, part)


def name(message: bytes, part: Part) -> SafeText:
    """Return the file name a part is given, or one made of its type; a message is named by its subject."""
    _, disposition = part.disposition
    given = parameters.decoded(disposition, "filename") or parameters.decoded(part.parameters, "name")
    if given:
        return SafeText(given[:_MAX_NAME])
    extension = _EXTENSIONS.get(part.media_type) or mimetypes.guess_extension(part.media_type) or ""
    if part.media_type == "message/rfc822":
        subject = structure.first_of_each(headers.split(message, part.start, part.end)[0]).get("subject", "")
        if words := headers.decode(subject):
            return SafeText(words[: _MAX_NAME - len(extension)] + extension)
    kind = part.media_type.partition("/")[0]
    stem = {"image": "image", "message": "message", "text": "text"}.get(kind, "attachment")
    return SafeText(f"{stem}-{part.number}{extension}")
