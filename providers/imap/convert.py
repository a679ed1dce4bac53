"""Between the words of IMAP and those of mail: keys, flags, mailbox names, times."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mail import maildir_names
from mail.keywords import ANSWERED, DRAFT, FLAGGED, FORWARDED, SEEN
from mail.types import MailboxKey, RemoteKey

DELETED: Final = "\\deleted"
_KEYWORD_OF: Final = {
    "\\seen": SEEN,
    "\\flagged": FLAGGED,
    "\\draft": DRAFT,
    "\\answered": ANSWERED,
    "$forwarded": FORWARDED,
    "forwarded": FORWARDED,
}
_FLAG_OF: Final = {
    SEEN: "\\Seen",
    FLAGGED: "\\Flagged",
    DRAFT: "\\Draft",
    ANSWERED: "\\Answered",
    FORWARDED: "$Forwarded",
}


def key_of(uidvalidity: int, uid: int) -> RemoteKey:
    """Return how a message is named to everyone else."""
    return RemoteKey(f"{uidvalidity}.{uid}")


def numbers_of(key: RemoteKey) -> tuple[int, int]:
    """Return epoch and uid of a message; 0 and 0, which no message has, for a key that is not ours."""
    epoch, _, uid = key.partition(".")
    return (int(epoch), int(uid)) if _is_number(epoch) and _is_number(uid) else (0, 0)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def keywords_of(flags: Iterable[str]) -> frozenset[str]:
    """Return the keywords flags stand for; the server's own bookkeeping (\\Recent, \\Deleted) is none."""
    lowered = (flag.lower() for flag in flags)
    return frozenset(
        _KEYWORD_OF.get(flag, flag) for flag in lowered if flag in _KEYWORD_OF or flag[:1] != "\\"
    )


def is_deleted(flags: Iterable[str]) -> bool:
    """Say whether a message is marked to be expunged: then it is gone for everybody who looks."""
    return any(flag.lower() == DELETED for flag in flags)


def flags_of(keywords: Iterable[str]) -> tuple[str, ...]:
    """Return the flags that say these keywords, in a stable order."""
    return tuple(_FLAG_OF.get(keyword, keyword) for keyword in sorted(keywords))


def unsupported(keywords: Iterable[str], permanent_flags: Iterable[str]) -> tuple[str, ...]:
    """Return the keywords a mailbox will not keep, of those that are to be added."""
    permanent = {flag.lower() for flag in permanent_flags}
    if not permanent or "\\*" in permanent:  # a server that does not say keeps them all (RFC 3501 §7.1)
        return ()
    return tuple(
        keyword for keyword in sorted(keywords) if _FLAG_OF.get(keyword, keyword).lower() not in permanent
    )


def name_of(mailbox: MailboxKey, delimiter: str | None) -> str:
    """Return the path of a mailbox in words, levels separated by "/"."""
    levels = mailbox.split(delimiter) if delimiter else [mailbox]
    words = "/".join(maildir_names.decode_utf7(level).replace("/", "\N{DIVISION SLASH}") for level in levels)
    return "INBOX" if words.upper() == "INBOX" else words


def mailbox_of(name: str, delimiter: str | None, prefix: str) -> MailboxKey:
    """Return how the server writes a mailbox with this name, below the personal namespace `prefix`."""
    levels = [
        maildir_names.encode_utf7(level.replace("\N{DIVISION SLASH}", "/")) for level in name.split("/")
    ]
    written = (delimiter or "/").join(levels)
    return MailboxKey(written if not prefix or written.startswith(prefix) else prefix + written)
