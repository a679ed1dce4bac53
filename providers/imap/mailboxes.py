"""The mailboxes of an account as LIST tells them: which hold mail, what they are called and what they are for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from mail.changes import RemoteMailbox
from mail.types import MailboxKey, Role
from providers.imap import convert
from providers.imap.session import Listed
from providers.roles import with_roles

_ROLE_OF: Final = {
    "\\inbox": Role.INBOX,
    "\\drafts": Role.DRAFTS,
    "\\sent": Role.SENT,
    "\\archive": Role.ARCHIVE,
    "\\junk": Role.JUNK,
    "\\spam": Role.JUNK,
    "\\trash": Role.TRASH,
}
# Views of mail that lies elsewhere (RFC 6154 §2): the store has such views of its own.
_VIEWS: Final = frozenset({"\\all", "\\flagged", "\\important", "\\starred", "\\allmail"})
_RANK: Final = {role: rank for rank, role in enumerate((Role.INBOX, Role.SENT, Role.DRAFTS))}
_LAST: Final = {Role.JUNK: 1, Role.TRASH: 1}


def describe(listed: Iterable[Listed]) -> tuple[RemoteMailbox, ...]:
    """Return the mailboxes that hold mail of their own, with their roles."""
    held = sorted((one for one in listed if is_held(one)), key=lambda one: one.name)
    names = [(MailboxKey(one.name), convert.name_of(MailboxKey(one.name), one.delimiter)) for one in held]
    inbox = next((key for key, _ in names if key.upper() == "INBOX"), None)
    told = _told_roles(held, dict(names))
    if inbox is not None:
        told = {role: key for role, key in told.items() if key != inbox} | {Role.INBOX: inbox}
    role_of = {key: role for role, key in told.items()}
    guessed = with_roles([(key, name) for key, name in names if key not in role_of or key == inbox], inbox)
    role_of |= {one.key: one.role for one in guessed if one.role is not None and one.role not in told}
    return tuple(RemoteMailbox(key, name, role_of.get(key)) for key, name in names)


def is_held(listed: Listed) -> bool:
    """Say whether a mailbox holds mail that lies nowhere else."""
    return listed.is_selectable and not listed.attributes & _VIEWS and listed.name.isprintable()


def _told_roles(listed: Sequence[Listed], names: Mapping[MailboxKey, str]) -> dict[Role, MailboxKey]:
    best: dict[Role, tuple[int, str, MailboxKey]] = {}
    for one in listed:
        key = MailboxKey(one.name)
        for role in {_ROLE_OF[attribute] for attribute in one.attributes if attribute in _ROLE_OF}:
            candidate = (names[key].count("/"), names[key], key)
            best[role] = min(best.get(role, candidate), candidate)
    return {role: key for role, (_, _, key) in best.items()}


def in_order(mailboxes: Iterable[RemoteMailbox]) -> list[MailboxKey]:
    """Return the keys in the order in which they are looked at: the inbox first, junk and trash last."""
    ranked = sorted(
        mailboxes,
        key=lambda one: (
            _LAST.get(one.role, 0) if one.role else 0,
            _RANK.get(one.role, 9) if one.role else 9,
            one.name,
        ),
    )
    return [one.key for one in ranked]


def namespace(listed: Sequence[Listed]) -> tuple[str | None, str]:
    """Return the delimiter of levels, and what stands before the names of all mailboxes but the inbox."""
    delimiter = next((one.delimiter for one in listed if one.delimiter), None)
    others = [one.name for one in listed if one.name.upper() != "INBOX"]
    prefix = f"INBOX{delimiter}"
    if delimiter and others and all(name.upper().startswith(prefix) for name in others):
        return delimiter, others[0][: len(prefix)]
    return delimiter, ""
