"""Delivery reports: which message of the user's they are about, for whom, and what happened (RFC 3464, RFC 6522, RFC 3463).

Reports are mail, and mail is hostile: what is found here says what somebody claims. Nothing here raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mail import addresses, charsets, dsn_words, headers, message_ids, structure
from mail.addresses import normalise
from mail.structure import Part
from mail.text import safe_line
from mail.types import SafeText

_MAX_MESSAGE: Final = 128 * 1024 * 1024
_MAX_TEXT: Final = 256 * 1024
_MOST_RECIPIENTS: Final = 100
_MOST_SAID: Final = 500
_MOST_PARTS: Final = 20
_STATUS_TYPES: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED_TYPES: Final = frozenset(
    {
        "message/rfc822",
        "text/rfc822-headers",
        "message/global",
        "message/global-headers",
        "message/rfc822-headers",
    }
)
_OTHER_REPORTS: Final = frozenset({"disposition-notification", "feedback-report", "tlsrpt"})
_STATUS: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY_CODE: Final = re.compile(r"(?<![\d.])([45])\d\d(?=[ -])")
_BLANK: Final = re.compile(r"\n[ \t]*\n")
_FIELD: Final = re.compile(
    r"^([A-Za-z][A-Za-z0-9-]{1,60})[ \t]*:[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)", re.MULTILINE
)
_MESSAGE_ID_LINE: Final = re.compile(
    r"^[ \t>|]*message-id:\s{0,10}<([^<>\s]{1,900})>", re.IGNORECASE | re.MULTILINE
)
_ADDRESS: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"
_NAMED: Final = re.compile(rf"(?<![\w.@+-])<?({_ADDRESS})>?")
_NAMED_IN_FRONT: Final = re.compile(rf"^[ \t]{{0,4}}<({_ADDRESS})>:", re.MULTILINE)
_RETURNED_BEGINS: Final = re.compile(
    r"^[ \t>]*(?:-{2,40}+.{0,40}(?:original message|copy of (?:the|your) message|message follows|returned message|below this line|unsent message).{0,60}"
    r"|(?:received|return-path|message-id): .{0,200})$",
    re.IGNORECASE | re.MULTILINE,
)
_ORIGINAL_ID: Final = re.compile(
    r"^(?:x-)?original-message-id:\s{0,10}(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE
)
_UNREADABLE = (ArithmeticError, LookupError, RecursionError, ValueError)


class Action(StrEnum):
    """What became of a message for a recipient (RFC 3464 §2.3.3); relayed and expanded count as delivered."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class Recipient:
    """What a report says of one recipient. `sentence` is for the user, `said` are the words of a server."""

    email: SafeText
    action: Action
    status: str | None
    sentence: SafeText
    said: SafeText


@dataclass(frozen=True, slots=True)
class Bounce:
    """A delivery report. `message_id` is that of the message it is about, None where the report does not tell."""

    action: Action
    message_id: str | None
    recipients: tuple[Recipient, ...]


def bounce(message: bytes) -> Bounce | None:
    """Return what a message reports about the delivery of another one, None when it is no such report."""
    if len(message) > _MAX_MESSAGE:
        return None
    try:
        return _bounce(message)
    except _UNREADABLE:
        return None


def sentence(status: str | None, said: str, action: Action) -> SafeText:
    """Return in plain words why a message was not delivered, the status in brackets."""
    if action is Action.DELIVERED:
        words = "The message was delivered"
    else:
        otherwise = dsn_words.DELAYED_SO_FAR if action is Action.DELAYED else dsn_words.FAILED
        words = _status_words(status) or _said_words(said) or _subject_words(status) or otherwise
    trying = "; it is tried again" if action is Action.DELAYED else ""
    return safe_line(f"{words} ({status}){trying}" if status else f"{words}{trying}")


