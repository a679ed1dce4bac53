"""The steps deals and projects go through: stages of pipelines, phases of boards."""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from store.crm.item_checks import BadItem
from store.crm.items import ItemKind

COLUMN: Final = {ItemKind.DEAL: "stage_id", ItemKind.PROJECT: "phase_id"}
"""The column that says where an item stands; leads have none."""
_MOST: Final = 100


class Stage(NamedTuple):
    """A step. `pipeline` is the id of a stage's pipeline, or the name of a phase's board."""

    id: str
    name: str
    pipeline: str


_ONE: Final = {
    ItemKind.DEAL: "SELECT id, name, pipeline_id, deleted_at FROM stage WHERE id = ?",
    ItemKind.PROJECT: "SELECT id, name, board, deleted_at FROM phase WHERE id = ?",
}
_BESIDE: Final = {
    ItemKind.DEAL: (
        "SELECT s.id, s.name, s.pipeline_id FROM stage s JOIN pipeline p ON p.id = s.pipeline_id"
        " WHERE s.deleted_at IS NULL AND p.deleted_at IS NULL AND (?1 IS NULL OR s.pipeline_id = ?1)"
        " ORDER BY p.position, p.id, s.position, s.id LIMIT ?2"
    ),
    ItemKind.PROJECT: (
        "SELECT id, name, board FROM phase WHERE deleted_at IS NULL AND (?1 IS NULL OR board = ?1)"
        " ORDER BY board, position, id LIMIT ?2"
    ),
}


def of(connection: sqlite3.Connection, kind: ItemKind, pipeline: str | None = None) -> tuple[Stage, ...]:
    """Return the steps of a pipeline or board in order, None: of all of them, at most 100."""
    return tuple(Stage(*row) for row in connection.execute(_BESIDE[kind], (pipeline, _MOST)).fetchall())


def chosen(connection: sqlite3.Connection, kind: ItemKind, stage_id: str) -> Stage:
    """Return a step an item can be moved to. Raises BadItem: one that was deleted, with those to choose from."""
    row = connection.execute(_ONE[kind], (stage_id,)).fetchone()
    if row is None:
        raise BadItem(COLUMN[kind], f"there is no such {word(kind)}{_choice(of(connection, kind))}")
    if row[3] is not None:
        beside = of(connection, kind, row[2]) or of(connection, kind)
        raise BadItem(COLUMN[kind], f"the {word(kind)} {row[1]} was deleted{_choice(beside)}")
    return Stage(*row[:3])


def word(kind: ItemKind) -> str:
    """Return what a step of this kind of item is called."""
    return "stage" if kind is ItemKind.DEAL else "phase"


def _choice(stages: tuple[Stage, ...]) -> str:
    names = [stage.name for stage in stages]
    if not names:
        return ""
    return f": choose {' or '.join(filter(None, (', '.join(names[:-1]), names[-1])))}"
