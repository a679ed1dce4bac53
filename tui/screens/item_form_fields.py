"""What is typed into a form of an item, and what it means. Pure: the clock is an argument."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from mail.addresses import normalise
from mail.fields import BadAddress, deliverable
from mail.folding import fold
from mail.text import safe_block, safe_line
from store.crm import amounts
from store.crm.item_parts import Labelled
from tui.screens import typed_values
from tui.writing import send_time

MOST_CHARACTERS: Final = 1000
"""Of one field: what is longer was pasted by mistake."""
MOST_OF_LINES: Final = 50_000


class How(StrEnum):
    """What a field holds, and so how its text is read."""

    TEXT = "text"
    LINES = "lines"
    MONEY = "money"
    NUMBER = "number"
    DATE = "date"
    MOMENT = "moment"
    MINUTES = "minutes"
    CHOICE = "choice"
    PERSON = "person"
    ORGANIZATION = "organization"
    PEOPLE = "people"
    LABELS = "labels"
    EMAILS = "emails"
    PHONES = "phones"
    DOMAINS = "domains"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class Named:
    """One of the things a field can say: what is kept, and what the user reads and types."""

    value: str
    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a form. `text` is what it begins with; `chosen` is the id that text stands for.

    `choices` are what it could say; of people, those that `text` names.
    """

    name: str
    label: str
    how: How = How.TEXT
    text: str = ""
    choices: tuple[Named, ...] = ()
    is_required: bool = False
    hint: str = ""
    chosen: str = ""

    @property
    def is_looked_up(self) -> bool:
        """Say whether it names one person or organization, so that only the store knows what it means."""
        return self.how in (How.PERSON, How.ORGANIZATION)


class BadField(ValueError):
    """The text of a field means nothing; the sentence says what would."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount as decimal text, and the three letters of its currency, "" when none was said."""

    value: str | None
    currency: str


Value = str | int | Money | tuple[str, ...] | tuple[Labelled, ...] | None


def read(field: Field, text: str, now: datetime) -> Value:
    """Return what the text of a field means, None for an empty one. Raises BadField."""
    typed = (safe_block(text) if field.how is How.LINES else safe_line(text)).strip()
    most = MOST_OF_LINES if field.how is How.LINES else MOST_CHARACTERS
    if len(typed) > most:
        raise BadField(f"{field.label}: at most {most:,} characters")
    if not typed:
        if field.is_required:
            raise BadField(f"{field.label} is missing")
        return () if field.how in _LISTS else None
    try:
        return _READERS[field.how](field, typed, now)
    except BadField:
        raise
    except ValueError as error:
        raise BadField(f"{field.label}: {error}") from error


def meaning(field: Field, text: str, now: datetime) -> str:
    """Say what a time or date in words comes to, or what is wrong with the text; "" when it says so itself."""
    try:
        value = read(field, text, now)
    except BadField as error:
        return str(error)
    if field.how is How.MOMENT and isinstance(value, int):
        said = send_time.spelled(datetime.fromtimestamp(value, now.tzinfo), now)
        return said if value > now.timestamp() else f"{said.rpartition(',')[0]}, in the past"
    if field.how is How.DATE and isinstance(value, str) and value != text.strip():
        return f"{datetime.fromisoformat(value):%a} {value}"
    return ""


def completions(field: Field, text: str) -> tuple[Named, ...]:
    """Return what a field of choices or labels could go on to say."""
    wanted = fold(last_of(field, text))
    already = {fold(name) for name in _several(text)} if field.how is How.LABELS else set()
    starts = [each for each in field.choices if fold(each.name).startswith(wanted)]
    inside = [each for each in field.choices if wanted in fold(each.name) and each not in starts]
    return tuple(each for each in (*starts, *inside) if fold(each.name) not in already or not wanted)


def last_of(field: Field, text: str) -> str:
    """Return what is being typed: of a list its last part."""
    return (text.rpartition(",")[2] if field.how in _IN_LISTS else text).strip()


