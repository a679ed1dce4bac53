"""Files of drafts, kept under their SHA-256: what was attached stays as it was, whatever becomes of the file."""

from __future__ import annotations

import hashlib
import io
import json
import mimetypes
import os
import secrets
import time
from pathlib import Path
from typing import BinaryIO, Final

from mail.drafts import DraftFile
from store import paths, private_file
from store.database import Database

DIRECTORY: Final = "attached"
_CHUNK_OCTETS: Final = 1 << 20
_YOUNG_S: Final = 3_600
"""What was kept so recently may be about to be named by a draft."""
_OPAQUE: Final = "application/octet-stream"


class CannotAttach(Exception):
    """The file cannot be attached; the text says why."""


class AttachmentGone(Exception):
    """The octets of a file are not where they were kept, or are not those."""


def keep(db: Database, source: Path | bytes, name: str, media_type: str | None = None) -> DraftFile:
    """Copy a file, or octets, to where drafts keep theirs. Raises CannotAttach.

    `media_type` is worked out from the name where it is not given.
    """
    try:
        with _opened(source) as file:
            sha256, size_octets = _copy(_directory(db), file)
    except OSError as error:
        raise CannotAttach(f"“{name}” cannot be attached: {error.strerror or error}.") from error
    guessed, encoding = mimetypes.guess_type(name)
    return DraftFile(
        name, media_type or (guessed if guessed and not encoding else _OPAQUE), size_octets, sha256
    )


def _opened(source: Path | bytes) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    # Not blocking: somebody may name a pipe.
    descriptor = os.open(source.expanduser(), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    file = os.fdopen(descriptor, "rb")
    if not Path(f"/dev/fd/{descriptor}").is_file():
        file.close()
        raise OSError(None, "it is not a file")
    return file


def _copy(directory: Path, file: BinaryIO) -> tuple[str, int]:
    new = directory / f"{secrets.token_hex(8)}.new"
    digest, size_octets = hashlib.sha256(), 0
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as copy:
            while chunk := file.read(_CHUNK_OCTETS):
                digest.update(chunk)
                size_octets += len(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(descriptor)
        new.replace(directory / digest.hexdigest())
    except OSError:
        new.unlink(missing_ok=True)
        raise
    private_file.sync_directory(directory)
    return digest.hexdigest(), size_octets


def _directory(db: Database) -> Path:
    directory = db.directory / DIRECTORY
    paths.make_private(directory)
    return directory


def path(db: Database, file: DraftFile) -> Path:
    """Return where the octets of a draft's file are, to be looked at and not changed."""
    return db.directory / DIRECTORY / file.sha256


def octets(db: Database, file: DraftFile) -> bytes:
    """Return the octets of a draft's file. Raises AttachmentGone."""
    try:
        found = path(db, file).read_bytes()
    except OSError as error:
        raise AttachmentGone(f"“{file.name}” is no longer there: attach it again.") from error
    if hashlib.sha256(found).hexdigest() != file.sha256:
        raise AttachmentGone(f"“{file.name}” was changed on the disk: attach it again.")
    return found


def purge(db: Database) -> int:
    """Remove the files that no draft names any more, and return how many."""
    directory = db.directory / DIRECTORY
    if not directory.is_dir():
        return 0
    old = time.time() - _YOUNG_S
    candidates = [file for file in directory.iterdir() if file.stat().st_mtime < old]
    named = _named(db)
    unnamed = [file for file in candidates if file.name not in named]
    for file in unnamed:
        file.unlink(missing_ok=True)
    return len(unnamed)


def _named(db: Database) -> set[str]:
    rows = db.read().execute("SELECT json_extract(content, '$.attachments') FROM draft").fetchall()
    return {file[-1] for (files,) in rows if files for file in json.loads(files)}
