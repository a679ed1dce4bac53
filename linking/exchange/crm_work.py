"""Leads, deals with their products, and projects of a CRM in CSV."""

from __future__ import annotations

from typing import Final

from linking.exchange import values
from linking.exchange.crm_base import MOST_STEPS, Base, Parts, needed
from linking.exchange.records_in import Record, Values
from linking.exchange.report import Remark
from linking.exchange.sheets import Line, Sheet

STATUSES: Final = {
    "deal": ("open", "won", "lost", "deleted", "archived"),
    "lead": ("open", "converted", "archived", "deleted"),
    "project": ("open", "completed", "canceled", "archived", "deleted"),
}


def lead(base: Base, line: Line) -> Record:
    """Return a lead."""
    status, closed_at, deleted_at = _status(line, "lead")
    own: Values = {
        "status": status,
        "closed_at": closed_at,
        "deleted_at": deleted_at,
        "source": values.text(line["source"]),
        "expected_close": values.date(line["expected_close"]),
    }
    later = base.merged(line, "lead") | {
        "converted_deal_id": ("deal", values.text(line["converted_deal_id"]))
    }
    return Record(_work(base, line) | own, base.shared_parts(line, "lead"), later)


def deal(base: Base, line: Line) -> Record:
    """Return a deal with participants and products."""
    status, closed_at, deleted_at = _status(line, "deal")
    pipeline_id, stage_id = _stage(base, line)
    archived_at = values.moment(line["archived_at"])
    own: Values = {
        "status": "open" if status == "archived" else status,
        "won_at": closed_at if status == "won" else None,
        "lost_at": closed_at if status == "lost" else None,
        "archived_at": (archived_at or closed_at or base.gathering.now)
        if status == "archived"
        else archived_at,
        "deleted_at": deleted_at,
        "pipeline_id": pipeline_id,
        "stage_id": stage_id,
        "stage_changed_at": values.moment(line["stage_changed_at"]),
        "probability": values.whole(line["probability"]),
        "expected_close": values.date(line["expected_close"]),
        "lost_reason": values.text(line["lost_reason"]),
        "source_lead_id": base.ref(line, "source_lead_id", "lead"),
    }
    parts = base.shared_parts(line, "deal") | _products(base, line)
    if "participants" in base.known:
        parts["deal_participant"] = [
            {"person_id": each} for each in base.refs(line, "participants", "person")
        ]
    return Record(_work(base, line) | own, parts, base.merged(line, "deal"))


def project(base: Base, line: Line) -> Record:
    """Return a project."""
    status, closed_at, deleted_at = _status(line, "project")
    archived_at = values.moment(line["archived_at"])
    phase_id = base.ref(line, "phase_id", "phase") if line["phase_id"].strip() else None
    own: Values = {
        "status": "open" if status == "archived" else status,
        "archived_at": (archived_at or closed_at or base.gathering.now)
        if status == "archived"
        else archived_at,
        "closed_at": closed_at,
        "deleted_at": deleted_at,
        "phase_id": phase_id or _step(base, "board", "", line["stage"], {"board": ""}),
        "start_date": values.date(line["start_date"]),
        "end_date": values.date(line["end_date"]),
        "description": values.note(line["description"]),
    }
    return Record(_work(base, line) | own, base.shared_parts(line, "project"), base.merged(line, "project"))


def products_of_deals(base: Base, sheet: Sheet) -> None:
    """Keep the rows of deal_products.csv for the deals they belong to."""
    for line in sheet.lines:
        try:
            product_id = base.ref(line, "product_id", "product")
            if not product_id or not line["deal_id"].strip():
                raise ValueError("needs the id of a deal and that of a product")
            row: Values = {
                "product_id": product_id,
                "quantity": values.money(line["quantity"]) or "1",
                "price": values.money(line["price"]),
                "discount": values.money(line["discount"]),
                "tax": values.money(line["tax"]),
                "position": values.whole(line["position"]) or 0,
            }
        except ValueError as error:
            base.gathering.rejects.append(Remark(base.file, line.number, str(error)))
        else:
            base.products_of.setdefault(values.text(line["deal_id"]), []).append(row)


def _products(base: Base, line: Line) -> Parts:
    rows = base.products_of.get(values.text(line["id"]), [])
    if product := base.ref(line, "product_id", "product"):
        quantity = values.money(line["quantity"]) or "1"
        only: Values = {
            "product_id": product,
            "quantity": quantity,
            "price": None,
            "discount": None,
            "tax": None,
            "position": 0,
        }
        rows = [*rows, only] if all(row["product_id"] != product for row in rows) else rows
    return {"deal_product": rows} if rows or "product_id" in base.known or base.products_of else {}


def _work(base: Base, line: Line) -> Values:
    return base.owned(line) | {
        "title": needed(line, "title"),
        "value": values.money(line["value"]),
        "currency": values.currency(line["currency"]),
        "person_id": base.ref(line, "person_id", "person"),
        "org_id": base.ref(line, "org_id", "organization"),
    }


def _status(line: Line, kind: str) -> tuple[str, int | None, int | None]:
    """Return the status to keep, when the item was closed, and when it was deleted."""
    status = values.one_of(line["status"], STATUSES[kind])
    closed_at, deleted_at = values.moment(line["closed_at"]), values.moment(line["deleted_at"])
    if status == "deleted":
        return "open", None, deleted_at or closed_at or values.moment(line["created_at"]) or 1
    return status, closed_at, deleted_at


def _stage(base: Base, line: Line) -> tuple[str, str | None]:
    """Return pipeline and stage: by their ids, else by name or number; those missing are made."""
    if line["stage_id"].strip() and line["pipeline_id"].strip():
        pipeline_id, stage_id = base.ref(line, "pipeline_id", "pipeline"), base.ref(line, "stage_id", "stage")
        if pipeline_id and stage_id:
            return pipeline_id, stage_id
    name = values.text(line["pipeline"]) or next(iter(base.pipelines), "Sales")
    if name not in base.pipelines:
        row: Values = {"name": name, "position": len(base.pipelines) + 1}
        base.pipelines[name] = base.gathering.add_row("pipeline", row)
    pipeline_id = base.pipelines[name]
    return pipeline_id, _step(base, "pipeline", name, line["stage"], {"pipeline_id": pipeline_id})


def _step(base: Base, sort: str, name: str, wanted: str, belongs: Values) -> str | None:
    """Return the stage or phase a file means by its number, counted from 1, or its name; make those missing."""
    step = values.text(wanted)
    if not step:
        return None
    steps = base.steps.setdefault((sort, name), [])
    for step_id, known in steps:
        if known.casefold() == step.casefold():
            return step_id
    if step.isdecimal():
        if not 1 <= int(step) <= MOST_STEPS:
            raise ValueError(f"stage {step} is not from 1 to {MOST_STEPS}")
        while len(steps) < int(step):
            _add_step(base, sort, steps, f"Stage {len(steps) + 1}", belongs)
        return steps[int(step) - 1][0]
    if len(steps) >= MOST_STEPS:
        raise ValueError(f"“{step}” would be one stage more than {MOST_STEPS}")
    return _add_step(base, sort, steps, step, belongs)


def _add_step(base: Base, sort: str, steps: list[tuple[str, str]], step: str, belongs: Values) -> str:
    table = "stage" if sort == "pipeline" else "phase"
    step_id = base.gathering.add_row(table, {**belongs, "name": step, "position": len(steps) + 1})
    steps.append((step_id, step))
    return step_id
