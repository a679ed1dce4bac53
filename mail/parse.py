"""The octets of a message to an Email (RFC 5322, RFC 2045-2049), whatever they are."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Final

from mail import (
    addresses,
    attachments,
    authentication,
    bodies,
    dates,
    headers,
    message_ids,
    parameters,
    selection,
    structure,
)
from mail.search_text import search_text
from mail.text import safe_line
from mail.types import Address, Attachment, Body, Email, SafeText, SearchText

_DELIVERED_FIELDS: Final = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To")
FIELDS: Final = (
    "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
    "Content-Type", "List-Id", "List-Unsubscribe", "List-Post", "List-Help", "List-Unsubscribe-Post", "Precedence",
    "Auto-Submitted", "X-Autoreply", "X-Autorespond", *_DELIVERED_FIELDS, "Authentication-Results",
)  # fmt: skip
"""The fields that parse_header reads."""
_MAX_MESSAGE = 128 * 1024 * 1024
_PEOPLE = ("from", "sender", "reply-to", "to", "cc", "bcc")
_MOST_DELIVERED: Final = 8
_BULK_FIELDS = frozenset({"list-id", "list-unsubscribe", "list-post", "list-help", "list-unsubscribe-post"})
_BULK_PRECEDENCE = frozenset({"bulk", "list", "junk"})
_NO_BODY = Body(None, None)
_NOTHING = SafeText("")
_BRACKETED = re.compile(r"<([^<>]*)>")
_TOO_MANY_PARTS = "This message has more parts than are shown."
# What reading broken data raises; a fault of this module shows as a message that cannot be read, not as an end of sync.
_UNREADABLE = (ArithmeticError, LookupError, RecursionError, ValueError)


def parse(message: bytes, known_hash: bytes | None = None) -> Email:
    """Return all that is shown and searched of a message; one that cannot be read gives a placeholder.

    `known_hash` is taken for its octets_hash, which is found out where there is none.
    """
    if len(message) > _MAX_MESSAGE:
        return placeholder(message, "The message is too large to be read.")
    if not message.strip():
        return placeholder(message, "The message is empty.")
    try:
        return _parse(message, octets_hash(message) if known_hash is None else known_hash)
    except _UNREADABLE as error:
        return placeholder(message, f"The message could not be read ({type(error).__name__}).")


def parse_header(header: bytes, size_octets: int) -> Email:
    """Return what the header of a message tells; its body is empty, and it is so itself where it cannot be read.

    `header` may hold the fields of FIELDS alone. The hash is of the header: the identity is the caller's to know.
    """
    try:
        fields, _ = headers.split(_with_line_ends(header))
        first = structure.first_of_each(fields)
        media_type = parameters.parse(first["content-type"])[0] if "content-type" in first else ""
        return _email(
            fields,
            first,
            octets_hash(header),
            size_octets,
            may_have_attachments=media_type == "multipart/mixed",
        )
    except _UNREADABLE:
        return replace(placeholder(header, ""), size_octets=size_octets, problem=None)


def placeholder(message: bytes, problem: str) -> Email:
    """Return an Email that says why there is nothing to read; its octets are whole and can be exported."""
    return Email(
        octets_hash=octets_hash(message), size_octets=len(message), message_id=None, in_reply_to=(), references=(),
        subject=SafeText(""), sent_at=None, from_=(), sender=(), reply_to=(), to=(), cc=(), bcc=(),
        preview=safe_line(problem), body=Body(None, None), attachments=(), search_text=SearchText("", "", "", ""),
        problem=safe_line(problem),
    )  # fmt: skip


def part(message: bytes, number: str) -> bytes:
    """Return the decoded octets of the part an Attachment names. Raises KeyError when there is no such part."""
    message = _with_line_ends(message)
    root, _ = structure.read(message, *headers.split(message))
    for leaf in root.leaves():
        if leaf.number == number:
            return structure.octets(message, leaf)
    raise KeyError(number)


def octets_hash(message: bytes) -> bytes:
    """Return the identity of a message's octets: 16 octets of BLAKE2b."""
    return hashlib.blake2b(message, digest_size=16).digest()


def _with_line_ends(message: bytes) -> bytes:
    """Return the message with line ends that can be told: some old ones have carriage returns only."""
    return message.replace(b"\r", b"\n") if b"\r" in message and b"\n" not in message else message


