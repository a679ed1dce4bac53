"""Activities and notes of another program's file, with what they are about."""

from __future__ import annotations

import re
from typing import Any, Final

from linking.exchange import locales, values
from linking.exchange.csv_base import ABOUT, Base
from linking.exchange.csv_cells import Cells, minutes
from linking.exchange.intake import Incoming, digest
from mail.types import Body

Values = dict[str, Any]
_ACTIVITY: Final[Values] = ABOUT | {
    "type": "task", "note": "", "due_at": None, "duration_min": None, "done_at": None, "entered_at": 0, "responsible_id": "",
}  # fmt: skip
_NOTE: Final[Values] = ABOUT | {"author_id": "", "is_pinned": 0}
_DONE: Final = frozenset(
    [
        "done",
        "completed",
        "complete",
        "yes",
        "true",
        "1",
        "y",
        "x",
        "erledigt",
        "ja",
        "sí",
        "si",
        "sim",
        "да",
        "выполнено",
        "завершено",
        "completada",
        "completado",
        "hecho",
        "concluído",
        "concluída",
        "feito",
        "fait",
        "terminé",
        "terminée",
    ]
)


_HTML: Final = re.compile(r"<(?:p|br|div|ul|ol|li|b|i|strong|em|span|a)\b[^<>]*>", re.IGNORECASE)


def words(cell: str) -> str:
    """Return a note as lines that are safe to show; other programs keep theirs as HTML."""
    if _HTML.search(cell) is None:
        return values.note(cell)
    from mail import html, quoting  # 0.1 s, and few files have HTML in them

    document, _ = html.render(cell)
    return values.note(quoting.whole(Body(None, document)))


class About:
    """Takes activities and notes in."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._intake = base.intake
        self._staging = base.intake.staging

    def activity(self, cells: Cells, external_id: str, row_digest: bytes) -> str:
        """Take an activity in and return its id; ValueError says why it cannot be."""
        subject = cells.text("subject")
        if not subject:
            raise ValueError("has no subject")
        order = self._base.settings.date_order
        due_at = locales.moment(cells.text("due_at"), order, cells.text("due_time"))
        done_at = self._base.moment(cells, "done_at")
        if done_at is None and cells.text("done").casefold() in _DONE:
            done_at = due_at if due_at is not None and due_at <= self._intake.now else self._intake.now
        created_at = self._base.moment(cells, "created_at")
        columns: Values = {
            "type": cells.text("type").lower(),
            "subject": subject,
            "note": words(cells.raw("body") or cells.raw("note")),
            "due_at": due_at,
            "done_at": done_at,
            "duration_min": minutes(cells.text("duration_min")),
            "responsible_id": self._base.owner(cells),
            "created_at": created_at,
            "entered_at": created_at or due_at or self._intake.now,
            **self._about(cells),
        }
        defaults = _ACTIVITY | {"responsible_id": self._base.me}
        incoming = Incoming(
            "activity",
            cells.number,
            external_id,
            row_digest,
            columns,
            defaults,
            updated_at=self._base.moment(cells, "updated_at"),
        )
        return self._intake.take(incoming, None)

    def note(self, cells: Cells, external_id: str, row_digest: bytes) -> str:
        """Take a note in and return its id; ValueError says why it cannot be."""
        body = words(cells.raw("body") or cells.raw("note"))
        if not body:
            raise ValueError("has no words")
        columns: Values = {
            "body": body,
            "author_id": self._base.owner(cells),
            "created_at": self._base.moment(cells, "created_at"),
            **self._about(cells),
        }
        defaults = _NOTE | {"author_id": self._base.me}
        return self._intake.take(
            Incoming("note", cells.number, external_id, row_digest, columns, defaults), None
        )

    def _about(self, cells: Cells) -> Values:
        """Return what an activity or note is about; deals, leads and projects have to be here already."""
        org_id = self._base.organization_of(cells)
        found: Values = {"org_id": org_id, "person_id": self._base.person_of(cells, org_id)}
        for kind in ("deal", "lead", "project"):
            found[f"{kind}_id"] = self._item_of(cells, kind, found)
        if not any(found.values()):
            self._intake.tell(cells.number, "is about nothing that is known here")
        return found

    def _item_of(self, cells: Cells, kind: str, about: Values) -> str | None:
        for external_id, _ in cells.all(f"{kind}_id"):
            if known := self._staging.ref(kind, external_id):
                return known.local_id
        title = cells.text(kind)
        if not title:
            return None
        found = self._staging.find(kind, title)
        if len(found) > 1:
            rows = {each: self._staging.row(kind, each) or {} for each in found}
            found = [
                each for each, row in rows.items()
                if any(about[name] and row.get(name) == about[name] for name in ("person_id", "org_id"))
            ]  # fmt: skip
        if len(found) == 1:
            return found[0]
        self._intake.tell_once(
            cells.number, f"there is no one {kind} “{title}” here: left empty; import the {kind}s first"
        )
        return None

    def attach(self, kind: str, row_id: str, external_id: str, cells: Cells, body: str) -> None:
        """Keep the words beside an item as a note about it."""
        column = "org_id" if kind == "organization" else f"{kind}_id"
        note = {"body": body, column: row_id, "author_id": self._base.owner(cells)}
        note_id = f"{kind} {external_id}"
        known = self._staging.ref("note", note_id)
        defaults = _NOTE | {
            "author_id": self._base.me,
            "created_at": self._base.moment(cells, "created_at") or self._intake.now,
        }
        self._intake.take(
            Incoming("note", cells.number, note_id, digest(body), note, defaults),
            known.local_id if known else None,
        )
