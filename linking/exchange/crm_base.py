"""What the rows of every file of a CRM have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from linking.exchange import values
from linking.exchange.columns import CUSTOM
from linking.exchange.records_in import Gathering, Record, Values
from linking.exchange.report import Remark
from linking.exchange.sheets import Line
from store.crm import records
from store.database import Database

Parts = dict[str, list[Values]]

_VISIBLE: Final = ("owner", "team", "company")
"""Who may see an item; what is not known is for its owner alone."""
MOST_STEPS: Final = 50


@dataclass(slots=True)
class Base:
    """The gathering, and what files have named so far. `known` are the columns of the file at hand."""

    gathering: Gathering
    labels: dict[str, str]
    fields: dict[tuple[str, str], str]
    pipelines: dict[str, str]
    exceptions: dict[tuple[str, str], str]
    steps: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)
    products_of: dict[str, list[Values]] = field(default_factory=dict)
    file: str = ""
    known: frozenset[str] = frozenset()

    @classmethod
    def of(cls, db: Database, gathering: Gathering) -> Base:
        """Return what is known before the first file."""
        connection = db.read()
        base = cls(
            gathering,
            records.labels(connection),
            records.custom_fields(connection),
            records.pipelines(connection),
            records.exceptions(connection),
        )
        for step_id, sort, name, step, _ in records.steps(connection):
            base.steps.setdefault((sort, name), []).append((step_id, step))
        return base

    def stamps(self, line: Line) -> Values:
        """Return when a row was made, changed and deleted, and by whom."""
        return {
            "created_at": values.moment(line["created_at"]),
            "updated_at": values.moment(line["updated_at"]),
            "deleted_at": values.moment(line["deleted_at"]),
            "created_by": self.ref(line, "created_by", "user") or "",
        }

    def owned(self, line: Line) -> Values:
        """Return the same, whose an item is and who may see it."""
        return self.stamps(line) | {
            "owner_id": self.ref(line, "owner_id", "user") or "",
            "visible_to": values.one_of(line["visible_to"], _VISIBLE),
        }

    def merged(self, line: Line, kind: str) -> dict[str, tuple[str, str]]:
        """Return what an item was merged into, which may stand further down."""
        return {"merged_into": (kind, values.text(line["merged_into"]))}

    def ref(self, line: Line, column: str, kind: str) -> str | None:
        """Return the row that a column names; one that leads nowhere is told."""
        external_id = values.text(line[column])
        if not external_id:
            return None
        found = self.gathering.resolve(kind, external_id)
        if found is None:
            self.gathering.miss(self.file, line.number, column, external_id)
        return found

    def refs(self, line: Line, column: str, kind: str) -> list[str]:
        """Return the rows that a column names, without those that lead nowhere."""
        found = (self.gathering.resolve(kind, each) for each in values.several(line[column]))
        return [each for each in found if each]

    def note(self, line: Line, text: str) -> None:
        """Tell something about a line."""
        self.gathering.notices.append(Remark(self.file, line.number, text))

    def shared_parts(self, line: Line, kind: str) -> Parts:
        """Return labels, followers, custom fields and times an item was closed: of those the file has columns for."""
        parts: Parts = {}
        if "labels" in self.known:
            parts["item_label"] = [{"label_id": self.label(name)} for name in values.several(line["labels"])]
        if "followers" in self.known:
            parts["item_follower"] = [{"user_id": each} for each in self.refs(line, "followers", "user")]
        if any(name.startswith(CUSTOM) for name in self.known):
            parts["custom_value"] = self._custom(line, kind)
        if "closed_periods" in self.known:
            parts["closed_period"] = [_period(each) for each in values.several(line["closed_periods"])]
        return parts

    def label(self, name: str) -> str:
        """Return the label of that name, made when there is none."""
        if name not in self.labels:
            self.labels[name] = self.gathering.add_row("label", {"name": name, "colour": ""})
        return self.labels[name]

    def _custom(self, line: Line, kind: str) -> list[Values]:
        found: list[Values] = []
        for column, cell in line.fields.items():
            name = values.text(column[len(CUSTOM) :])
            if column.startswith(CUSTOM) and name and (value := values.note(cell)):
                found.append({"field_id": self._field(kind, name), "value": value})
        return found

    def _field(self, kind: str, name: str) -> str:
        if (kind, name) not in self.fields:
            row: Values = {"item_kind": kind, "name": name, "type": "text", "choices": "[]", "position": 0}
            self.fields[kind, name] = self.gathering.add_row("custom_field", row)
        return self.fields[kind, name]

    def keeps(self, record: Record) -> frozenset[str]:
        """Return the columns of which the file at hand says nothing."""
        return frozenset(
            name
            for name in (*record.values, *record.later)
            if self.known.isdisjoint(_SAID_BY.get(name, (name,)))
        )


_SAID_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("name", "first_name", "last_name"),
    "aliases": ("alias",),
    "is_admin": ("role",),
    "pipeline_id": ("pipeline_id", "pipeline", "stage_id", "stage"),
    "stage_id": ("stage_id", "stage"),
    "phase_id": ("phase_id", "stage"),
    "won_at": ("status",),
    "lost_at": ("status",),
    "closed_at": ("closed_at", "status"),
    "archived_at": ("archived_at", "status"),
    "deleted_at": ("deleted_at", "status"),
    "done_at": ("done_at", "done"),
    "is_pinned": ("pinned",),
    "responsible_id": ("owner_id",),
    "author_id": ("owner_id",),
}
"""The columns of a file that say what a column here is, where that is not the one of the same name."""


def needed(line: Line, column: str) -> str:
    """Return a column that may not be empty; raises ValueError."""
    found = values.text(line[column])
    if not found:
        raise ValueError(f"has no {column}")
    return found


def keyed(text: str) -> Mapping[str, str]:
    """Return what “ana@acme.example: work; ana@home.example: home” says."""
    pairs = (part.partition(": ") for part in values.several(text))
    return {key.strip(): value.strip() for key, colon, value in pairs if colon}


def _period(text: str) -> Values:
    closed, slash, reopened = text.partition("/")
    at, until = values.moment(closed), values.moment(reopened)
    if not slash or at is None or until is None:
        raise ValueError(
            f"“{text}” is no time something was closed; write 2026-01-02T00:00:00Z/2026-02-02T00:00:00Z"
        )
    return {"closed_at": at, "reopened_at": until}