def _bounce(message: bytes) -> Bounce | None:
    found, body = headers.split(message)
    root, _ = structure.read(message, found, body)
    if root.parameters.get("report-type", "").lower() in _OTHER_REPORTS:
        return None
    leaves = list(root.leaves())[:_MOST_PARTS]
    reports = [leaf for leaf in leaves if leaf.media_type in _STATUS_TYPES]
    is_report = bool(reports) or root.media_type == "multipart/report"
    if not (is_report or _looks_like_one(root.fields) or _returns_one(root.fields, leaves)):
        return None
    human, rest = _told(message, leaves)
    recipients = [one for leaf in reports for one in _standard(_text(message, leaf))]
    if not recipients:
        recipients = list(_told_recipients(root, human))
    recipients = recipients[:_MOST_RECIPIENTS]
    message_id = _original_id(message, leaves, root, rest)
    if not recipients and message_id is None:
        return None
    return Bounce(_worst(recipients, root, human), message_id, tuple(recipients))


def _worst(recipients: list[Recipient], root: Part, human: str) -> Action:
    if not recipients:
        return _told_action(root, human)
    found = {one.action for one in recipients}
    return next(action for action in Action if action in found)


def _text(message: bytes, part: Part) -> str:
    octets = structure.octets(message, part, _MAX_TEXT)[:_MAX_TEXT]
    return charsets.decode(octets, part.parameters.get("charset")).replace("\r\n", "\n").replace("\r", "\n")


def _standard(text: str) -> Iterator[Recipient]:
    """Yield the recipients of a delivery-status part: every group of fields that names one."""
    for group in _BLANK.split(text)[: _MOST_RECIPIENTS * 2]:
        values: dict[str, str] = {}
        for name, value in _FIELD.findall(group):
            values.setdefault(name.lower(), " ".join(value.split()))
        email = _typed_address(values.get("original-recipient", "")) or _typed_address(
            values.get("final-recipient", "")
        )
        if email:
            yield _recipient(email, values)


def _typed_address(value: str) -> str:
    """Return the address of "rfc822; ana@acme.example", "" when there is none."""
    kind, semicolon, written = value.partition(";")
    written = written if semicolon else kind
    written = written.replace("+2B", "+").replace("+3D", "=")  # xtext (RFC 3461 §4)
    found = addresses.parse(written[:1000])
    return found[0].email if found and normalise(found[0].email) else ""


def _recipient(email: str, values: dict[str, str]) -> Recipient:
    said = values.get("diagnostic-code", "")
    said = said.partition(";")[2].strip() if ";" in said[:40] else said
    written = values.get("action", "").lower().split(" ")[0]
    status = _first_status(values.get("status", ""))
    if status is None or status.endswith(".0.0"):
        status = _first_status(said) or status
    return _made(email, _action(written, status), status, said)


def _action(written: str, status: str | None) -> Action:
    if written in {"delivered", "relayed", "expanded"}:
        return Action.DELIVERED
    if written in {"delayed", "delay"} or (written != "failed" and status is not None and status[0] == "4"):
        return Action.DELAYED
    return Action.DELIVERED if not written and status is not None and status[0] == "2" else Action.FAILED


def _made(email: str, action: Action, status: str | None, said: str) -> Recipient:
    said = safe_line(headers.decode_words(said[: _MOST_SAID * 2])).strip()[:_MOST_SAID]
    return Recipient(safe_line(email), action, status, sentence(status, said, action), SafeText(said))


def _first_status(text: str) -> str | None:
    found = [match[0] for match in _STATUS.finditer(text[:2000])]
    return next((one for one in found if not one.endswith(".0.0")), found[0] if found else None)


def _status_words(status: str | None) -> str:
    return "" if status is None else dsn_words.STATUS.get(status.partition(".")[2], "")


def _subject_words(status: str | None) -> str:
    return "" if status is None else dsn_words.SUBJECTS.get(status.split(".")[1], "")


def _said_words(said: str) -> str:
    lowered = said.lower()
    return next((words for pattern, words in dsn_words.SAID if pattern.search(lowered)), "")


def _looks_like_one(fields: dict[str, str]) -> bool:
    """Say whether a message without a standard report is one all the same: by who sent it, and what its subject says."""
    if "x-failed-recipients" in fields:
        return True
    senders = addresses.parse(fields.get("from", "")[:2000])
    local = senders[0].email.partition("@")[0] if senders else ""
    is_from_server = fields.get("return-path", "").strip() == "<>" or not local
    is_from_server = is_from_server or dsn_words.SENDERS.search(local) is not None
    return (
        is_from_server
        and dsn_words.REPORTING_SUBJECT.search(headers.decode(fields.get("subject", ""))[:500]) is not None
    )


