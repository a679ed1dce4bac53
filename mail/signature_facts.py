"""What somebody's signature tells about them: name, title, telephone and company. Pure; never from what they quote.

Lines are looked at one by one, few of them and not far into each, so that hostile text costs no more than other text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mail.folding import fold
from mail.signature_words import (
    CLOSINGS,
    COMPANY_FORMS,
    PHONE_LABELS,
    PHONE_LETTERS,
    SENT_FROM,
    TITLES,
    UNSPACED_FORMS,
)
from mail.types import BlockKind, Body, Document

_MOST_LINES: Final = 25
_LONGEST_LINE: Final = 200
_LONGEST_TITLE: Final = 70
_MOST_TITLE_WORDS: Final = 4
"""Of a title without a word that titles have: more words are a sentence."""
_MOST_TAIL: Final = 14
"""Of a text without a marked signature so many last lines are looked at, from the writer's name on."""
_MOST_NAME_WORDS: Final = 5

_LABEL: Final = "|".join(re.escape(each) for each in sorted(PHONE_LABELS, key=len, reverse=True))
_NUMBER: Final = r"(?:\+|00)?\(?\d(?:[\d \u00a0()./\u2010-\u2015-]{4,26})\d"
_LABELLED: Final = re.compile(
    rf"(?<![^\W\d_])(?:(?:{_LABEL})(?![^\W\d_])[ .:：/)\]-]{{0,4}}|[{PHONE_LETTERS}] ?[:.] {{0,3}})({_NUMBER})",
    re.IGNORECASE,
)
_INTERNATIONAL: Final = re.compile(
    r"(?<![\w+])(?:\+|00(?=[1-9]))(?:\(?\d[\d \u00a0()./\u2010-\u2015-]{5,26})\d"
)
_FAX: Final = re.compile(
    r"(?<![^\W\d_])(?:tele)?fax|(?<![^\W\d_])f ?:|télécop|传真|ファックス", re.IGNORECASE
)
_YEARS: Final = re.compile(r"(?:19|20)\d\d\W{1,3}(?:19|20)\d\d")
_DIGIT: Final = re.compile(r"\d")
_PARTS: Final = re.compile(r"\s+[|·•–—/]\s*|\s*[|·•]\s+|\s+-\s+|\t+|\s{3,}")
_COMMA: Final = re.compile(r",\s+")
_AT: Final = re.compile(r"\s+(?:at|@|bei|chez|presso)\s+", re.IGNORECASE)
_BRACKETS: Final = re.compile(r"\s*[(\[][^)\]]{0,60}[)\]]\s*")
_VIA: Final = re.compile(r"\s+(?:via|através de|über)\s+.*$", re.IGNORECASE)
_MARKS: Final = " \t*_~=#/\\|•·–—-,;:>'\"“”«»"


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    """What a signature tells; "" for what it does not."""

    name: str = ""
    title: str = ""
    phone: str = ""
    company: str = ""


def read(body: Body, name: str = "", email: str = "") -> SignatureFacts:
    """Return what the writer, known by these, signs a message with."""
    found = SignatureFacts()
    for document in (body.plain, body.html):
        if document is not None and found == SignatureFacts():
            marked = _marked(document)
            found = of_lines(marked, name, email) if marked else of_lines(_tail(document, name), name, email)
    return found


def of_lines(lines: Sequence[str], name: str = "", email: str = "") -> SignatureFacts:
    """Return what the lines of a signature tell."""
    cleaned = [each for each in (_clean(line) for line in lines[:_MOST_LINES]) if each]
    cleaned = [line for line in cleaned if not _is_closing(line)]
    at, signed = _name_line(cleaned, name)
    title, company = _title(cleaned, at, signed, email)
    return SignatureFacts(signed, title, phone(cleaned), company or _company(cleaned, at, email))


