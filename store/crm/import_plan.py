"""The plan of an import: its steps in a file beside the store, finished and on the disk before the first is carried out."""

from __future__ import annotations

import os
import sqlite3
import uuid
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from store import paths, private_file

_NAME: Final = "import.plan"
_NEW: Final = "import.plan.new"


class PlanGone(Exception):
    """The file of a plan is not there, or is another import's."""


def write(directory: Path, steps: Iterable[str]) -> tuple[str, int]:
    """Write a plan that survives a crash once this returns; return its id and how many steps it has.

    The plan before stays in its place until adopt() is called.
    """
    path = directory / _NEW
    path.unlink(missing_ok=True)
    paths.touch_private(path)
    plan_id, count = str(uuid.uuid4()), 0
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # A crash leaves a plan that nobody knows of: written again from its beginning.
        connection.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
            "CREATE TABLE about (id TEXT); CREATE TABLE step (number INTEGER PRIMARY KEY, data BLOB NOT NULL); BEGIN"
        )
        connection.execute("INSERT INTO about VALUES (?)", (plan_id,))
        for count, step in enumerate(steps, 1):
            connection.execute("INSERT INTO step VALUES (?, ?)", (count, zlib.compress(step.encode(), 1)))
        connection.execute("COMMIT")
    finally:
        connection.close()
    _sync(path)
    return plan_id, count


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    private_file.sync_directory(path.parent)


def adopt(directory: Path) -> None:
    """Let the new plan take the place of the one before."""
    (directory / _NEW).replace(directory / _NAME)


def forget(directory: Path) -> None:
    """Remove whatever plan there is."""
    for name in (_NAME, _NEW):
        (directory / name).unlink(missing_ok=True)


class Plan:
    """A plan that is carried out or taken back. Use it as a context."""

    def __init__(self, directory: Path, plan_id: str) -> None:
        """Open the plan with this id. Raises PlanGone."""
        connection = _open(directory / _NEW, plan_id) or _open(directory / _NAME, plan_id)
        if connection is None:
            raise PlanGone
        self._connection = connection

    def __enter__(self) -> Plan:
        """Return the plan."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def step(self, number: int) -> str:
        """Return a step, counted from 1. Raises PlanGone where the file is damaged."""
        try:
            (octets,) = self._connection.execute(
                "SELECT data FROM step WHERE number = ?", (number,)
            ).fetchone()
            return zlib.decompress(octets).decode()
        except (sqlite3.DatabaseError, TypeError, zlib.error, ValueError) as error:
            raise PlanGone from error


def _open(path: Path, plan_id: str) -> sqlite3.Connection | None:
    if not path.exists():
        return None
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
    try:
        if connection.execute("SELECT id FROM about").fetchone() == (plan_id,):
            return connection
    except sqlite3.DatabaseError:
        pass
    connection.close()
    return None
