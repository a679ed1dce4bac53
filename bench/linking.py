"""Linking: rules from facts and through the store, the picker, the panel, the queue, and pages of items."""

from __future__ import annotations

import random
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench import item_pages, linked_places, places
from bench.figures import Figure, milliseconds, percentile
from linking import deciding, panel, rules
from mail.types import Role, ThreadId
from store import mailboxes
from store.crm import board
from store.crm.item_search import ItemSearch
from store.database import Database, open_store
from store.links import decisions
from store.thread_list import ThreadList

TYPED: Final = ("falcon licences 7", "ana lima", "flacon licnces", "drones deal", "p19400@more", "projct 12")
_AT_ONCE: Final = 100
_SCREEN: Final = 48
_RUNS: Final = 60


def figures() -> Iterator[Figure]:
    data = linked_places.linked()
    if data is None:
        yield Figure("linking", None, "conversations/s", remark="../shared/corpus is not here")
        return
    db = open_store(data, is_screen=False)
    try:
        yield _from_facts(db)
        yield from _keys(db)
        yield from _panel(db)
        yield from _queue(db)
        yield from _board(db)
    finally:
        db.close()
    yield _through_the_store(data)
    yield from item_pages.figures()


def _from_facts(db: Database) -> Figure:
    connection = db.read()
    settings = decisions.settings(connection)
    ids = [
        ThreadId(row[0])
        for row in connection.execute("SELECT id FROM thread WHERE email_count > 0").fetchall()
    ]
    judged, elapsed = 0, 0.0
    for start in range(0, len(ids), _AT_ONCE):
        batch = decisions.facts(connection, settings, ids[start : start + _AT_ONCE])
        conversations = [replace(one, before=None, slot=None, judge_from=0) for one in batch.conversations]
        known = deciding.known_of(settings, batch)
        started = time.perf_counter()
        for conversation in conversations:
            rules.fold(conversation, known)
        elapsed += time.perf_counter() - started
        judged += sum(len(conversation.messages) for conversation in conversations)
    return Figure(
        "decisions from facts",
        len(ids) / elapsed,
        "conversations/s",
        ">= 20,000",
        remark=f"{len(ids):,} of {judged:,} messages",
    )


def _through_the_store(data: Path) -> Figure:
    copy = places.cache() / "linking-again"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(data, copy)
    connection = sqlite3.connect(copy / "store.db")
    connection.execute("DELETE FROM link_decision")
    connection.execute("DELETE FROM item_link WHERE origin = 'auto'")
    connection.execute("UPDATE thread SET item_kind = NULL, item_id = NULL, is_to_file = 0")
    connection.execute(
        "DELETE FROM mailbox_thread WHERE mailbox_id IN (SELECT id FROM mailbox WHERE role = 'unlinked')"
    )
    connection.execute("UPDATE mailbox SET total_threads = 0, unread_threads = 0 WHERE role = 'unlinked'")
    connection.execute("DELETE FROM link_due")
    connection.execute("INSERT INTO link_due (thread_id) SELECT id FROM thread WHERE email_count > 0")
    connection.commit()
    connection.close()
    db = open_store(copy, is_screen=False)
    try:
        started = time.perf_counter()
        count = deciding.decide_due(db)
        rate = count / (time.perf_counter() - started)
    finally:
        db.close()
    return Figure(
        "decisions through the store", rate, "conversations/s", ">= 3,000", remark=f"{count:,} of them"
    )


def _keys(db: Database) -> Iterator[Figure]:
    times: list[float] = []
    for text in TYPED:
        search = ItemSearch(db)
        starts = [text[:end] for end in range(1, len(text) + 1)]
        times += [_timed(lambda typed=typed, search=search: search.find(typed)) for typed in starts]
    yield from _shares("link picker, a key", times, "<= 30")


def _panel(db: Database) -> Iterator[Figure]:
    rows = db.read().execute("SELECT id FROM thread WHERE email_count > 0").fetchall()
    some = random.Random(7).sample(rows, min(400, len(rows)))
    times = [_timed(lambda row=row: panel.for_thread(db, ThreadId(row[0]))) for row in some]
    yield from _shares("CRM panel filled", times, "<= 30")


def _queue(db: Database) -> Iterator[Figure]:
    views = mailboxes.with_role(db, Role.UNLINKED)
    count = ThreadList(db, views).count
    times = [_timed(lambda: _rows(ThreadList(db, views))) for _ in range(_RUNS)]
    yield from _shares(f"queue of {count:,} unlinked opened", times, "<= 50")


def _rows(source: ThreadList) -> object:
    return [source.row(index) for index in range(_SCREEN)]


def _board(db: Database) -> Iterator[Figure]:
    pipeline = board.pipelines(db)[0]
    count = board.read(db, pipeline).count
    times = [_timed(lambda: _cards(board.read(db, pipeline))) for _ in range(_RUNS)]
    yield from _shares(f"pipeline board of {count:,} deals opened", times, "<= 100")


def _cards(shown: board.Board) -> object:
    return [shown.card(column, row) for column in range(len(shown.columns)) for row in range(_SCREEN // 2)]


def _shares(what: str, times: Sequence[float], limit: str) -> Iterator[Figure]:
    for share in (0.5, 0.99):
        yield Figure(f"{what}, p{share * 100:.0f}", milliseconds(percentile(times, share)), "ms", limit)


def _timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
