"""What was chosen for conversations, and what timelines tell, of a CRM in CSV."""

from __future__ import annotations

import json
from typing import Final

from linking.exchange import values
from linking.exchange.crm_base import Base
from linking.exchange.records_in import Values
from linking.exchange.report import Remark
from linking.exchange.sheets import Line, Sheet

_NAMES: Final = {
    "person": "person",
    "main_person": "person",
    "main_org": "organization",
    "lead_history": "lead",
}
_VISIBLE: Final = ("private", "shared", "team")
_TOLD: Final = ("person", "organization", "deal", "lead", "project", "activity", "note", "product")


def choices(base: Base, sheet: Sheet) -> None:
    """Gather who is who in conversations, their main person and organization, and who sees them; for when the mail is there."""
    rows: list[Values] = []
    shared: set[str] = set()
    for line in sheet.lines:
        try:
            row = _choice(base, line)
        except ValueError as error:
            base.gathering.rejects.append(Remark(base.file, line.number, str(error)))
            continue
        rows.append(row)
        if row["what"] == "visibility" and row["value"] != "private":
            shared.add(values.text(line["conversation"]) or values.text(line["message_id"]))
    if shared:
        text = f"{len(shared):,} conversations are shown to others, as they were where this was exported"
        base.gathering.notices.append(Remark(base.file, 0, text))
    base.gathering.add_plain("awaited_choice", rows)


def _choice(base: Base, line: Line) -> Values:
    message_id, what = values.text(line["message_id"]).strip("<>"), values.text(line["what"])
    if not message_id or what not in (*_NAMES, "visibility"):
        raise ValueError(f"needs a message_id, and what was chosen: {', '.join(_NAMES)} or visibility")
    return {
        "message_id": message_id,
        "what": what,
        "email": values.email(line["email"]) if what == "person" else "",
        "value": _chosen(base, what, values.text(line["value"])),
        "by_user": base.ref(line, "by", "user") or "",
        "at": values.moment(line["at"]),
        "conversation": values.text(line["conversation"]),
    }


def _chosen(base: Base, what: str, value: str) -> str:
    if what == "visibility":
        return values.one_of(value, _VISIBLE)
    if not value and what == "person":
        return ""  # nobody of the CRM
    found = base.gathering.resolve(_NAMES[what], value)
    if found is None:
        raise ValueError(f"there is no {_NAMES[what]} “{value}”")
    return found


def history(base: Base, sheet: Sheet) -> None:
    """Gather what timelines tell of items that are here or come in."""
    for line in sheet.lines:
        kind, at = values.text(line["kind"]), values.moment(line["at"])
        item = base.gathering.resolve(kind, values.text(line["item"])) if kind in _TOLD else None
        what, details = values.text(line["what"]), _details(line["details"])
        if item is None or at is None or not what or details is None:
            reason = "needs a time, a word for what happened, the kind and id of an item, and details as JSON"
            base.gathering.rejects.append(Remark(base.file, line.number, reason))
        else:
            by = base.ref(line, "by", "user") or ""
            base.gathering.add_history((at, by, what, f"{kind}:{item}", details))


def _details(text: str) -> str | None:
    """Return details as they are kept, every text in them safe to show; None where they are no object."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None
    return json.dumps(_safe(found)) if isinstance(found, dict) else None


def _safe(value: object) -> object:
    match value:
        case str():
            return values.note(value)
        case dict():
            return {values.text(str(key)): _safe(each) for key, each in value.items()}
        case list():
            return [_safe(each) for each in value]
        case _:
            return value
