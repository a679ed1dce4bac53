"""Mailboxes as servers list them, and their names as commands take them."""

from __future__ import annotations

import re
from typing import Final

from providers.imap.answers import Listed, Status
from providers.imap.tokens import Garbled, Tokens

STATUS_ITEMS: Final = ("MESSAGES", "UIDNEXT", "UIDVALIDITY", "HIGHESTMODSEQ")
_QUOTABLE = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x7f]*\Z")
_ESCAPE = re.compile(rb'(["\\])')


def name_of(octets: bytes) -> str:
    """Return a wire name as a text of the same characters; INBOX is always written so."""
    return "INBOX" if octets.upper() == b"INBOX" else octets.decode("latin-1")


def quoted(octets: bytes) -> bytes | None:
    """Return a quoted string, None for what has to be a literal."""
    if not _QUOTABLE.match(octets):
        return None
    return b'"' + _ESCAPE.sub(rb"\\\1", octets) + b'"'


def listed(tokens: Tokens) -> Listed:
    """Read what follows LIST. Raises Garbled."""
    attributes = frozenset(word.decode("latin-1").lower() for word in tokens.words())
    delimiter = tokens.string()
    name = _name(tokens)
    return Listed(name, delimiter.decode("latin-1")[:1] if delimiter else None, attributes)


def _name(tokens: Tokens) -> str:
    """Read a name even where quotes in it are not escaped or spaces are not quoted."""
    begins, line = tokens.at, tokens.line
    octets = tokens.string() or b""
    if tokens.line is line and (rest := tokens.rest.strip()) and not rest.startswith(b"("):
        raw = line[begins:].strip()
        octets = raw[1:-1] if raw[:1] == raw[-1:] == b'"' and len(raw) > 1 else raw
    if not octets:
        raise Garbled("a mailbox without a name")
    return name_of(octets)


def status(tokens: Tokens) -> tuple[str, Status]:
    """Read what follows STATUS: a name and its counts. Raises Garbled."""
    name = tokens.string()
    words = tokens.node()
    if name is None or not isinstance(words, tuple):
        raise Garbled("a status without a name or counts")
    found = {
        item.upper().decode("latin-1"): number
        for item, number in zip(words[::2], words[1::2], strict=False)
        if isinstance(item, bytes) and isinstance(number, int)
    }
    return name_of(name), Status(
        messages=found.get("MESSAGES"),
        uidnext=found.get("UIDNEXT") or None,
        uidvalidity=found.get("UIDVALIDITY") or None,
        highestmodseq=found.get("HIGHESTMODSEQ") or None,
    )
