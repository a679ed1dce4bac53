# ruff: noqa: S608 - what is put together here is our own words
"""The pipeline: stages as columns, in each the open deals that stand there; projects stand in the phases of a board.

All items of a pipeline are counted and summed at once, what their cards show is read by page.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from mail.folding import fold
from store.crm import users
from store.crm.items import ItemKind, ItemRef
from store.database import Database

PAGE: Final = 32
KEPT_PAGES: Final = 64
MOST: Final = 100_000
_DAY_S: Final = 86_400
_WHOLE: Final = 100
"""Percent: an item is worth this much of its value where no probability is said."""

_Row = tuple[str, str | None, str | None, str | None, str, int | None]
"""What is counted of an item: id, stage, pipeline, value, currency, probability; stage and pipeline may be deleted."""
Totals = Mapping[str, Decimal]
"""Sums by currency, which are never added to each other."""


class Pipeline(NamedTuple):
    """A row of columns: a pipeline of deals, or a board of projects, whose id is its name."""

    kind: ItemKind
    id: str
    name: str


class Stage(NamedTuple):
    """A column. `id` is empty for what stands in no stage, or in one that was deleted."""

    id: str
    name: str
    probability: int | None
    rotten_days: int | None


@dataclass(frozen=True, slots=True)
class Column:
    """A stage and its open items, those that came to it last first. `weighted` is by how likely each is won."""

    stage: Stage
    item_ids: tuple[str, ...] = ()
    totals: Totals = field(default_factory=dict)
    weighted: Totals = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Card:
    """What a column shows of an item. `since` is when it came to its stage, `moved_at` when anything last happened."""

    ref: ItemRef
    title: str
    who: str
    owner: str
    value: Decimal | None
    currency: str
    since: int
    moved_at: int
    is_rotten: bool
    next_at: int | None
    has_next: bool


_PIPELINES: Final = (
    "SELECT 'deal', id, name, 0 AS sort, position FROM pipeline WHERE deleted_at IS NULL "
    "UNION ALL SELECT 'project', board, board, 1, min(position) FROM phase WHERE deleted_at IS NULL GROUP BY board "
    "ORDER BY sort, position, 3 LIMIT 200"
)
_STAGES: Final = {
    ItemKind.DEAL: (
        "SELECT id, name, probability, rotten_days, pipeline_id FROM stage WHERE deleted_at IS NULL "
        "ORDER BY position, id LIMIT 2000"
    ),
    ItemKind.PROJECT: (
        "SELECT id, name, NULL, NULL, board FROM phase WHERE deleted_at IS NULL ORDER BY position, id LIMIT 2000"
    ),
}
_ITEMS: Final = {
    ItemKind.DEAL: (
        "SELECT i.id, i.stage_id, i.pipeline_id, i.value, i.currency, i.probability FROM deal i "
        "WHERE i.deleted_at IS NULL AND i.status = 'open' AND i.archived_at IS NULL {only} "
        "ORDER BY coalesce(i.stage_changed_at, i.created_at) DESC, i.id LIMIT :most"
    ),
    ItemKind.PROJECT: (
        "SELECT i.id, i.phase_id, NULL, i.value, i.currency, NULL FROM project i "
        "WHERE i.deleted_at IS NULL AND i.status = 'open' AND i.archived_at IS NULL {only} "
        "ORDER BY i.created_at DESC, i.id LIMIT :most"
    ),
}
_MINE: Final = "AND i.owner_id IN ('', :me)"
_WORDS: Final = (
    "AND EXISTS (SELECT 1 FROM item_index x WHERE x.item_kind = '{kind}' AND x.item_id = i.id "
    "AND NOT EXISTS (SELECT 1 FROM json_each(:words) w WHERE instr(' ' || x.words, ' ' || w.value) = 0))"
)
_SINCE: Final = {
    ItemKind.DEAL: "coalesce(i.stage_changed_at, i.created_at)",
    ItemKind.PROJECT: "i.created_at",
}
_CARDS: Final = {
    kind: (
        "SELECT i.id, i.title, coalesce(o.name, p.name, ''), coalesce(u.name, ''), i.value, i.currency, "
        f"{_SINCE[kind]}, (SELECT max(t.last_at) FROM thread t WHERE t.item_kind = '{kind}' AND t.item_id = i.id), "
        f"(SELECT max(a.done_at) FROM activity a WHERE a.{kind}_id = i.id AND a.deleted_at IS NULL), "
        f"(SELECT count(*) FROM activity a WHERE a.{kind}_id = i.id AND a.done_at IS NULL AND a.deleted_at IS NULL), "
        f"(SELECT min(a.due_at) FROM activity a WHERE a.{kind}_id = i.id AND a.done_at IS NULL AND a.deleted_at IS NULL) "
        f"FROM json_each(?) j CROSS JOIN {kind} i ON i.id = j.value LEFT JOIN person p ON p.id = i.person_id "
        "LEFT JOIN organization o ON o.id = coalesce(i.org_id, p.org_id) LEFT JOIN workspace_user u ON u.id = i.owner_id"
    )
    for kind in _ITEMS
}


def pipelines(db: Database) -> tuple[Pipeline, ...]:
    """Return the pipelines of deals in their order, then the boards of projects."""
    rows = db.read().execute(_PIPELINES).fetchall()
    return tuple(Pipeline(ItemKind(kind), key, name or "Projects") for kind, key, name, _, _ in rows)


class Board:
    """A pipeline as it is now, and the cards of its columns."""

    def __init__(
        self,
        db: Database,
        pipeline: Pipeline,
        *,
        is_mine: bool = False,
        words: str = "",
        now: Callable[[], float] = time.time,
    ) -> None:
        """With `is_mine` only what the user owns, or nobody; with `words` only what has words beginning so."""
        self.pipeline = pipeline
        self.is_mine = is_mine
        self.words = words
        self.columns = _columns(db.read(), pipeline, is_mine=is_mine, words=words)
        self._db = db
        self._now = now
        self._pages: OrderedDict[tuple[int, int], dict[str, Card]] = OrderedDict()

    def card(self, column: int, row: int) -> Card | None:
        """Return a card, None where there is none; pages of them are read as they are asked for."""
        if not (0 <= column < len(self.columns) and 0 <= row < len(self.columns[column].item_ids)):
            return None
        key = column, row // PAGE
        page = self._pages.get(key)
        if page is None:
            page = self._pages[key] = self._fetch(*key)
            if len(self._pages) > KEPT_PAGES:
                self._pages.popitem(last=False)
        return page.get(self.columns[column].item_ids[row])

    def find(self, item_id: str) -> tuple[int, int] | None:
        """Return the column and row of an item, None when it is not on the board."""
        for number, column in enumerate(self.columns):
            if item_id in column.item_ids:
                return number, column.item_ids.index(item_id)
        return None

    @property
    def count(self) -> int:
        """Return how many items are on the board."""
        return sum(len(column.item_ids) for column in self.columns)

    def _fetch(self, column: int, number: int) -> dict[str, Card]:
        stage = self.columns[column].stage
        ids = self.columns[column].item_ids[number * PAGE : (number + 1) * PAGE]
        rows = self._db.read().execute(_CARDS[self.pipeline.kind], (json.dumps(ids),)).fetchall()
        now = int(self._now())
        cards = (_card(self.pipeline.kind, stage, row, now) for row in rows)
        return {card.ref.id: card for card in cards}


def read(db: Database, pipeline: Pipeline, *, is_mine: bool = False, words: str = "") -> Board:
    """Return the board of a pipeline as it is now."""
    return Board(db, pipeline, is_mine=is_mine, words=words)


def total(columns: Sequence[Column]) -> tuple[Totals, Totals]:
    """Return the sums of all columns, and the weighted ones."""
    totals, weighted = defaultdict[str, Decimal](Decimal), defaultdict[str, Decimal](Decimal)
    for column in columns:
        for currency, amount in column.totals.items():
            totals[currency] += amount
        for currency, amount in column.weighted.items():
            weighted[currency] += amount
    return dict(totals), dict(weighted)


@dataclass(slots=True)
class _Standing:
    """What stands in a stage: ids, and values as text by currency and probability, so that each kind is added up at once."""

    ids: list[str] = field(default_factory=list)
    values: dict[tuple[str, int | None], list[str]] = field(default_factory=dict)


def _columns(
    connection: sqlite3.Connection, pipeline: Pipeline, *, is_mine: bool, words: str
) -> tuple[Column, ...]:
    stages: dict[str, Stage] = {}
    pipeline_of: dict[str | None, str] = {}
    for *stage, pipeline_id in connection.execute(_STAGES[pipeline.kind]).fetchall():
        pipeline_of[stage[0]] = pipeline_id
        if pipeline_id == pipeline.id:
            stages[stage[0]] = Stage(*stage)
    there = [key for kind, key, *_ in connection.execute(_PIPELINES).fetchall() if kind == pipeline.kind]
    standing: dict[str | None, _Standing] = {
        "": _Standing(),
        **{stage_id: _Standing() for stage_id in stages},
    }
    items = _items(connection, pipeline, is_mine=is_mine, words=words)
    for item_id, stage_id, pipeline_id, value, currency, probability in items:
        found = standing.get(stage_id) if stage_id else None
        if found is None:
            if stage_id in pipeline_of or pipeline.id != _home(pipeline_id, there):
                continue
            found = standing[""]
        found.ids.append(item_id)
        if value is not None:
            found.values.setdefault((currency, probability), []).append(value)
    if standing[""].ids:
        noun = "stage" if pipeline.kind is ItemKind.DEAL else "phase"
        stages = {"": Stage("", f"No {noun}", None, None), **stages}
    return tuple(_column(stage, standing[stage_id]) for stage_id, stage in stages.items())


def _home(pipeline_id: str | None, there: Sequence[str]) -> str:
    """Return the pipeline that shows what stands in no stage: its own, the first one when that is not there any more."""
    if pipeline_id is not None and pipeline_id in there:
        return pipeline_id
    return there[0] if there else ""


def _column(stage: Stage, standing: _Standing) -> Column:
    totals, weighted = defaultdict[str, Decimal](Decimal), defaultdict[str, Decimal](Decimal)
    for (currency, probability), values in standing.values.items():
        if amount := _sum(values):
            likely = stage.probability if probability is None else probability
            totals[currency] += amount
            weighted[currency] += amount * (_WHOLE if likely is None else likely) / _WHOLE
    return Column(stage, tuple(standing.ids), dict(totals), dict(weighted))


def _sum(values: Sequence[str]) -> Decimal:
    try:
        return sum(map(Decimal, values), Decimal(0))
    except InvalidOperation:
        return sum(map(_decimal, values), Decimal(0))


def _items(connection: sqlite3.Connection, pipeline: Pipeline, *, is_mine: bool, words: str) -> list[_Row]:
    wanted = fold(words).split()
    if words.strip() and not wanted:
        return []
    only = " ".join(
        ([_MINE] if is_mine else []) + ([_WORDS.format(kind=pipeline.kind.value)] if wanted else [])
    )
    parameters = {"me": users.me(connection).id, "words": json.dumps(wanted), "most": MOST}
    return connection.execute(_ITEMS[pipeline.kind].format(only=only), parameters).fetchall()


def _card(kind: ItemKind, stage: Stage, row: tuple[object, ...], now: int) -> Card:
    item_id, title, who, owner, value, currency, since, mail_at, done_at, planned, next_at = row
    moved_at = max(int(str(at)) for at in (since, mail_at, done_at) if at is not None)
    rotten_s = None if stage.rotten_days is None else stage.rotten_days * _DAY_S
    return Card(
        ref=ItemRef(kind, str(item_id)),
        title=str(title),
        who=str(who),
        owner=str(owner),
        value=None if value is None else _decimal(str(value)),
        currency=str(currency),
        since=int(str(since)),
        moved_at=moved_at,
        is_rotten=rotten_s is not None and now - moved_at > rotten_s,
        next_at=None if next_at is None else int(str(next_at)),
        has_next=bool(planned),
    )


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal(0)
