"""A CRM from a directory of CSV files: one per kind of item, each row with an id that the others refer to."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from linking.exchange import sheets, values
from linking.exchange.columns import FILES, headings
from linking.exchange.records_in import Gathering, Record, Values
from linking.exchange.report import ImportReport, Remark
from linking.exchange.sheets import Line, Sheet
from store import records
from store.database import Database

SYSTEM: Final = "csv"

_VISIBLE: Final = ("company", "owner", "team")
_STATUSES: Final = {
    "deal": ("open", "won", "lost", "deleted", "archived"),
    "lead": ("open", "converted", "archived", "deleted"),
    "project": ("open", "completed", "canceled", "archived", "deleted"),
}
MOST_STEPS: Final = 50


def import_directory(db: Database, directory: Path, *, dry_run: bool) -> ImportReport:
    """Bring in the CRM of `directory`, in one transaction; a dry run only says what would come in.

    Doing it twice changes nothing; a row that has changed since replaces what it was. Raises OSError when the
    directory or a file cannot be read.
    """
    found = {path.name.lower(): path for path in sorted(directory.iterdir()) if path.is_file()}
    gathering = Gathering(db.read(), SYSTEM, int(time.time()))
    reader = _Reader(db, gathering)
    for kind, names in FILES.items():
        for name in names:
            if name in found:
                reader.read(kind, found[name])
    report = gathering.report(is_dry_run=dry_run)
    if not dry_run:
        gathering.carry_out(db)
    return report


class _Reader:
    """Reads one file after the other into a gathering."""

    def __init__(self, db: Database, gathering: Gathering) -> None:
        self._gathering = gathering
        self._pipelines = records.pipelines(db.read())
        self._labels = records.labels(db.read())
        self._steps: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for step_id, sort, name, step, _ in records.steps(db.read()):
            self._steps.setdefault((sort, name), []).append((step_id, step))
        self._file = ""
        self._record: Mapping[str, Callable[[Line], Record]] = {
            "user": self._user,
            "organization": self._organization,
            "person": self._person,
            "product": self._product,
            "lead": self._lead,
            "deal": self._deal,
            "project": self._project,
            "activity": self._activity,
            "note": self._note,
        }

    def read(self, kind: str, path: Path) -> None:
        """Gather the rows of one file."""
        self._file = path.name
        sheet = sheets.read(path, headings(kind))
        self._gathering.rejects += sheet.rejects
        self._gathering.notices += sheet.notices
        if kind == "link":
            self._links(sheet)
            return
        self._gathering.begin(kind)
        for line in sheet.lines:
            try:
                self._add(kind, line, frozenset({"created_at"} - sheet.known))
            except ValueError as error:
                self._gathering.rejects.append(Remark(self._file, line.number, str(error)))

    def _add(self, kind: str, line: Line, keeps: frozenset[str]) -> None:
        external_id = values.text(line["id"])
        if not external_id:
            raise ValueError("has no id")
        record = self._record[kind](line)
        earlier = self._gathering.earlier(kind, external_id, record)
        if earlier:
            raise ValueError(f"id {external_id} stands on line {earlier} already, with other values")
        if earlier is None:
            self._gathering.add(kind, external_id, line.number, record, keeps=keeps)

    # -- kinds

    def _user(self, line: Line) -> Record:
        return Record(
            {
                "name": _needed(line, "name"),
                "email": values.email(line["email"]),
                "aliases": " ".join(values.email(alias) for alias in values.several(line["alias"])),
                "is_admin": int(line["role"].strip().lower() == "admin"),
                "team": values.text(line["team"]),
                "created_at": values.moment(line["created_at"]),
            }
        )

    def _organization(self, line: Line) -> Record:
        domains = [
            domain.lower().lstrip("@").removeprefix("www.") for domain in values.several(line["domain"])
        ]
        parts: dict[str, list[Values]] = {
            "organization_domain": [{"domain": domain} for domain in domains],
            **self._labelled(line),
        }
        return Record(
            {"name": _needed(line, "name"), "address": values.text(line["address"]), **self._owned(line)},
            parts,
        )

    def _person(self, line: Line) -> Record:
        first, last = values.text(line["first_name"]), values.text(line["last_name"])
        name = values.text(line["name"]) or f"{first} {last}".strip()
        if not name:
            raise ValueError("has no name")
        parts: dict[str, list[Values]] = {
            "person_email": [
                {"email": email, "is_primary": int(n == 0)} for n, email in enumerate(self._emails(line))
            ],
            "person_phone": [
                {"phone": phone, "is_primary": int(n == 0)}
                for n, phone in enumerate(values.several(line["phone"]))
            ],
            **self._labelled(line),
        }
        found: Values = {
            "name": name,
            "first_name": first,
            "last_name": last,
            "title": values.text(line["title"]),
            "org_id": self._ref(line, "org_id", "organization"),
            "time_zone": values.text(line["time_zone"]),
        }
        return Record(found | self._owned(line), parts)

    def _emails(self, line: Line) -> list[str]:
        found = []
        for each in values.several(line["emails"]):
            try:
                found.append(values.email(each))
            except ValueError as error:
                self._gathering.notices.append(Remark(self._file, line.number, f"{error}: left out"))
        return list(dict.fromkeys(found))

    def _product(self, line: Line) -> Record:
        return Record(
            {
                "name": _needed(line, "name"),
                "code": values.text(line["code"]),
                "unit": values.text(line["unit"]),
                "price": values.money(line["price"]),
                "currency": values.currency(line["currency"]),
                "tax": values.money(line["tax"]),
                "created_at": values.moment(line["created_at"]),
            }
        )

    def _lead(self, line: Line) -> Record:
        status, closed_at, deleted_at = self._status(line, "lead")
        own: Values = {
            "status": status,
            "closed_at": closed_at,
            "deleted_at": deleted_at,
            "source": values.text(line["source"]),
            "expected_close": values.date(line["expected_close"]),
        }
        return Record(self._work(line) | own, self._labelled(line))

    def _deal(self, line: Line) -> Record:
        status, closed_at, deleted_at = self._status(line, "deal")
        pipeline = values.text(line["pipeline"]) or next(iter(self._pipelines), "Sales")
        pipeline_id = self._pipeline(pipeline)
        own: Values = {
            "status": "open" if status == "archived" else status,
            "won_at": closed_at if status == "won" else None,
            "lost_at": closed_at if status == "lost" else None,
            "archived_at": (closed_at or self._gathering.now) if status == "archived" else None,
            "deleted_at": deleted_at,
            "pipeline_id": pipeline_id,
            "stage_id": self._step("pipeline", pipeline, line["stage"], {"pipeline_id": pipeline_id}),
            "probability": values.whole(line["probability"]),
            "expected_close": values.date(line["expected_close"]),
            "lost_reason": values.text(line["lost_reason"]),
        }
        persons = [self._gathering.resolve("person", each) for each in values.several(line["participants"])]
        product = self._ref(line, "product_id", "product")
        parts: dict[str, list[Values]] = {
            "deal_participant": [{"person_id": person} for person in persons if person],
            "deal_product": [{"product_id": product, "quantity": values.money(line["quantity"]) or "1"}]
            if product
            else [],
            **self._labelled(line),
        }
        return Record(self._work(line) | own, parts)

    def _project(self, line: Line) -> Record:
        status, closed_at, deleted_at = self._status(line, "project")
        own: Values = {
            "status": "open" if status == "archived" else status,
            "archived_at": (closed_at or self._gathering.now) if status == "archived" else None,
            "closed_at": closed_at,
            "deleted_at": deleted_at,
            "phase_id": self._step("board", "", line["stage"], {"board": ""}),
            "start_date": values.date(line["start_date"]),
            "end_date": values.date(line["end_date"]),
        }
        return Record(self._work(line) | own, self._labelled(line))

    def _activity(self, line: Line) -> Record:
        due_at, done_at = values.moment(line["due_at"]), values.moment(line["done_at"])
        created_at = values.moment(line["created_at"])
        if done_at is None and values.truth(line["done"]):
            done_at = due_at or created_at or self._gathering.now
        own: Values = {
            "type": values.text(line["type"]).lower() or "task",
            "subject": _needed(line, "subject"),
            "note": values.note(line["note"]),
            "due_at": due_at,
            "done_at": done_at,
            "duration_min": values.whole(line["duration_min"]),
            "entered_at": created_at or due_at or done_at or 0,
            "responsible_id": self._ref(line, "owner_id", "user") or "",
            "created_at": created_at,
        }
        return Record(own | self._about(line))

    def _note(self, line: Line) -> Record:
        body = values.note(line["body"])
        if not body:
            raise ValueError("has no body")
        own: Values = {
            "body": body,
            "is_pinned": int(values.truth(line["pinned"])),
            "author_id": self._ref(line, "owner_id", "user") or "",
            "created_at": values.moment(line["created_at"]),
        }
        return Record(own | self._about(line))

    def _links(self, sheet: Sheet) -> None:
        rows: list[Values] = []
        for line in sheet.lines:
            kind = values.text(line["kind"]).lower()
            item_id = self._gathering.resolve(kind, values.text(line["item"])) if kind in _STATUSES else None
            message_id = values.text(line["message_id"]).strip("<>")
            if item_id and message_id:
                rows.append({"message_id": message_id, "item_kind": kind, "item_id": item_id})
            else:
                reason = "needs a message_id, a kind (deal, lead, project) and the id of such an item"
                self._gathering.rejects.append(Remark(self._file, line.number, reason))
        self._gathering.add_plain("awaited_link", rows)

    # -- what kinds share

    def _owned(self, line: Line) -> Values:
        return {
            "owner_id": self._ref(line, "owner_id", "user") or "",
            "visible_to": values.one_of(line["visible_to"], _VISIBLE),
            "created_at": values.moment(line["created_at"]),
        }

    def _work(self, line: Line) -> Values:
        return self._owned(line) | {
            "title": _needed(line, "title"),
            "value": values.money(line["value"]),
            "currency": values.currency(line["currency"]),
            "person_id": self._ref(line, "person_id", "person"),
            "org_id": self._ref(line, "org_id", "organization"),
        }

    def _about(self, line: Line) -> Values:
        return {
            "deal_id": self._ref(line, "deal_id", "deal"),
            "lead_id": self._ref(line, "lead_id", "lead"),
            "project_id": self._ref(line, "project_id", "project"),
            "person_id": self._ref(line, "person_id", "person"),
            "org_id": self._ref(line, "org_id", "organization"),
        }

    def _ref(self, line: Line, column: str, kind: str) -> str | None:
        external_id = values.text(line[column])
        if not external_id:
            return None
        found = self._gathering.resolve(kind, external_id)
        if found is None:
            self._gathering.miss(self._file, line.number, column, external_id)
        return found

    def _status(self, line: Line, kind: str) -> tuple[str, int | None, int | None]:
        """Return the status to keep, when the item was closed, and when it was deleted."""
        status = values.one_of(line["status"], _STATUSES[kind])
        closed_at = values.moment(line["closed_at"])
        if status == "deleted":
            return "open", None, closed_at or values.moment(line["created_at"]) or 1
        return status, closed_at, None

    def _labelled(self, line: Line) -> dict[str, list[Values]]:
        for name in values.several(line["labels"]):
            if name not in self._labels:
                self._labels[name] = self._gathering.add_row("label", {"name": name})
        return {"item_label": [{"label_id": self._labels[name]} for name in values.several(line["labels"])]}

    def _pipeline(self, name: str) -> str:
        if name not in self._pipelines:
            row: Values = {"name": name, "position": len(self._pipelines) + 1}
            self._pipelines[name] = self._gathering.add_row("pipeline", row)
        return self._pipelines[name]

    def _step(self, sort: str, name: str, wanted: str, belongs: Values) -> str | None:
        """Return the stage or phase a file means by its number, counted from 1, or its name; make those missing."""
        step = values.text(wanted)
        if not step:
            return None
        steps = self._steps.setdefault((sort, name), [])
        if step.isdecimal():
            if not 1 <= int(step) <= MOST_STEPS:
                raise ValueError(f"stage {step} is not from 1 to {MOST_STEPS}")
            while len(steps) < int(step):
                self._add_step(sort, steps, f"Stage {len(steps) + 1}", belongs)
            return steps[int(step) - 1][0]
        for step_id, known in steps:
            if known.casefold() == step.casefold():
                return step_id
        if len(steps) >= MOST_STEPS:
            raise ValueError(f"“{step}” would be one stage more than {MOST_STEPS}")
        return self._add_step(sort, steps, step, belongs)

    def _add_step(self, sort: str, steps: list[tuple[str, str]], step: str, belongs: Values) -> str:
        table = "stage" if sort == "pipeline" else "phase"
        step_id = self._gathering.add_row(table, {**belongs, "name": step, "position": len(steps) + 1})
        steps.append((step_id, step))
        return step_id


def _needed(line: Line, column: str) -> str:
    found = values.text(line[column])
    if not found:
        raise ValueError(f"has no {column}")
    return found
