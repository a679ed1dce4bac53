"""Content-Type and Content-Disposition: a value and its parameters (RFC 2045 §5.1, RFC 2231), however broken."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from mail import charsets, headers
from mail.text import safe_line
from mail.types import SafeText

_MAX_VALUE = 64 * 1024
_PARAMETER = re.compile(r""";\s*([^\s=;"]{1,200})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))""", re.DOTALL)
_UNCLOSED = re.compile(r""";\s*([^\s=;"]{1,200})\s*=\s*"?([^;]*)""")
_QUOTED_PAIR = re.compile(r"\\([\"\\])")
_CONTINUATION = re.compile(r"(.+?)\*(\d{1,3})(\*)?\Z")
_MEDIA_TYPE = re.compile(r"([a-z0-9!#$&^_.+-]{1,80})/([a-z0-9!#$&^_.+-]{1,80})\Z")


@lru_cache(maxsize=1024)
def parse(value: str) -> tuple[str, dict[str, str]]:
    """Return the lower-case value before the first ";" and its parameters by lower-case name, raw and not decoded.

    The dictionary is shared: read it only.
    """
    head, semicolon, rest = value[:_MAX_VALUE].partition(";")
    if "=" in head and (words := head.split(None, 1))[1:]:
        head, semicolon, rest = words[0], ";", f"{words[1]};{rest}"  # the first semicolon is missing
    if not semicolon:
        return head.strip().lower(), {}
    rest = ";" + rest
    pattern = _UNCLOSED if _QUOTED_PAIR.sub("", rest).count('"') % 2 else _PARAMETER
    found: dict[str, str] = {}
    for match in pattern.finditer(rest):
        name, *written = match.groups()
        quoted = written[0] if len(written) == 2 else None
        text = _QUOTED_PAIR.sub(r"\1", quoted) if quoted is not None else written[-1].strip().strip('"')
        found.setdefault(name.lower(), text)
    return head.strip().lower(), found


def media_type(value: str, default: str) -> str:
    """Return "type/subtype" of the value before the parameters; text/plain when it is not one (RFC 2045 §5.2)."""
    if not value:
        return default
    return value if _MEDIA_TYPE.match(value) else "text/plain"


def decoded(parameters: dict[str, str], name: str) -> SafeText:
    """Return a parameter's text: extended, continued (RFC 2231), or with the encoded words that should not be there."""
    if (plain := parameters.get(name)) is not None and not any(
        key.startswith(name + "*") for key in parameters
    ):
        return headers.decode(plain)
    if (extended := parameters.get(name + "*")) is not None:
        return _extended(extended)
    pieces = _pieces(parameters, name)
    if pieces and any(is_extended for _, is_extended in pieces):
        octets = b"".join(
            unquote_to_bytes(_octets(text)) if is_extended else _octets(text) for text, is_extended in pieces
        )
        charset, octets = _charset_of(octets)
        return SafeText(safe_line(charsets.decode(octets, charset)).strip())
    return headers.decode("".join(text for text, _ in pieces) or parameters.get(name, ""))


def _pieces(parameters: dict[str, str], name: str) -> list[tuple[str, bool]]:
    numbered = [
        (found, text)
        for key, text in parameters.items()
        if (found := _CONTINUATION.match(key)) and found[1] == name
    ]
    numbered.sort(key=lambda pair: int(pair[0][2]))
    return [(text, found[3] is not None) for found, text in numbered]


def _extended(text: str) -> SafeText:
    charset, octets = _charset_of(unquote_to_bytes(_octets(text)))
    decoded_text = charsets.decode(octets, charset)
    return headers.decode(decoded_text) if "=?" in decoded_text else SafeText(safe_line(decoded_text).strip())


def _charset_of(octets: bytes) -> tuple[str | None, bytes]:
    """Split charset'language'text; text alone has no charset."""
    charset, quote, rest = octets.partition(b"'")
    _, second, text = rest.partition(b"'")
    if not quote or not second or len(charset) > 80:
        return None, octets
    return charset.decode("ascii", "ignore") or None, text


def _octets(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")
