"""What a message wants opened, made plain: printable ASCII, and the host it really leads to."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote

_MAX_URL: Final = 16_000
_SHORT: Final = 250
_REMOVED: Final = re.compile("[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")
_SCHEME: Final = re.compile(r"(https?|mailto|tel):", re.IGNORECASE)
_AUTHORITY: Final = re.compile(r"[/\\]*([^/\\?#]*)")
_PATH: Final = re.compile(r"[^?#]*")
_HOST: Final = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_.])?|\[[0-9a-f:.]+\])")
_PORT: Final = re.compile(r":\d{0,5}$")
_UNPRINTABLE: Final = re.compile(r"[^\x21-\x7e]+|[\"<>\\^`{|}]")


def target(url: str) -> tuple[str, str] | None:
    """Return the address in printable ASCII and the host it leads to; None when it is not one to open.

    Read as browsers read it, so that the host shown is the host reached: "https:\\\\good.example\\@evil.example" leads to
    good.example. The host of a mailto: is its address, of a tel: its number.
    """
    if len(url) <= _SHORT:
        return _target_again(url)
    url = url.strip()
    return _target(url) if len(url) <= _MAX_URL else None


@lru_cache(maxsize=4096)
def _target_again(url: str) -> tuple[str, str] | None:
    """Read what is often met again: both renderings of a message have its links, and every signature its own."""
    return _target(url.strip())


def _target(url: str) -> tuple[str, str] | None:
    cleaned = _escaped_spaces(url)
    if cleaned.startswith("//"):
        cleaned = f"https:{cleaned}"
    scheme = _SCHEME.match(cleaned)
    if scheme is None:
        return None
    rest = cleaned[scheme.end() :]
    if scheme[1].lower() in ("mailto", "tel"):
        return _addressed(scheme[1].lower(), rest)
    return _located(scheme[1].lower(), rest)


def _escaped_spaces(url: str) -> str:
    """Drop what browsers drop; a space inside is part of the address and stays escaped."""
    return _REMOVED.sub(lambda run: "%20" if " " in run[0] or "\xa0" in run[0] else "", url)


def _addressed(scheme: str, rest: str) -> tuple[str, str] | None:
    address = _escaped(rest)
    host = unquote(address.partition("?")[0])
    if not host or not host.isascii() or not host.isprintable():
        host = address.partition("?")[0]
    return (f"{scheme}:{address}", host) if host else None


def _located(scheme: str, rest: str) -> tuple[str, str] | None:
    authority = _AUTHORITY.match(rest)
    if authority is None:  # pragma: no cover - the expression matches any text
        return None
    user, at, place = authority[1].rpartition("@")
    port = _PORT.search(place)
    host = _ascii_host(place[: port.start()] if port else place)
    if not host:
        return None
    path = _PATH.sub(lambda plain: plain[0].replace("\\", "/"), rest[authority.end() :], count=1)
    shown_port = port[0] if port and port[0] != ":" else ""
    return f"{scheme}://{_escaped(user)}{at}{host}{shown_port}{_escaped(path)}", host


def _ascii_host(host: str) -> str:
    name = unquote(host).lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return ""
    return name if _HOST.fullmatch(name) else ""


def _escaped(text: str) -> str:
    return _UNPRINTABLE.sub(lambda run: quote(run[0], safe="", errors="replace"), text)
