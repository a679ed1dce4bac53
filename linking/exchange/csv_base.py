"""What rows of every kind have in common: owners, times, labels, and the person and organization they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from linking.exchange import locales, people, values
from linking.exchange.csv_cells import Cells, Settings
from linking.exchange.intake import Intake
from linking.exchange.mapping import CUSTOM
from linking.exchange.marks import Marks
from linking.exchange.people import Named, People
from linking.exchange.stages import Stages

Values = dict[str, Any]

_VISIBLE: Final = {
    "company": "company", "entire company": "company", "everyone": "company", "all users": "company", "7": "company",
    "team": "team", "owner's visibility group": "team", "item owner's visibility group": "team", "3": "team", "5": "team",
}  # fmt: skip
ABOUT: Final[Values] = dict.fromkeys(("deal_id", "lead_id", "project_id", "person_id", "org_id"))


@dataclass(frozen=True, slots=True)
class Base:
    """What reading a row needs. `owners` maps names and addresses in lower case to users; `me` is one."""

    intake: Intake
    people: People
    marks: Marks
    stages: Stages
    owners: Mapping[str, str]
    me: str
    settings: Settings

    def emails(self, cells: Cells, name: str = "email") -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the addresses of a row, normalised, and the label of each; what is no address is told."""
        found: dict[str, str] = {}
        for part, label in cells.all(name):
            try:
                found.setdefault(values.email(part), label)
            except ValueError as error:
                self.intake.tell(cells.number, f"{error}: left out")
        return tuple(found), tuple(found.values())

    def domains(self, cells: Cells, name: str) -> tuple[str, ...]:
        """Return the domains of a row's web addresses."""
        return tuple(dict.fromkeys(found for part, _ in cells.all(name) if (found := people.domain(part))))

    def organization_of(self, cells: Cells) -> str | None:
        """Return the organization a row names, made when it is new."""
        domains = self.domains(cells, "organization_domain")
        external_id = next((part for part, _ in cells.all("organization_id")), "")
        name = next((part for part, _ in cells.of.get("organization", ())), "")
        return self.people.organization(cells.number, values.text(name), domains, external_id)

    def person_of(self, cells: Cells, org_id: str | None) -> str | None:
        """Return the person a row names, made when they are new."""
        who, *_ = [*people.several(cells.text("person")), Named()]
        emails = tuple(dict.fromkeys((*who.emails, *self.emails(cells, "person_email")[0])))
        name = who.name or f"{cells.text('first_name')} {cells.text('last_name')}".strip()
        ids = [part for part, _ in cells.all("person_id")]
        numbers = tuple(part for part, _ in cells.all("person_phone"))
        return self.people.person(cells.number, Named(name, ids[0] if ids else "", emails, numbers), org_id)

    def defaults(self) -> Values:
        """Return what a new item has that its row does not say."""
        return {"owner_id": self.me, "visible_to": self.settings.visible_to}

    def owned(self, cells: Cells) -> Values:
        """Return whose an item is, who may see it and since when it is there."""
        word = cells.text("visible_to").replace("’", "'").casefold()
        found: Values = {"owner_id": self.owner(cells), "created_at": self.moment(cells, "created_at")}
        return found | ({"visible_to": _VISIBLE.get(word, "owner")} if word else {})

    def owner(self, cells: Cells) -> str:
        """Return the user a row names as owner, "" when it names nobody who is known."""
        said = cells.text("owner")
        if not said:
            return ""
        who = people.named(said)
        for key in (*who.emails, who.name.casefold(), said.casefold()):
            if key in self.owners:
                return self.owners[key]
        self.intake.tell_once(
            cells.number,
            f"owner “{said}” is no user here: what is theirs becomes yours; users.csv brings users in",
        )
        return ""

    def moment(self, cells: Cells, name: str) -> int | None:
        """Return a time of a row; ValueError says why it is none."""
        return locales.moment(cells.text(name), self.settings.date_order)

    def more(self, cells: Cells, kind: str, named: tuple[str, ...]) -> dict[str, list[Values]]:
        """Return labels and custom fields; those of `named` become custom fields of that name."""
        custom = [(values.note(cell), name) for cell, name in cells.of.get(CUSTOM, ())]
        custom += [(cells.text(name), name.capitalize()) for name in named if cells.text(name)]
        return {
            "item_label": [
                {"label_id": self.marks.label(part)}
                for part in dict.fromkeys(p for p, _ in cells.all("labels"))
            ],
            "custom_value": [
                {"field_id": self.marks.field(kind, name), "value": value} for value, name in custom if value
            ],
        }
