"""What single lines say about quoting: attributions, header blocks, markers, signatures, in any of the known languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from mail.quote_languages import LANGUAGES
from mail.types import BlockKind

_LONGEST: Final = 400  # characters of an attribution; a longer line is somebody's paragraph
_MOST_ATTRIBUTION_LINES: Final = 5
_MOST_HEADER_LINES: Final = 25
_MOST_CONTINUED: Final = 3
_UNSPACED: Final = "ᄀ"  # from here on most scripts put no spaces between words


def _words(field: str) -> frozenset[str]:
    found = (getattr(language, field) for language in LANGUAGES.values())
    return frozenset(word.casefold() for words in found for word in words.split("|") if word)


def _any_of(words: Iterable[str]) -> str:
    """Return a pattern for any of the words as a whole word, where the script has words."""
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(
        f"{'(?<!' + chr(92) + 'w)' if word[0] < _UNSPACED else ''}{re.escape(word)}"
        f"{'(?!' + chr(92) + 'w)' if word[-1] < _UNSPACED and word[-1].isalnum() else ''}"
        for word in ordered
    )


def _by_first_word(phrases: Iterable[str]) -> dict[str, re.Pattern[str]]:
    """Return what may follow the first word of each phrase: trying all of them at every letter is slow."""
    rests: dict[str, list[str]] = {}
    for phrase in phrases:
        first = re.match(r"\w+", phrase)
        assert first is not None
        ending = r"(?!\w)" if phrase[-1].isalnum() else ""
        rests.setdefault(first[0], []).append(re.escape(phrase[first.end() :]) + ending)
    return {first: re.compile("|".join(rest)) for first, rest in rests.items()}


_ROLES: Final = ("from_", "date", "to", "cc", "subject", "reply_to")
_REPEATED: Final = ("cc", "reply_to")
_LABELS: Final = {label: role for role in reversed(_ROLES) for label in _words(role)}
_STARTS: Final = re.compile(
    f"(?:{'|'.join(re.escape(word) for word in sorted(_words('starts'), key=len, reverse=True))})(?!\\w)"
)
_WORD: Final = re.compile(r"\w+")
_VERBS: Final = _by_first_word(word for word in _words("verbs") if word[0] < _UNSPACED)
_UNSPACED_VERB: Final = re.compile(_any_of(word for word in _words("verbs") if word[0] >= _UNSPACED))
_LAST_VERB: Final = re.compile(f"(?:{_any_of(_words('verbs'))})\\s*(?:\\(a\\))?\\s*[:：]*$")
_FORWARDED: Final = tuple(_words("forwarded"))
_ORIGINAL: Final = tuple(_words("original"))
_MARKERS: Final = {BlockKind.FORWARD: frozenset(_FORWARDED), BlockKind.QUOTE: frozenset(_ORIGINAL)}
_SIGNED: Final = tuple(word for word in _words("signatures") if "…" not in word)
_SIGNED_HEADS: Final = frozenset(word[:2] for word in _SIGNED)  # to tell most lines without trying every word
_SIGNED_AROUND: Final = tuple(tuple(word.split("…")) for word in _words("signatures") if "…" in word)
_SIGNED_TAILS: Final = tuple(tail for _, tail in _SIGNED_AROUND)

_QUOTED: Final = re.compile(r"[ \t]{0,4}(?:>|[A-Z]{1,3}>(?:\s|$))")
_COLONS: Final = (":", "：")
_RULES: Final = "-_=*~#+─—–•ᐧ"
_RULE_BETWEEN: Final = re.compile(r"[-_=*~]{2}")
_RULE_AHEAD: Final = re.compile(r"[-_=*~─—–]{2,}")
# What follows the first digit: that the expressions begin with a digit lets a search go past all else quickly.
_TIME: Final = r"\d?[:.h]\d{2}(?!\d)"
_DATE: Final = (
    r"\d?[./-]\d{1,2}[./-]\d{2}|\d{3}\s?[./年-]\s?\d|\d?\. \d{1,2}\. \d{4}"
    r"|\d?(?:st|nd|rd|th|er|º|\.)?,? (?:de |of )?[^\W\d_]{3,12}[.,]? (?:de )?\d{4}"
    r"|(?:(?<=[^\W\d_]{3} \d)|(?<=[^\W\d_]{3}\. \d))\d?,? \d{4}"
)
_HAS_DATE: Final = re.compile(rf"\d(?:{_DATE})")
_TIME_OR_DATE: Final = re.compile(rf"\d(?:{_TIME}|{_DATE})")
_SIGN: Final = re.compile(r"[:：@>\d]")
_SIGNS_AHEAD: Final = frozenset("-_=*~|─—–")
_ISO_AHEAD: Final = re.compile(r"\d{4}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}")
_ZONE: Final = re.compile(r"(?:gmt|utc) ?[+-]\d{1,2}:?\d{0,2}")
_ADDRESS_LAST: Final = re.compile(r"@[^\s<>]+>?\)?\s*[:：]?$")
_UNFINISHED: Final = ("<", ",", "&lt;")


def is_worth_reading(line: str) -> bool:
    """Tell whether a line has any of the signs that attributions, headers, markers and quotes are made of."""
    return line.lstrip()[:1] in _SIGNS_AHEAD or _SIGN.search(line) is not None


def is_blank(line: str) -> bool:
    """Tell whether a line has nothing to read."""
    return not line or line.isspace()


def is_plainly_quoted(line: str) -> bool:
    """Tell whether a line is quoted and cannot be a marker as well."""
    return line[:1] == ">" and "--" not in line and line[-1] not in _COLONS


def is_quoted(line: str) -> bool:
    """Tell whether a line is marked as quoted: ">" or the initials of the quoted before it."""
    return _QUOTED.match(line) is not None


def is_indented(line: str) -> bool:
    """Tell whether a line is set in as far as some programs set in what they quote."""
    return line.startswith(("  ", "\t"))


def is_rule(line: str) -> bool:
    """Tell whether a line only separates: "____", "*****", "-- --"."""
    text = line.strip()
    return bool(text) and len(text) < 200 and not text.strip(_RULES + " ")


def is_signature_delimiter(line: str) -> bool:
    """Tell whether a signature begins after this line (RFC 3676 §4.3; its trailing space is often lost)."""
    return line.rstrip() in ("--", "—", "- --")


def is_footer_delimiter(line: str) -> bool:
    """Tell whether a mailing list's footer begins here."""
    text = line.strip()
    return len(text) >= 5 and not text.strip("_")


