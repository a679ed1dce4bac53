"""Octets to text, whatever a message says about its charset."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

_DETECTED_OCTETS = 64 * 1024  # chardet reads 1.7 MB/s; more octets do not change its answer
_TOO_FEW_TO_DETECT = 8  # single accents among ASCII letters: Western European is likelier than any guess
_FEW = 20  # a declared charset is believed while at most one in this many foreign characters is broken

# What mail calls a charset -> the codec that reads what is really meant (WHATWG Encoding, and mail seen).
_ALIASES = {
    "ansi": "cp1252",
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "iso_8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252",
    "iso-8859-9": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874", "iso-8859-8-i": "iso-8859-8",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030", "chinesegb": "gb18030",
    "gb18030": "gb18030", "x-gb18030": "gb18030", "cp936": "gb18030", "euc-cn": "gb18030", "big5": "big5hkscs",
    "x-big5": "big5hkscs", "chinesebig5": "big5hkscs", "x-x-big5": "big5hkscs", "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949", "ksc5601": "cp949", "ks-c-5601": "cp949", "euc-kr": "cp949", "x-windows-949": "cp949",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_2", "cp50220": "iso2022_jp_2", "cp50221": "iso2022_jp_2", "x-euc-jp": "euc_jp",
    "x-mac-roman": "mac_roman", "macintosh": "mac_roman", "mac": "mac_roman",
    "utf8": "utf-8", "utf-8": "utf-8", "utf_8": "utf-8", "unicode-1-1-utf-8": "utf-8", "utf-8mb4": "utf-8",
    "unicode-1-1-utf-7": "utf-7", "x-unicode-2-0-utf-7": "utf-7", "koi8": "koi8-r", "dos-874": "cp874",
}  # fmt: skip
# ASCII says nothing about octets above 127.
_SAYS_NOTHING = frozenset({"ascii", "unknown-8bit"})
# Codecs of Python that are no charsets of mail.
_NOT_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})
_HIGH_OCTETS = bytes(range(128, 256))
# In these an octet below 128 is not always the ASCII character.
_STATEFUL = re.compile(r"iso[-_]?2022|hz|utf[-_]?(7|16|32)|ucs|cp037|cp500|ebcdic|imap", re.IGNORECASE)


def decode(octets: bytes, declared: str | None = None) -> str:
    """Return the text of octets: as declared, else UTF-8, else the charset detected, else cp1252 with replacements."""
    codec = codec_of(declared) if declared else None
    if octets.isascii() and (codec is None or _STATEFUL.search(codec) is None):
        return octets.decode("ascii")
    for candidate in (codec, "utf-8"):
        if candidate is not None and (text := _strictly(octets, candidate)) is not None:
            return text
    return _nearly(octets, codec or "utf-8") or _detected(octets) or octets.decode("cp1252", "replace")


@lru_cache(maxsize=512)
def codec_of(declared: str) -> str | None:
    """Return the name of the codec for a declared charset, None when there is no such text codec."""
    name = declared.strip().strip("\"'").lower()
    name = _ALIASES.get(name, name)
    try:
        found = codecs.lookup(name.removeprefix("x-")[:64])
    except (LookupError, ValueError):
        return None
    is_charset = getattr(found, "_is_text_encoding", True) and found.name not in _NOT_CHARSETS
    return found.name if is_charset and found.name not in _SAYS_NOTHING else None


def _strictly(octets: bytes, codec: str) -> str | None:
    try:
        return octets.decode(codec)
    except ValueError:
        return None


def _nearly(octets: bytes, codec: str) -> str | None:
    """Decode with replacements when few characters are broken: a cut or patched text in its own charset."""
    text = octets.decode(codec, "replace")
    foreign = len(octets) - len(octets.translate(None, _HIGH_OCTETS))
    broken = text.count("\ufffd")
    return text if 0 < broken * _FEW <= foreign else None


def _detected(octets: bytes) -> str | None:
    high = len(octets) - len(octets.translate(None, _HIGH_OCTETS))
    if high < _TOO_FEW_TO_DETECT and high * 3 < len(octets):
        return None
    import chardet  # 150 ms to import, and few messages need it

    found = chardet.detect(octets[:_DETECTED_OCTETS])["encoding"]
    codec = codec_of(found) if found else None
    return octets.decode(codec, "replace") if codec else None
