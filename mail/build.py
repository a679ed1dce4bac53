"""A draft to the octets of a message (RFC 5322, RFC 2045-2049, RFC 3676): 7-bit clean, and the same whenever it is built.

No text of a draft can become a field, a part or a line of its own. Nothing about the program or the machine is told.
"""

from __future__ import annotations

import binascii
import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

from mail import fields, flowed, markdown
from mail.addresses import normalise
from mail.drafts import Draft, DraftFile
from mail.types import Address

_CONTROLS: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f]+")
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,79}/[a-z0-9][a-z0-9!#$&^_.+-]{0,79}\Z")
_MESSAGE_ID: Final = re.compile(r"[!-;=?A-~]{1,200}@[!-;=?A-~]{1,200}\Z")
_LONGEST_LINE: Final = 998
_LONG_LINE: Final = re.compile(rb"[^\n]{999}")
_MOST_NAME: Final = 255
_FLOWED: Final = "text/plain; charset=utf-8; format=flowed; delsp=no"
_OCTETS_AT_ONCE: Final = 57 * 8192  # of base64: whole lines
_OF_A_PART: Final = 400  # octets of the fields and the boundary of a part, about
_OPAQUE: Final = "application/octet-stream"


class Unbuildable(ValueError):
    """The draft cannot become a message until `field` is changed; `reason` is a sentence for its writer."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Part:
    """Fields of content, and the content encoded, in pieces. `is_raw` says that a boundary could occur in it."""

    fields: tuple[bytes, ...]
    body: tuple[bytes, ...]
    is_raw: bool = False


def new_message_id(domain: str) -> str:
    """Return a Message-ID nobody else has, without brackets. Raises Unbuildable when the domain is none."""
    try:
        host = fields.deliverable(f"x@{domain}").partition("@")[2]
    except fields.BadAddress as error:
        raise Unbuildable("sender", f"The domain “{fields.line_of(domain)}” is not one.") from error
    return f"{secrets.token_hex(16)}@{host.lower()}"


def recipients(draft: Draft) -> tuple[str, ...]:
    """Return the addresses a message goes to, each once, Bcc among them. Raises Unbuildable."""
    found: dict[str, str] = {}
    for name, people in (("to", draft.to), ("cc", draft.cc), ("bcc", draft.bcc)):
        for one in people:
            found.setdefault(normalise(one.email), _deliverable(name, one))
    return tuple(found.values())


def size_estimate(draft: Draft) -> int:
    """Return about how many octets the message will have, never far below."""
    text = len(draft.body.encode("utf-8", "replace"))
    files = sum(_OF_A_PART + 4 * (file.size_octets + 2) // 3 * 78 // 76 for file in draft.attachments)
    people = sum(len(one.name) + len(one.email) + 4 for one in (*draft.to, *draft.cc))
    return 2 * _OF_A_PART + text * (5 if draft.is_markdown else 2) + people + files


def build(
    draft: Draft,
    *,
    message_id: str,
    date: datetime,
    octets_of: Callable[[DraftFile], bytes],
    with_bcc: bool = False,
    revision: int | None = None,
) -> bytes:
    """Return the octets of a message; the same arguments give the same octets. Raises Unbuildable.

    With `with_bcc` they are the octets of the draft itself, to be kept and never sent: Bcc stands in them, recipients
    that are no addresses yet are kept as words, and `revision` numbers what was kept. What `octets_of` raises passes.
    """
    head = _head(draft, message_id, date, with_bcc=with_bcc)
    if revision is not None:
        head.append(fields.plain("X-Dealbox-Revision", str(revision)))
    content = _content(draft, octets_of, message_id)
    end = b"" if content.body[-1].endswith(b"\r\n") else b"\r\n"
    return b"".join([*head, b"MIME-Version: 1.0\r\n", *content.fields, b"\r\n", *content.body, end])


def _head(draft: Draft, message_id: str, date: datetime, *, with_bcc: bool) -> list[bytes]:
    if not _MESSAGE_ID.match(message_id):
        raise Unbuildable("message_id", "This Message-ID cannot be sent.")
    written = [_people("From", (draft.sender,), as_typed=with_bcc)]
    written += [_people("Reply-To", draft.reply_to, as_typed=with_bcc)] if draft.reply_to else []
    written += [_people("To", draft.to, as_typed=with_bcc)] if draft.to else []
    written += [_people("Cc", draft.cc, as_typed=with_bcc)] if draft.cc else []
    if with_bcc and draft.bcc:
        written.append(_people("Bcc", draft.bcc, as_typed=True))
    if not (draft.to or draft.cc or with_bcc):
        written.append(fields.plain("To", "undisclosed-recipients:;"))
    if fields.line_of(draft.subject):
        written.append(fields.text("Subject", draft.subject))
    written.append(fields.plain("Date", _date(date)))
    written.append(fields.ids("Message-ID", [message_id]))
    if draft.in_reply_to and fields.is_message_id(draft.in_reply_to):
        written.append(fields.ids("In-Reply-To", [draft.in_reply_to]))
    if references := [one for one in draft.references if fields.is_message_id(one)]:
        written.append(fields.ids("References", references))
    return written


def _people(name: str, people: Sequence[Address], *, as_typed: bool) -> bytes:
    if as_typed:
        return fields.people_as_typed(name, people)
    for one in people:
        _deliverable("sender" if name == "From" else name.lower().replace("-", "_"), one)
    return fields.people(name, people)


def _deliverable(field: str, person: Address) -> str:
    try:
        return fields.deliverable(person.email)
    except fields.BadAddress as error:
        said = fields.line_of(person.email or person.name)
        raise Unbuildable(field, f"“{said}” is no address: {error}.") from error


def _date(date: datetime) -> str:
    offset = date.utcoffset()
    if offset is None:
        raise Unbuildable("date", "The date has no time zone.")
    if offset.total_seconds() % 60:
        date = date.astimezone(UTC)  # zones had seconds once; mail knows none (RFC 5322 §3.3)
    return format_datetime(date)


def _content(draft: Draft, octets_of: Callable[[DraftFile], bytes], message_id: str) -> _Part:
    body = _CONTROLS.sub("", draft.body.replace("\r\n", "\n").replace("\r", "\n"))
    content = _text(_FLOWED, flowed.encode(body))
    if draft.is_markdown:
        html = _text("text/html; charset=utf-8", markdown.to_html(body).replace("\n", "\r\n"))
        content = _multipart("alternative", [content, html], f"a{message_id}")
    if draft.attachments:
        files = [_file(file, octets_of(file)) for file in draft.attachments]
        content = _multipart("mixed", [content, *files], f"m{message_id}")
    return content


def _text(content_type: str, text: str) -> _Part:
    octets = text.encode("utf-8", "replace")
    if octets.isascii() and not _LONG_LINE.search(octets):
        return _part(content_type, "7bit", (octets,), is_raw=True)
    quoted = binascii.b2a_qp(octets, istext=True)
    quoted = re.sub(rb"(?<!\r)\n", b"\r\n", quoted)
    packed = _base64(octets)
    if len(quoted) <= sum(map(len, packed)):
        return _part(content_type, "quoted-printable", (quoted,))
    return _part(content_type, "base64", packed)


def _part(content_type: str, encoding: str, body: tuple[bytes, ...], *, is_raw: bool = False) -> _Part:
    written = (
        fields.plain("Content-Type", content_type),
        fields.plain("Content-Transfer-Encoding", encoding),
    )
    return _Part(written, body, is_raw)


def _base64(octets: bytes) -> tuple[bytes, ...]:
    """Return octets as lines of base64, the last one without its end."""
    pieces: list[bytes] = []
    for start in range(0, len(octets), _OCTETS_AT_ONCE):
        packed = binascii.b2a_base64(octets[start : start + _OCTETS_AT_ONCE], newline=False)
        pieces.append(b"\r\n".join([packed[at : at + 76] for at in range(0, len(packed), 76)]))
        pieces.append(b"\r\n")
    return tuple(pieces[:-1])


def _file(file: DraftFile, octets: bytes) -> _Part:
    media_type = file.media_type.lower()
    if media_type == "message/rfc822":
        message = octets.replace(b"\r\n", b"\n")
        if message.isascii() and not re.search(rb"[\x00\r]", message) and not _LONG_LINE.search(message):
            return _named(file, media_type, "7bit", (message.replace(b"\n", b"\r\n"),), is_raw=True)
        # No encoding is allowed on a message (RFC 2046 §5.2.1), and its octets are not ours to change.
        media_type = _OPAQUE
    if not _MEDIA_TYPE.match(media_type) or media_type.startswith(("multipart/", "message/")):
        media_type = _OPAQUE
    return _named(file, media_type + _charset(media_type, octets), "base64", _base64(octets))


def _charset(media_type: str, octets: bytes) -> str:
    if not media_type.startswith("text/"):
        return ""
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return "; charset=utf-8"


def _named(
    file: DraftFile, content_type: str, encoding: str, body: tuple[bytes, ...], *, is_raw: bool = False
) -> _Part:
    name = _file_name(file.name)
    written = (
        fields.with_encoded_parameter("Content-Type", content_type, "name", name),
        fields.plain("Content-Transfer-Encoding", encoding),
        fields.with_parameter("Content-Disposition", "attachment", "filename", name),
    )
    return _Part(written, body, is_raw)


def _file_name(name: str) -> str:
    """Return a name without the directories it came from."""
    name = fields.line_of(name).rpartition("/")[2].strip()
    if len(name) <= _MOST_NAME:
        return name or "attachment"
    extension = name[-20:].rpartition(".")[2]
    return f"{name[: _MOST_NAME - 21]}.{extension}"


def _multipart(subtype: str, parts: Sequence[_Part], seed: str) -> _Part:
    boundary = _boundary(parts, seed)
    delimiter = b"--" + boundary.encode("ascii")
    pieces: list[bytes] = []
    for part in parts:
        pieces += [delimiter, b"\r\n", *part.fields, b"\r\n", *part.body, b"\r\n"]
    pieces += [delimiter, b"--"]
    content_type = fields.plain("Content-Type", f'multipart/{subtype}; boundary="{boundary}"')
    return _Part((content_type,), tuple(pieces), any(part.is_raw for part in parts))


def _boundary(parts: Sequence[_Part], seed: str) -> str:
    """Return a boundary made of the seed that occurs in no part: "=_" cannot, but in what is not encoded."""
    number = 0
    while True:
        boundary = "=_" + hashlib.sha256(f"{number} {seed}".encode()).hexdigest()[:32]
        octets = boundary.encode("ascii")
        if not any(octets in piece for part in parts if part.is_raw for piece in part.body):
            return boundary
        number += 1
