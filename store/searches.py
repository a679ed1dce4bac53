"""Full-text search: conversations whose messages match, the newest matching message first."""

from __future__ import annotations

import sqlite3
import time
import zlib
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from mail.body_json import texts
from mail.folding import excerpt, fold
from mail.query_tree import Query
from mail.types import EmailId, ThreadId
from store import query_sql, threads
from store.database import Database
from store.query_sql import Compiled
from store.rows import SearchHit, ThreadKey, ThreadRow

SNIPPET_WIDTH: Final = 160
_ID_SHIFT: Final = 20
_LOOKED_THROUGH: Final = 20_000
_FETCHED: Final = 200


class Hit(NamedTuple):
    """The newest matching message of a conversation."""

    email_id: EmailId
    thread_id: ThreadId

    @property
    def key(self) -> ThreadKey:
        """Return where the conversation stands among the results."""
        return ThreadKey(self.email_id >> _ID_SHIFT, self.thread_id)


def search(
    db: Database, query: Query, limit: int = 50, before: EmailId | None = None
) -> tuple[SearchHit, ...]:
    """Return conversations that match, newest matching message first, each once.

    `before` continues after the last hit of the page before. Trash and junk are left out unless a mailbox is named.
    """
    connection = db.read()
    compiled = _compiled(connection, query)
    found: list[Hit] = []
    for hit in hits(connection, compiled):
        if before is None or hit.email_id < before:
            found.append(hit)
            if len(found) == limit:
                break
    return shown(db, found, compiled.words)


def _compiled(connection: sqlite3.Connection, query: Query) -> Compiled:
    compiled = query_sql.compile_query(connection, query, int(time.time()))
    if "mentions(" in compiled.where or "folded(" in compiled.where:
        connection.create_function("mentions", 2, query_sql.mentions, deterministic=True)
        connection.create_function("folded", 1, lambda text: fold(text or ""), deterministic=True)
    return compiled


def hits(connection: sqlite3.Connection, compiled: Compiled) -> Iterator[Hit]:
    """Yield the newest match of each conversation, newest first."""
    seen: set[int] = set()
    sight = query_sql.in_sight(connection, is_everywhere=compiled.is_everywhere)
    source = (
        "email e" if compiled.match is None else "email_text CROSS JOIN email e ON e.id = email_text.rowid"
    )
    row = "e.id" if compiled.match is None else "email_text.rowid"
    match = "1" if compiled.match is None else "email_text MATCH ?"
    cursor = connection.execute(
        f"SELECT e.id, e.thread_id FROM {source} CROSS JOIN thread t ON t.id = e.thread_id "  # noqa: S608 - our own words
        f"WHERE {match} AND {compiled.where} AND {sight} ORDER BY {row} DESC",
        (
            *(() if compiled.match is None else (compiled.match,)),
            *compiled.parameters,
        ),
    )
    try:
        while rows := cursor.fetchmany(_FETCHED):
            for email_id, thread_id in rows:
                if thread_id not in seen:
                    seen.add(thread_id)
                    yield Hit(email_id, thread_id)
    finally:
        cursor.close()


def shown(db: Database, found: Sequence[Hit], words: tuple[str, ...]) -> tuple[SearchHit, ...]:
    """Return hits as they are shown, each with the piece of its text around the words."""
    connection = db.read()
    rows = threads.rows(db, [hit.thread_id for hit in found])
    return tuple(
        SearchHit(
            rows[hit.thread_id]._replace(at=hit.key.at),
            hit.email_id,
            _snippet(connection, hit.email_id, words),
        )
        for hit in found
        if hit.thread_id in rows
    )


def _snippet(connection: sqlite3.Connection, email_id: EmailId, words: tuple[str, ...]) -> str:
    row = connection.execute("SELECT body FROM email_body WHERE email_id = ?", (email_id,)).fetchone()
    if row is None:
        return ""
    text = max(texts(zlib.decompress(row[0])), key=len)
    return excerpt(text[:_LOOKED_THROUGH], words, SNIPPET_WIDTH)


class SearchList:
    """Search results in the shape of ThreadList; a row's preview is the piece of text around the words.

    `count` is what was found so far: it grows while somebody scrolls, until `is_complete`.
    """

    PAGE: Final = 64
    KEPT_PAGES: Final = 16
    STEP: Final = 1_000

    def __init__(self, db: Database, query: Query) -> None:
        self._db = db
        self._query = query
        self._hits: list[Hit] = []
        self._index: dict[ThreadId, int] = {}
        self._pages: OrderedDict[int, list[ThreadRow]] = OrderedDict()
        self._compiled = Compiled()
        self.is_complete = False
        self.refresh()

    @property
    def count(self) -> int:
        """Return how many conversations were found so far."""
        return len(self._hits)

    def refresh(self) -> None:
        """Search anew, as far as before at least."""
        self._pages.clear()
        self._compiled = _compiled(self._db.read(), self._query)
        self._find(max(self.STEP, len(self._hits)))

    def row(self, index: int) -> ThreadRow | None:
        """Return the row at an index, None outside the list."""
        if index >= len(self._hits) - self.PAGE and not self.is_complete:
            self._find(len(self._hits) + self.STEP)
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

    def _find(self, wanted: int) -> None:
        found: list[Hit] = []
        self.is_complete = True
        for hit in hits(self._db.read(), self._compiled):
            if len(found) == wanted:
                self.is_complete = False
                break
            found.append(hit)
        self._hits = found
        self._pages.clear()
        self._index = {hit.thread_id: index for index, hit in enumerate(found)}

    def _fetch(self, number: int) -> list[ThreadRow]:
        start = number * self.PAGE
        some = shown(self._db, self._hits[start : start + self.PAGE], self._compiled.words)
        return [hit.row._replace(preview=hit.snippet) for hit in some]
