"""Smart BCC addresses: the owner's own address with a secret after "+", or an alias that is one by itself. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection
from typing import Final

TOKEN_OCTETS: Final = 16
_UNIVERSAL: Final = "crm"
_TAGS: Final = {"deal": "d", "lead": "l", "project": "p"}
_TAGGED: Final = re.compile(r"([^@]+)\+(?:(?:d|l|p|crm)-)?([a-z2-7]{26})@([^@]+)\Z")


def new_token(octets: bytes) -> str:
    """Return 16 random octets as a token: base32 (RFC 4648 §6), lower case, without the padding."""
    if len(octets) != TOKEN_OCTETS:
        raise ValueError(f"a token takes {TOKEN_OCTETS} octets")
    return base64.b32encode(octets).decode("ascii").rstrip("=").lower()


def of_own(address: str, token: str, item_kind: str | None) -> str:
    """Return the address below the owner's own `address`; `item_kind` None: the universal one."""
    local, _, domain = address.rpartition("@")
    tag = _UNIVERSAL if item_kind is None else _TAGS[item_kind]
    return f"{local}+{tag}-{token}@{domain}"


def of_alias(alias: str, token: str | None) -> str:
    """Return the address below an alias kept for Smart BCC; without a token it is the universal one."""
    local, _, domain = alias.rpartition("@")
    return alias if token is None else f"{local}+{token}@{domain}"


def token_in(address: str) -> str | None:
    """Return the token a normalised address carries, None when it carries none; whether it is ours is not known yet."""
    found = _TAGGED.match(address)
    return found[2] if found else None


def is_below(address: str, owners: Collection[str]) -> bool:
    """Say whether a normalised address is a Smart BCC address below one of the owner's: such are nobody's."""
    found = _TAGGED.match(address)
    return found is not None and f"{found[1]}@{found[3]}" in owners
