"""The numbered migrations: each is one transaction, forward only, never edited once landed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import store.migrations


class StoreTooNew(Exception):
    """The store was written by a newer dealbox: nothing was touched; install that version or newer."""


def numbers() -> tuple[int, ...]:
    """Return the numbers of the migrations this program has, in order."""
    files = (file for folder in store.migrations.__path__ for file in Path(folder).glob("*.sql"))
    return tuple(sorted(int(file.name[:4]) for file in files))


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the store to the newest version this program knows. Raises StoreTooNew."""
    known = numbers()
    version = _version(connection)
    if version > known[-1]:
        raise StoreTooNew(
            f"this store has version {version}, this dealbox knows versions up to {known[-1]}: update dealbox"
        )
    for number in known:
        if number > version:
            _run(connection, number)


def _run(connection: sqlite3.Connection, number: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _version(connection) < number:  # another program may have been first
            for statement in _statements(_script(number)):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _script(number: int) -> str:
    from importlib import resources  # 25 ms, and needed only when a migration is due

    files = resources.files(store.migrations).iterdir()
    (path,) = (
        file for file in files if file.name.startswith(f"{number:04d}_") and file.name.endswith(".sql")
    )
    return path.read_text(encoding="utf-8")


def _statements(script: str) -> Iterator[str]:
    # executescript() would commit the transaction we are in.
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
