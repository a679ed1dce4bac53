"""A program that imports a file and is killed on the way: DATA FILE WHERE NUMBER."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from linking.exchange import csv_file, mapping
from linking.exchange.csv_file import Options
from store.crm import import_plan, import_runs, import_steps
from store.database import open_store


def dying_at(number: int, of: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function so that the process dies when it was called so many times, before anything is committed."""
    calls = 0

    def called(*values: Any) -> Any:
        nonlocal calls
        calls += 1
        found = of(*values)
        if calls == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    return called


def main(data: str, file: str, where: str, number: str) -> None:
    """Import the file, and die when `where` was done `number` times."""
    module = {"plan": import_plan, "adopt": import_plan, "_link": import_runs}.get(where, import_steps)
    name = "write" if where == "plan" else where
    setattr(module, name, dying_at(int(number), getattr(module, name)))
    import_runs._SLICE_S = 0.0  # type: ignore[misc] # a transaction for each step: there are more places to die at
    db = open_store(Path(data), is_screen=False)
    headings, _ = csv_file.samples(Path(file), Options())
    csv_file.import_file(db, Path(file), mapping.guess(headings), dry_run=False)
    db.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
