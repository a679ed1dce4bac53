"""Carrying operations out on the files: each step is one rename, so that a crash leaves before or after."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
from typing import Final

from mail import maildir_names
from mail.keywords import ANSWERED, DRAFT, FLAGGED, FORWARDED, SEEN
from mail.operations import Applied, CreateMailbox, Destroy, Move, Save, SetKeywords
from mail.types import MailboxKey, RemoteKey
from providers.errors import Rejected, RetryLater, Unsupported
from providers.maildir import files
from providers.maildir.files import Snapshot
from providers.maildir.layout import Layout, find_mailboxes, is_maildir, new_mailbox_path, printable_key

_TRIES: Final = 4
_LISTED_LIMIT: Final = 8
_SYSTEM_KEYWORDS: Final = frozenset({SEEN, FLAGGED, DRAFT, ANSWERED, FORWARDED})
# mbsync keeps its UID in the name; in another mailbox it would be taken for that mailbox's.
_MBSYNC_UID: Final = re.compile(r",U=\d+")


class _Places:
    """Where the messages of a few mailboxes lie, read again when a directory changed under us."""

    def __init__(self) -> None:
        self._listed: dict[str, tuple[Snapshot, dict[RemoteKey, str]]] = {}

    def get(self, path: str, key: RemoteKey) -> str | None:
        if path in self._listed:
            look, places = self._listed[path]
            place = places.get(key)
            is_right = look.has_same_times(files.look(path)) if place is None else _exists(path, place)
            if is_right:
                return place
        elif len(self._listed) >= _LISTED_LIMIT:
            self._listed.clear()
        self._listed[path] = files.listing(path)
        return self._listed[path][1].get(key)

    def put(self, path: str, key: RemoteKey, place: str | None) -> None:
        """Note a change of our own."""
        if path in self._listed:
            places = self._listed[path][1]
            if place is None:
                places.pop(key, None)
            else:
                places[key] = place
            self._listed[path] = (files.look(path), places)

    def clear(self) -> None:
        self._listed.clear()


class Hand:
    """Changes the files of one Maildir. Remembers where files lie between two operations on one mailbox."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._layout: Layout | None = None
        self._places = _Places()

    def forget(self) -> None:
        """Look at the directories anew with the next operation."""
        self._layout = None
        self._places.clear()

    def find(self, mailbox: MailboxKey, key: RemoteKey) -> str | None:
        """Return the path of a message, or None when it is not there. Raises Rejected without the mailbox, OSError."""
        path = self._path(mailbox)
        place = self._places.get(path, key)
        return None if place is None else os.path.join(path, place)

    def move(self, operation: Move) -> Applied:
        """Rename the file into the target mailbox; under a name made from the old one where that name is taken."""
        source, target = self._path(operation.mailbox), self._path(operation.target)
        for _ in range(_TRIES):
            place = self._places.get(source, operation.key)
            if operation.mailbox == operation.target and place is not None:
                return self._applied(operation.target, target, operation.key, place)
            plain, other = _names_in_target(operation)
            if place is None:
                return self._moved_before(operation, target, plain, other)
            unique = other if self._places.get(target, RemoteKey(printable_key(plain))) else plain
            name = unique + place[4:][len(maildir_names.parse(place[4:])[0]) :]
            with contextlib.suppress(FileNotFoundError):
                os.rename(os.path.join(source, place), os.path.join(target, place[:4] + name))
                key = RemoteKey(printable_key(unique))
                self._places.put(source, operation.key, None)
                self._places.put(target, key, place[:4] + name)
                return self._applied(operation.target, target, key, place[:4] + name)
            self._check_mailbox(operation.target, target)
        raise RetryLater("The message is being renamed by another program; trying again.")

    def _moved_before(self, operation: Move, target: str, plain: str, other: str) -> Applied:
        for unique in (other, plain):
            key = RemoteKey(printable_key(unique))
            place = self._places.get(target, key)
            if place is not None:
                return self._applied(operation.target, target, key, place)
        raise Rejected("The message is no longer there: another program moved or deleted it.")

    def set_keywords(self, operation: SetKeywords) -> Applied:
        """Rename the file so that its flags say the keywords."""
        path = self._path(operation.mailbox)
        custom = tuple(files.custom_keywords(path).items())
        unknown = operation.add - _SYSTEM_KEYWORDS - {keyword for _, keyword in custom}
        if unknown:
            raise Unsupported(f"This Maildir has no letter for the keyword {', '.join(sorted(unknown))}.")
        for _ in range(_TRIES):
            place = self._places.get(path, operation.key)
            if place is None:
                raise Rejected("The message is no longer there: another program moved or deleted it.")
            have = files.keywords_of(place, custom)
            wanted = (have | operation.add) - operation.remove
            if wanted == have:
                return self._applied(operation.mailbox, path, operation.key, place)
            renamed = files.place_with_keywords(place, wanted, custom)
            with contextlib.suppress(FileNotFoundError):
                os.rename(os.path.join(path, place), os.path.join(path, renamed))
                self._places.put(path, operation.key, renamed)
                return self._applied(operation.mailbox, path, operation.key, renamed)
            self._check_mailbox(operation.mailbox, path)
        raise RetryLater("The message is being renamed by another program; trying again.")

    def destroy(self, operation: Destroy) -> Applied:
        """Remove the file; that it is gone already is success."""
        path = self._path(operation.mailbox)
        for _ in range(_TRIES):
            place = self._places.get(path, operation.key)
            if place is None:
                return Applied()
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(path, place))
                self._places.put(path, operation.key, None)
        return Applied()

    def save(self, operation: Save) -> Applied:
        """Write the message through tmp/, then remove the one it replaces.

        The name is made from the octets: saved again, it is the same file.
        """
        path = self._path(operation.mailbox)
        unique = f"{hashlib.blake2b(operation.message, digest_size=12).hexdigest()}.draft"
        key = RemoteKey(unique)
        place = self._places.get(path, key)
        if place is None:
            place = f"cur/{maildir_names.build(unique, maildir_names.with_keywords('', operation.keywords))}"
            _write(path, unique, place, operation.message)
            self._places.put(path, key, place)
        if operation.replaces is not None and operation.replaces != key:
            self.destroy(Destroy(operation.mailbox, operation.replaces))
        return self._applied(operation.mailbox, path, key, place)

    def create_mailbox(self, operation: CreateMailbox) -> Applied:
        """Make the directories of a mailbox in the layout found; cur/ last, because it makes it one."""
        found = find_mailboxes(self._root)
        for mailbox in found.mailboxes:
            if mailbox.name == operation.name:
                return Applied(mailbox.key)
        path = new_mailbox_path(found, operation.name)
        os.makedirs(path, mode=0o700, exist_ok=True)
        for subdirectory in ("tmp", "new", "cur"):
            with contextlib.suppress(FileExistsError):
                os.mkdir(os.path.join(path, subdirectory), mode=0o700)
        self.forget()
        return Applied(MailboxKey(printable_key(os.path.relpath(path, self._root))))

    def _path(self, mailbox: MailboxKey) -> str:
        if self._layout is None or mailbox not in self._layout.paths:
            self._layout = find_mailboxes(self._root)
        path = self._layout.paths.get(mailbox)
        if path is None or not is_maildir(path):
            self.forget()
            raise Rejected(f"The mailbox “{mailbox}” is no longer there.")
        return path

    def _check_mailbox(self, mailbox: MailboxKey, path: str) -> None:
        self._places.clear()
        if not is_maildir(path):
            self.forget()
            raise Rejected(f"The mailbox “{mailbox}” is no longer there.")

    def _applied(self, mailbox: MailboxKey, path: str, key: RemoteKey, place: str) -> Applied:
        full = os.path.join(path, place)
        return Applied(mailbox, key, full if printable_key(full) == full else None)


