"""Which person or organization a row of another program means: one that is known, or a new one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from linking.exchange import values
from linking.exchange.intake import Incoming, Intake

Values = dict[str, Any]
_WITH_ADDRESS: Final = re.compile(r"(?P<name>[^<>()]*?)\s*[(<]\s*(?P<email>[^()<>\s]+@[^()<>\s]+)\s*[)>]")
_HOST: Final = re.compile(r"^(?:[a-z]+://)?(?:[^/@\s]*@)?(?:www\.)?([^/:?#\s]+)", re.IGNORECASE)
PERSON: Final[Values] = {
    "name": "", "first_name": "", "last_name": "", "title": "", "org_id": None, "owner_id": "", "visible_to": "owner",
}  # fmt: skip
ORGANIZATION: Final[Values] = {"name": "", "address": "", "owner_id": "", "visible_to": "owner"}


@dataclass(frozen=True, slots=True)
class Named:
    """A person as another item's row names them."""

    name: str = ""
    external_id: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


def named(text: str) -> Named:
    """Return who “Ana Lima (ana@acme.example)” is."""
    match = _WITH_ADDRESS.fullmatch(text.strip())
    if match is None:
        return Named(values.text(text))
    return Named(values.text(match["name"]), emails=(values.email(match["email"]),))


def several(text: str) -> list[Named]:
    """Return who “Ana Lima (ana@acme.example);Bob Ng” are; a comma is part of a name, as in “Lima, Ana”, unless addresses stand there."""
    if ";" in text or text.count("@") > 1:
        return [named(part) for part in values.several(text)]
    return [named(text)] if text else []


def domain(text: str) -> str:
    """Return the domain of a web address, "" where there is none."""
    match = _HOST.match(text.strip())
    host = match[1].lower().rstrip(".") if match else ""
    return host if "." in host else ""


