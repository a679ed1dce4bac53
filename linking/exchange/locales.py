"""Amounts and dates as people and programs of many countries write them. Pure; ValueError says what is wrong."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from linking.exchange import values

_SIGNS: Final = {
    "€": "EUR", "$": "USD", "US$": "USD", "USD$": "USD", "£": "GBP", "¥": "JPY", "円": "JPY", "元": "CNY", "₽": "RUB", "РУБ": "RUB",
    "РУБ.": "RUB", "Р.": "RUB", "₴": "UAH", "ГРН": "UAH", "ГРН.": "UAH", "₺": "TRY", "₹": "INR", "₩": "KRW", "₪": "ILS",
    "ZŁ": "PLN", "KČ": "CZK", "FT": "HUF", "R$": "BRL", "A$": "AUD", "C$": "CAD", "CA$": "CAD", "NZ$": "NZD", "HK$": "HKD",
    "MX$": "MXN", "S$": "SGD", "FR.": "CHF", "SFR.": "CHF", "LEI": "RON", "EURO": "EUR", "EUROS": "EUR",
}  # fmt: skip
_AMOUNT: Final = re.compile(
    r"(?P<before>[^\d.,+-]*)(?P<number>[+-]?\s*[\d.,'’\s]*\d[\d.,'’\s]*)(?P<after>[^\d]*)"
)
_NUMERIC: Final = re.compile(
    r"(?P<a>\d{1,4})(?P<mark>[-./\s])\s?(?P<b>\d{1,2})[-./\s]\s?(?P<c>\d{1,4})\.?"
    r"(?:,?[T\s]+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:\.\d+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?"
)
_TIME: Final = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*([AaPp]\.?[Mm]\.?)?")
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_WORDED: Final = re.compile(
    r"(?:(?P<d1>\d{1,2})(?:st|nd|rd|th)?\.?\s+(?P<m1>[A-Za-z]{3,9})\.?,?\s+|(?P<m2>[A-Za-z]{3,9})\.?\s+(?P<d2>\d{1,2})(?:st|nd|rd|th)?,?\s+)"
    r"(?P<year>\d{4})(?P<time>.*)"
)


def amount(value: str, decimal: str = "") -> tuple[str | None, str]:
    """Return an amount as decimal text and the currency written beside it, "" for none.

    `decimal` is the decimal mark where it is known. Without it, a lone mark before just three digits parts thousands:
    no amount of money has three decimals.
    """
    bare = " ".join(value.replace("\u2212", "-").split())
    if not bare:
        return None, ""
    in_brackets = bare.startswith("(") and bare.endswith(")")
    found = _AMOUNT.fullmatch(bare.strip("()") if in_brackets else bare)
    if found is None:
        raise ValueError(f"“{values.text(value)}” is not an amount")
    before = found["before"].strip()
    sign = "-" if in_brackets or before.endswith("-") or found["number"].startswith("-") else ""
    code = _currency(before.strip("- "), found["after"].strip(), value)
    return sign + _digits(found["number"], decimal, value), code


def _currency(before: str, after: str, value: str) -> str:
    words = [each for each in (before, after) if each]
    codes = {_SIGNS.get(word.upper(), word.upper()) for word in words}
    if len(codes) > 1 or any(not re.fullmatch("[A-Z]{3}", code) for code in codes):
        raise ValueError(f"“{values.text(value)}” is not an amount")
    return codes.pop() if codes else ""


def currency(value: str) -> str:
    """Return a currency's three letters, also from its sign, or from “Euro (EUR)”."""
    bare = value.strip()
    if (inside := re.search(r"\(([A-Za-z]{3})\)", bare)) is not None:
        bare = inside[1]
    return values.currency(_SIGNS.get(bare.upper(), bare))


def _digits(number: str, decimal: str, value: str) -> str:
    digits = re.sub(r"[\s'’+-]", "", number).strip(",.") if not decimal else re.sub(r"[\s'’+-]", "", number)
    marks = [character for character in digits if character in ".,"]
    mark = decimal or _decimal_mark(digits, marks)
    if mark and digits.count(mark) > 1:
        raise ValueError(f"“{values.text(value)}” is not an amount")
    whole, _, fraction = digits.rpartition(mark) if mark in digits and mark else (digits, "", "")
    whole = whole.replace(".", "").replace(",", "")
    found = Decimal(f"{whole or 0}.{fraction}" if fraction else whole)
    if found >= Decimal(10) ** 15:
        raise ValueError(f"“{values.text(value)}” is too large an amount")
    return f"{found:f}"


