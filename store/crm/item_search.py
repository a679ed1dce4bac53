"""What the link picker finds while somebody types: beginnings of words first, then words that are spelt nearly so."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from mail.folding import fold
from store.crm import items
from store.crm.items import ItemCard, ItemKind, ItemRef
from store.database import Database

_MOST_WORDS: Final = 8
_LONGEST_WORD: Final = 40
_SHORTEST_MISSPELT: Final = 3
_LONG: Final = 6
"""From so many letters on two slips are forgiven instead of one."""
_MOST_NEAR: Final = 12
_SHORTEST_BEGUN_WRONG: Final = 4
_MOST_NEWEST: Final = 2_000
"""So many items have words of which the first letter may be wrong: those of all would take too long to look through."""
_MOST_CANDIDATES: Final = 200
_MOST_OF_A_LETTER: Final = 20_000
_LAST: Final = 0x10FFFF

_MATCHING: Final = (
    "SELECT i.item_kind, i.item_id, i.words FROM item_text t CROSS JOIN item_index i ON i.number = t.rowid"
    " WHERE item_text MATCH ?1 AND i.item_kind IN (SELECT value FROM json_each(?2)) ORDER BY t.rowid DESC LIMIT ?3"
)
_NEWEST: Final = (
    "SELECT item_kind, item_id, words FROM item_index WHERE +item_kind IN (SELECT value FROM json_each(?1))"
    " ORDER BY number DESC LIMIT ?2"
)
_WORDS_OF: Final = (
    "SELECT i.item_kind, i.item_id, i.words FROM json_each(?1) j CROSS JOIN item_index i"
    " ON i.item_kind = json_extract(j.value, '$[0]') AND i.item_id = json_extract(j.value, '$[1]') ORDER BY i.number DESC"
)
Found = tuple[str, str, str]
"""Kind, id and folded words of an item."""


class ItemSearch:
    """Finds items for one picker: those that `first` returns, asked once, stand on top wherever they match.

    A word is taken for misspelt when what it begins with is right, or its first two letters are exchanged. Where nothing is
    found so, its first letter may be wrong, missing or too much, for words of the newest items. The words that items have
    are read letter by letter, and kept.
    """

    def __init__(
        self,
        db: Database,
        *,
        kinds: Iterable[ItemKind] = tuple(ItemKind),
        first: Callable[[], Sequence[ItemRef]] = tuple,
    ) -> None:
        self._db = db
        self._kinds = json.dumps([kind.value for kind in kinds])
        self._first_refs = first
        self._first: list[Found] | None = None
        self._words: dict[str, list[str]] = {}
        self._beginnings: dict[tuple[str, int], list[str]] = {}
        self._near: dict[str, dict[str, int]] = {}
        self._newest_words: tuple[str, ...] | None = None

    def find(self, text: str, limit: int = 30) -> tuple[ItemCard, ...]:
        """Return items for what was typed, best first: the one named as `deal:12`, then open ones, then newest."""
        connection = self._db.read()
        named = items.find(self._db, text.strip())
        typed = [word[:_LONGEST_WORD] for word in fold(text[:500]).split()[:_MOST_WORDS]]
        found = dict.fromkeys([named] if named is not None else [])
        found.update(dict.fromkeys(_refs(self._own(connection, typed))))
        if not text.strip():
            found.update(dict.fromkeys(_refs(connection.execute(_NEWEST, (self._kinds, limit)))))
        elif typed:
            found.update(dict.fromkeys(self._beginning(connection, typed, limit)))
            if len(found) < limit:
                found.update(dict.fromkeys(self._misspelt(connection, typed, self._near_to)))
            if not found:
                found.update(dict.fromkeys(self._misspelt(connection, typed, self._begun_wrong)))
        cards = (items.card(connection, ref) for ref in list(found)[:limit])
        return tuple(card for card in cards if card is not None)

    def _own(self, connection: sqlite3.Connection, typed: Sequence[str]) -> list[Found]:
        if self._first is None:
            refs = json.dumps([[ref.kind.value, ref.id] for ref in self._first_refs()])
            rows = connection.execute(_WORDS_OF, (refs,)).fetchall()
            self._first = [row for row in rows if row[0] in json.loads(self._kinds)]
        return [row for row in self._first if all(f" {word}" in f" {row[2]}" for word in typed)]

    def _beginning(self, connection: sqlite3.Connection, typed: Sequence[str], limit: int) -> list[ItemRef]:
        match = " ".join(f'"{word}"*' for word in typed)
        return _refs(connection.execute(_MATCHING, (match, self._kinds, limit)))

    def _misspelt(
        self,
        connection: sqlite3.Connection,
        typed: Sequence[str],
        near_to: Callable[[sqlite3.Connection, str], Mapping[str, int]],
    ) -> list[ItemRef]:
        """Return items with words near to all those typed, nearest first, of equally near ones the newest."""
        slips = {word: near_to(connection, word) for word in typed}
        if not any(len(near) > 1 for near in slips.values()):
            return []
        match = " AND ".join(
            f"({' OR '.join(f'{chr(34)}{near}{chr(34)}*' for near in slips[word])})" for word in typed
        )
        rows = connection.execute(_MATCHING, (match, self._kinds, _MOST_CANDIDATES)).fetchall()
        return _refs(sorted(rows, key=lambda row: sum(_distance(row[2], near) for near in slips.values())))

    def _near_to(self, connection: sqlite3.Connection, word: str) -> dict[str, int]:
        """Return beginnings of words that items have, near to a word, with how many slips lie between."""
        if word not in self._near:
            self._near[word] = {word: 0}
            if len(word) >= _SHORTEST_MISSPELT and not any(
                map(str.isdigit, word)
            ):  # a near number is another one
                from rapidfuzz import process  # 30 ms, wanted only here
                from rapidfuzz.distance import OSA

                slips = 2 if len(word) >= _LONG else 1
                choices = [
                    each for letter in word[:2] for each in self._beginnings_of(connection, letter, len(word))
                ]
                for near, distance, _ in process.extract(
                    word, choices, scorer=OSA.distance, score_cutoff=slips, limit=_MOST_NEAR
                ):
                    self._near[word].setdefault(near, int(distance))
        return self._near[word]

    def _begun_wrong(self, connection: sqlite3.Connection, word: str) -> dict[str, int]:
        """Return the same with words of the newest items that are right from their second letter on."""
        near = dict(self._near_to(connection, word))
        if len(word) < _SHORTEST_BEGUN_WRONG or any(map(str.isdigit, word)):
            return near
        if self._newest_words is None:
            rows = connection.execute(_NEWEST, (self._kinds, _MOST_NEWEST)).fetchall()
            self._newest_words = tuple(dict.fromkeys(each for row in rows for each in row[2].split()))
        rest = word[1:]
        for each in self._newest_words:
            if each.startswith((rest, word), 1) or each.startswith(rest):
                size = len(rest) + (0 if each.startswith(rest) else 1 if each.startswith(rest, 1) else 2)
                near.setdefault(each[:size], 1)
                if len(near) > _MOST_NEAR:
                    break
        return near

    def _beginnings_of(self, connection: sqlite3.Connection, letter: str, length: int) -> list[str]:
        """Return what words with this first letter begin with, as long as what was typed and one letter longer."""
        if letter not in self._words:
            rows = connection.execute(
                "SELECT term FROM item_word WHERE term >= ? AND term < ? AND term NOT GLOB '*[0-9]*' LIMIT ?",
                (letter, chr(min(ord(letter) + 1, _LAST)), _MOST_OF_A_LETTER),
            )
            self._words[letter] = [term for (term,) in rows.fetchall()]
        if (letter, length) not in self._beginnings:
            words = self._words[letter]
            cut = {word[:length] for word in words} | {word[: length + 1] for word in words}
            self._beginnings[letter, length] = sorted(each for each in cut if len(each) >= length - 2)
        return self._beginnings[letter, length]


def _refs(rows: Iterable[Found]) -> list[ItemRef]:
    return [ItemRef(ItemKind(kind), item_id) for kind, item_id, _ in rows]


def _distance(words: str, near: Mapping[str, int]) -> int:
    """Return how far the nearest word of an item is."""
    spaced = f" {words}"
    return min((slips for begin, slips in near.items() if f" {begin}" in spaced), default=9)
