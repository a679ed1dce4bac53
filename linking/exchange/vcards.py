"""Persons from vCards 2.1, 3.0 and 4.0, one card at a time, so that a broken one is one reject."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from linking.exchange import values
from linking.exchange.records_in import Gathering, Record, Values
from linking.exchange.report import ImportReport, Remark
from store import records
from store.database import Database

SYSTEM: Final = "vcard"
_MOST_CARD_OCTETS: Final = 5_000_000
_BEGIN: Final = re.compile(rb"^BEGIN:VCARD\s*$", re.IGNORECASE)
_END: Final = re.compile(rb"^END:VCARD\s*$", re.IGNORECASE)
# Pictures, sounds and keys are not kept, and some programs write them in ways no parser takes.
_UNWANTED: Final = re.compile(
    rb"^(?:[\w-]+\.)?(?:PHOTO|LOGO|SOUND|KEY)[;:].*\n(?:[ \t].*\n|[A-Za-z0-9+/=]{40,}\r?\n)*",
    re.IGNORECASE | re.MULTILINE,
)


def import_file(db: Database, path: Path, *, dry_run: bool) -> ImportReport:
    """Bring in the persons of a file of vCards; see csv_items.import_directory. Raises OSError.

    A person is known again by the card's UID, else by the first address. Organizations are found by name.
    """
    gathering = Gathering(db.read(), SYSTEM, int(time.time()))
    reader = _Cards(db, gathering, path.name)
    reader.read(path.read_bytes())
    report = gathering.report(is_dry_run=dry_run)
    if not dry_run:
        gathering.carry_out(db)
    return report


def _split(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each card with the number of its first line; one that never ends goes to the end of the file."""
    lines = octets.decode("utf-16").encode() if octets[:2] in (b"\xff\xfe", b"\xfe\xff") else octets
    card: list[bytes] = []
    first = 0
    for number, line in enumerate(lines.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True), 1):
        if _BEGIN.match(line) and not card:
            first = number
            card = [line]
        elif card:
            card.append(line)
            if _END.match(line):
                yield first, b"".join(card)
                card = []
    if card:
        yield first, b"".join(card)


class _Cards:
    """Reads the cards of one file into a gathering."""

    def __init__(self, db: Database, gathering: Gathering, file: str) -> None:
        self._gathering = gathering
        self._file = file
        self._labels = records.labels(db.read())
        self._organizations = records.organizations_by_name(db.read())

    def read(self, octets: bytes) -> None:
        """Gather the persons of all cards."""
        self._gathering.begin("person")
        cards = 0
        for line, card in _split(octets):
            cards += 1
            try:
                self._add(line, card)
            except ValueError as error:
                self._gathering.rejects.append(Remark(self._file, line, str(error)))
        if not cards:
            self._gathering.rejects.append(Remark(self._file, 0, "has no vCard in it"))

    def _add(self, line: int, octets: bytes) -> None:
        card = _parsed(octets)
        emails = self._emails(line, card)
        name = _name(card) or (emails[0] if emails else "")
        if not name:
            raise ValueError("the card has neither a name nor an address")
        external_id = _first(card, "uid") or (emails[0] if emails else name)
        record = self._record(card, name, emails)
        earlier = self._gathering.earlier("person", external_id, record)
        if earlier:
            raise ValueError(f"the same person stands on line {earlier} already, with other values")
        if earlier is None:
            self._gathering.add("person", external_id, line, record, keeps=frozenset({"created_at"}))
            if body := "\n\n".join(values.note(text) for text in _all(card, "note")):
                self._gathering.begin("note")
                note = Record({"body": body, "person_id": self._gathering.local_id("person", external_id)})
                self._gathering.add("note", external_id, line, note, keeps=frozenset({"created_at"}))

    def _record(self, card: Any, name: str, emails: list[str]) -> Record:
        parts: dict[str, list[Values]] = {
            "person_email": [{"email": email, "is_primary": int(n == 0)} for n, email in enumerate(emails)],
            "person_phone": [
                {"phone": phone.removeprefix("tel:"), "is_primary": int(n == 0)}
                for n, phone in enumerate(_preferred(card, "tel"))
            ],
            "item_label": [{"label_id": self._label(label)} for label in _categories(card)],
        }
        family, given = _names(card)
        return Record(
            {
                "name": name,
                "first_name": given,
                "last_name": family,
                "title": _first(card, "title") or _first(card, "role"),
                "org_id": self._organization(_organization(card)),
                "created_at": None,
            },
            parts,
        )

    def _emails(self, line: int, card: Any) -> list[str]:
        found = []
        for each in _preferred(card, "email"):
            try:
                found.append(values.email(each.removeprefix("mailto:")))
            except ValueError as error:
                self._gathering.notices.append(Remark(self._file, line, f"{error}: left out"))
        return list(dict.fromkeys(found))

    def _label(self, name: str) -> str:
        if name not in self._labels:
            self._labels[name] = self._gathering.add_row("label", {"name": name})
        return self._labels[name]

    def _organization(self, name: str) -> str | None:
        if not name:
            return None
        if name not in self._organizations:
            self._organizations[name] = self._gathering.add_row("organization", {"name": name})
        return self._organizations[name]