def completed(field: Field, text: str, name: str) -> str:
    """Return the text with a completion in place of what was being typed."""
    if field.how not in _IN_LISTS:
        return name
    before = text.rpartition(",")[0]
    return f"{before}, {name}" if before.strip() else name


# -- one reader for each kind of field


def _text(field: Field, typed: str, now: datetime) -> Value:
    return typed


def _money(field: Field, typed: str, now: datetime) -> Value:
    """Read "12,400 EUR", "EUR 12400", "12 400" or "12.4k"."""
    letters = _CURRENCY.search(typed)
    number = typed if letters is None else f"{typed[: letters.start()]}{typed[letters.end() :]}".strip()
    thousands = re.fullmatch(r"(.*\d)\s*([kKmM])", number)
    try:
        amount = amounts.parse(thousands[1] if thousands else number)
    except ValueError as error:
        below = number.startswith(("-", "−"))
        reason = "is below zero" if below else "is not an amount"
        raise BadField(f"{field.label}: “{typed}” {reason}; write it like 12,400 EUR or 12.4k") from error
    if thousands:
        amount = amounts.text((Decimal(amount) * _TIMES[thousands[2].lower()]).normalize() + 0)
    currency = "" if letters is None else (letters[1] or "").upper() or _SIGNS[letters[2]]
    return Money(amount, currency)


_CURRENCY: Final = re.compile(r"(?<![A-Za-z])([A-Za-z]{3})(?![A-Za-z])|([€$£])")
_SIGNS: Final = {"€": "EUR", "$": "USD", "£": "GBP"}
_TIMES: Final = {"k": 1_000, "m": 1_000_000}


def _number(field: Field, typed: str, now: datetime) -> Value:
    try:
        number = Decimal(typed.replace(",", ".").removesuffix("%").strip())
    except InvalidOperation:
        raise BadField(f"{field.label}: “{typed}” is not a number") from None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise BadField(f"{field.label}: “{typed}” is not a number")
    return f"{number:f}"


def _percent(field: Field, typed: str, now: datetime) -> Value:
    number = typed.removesuffix("%").strip()
    if not re.fullmatch(r"\d{1,3}", number, re.ASCII) or int(number) > 100:
        raise BadField(f"{field.label}: “{typed}” is no probability; write a number from 0 to 100")
    return int(number)


def _date(field: Field, typed: str, now: datetime) -> Value:
    day = typed_values.day(typed)
    if day is not None:
        return day.isoformat()
    at = send_time.parse(typed, now)
    if at is None:
        raise BadField(f"{field.label}: “{typed}” is no date; write 2026-12-24, 24 dec, fri or in 3 weeks")
    return at.date().isoformat()


def _moment(field: Field, typed: str, now: datetime) -> Value:
    """Read a time to come in words, or any time as numbers, as what is done already was at one."""
    head, _, clock = typed.partition(" ")
    day = typed_values.day(head)
    typed = typed if day is None else f"{day.isoformat()} {clock}".strip()
    at = send_time.parse(typed, now)
    if at is None:
        try:
            at = datetime.fromisoformat(typed)
        except ValueError:
            raise BadField(
                f"{field.label}: “{typed}” is no time; write {send_time.EXAMPLES} or 2026-12-24 14:00"
            ) from None
        at = at if at.tzinfo else at.astimezone() if _is_local(now) else at.replace(tzinfo=now.tzinfo)
    return int(at.timestamp())


def _is_local(now: datetime) -> bool:
    return now.utcoffset() == now.replace(tzinfo=None).astimezone().utcoffset()


_MINUTES: Final = re.compile(
    r"(?:(\d{1,3})\s*h(?:ours?)?)?\s*(?:(\d{1,4})\s*(?:m(?:in(?:utes?)?)?)?)?\Z", re.IGNORECASE
)