def phone(lines: Sequence[str]) -> str:
    """Return the first telephone number of the lines: with a label, or written internationally; no fax."""
    for line in lines:
        for part in re.split(r"\s[|·•]\s|\s{3,}|,\s", line[:_LONGEST_LINE]):
            found = _LABELLED.search(part)
            number = found[1] if found else ""
            if not number and not _FAX.search(part):
                international = _INTERNATIONAL.search(part)
                number = international[0] if international else ""
            if _is_number(number):
                return " ".join(number.split()).strip(" -./")
    return ""


def _is_number(text: str) -> bool:
    """Say whether digits can be a telephone number: not a span of years, nor a date."""
    return 6 <= len(_DIGIT.findall(text)) <= 15 and text.count("/") < 3 and not _YEARS.fullmatch(text)


def person_name(header_name: str) -> str:
    """Return the name of a From header as one says it: "Lima, Ana (Acme)" is Ana Lima; "" for an address."""
    name = _VIA.sub("", _BRACKETS.sub(" ", header_name[:_LONGEST_LINE])).strip(_MARKS)
    last, comma, first = name.partition(", ")
    if (
        comma
        and first
        and len(first.split()) <= 2
        and len(last.split()) <= 3
        and fold(first) not in COMPANY_FORMS
    ):
        name = f"{first} {last}"
    return "" if "@" in name else " ".join(name.split())


def name_of_address(email: str) -> str:
    """Return what an address says of a name: "Ana Lima" of ana.lima@acme.example."""
    local = email.partition("@")[0].partition("+")[0]
    words = [word for word in re.split(r"[._\-\d]+", local[:_LONGEST_LINE]) if word]
    return " ".join(word[:1].upper() + word[1:] for word in words) or email


def _marked(document: Document) -> list[str]:
    """Return the lines of the last signature the document marks, without its delimiter."""
    blocks = [block for block in document.blocks if block.kind is BlockKind.SIGNATURE]
    lines = [line for line in _lines(blocks[-1].text) if line.strip("-— _\u00a0")] if blocks else []
    return [] if all(_is_sent_from(line) for line in lines) else lines


def _tail(document: Document, name: str) -> list[str]:
    """Return the last lines of the writer's own text, from their name or a closing on; none without either."""
    texts = [block.text for block in document.blocks if block.kind is BlockKind.TEXT]
    lines = [line for line in _lines(texts[-1][-4_000:]) if line.strip()][-_MOST_TAIL:] if texts else []
    for number in range(len(lines) - 1, -1, -1):
        line = _clean(lines[number])
        if _is_closing(line) or (name and _is_name(line, name)):
            return lines[number:]
    return []


def _lines(text: str) -> list[str]:
    return text[:20_000].split("\n")[: _MOST_LINES * 20]


def _clean(line: str) -> str:
    return " ".join(line[:_LONGEST_LINE].split(" ")).strip(_MARKS)


def _name_line(lines: Sequence[str], name: str) -> tuple[int, str]:
    """Return which line begins with the name, and the name; (-1, "") when none does."""
    for number, line in enumerate(lines):
        first = _COMMA.split(_PARTS.split(line)[0])[0].strip(_MARKS)
        if name and _is_name(first, name):
            return number, _BRACKETS.sub(" ", first).strip()
    if not name:
        for number, line in enumerate(lines[:3]):
            first = _BRACKETS.sub(" ", _COMMA.split(_PARTS.split(line)[0])[0]).strip(_MARKS)
            if _looks_like_name(first):
                return number, first
    return -1, ""


def _is_name(line: str, name: str) -> bool:
    """Say whether a line is the name of the writer, whole or with a part left out or put in."""
    if "@" in line or ":" in line:
        return False
    said, known = fold(_BRACKETS.sub(" ", line)).split(), set(fold(name).split())
    common = known.intersection(said)
    return (
        0 < len(said) <= _MOST_NAME_WORDS
        and len(common) >= min(2, len(known))
        and len(said) <= len(known) + 2
    )


def _looks_like_name(text: str) -> bool:
    words = text.split()
    if not 2 <= len(words) <= 4 or any(letter in text for letter in "@/\\<>=+&:!?") or _DIGIT.search(text):
        return False
    if _form_of(text) or _has_title_word(text):
        return False
    return all(
        word[0].isupper() or word in ("de", "da", "do", "van", "von", "der", "di", "la", "y")
        for word in words
    )