def _parse(original: bytes, octets_hash: bytes) -> Email:
    message = _with_line_ends(original)
    fields, body_start = headers.split(message)
    root, is_cut = structure.read(message, fields, body_start)
    chosen = selection.select(root)
    body, preview = bodies.read(message, root, chosen, [_TOO_MANY_PARTS] if is_cut else [])
    attached = attachments.attachments(message, chosen)
    return _email(fields, root.fields, octets_hash, len(original), body, preview, attached)


def _email(
    fields: list[tuple[str, str]],
    first: dict[str, str],
    octets_hash: bytes,
    size_octets: int,
    body: Body = _NO_BODY,
    preview: SafeText = _NOTHING,
    attached: tuple[Attachment, ...] = (),
    *,
    may_have_attachments: bool = False,
) -> Email:
    subject = headers.decode(first.get("subject", ""))
    people = {name: _addresses(fields, name) if name in first else () for name in _PEOPLE}
    everyone = [address for group in people.values() for address in group]
    return Email(
        octets_hash=octets_hash,
        size_octets=size_octets,
        message_id=message_ids.one(first.get("message-id", "")),
        in_reply_to=message_ids.replied_to(first.get("in-reply-to", "")),
        references=message_ids.many(first.get("references", "")),
        subject=subject,
        sent_at=dates.sent_at(first.get("date", "")),
        from_=people["from"],
        sender=people["sender"],
        reply_to=people["reply-to"],
        to=people["to"],
        cc=people["cc"],
        bcc=people["bcc"],
        preview=preview,
        body=body,
        attachments=attached,
        search_text=search_text(subject, everyone, body, [attachment.name for attachment in attached]),
        list_id=_list_id(first.get("list-id", "")),
        is_bulk=_is_bulk(first),
        is_auto_reply=_is_auto_reply(first),
        may_have_attachments=may_have_attachments,
        delivered_to=_delivered_to(fields, first),
        fails_authentication=_fails_authentication(fields, first, people["from"]),
    )


def _delivered_to(fields: list[tuple[str, str]], first: dict[str, str]) -> tuple[str, ...]:
    names = {name.lower() for name in _DELIVERED_FIELDS}
    if names.isdisjoint(first):
        return ()
    told = [value for name, value in fields if name.lower() in names][:_MOST_DELIVERED]
    found = (addresses.normalise(one.email) for value in told for one in addresses.parse(value))
    return tuple(dict.fromkeys(one for one in found if one and " " not in one))[:_MOST_DELIVERED]


def _fails_authentication(
    fields: list[tuple[str, str]], first: dict[str, str], authors: tuple[Address, ...]
) -> bool:
    if "authentication-results" not in first:
        return False
    told = [value for name, value in fields if name.lower() == "authentication-results"]
    return authentication.has_failed(told, addresses.domain(authors[0].email) if authors else "")


def _addresses(fields: list[tuple[str, str]], wanted: str) -> tuple[Address, ...]:
    """Return the addresses of every field of that name: senders repeat To and Cc though they must not."""
    written = [value for name, value in fields if name.lower() == wanted]
    if len(written) == 1:
        return addresses.parse(written[0])
    return tuple(address for value in written for address in addresses.parse(value))[
        : addresses.MAX_ADDRESSES
    ]


def _list_id(header: str) -> str | None:
    """Return the identifier of a mailing list (RFC 2919), also when its brackets are missing."""
    found = _BRACKETED.findall(header)
    text = safe_line(headers.decode_words(found[-1] if found else header)).strip().lower()
    return text[:255] or None


def _is_bulk(first: dict[str, str]) -> bool:
    """Say whether the message went to many: mailing lists (RFC 2369, RFC 8058) and what calls itself bulk."""
    return (
        not _BULK_FIELDS.isdisjoint(first) or first.get("precedence", "").strip().lower() in _BULK_PRECEDENCE
    )


def _is_auto_reply(first: dict[str, str]) -> bool:
    """Say whether a program wrote it, as an answer or of itself (RFC 3834 §5), also with the fields used before that standard.

    What asks for no automatic answer (X-Auto-Response-Suppress) says nothing of who wrote it: help desks ask so for people.
    """
    said = first.get("auto-submitted", "").partition(";")[0].partition("(")[0].strip().lower()
    if said not in ("no", ""):
        return True
    return (
        "x-autoreply" in first
        or "x-autorespond" in first
        or first.get("precedence", "").strip().lower() == "auto_reply"
    )
