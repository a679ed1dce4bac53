"""Names in a Maildir: "unique:2,FLAGS" and the modified UTF-7 of mailbox names (RFC 3501 §5.1.3)."""

from __future__ import annotations

import binascii
import re

from mail.keywords import ANSWERED, DRAFT, FLAGGED, FORWARDED, SEEN

_KEYWORD_OF_FLAG = {"D": DRAFT, "F": FLAGGED, "P": FORWARDED, "R": ANSWERED, "S": SEEN}
_FLAG_OF_KEYWORD = {keyword: flag for flag, keyword in _KEYWORD_OF_FLAG.items()}
# Some file systems forbid ":"; programs then write ";" or "!" in its place.
_INFO = re.compile(r"[:;!]2,([^/]*)$")
_SHIFTED = re.compile(r"&([^-]*)-")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]+|&")


def parse(name: str) -> tuple[str, str]:
    """Split a file name into its unique part and its flags; a name without flags has none."""
    if (found := _INFO.search(name)) is None:
        return name, ""
    return name[: found.start()], found[1]


def build(unique: str, flags: str) -> str:
    """Return the name of a file in "cur": flags in ASCII order, each once."""
    return f"{unique}:2,{''.join(sorted(set(flags)))}"


def keywords(flags: str) -> frozenset[str]:
    """Return the keywords that flags stand for; letters without a meaning here are left out."""
    return frozenset(_KEYWORD_OF_FLAG[flag] for flag in flags if flag in _KEYWORD_OF_FLAG)


def with_keywords(flags: str, wanted: frozenset[str]) -> str:
    """Return the flags that say `wanted`, keeping the letters that stand for no keyword of ours."""
    kept = {flag for flag in flags if flag not in _KEYWORD_OF_FLAG}
    told = {_FLAG_OF_KEYWORD[keyword] for keyword in wanted if keyword in _FLAG_OF_KEYWORD}
    return "".join(sorted(kept | told))


def decode_utf7(name: str) -> str:
    """Read a mailbox name in modified UTF-7; what is not valid stays as it is written."""
    return _SHIFTED.sub(_unshift, name) if "&" in name else name


def encode_utf7(name: str) -> str:
    """Write a mailbox name in modified UTF-7, so that decode_utf7 gives it back."""
    return _UNPRINTABLE.sub(_shift, name)


def _unshift(found: re.Match[str]) -> str:
    encoded = found[1]
    if not encoded:
        return "&"
    padding = "=" * (-len(encoded) % 4)
    try:
        return binascii.a2b_base64(encoded.replace(",", "/") + padding, strict_mode=True).decode("utf-16-be")
    except ValueError:
        return found[0]


def _shift(found: re.Match[str]) -> str:
    if found[0] == "&":
        return "&-"
    encoded = binascii.b2a_base64(found[0].encode("utf-16-be", "surrogatepass"), newline=False).decode(
        "ascii"
    )
    return f"&{encoded.rstrip('=').replace('/', ',')}-"
