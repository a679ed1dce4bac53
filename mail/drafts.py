"""A message being written, frozen: every change makes another one, so that a journal can keep each.

The octets of attachments lie elsewhere under their SHA-256; a draft only names them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mail.text import safe_line
from mail.types import Address, SafeText

_SHA256: Final = re.compile(r"[0-9a-f]{64}\Z")
_PLAIN_NAME: Final = re.compile(r"""[^"<>@,;:()\\\[\]]*\Z""")
_LARGEST: Final = 2**53


class BadDraft(ValueError):
    """The text is no draft that to_json wrote. Show what it says and keep the text: it may hold words of the user."""


class DraftKind(StrEnum):
    """What a draft was begun as."""

    NEW = "new"
    REPLY = "reply"
    REPLY_ALL = "reply_all"
    FORWARD = "forward"


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A file to be attached. `sha256` is the hexadecimal digest its octets are kept under."""

    name: str
    media_type: str
    size_octets: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody the user writes as. `aliases` are further addresses whose mail is answered as this one."""

    address: Address
    signature: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as its writer sees it. A recipient not yet resolved is an Address with a name and no email.

    `body` is all the text there is, with quote and signature, lines ended by a newline. `signature` only remembers which
    signature stands in it, so that another identity's can take its place. `in_reply_to` and `references` are
    Message-IDs without brackets; `forwards` is the Message-ID of what is forwarded. `cursor` is where in `body` writing
    goes on, in characters.
    """

    sender: Address
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    body: str = ""
    is_markdown: bool = False
    attachments: tuple[DraftFile, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    reply_to: tuple[Address, ...] = ()
    signature: str = ""
    kind: DraftKind = DraftKind.NEW
    forwards: str | None = None
    cursor: int = 0


def to_json(draft: Draft) -> str:
    """Return a draft as text a journal keeps; from_json reads it back equal."""
    written = {
        "sender": _person(draft.sender),
        "to": list(map(_person, draft.to)),
        "cc": list(map(_person, draft.cc)),
        "bcc": list(map(_person, draft.bcc)),
        "reply_to": list(map(_person, draft.reply_to)),
        "subject": draft.subject,
        "body": draft.body,
        "signature": draft.signature,
        "in_reply_to": draft.in_reply_to,
        "forwards": draft.forwards,
        "is_markdown": draft.is_markdown,
        "attachments": [
            [file.name, file.media_type, file.size_octets, file.sha256] for file in draft.attachments
        ],
        "references": list(draft.references),
        "kind": draft.kind.value,
        "cursor": draft.cursor,
    }
    return json.dumps(written, separators=(",", ":"))


def from_json(text: str) -> Draft:
    """Return the draft to_json wrote. What is missing is empty, what is unknown is left out. Raises BadDraft."""
    try:
        written = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadDraft("The draft could not be read: it is not JSON.") from error
    if not isinstance(written, dict):
        raise BadDraft("The draft could not be read: it is not an object.")
    kind = _text(written, "kind", DraftKind.NEW.value)
    if kind not in set(DraftKind):
        raise BadDraft(f"The draft could not be read: nobody knows the kind {kind!r}.")
    is_markdown = written.get("is_markdown", False)
    if not isinstance(is_markdown, bool):
        raise _wrong("is_markdown")
    return Draft(
        sender=_address(written.get("sender"), "sender"),
        to=_people(written, "to"),
        cc=_people(written, "cc"),
        bcc=_people(written, "bcc"),
        reply_to=_people(written, "reply_to"),
        subject=_text(written, "subject"),
        body=_text(written, "body"),
        signature=_text(written, "signature"),
        in_reply_to=_maybe_text(written, "in_reply_to"),
        forwards=_maybe_text(written, "forwards"),
        is_markdown=is_markdown,
        attachments=tuple(_file(one) for one in _list(written, "attachments")),
        references=tuple(_string(one, "references") for one in _list(written, "references")),
        kind=DraftKind(kind),
        cursor=_number(written, "cursor"),
    )


def written(people: Iterable[Address]) -> str:
    """Return addresses as a line people read and edit; mail.addresses.parse reads it back."""
    return ", ".join(map(_written, people))


def _written(person: Address) -> str:
    if not person.name:
        return person.email
    name = person.name
    if person.email and not _PLAIN_NAME.match(name):
        name = SafeText('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"')
    return f"{name} <{person.email}>" if person.email else name


def _person(person: Address) -> list[str]:
    return [person.name, person.email]


def _address(written: object, field: str) -> Address:
    match written:
        case [str(name), str(email)]:
            return Address(safe_line(name), safe_line(email))
    raise _wrong(field)


def _people(written: dict[str, object], field: str) -> tuple[Address, ...]:
    return tuple(_address(one, field) for one in _list(written, field))


def _file(written: object) -> DraftFile:
    match written:
        case [str(name), str(media_type), int(size), str(sha256)] if (
            _SHA256.match(sha256) and 0 <= size < _LARGEST
        ):
            return DraftFile(name, media_type, size, sha256)
    raise _wrong("attachments")


def _list(written: dict[str, object], field: str) -> list[object]:
    found = written.get(field, [])
    if not isinstance(found, list):
        raise _wrong(field)
    return found


def _text(written: dict[str, object], field: str, default: str = "") -> str:
    return _string(written.get(field, default), field)


def _maybe_text(written: dict[str, object], field: str) -> str | None:
    return None if written.get(field) is None else _text(written, field)


def _number(written: dict[str, object], field: str) -> int:
    match written.get(field, 0):
        case int(found) if 0 <= found < _LARGEST:
            return found
    raise _wrong(field)


def _string(found: object, field: str) -> str:
    if not isinstance(found, str):
        raise _wrong(field)
    return found


def _wrong(field: str) -> BadDraft:
    return BadDraft(f"The draft could not be read: its {field} is not what it should be.")
