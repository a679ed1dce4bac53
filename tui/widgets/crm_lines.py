"""The CRM panel as lines of text: pure, so that every width and state can be tested."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from mail.text import safe_block
from store.contacts import PersonCard
from store.items import ItemCard
from store.panel import LinkState, NoteCard, PanelFacts, Touch
from tui.content import line
from tui.format import short_date, shorten
from tui.wrap import wrap

_NAMES = {
    "deal": "Deal",
    "lead": "Lead",
    "project": "Project",
    "person": "Person",
    "organization": "Organization",
}
_LETTERS = {"deal": "D", "lead": "L", "project": "J"}
_MOST_PEOPLE = 4
_NOTE_LINES = 4
_BAR_CELLS = 12
_SIGNS = {"in": "<", "out": ">"}


class Look(StrEnum):
    """How a line looks: names its style."""

    PLAIN = "plain"
    TITLE = "title"
    DIM = "dim"
    ACCENT = "accent"
    WARN = "warn"


class PanelLine(NamedTuple):
    """One line of the panel."""

    text: str
    look: Look


def panel_lines(facts: PanelFacts | None, width: int, now: int, *, is_short: bool) -> tuple[PanelLine, ...]:
    """Return the lines of the panel, none wider than `width`; with `is_short` only link, item and suggestions."""
    if facts is None:
        return (PanelLine(shorten("No conversation", width), Look.DIM),)
    sections = [_link(facts), _card(facts.item, now) if facts.item else None]
    if not is_short:
        sections.append(_people(facts.people, now))
    sections.append(_suggestions(facts))
    if not is_short:
        sections += [_touches(facts.touches, now), _notes(facts.notes, now)]
    lines: list[PanelLine] = []
    for section in sections:
        drawn = [wrapped for one in section or () for wrapped in _wrapped(one, width)]
        if drawn and lines:
            lines.append(PanelLine("", Look.PLAIN))
        lines += drawn
    return tuple(lines)


def money(value: Decimal, currency: str) -> str:
    """Return "12,400 EUR"; cents only where there are any."""
    amount = f"{value:,.2f}".removesuffix(".00")
    return f"{amount} {line(currency)}".rstrip()


def stage_bar(position: int, count: int, cells: int) -> str:
    """Return how far an item is: "####....", as many cells as said."""
    full = min(cells, position * cells // count) if count > 0 else 0
    return "#" * full + "." * (cells - full)


def _link(facts: PanelFacts) -> Iterator[PanelLine]:
    if facts.state is LinkState.LINKED and facts.item is not None:
        yield PanelLine(f"Linked to a {facts.item.kind.value}, {line(facts.visibility)}", Look.TITLE)
    else:
        look = Look.WARN if facts.state is LinkState.AMBIGUOUS else Look.TITLE
        yield PanelLine(f"Not linked, {line(facts.visibility)}", look)
    yield PanelLine(line(facts.why), Look.DIM)


def _card(item: ItemCard, now: int) -> Iterator[PanelLine]:
    yield PanelLine(f"{_NAMES[item.kind.value]}: {line(item.title)}", Look.ACCENT)
    if item.stage:
        bar = f" {stage_bar(item.stage_position, item.stage_count, _BAR_CELLS)}" if item.stage_count else ""
        yield PanelLine(f"{line(item.stage)}{bar}", Look.PLAIN)
    if item.value is not None:
        yield PanelLine(money(item.value, item.currency), Look.PLAIN)
    if item.status:
        closing = f", expected {line(item.expected_close)}" if item.expected_close and item.is_open else ""
        yield PanelLine(f"{line(item.status)}{closing}", Look.PLAIN if item.is_open else Look.WARN)
    if item.owner:
        yield PanelLine(f"owner {line(item.owner)}", Look.DIM)
    if item.organization or item.person:
        names = dict.fromkeys(filter(None, (line(item.person), line(item.organization))))
        yield PanelLine(", ".join(names), Look.DIM)
    if item.next_activity is not None:
        activity = item.next_activity
        due = f" {short_date(activity.due_at, now).strip()}" if activity.due_at is not None else ""
        is_late = activity.due_at is not None and activity.due_at < now
        text = f"next: {line(activity.type)}{due}{' (late)' if is_late else ''} {line(activity.subject)}"
        yield PanelLine(text, Look.WARN if is_late else Look.PLAIN)


def _people(people: tuple[PersonCard, ...], now: int) -> Iterator[PanelLine]:
    if people:
        yield PanelLine("People", Look.TITLE)
    for person in people[:_MOST_PEOPLE]:
        name = line(person.name) or line(person.email)
        yield PanelLine(name, Look.PLAIN)
        if not person.id:
            yield PanelLine("  not in the CRM", Look.WARN)
        role = ", ".join(filter(None, (line(person.title), line(person.organization))))
        for detail in (role, line(person.email)):
            if detail and detail != name:
                yield PanelLine(f"  {detail}", Look.DIM)
        reach = "  ".join(filter(None, (line(person.phone), _local_time(person.time_zone, now))))
        if reach:
            yield PanelLine(f"  {reach}", Look.DIM)
    if len(people) > _MOST_PEOPLE:
        yield PanelLine(f"and {len(people) - _MOST_PEOPLE} more", Look.DIM)


def _local_time(zone: str, now: int) -> str:
    """Return what the clock says where they are, "" when the zone is not known."""
    if not zone:
        return ""
    from datetime import datetime
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return f"{datetime.fromtimestamp(now, ZoneInfo(zone)):%H:%M} there"
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ""


def _suggestions(facts: PanelFacts) -> Iterator[PanelLine]:
    if not facts.suggestions:
        return
    yield PanelLine("Could be about" if facts.item is None else "Also open", Look.TITLE)
    for number, item in enumerate(facts.suggestions, 1):
        value = f"  {money(item.value, item.currency)}" if item.value is not None else ""
        stage = f"  {line(item.stage)}" if item.stage else ""
        letter = _LETTERS.get(item.kind.value, "?")
        yield PanelLine(f"{number} [{letter}] {line(item.title)}{stage}{value}", Look.PLAIN)


def _touches(touches: tuple[Touch, ...], now: int) -> Iterator[PanelLine]:
    if touches:
        yield PanelLine("Last touches", Look.TITLE)
    for touch in touches:
        sign = _SIGNS.get(touch.kind, line(touch.kind))
        yield PanelLine(f"{short_date(touch.at, now):>6} {sign} {line(touch.text)}", Look.PLAIN)


def _notes(notes: tuple[NoteCard, ...], now: int) -> Iterator[PanelLine]:
    if notes:
        yield PanelLine("Notes", Look.TITLE)
    for note in notes:
        pinned = "pinned, " if note.is_pinned else ""
        yield PanelLine(f"{pinned}{short_date(note.at, now).strip()} {line(note.author)}", Look.DIM)
        for text in safe_block(note.body).split("\n")[:_NOTE_LINES]:
            yield PanelLine(text, Look.PLAIN)


def _wrapped(one: PanelLine, width: int) -> Iterator[PanelLine]:
    """Yield the line on at most three rows, the second and third set in."""
    rows: list[str] = []
    for start, end in wrap(one.text, max(width - 2, 1)):
        rows.append(("  " if rows else "") + one.text[start:end])
        if len(rows) == 3:
            break
    return (PanelLine(row, one.look) for row in rows)
