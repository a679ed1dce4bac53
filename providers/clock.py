"""How far this machine's clock is from that of the place where an account signs in."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

_PLACES: Final = {
    "google": "https://oauth2.googleapis.com/",
    "microsoft": "https://login.microsoftonline.com/",
}


def skew_s(config: Mapping[str, str], timeout_s: float) -> float | None:
    """Return by how many seconds this machine's clock is ahead, None where nobody can be asked.

    Mail servers do not tell the time; what answers browser sign-ins does, in every answer.
    """
    place = config.get("oauth_authority") or _PLACES.get(config.get("sign_in", ""))
    if place is None or config.get("sign_in") not in _PLACES:
        return None
    import requests

    began = time.time()
    try:
        with requests.head(place, timeout=timeout_s, allow_redirects=False) as response:
            told = response.headers.get("Date", "")
    except (requests.RequestException, OSError):
        return None
    try:
        at = parsedate_to_datetime(told).timestamp()
    except (ValueError, TypeError):
        return None
    return (
        (began + time.time()) / 2 - at - 0.5
    )  # a Date has no fractions: on average half a second is cut off
