"""Whether the files of a data directory are as they should be: private, on a disk with room, and undamaged."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from store import invariants, paths
from store.database import Database
from store.health.findings import Finding, Level

LEAST_FREE_OCTETS: Final = 500_000_000
_MOST_TOLD: Final = 20


def findings(db: Database) -> Iterator[Finding]:
    """Yield what is wrong with the files; it reads the whole store."""
    yield from _privacy(db.directory)
    yield from _disk(db.directory)
    yield from _integrity(db)


def _privacy(directory: Path) -> Iterator[Finding]:
    for path in (directory, *sorted(directory.rglob("*"))):
        try:
            status = path.lstat()
        except FileNotFoundError:
            continue
        if stat.S_ISLNK(status.st_mode):
            continue
        if status.st_uid != os.geteuid():
            yield Finding(
                "error", "privacy", f"{path} belongs to another user: give it back to yours with chown"
            )
        elif stat.S_IMODE(status.st_mode) & 0o077:
            mode = "700" if stat.S_ISDIR(status.st_mode) else "600"
            yield Finding("error", "privacy", f"{path} can be opened by others: run  chmod {mode} {path}")


def _disk(directory: Path) -> Iterator[Finding]:
    kind = paths.file_system(directory)
    if paths.is_on_network(directory):
        yield Finding(
            "error",
            "disk",
            f"{directory} is on a network file system ({kind}), where the store can be damaged: "
            "move it to a local disk and name it with --data or DEALBOX_DATA",
        )
    free = shutil.disk_usage(directory).free
    if free < LEAST_FREE_OCTETS:
        level: Level = "error" if free < LEAST_FREE_OCTETS // 10 else "warning"
        yield Finding(
            level, "disk", f"only {free // 1_000_000:,} MB are free on the disk of {directory}: make room"
        )


def _integrity(db: Database) -> Iterator[Finding]:
    connection = db.read()
    try:
        damages = [row[0] for row in connection.execute(f"PRAGMA integrity_check({_MOST_TOLD})").fetchall()]
        orphans = connection.execute("PRAGMA foreign_key_check").fetchmany(_MOST_TOLD)
        wrong = invariants.check(db)
    except sqlite3.DatabaseError as error:
        damages, orphans, wrong = [str(error)], [], []
    for damage in damages:
        if damage != "ok":
            yield Finding(
                "error",
                "integrity",
                f"the store is damaged ({damage}): stop the worker, move {db.path} away and start again; "
                "mail comes anew from the accounts, the CRM from its import",
            )
    for table, row_id, parent, _ in orphans:
        yield Finding(
            "error", "integrity", f"row {row_id} of {table} refers to a row of {parent} that is not there"
        )
    for text in wrong[:_MOST_TOLD]:
        yield Finding("error", "invariant", text)
