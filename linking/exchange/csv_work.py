"""Deals, leads and projects of another program's file."""

from __future__ import annotations

from typing import Any, Final

from linking.exchange import locales, people, values
from linking.exchange.csv_base import Base
from linking.exchange.csv_cells import Cells
from linking.exchange.intake import Incoming
from linking.exchange.stages import closed_as

Values = dict[str, Any]
_WORK: Final[Values] = {
    "person_id": None, "org_id": None, "value": None, "currency": "", "status": "open", "owner_id": "", "visible_to": "owner",
}  # fmt: skip
_DEAL: Final[Values] = _WORK | {
    "pipeline_id": None, "stage_id": None, "lost_reason": "", "probability": None, "expected_close": None, "won_at": None,
    "lost_at": None, "stage_changed_at": None, "archived_at": None, "deleted_at": None,
}  # fmt: skip
_LEAD: Final[Values] = _WORK | {"source": "", "expected_close": None, "closed_at": None, "deleted_at": None}
_PROJECT: Final[Values] = _WORK | {
    "phase_id": None, "start_date": None, "end_date": None, "closed_at": None, "archived_at": None, "deleted_at": None,
    "description": "",
}  # fmt: skip


class Work:
    """Takes deals, leads and projects in."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._intake = base.intake
        self._staging = base.intake.staging

    def _work(self, cells: Cells, kind: str) -> Values:
        title = cells.text("title")
        org_id = self._base.organization_of(cells)
        person_id = self._base.person_of(cells, org_id)
        if not title and kind == "lead":
            row = self._staging.row("person", person_id) if person_id else None
            row = row or (self._staging.row("organization", org_id) if org_id else None)
            title = row["name"] if row else ""
        if not title:
            raise ValueError("has no title")
        value, code = locales.amount(cells.raw("value"), self._base.settings.decimal)
        said = locales.currency(cells.raw("currency"))
        if code and said and code != said:
            raise ValueError(f"is in {code} by its amount and in {said} by its currency")
        currency = said or code or (self._base.settings.currency if value is not None else "")
        return {
            "title": title, "value": value, "currency": currency, "person_id": person_id, "org_id": org_id, **self._base.owned(cells),
        }  # fmt: skip

    def deal(self, cells: Cells, external_id: str, row_digest: bytes) -> str:
        """Take a deal in and return its id; ValueError says why it cannot be."""
        work = self._work(cells, "deal")
        state = self._state(cells, "deal", cells.text("stage"))
        pipeline_id, stage_id = self._base.stages.of_deal(
            cells.number,
            cells.text("pipeline"),
            cells.text("stage"),
            is_closed=state.get("status") in ("won", "lost"),
        )
        own: Values = {
            "pipeline_id": pipeline_id,
            "stage_id": stage_id,
            "probability": values.whole(cells.text("probability")),
            "expected_close": locales.date(cells.text("expected_close"), self._base.settings.date_order),
            "lost_reason": cells.text("lost_reason"),
        }
        named = [people.named(part) for part, _ in cells.all("participants")]
        others = [
            self._base.people.person(cells.number, who, work["org_id"])
            for who in (*people.several(cells.text("person"))[1:], *named)
        ]
        parts = {
            "deal_participant": [
                {"person_id": each} for each in dict.fromkeys(others) if each and each != work["person_id"]
            ]
        }
        return self._take(cells, "deal", external_id, row_digest, work | own | state, _DEAL, parts)

    def lead(self, cells: Cells, external_id: str, row_digest: bytes) -> str:
        """Take a lead in and return its id; ValueError says why it cannot be."""
        own: Values = {
            "source": cells.text("source"),
            "expected_close": locales.date(cells.text("expected_close"), self._base.settings.date_order),
        }
        return self._take(
            cells,
            "lead",
            external_id,
            row_digest,
            self._work(cells, "lead") | own | self._state(cells, "lead"),
            _LEAD,
            {},
        )

    def project(self, cells: Cells, external_id: str, row_digest: bytes) -> str:
        """Take a project in and return its id; ValueError says why it cannot be."""
        own: Values = {
            "phase_id": self._base.stages.of_project(cells.number, cells.text("stage")),
            "start_date": locales.date(cells.text("start_date"), self._base.settings.date_order),
            "end_date": locales.date(cells.text("end_date"), self._base.settings.date_order),
            "description": values.note(cells.raw("description")),
        }
        work = self._work(cells, "project") | own | self._state(cells, "project")
        return self._take(cells, "project", external_id, row_digest, work, _PROJECT, {})

    def _take(
        self, cells: Cells, kind: str, external_id: str, row_digest: bytes, columns: Values, defaults: Values,
        parts: dict[str, list[Values]],
    ) -> str:  # fmt: skip
        incoming = Incoming(
            kind,
            cells.number,
            external_id,
            row_digest,
            columns,
            defaults | self._base.defaults(),
            parts | self._base.more(cells, kind, ()),
            self._base.moment(cells, "updated_at"),
        )
        row_id = self._intake.take(incoming, None)
        self._staging.name(kind, columns["title"], row_id)
        return row_id

    def _state(self, cells: Cells, kind: str, stage: str = "") -> Values:
        """Return the status, and when the item was closed: mail is judged by how things stood at its time."""
        status = closed_as(kind, cells.text("status"), stage)
        if status is None:
            self._intake.tell_once(
                cells.number, f"status “{cells.text('status')}” is not known: taken as open"
            )
            status = "open"
        if not status:
            return {}
        if status == "open":
            return {"status": "open"}
        at = self._closed_at(cells, status)
        columns = {
            "won": {"won_at": at}, "lost": {"lost_at": at},
            "archived": {"closed_at" if kind == "lead" else "archived_at": at},
            "deleted": {"deleted_at": at},
        }.get(status, {"closed_at": at})  # fmt: skip
        is_kept_open = status == "deleted" or (status == "archived" and kind != "lead")
        return {"status": "open" if is_kept_open else status, **columns}

    def _closed_at(self, cells: Cells, status: str) -> int:
        for name in (f"{status}_at", "closed_at", "expected_close", "updated_at"):
            at = self._base.moment(cells, name)
            if at is not None and at <= self._intake.now:
                return at
        return self._intake.now
