"""Find the code a sign-in message asks the reader to type."""

from __future__ import annotations

import re

_WORD = re.compile(
    r"\b(?:codes?|pins?|otp|passcode|one[- ]time|verification|verify|2fa|token|c[oó]digos?|clave|verificaci[oó]n"
    r"|verifica[cç][aã]o|codice|kod\w*|hasło|code de|bestätigungs\w*|sicherheits\w*)\b",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"(?<![\w.,/:#+€$£@-])(?:\d{3}[ -]\d{3}|\d{4,8}|(?=[A-Z0-9-]*\d)[A-Z0-9]{3,5}-?[A-Z0-9]{3,5})(?![\w,/:@%€$£-]|\.\d)"
)
_NEAR = 160
"""A code stands at most so many characters from the word that announces it."""


_LOOKED_AT = 20_000


def find(text: str) -> str | None:
    """Return the code nearest after (else before) a word such as "code" or "PIN", its blanks removed."""
    found: list[tuple[int, str]] = []
    text = text[:_LOOKED_AT]
    words = list(_WORD.finditer(text))
    for match in _CODE.finditer(text):
        code = re.sub(r"[ -]", "", match[0]) if match[0][0].isdigit() else match[0]
        if _is_year(code):
            continue
        for word in words:
            after, before = match.start() - word.end(), word.start() - match.end()
            if 0 <= after <= _NEAR:
                found.append((after, code))
            elif 0 <= before <= _NEAR:
                found.append((before + _NEAR, code))
    return min(found)[1] if found else None


def _is_year(code: str) -> bool:
    return len(code) == 4 and code.isdigit() and 1990 <= int(code) <= 2050
