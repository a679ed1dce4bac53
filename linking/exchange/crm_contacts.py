"""Organizations, persons and products of a CRM in CSV."""

from __future__ import annotations

from linking.exchange import values
from linking.exchange.crm_base import Base, Parts, keyed, needed
from linking.exchange.records_in import Record, Values
from linking.exchange.sheets import Line


def organization(base: Base, line: Line) -> Record:
    """Return an organization with its domains."""
    parts = base.shared_parts(line, "organization")
    if "domain" in base.known:
        domains = [
            domain.lower().lstrip("@").removeprefix("www.") for domain in values.several(line["domain"])
        ]
        parts["organization_domain"] = [{"domain": domain} for domain in dict.fromkeys(domains)]
    own: Values = {"name": needed(line, "name"), "address": values.text(line["address"])}
    return Record(own | base.owned(line), parts, base.merged(line, "organization"))


def person(base: Base, line: Line) -> Record:
    """Return a person with addresses and telephones, the first of each the primary one."""
    first, last = values.text(line["first_name"]), values.text(line["last_name"])
    name = values.text(line["name"]) or f"{first} {last}".strip()
    if not name:
        raise ValueError("has no name")
    own: Values = {
        "name": name,
        "first_name": first,
        "last_name": last,
        "title": values.text(line["title"]),
        "org_id": base.ref(line, "org_id", "organization"),
        "time_zone": values.text(line["time_zone"]),
        "notes": values.note(line["notes"]),
    }
    parts = base.shared_parts(line, "person") | _ways(base, line)
    return Record(own | base.owned(line), parts, base.merged(line, "person"))


def _ways(base: Base, line: Line) -> Parts:
    """Return addresses and telephones: of those the file has columns for."""
    parts: Parts = {}
    if "emails" in base.known:
        labels, states = keyed(line["email_labels"]), keyed(line["email_status"])
        parts["person_email"] = [
            {
                "email": email,
                "is_primary": int(n == 0),
                "label": labels.get(email, ""),
                "status": values.one_of(states.get(email, ""), ("ok", "bounced", "opted_out")),
            }
            for n, email in enumerate(_emails(base, line))
        ]
    if "phone" in base.known:
        labels = keyed(line["phone_labels"])
        parts["person_phone"] = [
            {"phone": phone, "is_primary": int(n == 0), "label": labels.get(phone, "")}
            for n, phone in enumerate(values.several(line["phone"]))
        ]
    return parts


def _emails(base: Base, line: Line) -> list[str]:
    found = []
    for each in values.several(line["emails"]):
        try:
            found.append(values.email(each))
        except ValueError as error:
            base.note(line, f"{error}: left out")
    return list(dict.fromkeys(found))


def product(base: Base, line: Line) -> Record:
    """Return a product."""
    own: Values = {
        "name": needed(line, "name"),
        "code": values.text(line["code"]),
        "unit": values.text(line["unit"]),
        "price": values.money(line["price"]),
        "currency": values.currency(line["currency"]),
        "tax": values.money(line["tax"]),
    }
    return Record(own | base.stamps(line), base.shared_parts(line, "product"))
