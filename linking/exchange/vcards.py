"""Persons from vCards 2.1, 3.0 and 4.0, one card at a time, so that a broken one is one reject."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

from linking.exchange import people as people_
from linking.exchange import values
from linking.exchange.intake import Incoming, Intake, digest
from linking.exchange.marks import Marks
from linking.exchange.people import People
from linking.exchange.report import ImportReport, Remark, overtaken
from store.crm import import_runs, users
from store.crm.staging import Staging
from store.database import Database
from store.links import contacts

SYSTEM: Final = "vcard"
_ADDRESS: Final = ("box", "extended", "street", "code", "city", "region", "country")
_LABELS: Final = {
    "work": "work",
    "home": "home",
    "cell": "mobile",
    "mobile": "mobile",
    "fax": "fax",
    "other": "other",
}
_MOST_CARD_OCTETS: Final = 5_000_000
_BEGIN: Final = re.compile(rb"^BEGIN:VCARD\s*$", re.IGNORECASE)
_AGENT: Final = re.compile(rb"^AGENT[;:]", re.IGNORECASE)
_END: Final = re.compile(rb"^END:VCARD\s*$", re.IGNORECASE)
# Pictures, sounds and keys are not kept, and some programs write them in ways no parser takes.
_UNWANTED: Final = re.compile(
    rb"^(?:[\w-]+\.)?(?:PHOTO|LOGO|SOUND|KEY)[;:].*\n(?:[ \t].*\n|[A-Za-z0-9+/=]{40,}\r?\n)*",
    re.IGNORECASE | re.MULTILINE,
)


def import_file(db: Database, path: Path, *, dry_run: bool) -> ImportReport:
    """Bring in the persons of a file of vCards, all of them or none; a dry run only says what would come in.

    A person is known again by the card's UID, else by an address, and of what was chosen here nothing is lost to an
    older card. Organizations are found by name. Raises OSError, import_runs.UnderWay.
    """
    now = int(time.time())
    connection = db.read()
    with nullcontext() if dry_run else import_runs.alone(db), Staging(connection, SYSTEM) as staging:
        intake = Intake(staging, path.name, now)
        me = users.me(connection).id
        people = People(intake, contacts.ours(connection).addresses, {"owner_id": me, "visible_to": "owner"})
        _Cards(intake, people, me).read(path.read_bytes())
        if not dry_run and not staging.is_empty():
            left = import_runs.write(db, path.name, staging.steps(now), now)
            intake.notices.extend(overtaken(path.name, left))
        return intake.report(is_dry_run=dry_run, kind="person")


def _split(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each card with the number of its first line; one that never ends goes to the next, or to the end of the file."""
    lines = octets.decode("utf-16").encode() if octets[:2] in (b"\xff\xfe", b"\xfe\xff") else octets
    card: list[bytes] = []
    first = depth = 0
    for number, line in enumerate(lines.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True), 1):
        if _BEGIN.match(line):
            if card and not _AGENT.match(card[-1]):
                yield first, b"".join(card)
                card, depth = [], 0
            depth += 1
            first = first if card else number
            card.append(line)
        elif card:
            card.append(line)
            if _END.match(line) and (depth := depth - 1) == 0:
                yield first, b"".join(card)
                card = []
    if card:
        yield first, b"".join(card)


