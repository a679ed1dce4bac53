"""The few signs that are not letters, in Unicode and in plain ASCII. None is an emoji: their widths differ."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple


class Glyphs(NamedTuple):
    """Signs of one cell each."""

    unread: str
    flagged: str
    vertical: str
    horizontal: str
    focus: str
    is_ascii: bool


UNICODE = Glyphs("●", "★", "│", "─", "▸", is_ascii=False)
ASCII = Glyphs("u", "*", "|", "-", ">", is_ascii=True)


def chosen(wanted: str, environment: Mapping[str, str] = os.environ) -> Glyphs:
    """Return the signs to use; of auto comes ASCII where the locale names another charset than UTF-8, or none.

    Where nothing names a locale, as in containers and over SSH, nearly every terminal knows UTF-8.
    """
    if wanted != "auto":
        return ASCII if wanted == "ascii" else UNICODE
    named = next(filter(None, map(environment.get, ("LC_ALL", "LC_CTYPE", "LANG"))), "")
    charset = named.partition(".")[2].partition("@")[0].lower().replace("-", "")
    return ASCII if named in ("C", "POSIX") or charset not in ("", "utf8") else UNICODE
