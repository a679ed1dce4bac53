"""The files that fetched parts of messages lie in: private, named by us, and cleared away when they are old or many."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, Final

from store import paths
from store.database import Database

DIRECTORY: Final = "parts"
KEPT_S: Final = 30 * 86_400
KEPT_OCTETS: Final = 500_000_000
_NUMBER: Final = re.compile(r"(?:[0-9]+(?:\.[0-9]+)*)?\Z")
_LEFTOVER_S: Final = 3_600.0
_UNFINISHED: Final = "new-"


def directory(db: Database) -> Path:
    """Return where the files lie, made when it is not there."""
    path = db.directory / DIRECTORY
    paths.make_private(path)
    return path


def name(email_id: int, part: str) -> str:
    """Return the name of a part's file. Raises ValueError when `part` is not the number of a part."""
    if _NUMBER.match(part) is None:
        raise ValueError(f"{part!r} is not the number of a part")
    return blake2b(f"{email_id}/{part}".encode(), digest_size=16).hexdigest()


def write(db: Database, email_id: int, part: str, write_to: Callable[[BinaryIO], None]) -> tuple[str, int]:
    """Let `write_to` write a part's octets; return the name of the file and its size.

    What `write_to` raises is passed on, and leaves nothing behind.
    """
    where, final = directory(db), name(email_id, part)
    descriptor, unfinished = tempfile.mkstemp(prefix=_UNFINISHED, dir=where)  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            write_to(file)
            size_octets = file.tell()
        Path(unfinished).replace(where / final)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    return final, size_octets


def find(db: Database, file: str) -> Path | None:
    """Return the path of a file that is there."""
    path = db.directory / DIRECTORY / file
    return path if file and path.is_file() else None


def purge(db: Database, now: int) -> None:
    """Forget what nobody asked for in KEPT_S, and the oldest of more than KEPT_OCTETS; then remove what is of no row."""
    where = directory(db)
    rows = (
        db.read()
        .execute(
            "SELECT email_id, part, file, size_octets, wanted_at FROM fetched_part "
            "ORDER BY wanted_at DESC, email_id, part"
        )
        .fetchall()
    )
    held, old = 0, []
    kept: set[str] = set()
    for email_id, part, file, size_octets, wanted_at in rows:
        held += size_octets
        # The newest is kept however large it is: somebody is waiting for it.
        if kept and (held > KEPT_OCTETS or wanted_at < now - KEPT_S):
            old.append((email_id, part))
        else:
            kept.add(file)
    if old:
        with db.write(is_durable=False) as connection:
            connection.executemany("DELETE FROM fetched_part WHERE email_id = ? AND part = ?", old)
    for path in where.iterdir():
        if path.name not in kept and (not path.name.startswith(_UNFINISHED) or _is_leftover(path)):
            path.unlink(missing_ok=True)


def _is_leftover(path: Path) -> bool:
    try:
        return path.stat().st_mtime < time.time() - _LEFTOVER_S
    except FileNotFoundError:
        return False
