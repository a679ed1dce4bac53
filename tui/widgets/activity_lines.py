"""Activities as lines under the headings of their days. Pure."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from store.crm.activities import ActivityRow
from tui.content import line
from tui.format import clock, fit, shorten
from tui.widgets.crm_lines import Look
from tui.widgets.item_lines import ItemLine

_DAY_S: Final = 86_400
_TYPE_CELLS: Final = 9
_WHEN_CELLS: Final = 9
_WHO_CELLS: Final = 12
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class DayRow(NamedTuple):
    """A line of the list: an activity, or the heading over some."""

    heading: str = ""
    activity: ActivityRow | None = None


def rows(activities: Sequence[ActivityRow], now: int) -> tuple[DayRow, ...]:
    """Return activities, which are in order of time, with the headings of their days between them."""
    found: list[DayRow] = []
    before = ""
    for activity in activities:
        heading = day(activity.due_at, now)
        if heading != before:
            found.append(DayRow(heading))
            before = heading
        found.append(DayRow(activity=activity))
    return tuple(found)


def day(due_at: int | None, now: int) -> str:
    """Return the heading an activity stands under: "Overdue", "Today", "Tomorrow", "Wednesday 25 Nov"."""
    if due_at is None:
        return "Without a day"
    if due_at < now:
        return "Overdue"
    due = time.localtime(due_at)
    days = _number(due_at) - _number(now)
    if days < 2:
        return "Tomorrow" if days else "Today"
    return f"{_DAYS[due.tm_wday]} {due.tm_mday} {_MONTHS[due.tm_mon - 1]}"


def _number(at: int) -> int:
    """Return the number of a local day."""
    local = time.localtime(at)
    return (at + local.tm_gmtoff) // _DAY_S


class Days:
    """The lines of a list of activities (LineSource)."""

    def __init__(self, listed: Sequence[DayRow], *, has_people: bool) -> None:
        """With `has_people` each line says who is to do it."""
        self.listed = tuple(listed)
        self._has_people = has_people

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self.listed)

    def lines(self, index: int, width: int, now: int) -> Sequence[ItemLine]:
        """Return the line of a row."""
        row = self.listed[index]
        if row.activity is None:
            return (ItemLine(row.heading, Look.TITLE),)
        return (activity_line(row.activity, width, now, has_people=self._has_people),)


def activity_line(activity: ActivityRow, width: int, now: int, *, has_people: bool) -> ItemLine:
    """Return when, what kind, what, about what, and who: "  14:00  call  Ring Ana  Renewal"."""
    is_late = activity.due_at is not None and activity.due_at < now
    when = late(now - activity.due_at) if is_late and activity.due_at is not None else _when(activity)
    who = fit(shorten(line(activity.responsible) or "nobody", _WHO_CELLS), _WHO_CELLS) if has_people else ""
    room = max(width - _WHEN_CELLS - _TYPE_CELLS - 6 - (len(who) + 1 if who else 0), 10)
    about_cells = room * 2 // 5
    subject = fit(shorten(line(activity.subject), room - about_cells), room - about_cells)
    about = fit(shorten(line(activity.about), about_cells), about_cells)
    parts = (fit(when, _WHEN_CELLS), fit(line(activity.type), _TYPE_CELLS), f"{subject}  {about}", who)
    text = f"  {' '.join(filter(None, parts))}"
    return ItemLine(text, Look.WARN if is_late else Look.PLAIN)


def late(seconds: int) -> str:
    """Return how late something is: "late 3 d", "late 2 h", "late"."""
    if seconds >= _DAY_S:
        return f"late {seconds // _DAY_S} d"
    return f"late {seconds // 3600} h" if seconds >= 3600 else "late"


def _when(activity: ActivityRow) -> str:
    return "" if activity.due_at is None else clock(activity.due_at)
