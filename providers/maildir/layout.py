"""Where the mailboxes of a Maildir are: Maildir++ (.Sent.2024), nested (Sent/2024/cur), or a plain row of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from mail import maildir_names
from mail.changes import RemoteMailbox
from mail.types import MailboxKey, Role
from providers.errors import Rejected
from providers.roles import guess_role, with_roles

ROOT_KEY: Final = MailboxKey(".")
_OWN: Final = frozenset({"cur", "new", "tmp"})
_DEPTH_LIMIT: Final = 10
_DIRECTORY_LIMIT: Final = 20_000


@dataclass(frozen=True, slots=True)
class Layout:
    """The mailboxes below `root` as they lie on disk.

    `containers` are the directories whose change may mean that a mailbox came or went, with their times (mtime in
    nanoseconds) before the look. `is_dotted` says where
    a new mailbox belongs: `dot_base`/.A.B or `root`/A/B.
    """

    root: str
    mailboxes: tuple[RemoteMailbox, ...]
    paths: dict[MailboxKey, str]
    containers: dict[str, int]
    is_dotted: bool
    dot_base: str


def printable_key(name: str) -> str:
    """Return a file name as text that any database keeps: octets that are not UTF-8 are written as escapes."""
    if name.isascii():
        return name
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def is_maildir(path: str) -> bool:
    """Say whether mail lies right in this directory."""
    return os.path.isdir(os.path.join(path, "cur")) and os.path.isdir(os.path.join(path, "new"))


def find_mailboxes(root: str) -> Layout:
    """Walk `root` once; links are followed, a directory met before is not entered again. Raises OSError for `root`."""
    walk = _Walk(root)
    walk.run()
    found = sorted(walk.found, key=lambda one: one[1])
    names = [(key, name) for key, name, _ in found]
    inbox = ROOT_KEY if any(key == ROOT_KEY for key, _ in names) else None
    dotted = [path for _, _, path in found if os.path.basename(path).startswith(".") and path != root]
    return Layout(
        root=root,
        mailboxes=with_roles(names, inbox),
        paths={key: path for key, _, path in found},
        containers=walk.containers,
        is_dotted=bool(dotted) or (len(found) == 1 and inbox is not None),
        dot_base=os.path.dirname(dotted[0]) if dotted else root,
    )


class _Walk:
    def __init__(self, root: str) -> None:
        self.root = root
        self.found: list[tuple[MailboxKey, str, str]] = []
        self.containers: dict[str, int] = {}
        self._entered: set[tuple[int, int]] = set()

    def run(self) -> None:
        os.scandir(self.root).close()  # an unreadable root is the caller's to explain
        if is_maildir(self.root):
            self.found.append((ROOT_KEY, "INBOX", self.root))
        waiting: list[tuple[str, tuple[str, ...]]] = [(self.root, ())]
        while waiting and len(self.containers) < _DIRECTORY_LIMIT:
            path, levels = waiting.pop()
            if self._enter(path):
                waiting.extend(self._look_into(path, levels))

    def _enter(self, path: str) -> bool:
        try:
            status = os.stat(path)
        except OSError:
            return False
        identity = (status.st_dev, status.st_ino)
        if identity in self._entered:
            return False
        self._entered.add(identity)
        return True

    def _look_into(self, path: str, levels: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
        try:
            changed_ns = os.stat(path).st_mtime_ns
            with os.scandir(path) as entries:
                names = sorted(
                    entry.name for entry in entries if entry.name not in _OWN and _is_directory(entry)
                )
        except OSError:
            return []
        self.containers[path] = changed_ns
        deeper = []
        for name in names:
            child = os.path.join(path, name)
            child_levels = (*_parents(levels, name), *_levels(name))
            if is_maildir(child):
                key = MailboxKey(printable_key(os.path.relpath(child, self.root)))
                self.found.append((key, "/".join(child_levels), child))
            elif name.startswith("."):
                continue  # .git, .notmuch: not ours, and possibly large
            if len(child_levels) < _DEPTH_LIMIT:
                deeper.append((child, child_levels))
        return deeper


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _parents(levels: tuple[str, ...], directory_name: str) -> tuple[str, ...]:
    # Inbox/.Sent, as mbsync writes Maildir++, is the mailbox Sent; only the directory lies in the inbox.
    if directory_name.startswith(".") and len(levels) == 1:
        guess = guess_role(levels[0])
        return () if guess is not None and guess[0] is Role.INBOX else levels
    return levels


def _levels(directory_name: str) -> tuple[str, ...]:
    dotted = directory_name.startswith(".")
    parts = directory_name[1:].split(".") if dotted else [directory_name]
    return tuple(_level_name(part) for part in parts if part) or (printable_key(directory_name),)


def _level_name(part: str) -> str:
    return maildir_names.decode_utf7(printable_key(part)).replace("/", "\N{DIVISION SLASH}")


def new_mailbox_path(layout: Layout, name: str) -> str:
    """Return the directory a mailbox with this name ("/" between levels) belongs in. Raises Rejected."""
    levels = name.split("/")
    if (
        any(not level.strip() or len(level) > 100 or "\0" in level for level in levels)
        or len(levels) >= _DEPTH_LIMIT
    ):
        raise Rejected(f"“{name}” cannot be the name of a mailbox: use levels of 1 to 100 letters.")
    if not layout.is_dotted:
        return os.path.join(layout.root, *(_nested_part(level) for level in levels))
    encoded = (maildir_names.encode_utf7(level).replace(".", "&AC4-") for level in levels)
    return os.path.join(layout.dot_base, "." + ".".join(encoded))


def _nested_part(level: str) -> str:
    encoded = maildir_names.encode_utf7(level)
    if encoded in _OWN:
        raise Rejected(f"A mailbox cannot be called “{level}” here: Maildir uses that name itself.")
    return "&AC4-" + encoded[1:] if encoded.startswith(".") else encoded
