"""The text of a message for its reader: its parts decoded, joined and cut into blocks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from mail import charsets, headers, html, invitations, plain, quotes, structure
from mail.selection import CALENDARS, Selection, select
from mail.structure import Part
from mail.text import safe_block, safe_line
from mail.types import Block, BlockKind, Body, Document, Link, LinkSpan, SafeText

MAX_TEXT_OCTETS = 1_000_000
PREVIEW_CHARACTERS = 160
_PREVIEWED_CHARACTERS = 1000
_PREVIEWED_WORDS = PREVIEW_CHARACTERS // 2  # with the spaces between them they are enough
_MAX_READ_PARTS = 50
_MAX_FORWARDED = 10  # attached messages read where there is nothing else
_MAX_LEVELS = 3
_REPORTS = frozenset({"message/delivery-status", "message/disposition-notification"})
_REPORTED = re.compile(
    r"^(final-recipient|action|status|diagnostic-code|remote-mta|disposition)[ \t]*:[ \t]*(?:[a-z0-9]+[ \t]*;)?"
    r"([^\n]*(?:\n[ \t][^\n]*)*)",
    re.IGNORECASE | re.MULTILINE,
)
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w:.-]{1,40})""", re.IGNORECASE)
_CUT_NOTICE = "Only the beginning of this long text is shown; save the message to read all of it."
_HIDDEN_NOTICE = "The style of this message hides all of its text; it is shown nevertheless."
_ENCRYPTED_NOTICE = "This message is encrypted."


class _Reader:
    """What is decoded of one message, each part once, and what its reader has to be told."""

    def __init__(self, message: bytes, notices: Sequence[str], room: int) -> None:
        self._message = message
        self._room = room
        self._documents: dict[str, Document] = {}
        self.notices = dict.fromkeys(notices)

    def documents(self, parts: Sequence[Part]) -> Document:
        """Return parts as one document, the quotes in each told apart."""
        return _joined([self._document(part) for part in parts[:_MAX_READ_PARTS]])

    def text(self, part: Part) -> str:
        """Return one part's characters: at most MAX_TEXT_OCTETS of them, and of all parts together what there is room for."""
        limit = min(MAX_TEXT_OCTETS, self._room)
        octets = structure.octets(self._message, part, limit + 1)
        if len(octets) > limit:
            octets = octets[:limit]
            self.notices[_CUT_NOTICE] = None
        self._room -= len(octets)
        declared = part.parameters.get("charset")
        if not declared and part.media_type == "text/html" and (meta := _META_CHARSET.search(octets[:4096])):
            declared = meta[1].decode("ascii", "replace")
        return charsets.decode(octets, declared)

    def _document(self, part: Part) -> Document:
        if part.number not in self._documents:
            self._documents[part.number] = quotes.split(self._unsplit(part))
        return self._documents[part.number]

    def _unsplit(self, part: Part) -> Document:
        if part.media_type == "text/html":
            document, is_hidden_text = html.render(self.text(part))
            if is_hidden_text:
                self.notices[_HIDDEN_NOTICE] = None
            return document
        is_flowed = part.parameters.get("format", "").lower() == "flowed"
        is_delsp = part.parameters.get("delsp", "").lower() == "yes"
        return plain.document(self.text(part), flowed=is_flowed, delsp=is_delsp)


def read(
    message: bytes,
    root: Part,
    selected: Selection,
    notices: Sequence[str],
    *,
    room: int = 2 * MAX_TEXT_OCTETS,
    levels: int = _MAX_LEVELS,
) -> tuple[Body, SafeText]:
    """Return the body of a message and its preview: the first words of the author's own text.

    `notices` are sentences its reader has to be told besides those found here. When there is nothing else to read,
    the messages attached are, as many `levels` deep. `room` is how many octets of text are read in all.
    """
    reader = _Reader(message, notices, room)
    plain_document, html_document = _renderings(reader, selected)
    preview = _preview(plain_document) or _preview(html_document)
    if not preview and levels and (forwarded := _attached_messages(message, selected, room, levels)):
        plain_document, html_document = _joined(forwarded), None
        preview = _preview(plain_document)
    if notes := _notes(reader, root):
        plain_document = _with_notes(plain_document, notes) if plain_document or not html_document else None
        html_document = _with_notes(html_document, notes) if html_document else None
        preview = preview or SafeText(safe_line(notes)[:PREVIEW_CHARACTERS])
    if root.media_type == "multipart/encrypted":
        reader.notices[_ENCRYPTED_NOTICE] = None
    notice = SafeText(" ".join(reader.notices)) if reader.notices else None
    return Body(plain_document, html_document, notice), preview


