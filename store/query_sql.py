# ruff: noqa: S608 - what is put together here is our own words and numbers; what the user typed is always a parameter
"""The tree of a search as an FTS5 expression and an SQL condition over `e`, the email, and `t`, its thread."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final, assert_never

from mail.folding import fold, needs_prefix, phrases
from mail.query_tree import (
    After,
    And,
    Before,
    Fact,
    Field,
    HasAttachment,
    In,
    Is,
    Larger,
    Leaf,
    Mark,
    MessageId,
    Newer,
    Not,
    Older,
    On,
    Or,
    Participant,
    Party,
    Query,
    Smaller,
    Text,
)
from store import email_ids, query_facts
from store.summaries import HIDDEN

_COLUMNS: Final = {
    Field.ANY: "",
    Field.SUBJECT: "subject : ",
    Field.BODY: "body : ",
    Field.FILENAME: "files : ",
}
_MARKS: Final = {
    Mark.UNREAD: "NOT (e.seen OR e.draft)",
    Mark.READ: "(e.seen OR e.draft)",
    Mark.STARRED: "e.flagged",
    Mark.UNSTARRED: "NOT e.flagged",
    Mark.DRAFT: "e.draft",
    Mark.ANSWERED: "e.answered",
    Mark.FORWARDED: "e.forwarded",
    Mark.OUTGOING: "e.is_outgoing",
    Mark.INCOMING: "NOT e.is_outgoing",
    Mark.LINKED: "t.item_id IS NOT NULL",
    Mark.UNLINKED: "t.item_id IS NULL",
    Mark.BULK: "e.is_bulk",
}
_MAILBOX_NAMES: Final = {
    "spam": "junk",
    "bin": "trash",
    "starred": "flagged",
    "to file": "unlinked",
    "tofile": "unlinked",
    "anywhere": "",
    "any": "",
    "all": "",
}
_TRUE, _FALSE = "1", "0"
_PREFIX: Final = '" *'
_OF_THREAD: Final = re.compile(r"\bt\.")


@dataclass(slots=True)
class Compiled:
    """A search ready to run. `match` None: no words to begin with. `words` are what an excerpt shows."""

    match: str | None = None
    where: str = _TRUE
    parameters: list[object] = field(default_factory=list)
    words: tuple[str, ...] = ()
    is_everywhere: bool = False

    @property
    def has_prefix(self) -> bool:
        """Whether the index is asked for beginnings of words: it gathers all of them before it gives the first."""
        return self.match is not None and _PREFIX in self.match

    @property
    def asks_thread(self) -> bool:
        """Whether the conversation is looked at, not the email alone."""
        return _OF_THREAD.search(self.where) is not None


def compile_query(connection: sqlite3.Connection, query: Query, now: int) -> Compiled:
    """Return `query` as SQL; `now` is what ages count from.

    Words that must all occur go into one FTS5 expression, which finds newest first by itself.
    """
    compiler = _Compiler(connection, now)
    wanted: list[str] = []
    unwanted: list[str] = []
    conditions: list[str] = []
    for part in query.parts if isinstance(query, And) else (query,):
        if (text := _expression(part)) is not None:
            wanted.append(text)
        elif isinstance(part, Not) and (text := _expression(part.part)) is not None:
            unwanted.append(text)
        else:
            if isinstance(part, Participant) and (text := _people(part)):
                wanted.append(text)
            conditions.append(compiler.condition(part))
    match = " AND ".join(wanted) or None
    if match and unwanted:
        match = f"({match}) NOT ({' OR '.join(unwanted)})"
    else:
        conditions += [f"NOT {compiler.matching(text)}" for text in unwanted]
    where = " AND ".join(conditions) or _TRUE
    is_everywhere = any(isinstance(leaf, In) for leaf in _leaves(query))
    return Compiled(match, where, compiler.parameters, tuple(_words(query)), is_everywhere)


def mentions(text: str, wanted: str) -> bool:
    """Say whether words of `wanted`, a JSON list of folded phrases, begin words of a text: for SQL."""
    folded = f" {fold(text)}"
    return all(f" {phrase}" in folded for phrase in json.loads(wanted))


def _phrases(words: str, *, is_prefix: bool) -> str:
    found = phrases(words)
    shown = []
    for number, phrase in enumerate(found):
        begins = needs_prefix(phrase) or (is_prefix and number == len(found) - 1)
        shown.append(f'"{" ".join(phrase)}"{" *" if begins else ""}')
    return " AND ".join(shown)


def _text(leaf: Text) -> str:
    shown = _phrases(leaf.words, is_prefix=leaf.is_prefix)
    return f"({_COLUMNS[leaf.field]}({shown}))" if shown else ""


def _people(leaf: Participant) -> str:
    shown = "" if leaf.text.casefold() == "me" else _phrases(leaf.text, is_prefix=True)
    return f"(people : ({shown}))" if shown else ""


def _expression(query: Query) -> str | None:
    """Return a part as an FTS5 expression, None when it is not words alone, or has none that are indexed."""
    match query:
        case Text():
            return _text(query) or None
        case Participant(Party.WITH, _):
            return _people(query) or None
        case And(parts) if parts:
            return _all_of(parts)
        case Or(parts):
            shown = [_expression(part) for part in parts]
            return None if None in shown else f"({' OR '.join(filter(None, shown))})"
        case _:
            return None


def _all_of(parts: Sequence[Query]) -> str | None:
    # FTS5's NOT takes away from something, so one part at least must be wanted.
    wanted = [_expression(part) for part in parts if not isinstance(part, Not)]
    unwanted = [_expression(part.part) for part in parts if isinstance(part, Not)]
    if not wanted or None in wanted or None in unwanted:
        return None
    shown = " AND ".join(filter(None, wanted))
    return f"(({shown}) NOT ({' OR '.join(filter(None, unwanted))}))" if unwanted else f"({shown})"


def _leaves(query: Query) -> Iterator[Leaf]:
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _leaves(part)
        case Not(part):
            yield from _leaves(part)
        case _:
            yield query


def _words(query: Query) -> Iterator[str]:
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _words(part)
        case Text(words, _, Field.ANY | Field.BODY):
            for phrase in phrases(words):
                yield from phrase
        case _:
            return


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time.min).astimezone().timestamp())


class _Compiler:
    """Gathers the parameters in the order their marks stand in the SQL."""

    def __init__(self, connection: sqlite3.Connection, now: int) -> None:
        self._connection = connection
        self._now = now
        self.parameters: list[object] = []

    def matching(self, expression: str) -> str:
        """Return the condition that an email has these words."""
        self.parameters.append(expression)
        return "(e.id IN (SELECT rowid FROM email_text WHERE email_text MATCH ?))"

    def condition(self, query: Query) -> str:
        """Return a part of the tree as a condition."""
        match query:
            case And(parts):
                return f"({' AND '.join([self.condition(part) for part in parts]) or _TRUE})"
            case Or(parts):
                return f"({' OR '.join([self.condition(part) for part in parts])})"
            case Not(part):
                return f"(NOT {self.condition(part)})"
            case Text():
                expression = _text(query)
                return self.matching(expression) if expression else _TRUE
            case Participant():
                return self._participant(query)
            case In(mailbox):
                return self._mailbox(mailbox)
            case MessageId(message_id):
                self.parameters.append(message_id)
                return (
                    "(e.id IN (SELECT m.id FROM account c CROSS JOIN email m ON m.account_id = c.id "
                    "AND m.message_id = ?))"
                )
            case Fact():
                sql, parameters = query_facts.condition(query, self._now)
                self.parameters += parameters
                return f"coalesce(({sql}), 0)"
            case _:
                return self._mark(query)

    def _mark(self, leaf: HasAttachment | Is | Before | After | On | Newer | Older | Larger | Smaller) -> str:
        match leaf:
            case HasAttachment():
                return "e.has_attachment"
            case Is(mark):
                return f"({_MARKS[mark]})"
            case Larger(octets):
                return f"(e.size_octets > {int(octets)})"
            case Smaller(octets):
                return f"(e.size_octets < {int(octets)})"
            case Before(day):
                return _before(_midnight(day))
            case After(day):
                return _since(_midnight(day))
            case On(first, last):
                end = date.fromordinal(min(last.toordinal() + 1, date.max.toordinal()))
                return f"({_since(_midnight(first))} AND {_before(_midnight(end))})"
            case Newer(hours):
                return _since(self._now - hours * 3600)
            case Older(hours):
                return _before(self._now - hours * 3600)
            case _:
                assert_never(leaf)

    def _participant(self, leaf: Participant) -> str:
        role = "" if leaf.party is Party.WITH else f"AND p.role = '{leaf.party.value}'"
        if leaf.text.casefold() == "me":
            if leaf.party is Party.FROM:
                return "e.is_outgoing"
            return (
                "(EXISTS (SELECT 1 FROM participant p JOIN address a ON a.id = p.address_id JOIN account c "
                f"ON c.id = e.account_id WHERE p.email_id = e.id {role} "
                "AND (a.email = c.address OR a.email IN (SELECT value FROM json_each(c.aliases)))))"
            )
        wanted = [" ".join(phrase) for phrase in phrases(leaf.text)]
        self.parameters.append(json.dumps(wanted))
        return (
            f"(EXISTS (SELECT 1 FROM participant p WHERE p.email_id = e.id {role} "
            "AND mentions(p.name || ' ' || p.email, ?)))"
        )

    def _mailbox(self, name: str) -> str:
        wanted = _MAILBOX_NAMES.get(name.casefold(), name.casefold())
        if not wanted:
            return _TRUE
        if wanted == "unlinked":
            return "t.is_to_file"
        if wanted in ("flagged", "unread"):
            return f"({_MARKS[Mark.STARRED if wanted == 'flagged' else Mark.UNREAD]})"
        ids = [
            mailbox_id
            for mailbox_id, role, label in self._connection.execute(
                "SELECT id, role, name FROM mailbox WHERE key IS NOT NULL AND gone_at IS NULL"
            ).fetchall()
            if role == wanted or fold(name) in (fold(label), fold(label.rpartition("/")[2]))
        ]
        if not ids:
            return _FALSE
        return (
            "(EXISTS (SELECT 1 FROM placement p WHERE p.email_id = e.id AND NOT p.is_destroyed "
            f"AND p.mailbox_id IN ({','.join(map(str, ids))})))"
        )


def in_sight(connection: sqlite3.Connection, *, is_everywhere: bool) -> str:
    """Return the condition that an email lies somewhere, outside trash and junk unless `is_everywhere`."""
    rows = connection.execute("SELECT id, role FROM mailbox WHERE key IS NOT NULL").fetchall()
    hidden = [] if is_everywhere else [str(mailbox_id) for mailbox_id, role in rows if role in HIDDEN]
    outside = f"AND p.mailbox_id NOT IN ({','.join(hidden)})" if hidden else ""
    return f"EXISTS (SELECT 1 FROM placement p WHERE p.email_id = e.id AND NOT p.is_destroyed {outside})"


def _since(second: int) -> str:
    return f"(e.id >= {email_ids.first_at(second)})"


def _before(second: int) -> str:
    return f"(e.id < {email_ids.first_at(second)})"
