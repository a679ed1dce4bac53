"""Activities, notes and links of a CRM in CSV."""

from __future__ import annotations

from linking.exchange import values
from linking.exchange.crm_base import Base, needed
from linking.exchange.crm_work import STATUSES
from linking.exchange.records_in import Record, Values
from linking.exchange.report import Remark
from linking.exchange.sheets import Line, Sheet


def activity(base: Base, line: Line) -> Record:
    """Return an activity; one that is done without a time was done when it was due."""
    due_at, done_at = values.moment(line["due_at"]), values.moment(line["done_at"])
    stamps = base.stamps(line)
    if done_at is None and values.truth(line["done"]):
        done_at = due_at or values.moment(line["created_at"]) or base.gathering.now
    own: Values = {
        "type": values.text(line["type"]).lower() or "task",
        "subject": needed(line, "subject"),
        "note": values.note(line["note"]),
        "due_at": due_at,
        "done_at": done_at,
        "duration_min": values.whole(line["duration_min"]),
        "entered_at": values.moment(line["entered_at"]) or stamps["created_at"] or due_at or done_at or 0,
        "responsible_id": base.ref(line, "owner_id", "user") or "",
    }
    return Record(own | stamps | _about(base, line), base.shared_parts(line, "activity"))


def note(base: Base, line: Line) -> Record:
    """Return a note."""
    body = values.note(line["body"])
    if not body:
        raise ValueError("has no body")
    own: Values = {
        "body": body,
        "is_pinned": int(values.truth(line["pinned"])),
        "author_id": base.ref(line, "owner_id", "user") or "",
    }
    return Record(own | base.stamps(line) | _about(base, line))


def _about(base: Base, line: Line) -> Values:
    return {
        "deal_id": base.ref(line, "deal_id", "deal"),
        "lead_id": base.ref(line, "lead_id", "lead"),
        "project_id": base.ref(line, "project_id", "project"),
        "person_id": base.ref(line, "person_id", "person"),
        "org_id": base.ref(line, "org_id", "organization"),
    }


def links(base: Base, sheet: Sheet) -> None:
    """Gather links; they come true when the mail is there. One without a kind was taken away by hand."""
    rows: list[Values] = []
    for line in sheet.lines:
        kind = values.text(line["kind"]).lower()
        item_id = base.gathering.resolve(kind, values.text(line["item"])) if kind in STATUSES else None
        message_id = values.text(line["message_id"]).strip("<>")
        is_taken_away = not kind and values.text(line["origin"]) == "manual"
        if message_id and (item_id or is_taken_away):
            rows.append(
                {
                    "message_id": message_id,
                    "item_kind": kind,
                    "item_id": item_id or "",
                    "origin": values.text(line["origin"]),
                    "by_user": base.ref(line, "by", "user") or "",
                    "at": values.moment(line["at"]),
                    "reason": values.text(line["reason"]),
                    "conversation": values.text(line["conversation"]),
                }
            )
        else:
            reason = "needs a message_id, a kind (deal, lead, project) and the id of such an item"
            base.gathering.rejects.append(Remark(base.file, line.number, reason))
    base.gathering.add_plain("awaited_link", rows)
