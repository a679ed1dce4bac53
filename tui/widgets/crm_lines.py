"""The CRM panel as lines of text: pure, so that every width and state can be tested."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from mail.text import safe_block
from store.crm.items import ItemCard, ItemRef
from store.links.contacts import PersonCard
from store.links.panel import LinkState, Newcomer, NoteCard, PanelFacts, Suggestion, Touch
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


@dataclass(frozen=True, slots=True)
class AboutLink:
    """The lines that say whether and why the conversation is linked."""


@dataclass(frozen=True, slots=True)
class AboutItem:
    """The lines of an item or an organization."""

    ref: ItemRef


@dataclass(frozen=True, slots=True)
class AboutPerson:
    """The lines of somebody who takes part."""

    person: PersonCard


@dataclass(frozen=True, slots=True)
class AboutSuggestion:
    """The lines of an item that could be linked."""

    suggestion: Suggestion


@dataclass(frozen=True, slots=True)
class AboutNewcomer:
    """The line that offers to add somebody."""

    newcomer: Newcomer


Subject = AboutLink | AboutItem | AboutPerson | AboutSuggestion | AboutNewcomer
KeyOf = Callable[[str], str]
"""Gives the key to tell the user for a command."""


class PanelLine(NamedTuple):
    """One line of the panel, and what Enter on it is about."""

    text: str
    look: Look
    subject: Subject | None = None


def no_keys(_command_id: str) -> str:
    """Return no key for any command: where the panel is shown, it cannot be pressed."""
    return ""


def panel_lines(
    facts: PanelFacts | None, width: int, now: int, *, is_short: bool, key_of: KeyOf = no_keys
) -> tuple[PanelLine, ...]:
    """Return the lines of the panel, none wider than `width`; with `is_short` only link, item and suggestions."""
    if facts is None:
        return (PanelLine(shorten("No conversation", width), Look.DIM),)
    sections = [_link(facts, key_of), _card(facts.item, now) if facts.item else None]
    if not is_short:
        sections.append(_people(facts, now, key_of))
    sections.append(_suggestions(facts, key_of))
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


def _link(facts: PanelFacts, key_of: KeyOf) -> Iterator[PanelLine]:
    about = AboutLink()
    if facts.state is LinkState.LINKED and facts.item is not None:
        yield PanelLine(f"Linked to a {facts.item.kind.value}, {line(facts.visibility)}", Look.TITLE, about)
    else:
        look = Look.WARN if facts.state is LinkState.AMBIGUOUS else Look.TITLE
        yield PanelLine(f"Not linked, {line(facts.visibility)}", look, about)
    yield PanelLine(line(facts.why), Look.DIM, about)
    if fix := _fix(facts, key_of):
        yield PanelLine(fix, Look.PLAIN, about)


def _fix(facts: PanelFacts, key_of: KeyOf) -> str:
    """Return the keys that link the conversation, or link it better; "" where there is nothing to put right."""
    accept, pick = key_of("link.accept"), key_of("link.choose")
    is_open = facts.item is not None and facts.item.is_open
    if not pick or is_open:
        return ""
    if facts.suggestions:
        return f"{accept} takes {line(facts.suggestions[0].item.title)}, {pick} picks"
    return f"{pick} picks what it is about" if facts.item is None and facts.people else ""


def _card(item: ItemCard, now: int) -> Iterator[PanelLine]:
    return (one._replace(subject=AboutItem(item.ref)) for one in _card_lines(item, now))


def _card_lines(item: ItemCard, now: int) -> Iterator[PanelLine]:
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


def _people(facts: PanelFacts, now: int, key_of: KeyOf) -> Iterator[PanelLine]:
    if facts.people or facts.main_organization:
        yield PanelLine("People", Look.TITLE)
    if facts.main_organization is not None:
        organization = facts.main_organization
        yield PanelLine(f"{line(organization.title)} (chosen)", Look.PLAIN, AboutItem(organization.ref))
    for person in facts.people[:_MOST_PEOPLE]:
        for one in _person(person, facts, now):
            yield one._replace(subject=AboutPerson(person))
    if len(facts.people) > _MOST_PEOPLE:
        yield PanelLine(f"and {len(facts.people) - _MOST_PEOPLE} more", Look.DIM)
    if facts.newcomer is not None:
        yield _newcomer(facts.newcomer, key_of)


def _person(person: PersonCard, facts: PanelFacts, now: int) -> Iterator[PanelLine]:
    name = line(person.name) or line(person.email)
    is_chosen = person.id is not None and person.id == facts.main_person_id
    yield PanelLine(f"{name} (chosen)" if is_chosen else name, Look.PLAIN)
    if person.email in facts.joined:
        yield PanelLine("  new participant", Look.WARN)
    if not person.id:
        yield PanelLine("  not in the CRM", Look.WARN)
    role = ", ".join(filter(None, (line(person.title), line(person.organization))))
    for detail in (role, line(person.email)):
        if detail and detail != name:
            yield PanelLine(f"  {detail}", Look.DIM)
    reach = "  ".join(filter(None, (line(person.phone), _local_time(person.time_zone, now))))
    if reach:
        yield PanelLine(f"  {reach}", Look.DIM)


def _newcomer(newcomer: Newcomer, key_of: KeyOf) -> PanelLine:
    who = ", ".join(filter(None, (line(newcomer.name), line(newcomer.title), line(newcomer.organization))))
    key = key_of("item.new_person")
    text = f"{key} adds {who} to the CRM" if key else f"{who} is not in the CRM"
    return PanelLine(text, Look.ACCENT, AboutNewcomer(newcomer))


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


def _suggestions(facts: PanelFacts, key_of: KeyOf) -> Iterator[PanelLine]:
    if not facts.suggestions:
        return
    yield PanelLine("Could be about" if facts.item is None else "Could also be about", Look.TITLE)
    for number, each in enumerate(facts.suggestions, 1):
        item, about = each.item, AboutSuggestion(each)
        value = f"  {money(item.value, item.currency)}" if item.value is not None else ""
        stage = f"  {line(item.stage)}" if item.stage else ""
        sign = key_of(f"link.accept_{number}") or str(number)
        letter = _LETTERS.get(item.kind.value, "?")
        yield PanelLine(f"{sign} [{letter}] {line(item.title)}{stage}{value}", Look.PLAIN, about)
        yield PanelLine(f"  {line(each.reason)}", Look.DIM, about)


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
    return (one._replace(text=row) for row in rows)
