"""What is to be done, or was: its type, when it is due in words, how long it takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from store.crm.activities import ActivityRow
from store.crm.item_forms import Choice
from tui.screens.item_form_fields import Field, How, Named, name_of
from tui.writing import send_time

TYPES: Final = ("task", "call", "meeting", "email", "deadline")


def fields(
    users: Sequence[Choice], owner: str, activity: ActivityRow | None = None, *, subject: str = ""
) -> tuple[Field, ...]:
    """Return the lines of the form of an activity: of a new one, which is for `owner`, or of one that is there."""
    type_now = activity.type if activity else TYPES[0]
    types = tuple(Named(name, name) for name in dict.fromkeys((*TYPES, type_now)))
    people = tuple(Named(*each) for each in users)
    responsible = activity.responsible_id if activity else owner
    due = _written(activity.due_at) if activity else ""
    minutes = str(activity.duration_min or "") if activity else ""
    return (
        Field("subject", "Subject", How.TEXT, activity.subject if activity else subject, is_required=True),
        Field("type", "Type", How.CHOICE, type_now, types),
        Field("due_at", "Due", How.MOMENT, due, hint=send_time.EXAMPLES),
        Field("duration_min", "Takes", How.MINUTES, minutes, hint="30 min, 1 h, 1:30"),
        *(
            [Field("responsible_id", "Who", How.CHOICE, name_of(people, responsible), people)]
            if people
            else []
        ),
        Field("note", "Note", How.LINES, activity.note if activity else ""),
    )


def _written(due_at: int | None) -> str:
    return "" if due_at is None else f"{datetime.fromtimestamp(due_at).astimezone():%Y-%m-%d %H:%M}"
