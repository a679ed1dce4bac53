"""Which encoding a file of text is in, when nobody says so."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mail.charsets import codec_of

_SAMPLE_OCTETS: Final = 64 * 1024
_CHUNK_OCTETS: Final = 1024 * 1024
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CANDIDATES: Final = ("cp1252", "cp1251", "cp932", "cp1250")
"""What programs on Windows write beside Unicode: Western and Central European, Cyrillic, Japanese."""

_QUOTES: Final = "«»“”„‘’…—–№"
_WORD: Final = re.compile(r"[^\s\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+")
_WESTERN: Final = re.compile(r"[A-Za-z0-9À-ÖØ-öø-ÿŒœŠšŽžŸ’‘“”„«»‹›…–—€£©®™°§·•¡¿ªº´&.,;:!?()/'+-]+")
_ODD: Final = re.compile(r"[A-Za-z]£|£[A-Za-z]")
_ACCENTED: Final = re.compile(r"[À-ÖØ-öø-ÿ]{3}")
_CYRILLIC: Final = re.compile(r"[А-яЁёІіЇїЄєҐґ]+(?:-[А-яЁё]+)*")
_JAPANESE: Final = re.compile(r"[\u3000-\u30ff\u4e00-\u9fff\uff01-\uff5eA-Za-z0-9]+")
_CENTRAL: Final = re.compile(
    r"[A-Za-zÁáÄäÇçÉéËëÍíÎîÓóÔôÖöÚúÜüÝýßÂâĂăĄąĆćČčĎďĐđĘęĚěĹĺĽľŁłŃńŇňŐőŔŕŘřŚśŞşŠšŢţŤťŮůŰűŹźŻżŽž]+"
)
_SHORT: Final = 4
"""So long a word of Central Europe may be without a letter that English has."""
_CENTRAL_ONLY: Final = re.compile("[ĂăĄąĆćČčĎďĐđĘęĚěŁłŃńŇňŐőŘřŚśŤťŮůŰűŹźŻż]")


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a file is read. `is_sure` is false for a guess that somebody should look at."""

    name: str
    is_sure: bool


def named(name: str) -> str | None:
    """Return the codec that people mean by `name`, None when there is no such one."""
    return "utf-16" if name.lower().replace("-", "") == "utf16" else codec_of(name)


def encoding_of(path: Path) -> Encoding:
    """Read a file through and return its encoding: Unicode as far as that is possible, else the likeliest guess."""
    with path.open("rb") as file:
        start = file.read(4096)
        for bom, name in _BOMS:
            if start.startswith(bom):
                return Encoding(name, True)
        if (wide := _without_bom(start)) is not None:
            return Encoding(wide, True)
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        sample = b""
        is_utf8 = True
        while chunk := file.read(_CHUNK_OCTETS):
            if is_utf8:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    is_utf8 = False
            if len(sample) < _SAMPLE_OCTETS and not chunk.isascii():
                sample += b"\n".join(line for line in chunk.split(b"\n") if not line.isascii())
    if is_utf8 and not decoder.getstate()[0]:
        return Encoding("utf-8", True)
    return guess(sample[:_SAMPLE_OCTETS])


def _without_bom(start: bytes) -> str | None:
    half = max(1, len(start) // 2)
    if start[1::2].count(0) > half * 0.6:
        return "utf-16-le"
    return "utf-16-be" if start[0::2].count(0) > half * 0.6 else None


def guess(sample: bytes) -> Encoding:
    """Return the likeliest of CANDIDATES for octets that are not UTF-8: the one in which words look like words."""
    ranked = sorted(
        ((_likelihood(sample, name), -n, name) for n, name in enumerate(CANDIDATES)), reverse=True
    )
    best, second = ranked[0], ranked[1]
    return Encoding(best[2], best[0] >= 0.7 and (best[0] - second[0] >= 0.2 or second[2] in _KIN[best[2]]))


_KIN: Final = {"cp1252": ("cp1250",), "cp1250": ("cp1252",), "cp1251": (), "cp932": ()}
"""Where a tie decides nothing, because both read most words alike."""


def _likelihood(sample: bytes, name: str) -> float:
    try:
        # The sample may end within a character.
        text = codecs.getincrementaldecoder(name)().decode(sample)
    except UnicodeDecodeError:
        return 0.0
    words = [word for each in _WORD.findall(text) if not (word := each.strip(_QUOTES)).isascii()]
    if not words:
        return 0.5
    return sum(_is_plausible(word, name) for word in words) / len(words)


def _is_plausible(word: str, name: str) -> bool:
    if name == "cp932":
        return _JAPANESE.fullmatch(word) is not None
    if name == "cp1251":
        return _CYRILLIC.fullmatch(word) is not None and (
            word.isupper() or word[1:].islower() or "-" in word or len(word) == 1
        )
    if name == "cp1250":
        is_word = _CENTRAL.fullmatch(word) is not None and _CENTRAL_ONLY.search(word) is not None
        return is_word and (len(word) <= _SHORT or re.search("[A-Za-z]", word) is not None)
    return bool(_WESTERN.fullmatch(word)) and not _ACCENTED.search(word) and not _ODD.search(word)
