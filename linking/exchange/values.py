"""Fields of files as values: tolerant of how programs write them. Pure; ValueError says what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from mail import addresses
from mail.text import safe_block, safe_line

_MOST_CHARACTERS: Final = 500
_MOST_NOTE_CHARACTERS: Final = 50_000
_YES: Final = frozenset({"1", "true", "yes", "y", "x", "done"})
_NO: Final = frozenset({"", "0", "false", "no", "n"})
_PARTING: Final = re.compile(r'[;,\n"]')
_PART: Final = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^;"]*?))\s*(?:;|$)')
_MONEY: Final = re.compile(r"-?[0-9][0-9.,' ]*|-?[.,][0-9]+")


def text(value: str) -> str:
    """Return one line of text that is safe to show."""
    return safe_line(value)[:_MOST_CHARACTERS].strip() if value else ""


def note(value: str) -> str:
    """Return lines of text that are safe to show."""
    return safe_block(value)[:_MOST_NOTE_CHARACTERS].strip()


def several(value: str) -> list[str]:
    """Return the parts of a field that holds several, between ; or , or line ends; joined() writes such a field."""
    if _PARTING.search(value) is None:
        return [found] if (found := text(value)) else []
    if '"' in value and (quoted := _quoted(value)) is not None:
        return list(dict.fromkeys(quoted))
    separator = r"[;\n]" if ";" in value else r"[,\n]"
    parts = (text(part) for part in re.split(separator, value))
    return list(dict.fromkeys(part for part in parts if part))


def joined(parts: Iterable[str]) -> str:
    """Return several parts as one field; those that hold what parts them stand in quotes."""
    return "; ".join(
        '"{}"'.format(part.replace('"', '""')) if _PARTING.search(part) else part for part in parts
    )


def _quoted(value: str) -> list[str] | None:
    """Return the parts that joined() wrote, None when the quotes are part of the text."""
    found = []
    rest = value.strip()
    while rest:
        match = _PART.match(rest)
        if match is None:
            return None
        found.append(text(match[1].replace('""', '"') if match[1] is not None else match[2]))
        rest = rest[match.end() :]
    return [part for part in found if part]


def email(value: str) -> str:
    """Return an address, normalised."""
    found = addresses.normalise(value.strip())
    if not found or " " in found:
        raise ValueError(f"“{text(value)}” is not an e-mail address")
    return found


def money(value: str) -> str | None:
    """Return an amount as decimal text, None for an empty field: 1234.50, 1,234.50, 1.234,50 and 1 234,50 alike."""
    bare = re.sub(r"^[^\d.,-]+|[^\d]+$", "", value.replace("\u00a0", " ").replace("\u202f", " ").strip())
    if not bare:
        if value.strip():
            raise ValueError(f"“{text(value)}” is not an amount")
        return None
    if not _MONEY.fullmatch(bare):
        raise ValueError(f"“{text(value)}” is not an amount")
    digits = bare.replace(" ", "").replace("'", "")
    mark = _decimal_mark(digits)
    whole, _, fraction = digits.rpartition(mark) if mark else (digits, "", "")
    whole = whole.replace(".", "").replace(",", "")
    amount = Decimal(f"{whole or 0}.{fraction or 0}" if mark else whole)
    if abs(amount) >= Decimal(10) ** 15:
        raise ValueError(f"“{text(value)}” is too large an amount")
    return f"{amount:f}"


def _decimal_mark(digits: str) -> str:
    """Return what parts the fraction: the last mark, unless it can only part thousands."""
    marks = [character for character in digits if character in ".,"]
    if not marks:
        return ""
    last = marks[-1]
    after = len(digits) - digits.rindex(last) - 1
    if marks.count(last) > 1 or (last == "," and after == 3 and len(set(marks)) == 1):
        return ""
    return last


def currency(value: str) -> str:
    """Return a currency's three letters."""
    code = value.strip().upper()
    if code and not re.fullmatch("[A-Z]{3}", code):
        raise ValueError(f"“{text(value)}” is not a currency; write EUR, USD ...")
    return code


def moment(value: str) -> int | None:
    """Return a time in seconds since 1970, None for an empty field; without a zone it is UTC."""
    bare = value.strip()
    if not bare:
        return None
    try:
        found = datetime.fromisoformat(bare)
    except ValueError as error:
        raise ValueError(f"“{text(value)}” is not a time; write 2026-11-22T08:14:00Z") from error
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return int(found.timestamp())


def date(value: str) -> str | None:
    """Return a date as YYYY-MM-DD, None for an empty field."""
    bare = value.strip()
    if not bare:
        return None
    try:
        return datetime.fromisoformat(bare).date().isoformat()
    except ValueError as error:
        raise ValueError(f"“{text(value)}” is not a date; write 2026-11-22") from error


def truth(value: str) -> bool:
    """Return yes or no."""
    bare = value.strip().lower()
    if bare in _YES | _NO:
        return bare in _YES
    raise ValueError(f"“{text(value)}” is neither yes nor no; write 1 or 0")


def whole(value: str) -> int | None:
    """Return a whole number, None for an empty field."""
    bare = value.strip().removesuffix("%").strip()
    if not bare:
        return None
    if not re.fullmatch(r"-?[0-9]{1,9}(\.0+)?", bare):
        raise ValueError(f"“{text(value)}” is not a whole number")
    return int(float(bare))


def one_of(value: str, allowed: tuple[str, ...]) -> str:
    """Return the word if it is allowed, the first allowed one for an empty field."""
    word = value.strip().lower() or allowed[0]
    if word not in allowed:
        raise ValueError(f"“{text(value)}” is not allowed; write {', '.join(allowed)}")
    return word
