"""Link the conversations of the sample mailbox to their items, as a user would have done, while the worker brings them in."""

from __future__ import annotations

import csv
import time
from pathlib import Path

from mail.types import ThreadId
from store import accounts, doorbell, events, items, slots, threads
from store.database import Database
from store.slots import Slot

WAIT_S = 120.0
LOOK_EVERY_S = 0.25


def link_all(db: Database, links: Path) -> None:
    """Link each conversation as soon as it is there; what is missing after two minutes is tried at the next start."""
    waiting = _read(links)
    give_up_at = time.monotonic() + WAIT_S
    while waiting and time.monotonic() < give_up_at:
        waiting = _link_what_is_there(db, waiting)
        if waiting:
            time.sleep(LOOK_EVERY_S)
    if not waiting:
        links.unlink(missing_ok=True)


def _read(links: Path) -> list[tuple[str, str]]:
    if not links.is_file():
        return []
    with links.open(encoding="utf-8", newline="") as file:
        return [
            (row["message_id"].strip("<>"), f"{row['kind']}:{row['item']}") for row in csv.DictReader(file)
        ]


def _link_what_is_there(db: Database, waiting: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Link what has arrived and return the rest. No action is recorded: the first `z` of a newcomer undoes their own."""
    account = accounts.all(db)[0]
    found: list[tuple[ThreadId, items.ItemRef]] = []
    rest = []
    for message_id, name in waiting:
        thread_id, item = threads.by_message_id(db, account.id, message_id), items.find(db, name)
        if thread_id is None or item is None:
            rest.append((message_id, name))
        else:
            found.append((thread_id, item))
    if found:
        now = int(time.time())
        with db.write() as connection:
            for thread_id, item in found:
                if slots.read(connection, thread_id) is None:
                    reason = "linked when the sample mailbox was made"
                    slots.put(
                        connection, thread_id, Slot(item.kind.value, item.id, "import", "", now, reason)
                    )
            events.record(connection, "items", thread_ids=[thread_id for thread_id, _ in found])
        doorbell.ring(db.directory)
    return rest