def signs_off(line: str) -> bool:
    """Tell whether a line is what a telephone or a program adds: "Sent from my iPhone"."""
    if len(line) > 160:
        return False
    text = line.replace("[", "").strip(" \t<>()]*_-").casefold()
    if text[:2] in _SIGNED_HEADS and text.startswith(_SIGNED):
        return True
    ending = text.rstrip(".! ")
    return (
        len(text) < 100
        and ending.endswith(_SIGNED_TAILS)
        and any(text.startswith(head) and ending.endswith(tail) for head, tail in _SIGNED_AROUND)
    )


def marker(line: str) -> BlockKind | None:
    """Return FORWARD or QUOTE for a line that stands over a forwarded or original message."""
    text = line[:_LONGEST].strip(" \t>*|\ufeff")
    has_rule = _RULE_AHEAD.match(text) is not None
    if not has_rule and not text.endswith(_COLONS):
        return None
    core = text.casefold().strip(_RULES + " \t:：")
    if not core:
        return None
    phrase = _RULE_BETWEEN.split(core, maxsplit=1)[0].strip()
    for kind, phrases in ((BlockKind.FORWARD, _FORWARDED), (BlockKind.QUOTE, _ORIGINAL)):
        if phrase in _MARKERS[kind] or (has_rule and phrase.startswith(phrases) and len(phrase) < 120):
            return kind
    return None