def _minutes(field: Field, typed: str, now: datetime) -> Value:
    """Read "30", "30 min", "1 h", "1h30" or "1:30"."""
    clock = re.fullmatch(r"(\d{1,3}):([0-5]\d)", typed)
    found = clock or _MINUTES.match(typed)
    minutes = int(found[1] or 0) * 60 + int(found[2] or 0) if found else 0
    if not 0 < minutes <= 60_000:
        raise BadField(f"{field.label}: “{typed}” is no time; write 30 min, 1 h or 1:30")
    return minutes


def _choice(field: Field, typed: str, now: datetime) -> Value:
    """Return the value of the one choice that is called so, or begins so."""
    wanted = fold(typed)
    same = [each for each in field.choices if fold(each.name) == wanted]
    fits = same or [each for each in field.choices if fold(each.name).startswith(wanted)]
    if len(fits) == 1 or (same and len({each.value for each in same}) == 1):
        return fits[0].value
    names = ", ".join(each.name for each in fits or field.choices) or "nothing yet"
    problem = "could be" if fits else "is none of"
    raise BadField(f"{field.label}: “{typed}” {problem} {names}")


def _several(typed: str) -> list[str]:
    return [part for part in (each.strip() for each in re.split("[,;]", typed)) if part]


def _labels(field: Field, typed: str, now: datetime) -> Value:
    known = {fold(each.name): each.name for each in field.choices}
    return tuple(dict.fromkeys(known.get(fold(name), name) for name in _several(typed)))


def _people(field: Field, typed: str, now: datetime) -> Value:
    return tuple(dict.fromkeys(_several(typed)))


def _emails(field: Field, typed: str, now: datetime) -> Value:
    found: dict[str, str] = {}
    for each in _several(typed):
        address, label = typed_values.labelled(each)
        inside = re.search(r"<([^<>]+)>\s*\Z", address)
        address = inside[1] if inside else address
        try:
            found.setdefault(normalise(deliverable(address.strip())), label)
        except BadAddress as error:
            raise BadField(f"{field.label}: {address} is no address: {error}") from error
    return tuple(Labelled(*each) for each in found.items())


def _phones(field: Field, typed: str, now: datetime) -> Value:
    found: dict[str, str] = {}
    for each in _several(typed):
        number, label = typed_values.labelled(each)
        if not any(character.isdigit() for character in number):
            raise BadField(f"{field.label}: “{each}” has no digit")
        found.setdefault(number, label)
    return tuple(Labelled(*each) for each in found.items())


def _domains(field: Field, typed: str, now: datetime) -> Value:
    found = []
    for each in _several(typed):
        try:
            found.append(deliverable(f"x@{each.removeprefix('@').lower()}")[2:])
        except BadAddress as error:
            raise BadField(f"{field.label}: “{each}” is no domain such as acme.example") from error
    return tuple(dict.fromkeys(found))


_IN_LISTS: Final = frozenset({How.LABELS, How.PEOPLE})
_LISTS: Final = frozenset({How.PEOPLE, How.LABELS, How.EMAILS, How.PHONES, How.DOMAINS})
_READERS: Final[dict[How, Callable[[Field, str, datetime], Value]]] = {
    How.TEXT: _text,
    How.LINES: _text,
    How.MONEY: _money,
    How.NUMBER: _number,
    How.DATE: _date,
    How.MOMENT: _moment,
    How.MINUTES: _minutes,
    How.CHOICE: _choice,
    How.PERSON: _text,
    How.ORGANIZATION: _text,
    How.LABELS: _labels,
    How.PEOPLE: _people,
    How.EMAILS: _emails,
    How.PHONES: _phones,
    How.DOMAINS: _domains,
    How.PERCENT: _percent,
}


def name_of(choices: Sequence[Named], value: str | None) -> str:
    """Return what the user reads for a value that is kept, "" when it is none of them."""
    return next((each.name for each in choices if each.value == value), "")