class People:
    """Finds persons and organizations, and has them made when they are new."""

    def __init__(self, intake: Intake, ours: frozenset[str], defaults: Values) -> None:
        self._intake = intake
        self._staging = intake.staging
        self._ours = ours
        self._defaults = defaults

    def refuse_ours(self, emails: tuple[str, ...]) -> None:
        """Raise ValueError for an address of the user's own or of a colleague."""
        for email in emails:
            if email in self._ours:
                raise ValueError(
                    f"{email} is an address of your own or of a colleague here:"
                    " it never tells whom a conversation is with, so no person can have it"
                )

    # -- organizations

    def organization(
        self, line: int, name: str, domains: tuple[str, ...], external_id: str = ""
    ) -> str | None:
        """Return the organization a row names, made when it is new; None when it names none."""
        if external_id and (known := self._staging.ref("organization", external_id)):
            return known.local_id
        found = self.find_organization(line, name, domains)
        if found is None and name:
            incoming = Incoming(
                "organization",
                line,
                external_id,
                b"",
                {"name": name},
                ORGANIZATION | self._defaults,
                {"organization_domain": [{"domain": each} for each in domains]},
            )
            return self.take_organization(incoming, None)
        if found is not None and external_id and not self._staging.other_ref("organization", found):
            self._staging.put_ref("organization", external_id, found, b"")
        return found

    def find_organization(self, line: int, name: str, domains: tuple[str, ...]) -> str | None:
        """Return the organization with one of the domains, else the one with just that name."""
        for each in domains:
            if found := self._staging.find("domain", each):
                if len(found) > 1:
                    self._intake.tell_once(
                        line, f"{len(found)} organizations have the domain {each}: the oldest is taken"
                    )
                return found[0]
        found = self._staging.find("organization", name) if name else []
        if len(found) > 1:
            self._intake.tell_once(
                line, f"{len(found)} organizations are called “{name}”: one of them is taken"
            )
        return found[0] if found else None

    def take_organization(self, incoming: Incoming, match: str | None) -> str:
        """Take an organization in, and let it be found by its name and domains from now on."""
        row_id = self._intake.take(incoming, match)
        self._staging.name("organization", str(incoming.values.get("name", "")), row_id)
        for row in incoming.parts.get("organization_domain", ()):
            self._staging.name("domain", row["domain"], row_id)
        return row_id

    # -- persons

    def person(self, line: int, who: Named, org_id: str | None) -> str | None:
        """Return the person a row names, made when they are new; None when it names nobody, or the user."""
        if who.external_id and (known := self._staging.ref("person", who.external_id)):
            return known.local_id
        emails = tuple(email for email in who.emails if email not in self._ours)
        if len(emails) < len(who.emails):
            self._intake.tell(
                line, "the contact has an address of your own or of a colleague: that address is left out"
            )
        name = who.name or (emails[0] if emails else "")
        if not name:
            return None
        found = self.find_person(line, name, emails, org_id, who.external_id)
        if found is None:
            incoming = Incoming(
                "person",
                line,
                who.external_id,
                b"",
                {"name": name, "org_id": org_id},
                PERSON | self._defaults,
                {"person_email": addresses(emails), "person_phone": phones(who.phones)},
            )
            return self.take_person(incoming, None)
        if who.external_id and not self._staging.other_ref("person", found):
            self._staging.put_ref("person", who.external_id, found, b"")
        return found

    def find_person(
        self, line: int, name: str, emails: tuple[str, ...], org_id: str | None, external_id: str = ""
    ) -> str | None:
        """Return the person with one of the addresses who may be called so, else the one of just that name and organization.

        Two persons may have one address: who is called otherwise, or has another id where the row comes from, is another.
        """
        have = {email: self._staging.find("email", email) for email in emails}
        for email, found in have.items():
            for person_id in found:
                if external_id and self._staging.other_ref("person", person_id):
                    continue
                row = self._staging.row("person", person_id)
                if row is not None and _may_be(name, row["name"], email):
                    return person_id
        if any(have.values()):
            return None
        return self._called(name, emails, org_id, external_id)

    def _called(self, name: str, emails: tuple[str, ...], org_id: str | None, external_id: str) -> str | None:
        """Return the person of just that name within the organization; without one, the only person of that name."""
        rows = [
            (person_id, row)
            for person_id in self._staging.find("person", name)
            if not (external_id and self._staging.other_ref("person", person_id))
            and (row := self._staging.row("person", person_id)) is not None
        ]
        within = [person_id for person_id, row in rows if row["org_id"] == org_id]
        if org_id is not None:
            return within[0] if within else None
        if emails:
            within = [each for each in within if not self._staging.parts("person", each, "person_email")]
            return within[0] if within else None
        return within[0] if within else rows[0][0] if len(rows) == 1 else None

    def take_person(self, incoming: Incoming, match: str | None) -> str:
        """Take a person in, tell when somebody else has the address, and let them be found from now on."""
        row_id = self._intake.take(incoming, match)
        self._staging.name("person", str(incoming.values.get("name", "")), row_id)
        for row in incoming.parts.get("person_email", ()):
            others = [each for each in self._staging.find("email", row["email"]) if each != row_id]
            if others:
                other = self._staging.row("person", others[0]) or {}
                self._intake.tell_once(
                    incoming.line,
                    f"{row['email']} is the address of {other.get('name', 'somebody else')} too: both are kept;"
                    " dealbox duplicates lists them",
                )
            self._staging.name("email", row["email"], row_id)
        return row_id


def addresses(emails: tuple[str, ...], labels: tuple[str, ...] = ()) -> list[Values]:
    """Return addresses as parts of a person, the first one the primary one."""
    return [
        {
            "email": email,
            "label": labels[n] if n < len(labels) else "",
            "is_primary": int(n == 0),
            "status": "ok",
        }
        for n, email in enumerate(emails)
    ]


def phones(numbers: tuple[str, ...], labels: tuple[str, ...] = ()) -> list[Values]:
    """Return telephone numbers as parts of a person, the first one the primary one."""
    return [
        {"phone": phone, "label": labels[n] if n < len(labels) else "", "is_primary": int(n == 0)}
        for n, phone in enumerate(numbers)
    ]


def _may_be(name: str, other: str, email: str) -> bool:
    """Say whether two names may be one person's: one is the address, or has all the words of the other."""
    ours, theirs = set(name.casefold().split()), set(other.casefold().split())
    return not ours or not theirs or email in (name, other) or ours <= theirs or theirs <= ours