def _attached_messages(message: bytes, selected: Selection, room: int, levels: int) -> list[Document]:
    """Return the messages attached as forwarded text, each below a few of its fields."""
    documents: list[Document] = []
    for part in [part for part in selected.attached if part.media_type == "message/rfc822"][:_MAX_FORWARDED]:
        octets = structure.octets(message, part, 2 * MAX_TEXT_OCTETS)
        fields, body_start = headers.split(octets)
        root, _ = structure.read(octets, fields, body_start)
        body, _ = read(octets, root, select(root), (), room=room // _MAX_FORWARDED, levels=levels - 1)
        shown = [
            (name, headers.decode(root.fields.get(name.lower(), "")))
            for name in ("From", "Date", "To", "Subject")
        ]
        head = safe_block("\n".join(f"{name}: {value}" for name, value in shown if value))
        documents.append(Document((Block(BlockKind.FORWARD, head),)))
        if inner := body.plain or body.html:
            blocks = tuple(replace(block, kind=BlockKind.FORWARD) for block in inner.blocks)
            documents.append(Document(blocks, inner.links))
    return documents


def _renderings(reader: _Reader, selected: Selection) -> tuple[Document | None, Document | None]:
    """Return the plain and the HTML rendering; the one without a part of its own is None."""
    has_html = any(part.media_type == "text/html" for part in selected.html)
    html_document = reader.documents(selected.html) if has_html else None
    has_plain = any(part.media_type != "text/html" for part in selected.plain)
    if has_html and (not has_plain or selected.plain == selected.html):
        return None, html_document
    return (reader.documents(selected.plain) if selected.plain else None), html_document


def _joined(documents: Sequence[Document]) -> Document:
    if len(documents) == 1:
        return documents[0]
    blocks: list[Block] = []
    links: list[Link] = []
    for document in documents:
        before = len(links)
        links.extend(replace(link, number=link.number + before) for link in document.links)
        blocks.extend(_renumbered(block, before) for block in document.blocks if block.text.strip())
    return Document(tuple(blocks), tuple(links))


def _renumbered(block: Block, before: int) -> Block:
    if not before or not block.links:
        return block
    return replace(
        block, links=tuple(LinkSpan(span.start, span.end, span.number + before) for span in block.links)
    )


def _preview(document: Document | None) -> SafeText:
    if document is None:
        return SafeText("")
    for kind in (BlockKind.TEXT, BlockKind.FORWARD, BlockKind.QUOTE, BlockKind.SIGNATURE):
        words: list[str] = []
        for block in document.blocks:
            if block.kind is kind and len(words) < _PREVIEWED_WORDS:
                words += block.text[:_PREVIEWED_CHARACTERS].split(maxsplit=_PREVIEWED_WORDS)
        if words:
            return SafeText(" ".join(words)[:PREVIEW_CHARACTERS].rstrip())
    return SafeText("")


def _notes(reader: _Reader, root: Part) -> str:
    """Return what calendars and delivery reports in the message say."""
    if not root.parts and root.media_type not in CALENDARS | _REPORTS:
        return ""
    notes: dict[str, None] = {}
    for part in root.leaves():
        if part.media_type in CALENDARS:
            notes[invitations.readable(reader.text(part))] = None
        elif part.media_type in _REPORTS:
            notes[_report(reader.text(part))] = None
    return "\n\n".join(note for note in notes if note)


def _report(text: str) -> str:
    """Return the lines of a delivery report that tell what happened (RFC 3464 §2.3)."""
    lines = []
    for name, value in _REPORTED.findall(text.replace("\r", "")):
        lines.append(f"{name.capitalize()}: {safe_line(value).strip()}")
        if len(lines) >= 100:
            break
    return "\n".join(lines)


def _with_notes(document: Document | None, notes: str) -> Document:
    """Return the document with the notes above it."""
    first = Block(BlockKind.TEXT, safe_block(notes))
    return Document((first,)) if document is None else Document((first, *document.blocks), document.links)
