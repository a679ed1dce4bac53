"""Users, pipelines, stages, phases, labels, custom fields and references of a CRM in CSV."""

from __future__ import annotations

import json
from typing import Final

from linking.exchange import values
from linking.exchange.crm_base import Base, needed
from linking.exchange.records_in import Record, Values
from linking.exchange.report import Remark
from linking.exchange.sheets import Line, Sheet
from store.links import exceptions

_TYPES: Final = ("text", "number", "money", "date", "choice", "yes_no", "address")


def user(base: Base, line: Line) -> Record:
    """Return a user of the workspace; one with an address of a user here is that user."""
    email = values.email(line["email"])
    base.gathering.adopt_by("user", values.text(line["id"]), "email", email)
    return Record(
        {
            "name": needed(line, "name"),
            "email": email,
            "aliases": " ".join(values.email(alias) for alias in values.several(line["alias"])),
            "is_admin": int(line["role"].strip().lower() == "admin"),
            "is_active": int(values.truth(line["is_active"] or "1")),
            "team": values.text(line["team"]),
            "edits": values.one_of(line["edits"], ("seen", "own")),
            "can_manage": int(values.truth(line["can_manage"])),
            **base.stamps(line),
            "created_by": values.text(line["created_by"]),
        }
    )


def pipeline(base: Base, line: Line) -> Record:
    """Return a pipeline; one of the same name is the same."""
    name = needed(line, "name")
    external_id = values.text(line["id"])
    if name in base.pipelines:
        base.gathering.adopt("pipeline", external_id, base.pipelines[name])
    base.pipelines[name] = base.gathering.local_id("pipeline", external_id)
    return Record({"name": name, "position": values.whole(line["position"]) or 1, **base.stamps(line)})


def stage(base: Base, line: Line) -> Record:
    """Return a stage of a pipeline; one of the same name there is the same."""
    pipeline_id = base.ref(line, "pipeline_id", "pipeline")
    if pipeline_id is None:
        raise ValueError("has no pipeline")
    name = next((name for name, each in base.pipelines.items() if each == pipeline_id), "")
    own: Values = {
        "pipeline_id": pipeline_id,
        "probability": values.whole(line["probability"]),
        "rotten_days": values.whole(line["rotten_days"]),
    }
    return _step(base, line, ("pipeline", name), "stage", own)


def phase(base: Base, line: Line) -> Record:
    """Return a phase of a board; one of the same name there is the same."""
    board = values.text(line["board"])
    return _step(base, line, ("board", board), "phase", {"board": board})


def _step(base: Base, line: Line, belongs: tuple[str, str], kind: str, own: Values) -> Record:
    name, external_id = needed(line, "name"), values.text(line["id"])
    steps = base.steps.setdefault(belongs, [])
    same = next((step_id for step_id, known in steps if known == name), None)
    if same is not None:
        base.gathering.adopt(kind, external_id, same)
    step_id = base.gathering.local_id(kind, external_id)
    record = Record(
        {**own, "name": name, "position": values.whole(line["position"]) or 1, **base.stamps(line)}
    )
    known = [(each, word) for each, word in steps if each != step_id]
    base.steps[belongs] = known if record.values["deleted_at"] else [*known, (step_id, name)]
    return record


def label(base: Base, line: Line) -> Record:
    """Return a label; one of the same name is the same."""
    name, external_id = needed(line, "name"), values.text(line["id"])
    known = base.gathering.resolve("label", external_id)
    if known is not None and base.labels.get(name, known) != known:
        raise ValueError(f"there is another label “{name}”")
    if name in base.labels:
        base.gathering.adopt("label", external_id, base.labels[name])
    base.labels[name] = base.gathering.local_id("label", external_id)
    return Record({"name": name, "colour": values.text(line["colour"]), **base.stamps(line)})


def custom_field(base: Base, line: Line) -> Record:
    """Return a field of the user's own; one of the same name and kind of item is the same."""
    name, kind, external_id = needed(line, "name"), needed(line, "item_kind"), values.text(line["id"])
    if (kind, name) in base.fields:
        base.gathering.adopt("custom_field", external_id, base.fields[kind, name])
    base.fields[kind, name] = base.fields[kind, external_id] = base.gathering.local_id(
        "custom_field", external_id
    )
    own: Values = {
        "item_kind": kind,
        "name": name,
        "type": values.one_of(line["type"], _TYPES),
        "choices": json.dumps(values.several(line["choices"]), ensure_ascii=False),
        "position": values.whole(line["position"]) or 0,
    }
    return Record(own | base.stamps(line))


def exception(base: Base, line: Line) -> Record:
    """Return an address or a domain that is treated apart; one that is so here already is the same."""
    pattern, effect = exceptions.normalised(needed(line, "pattern")), values.text(line["effect"])
    if effect not in exceptions.EFFECTS:
        raise ValueError(f"“{effect}” is not allowed; write {', '.join(exceptions.EFFECTS)}")
    if same := base.exceptions.get((pattern, effect)):
        base.gathering.adopt("exception", values.text(line["id"]), same)
    base.exceptions[pattern, effect] = base.gathering.local_id("exception", values.text(line["id"]))
    own: Values = {"pattern": pattern, "effect": effect, "comment": values.text(line["comment"])}
    return Record(own | base.stamps(line))


def references(base: Base, sheet: Sheet) -> None:
    """Gather where rows came from, so that importing them from there again changes nothing."""
    rows: list[Values] = []
    for line in sheet.lines:
        kind, external_id = values.text(line["kind"]), values.text(line["external_id"])
        system = values.text(line["system"])
        local_id = base.gathering.resolve(kind, values.text(line["id"])) if kind in _REFERRED else None
        try:
            digest = bytes.fromhex(line["hash"].strip())
        except ValueError:
            digest = b""
        if local_id and external_id and system:
            rows.append(
                {
                    "system": system,
                    "kind": kind,
                    "external_id": external_id,
                    "local_id": local_id,
                    "hash": digest,
                }
            )
        else:
            reason = "needs a system, a kind, the id there and the id of a row here"
            base.gathering.rejects.append(Remark(base.file, line.number, reason))
    base.gathering.add_plain("external_ref", rows)


_REFERRED: Final = frozenset(
    [
        "user",
        "pipeline",
        "stage",
        "phase",
        "label",
        "custom_field",
        "organization",
        "person",
        "product",
        "lead",
        "deal",
        "project",
        "activity",
        "note",
        "exception",
    ]
)
