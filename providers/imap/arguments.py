"""Arguments of commands, written as servers take them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Final

from providers.imap.conversation import Literal
from providers.imap.names import quoted
from providers.imap.refusals import Refused

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FLAG = re.compile(r"\\?[^\x00-\x20\x7f-\uffff(){%*\"\\\]]+\Z")
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(rb"\\(.)")


def string(octets: bytes) -> bytes | Literal:
    """Return a string: quoted, or counted where it cannot be quoted."""
    written = quoted(octets)
    return Literal(octets) if written is None else written


def mailbox(name: str) -> bytes | Literal:
    """Return a wire name. Raises Refused for what is none."""
    try:
        return string(name.encode("latin-1"))
    except UnicodeEncodeError as error:
        raise Refused("The name of the mailbox is not written as IMAP has it.", "BAD") from error


def flag_list(flags: Iterable[str]) -> bytes:
    """Return flags in parentheses. Raises Refused for what cannot be one."""
    wanted = tuple(flags)
    if not all(_FLAG.match(flag) for flag in wanted):
        raise Refused("That is no keyword a server could keep.", "BAD")
    return f"({' '.join(wanted)})".encode("ascii")


def label_list(labels: Iterable[str]) -> list[bytes | Literal]:
    """Return Gmail's labels in parentheses, its own ("\\Inbox") as they are."""
    words: list[bytes | Literal] = []
    for label in labels:
        is_gmails_own = label.startswith("\\") and _FLAG.match(label)
        words += [b" ", label.encode("ascii") if is_gmails_own else mailbox(label)]
    return [b"(", *words[1:], b")"]


def criteria(wanted: str | bytes) -> list[bytes | Literal]:
    """Return what to search for, beginning with CHARSET where it is not ASCII. Raises Refused."""
    octets = (wanted.encode() if isinstance(wanted, str) else wanted).strip()
    if not octets or any(octet in octets for octet in b"\r\n\0"):
        raise Refused("That cannot be searched for.", "BAD")
    if octets.isascii():
        return [octets]
    words: list[bytes | Literal] = [b"CHARSET UTF-8 "]
    at = 0
    for found in _QUOTED.finditer(octets):
        if not found[1].isascii():
            words += [octets[at : found.start()], Literal(_ESCAPED.sub(rb"\1", found[1]))]
            at = found.end()
    words.append(octets[at:])
    if not all(word.isascii() for word in words if isinstance(word, bytes)):
        raise Refused("That cannot be searched for.", "BAD")
    return words


def date_time(epoch_s: int) -> bytes:
    """Return a time as APPEND takes it, in UTC and whatever the locale."""
    at = time.gmtime(epoch_s)
    clock = time.strftime("%H:%M:%S", at)
    return f'"{at.tm_mday:02d}-{_MONTHS[at.tm_mon - 1]}-{at.tm_year:04d} {clock} +0000"'.encode("ascii")
