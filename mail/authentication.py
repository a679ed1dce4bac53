"""What the receiving server found out about a sender (RFC 8601): only whether it says that the sender is not who it says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

_MOST_FIELDS: Final = 20
_MOST_LENGTH: Final = 8_000
_COMMENT: Final = re.compile(r"\([^()]*\)")
_RESULT: Final = re.compile(r"\s*([a-z][a-z0-9-]*)(?:/[0-9]+)?\s*=\s*([a-z]+)(.*)", re.IGNORECASE | re.DOTALL)
_SIGNER: Final = re.compile(r"header\.(?:d|i)\s*=\s*\"?@?(?:[^\s;\"@]*@)?([a-z0-9.-]+)", re.IGNORECASE)
_SPF_FAILURES: Final = frozenset({"fail", "softfail", "hardfail"})


class _Result(NamedTuple):
    method: str
    value: str
    rest: str


def has_failed(fields: Sequence[str], from_domain: str) -> bool:
    """Say whether the server that took the message in says it is forged, given its Authentication-Results from the top.

    Fields are added above what is there already, so the topmost one is of our own server, or nobody added one and
    what stands there is the sender's, who will not accuse himself. Those that name the same server are its too, each
    for what no field above it speaks of: a sender can name it as well. What servers before it say counts for nothing.
    A DMARC verdict decides; without one a signature of the From's domain does, then SPF and DKIM. No verdict is no
    failure.
    """
    results = _of_our_server(fields[:_MOST_FIELDS])
    dmarc = {one.value for one in results if one.method == "dmarc"}
    if "pass" in dmarc or "bestguesspass" in dmarc:
        return False
    if "fail" in dmarc:
        return True
    if any(one.method == "dkim" and one.value == "pass" and _is_by(one, from_domain) for one in results):
        return False
    return any(
        (one.method == "spf" and one.value in _SPF_FAILURES) or (one.method == "dkim" and one.value == "fail")
        for one in results
    )


def _of_our_server(fields: Sequence[str]) -> list[_Result]:
    servers = [_read(field) for field in fields]
    if not servers:
        return []
    ours = servers[0][0]
    found: dict[str, list[_Result]] = {}
    for results in (results for server, results in servers if server == ours):
        spoken_of = frozenset(found)
        for result in results:
            if result.method not in spoken_of:
                found.setdefault(result.method, []).append(result)
    return [result for results in found.values() for result in results]


def _read(field: str) -> tuple[str, list[_Result]]:
    """Return who says it, "" where that is left out as Exchange does, and what."""
    text = _without_comments(field[:_MOST_LENGTH])
    pieces = text.split(";")
    head = "" if "=" in pieces[0] else pieces.pop(0)
    found = (_RESULT.match(piece) for piece in pieces)
    results = [_Result(one[1].lower(), one[2].lower(), one[3]) for one in found if one]
    return (head.split() or [""])[0].lower(), results


def _without_comments(text: str) -> str:
    for _ in range(4):  # comments may be nested (RFC 5322 §3.2.2), never deep
        shorter = _COMMENT.sub(" ", text)
        if shorter == text:
            return text
        text = shorter
    return text


def _is_by(result: _Result, from_domain: str) -> bool:
    """Say whether a signature is of the From's domain, or of one above it."""
    found = _SIGNER.search(result.rest)
    signer = found[1].lower().strip(".") if found else ""
    return "." in signer and (from_domain == signer or from_domain.endswith("." + signer))