def _title(lines: Sequence[str], at: int, name: str, email: str) -> tuple[str, str]:
    """Return title and company that stand behind the name, or on the line below it."""
    if at < 0:
        titled = [line for line in lines if _has_title_word(line) and _may_be_title(line)]
        return _split_title(titled[0], email) if titled else ("", "")
    rest = _BRACKETS.sub(" ", lines[at]).strip(_MARKS)[len(name) :].strip(_MARKS)
    for line in ([rest] if rest else []) + list(lines[at + 1 : at + 3]):
        if _is_company_alone(line, email):
            continue
        return _split_title(line, email) if _may_be_title(line) else ("", "")
    return "", ""


def _may_be_title(line: str) -> bool:
    has_sign = any(sign in line for sign in ("@", "www.", "://", "+"))
    is_address = len(_DIGIT.findall(line)) > 2 or _LABELLED.search(line) is not None
    is_sentence = line.endswith((".", "!", "?")) and len(line.split()) > 5
    is_known = _has_title_word(line)
    is_text = not is_known and (", " in line or len(line.split()) > _MOST_TITLE_WORDS or line[:1].islower())
    is_drawn = sum(letter.isalpha() for letter in line) < 0.6 * len(line.replace(" ", ""))
    is_other = has_sign or is_address or is_sentence or is_text or is_drawn or _is_sent_from(line)
    return 2 < len(line) <= _LONGEST_TITLE and not is_other


def _split_title(line: str, email: str) -> tuple[str, str]:
    """Return title and company of a line that may hold both."""
    if found := _AT.search(line):
        return line[: found.start()].strip(_MARKS), line[found.end() :].strip(_MARKS)
    pieces = _PARTS.split(line)
    cuts = [(", ".join(pieces[:-1]), pieces[-1]), _cut(line.rpartition(", ")), _cut(line.partition(", "))]
    for title, company in cuts:
        if title and _is_company(company.strip(_MARKS), email):
            return title.strip(_MARKS), company.strip(_MARKS)
    return pieces[0].strip(_MARKS), ""


def _cut(parts: tuple[str, str, str]) -> tuple[str, str]:
    return parts[0], parts[2]


def _is_company_alone(line: str, email: str) -> bool:
    """Say whether a line is a company's name, with no title before it."""
    first, comma, _ = line.partition(", ")
    has_title = len(_PARTS.split(line)) > 1 or (comma and _has_title_word(first))
    return not has_title and _is_company(line, email)


def _company(lines: Sequence[str], at: int, email: str) -> str:
    for line in [*lines[at + 1 :], *lines[: max(at, 0)]]:
        for part in (each.strip(_MARKS) for each in _PARTS.split(line)):
            if _is_company(part, email):
                return part if len(part) <= _LONGEST_TITLE else ""
    return ""


def _is_company(text: str, email: str) -> bool:
    """Say whether a text is a company's name: by its legal form, or because it is the word of the writer's domain."""
    if not text or len(text) > _LONGEST_TITLE or "@" in text or "://" in text or "www." in text.lower():
        return False
    label = fold(email.rpartition("@")[2].partition(".")[0]).replace(" ", "")
    return _form_of(text) or (len(label) > 2 and fold(text).replace(" ", "") == label)


def _form_of(text: str) -> bool:
    """Say whether a text has what companies end with, "GmbH" or "Ltd."."""
    words = fold(text).split()
    ends = (" ".join(words[-size:]) for size in (1, 2, 3, 4) if len(words) > size)
    return any(form in text for form in UNSPACED_FORMS) or any(end in COMPANY_FORMS for end in ends)


def _has_title_word(line: str) -> bool:
    return any(word in TITLES for word in fold(line).split())


def _is_closing(line: str) -> bool:
    return fold(_PARTS.split(line)[0]) in CLOSINGS


def _is_sent_from(line: str) -> bool:
    return fold(line).startswith(SENT_FROM)
