"""What the commands have in common: an open store, and one conversation by its id."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from mail.types import ThreadId
from store import paths, threads
from store.database import Database, open_store
from tui.cli.main import BadUse


@contextmanager
def opened(options: argparse.Namespace) -> Iterator[Database]:
    """Open the store the options name, and close it."""
    db = open_store(paths.data_directory(options.data), is_screen=False)
    try:
        yield db
    finally:
        db.close()


def thread_id(db: Database, text: str) -> ThreadId:
    """Return the conversation with that number or uuid, where it is now. Raises BadUse."""
    found = (
        threads.by_uuid(db, text) if not text.isdecimal() else ThreadId(int(text)) if len(text) < 19 else None
    )
    if found is not None:
        found = threads.resolve(db, found)
        if threads.get(db, found) is not None:
            return found
    raise BadUse(f"there is no conversation {text!r}; dealbox search shows the ids")