def _exists(path: str, place: str) -> bool:
    return os.path.lexists(os.path.join(path, place))


def _names_in_target(operation: Move) -> tuple[str, str]:
    # The second name is for when the first is taken. Made from the old place, it is found again after a crash.
    plain = _MBSYNC_UID.sub("", maildir_names.parse(operation.key)[0])
    origin = f"{operation.mailbox}\0{operation.key}".encode("utf-8", "replace")
    return plain, f"{plain}.{hashlib.blake2b(origin, digest_size=6).hexdigest()}"


def _write(path: str, unique: str, place: str, message: bytes) -> None:
    os.makedirs(os.path.join(path, "tmp"), mode=0o700, exist_ok=True)
    temporary = os.path.join(path, "tmp", unique)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(message)
        file.flush()
        os.fsync(descriptor)
    os.rename(temporary, os.path.join(path, place))
    directory = os.open(os.path.join(path, "cur"), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def explain(error: OSError, root: str) -> Rejected | RetryLater:
    """Say what a failed operation means to the user."""
    where = printable_key(error.filename) if isinstance(error.filename, str) else root
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return RetryLater(f"The disk of {where} is full: make room, it is tried again.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Rejected(f"{where} may not be changed ({error.strerror}): allow it and do this again.")
    if error.errno in (errno.ENAMETOOLONG, errno.EINVAL):
        return Rejected(f"The file system does not take the name {where}.")
    return RetryLater(f"{where}: {error.strerror}; it is tried again.")
