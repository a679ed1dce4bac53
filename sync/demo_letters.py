"""One message of the sample mailbox, and its octets."""

from __future__ import annotations

import base64
import html
import quopri
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import blake2b

from sync.demo_world import Person


@dataclass(frozen=True, slots=True)
class File:
    """An attachment."""

    name: str
    media_type: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A message before it is written down. `text` is what its author typed; quotes and signature are added.

    `mailbox` is a role in words: inbox, sent, archive, junk, trash, drafts. `flags` are those of a Maildir.
    """

    at: int
    sender: Person
    to: tuple[Person, ...]
    subject: str
    text: str
    cc: tuple[Person, ...] = ()
    parent: Letter | None = None
    wrote: str = ""
    html: str | None = None
    with_html: bool = False
    files: tuple[File, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    signed: bool = True
    mailbox: str = "inbox"
    flags: str = ""

    @property
    def message_id(self) -> str:
        """Return an id that is the same whenever the same letter is made."""
        facts = f"{self.at} {self.sender.email} {self.subject}".encode()
        return f"<{blake2b(facts, digest_size=9).hexdigest()}@{self.sender.email.rpartition('@')[2]}>"


def octets(letter: Letter) -> bytes:
    """Return the message as it travels (RFC 5322), its lines ended by LF as in a Maildir."""
    text = full_text(letter)
    if letter.html is not None:
        parts = [_text_part("plain", text), _text_part("html", letter.html)]
    elif letter.with_html:
        parts = [_text_part("plain", text), _text_part("html", _as_html(letter))]
    else:
        parts = [_text_part("plain", text)]
    body = parts[0] if len(parts) == 1 else _multipart("alternative", parts, letter.message_id)
    if letter.files:
        body = _multipart("mixed", [body, *map(_file_part, letter.files)], letter.message_id)
    return (_head(letter) + body).encode("utf-8")


def full_text(letter: Letter) -> str:
    """Return what was typed, the signature, and the messages it answers, quoted."""
    pieces = [letter.text]
    if letter.signed:
        pieces.append(_signature(letter.sender))
    if letter.parent is not None:
        pieces.append(_quoted(letter, letter.parent, depth=2))
    return "\n\n".join(pieces) + "\n"


def _quoted(letter: Letter, parent: Letter, depth: int) -> str:
    inner = [parent.text] + ([_signature(parent.sender)] if parent.signed else [])
    if depth > 1 and parent.parent is not None:
        inner.append(_quoted(parent, parent.parent, depth - 1))
    lines = "\n\n".join(inner).split("\n")
    return "\n".join(
        [
            _attribution(letter),
            *(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in lines),
        ]
    )


def _attribution(letter: Letter) -> str:
    assert letter.parent is not None
    when = datetime.fromtimestamp(letter.parent.at, UTC).strftime("%d.%m.%Y %H:%M")
    return letter.wrote.replace("{when}", when).replace("{who}", letter.parent.sender.name)


def _signature(person: Person) -> str:
    lines = [
        person.name,
        person.title,
        ", ".join(filter(None, (person.organization, person.city))),
        person.phone,
    ]
    mark = "-- \n" if person.id % 3 else ""
    return mark + "\n".join(line for line in lines if line)


def _as_html(letter: Letter) -> str:
    style = "font-family:Calibri,sans-serif;font-size:11pt"
    return f'<html><body style="{style}">\n{_html_block(letter, depth=2)}</body></html>\n'


def _html_block(letter: Letter, depth: int) -> str:
    pieces = [*letter.text.split("\n\n"), *([_signature(letter.sender)] if letter.signed else [])]
    block = "".join(f"<p>{html.escape(piece).replace(chr(10), '<br>')}</p>\n" for piece in pieces)
    if letter.parent is None or depth == 0:
        return block
    lead = html.escape(_attribution(letter))
    return f"{block}<div>{lead}</div>\n<blockquote>\n{_html_block(letter.parent, depth - 1)}</blockquote>\n"


def _head(letter: Letter) -> str:
    references: list[str] = []
    ancestor = letter.parent
    while ancestor is not None:
        references.insert(0, ancestor.message_id)
        ancestor = ancestor.parent
    fields = [
        ("From", _address(letter.sender)),
        ("To", ", ".join(map(_address, letter.to))),
        ("Cc", ", ".join(map(_address, letter.cc))),
        ("Subject", _encoded(letter.subject)),
        ("Date", format_datetime(datetime.fromtimestamp(letter.at, UTC))),
        ("Message-ID", letter.message_id),
        ("In-Reply-To", references[-1] if references else ""),
        ("References", "\n ".join(references)),
        *letter.headers,
        ("MIME-Version", "1.0"),
    ]
    return "".join(f"{name}: {value}\n" for name, value in fields if value)


def _address(person: Person) -> str:
    name = person.name if person.name.isascii() else _encoded(person.name)
    quoted = (
        f'"{name}"' if set(name) & set(",.()@&") and name.isascii() and not name.startswith("=?") else name
    )
    return f"{quoted} <{person.email}>" if name else person.email


def _encoded(text: str) -> str:
    """Return `text` as encoded-words where it needs them (RFC 2047 §2: at most 75 characters each)."""
    if text.isascii():
        return text
    words = [base64.b64encode(text[n : n + 12].encode("utf-8")).decode() for n in range(0, len(text), 12)]
    return "\n ".join(f"=?utf-8?B?{word}?=" for word in words)


def _text_part(subtype: str, text: str) -> str:
    head = f"Content-Type: text/{subtype}; charset=utf-8\nContent-Transfer-Encoding: "
    if subtype == "html" or any(len(line.encode()) > 900 for line in text.split("\n")):
        return head + "quoted-printable\n\n" + quopri.encodestring(text.encode("utf-8")).decode()
    return head + "8bit\n\n" + text


def _file_part(file: File) -> str:
    encoded = "\n".join(textwrap.wrap(base64.b64encode(file.octets).decode(), 76))
    return (
        f'Content-Type: {file.media_type}; name="{file.name}"\n'
        f'Content-Disposition: attachment; filename="{file.name}"\n'
        f"Content-Transfer-Encoding: base64\n\n{encoded}\n"
    )


def _multipart(subtype: str, parts: Sequence[str], key: str) -> str:
    boundary = f"={subtype[:3]}{blake2b(key.encode(), digest_size=8).hexdigest()}"
    inner = "".join(f"--{boundary}\n{part.rstrip(chr(10))}\n" for part in parts)
    return f'Content-Type: multipart/{subtype}; boundary="{boundary}"\n\n{inner}--{boundary}--\n'