def _parsed(octets: bytes) -> Any:
    from vobject import base, readOne  # 60 ms, and only an import of vCards needs it

    if len(octets) > _MOST_CARD_OCTETS:
        raise ValueError("the card is larger than 5 MB")
    lean = _UNWANTED.sub(b"", octets.replace(b"\r\n", b"\n"))
    try:
        text = lean.decode("utf-8")
    except UnicodeDecodeError:
        text = lean.decode("cp1252", "replace")
    try:
        return readOne(text, allowQP=True)
    except (base.VObjectError, ValueError, LookupError, AttributeError, TypeError, AssertionError) as error:
        raise ValueError(
            f"the card cannot be read: {values.text(str(error)) or type(error).__name__}"
        ) from error


def _lines(card: Any, name: str) -> list[Any]:
    return list(getattr(card, "contents", {}).get(name, []))


def _all(card: Any, name: str) -> list[str]:
    found = []
    for line in _lines(card, name):
        value = line.value
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if isinstance(value, str) and value.strip():
            found.append(value)
    return found


def _first(card: Any, name: str) -> str:
    return next((values.text(each) for each in _all(card, name)), "")


def _preferred(card: Any, name: str) -> list[str]:
    """Return the values of a repeated line, the preferred one first (TYPE=pref in 2.1 and 3.0, PREF=1 in 4.0)."""
    ranked = []
    for place, line in enumerate(_lines(card, name)):
        params = {
            key.upper(): [str(each).lower() for each in each_value] for key, each_value in line.params.items()
        }
        types = [*params.get("TYPE", []), *(each.lower() for each in getattr(line, "singletonparams", []))]
        rank = (
            0
            if "pref" in types
            else int(params["PREF"][0])
            if params.get("PREF", ["x"])[0].isdecimal()
            else 200
        )
        text = values.text(line.value) if isinstance(line.value, str) else ""
        if text:
            ranked.append((rank, place, text))
    return list(dict.fromkeys(text for _, _, text in sorted(ranked)))


def _names(card: Any) -> tuple[str, str]:
    for line in _lines(card, "n"):
        family, given = (_joined(getattr(line.value, part, "")) for part in ("family", "given"))
        return family, given
    return "", ""


def _name(card: Any) -> str:
    family, given = _names(card)
    return _first(card, "fn") or f"{given} {family}".strip() or _organization(card)


def _organization(card: Any) -> str:
    for line in _lines(card, "org"):
        value = line.value
        return values.text(str(value[0])) if isinstance(value, list) and value else values.text(str(value))
    return ""


def _categories(card: Any) -> list[str]:
    found: list[str] = []
    for line in _lines(card, "categories"):
        parts = line.value if isinstance(line.value, list) else str(line.value).split(",")
        found += [values.text(str(part)) for part in parts]
    return list(dict.fromkeys(each for each in found if each))


def _joined(value: object) -> str:
    return values.text(" ".join(map(str, value)) if isinstance(value, list) else str(value or ""))
