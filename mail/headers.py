"""Header fields as mail really writes them (RFC 5322 §2.2, RFC 2047, RFC 6532), read without ever failing."""

from __future__ import annotations

import binascii
import re

from mail import charsets
from mail.text import safe_line
from mail.types import SafeText

MAX_HEADER_OCTETS = 1024 * 1024
_MAX_VALUE = 256 * 1024  # a decoded value longer than this is no value

_NAME = re.compile(r"[!-9;-~]+[ \t]*\Z")
_FIELD = re.compile(r"([!-9;-~]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)(?:\n|\Z)")
_KNOWN_FIELD = re.compile(
    r"(?:from|to|cc|subject|date|sender|reply-to|received|return-path|message-id|in-reply-to|references|mime-version"
    r"|content-[a-z-]+|delivered-to|x-[a-z0-9-]+|list-[a-z]+|precedence|status):",
    re.IGNORECASE,
)
# Whitespace between encoded words is not part of the text (RFC 2047 §6.2). Senders forget to encode "?" and spaces.
_WORDS = re.compile(
    r"=\?[^?\s]{1,80}\?[bBqQ]\?[^?]*(?:\?(?!=)[^?]*){0,8}\?=(?:\s*=\?[^?\s]{1,80}\?[bBqQ]\?[^?]*(?:\?(?!=)[^?]*){0,8}\?=)*+"
)
_WORD = re.compile(r"=\?([^?\s*]{1,80})(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*){0,8})\?=")
_BLANKS = (" ", "\t")
_FOREIGN_TO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def header_end(message: bytes, start: int = 0, end: int | None = None) -> tuple[int, int]:
    """Return where the header block ends and where the body begins; equal when the message is all header."""
    stop = len(message) if end is None else end
    if message.startswith(b"\n", start, stop):
        return start, start + 1
    if message.startswith(b"\r\n", start, stop):
        return start, start + 2
    limit = min(stop, start + MAX_HEADER_OCTETS)
    bare = message.find(b"\n\n", start, limit)
    crlf = message.find(b"\n\r\n", start, limit if bare < 0 else bare)
    if crlf >= 0:
        return crlf + 1, crlf + 3
    if bare >= 0:
        return bare + 1, bare + 2
    return limit, limit


def split(message: bytes, start: int = 0, end: int | None = None) -> tuple[list[tuple[str, str]], int]:
    """Return the fields of the header, names as written and values raw but unfolded, and where the body begins.

    Octets above 127 become surrogates (PEP 383); `decode` reads them.
    """
    stop, body = header_end(message, start, end)
    header = message[start:stop].decode("ascii", "surrogateescape")
    found = _well_formed(header)
    if found is None:
        found, broken_at = _as_written(header)
        body = body if broken_at is None else start + broken_at
    if body >= (len(message) if end is None else end) and not any(
        _KNOWN_FIELD.match(name + ":") for name, _ in found
    ):
        return [], start  # text that only looks like fields
    return found, body


def _well_formed(header: str) -> list[tuple[str, str]] | None:
    """Return the fields of a header that is as the standard says; None when any of its lines is not."""
    found: list[tuple[str, str]] = []
    position = 0
    while field := _FIELD.match(header, position):
        name, value = field.groups()
        found.append((name, _unfolded(value)))
        position = field.end()
    return found if position == len(header) else None


def _as_written(header: str) -> tuple[list[tuple[str, str]], int | None]:
    """Return the fields of any header, and where in it text begins without the blank line before it."""
    lines = header.split("\n")
    found: list[tuple[str, list[str]]] = []
    offset = 0
    if _KNOWN_FIELD.match(lines[0].lstrip()):
        offset += len(lines[0]) - len(lines[0].lstrip())
        lines[0] = lines[0].lstrip()
    for number, line in enumerate(lines):
        name, colon, value = line.partition(":")
        if line[:1] in _BLANKS and found:
            found[-1][1].append(line)
        elif colon and _NAME.match(name):
            found.append((name.rstrip(), [value]))
        elif line.strip() and not line.startswith(("From ", ">From ")):
            is_folded = bool(found) and any(map(_KNOWN_FIELD.match, lines[number + 1 : number + 2]))
            if not is_folded or line.startswith("--"):
                return _joined(found), offset
            found[-1][1].append(" " + line)  # the space that folding needs was forgotten
        offset += len(line) + 1
    return _joined(found), None


def _joined(found: list[tuple[str, list[str]]]) -> list[tuple[str, str]]:
    return [(name, _unfolded("".join(lines))) for name, lines in found]


def _unfolded(value: str) -> str:
    if "\n" in value:
        value = value.replace("\n", "")
    return value.replace("\r", "").strip() if "\r" in value else value.strip()


def fields(message: bytes) -> tuple[tuple[str, SafeText], ...]:
    """Return every header field in order, decoded, as the full header view shows them."""
    return tuple((safe_line(name), decode(value)) for name, value in split(message)[0])


def decode(value: str) -> SafeText:
    """Return the words of a value: encoded words decoded, undeclared octets guessed, safe for the screen."""
    return safe_line(decode_words(value)).strip()  # type: ignore[return-value] # stripping keeps it safe


def decode_words(value: str) -> str:
    """Decode encoded words and undeclared octets, leaving what is unsafe to show."""
    if not value.isascii():
        value = _undeclared(value)
    if "=?" not in value:
        return value
    decoded = _WORDS.sub(_decode_run, value[:_MAX_VALUE])
    # Some gateways encode twice.
    return _WORDS.sub(_decode_run, decoded) if "?=" in decoded and "=?" in decoded else decoded


def decode_transfer_words(octets: str, encoding: str) -> bytes:
    """Return the octets of one encoded word's text, skipping what does not belong there."""
    raw = octets.encode("utf-8", "surrogateescape")
    if encoding in "qQ":
        return binascii.a2b_qp(raw, header=True)
    return from_base64(raw)


def from_base64(raw: bytes) -> bytes:
    """Decode base64 that may be cut short, wrongly padded or full of other characters."""
    try:
        return binascii.a2b_base64(raw)
    except binascii.Error:
        digits = _FOREIGN_TO_BASE64.sub(b"", raw)
        digits = digits[: len(digits) - (len(digits) % 4 == 1)]
        return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def _undeclared(value: str) -> str:
    try:
        octets = value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        octets = value.encode("utf-8", "replace")
    return charsets.decode(octets)


def _decode_run(found: re.Match[str]) -> str:
    """Decode encoded words that follow each other; a character may be cut in two between them."""
    text: list[str] = []
    charset, octets = "", b""
    for word in _WORD.finditer(found[0]):
        declared = word[1].lower()
        if declared != charset and octets:
            text.append(charsets.decode(octets, charset))
            octets = b""
        charset = declared
        octets += decode_transfer_words(word[3], word[2])
    text.append(charsets.decode(octets, charset))
    return "".join(text)
