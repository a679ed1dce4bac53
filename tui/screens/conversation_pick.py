"""Search a conversation by its words and people, to link it to the item whose page is open."""

from __future__ import annotations

import time
from typing import Final

from textual.content import Content

from linking import standing
from mail.query import QuerySyntaxError, parse
from mail.types import ThreadId
from store import searches
from store.crm import item_conversations
from store.crm.item_refs import PageRef
from store.database import Database
from store.rows import ThreadRow
from tui.bridge import in_store
from tui.content import line
from tui.format import fit, short_date, shorten
from tui.screens.lookup import Found, Lookup
from tui.widgets.thread_rows import chip

_SHOWN: Final = 40
_DATE: Final = 6
_PEOPLE: Final = 20
_NONE_OFFERED: Final = (
    "Their conversations are linked already, or there are none: type words to search all mail"
)


class ConversationPicker(Lookup[ThreadRow, ThreadId]):
    """Offers the newest conversations of the item's people until something is typed."""

    def __init__(self, db: Database, title: Content, item: PageRef) -> None:
        super().__init__([title], "words of the subject or text, people: from:ana offer")
        self._db = db
        self._item = item

    async def look(self, words: str) -> Found[ThreadRow]:
        try:
            rows = await in_store(_look, self._db, self._item, words)
        except QuerySyntaxError as error:
            return Found((), line(f"{error.reason}, at character {error.position + 1}"))
        return Found(rows) if words.strip() else Found(rows, _NONE_OFFERED)

    def label(self, row: ThreadRow, words: str) -> Content:
        return label(row, self.row_cells, int(time.time()))

    def answer(self, row: ThreadRow) -> ThreadId:
        return row.thread_id


def label(row: ThreadRow, cells: int, now: int) -> Content:
    """Return a conversation as one line: what it is linked to by a letter, who, what about, when."""
    room = max(cells - _DATE - 4, 10)
    people = min(_PEOPLE, room // 3)
    subject = line(row.subject) or "(no subject)"
    return Content.assemble(
        (f"{chip(row):2}", "dim"),
        fit(shorten(line(row.participants), people), people),
        " ",
        (fit(shorten(subject, room - people), room - people), "bold"),
        (f" {short_date(row.at, now):>{_DATE}}", "dim"),
    )


def _look(db: Database, item: PageRef, words: str) -> tuple[ThreadRow, ...]:
    if not words.strip():
        return item_conversations.offered(db, item, standing.can_see, _SHOWN)
    hits = searches.search(db, parse(_as_typed(words)), limit=_SHOWN)
    linked = item_conversations.linked(db, item, [hit.row.thread_id for hit in hits])
    return tuple(hit.row for hit in hits if hit.row.thread_id not in linked)


def _as_typed(words: str) -> str:
    """Return a query whose last word, still being typed, may be the beginning of one."""
    last = words.rsplit(maxsplit=1)[-1]
    is_plain = words == words.rstrip() and last.isalnum() and len(last) > 1
    return f"{words}*" if is_plain else words
