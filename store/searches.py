"""Full-text search: conversations whose messages match, the newest matching message first."""

from __future__ import annotations

import json
import sqlite3
import time
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Generator, Sequence
from contextlib import closing
from itertools import islice
from typing import Final, NamedTuple

from mail.folding import fold
from mail.query_tree import Query
from mail.types import EmailId, ThreadId
from store import email_ids, query_sql, recent_text, threads
from store.database import Database
from store.query_sql import Compiled
from store.rows import SearchHit, ThreadKey, ThreadRow
from store.snippets import snippet

_FETCHED: Final = 64
_ALL: Final = 1 << 62


class Hit(NamedTuple):
    """The newest matching message of a conversation."""

    email_id: EmailId
    thread_id: ThreadId

    @property
    def key(self) -> ThreadKey:
        """Return where the conversation stands among the results."""
        return ThreadKey(email_ids.received_at(self.email_id), self.thread_id)


def search(
    db: Database, query: Query, limit: int = 50, before: EmailId | None = None
) -> tuple[SearchHit, ...]:
    """Return conversations that match, newest matching message first, each once.

    `before` continues after the last hit of the page before. Trash and junk are left out unless a mailbox is named.
    """
    connection = db.read()
    compiled = _compiled(connection, query)
    # From the newest match on, because a conversation of a page before may match once more further down.
    with closing(hits(connection, compiled, set())) as every:
        wanted = (hit for hit in every if before is None or hit.email_id < before)
        found = list(islice(wanted, limit))
    return shown(db, found, compiled.words)


def _compiled(connection: sqlite3.Connection, query: Query) -> Compiled:
    compiled = query_sql.compile_query(connection, query, int(time.time()))
    if "mentions(" in compiled.where or "folded(" in compiled.where:
        connection.create_function("mentions", 2, query_sql.mentions, deterministic=True)
        connection.create_function("folded", 1, lambda text: fold(text or ""), deterministic=True)
    return compiled


def hits(
    connection: sqlite3.Connection, compiled: Compiled, seen: set[ThreadId], before: int = _ALL
) -> Generator[Hit]:
    """Yield the newest match of each conversation but those `seen`, newest first; the email ids are below `before`."""
    tables = ["email"]
    since = 0
    if compiled.match is not None:
        tables = ["email_text"]
        if compiled.has_prefix:
            since = recent_text.begins_at(connection)
            tables = ["email_recent", "email_text"]
    for table in tables:
        end = before if table == tables[0] else min(before, since)
        begin = since if table == "email_recent" else 0
        for email_id, thread_id in _matches(connection, compiled, table, begin, end):
            if thread_id not in seen:
                seen.add(thread_id)
                yield Hit(email_id, thread_id)


def _matches(
    connection: sqlite3.Connection, compiled: Compiled, table: str, begin: int, end: int
) -> Generator[tuple[EmailId, ThreadId]]:
    sight = query_sql.in_sight(connection, is_everywhere=compiled.is_everywhere)
    thread = "CROSS JOIN thread t ON t.id = e.thread_id" if compiled.asks_thread else ""
    if compiled.match is None:
        source, row, match, parameters = "email e", "e.id", "1", compiled.parameters
    else:
        source, row = f"{table} CROSS JOIN email e ON e.id = {table}.rowid", f"{table}.rowid"
        match, parameters = f"{table} MATCH ?", [compiled.match, *compiled.parameters]
    cursor = connection.execute(
        f"SELECT e.id, e.thread_id FROM {source} {thread} WHERE {row} >= ? AND {row} < ? "  # noqa: S608 - our own words
        f"AND {match} AND {compiled.where} AND {sight} ORDER BY {row} DESC",
        (begin, end, *parameters),
    )
    try:
        while found := cursor.fetchmany(_FETCHED):
            yield from found
    finally:
        cursor.close()


def shown(db: Database, found: Sequence[Hit], words: tuple[str, ...]) -> tuple[SearchHit, ...]:
    """Return hits as they are shown, each with the piece of its text around the words."""
    rows = threads.rows(db, [hit.thread_id for hit in found])
    bodies = dict(
        db.read()
        .execute(
            "SELECT email_id, body FROM json_each(?) CROSS JOIN email_body ON email_id = value",
            (json.dumps([hit.email_id for hit in found]),),
        )
        .fetchall()
    )
    return tuple(
        SearchHit(
            rows[hit.thread_id]._replace(at=hit.key.at),
            hit.email_id,
            snippet(bodies[hit.email_id], words) if hit.email_id in bodies else "",
        )
        for hit in found
        if hit.thread_id in rows
    )


class SearchList:
    """Search results in the shape of ThreadList; a row's preview is the piece of text around the words.

    `count` is what was found so far: it grows while somebody scrolls, until `is_complete`.
    """

    PAGE: Final = 64
    KEPT_PAGES: Final = 16
    STEP: Final = 256

    def __init__(self, db: Database, query: Query) -> None:
        self._db = db
        self._query = query
        self._hits: list[Hit] = []
        self._index: dict[ThreadId, int] = {}
        self._pages: OrderedDict[int, list[ThreadRow]] = OrderedDict()
        self._seen: set[ThreadId] = set()
        self._compiled = Compiled()
        self.is_complete = False
        self.refresh()

    @property
    def count(self) -> int:
        """Return how many conversations were found so far."""
        return len(self._hits)

    def refresh(self) -> None:
        """Search anew, as far as before at least."""
        wanted = max(self.STEP, len(self._hits))
        self._hits, self._seen, self._index = [], set(), {}
        self._pages.clear()
        self._compiled = _compiled(self._db.read(), self._query)
        self._find(wanted)

    def row(self, index: int) -> ThreadRow | None:
        """Return the row at an index, None outside the list."""
        if index >= len(self._hits) - self.PAGE and not self.is_complete:
            # Going on costs next to nothing, but for a prefix: that is worked out anew as a whole.
            more = len(self._hits) if self._compiled.has_prefix else 0
            self._find(max(self.STEP, more))
        if not 0 <= index < len(self._hits):
            return None
        number, offset = divmod(index, self.PAGE)
        page = self._pages.get(number)
        if page is None:
            page = self._pages[number] = self._fetch(number)
            if len(self._pages) > self.KEPT_PAGES:
                self._pages.popitem(last=False)
        return page[offset] if offset < len(page) else None

    def rank(self, key: ThreadKey) -> int:
        """Return how many rows stand before `key`: its index, if it is among what was found."""
        index = self._index.get(key.thread_id)
        if index is not None:
            return index
        return bisect_left(self._hits, -key.at, key=lambda hit: -hit.key.at)

    def find(self, thread_id: ThreadId) -> ThreadKey | None:
        """Return where a conversation stands among what was found, None when it is not there."""
        index = self._index.get(threads.resolve(self._db, thread_id))
        return None if index is None else self._hits[index].key

    def _find(self, more: int) -> None:
        start = len(self._hits)
        before = self._hits[-1].email_id if self._hits else _ALL
        with closing(hits(self._db.read(), self._compiled, self._seen, before)) as going:
            self._hits += islice(going, more)
        self.is_complete = len(self._hits) - start < more
        if self._hits[start:]:
            self._pages.pop((start - 1) // self.PAGE, None)
            self._index.update((hit.thread_id, start + n) for n, hit in enumerate(self._hits[start:]))

    def _fetch(self, number: int) -> list[ThreadRow]:
        start = number * self.PAGE
        some = shown(self._db, self._hits[start : start + self.PAGE], self._compiled.words)
        return [hit.row._replace(preview=hit.snippet) for hit in some]
