"""What may stand in the fields of items: each check returns what is kept of what was typed, or says why it cannot be."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mail.addresses import domain, normalise
from mail.fields import BadAddress, deliverable
from mail.freemail import is_freemail
from mail.text import safe_block, safe_line
from store.crm import amounts

MOST_OF_A_LINE: Final = 500
MOST_OF_A_TEXT: Final = 50_000

Check = Callable[[sqlite3.Connection, str, object], object]
"""Takes the field and what was typed; raises BadItem."""


class BadItem(ValueError):
    """The item cannot be so. The text is a sentence for the user; `field` is the value meant."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def with_article(kind: str) -> str:
    """Return the name of a kind of item with its article."""
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def line(_connection: sqlite3.Connection, field: str, value: object) -> str:
    """Return one line of text, without what a terminal acts on."""
    return _no_longer_than(MOST_OF_A_LINE, field, safe_line(_typed(value)).strip())


def text(_connection: sqlite3.Connection, field: str, value: object) -> str:
    """Return lines of text, without what a terminal acts on."""
    return _no_longer_than(MOST_OF_A_TEXT, field, safe_block(_typed(value)).strip())


def _no_longer_than(most: int, field: str, kept: str) -> str:
    if len(kept) > most:
        raise BadItem(field, f"that has {len(kept):,} characters; there is room for {most:,}")
    return kept


def time_zone(connection: sqlite3.Connection, field: str, value: object) -> str:
    """Return the name of a time zone, "" for none."""
    name = line(connection, field, value)
    try:
        return name and ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadItem(field, f"“{name}” is not a time zone; write it like Europe/Lisbon") from error


def money(_connection: sqlite3.Connection, field: str, value: object) -> str | None:
    """Return an amount as decimal text, None for none."""
    typed = _typed(value)
    if not typed:
        return None
    try:
        return amounts.parse(typed)
    except ValueError as error:
        raise BadItem(field, str(error)) from error


def currency(_connection: sqlite3.Connection, field: str, value: object) -> str:
    """Return a currency's three letters."""
    code = _typed(value).upper()
    if code and not re.fullmatch("[A-Z]{3}", code):
        raise BadItem(
            field, f"“{line(_connection, field, value)}” is not a currency; write three letters, like EUR"
        )
    return code


def day(_connection: sqlite3.Connection, field: str, value: object) -> str | None:
    """Return a date as YYYY-MM-DD, None for none."""
    typed = _typed(value)
    if not typed:
        return None
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", typed):
            raise ValueError("not as we write dates")
        return date.fromisoformat(typed).isoformat()
    except ValueError as error:
        raise BadItem(field, f"“{safe_line(typed)}” is not a date; write it like 2026-11-22") from error


def percent(_connection: sqlite3.Connection, field: str, value: object) -> int | None:
    """Return a probability in percent, None for none."""
    typed = _typed(value).removesuffix("%").strip()
    if not typed:
        return None
    if not re.fullmatch(r"\d{1,3}", typed, re.ASCII) or int(typed) > 100:
        raise BadItem(
            field, f"“{safe_line(_typed(value))}” is not a probability; write a number from 0 to 100"
        )
    return int(typed)


def share(_connection: sqlite3.Connection, field: str, value: object) -> str | None:
    """Return a discount or tax in percent, as decimal text, None for none."""
    typed = _typed(value).removesuffix("%").strip()
    if not typed:
        return None
    try:
        kept = amounts.parse(typed)
    except ValueError as error:
        raise BadItem(field, f"“{safe_line(typed)}” is not a percentage; write it like 7.5") from error
    if Decimal(kept) > 100:
        raise BadItem(field, f"{kept} % is more than the whole; write a number from 0 to 100")
    return kept


def visible_to(_connection: sqlite3.Connection, field: str, value: object) -> str:
    """Return who sees the item: owner, team or company."""
    word = _typed(value).lower() or "company"
    if word not in ("owner", "team", "company"):
        raise BadItem(
            field, f"an item is seen by its owner, the team or the company, not by “{safe_line(word)}”"
        )
    return word


def user(connection: sqlite3.Connection, field: str, value: object) -> str:
    """Return the id of a user who works here, "" for nobody."""
    user_id = _typed(value)
    if not user_id:
        return ""
    row = connection.execute(
        "SELECT name, is_active FROM workspace_user WHERE id = ? AND deleted_at IS NULL", (user_id,)
    ).fetchone()
    if row is None:
        raise BadItem(field, "there is no such user")
    if not row[1]:
        raise BadItem(field, f"{row[0]} does not work here any more; choose another user")
    return user_id


_ROWS: Final = {
    "person": "SELECT name, deleted_at FROM person WHERE id = ?",
    "organization": "SELECT name, deleted_at FROM organization WHERE id = ?",
    "product": "SELECT name, deleted_at FROM product WHERE id = ?",
}


def _row(what: str) -> Check:
    def check(connection: sqlite3.Connection, field: str, value: object) -> str | None:
        row_id = _typed(value)
        if not row_id:
            return None
        row = connection.execute(_ROWS[what], (row_id,)).fetchone()
        if row is None:
            raise BadItem(field, f"there is no such {what}")
        if row[1] is not None:
            raise BadItem(field, f"the {what} {row[0]} was deleted; restore it or choose another")
        return row_id

    return check


person: Final = _row("person")
organization: Final = _row("organization")
product: Final = _row("product")


def email(connection: sqlite3.Connection, field: str, value: object) -> str:
    """Return an address, normalised."""
    typed = _typed(value)
    try:
        deliverable(typed)
    except BadAddress as error:
        raise BadItem(field, f"“{safe_line(typed)}” is not an address: {error}") from error
    return normalise(typed)


def phone(_connection: sqlite3.Connection, field: str, value: object) -> str:
    """Return a telephone number as it was typed."""
    number = safe_line(_typed(value))[:100].strip()
    if sum(character.isdigit() for character in number) < 2:
        raise BadItem(field, f"“{number}” is not a telephone number")
    return number


def company_domain(_connection: sqlite3.Connection, field: str, value: object) -> str:
    """Return a domain that can tell which organization an address belongs to."""
    typed = re.sub(r"^(?:[a-z]+://)?(?:www\.)?@?|[/?#].*$", "", _typed(value).lower())
    try:
        deliverable(f"x@{typed}")
        found = domain(f"x@{typed}")
    except BadAddress as error:
        raise BadItem(
            field, f"“{safe_line(_typed(value))}” is not a domain; write it like acme.example"
        ) from error
    if "." not in found:
        raise BadItem(field, f"“{safe_line(_typed(value))}” is not a domain; write it like acme.example")
    if is_freemail(found):
        raise BadItem(
            field, f"everybody can have an address at {found}: it tells nothing about an organization"
        )
    return found


def _typed(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return amounts.text(value)
    return str(value).strip()