def _decimal_mark(digits: str, marks: list[str]) -> str:
    if not marks:
        return ""
    last = marks[-1]
    whole, _, after = digits.rpartition(last)
    if marks.count(last) > 1:
        return ""
    if len(set(marks)) == 1 and len(after) == 3 and whole not in ("", "0") and len(whole) <= 3:
        return ""
    return last


def moment(value: str, order: str = "", time_of_day: str = "") -> int | None:
    """Return a time in seconds since 1970, None for an empty field; without a zone it is UTC.

    `order` is dmy, mdy or ymd where it is known; a date that could be two is refused without it.
    """
    bare = " ".join(value.split())
    if not bare:
        return None
    found = _iso(bare) or _numeric(bare, order) or _worded(bare)
    if found is None:
        raise ValueError(f"“{values.text(value)}” is not a time; write 2026-11-22T08:14:00Z")
    if time_of_day.strip():
        clock = _TIME.fullmatch(time_of_day.strip())
        if clock is None:
            raise ValueError(f"“{values.text(time_of_day)}” is not a time of the day; write 08:14")
        found = _at(found, clock[1], clock[2], clock[3], clock[4], value)
    return int(found.timestamp())


def date(value: str, order: str = "") -> str | None:
    """Return a date as YYYY-MM-DD, None for an empty field; `order` as for moment()."""
    found = moment(value, order)
    return None if found is None else datetime.fromtimestamp(found, UTC).date().isoformat()


def _iso(bare: str) -> datetime | None:
    if not re.match(r"\d{4}-?\d{2}-?\d{2}(?:[T ]|$)", bare):
        return None
    try:
        found = datetime.fromisoformat(bare.removesuffix(" UTC"))
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _numeric(bare: str, order: str) -> datetime | None:
    match = _NUMERIC.fullmatch(bare)
    if match is None:
        return None
    a, b, c = int(match["a"]), int(match["b"]), int(match["c"])
    if len(match["a"]) == 4 or order == "ymd":
        year, month, day = a, b, c
    else:
        day, month = _day_and_month(a, b, match["mark"], order, bare)
        year = c
    if year < 100:
        year += 2000 if year < 70 else 1900
    return _at(
        _day(year, month, day, bare), match["hour"], match["minute"], match["second"], match["half"], bare
    )


def _day_and_month(a: int, b: int, mark: str, order: str, bare: str) -> tuple[int, int]:
    if order == "dmy" or (not order and (mark == "." or a > 12 or a == b)):
        return a, b  # with dots the day always comes first
    if order == "mdy" or b > 12:
        return b, a
    raise ValueError(
        f"“{values.text(bare)}” could be two dates: say --date-order dmy (day first) or --date-order mdy"
    )


def _worded(bare: str) -> datetime | None:
    match = _WORDED.fullmatch(bare)
    if match is None:
        return None
    month = _MONTHS.get((match["m1"] or match["m2"])[:3].lower())
    clock = _TIME.fullmatch(match["time"].strip(" ,T") or "00:00")
    if month is None or clock is None:
        return None
    day = _day(int(match["year"]), month, int(match["d1"] or match["d2"]), bare)
    return _at(day, clock[1], clock[2], clock[3], clock[4], bare)


def _day(year: int, month: int, day: int, bare: str) -> datetime:
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"there is no day “{values.text(bare)}”") from error


def _at(
    day: datetime, hour: str | None, minute: str | None, second: str | None, half: str | None, bare: str
) -> datetime:
    at = int(hour or 0)
    if half:
        at = at % 12 + (12 if half[0] in "pP" else 0)
    try:
        return day.replace(hour=at, minute=int(minute or 0), second=int(second or 0))
    except ValueError as error:
        raise ValueError(f"there is no time “{values.text(bare)}”") from error
