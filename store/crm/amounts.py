"""Amounts of money as people type them, kept as decimal text: nothing is ever rounded on the way in."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

_MOST_DIGITS: Final = 15
_AMOUNT: Final = re.compile(
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}|\d+(?:[.,]\d+)?",
    re.ASCII,
)
_SPACES: Final = re.compile(r"[\s'’_]")


def parse(text: str) -> str:
    """Return an amount as decimal text: 1234.50, 1,234.50, 1.234,50 and 1 234,50 alike.

    Raises ValueError, with a sentence for the user.
    """
    bare = _SPACES.sub("", text)
    if bare.startswith(("-", "−")):
        raise ValueError(f"“{text.strip()}” is below zero; write an amount of 0 or more")
    if not _AMOUNT.fullmatch(bare):
        raise ValueError(f"“{text.strip()}” is not an amount; write it like 1234.50")
    whole, fraction = _parts(bare)
    if len(whole) + len(fraction) > _MOST_DIGITS:
        raise ValueError(f"“{text.strip()}” has more digits than an amount can have")
    return f"{int(whole)}.{fraction}" if fraction else str(int(whole))


def _parts(bare: str) -> tuple[str, str]:
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", bare):
        whole, _, fraction = bare.replace(",", "").partition(".")
    elif re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}", bare):
        whole, _, fraction = bare.replace(".", "").partition(",")
    else:
        whole, _, fraction = bare.replace(",", ".").partition(".")
    return whole, fraction


def text(amount: Decimal) -> str:
    """Return an amount as decimal text, without an exponent."""
    return f"{amount:f}"