class _Cards:
    """Reads the cards of one file into an intake."""

    def __init__(self, intake: Intake, people: People, me: str) -> None:
        self._intake = intake
        self._people = people
        self._marks = Marks(intake.staging)
        self._me = me

    def read(self, octets: bytes) -> None:
        """Take in the persons of all cards, each whole or not at all."""
        cards = 0
        for line, card in _split(octets):
            cards += 1
            try:
                with self._intake.whole():
                    self._add(line, card)
            except ValueError as error:
                self._reject(line, str(error))
            self._intake.staging.flush()
        if not cards:
            self._reject(0, "has no vCard in it")

    def _reject(self, line: int, reason: str) -> None:
        self._intake.rejects.append(Remark(self._intake.file, line, reason))

    def _add(self, line: int, octets: bytes) -> None:
        card = _parsed(octets)
        ways = self._emails(line, card)
        emails = tuple(ways)
        name = _name(card) or (emails[0] if emails else "")
        if not name:
            raise ValueError("the card has neither a name nor an address")
        self._people.refuse_ours(emails)
        external_id = _first(card, "uid") or (emails[0] if emails else name)
        row_digest = digest(octets.strip().decode("latin-1").replace("\r\n", "\n"))
        try:
            if self._intake.is_as_before("person", external_id, row_digest, line):
                return
        except ValueError as error:
            raise ValueError(
                str(error).replace(f"id {external_id} stands", "the same person stands")
            ) from error
        incoming = self._incoming(line, card, name, ways, external_id, row_digest)
        match = self._people.find_person(line, name, emails, incoming.values["org_id"], external_id)
        person_id = self._people.take_person(incoming, match)
        if body := "\n\n".join(values.note(text) for text in _all(card, "note")):
            self._note(line, external_id, person_id, body)

    def _incoming(
        self, line: int, card: Any, name: str, emails: dict[str, str], external_id: str, row_digest: bytes
    ) -> Incoming:
        family, given = _names(card)
        phones = {phone.removeprefix("tel:"): label for phone, label in _preferred(card, "tel").items()}
        custom = (("Address", _address(card)), ("Website", _first(card, "url")))
        return Incoming(
            "person",
            line,
            external_id,
            row_digest,
            {
                "name": name,
                "first_name": given,
                "last_name": family,
                "title": _first(card, "title") or _first(card, "role"),
                "org_id": self._people.organization(line, _organization(card), ()),
            },
            people_.PERSON | {"owner_id": self._me},
            {
                "person_email": people_.addresses(tuple(emails), tuple(emails.values())),
                "person_phone": people_.phones(tuple(phones), tuple(phones.values())),
                "item_label": [{"label_id": self._marks.label(label)} for label in _categories(card)],
                "custom_value": [
                    {"field_id": self._marks.field("person", field), "value": value}
                    for field, value in custom
                    if value
                ],
            },
            _revised_at(card),
        )

    def _note(self, line: int, external_id: str, person_id: str, body: str) -> None:
        note_id = f"person {external_id}"
        known = self._intake.staging.ref("note", note_id)
        columns = {"body": body, "person_id": person_id}
        defaults = dict.fromkeys(("deal_id", "lead_id", "project_id", "org_id")) | {
            "author_id": self._me,
            "is_pinned": 0,
        }
        incoming = Incoming("note", line, note_id, digest(body), columns, defaults)
        self._intake.take(incoming, known.local_id if known else None)

    def _emails(self, line: int, card: Any) -> dict[str, str]:
        found: dict[str, str] = {}
        for each, label in _preferred(card, "email").items():
            try:
                found.setdefault(values.email(each.removeprefix("mailto:")), label)
            except ValueError as error:
                self._intake.tell(line, f"{error}: left out")
        return found


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


def _preferred(card: Any, name: str) -> dict[str, str]:
    """Return the values of a repeated line with their labels, the preferred one first (TYPE=pref in 2.1 and 3.0, PREF=1 in 4.0)."""
    ranked = []
    for place, line in enumerate(_lines(card, name)):
        params = {
            key.upper(): [str(each).lower() for each in each_value] for key, each_value in line.params.items()
        }
        types = [*params.get("TYPE", []), *(each.lower() for each in getattr(line, "singletonparams", []))]
        words = [word for each in types for word in each.split(",")]
        preference = params.get("PREF", ["x"])[0]
        rank = 0 if "pref" in words else int(preference) if preference.isdecimal() else 200
        text = values.text(line.value) if isinstance(line.value, str) else ""
        if text:
            ranked.append((rank, place, text, next((_LABELS[word] for word in words if word in _LABELS), "")))
    found: dict[str, str] = {}
    for _, _, text, label in sorted(ranked):
        found.setdefault(text, label)
    return found


def _address(card: Any) -> str:
    for line in _lines(card, "adr"):
        parts = [_joined(getattr(line.value, part, "")) for part in _ADDRESS]
        if any(parts):
            return ", ".join(part for part in parts if part)
    return ""


def _revised_at(card: Any) -> int | None:
    try:
        return values.moment(_first(card, "rev"))
    except ValueError:
        return None


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
