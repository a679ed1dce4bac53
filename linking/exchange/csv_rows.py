"""Rows of another program's file, each as the item it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from linking.exchange import locales, people
from linking.exchange.csv_about import About, words
from linking.exchange.csv_base import Base
from linking.exchange.csv_cells import Cells
from linking.exchange.csv_work import Work
from linking.exchange.intake import Incoming, digest
from store.crm.staging import Name, Ref

Values = dict[str, Any]
_PRODUCT: Final[Values] = {"code": "", "unit": "", "price": None, "currency": "", "tax": None}
# What makes a row the same one in the next file, where no column is an id.
_IDENTIFYING: Final[Mapping[str, tuple[str, ...]]] = {
    "person": ("name", "first_name", "last_name", "email", "organization"),
    "organization": ("name", "domain"),
    "deal": ("title", "person", "person_email", "organization", "created_at"),
    "lead": ("title", "person", "person_email", "first_name", "last_name", "organization", "created_at"),
    "project": ("title", "person", "organization", "start_date"),
    "activity": ("subject", "type", "due_at", "due_time", "deal", "person", "organization"),
    "note": ("body", "deal", "lead", "person", "organization", "created_at"),
    "product": ("code", "name"),
}


_NAMES: Final = {
    "email": "email", "person_email": "email", "person": "person", "organization": "organization", "deal": "deal", "lead": "lead",
    "project": "project", "code": "code",
}  # fmt: skip
"""By which names the cells of a column are looked up."""
_WITH_IDS: Final = ("person", "organization", "deal", "lead", "project")
_MADE: Final = "~"


@dataclass(frozen=True, slots=True)
class Identified:
    """A row, the digest of what it says, and its id where it comes from, or one made of what identifies it."""

    cells: Cells
    digest: bytes
    external_id: str
    is_made: bool


class Rows:
    """Reads rows into an intake."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._intake = base.intake
        self._staging = base.intake.staging
        self._about = About(base)
        work = Work(base)
        self._readers: Mapping[str, Callable[[Cells, str, bytes], str]] = {
            "person": self._person,
            "organization": self._organization,
            "deal": work.deal,
            "lead": work.lead,
            "project": work.project,
            "activity": self._about.activity,
            "note": self._about.note,
            "product": self._product,
        }

    def identify(self, kind: str, cells: Cells) -> Identified:
        """Return what a row is known by, as far as it tells by itself."""
        row_digest = digest(repr(sorted(cells.of.items())))
        if external_id := cells.text("id"):
            return Identified(cells, row_digest, external_id, is_made=False)
        marks = [
            [cell.strip().casefold() for cell, _ in cells.of.get(name, ())] for name in _IDENTIFYING[kind]
        ]
        return Identified(cells, row_digest, f"~{digest(repr(marks)).hex()}", is_made=True)

    def expect(self, kind: str, rows: Sequence[Identified]) -> None:
        """Look up at once what rows are going to ask for, as far as that is easily told."""
        names: list[Name] = []
        refs: list[Ref] = []
        for row in rows:
            of = row.cells.of
            refs.append((kind, row.external_id))
            if row.is_made:
                refs.append((_MADE + kind, row.external_id))
            for column in of.keys() & _NAMES.keys():
                names += [(_NAMES[column], cell) for cell, _ in of[column]]
            if "name" in of:
                names.append((kind, row.cells.text("name")))
            for other in _WITH_IDS:
                refs += [(other, cell.strip()) for cell, _ in of.get(f"{other}_id", ())]
        self._staging.expect(names, refs)

    def settle(self, kind: str, row: Identified) -> str:
        """Return the id of a row; rows without one that are alike in what identifies them are counted, just equal ones are one."""
        base = row.external_id
        if not row.is_made:
            return base
        external_id, times = base, 1
        while (seen := self._staging.seen(_MADE + kind, external_id, row.cells.number, row.digest)) and seen[
            1
        ] != row.digest:
            times += 1
            external_id = f"{base}.{times}"
        return external_id

    def take(self, kind: str, row: Identified, external_id: str) -> None:
        """Take one row in; ValueError says why it cannot be."""
        cells, row_digest = row.cells, row.digest
        if self._intake.is_as_before(kind, external_id, row_digest, cells.number):
            return
        row_id = self._readers[kind](cells, external_id, row_digest)
        if kind not in ("note", "activity", "product") and (body := words(cells.raw("note"))):
            self._about.attach(kind, row_id, external_id, cells, body)

    # -- persons and organizations

    def _person(self, cells: Cells, external_id: str, row_digest: bytes) -> str:
        emails, labels = self._base.emails(cells)
        first, last, name = cells.text("first_name"), cells.text("last_name"), cells.text("name")
        if name and last and last.casefold() not in name.casefold():
            first, name = first or name, f"{name} {last}"
        name = name or f"{first} {last}".strip() or (emails[0] if emails else "")
        if not name:
            raise ValueError("has no name and no address")
        self._base.people.refuse_ours(emails)
        org_id = self._base.organization_of(cells)
        numbers = list(dict.fromkeys(cells.all("phone")))
        incoming = Incoming(
            "person",
            cells.number,
            external_id,
            row_digest,
            {
                "name": name, "first_name": first, "last_name": last, "title": cells.text("title"), "org_id": org_id,
                **self._base.owned(cells),
            },
            people.PERSON | self._base.defaults(),
            {
                "person_email": people.addresses(emails, labels),
                "person_phone": people.phones(tuple(n for n, _ in numbers), tuple(label for _, label in numbers)),
                **self._base.more(cells, "person", ("address", "website")),
            },
            self._base.moment(cells, "updated_at"),
        )  # fmt: skip
        match = self._base.people.find_person(cells.number, name, emails, org_id, cells.text("id"))
        return self._base.people.take_person(incoming, match)

    def _organization(self, cells: Cells, external_id: str, row_digest: bytes) -> str:
        name = cells.text("name")
        if not name:
            raise ValueError("has no name: an organization needs one")
        domains = self._base.domains(cells, "domain")
        incoming = Incoming(
            "organization",
            cells.number,
            external_id,
            row_digest,
            {"name": name, "address": cells.text("address"), **self._base.owned(cells)},
            people.ORGANIZATION | self._base.defaults(),
            {
                "organization_domain": [{"domain": each} for each in domains],
                **self._base.more(cells, "organization", ()),
            },
            self._base.moment(cells, "updated_at"),
        )
        match = self._base.people.find_organization(cells.number, name, domains)
        if match is not None and cells.text("id") and self._staging.other_ref("organization", match):
            match = None
        return self._base.people.take_organization(incoming, match)

    def _product(self, cells: Cells, external_id: str, row_digest: bytes) -> str:
        name = cells.text("name")
        if not name:
            raise ValueError("has no name")
        price, code = locales.amount(cells.raw("price"), self._base.settings.decimal)
        columns: Values = {
            "name": name,
            "code": cells.text("code"),
            "unit": cells.text("unit"),
            "price": price,
            "currency": locales.currency(cells.raw("currency"))
            or code
            or (self._base.settings.currency if price else ""),
            "tax": locales.amount(cells.raw("tax").replace("%", ""), self._base.settings.decimal)[0],
            "created_at": self._base.moment(cells, "created_at"),
        }
        found = (
            self._staging.find("code", columns["code"])
            if columns["code"]
            else self._staging.find("product", name)
        )
        match = next(
            (each for each in found if not (cells.text("id") and self._staging.other_ref("product", each))),
            None,
        )
        row_id = self._intake.take(
            Incoming(
                "product",
                cells.number,
                external_id,
                row_digest,
                columns,
                _PRODUCT,
                updated_at=self._base.moment(cells, "updated_at"),
            ),
            match,
        )
        self._staging.name("product", name, row_id)
        if columns["code"]:
            self._staging.name("code", columns["code"], row_id)
        return row_id
