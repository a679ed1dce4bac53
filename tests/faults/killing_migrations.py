"""Kills a program at each statement of the migrations, and looks at what is left. Run by test_store_trouble.py.

A program of its own, because it forks: killing_migrations.py STEP DIRECTORY kills at every STEP-th, and prints how often.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
from pathlib import Path

from store import schema
from store.database import Database, open_store


def an_old_store(directory: Path) -> None:
    """Make a store of the first version."""
    known = schema.numbers
    schema.numbers = lambda: (1,)  # type: ignore[assignment] # what the first dealbox knew
    open_store(directory, is_screen=False).close()
    schema.numbers = known


def migrate_and_die(directory: Path, at: int) -> bool:
    """Open the store in a child that dies at a statement; say whether it did."""
    pid = os.fork()
    if pid == 0:
        count = 0
        connect = Database._connect

        def step(statement: str) -> None:
            nonlocal count
            count += 1
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)

        def traced(db: Database) -> sqlite3.Connection:
            connection = connect(db)
            connection.set_trace_callback(step)
            return connection

        Database._connect = traced  # type: ignore[method-assign]
        open_store(directory, is_screen=False).close()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def tables(directory: Path) -> tuple[int, frozenset[str]]:
    """Return the version of a store and what it is made of, without changing it."""
    connection = sqlite3.connect(directory / "store.db")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    names = frozenset(
        row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
    )
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    return version, names


def main(step: int, directory: Path) -> None:
    template, data = directory / "template", directory / "data"
    an_old_store(template)
    whole = {0: frozenset[str]()}
    known = schema.numbers()
    for last in known:
        shutil.copytree(template, data)
        schema.numbers = lambda last=last: known[: known.index(last) + 1]  # type: ignore[assignment]
        open_store(data, is_screen=False).close()
        version, names = tables(data)
        whole[version] = names
        shutil.rmtree(data)
    schema.numbers = lambda: known  # type: ignore[assignment]
    at, killed, was_killed = 1 - step, -1, True
    while was_killed:
        at, killed = at + step, killed + 1
        shutil.copytree(template, data)
        was_killed = migrate_and_die(data, at)
        version, names = tables(data)
        assert whole[version] == names, f"killed at {at}: a mixture of versions"
        open_store(data, is_screen=False).close()
        assert tables(data) == (known[-1], whole[known[-1]])
        shutil.rmtree(data)
    sys.stdout.write(f"killed {killed} times\n")


if __name__ == "__main__":
    os.umask(0o077)
    main(int(sys.argv[1]), Path(sys.argv[2]))
