"""Names and places for files that come out of messages."""

from __future__ import annotations

import errno
import io
import os
import re
import shutil
from pathlib import Path
from typing import BinaryIO

from mail.text import safe_line

MAX_NAME_OCTETS = 200
_FALLBACK = "attachment"
_MAX_EXTENSION = 20  # characters: at most 80 octets, so that a shortened name always has room for it
_MOST_ALIKE = 10_000
_CHUNK = 262_144
_FORBIDDEN = re.compile(r'[/\\<>:"|?*]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$)(?:\.|\Z)", re.IGNORECASE)


def safe_name(name: str) -> str:
    """Return a file name that cannot leave its directory, hide, be taken for an option or break a terminal."""
    last = re.split(r"[/\\]", name.rstrip("/\\ "))[-1]
    cleaned = _FORBIDDEN.sub("_", safe_line(last)).strip(" .").lstrip("-. ~")
    if _RESERVED.match(cleaned):
        cleaned = f"_{cleaned}"
    return _shortened(cleaned) or _FALLBACK


def save(directory: Path, name: str, octets: bytes) -> Path:
    """Write a new file that only its owner can read and return its path; an existing file makes it "name (2)".

    Raises OSError when the directory cannot be written; nothing half-written is left behind.
    """
    return save_from(directory, name, io.BytesIO(octets))


def save_from(directory: Path, name: str, source: BinaryIO) -> Path:
    """Write what `source` holds to a new file, bit by bit, as save() does."""
    stem, extension = _split(safe_name(name))
    for number in range(1, _MOST_ALIKE + 1):
        path = directory / (f"{stem}{extension}" if number == 1 else f"{stem} ({number}){extension}")
        try:
            descriptor = os.open(
                path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
            )
        except FileExistsError:
            continue
        _write(descriptor, path, source)
        return path
    raise FileExistsError(errno.EEXIST, "too many files of that name", name)


def _write(descriptor: int, path: Path, source: BinaryIO) -> None:
    try:
        with os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(source, file, _CHUNK)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _split(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    if not dot or not stem or len(extension) > _MAX_EXTENSION:
        return name, ""
    if stem.lower().endswith(".tar"):
        return stem[:-4], f"{stem[-4:]}.{extension}"
    return stem, f".{extension}"


def _shortened(name: str) -> str:
    """Cut a name to its octets, keeping its extension and whole characters."""
    if len(name.encode()) <= MAX_NAME_OCTETS:
        return name
    stem, extension = _split(name)
    room = MAX_NAME_OCTETS - len(extension.encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .") + extension