def _returns_one(fields: dict[str, str], leaves: list[Part]) -> bool:
    """Say whether a message nobody may answer carries another one, as reports do and answering machines do not."""
    is_null = fields.get("return-path", "").strip() == "<>" and "auto-replied" not in fields.get(
        "auto-submitted", ""
    )
    return is_null and any(leaf.media_type in _RETURNED_TYPES for leaf in leaves)


def _told(message: bytes, leaves: list[Part]) -> tuple[str, str]:
    """Return what a report says to people, up to the message it returns, and the texts as a whole."""
    texts = [_text(message, leaf) for leaf in leaves if leaf.media_type in {"text/plain", "text/html"}][:3]
    whole = "\n".join(texts)[:_MAX_TEXT]
    begins = _RETURNED_BEGINS.search(whole)
    return (whole[: begins.start()] if begins else whole), whole


def _told_action(root: Part, human: str) -> Action:
    said = headers.decode(root.fields.get("subject", ""))[:500] + "\n" + human
    return Action.DELAYED if dsn_words.DELAYED.search(said) else Action.FAILED


def _told_recipients(root: Part, human: str) -> Iterator[Recipient]:
    """Yield the recipients a report names in its text, each with what stands behind it."""
    action = _told_action(root, human)
    reporter = {normalise(one.email) for one in addresses.parse(root.fields.get("from", "")[:2000])}
    reporter |= {normalise(one.email) for one in addresses.parse(root.fields.get("to", "")[:2000])}
    failed = [one.email for one in addresses.parse(root.fields.get("x-failed-recipients", ""))]
    matches = list(_NAMED_IN_FRONT.finditer(human))
    matches = matches or [match for match in _NAMED.finditer(human) if normalise(match[1]) not in reporter]
    seen: set[str] = set()
    for email in failed:
        if normalise(email) and normalise(email) not in seen:
            seen.add(normalise(email))
            yield _told_recipient(email, action, _behind(human, email))
    for match in [] if failed else matches:
        if normalise(match[1]) not in seen and len(seen) < _MOST_RECIPIENTS:
            seen.add(normalise(match[1]))
            yield _told_recipient(match[1], action, human[match.end() : match.end() + _MOST_SAID * 2])


def _behind(human: str, email: str) -> str:
    position = human.find(email)
    return human[position + len(email) :][: _MOST_SAID * 2] if position >= 0 else human[: _MOST_SAID * 2]


def _told_recipient(email: str, action: Action, text: str) -> Recipient:
    said = " ".join(text.lstrip(">:;,. \t\n").split("\n\n")[0].split())
    status = _first_status(text)
    if status is None and (code := _REPLY_CODE.search(text)):
        status = f"{code[1]}.0.0"
    return _made(email, action, status, said)


def _original_id(message: bytes, leaves: list[Part], root: Part, told: str) -> str | None:
    """Return the Message-ID of the message a report is about, from the surest place that has one."""
    for leaf in leaves:
        if leaf.media_type in _RETURNED_TYPES and (found := _id_of_returned(_text(message, leaf))):
            return found
    for leaf in leaves:
        if leaf.media_type in _STATUS_TYPES and (line := _ORIGINAL_ID.search(_text(message, leaf))):
            return message_ids.one(line[1])
    if line := _MESSAGE_ID_LINE.search(told):
        return message_ids.one(f"<{line[1]}>")
    answered = message_ids.replied_to(root.fields.get("in-reply-to", ""))
    answered = answered or message_ids.many(root.fields.get("references", ""))
    return answered[-1] if answered else None


def _id_of_returned(text: str) -> str | None:
    found = _MESSAGE_ID_LINE.search(_BLANK.split(text.lstrip("\n"), maxsplit=1)[0])
    return message_ids.one(f"<{found[1]}>") if found else None
