"""The pipelines of deals and their stages: what a company calls its steps, how likely each is, when a deal rots there."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from mail.folding import fold
from store import undo
from store.crm import changes as crm_changes
from store.crm import item_checks
from store.crm.changes import Change
from store.crm.item_checks import BadItem
from store.database import Database
from store.rows import ActionRow

MOST_STAGES: Final = 100
_MOST_DAYS: Final = 3_650


class StageRow(NamedTuple):
    """A stage. `probability` is percent; a deal rots that stays longer than `rotten_days`; `deals` are open there."""

    id: str
    name: str
    probability: int | None
    rotten_days: int | None
    deals: int


@dataclass(frozen=True, slots=True)
class PipelineRow:
    """A pipeline and its stages in order."""

    id: str
    name: str
    stages: tuple[StageRow, ...]


def all(db: Database) -> tuple[PipelineRow, ...]:
    """Return the pipelines in their order."""
    return _all(db.read())


def _all(connection: sqlite3.Connection) -> tuple[PipelineRow, ...]:
    rows = connection.execute(
        "SELECT id, name FROM pipeline WHERE deleted_at IS NULL ORDER BY position, id LIMIT 100"
    ).fetchall()
    return tuple(PipelineRow(key, name, _stages(connection, key)) for key, name in rows)


def _stages(connection: sqlite3.Connection, pipeline_id: str) -> tuple[StageRow, ...]:
    rows = connection.execute(
        "SELECT s.id, s.name, s.probability, s.rotten_days, (SELECT count(*) FROM deal d WHERE d.stage_id = s.id"
        " AND d.deleted_at IS NULL AND d.status = 'open') FROM stage s WHERE s.pipeline_id = ? AND s.deleted_at IS NULL"
        " ORDER BY s.position, s.id",
        (pipeline_id,),
    ).fetchall()
    return tuple(StageRow(*row) for row in rows)


def add(db: Database, name: str) -> ActionRow:
    """Add a pipeline with one stage, "New". Raises BadItem."""

    def changes(connection: sqlite3.Connection) -> tuple[str, list[Change]]:
        known = _all(connection)
        called = _free(connection, name, [one.name for one in known])
        key = str(uuid.uuid4())
        first = {"pipeline_id": key, "name": "New", "position": 1}
        return f"Added the pipeline {called}", [
            Change("pipeline", {"id": key}, {"name": called, "position": len(known) + 1}),
            Change("stage", {"id": str(uuid.uuid4())}, first),
        ]

    return _do(db, changes)


def rename(db: Database, pipeline_id: str, name: str) -> ActionRow:
    """Call a pipeline something else. Raises BadItem."""

    def changes(connection: sqlite3.Connection) -> tuple[str, list[Change]]:
        known = _all(connection)
        before = _one(connection, pipeline_id).name
        called = _free(connection, name, [one.name for one in known if one.id != pipeline_id])
        return f"Renamed {before} to {called}", [Change("pipeline", {"id": pipeline_id}, {"name": called})]

    return _do(db, changes)


def add_stage(
    db: Database,
    pipeline_id: str,
    name: str,
    *,
    at: int | None = None,
    probability: int | None = None,
    rotten_days: int | None = None,
) -> ActionRow:
    """Add a stage at a place counted from 1, or last. Raises BadItem."""

    def changes(connection: sqlite3.Connection) -> tuple[str, list[Change]]:
        pipeline = _one(connection, pipeline_id)
        if len(pipeline.stages) >= MOST_STAGES:
            raise BadItem("", f"{pipeline.name} has {MOST_STAGES} stages already")
        called = _free(connection, name, [stage.name for stage in pipeline.stages])
        key = str(uuid.uuid4())
        order = [stage.id for stage in pipeline.stages]
        order.insert(len(order) if at is None else max(0, at - 1), key)
        new = {
            "pipeline_id": pipeline_id,
            "name": called,
            **_figures({"probability": probability, "rotten_days": rotten_days}),
        }
        return f"Added the stage {called}", _ordered(order, {key: new})

    return _do(db, changes)


def change_stage(
    db: Database, stage_id: str, values: Mapping[str, str | int | None], *, at: int | None = None
) -> ActionRow:
    """Set name, probability (percent) and rotten_days of a stage, None for none, and its place. Raises BadItem."""

    def changes(connection: sqlite3.Connection) -> tuple[str, list[Change]]:
        pipeline, stage = _of_stage(connection, stage_id)
        figures = _figures({name: value for name, value in values.items() if name != "name"})
        written: dict[str, object] = dict(figures)
        if "name" in values:
            others = [one.name for one in pipeline.stages if one.id != stage_id]
            written["name"] = _free(connection, str(values["name"]), others)
        order = [one.id for one in pipeline.stages]
        if at is not None:
            order.remove(stage_id)
            order.insert(max(0, at - 1), stage_id)
        return f"Changed the stage {stage.name}", _ordered(order, {stage_id: written})

    return _do(db, changes)


def remove_stage(db: Database, stage_id: str, *, to: str | None = None) -> ActionRow:
    """Remove a stage; its open deals go to the stage `to`. Raises BadItem when there are some and it is None."""

    def changes(connection: sqlite3.Connection) -> tuple[str, list[Change]]:
        pipeline, stage = _of_stage(connection, stage_id)
        if len(pipeline.stages) == 1:
            raise BadItem("", f"{stage.name} is the only stage of {pipeline.name}")
        if stage.deals and to is None:
            raise BadItem("to", f"{stage.deals} open deals are in {stage.name}: say which stage they go to")
        moved = _moved(connection, stage_id, to) if to is not None else []
        now = int(time.time())
        return f"Removed the stage {stage.name}", [
            *moved,
            Change("stage", {"id": stage_id}, {"deleted_at": now}),
        ]

    return _do(db, changes)


def _moved(connection: sqlite3.Connection, stage_id: str, to: str) -> list[Change]:
    pipeline, _ = _of_stage(connection, to)
    if to == stage_id:
        raise BadItem("to", "deals cannot go to the stage that is removed")
    now = int(time.time())
    rows = connection.execute(
        "SELECT id FROM deal WHERE stage_id = ? AND deleted_at IS NULL AND status = 'open'", (stage_id,)
    ).fetchall()
    values = {"stage_id": to, "pipeline_id": pipeline.id, "stage_changed_at": now}
    return [Change("deal", {"id": deal_id}, values) for (deal_id,) in rows]


def _do(db: Database, changes: Callable[[sqlite3.Connection], tuple[str, list[Change]]]) -> ActionRow:
    now = int(time.time())
    with db.write() as connection:
        title, some = changes(connection)
        steps = crm_changes.apply(connection, some, now)
        if not steps:
            return ActionRow(0, "Nothing to change", "nothing")
        action = undo.record(connection, title, steps, now)
    return action


def _one(connection: sqlite3.Connection, pipeline_id: str) -> PipelineRow:
    found = next((one for one in _all(connection) if one.id == pipeline_id), None)
    if found is None:
        raise BadItem("pipeline", "there is no such pipeline")
    return found


def _of_stage(connection: sqlite3.Connection, stage_id: str) -> tuple[PipelineRow, StageRow]:
    for pipeline in _all(connection):
        for stage in pipeline.stages:
            if stage.id == stage_id:
                return pipeline, stage
    raise BadItem("stage", "there is no such stage")


def _free(connection: sqlite3.Connection, name: str, taken: Sequence[str]) -> str:
    called = item_checks.line(connection, "name", name)
    if not called:
        raise BadItem("name", "it needs a name")
    if fold(called) in map(fold, taken):
        raise BadItem("name", f"there is one called {called} already")
    return called


def _figures(values: Mapping[str, object]) -> dict[str, object]:
    for name, most, what in (("probability", 100, "percent"), ("rotten_days", _MOST_DAYS, "days")):
        value = values.get(name)
        if value is not None and not (isinstance(value, int) and 0 <= value <= most):
            raise BadItem(name, f"{value} is not from 0 to {most} {what}")
    return dict(values)


def _ordered(order: Sequence[str], written: Mapping[str, Mapping[str, object]]) -> list[Change]:
    return [
        Change("stage", {"id": key}, {**written.get(key, {}), "position": place})
        for place, key in enumerate(order, 1)
    ]
