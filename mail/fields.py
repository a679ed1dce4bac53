"""Header fields as they are written (RFC 5322, RFC 2047, RFC 2231): ASCII, folded, and never more fields than meant."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import quote

from mail.types import Address

_WIDTH: Final = 78
_LONGEST_WORD: Final = 900  # a line may have 998 (RFC 5322 §2.1.1), with the field's name and marks
_WORD_OCTETS: Final = 39  # of one encoded word: with all around it, it fits behind every field name
_LONGEST_PIECE: Final = 60
_REMOVED: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]+")
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*\Z")
_QUOTED: Final = re.compile(r'(["\\])')
_Q_PLAIN: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_LOCAL: Final = re.compile(
    r"""(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}|"(?:[ !#-\[\]-~]|\\[ -~]){1,62}")\Z"""
)
_LABEL: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\Z")
_LITERAL: Final = re.compile(r"\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9A-Fa-f:.]{2,45})\]\Z", re.IGNORECASE)
_MESSAGE_ID: Final = re.compile(rf"[!-;=?-~]{{1,{_LONGEST_WORD}}}\Z")


class BadAddress(ValueError):
    """Nothing can be sent to the address; the text says what is wrong with it."""


def line_of(text: str) -> str:
    """Return any text as one line without anything that could end a field."""
    return " ".join(_REMOVED.sub("", " ".join(text.split())).split())


def deliverable(email: str) -> str:
    """Return an address as servers take it, its domain in ASCII. Raises BadAddress."""
    local, at, host = email.rpartition("@")
    if not at or not local or not host:
        raise BadAddress("an address needs a name, an @ and a domain")
    if not _LOCAL.match(local):
        what = (
            "characters that addresses cannot have" if local.isascii() else "letters that servers do not take"
        )
        raise BadAddress(f"before its @ it has {what}")
    return f"{local}@{_host(host)}"


def _host(host: str) -> str:
    if _LITERAL.match(host):
        return host
    try:
        written = host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError as error:  # UnicodeError is one
        raise BadAddress("its domain cannot be written for servers") from error
    if len(written) > 253 or not all(map(_LABEL.match, written.split("."))):
        raise BadAddress("its domain is not one")
    return written


def is_message_id(text: str) -> bool:
    """Say whether a Message-ID (without brackets) can stand in a field."""
    return _MESSAGE_ID.match(text) is not None


def text(name: str, value: str) -> bytes:
    """Return a field of running text."""
    value = line_of(value)
    words = _encoded(value) if _needs_encoding(value) else value.split(" ")
    return _folded(name, words)


def people(name: str, addresses: Iterable[Address]) -> bytes:
    """Return a field of addresses. Raises BadAddress."""
    written = [_person(line_of(one.name), deliverable(one.email)) for one in addresses]
    return _listed(name, written)


def people_as_typed(name: str, addresses: Iterable[Address]) -> bytes:
    """Return a field of addresses of which some may not be addresses yet; those are written as words."""
    return _listed(name, [_person_as_typed(one) for one in addresses])


def ids(name: str, message_ids: Iterable[str]) -> bytes:
    """Return a field of Message-IDs."""
    return _folded(name, [f"<{one}>" for one in message_ids])


def with_parameter(name: str, value: str, parameter: str, parameter_value: str) -> bytes:
    """Return a field with a parameter in the way of RFC 2231: in pieces when long, percent-encoded when not ASCII."""
    written = line_of(parameter_value)
    return _folded(name, [f"{value};", *_joined(_pieces(parameter, written))])


def with_encoded_parameter(name: str, value: str, parameter: str, parameter_value: str) -> bytes:
    """Return a field with a parameter as programs that do not know RFC 2231 read it: encoded words between quotes."""
    words = _phrase(line_of(parameter_value), is_always_quoted=True)
    quote_mark = '"' if words[0].startswith("=?") else ""
    words[0] = f"{parameter}={quote_mark}{words[0]}"
    words[-1] += quote_mark
    return _folded(name, [f"{value};", *words])


def plain(name: str, value: str) -> bytes:
    """Return a field whose value is known to be short ASCII."""
    return f"{name}: {value}\r\n".encode("ascii")


def _needs_encoding(value: str) -> bool:
    return not value.isascii() or "=?" in value or any(len(word) > _LONGEST_WORD for word in value.split(" "))


def _person(name: str, email: str) -> list[str]:
    return [*_phrase(name), f"<{email}>"] if name else [email]


def _person_as_typed(person: Address) -> list[str]:
    try:
        return _person(line_of(person.name), deliverable(person.email))
    except BadAddress:
        return _phrase(" ".join(filter(None, (line_of(person.name), line_of(person.email)))))


def _phrase(words: str, *, is_always_quoted: bool = False) -> list[str]:
    if _needs_encoding(words):
        return _encoded(words)
    if _ATOMS.match(words) and not is_always_quoted:
        return words.split(" ")
    return ('"' + _QUOTED.sub(r"\\\1", words) + '"').split(" ")


def _listed(name: str, people: Sequence[list[str]]) -> bytes:
    words: list[str] = []
    for number, person in enumerate(people, 1):
        words += person
        if number < len(people):
            words[-1] += ","
    return _folded(name, words)


def _folded(name: str, words: Iterable[str]) -> bytes:
    """Put words behind a name, and as many lines as they take; white space is one space or a fold."""
    lines: list[str] = []
    line = f"{name}:"
    is_first = True
    for word in words:
        if not is_first and len(line) + 1 + len(word) > _WIDTH:
            lines.append(line)
            line = ""
        line += f" {word}"
        is_first = False
    return "".join(f"{one}\r\n" for one in [*lines, line]).encode("ascii")


def _encoded(value: str) -> list[str]:
    """Return encoded words, characters whole; in the encoding that is shorter."""
    octets = value.encode()
    odd = sum(octet not in _Q_PLAIN and octet != 32 for octet in octets)
    is_q = odd * 2 <= len(octets) // 3
    words: list[str] = []
    piece = b""
    room = _WORD_OCTETS
    for character in value:
        one = character.encode()
        cost = len(_q(one)) if is_q else len(one)
        if cost > room:
            words.append(_word(piece, is_q=is_q))
            piece, room = b"", _WORD_OCTETS
        piece += one
        room -= cost
    return [*words, _word(piece, is_q=is_q)]


def _word(octets: bytes, *, is_q: bool) -> str:
    if is_q:
        return f"=?utf-8?q?{_q(octets)}?="
    return f"=?utf-8?b?{base64.b64encode(octets).decode('ascii')}?="


def _q(octets: bytes) -> str:
    return "".join(chr(one) if one in _Q_PLAIN else "_" if one == 32 else f"={one:02X}" for one in octets)


def _pieces(parameter: str, value: str) -> list[str]:
    """Cut "parameter=value" into the numbered pieces of RFC 2231, or leave it whole."""
    if value.isascii() and "=?" not in value and len(value) <= _LONGEST_PIECE:
        return [f'{parameter}="' + _QUOTED.sub(r"\\\1", value) + '"']
    cut = ["utf-8''"]
    for character in value:
        octets = quote(character.encode(), safe="!#$&+.^_`|~-")
        if len(cut[-1]) + len(octets) > _LONGEST_PIECE:
            cut.append("")
        cut[-1] += octets
    if len(cut) == 1:
        return [f"{parameter}*={cut[0]}"]
    return [f"{parameter}*{number}*={piece}" for number, piece in enumerate(cut)]


def _joined(pieces: list[str]) -> list[str]:
    return [f"{piece};" for piece in pieces[:-1]] + pieces[-1:]
