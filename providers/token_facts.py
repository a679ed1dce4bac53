"""What is known of a browser sign-in without using it: when it was renewed, and until when it is good. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """Times are seconds since 1970; `renewed_at` is None where nobody notes it."""

    expires_at: int
    renewed_at: int | None = None


def token_facts(config: Mapping[str, str], kept: str | None) -> TokenFacts | None:
    """Return what the secret "token" tells, None when there is none or it cannot be read."""
    try:
        told = json.loads(kept or "")
        if config.get("sign_in") == "microsoft":
            return _of_cache(told)
        return TokenFacts(int(told["expires_at"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _of_cache(cache: Any) -> TokenFacts | None:
    """Read a cache of msal's: of several access tokens, the one that lasts longest."""
    tokens = [
        TokenFacts(int(each["expires_on"]), int(each["cached_at"]) if each.get("cached_at") else None)
        for each in cache.get("AccessToken", {}).values()
    ]
    return max(tokens, key=lambda one: one.expires_at, default=None)