def header_block(lines: Sequence[str], start: int) -> int | None:
    """Return where a block of message headers that begins at `start` ends; None when there is none.

    It needs a sender and two more roles, and a subject or an address: a travel plan has "From", "To" and "Date" as well.
    """
    if _role(lines[start]) in (None, *_REPEATED):
        return None
    roles: set[str] = set()
    has_address, continued, end = False, 0, start
    for index in range(start, min(start + _MOST_HEADER_LINES, len(lines))):
        role = _role(lines[index])
        if role in roles and role not in _REPEATED:
            break
        if role is not None:
            roles.add(role)
            has_address = has_address or "@" in lines[index]
            continued, end = 0, index + 1
        else:
            continued += 1
            if continued > _MOST_CONTINUED:
                break
    is_message = "from_" in roles and len(roles) >= 3 and ("subject" in roles or has_address)
    return end if is_message else None


def attribution(lines: Sequence[str], start: int) -> int | None:
    """Return where the attribution that begins at `start` ends ("On 5 May 2020, Ana\\nwrote:"); None when there is none.

    A line joins the next only if it begins like an attribution itself and says a time, so that no line of the author
    above it is taken along.
    """
    joined = ""
    for index in range(start, min(start + _MOST_ATTRIBUTION_LINES + 2, len(lines))):
        line = lines[index].strip()
        if not line:
            if not _goes_on(joined, lines, index):
                return None
            continue
        if index > start and _role(line) is not None:
            return None
        joined = f"{joined} {line.lstrip('> ')}" if index > start else line
        if len(joined) > _LONGEST:
            return None
        if (
            index > start
            and _HAS_DATE.search(line)
            and (_HAS_DATE.search(lines[start]) or _stands_alone(line))
        ):
            return None
        folded = joined.casefold()
        begins = index > start or _may_begin(folded)
        if not begins and not folded.endswith((":", "：", "---")):
            return None
        if _is_attribution(folded):
            return index + 1
        if not begins:
            return None
    return None


def introduces(line: str) -> bool:
    """Tell whether a line may be an attribution without date or address, to be believed only right above a quote."""
    text = line.strip().casefold()
    return len(text) < 160 and text.endswith(_COLONS) and _has_verb(text)


def _has_verb(text: str) -> bool:
    """Tell whether any language's word for writing is there."""
    for word in _WORD.finditer(text):
        rest = _VERBS.get(word[0])
        if rest is not None and rest.match(text, word.end()):
            return True
    return _UNSPACED_VERB.search(text) is not None


def _role(line: str) -> str | None:
    head = line[:60].replace("：", ":")
    colon = head.find(":")
    return _LABELS.get(head[:colon].strip(" \t>*_|\ufeff").casefold()) if colon > 0 else None


def _goes_on(joined: str, lines: Sequence[str], index: int) -> bool:
    """Tell whether an attribution goes on after a blank line: only where an address in angle brackets is torn apart."""
    following = lines[index + 1].strip() if index + 1 < len(lines) else ""
    return bool(joined) and (following.startswith("<") or joined.endswith(_UNFINISHED))


def _may_begin(text: str) -> bool:
    text = text.lstrip("-— *")
    if "@" in text and ">" in text and _has_verb(text):
        return True
    begins = text[:1].isdigit() or _STARTS.match(text) is not None
    return begins and not text.endswith((".", "!", "?")) and _TIME_OR_DATE.search(text) is not None


def _stands_alone(line: str) -> bool:
    """Tell whether a line is a whole attribution, so that the line above it is somebody's text."""
    return _is_attribution(line.casefold())


def _is_attribution(text: str) -> bool:
    has_dashes = text.startswith("---") and text.endswith("---")
    core = text.strip("-— *\ufeff")
    begins = core[:1].isdigit() or _STARTS.match(core) is not None
    has_address = "@" in core
    if not begins and not has_address:
        return False
    has_time = _TIME_OR_DATE.search(core) is not None
    if core.endswith(_COLONS) or has_dashes:
        if has_address or has_time:
            return _has_verb(core) or (begins and has_time and _ADDRESS_LAST.search(core) is not None)
        return any(character.isdigit() for character in core) and _LAST_VERB.search(core) is not None
    if _ISO_AHEAD.match(core) is None or core.endswith((".", "!", "?")):
        return False
    return _ADDRESS_LAST.search(core) is not None or (_ZONE.search(core) is not None and has_time)
