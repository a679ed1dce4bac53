"""dealbox stage and field: what a company calls its steps, and the fields of its own that items have."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Final

from mail.folding import fold
from mail.text import safe_line
from store.crm import custom_fields, pipelines
from store.crm.item_checks import BadItem
from store.crm.items import ItemKind
from store.crm.pipelines import PipelineRow, StageRow
from store.database import Database
from store.rows import ActionRow
from tui.cli.main import BadUse, say
from tui.cli.stores import opened
from tui.format import plural

_NONE: Final = "none"


def stages(options: argparse.Namespace) -> int:
    """List pipelines and their stages."""
    with opened(options) as db:
        found = pipelines.all(db)
    if options.json:
        rows = [
            {"id": one.id, "name": one.name, "stages": [stage._asdict() for stage in one.stages]}
            for one in found
        ]
        say(json.dumps(rows, indent=2))
        return 0
    for one in found:
        say(safe_line(one.name))
        for number, stage in enumerate(one.stages, 1):
            say(f"  {number}  {safe_line(stage.name)}{_figures(stage)}")
    return 0


def _figures(stage: StageRow) -> str:
    likely = f"{stage.probability} %" if stage.probability is not None else ""
    rots = f"rots after {plural(stage.rotten_days, 'day')}" if stage.rotten_days is not None else ""
    return "".join(f", {words}" for words in (likely, rots, plural(stage.deals, "open deal")) if words)


def add_pipeline(options: argparse.Namespace) -> int:
    """Add a pipeline."""
    with opened(options) as db:
        return _done(lambda: pipelines.add(db, options.name))


def rename_pipeline(options: argparse.Namespace) -> int:
    """Call a pipeline something else."""
    with opened(options) as db:
        return _done(lambda: pipelines.rename(db, _pipeline(db, options.pipeline).id, options.name))


def add_stage(options: argparse.Namespace) -> int:
    """Add a stage."""
    with opened(options) as db:
        pipeline = _pipeline(db, options.pipeline)
        return _done(
            lambda: pipelines.add_stage(
                db,
                pipeline.id,
                options.name,
                at=options.at,
                probability=_number(options.probability),
                rotten_days=_number(options.rotten_days),
            )
        )


def change_stage(options: argparse.Namespace) -> int:
    """Change a stage."""
    values: dict[str, str | int | None] = {
        name: _number(text)
        for name in ("probability", "rotten_days")
        if (text := getattr(options, name)) is not None
    }
    if options.name is not None:
        values["name"] = options.name
    if not values and options.at is None:
        raise BadUse("say what to change: --name, --at, --probability or --rotten-days")
    with opened(options) as db:
        stage = _stage(_pipeline(db, options.pipeline), options.stage)
        return _done(lambda: pipelines.change_stage(db, stage.id, values, at=options.at))


def remove_stage(options: argparse.Namespace) -> int:
    """Remove a stage; its open deals go to another."""
    with opened(options) as db:
        pipeline = _pipeline(db, options.pipeline)
        stage = _stage(pipeline, options.stage)
        to = _stage(pipeline, options.to).id if options.to is not None else None
        return _done(lambda: pipelines.remove_stage(db, stage.id, to=to))


def _number(text: str | None) -> int | None:
    if text is None or text == _NONE:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise BadUse(f"{safe_line(text)} is no number, nor {_NONE}") from error


def _pipeline(db: Database, name: str | None) -> PipelineRow:
    known = pipelines.all(db)
    if name is None and known:
        return known[0]
    for one in known:
        if name is not None and (one.id == name or fold(one.name) == fold(name)):
            return one
    names = ", ".join(safe_line(one.name) for one in known)
    raise BadUse(f"there is no pipeline {safe_line(name or '')}: {names or 'there is none at all'}")


def _stage(pipeline: PipelineRow, name: str) -> StageRow:
    for stage in pipeline.stages:
        if stage.id == name or fold(stage.name) == fold(name):
            return stage
    names = ", ".join(safe_line(stage.name) for stage in pipeline.stages)
    raise BadUse(f"{safe_line(pipeline.name)} has no stage {safe_line(name)}: it has {names}")


def fields(options: argparse.Namespace) -> int:
    """List the fields of one's own."""
    with opened(options) as db:
        found = [field for kind in ItemKind for field in custom_fields.all(db, kind)]
    if options.json:
        say(json.dumps([field._asdict() for field in found], indent=2))
        return 0
    for field in found:
        choices = f": {', '.join(map(safe_line, field.choices))}" if field.choices else ""
        say(f"{field.kind.value}  {safe_line(field.name)}  {field.type}{choices}")
    return 0


def add_field(options: argparse.Namespace) -> int:
    """Give items of a kind another field."""
    with opened(options) as db:
        choices = [one for one in (options.choices or "").split(",") if one.strip()]
        return _done(
            lambda: custom_fields.add(db, ItemKind(options.kind), options.name, options.type, choices)[1]
        )


def rename_field(options: argparse.Namespace) -> int:
    """Call a field something else."""
    with opened(options) as db:
        return _done(lambda: custom_fields.rename(db, _field(db, options), options.to))


def remove_field(options: argparse.Namespace) -> int:
    """Take a field off every item."""
    with opened(options) as db:
        return _done(lambda: custom_fields.delete(db, _field(db, options)))


def _field(db: Database, options: argparse.Namespace) -> str:
    known = custom_fields.all(db, ItemKind(options.kind))
    for field in known:
        if fold(field.name) == fold(options.name):
            return field.id
    names = ", ".join(safe_line(field.name) for field in known)
    raise BadUse(f"there is no such field of a {options.kind}: {names or 'it has none'}")


def _done(do: Callable[[], ActionRow]) -> int:
    try:
        done = do()
    except BadItem as error:
        raise BadUse(str(error)) from error
    say(f"{done.title}.")
    return 0
