"""The files of one mailbox: listing, reading and renaming them while other programs do the same."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mail import maildir_names
from mail.keywords import SEEN
from mail.types import RemoteKey
from providers.maildir.layout import printable_key

MESSAGE_LIMIT_OCTETS: Final = 64 * 1024 * 1024
_RACY_NS: Final = 2_000_000_000
_LISTING_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Snapshot:
    """When new/ and cur/ last changed (their mtimes) and when we looked, in nanoseconds."""

    new_ns: int
    cur_ns: int
    looked_ns: int

    def is_racy(self) -> bool:
        """Say whether a change right after the look could have left the mtimes as they were.

        File systems keep times coarsely, some to 2 s; a time in the future is no reason to look for ever.
        """
        return abs(self.looked_ns - max(self.new_ns, self.cur_ns)) < _RACY_NS

    def has_same_times(self, other: Snapshot) -> bool:
        """Say whether both looks found the same mtimes."""
        return self.new_ns == other.new_ns and self.cur_ns == other.cur_ns

    def agrees_with(self, now: Snapshot) -> bool:
        """Say whether nothing can have changed between this look and `now`."""
        return self.has_same_times(now) and not self.is_racy()


def look(path: str) -> Snapshot:
    """Take the times of a mailbox. Raises OSError."""
    looked_ns = time.time_ns()
    return Snapshot(
        os.stat(os.path.join(path, "new")).st_mtime_ns,
        os.stat(os.path.join(path, "cur")).st_mtime_ns,
        looked_ns,
    )


def listing(path: str) -> tuple[Snapshot, dict[RemoteKey, str]]:
    """Return the messages of a mailbox as key -> "cur/name" or "new/name". Raises OSError.

    A directory that changes while it is read may hide a file that is being renamed: then it is read again.
    """
    for _ in range(_LISTING_TRIES):
        before = look(path)
        places = _list_once(path)
        if before.has_same_times(look(path)):
            break
    return before, places


def _list_once(path: str) -> dict[RemoteKey, str]:
    # new/ first: a file moved to cur/ meanwhile is then met twice rather than never.
    places = {key_of(name): f"new/{name}" for name in file_names(path, "new")}
    met: set[RemoteKey] = set()
    for name in file_names(path, "cur"):
        key, place = key_of(name), f"cur/{name}"
        if (
            key in met
        ):  # two files of one unique name: both are somebody's mail, the lesser name keeps the key
            places[key], place = sorted((place, places[key]))
            key = RemoteKey(printable_key(place[4:]))
        met.add(key)
        places[key] = place
    return places


def key_of(name: str) -> RemoteKey:
    """Return the key of the message in a file of this name: its unique part."""
    if name.isascii() and ";" not in name and "!" not in name:  # what nearly all are, and there may be many
        return RemoteKey(name.partition(":2,")[0])
    return RemoteKey(printable_key(maildir_names.parse(name)[0]))


def file_names(path: str, subdirectory: str) -> Iterator[str]:
    """Return the names of the regular files there, links to them included. Raises OSError."""
    with os.scandir(os.path.join(path, subdirectory)) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and _is_file(entry):
                yield entry.name


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link to itself
        return False


def custom_keywords(path: str) -> dict[str, str]:
    """Return what the letters a to z mean in this mailbox, as Dovecot wrote it down; nothing if it did not."""
    meanings: dict[str, str] = {}
    try:
        with open(os.path.join(path, "dovecot-keywords"), encoding="utf-8", errors="replace") as lines:
            for line in lines:
                number, _, keyword = line.strip().partition(" ")
                if number.isdecimal() and int(number) < 26 and keyword:
                    meanings[chr(ord("a") + int(number))] = keyword.lower()
    except OSError:
        return {}
    return meanings


def keywords_of(place: str, custom: tuple[tuple[str, str], ...]) -> frozenset[str]:
    """Return the keywords a file's name gives it. What lies in new/ nobody has seen, whatever its name says."""
    told = _keywords(maildir_names.parse(place)[1], custom)
    return told - {SEEN} if place.startswith("new/") else told


@lru_cache(maxsize=4096)
def _keywords(flags: str, custom: tuple[tuple[str, str], ...]) -> frozenset[str]:
    return maildir_names.keywords(flags) | {keyword for letter, keyword in custom if letter in flags}


def place_with_keywords(place: str, wanted: frozenset[str], custom: tuple[tuple[str, str], ...]) -> str:
    """Return the place of the same message once it has the keywords `wanted`: always in cur/."""
    name = place[4:]
    unique, flags = maildir_names.parse(name)
    letters = {letter for letter, _ in custom}
    kept = "".join(flag for flag in flags if flag not in letters)
    kept += "".join(letter for letter, keyword in custom if keyword in wanted)
    return f"cur/{unique}{separator(name)}{maildir_names.with_keywords(kept, wanted)}"


def separator(name: str) -> str:
    """Return what stands between the unique part and the flags: some file systems forbid the colon."""
    unique, flags = maildir_names.parse(name)
    return name[len(unique) : len(name) - len(flags)] or ":2,"


def read(path: str) -> bytes:
    """Return the octets of a message. Raises OSError; EFBIG when it is larger than we take in."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if os.fstat(descriptor).st_size > MESSAGE_LIMIT_OCTETS:
            raise OSError(errno.EFBIG, "larger than 64 MiB", path)
        return file.read()


def is_readable(path: str) -> bool:
    """Say whether read() would probably succeed."""
    try:
        return os.access(path, os.R_OK) and os.stat(path).st_size <= MESSAGE_LIMIT_OCTETS
    except OSError:
        return False


def problem_text(path: str, error: OSError) -> str:
    """Say why a message cannot be read and what to do, for the reader."""
    if error.errno == errno.EFBIG:
        return f"This message is larger than 64 MiB and was not taken in. It lies in {printable_key(path)}"
    if isinstance(error, PermissionError):
        return f"This message may not be read: allow it with chmod u+r on {printable_key(path)}"
    return f"This message cannot be read ({error.strerror}): {printable_key(path)}"
