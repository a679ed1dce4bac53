"""Message-IDs as headers write them (RFC 5322 §3.6.4): without angle brackets, without whitespace."""

from __future__ import annotations

import re

_MAX_OCTETS = 998
_FIRST, _LAST = 1, 99  # of References: the root, and the nearest ancestors
_MAX_HEADER = 256 * 1024
_BRACKETED = re.compile(r"<([^<>]*)>")
_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def one(header: str) -> str | None:
    """Return the Message-ID of a message, also when it is written without brackets; None when there is none."""
    found = _cleaned(_BRACKETED.findall(header[:_MAX_HEADER])) or _cleaned([header.strip("<> \t")])
    return found[0] if found else None


def many(header: str) -> tuple[str, ...]:
    """Return the ids of References in their order: at most the first and the last 99."""
    header = (
        header if len(header) <= _MAX_HEADER else header[: _MAX_HEADER // 2] + header[-_MAX_HEADER // 2 :]
    )
    found = _cleaned(_BRACKETED.findall(header))
    if not found:
        found = _cleaned([word for word in re.split(r"[\s,<>]+", header) if "@" in word])
    return tuple(found if len(found) <= _FIRST + _LAST else found[:_FIRST] + found[-_LAST:])


def replied_to(header: str) -> tuple[str, ...]:
    """Return the ids of In-Reply-To; of prose around them (RFC 822) only what ends it is an id, not addresses."""
    value = header.strip()
    if value.startswith("<") or "<" not in value:
        return many(value)
    return many(value)[-1:] if value.endswith(">") else ()


def _cleaned(found: list[str]) -> list[str]:
    ids = dict.fromkeys(
        text if text.isprintable() and " " not in text else _UNSAFE.sub("", text) for text in found
    )
    return [one_id for one_id in ids if one_id and len(one_id) <= _MAX_OCTETS]
