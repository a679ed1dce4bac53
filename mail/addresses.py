"""Addresses of people as headers write them (RFC 5322 §3.4), read in linear time and without ever failing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from mail import headers
from mail.text import safe_line
from mail.types import Address, SafeText

MAX_ADDRESSES = 5000
_MAX_HEADER = 512 * 1024
_SHORT = 250

# One of "Name" <a@b>, Name <a@b>, <a@b> and a@b with what ends it, and nothing in it that needs a second look.
_SIMPLE = re.compile(
    r"""\s*(?:(?:"([^"\\<>@]*)"\s*|([^"<>@,;:()\\\[\]]*))<([^\s"<>@,;:()\\]+@[^\s"<>@,;:()\\]+)>"""
    r"""|([^\s"<>@,;:()\\=]+@[^\s"<>@,;:()\\=]+))\s*(?:,|\Z)"""
)
_ENCODED_WORD = r"=\?[^?\s]{1,80}\?[bBqQ]\?[^?<>]*\?="
_TOKEN = re.compile(
    rf"""(?P<word>{_ENCODED_WORD})|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<angle><[^<>]*>)|(?P<space>\s+)"""
    r"""|(?P<mark>[,;:()"<>])|(?P<atom>(?:(?!=\?)[^\s,;:()"<>])+|=)""",
    re.DOTALL,
)
_UNQUOTED_TOKEN = re.compile(_TOKEN.pattern.replace(r'|(?P<quoted>"(?:[^"\\]|\\.)*")', ""), re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_SPACES = re.compile(r"\s+")
_Token = tuple[str, str]


def parse(header: str) -> tuple[Address, ...]:
    """Return the addresses of an unfolded header value, raw or with encoded words; groups give their members."""
    return _parse_again(header) if len(header) <= _SHORT else _parse(header)


@lru_cache(maxsize=4096)
def _parse_again(header: str) -> tuple[Address, ...]:
    """Parse what is often met again: the same people write the same people."""
    return _parse(header)


def _parse(header: str) -> tuple[Address, ...]:
    found: list[Address] = []
    position, length = 0, len(header)
    while position < length and len(found) < MAX_ADDRESSES:
        if (one := _SIMPLE.match(header, position)) is None:
            return _parse_tokens(header[:_MAX_HEADER])
        found.append(_simple(one))
        position = one.end()
    return tuple(found)


def normalise(email: str) -> str:
    """Return the form addresses are compared in: lower case, domain in ASCII; "" without an "@"."""
    local, at, host = email.strip().rpartition("@")
    if not at or not local or not host:
        return ""
    host = host.rstrip(".").lower()
    if not host.isascii():
        host = _ascii_host(host)
    return f"{local.lower()}@{host}"


def domain(email: str) -> str:
    """Return the domain of an address as normalise writes it, "" without one."""
    return normalise(email).rpartition("@")[2]


def _ascii_host(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except ValueError:  # UnicodeError is one: labels too long, empty or with forbidden characters
        return host


def _simple(found: re.Match[str]) -> Address:
    quoted, bare, angle, alone = found.groups()
    name = quoted if quoted is not None else bare
    return Address(_unquoted(headers.decode(name)) if name else SafeText(""), _email(angle or alone))


def _email(raw: str) -> SafeText:
    """Return an address without whitespace, comments or quotes around it."""
    if not raw.isascii() or "=?" in raw:
        raw = headers.decode_words(raw)
    text = safe_line(raw)
    if " " in text:
        text = SafeText(_SPACES.sub("", text))
    if text.startswith("@"):
        text = SafeText(text.rpartition(":")[2])  # a route (RFC 5322 §4.4)
    return SafeText(text[7:]) if text[:7].lower() == "mailto:" else text


def _parse_tokens(header: str) -> tuple[Address, ...]:
    found: list[Address] = []
    held: list[_Token] = []
    may_end = False  # whether what is held can be an address by now
    for kind, text in _tokens(header):
        if kind != "mark" or text not in ",;:":
            held.append((kind, text))
            may_end = may_end or "@" in text or kind in {"angle", "word"}
        elif text == ":":
            held = []  # the name of a group, or "mailto"
        elif text == "," and not may_end:
            held.append(("atom", ","))  # Last, First <a@b> without quotes
        else:
            found.append(_address(held))
            held, may_end = [], False
            if len(found) >= MAX_ADDRESSES:
                break
    found.append(_address(held))
    return tuple(address for address in found if address.email or address.name.strip(" ,"))


def _tokens(header: str) -> Iterator[_Token]:
    """Cut a value into tokens; comments come as one "comment" token, quoted strings without their quotes."""
    pattern, position, length = _TOKEN, 0, len(header)
    closes = header.count(")")
    while position < length:
        found = pattern.match(header, position)
        if found is None:  # pragma: no cover - every character belongs to a token
            position += 1
            continue
        kind, text = found.lastgroup or "atom", found[0]
        if text == '"' and pattern is _TOKEN:
            pattern = _UNQUOTED_TOKEN  # this quote never closes: no later one can be told to open
        if text == "(" and closes:
            end = _comment_end(header, position)
            if end < 0:
                closes = 0
            else:
                yield "comment", header[position + 1 : end]
                position = end + 1
                continue
        position = found.end()
        if kind == "quoted":
            text = _QUOTED_PAIR.sub(r"\1", text[1:-1])
        if text != '"':
            yield kind, text


_COMMENT_MARK = re.compile(r"[()\\]")


def _comment_end(header: str, start: int) -> int:
    """Return where the comment that opens at `start` closes, -1 when it does not."""
    depth, position = 0, start
    while (found := _COMMENT_MARK.search(header, position)) is not None:
        position = found.end() + (found[0] == "\\")
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth == 0:
            return found.start()
    return -1


def _address(held: list[_Token]) -> Address:
    """Make an address of the tokens between two commas: the last one with "@" is the address, the rest the name."""
    angles = [position for position, (kind, _) in enumerate(held) if kind == "angle"]
    chosen = _last_with_at(held, angles)
    if chosen is None:
        chosen = _last_with_at(held, [i for i, (kind, _) in enumerate(held) if kind == "atom"])
    if chosen is None and angles:
        chosen = angles[-1]
    if chosen is None:
        return _address_in_words(held)
    if held[chosen][0] == "angle":
        return Address(_name(held[:chosen] + held[chosen + 1 :]), _email(held[chosen][1][1:-1]))
    start = chosen
    if held[start][1].startswith("@") and start > 0 and held[start - 1][0] in {"quoted", "atom"}:
        start -= 1  # "john doe"@example.com
    local = f'"{held[start][1]}"' if held[start][0] == "quoted" else ""
    email = (
        local + held[chosen][1]
        if start < chosen and local
        else "".join(t for _, t in held[start : chosen + 1])
    )
    return Address(_name(held[:start] + held[chosen + 1 :]), safe_line(email) if local else _email(email))


def _last_with_at(held: list[_Token], positions: list[int]) -> int | None:
    return next((position for position in reversed(positions) if "@" in held[position][1]), None)


def _address_in_words(held: list[_Token]) -> Address:
    """Read an address hidden in encoded words or quotes; without one all of it is a name."""
    name = _name(held)
    before, opened, rest = name.rpartition("<")
    inside, closed, _ = rest.partition(">")
    if opened and closed and "@" in inside:
        return Address(SafeText(before.strip(' "')), _email(inside))
    if "@" in name and " " not in name:
        return Address(SafeText(""), _email(name))
    return Address(name, SafeText(""))


def _name(tokens: list[_Token]) -> SafeText:
    """Return the words of a name; a comment is the name only when nothing else is."""
    words = "".join(text if kind != "space" else " " for kind, text in tokens if kind != "comment")
    if not words.strip():
        words = " ".join(text for kind, text in tokens if kind == "comment")
    return _unquoted(SafeText(headers.decode(words).strip(" ,")))


def _unquoted(name: SafeText) -> SafeText:
    """Return a name without the quotes that some programs put inside the quotes."""
    while len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = SafeText(name[1:-1].strip())
    return name
