"""Signatures in the text of drafts: put where they belong, and exchanged with the identity that writes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mail import quote_lines
from mail.drafts import Draft, Identity
from mail.text import typed
from mail.types import Address, BlockKind

DELIMITER: Final = "-- "


def blank(identity: Identity, *, to: tuple[Address, ...] = ()) -> Draft:
    """Return an empty message of an identity."""
    signature = words(identity.signature)
    return Draft(identity.address, to=to, body=below(signature), signature=signature)


def words(signature: str) -> str:
    """Return a signature without the delimiter above it, which some people keep as part of it."""
    return signature.removeprefix(f"{DELIMITER}\n").rstrip("\n")


def kept(signature: str) -> str:
    """Return a signature the way it is stored: neither delimiter nor blank lines around it, nothing a terminal acts on."""
    text = words(typed(signature).lstrip("\n")).strip("\n")
    return text if text.strip() else ""


def below(signature: str) -> str:
    """Return two lines to write on and a signature that ends the text, its delimiter above it (RFC 3676 §4.3)."""
    return f"\n\n{DELIMITER}\n{signature}\n" if signature else ""


def amid(signature: str) -> str:
    """Return two lines to write on and a signature that other text follows.

    It has no delimiter: programs take all that follows one for the signature, the quoted original too.
    """
    return f"\n\n{signature}\n\n" if signature else "\n\n"


def with_identity(draft: Draft, identity: Identity) -> Draft:
    """Return the draft as another identity writes it. A signature its writer has changed stays as it is."""
    body, signature = draft.body, words(identity.signature)
    if draft.signature:
        start = body.rfind(draft.signature)
        end = start + len(draft.signature)
        if start >= 0:
            body = _exchanged(body[:start], signature, body[end:])
    elif signature:
        body = _inserted(body, signature)
    is_there = bool(signature) and signature in body
    return replace(draft, sender=identity.address, body=body, signature=signature if is_there else "")


def _exchanged(before: str, signature: str, after: str) -> str:
    return (before if signature else before.removesuffix(f"{DELIMITER}\n")) + signature + after


def _inserted(body: str, signature: str) -> str:
    """Put a signature at the end, or above the quote that ends the text."""
    lines = body.split("\n")
    written = [number for number, line in enumerate(lines) if line.strip()]
    first = next((number for number in written if _begins_quote(lines, number)), None)
    if first is None or not (_is_forward(lines[first]) or lines[written[-1]].startswith(">")):
        return body.rstrip("\n") + below(signature)
    return "\n".join(lines[:first]).rstrip("\n") + amid(signature) + "\n".join(lines[first:])


def _begins_quote(lines: list[str], number: int) -> bool:
    line = lines[number]
    has_quote_below = any(following.startswith(">") for following in lines[number + 1 : number + 2])
    return line.startswith(">") or _is_forward(line) or (line.endswith(":") and has_quote_below)


def _is_forward(line: str) -> bool:
    return quote_lines.marker(line) is BlockKind.FORWARD
